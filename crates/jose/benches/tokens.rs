//! Microseconds to read and verify a token, by algorithm, and what the crate's own part of it is.
//!
//! `cargo bench -p jose --bench tokens` prints a table; nothing is asserted. The token has the claims of an Entra access
//! token: about 1 KiB, eleven roles and groups.

#![expect(clippy::disallowed_methods, clippy::print_stdout, reason = "a benchmark measures time and prints")]

use std::hint::black_box;
use std::time::Instant;

use jose::sign::{ContentEncryption, KeyKind, Management, Recipient, SigningKey, encrypt};
use jose::{Allowed, Curve, DecryptionKey, Key, Limits, Received, SignatureAlgorithm, TokenDigest};
use serde_json::{Map, Value, json};

fn claims() -> Map<String, Value> {
    let groups: Vec<String> =
        (0..10).map(|each| format!("9f3c5d0e-4a1b-4c2d-8e7f-0000000000{each:02}")).collect();
    let claims = json!({
        "aud": "api://6a9f1a52-7f7b-4a0e-9a3c-2d1f0b6c5e4d", "iss": "https://sts.windows.net/tenant/", "iat": 1_300_815_780,
        "nbf": 1_300_815_780, "exp": 1_300_819_380, "appid": "6a9f1a52-7f7b-4a0e-9a3c-2d1f0b6c5e4d", "groups": groups,
        "oid": "0d2f4c8e-7b1a-4a9d-8f4e-1c2b3a4d5e6f", "scp": "chat.read chat.write", "roles": ["models.call"], "ver": "1.0",
    });
    match claims {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

fn measure(name: &str, mut work: impl FnMut()) {
    let mut rounds: Vec<f64> = (0..15)
        .map(|_| {
            let begun = Instant::now();
            (0..200).for_each(|_| work());
            begun.elapsed().as_secs_f64() * 1e6 / 200.0
        })
        .collect();
    rounds.sort_by(f64::total_cmp);
    println!(
        "{name:32} {:8.2} us (fastest {:.2})",
        rounds.get(7).copied().unwrap_or(0.0),
        rounds.first().copied().unwrap_or(0.0)
    );
}

fn verify(token: &str, key: &Key) {
    if let Ok(Received::Signed(signed)) = Received::parse(black_box(token), &Limits::default()) {
        assert!(black_box(signed.verify([key], &Allowed::all())).is_ok());
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut last = String::new();
    for (kind, algorithm) in [
        (KeyKind::Symmetric, SignatureAlgorithm::Hs256),
        (KeyKind::Rsa2048, SignatureAlgorithm::Rs256),
        (KeyKind::Rsa2048, SignatureAlgorithm::Ps256),
        (KeyKind::Ec(Curve::P256), SignatureAlgorithm::Es256),
        (KeyKind::Ec(Curve::P521), SignatureAlgorithm::Es512),
    ] {
        let key = SigningKey::generate(kind)?;
        let token = key.sign(algorithm, &Map::new(), &claims())?;
        let verifying = key.verifying_key()?;
        measure(&format!("verify {algorithm}"), || verify(token.expose(), &verifying));
        last = token.expose().to_owned();
    }
    measure("read only", || drop(black_box(Received::parse(black_box(&last), &Limits::default()))));
    measure("digest", || assert_ne!(TokenDigest::of(black_box(&last)).as_bytes(), &[0; 32]));
    let key = SigningKey::generate(KeyKind::Rsa2048)?;
    let ways = (Management::RsaOaep, ContentEncryption::A256CbcHs512);
    let sealed = encrypt(&Recipient::Key(&key.verifying_key()?), ways, &Map::new(), last.as_bytes())?;
    let private = DecryptionKey::from_pem(key.to_pem()?.expose().as_bytes())?;
    measure("decrypt RSA-OAEP", || {
        if let Ok(Received::Encrypted(outer)) =
            Received::parse(black_box(sealed.expose()), &Limits::default())
        {
            assert!(black_box(outer.decrypt([&private], &Limits::default())).is_ok());
        }
    });
    Ok(())
}
