//! The keys of `tests/cases/keys.json`, and how sets of keys are read.

use jose::{BadKey, BadKeySet, Curve, DecryptionKey, Key, KeySet, SignatureAlgorithm, sign::SigningKey};
use serde_json::{Map, Value, json};

/// A private JSON Web Key by name.
pub(crate) fn jwk(name: &str) -> Map<String, Value> {
    let all: Value = serde_json::from_str(include_str!("../cases/keys.json")).unwrap();
    all[name].as_object().unwrap_or_else(|| panic!("no key {name}")).clone()
}

pub(crate) fn signing(name: &str) -> SigningKey {
    SigningKey::from_jwk(&jwk(name)).unwrap()
}

pub(crate) fn decryption(name: &str) -> DecryptionKey {
    DecryptionKey::from_jwk(&jwk(name)).unwrap()
}

/// A signature over text that need not be a token's.
pub(crate) fn sign_text(name: &str, algorithm: SignatureAlgorithm, text: &str) -> String {
    signing(name).sign_text(algorithm, text).unwrap()
}

/// A key as `name alg=PS256 kid=published id=strict`.
pub(crate) fn verifying(described: &str) -> Key {
    let mut words = described.split_whitespace();
    let mut members = jwk(words.next().unwrap());
    let mut strict = None;
    for word in words {
        match word.split_once('=').unwrap() {
            ("id", id) => strict = Some(id.to_owned()),
            (member, value) => drop(members.insert(member.to_owned(), json!(value))),
        }
    }
    let key = Key::from_jwk(&members).unwrap();
    strict.map_or(key.clone(), |id| key.with_id(&id))
}

#[test]
fn a_set_skips_what_is_not_for_verifying_or_not_understood() {
    let with = |name, member: &str, value: Value| {
        let mut members = jwk(name);
        members.insert(member.to_owned(), value);
        Value::Object(members)
    };
    let keys = [
        with("rsa", "kid", json!("good")),
        with("rsa", "use", json!("enc")),
        with("rsa", "key_ops", json!(["encrypt"])),
        with("p256", "key_ops", json!(["verify", "sign"])),
        with("p256", "crv", json!("secp256k1")),
        with("p256", "x", json!("AAAA")),
        with("rsa", "e", json!("AQAB=")),
        with("rsa", "kty", json!("PQ")),
        // A published secret is none.
        Value::Object(jwk("secret")),
        json!("no key"),
        json!({}),
    ];
    let set = KeySet::parse(&serde_json::to_vec(&json!({ "keys": keys, "more": 1 })).unwrap()).unwrap();
    let ids: Vec<_> = set.keys().iter().map(Key::id).collect();
    assert_eq!(ids, [Some("good"), None]);
}

#[test]
fn what_is_no_set_of_keys_is_refused() {
    let parse = |text: &str| KeySet::parse(text.as_bytes()).map(|set| set.keys().len());
    assert_eq!(parse(r#"{"keys":[]}"#), Ok(0));
    assert_eq!(parse("[]"), Err(BadKeySet::Json));
    assert_eq!(parse("<html>"), Err(BadKeySet::Json));
    assert_eq!(parse(r#"{"keys":[],"keys":[]}"#), Err(BadKeySet::Json), "which one counts?");
    assert_eq!(parse(r#"{"keys":{}}"#), Err(BadKeySet::NoKeys));
    let many = format!("{{\"keys\":[{}{{}}]}}", "{},".repeat(100));
    assert_eq!(parse(&many), Err(BadKeySet::TooMany { keys: 101, limit: 100 }));
    let long = " ".repeat(KeySet::LONGEST + 1);
    assert_eq!(parse(&long), Err(BadKeySet::TooLong { bytes: long.len(), limit: KeySet::LONGEST }));
}

#[test]
fn keys_are_long_enough_and_on_their_curves() {
    // Microsoft.IdentityModel: DefaultMinimumSymmetricKeySizeInBits, DefaultMinimumAsymmetricKeySizeInBitsForVerifyingMap.
    assert_eq!(Key::symmetric(&[7; 15]).unwrap_err(), BadKey::TooShort { bits: 120, least: 128 });
    assert!(Key::symmetric(&[7; 16]).is_ok());
    assert_eq!(Key::rsa(&[0xFF; 127], &[1, 0, 1]).unwrap_err(), BadKey::TooShort { bits: 1016, least: 1024 });
    let short = Key::rsa(&[0xFF; 128], &[1, 0, 1]).unwrap();
    assert!(short.verifies(SignatureAlgorithm::Rs256));
    assert_eq!(Key::rsa(&[0xFF; 1025], &[1, 0, 1]).unwrap_err(), BadKey::Rsa);
    for exponent in [&[][..], &[0], &[1], &[2], &[0xFF; 8]] {
        assert_eq!(Key::rsa(&[0xFF; 256], exponent).unwrap_err(), BadKey::Rsa, "{exponent:?}");
    }
    assert_eq!(Key::ec(Curve::P256, &[1; 32], &[1; 32]).unwrap_err(), BadKey::Point);
    assert_eq!(Key::ec(Curve::P256, &[0; 32], &[0; 32]).unwrap_err(), BadKey::Point);
    assert_eq!(DecryptionKey::symmetric(&[7; 15]).unwrap_err(), BadKey::TooShort { bits: 120, least: 128 });
}

/// RFC 7518 section 6.3.1.1: implementations that put a zero in front exist.
#[test]
fn a_zero_before_the_modulus_does_not_matter() {
    let token = signing("rsa").sign(SignatureAlgorithm::Rs256, &Map::new(), &Map::new()).unwrap();
    let jws = jose::Jws::parse(token.expose(), &jose::Limits::default()).unwrap();
    let (n, e) = (format!("AAAA{}", jwk("rsa")["n"].as_str().unwrap()), "AQAB");
    let key = Key::rsa_base64url(&n, e).unwrap();
    assert!(jws.verify([&key], &jose::Allowed::all()).is_ok());
    assert_eq!(key.fingerprint(), verifying("rsa").fingerprint());
    assert_ne!(key.fingerprint(), verifying("rsa alg=RS256").fingerprint());
    assert_ne!(key.fingerprint(), verifying("other-rsa").fingerprint());
    assert_eq!(Key::rsa_base64url("not base64!", e).unwrap_err(), BadKey::Encoding("n"));
}

#[test]
fn nothing_of_a_key_or_a_token_is_printed() {
    let secret = jwk("secret")["k"].as_str().unwrap().to_owned();
    let shown = format!("{:?} {:?} {:?}", verifying("secret id=x"), signing("secret"), decryption("secret"));
    assert_eq!(
        shown,
        "Key { kind: \"oct\", id: Some(\"x\"), .. } SigningKey { id: None, .. } DecryptionKey { id: None, .. }"
    );
    assert!(!shown.contains(&secret));
    let token = signing("secret").sign(SignatureAlgorithm::Hs256, &Map::new(), &jwk("secret")).unwrap();
    let parsed = jose::Unverified::parse(token.expose(), &jose::Limits::default()).unwrap();
    let verified = parsed.verify([&verifying("secret")], &jose::Allowed::all()).unwrap();
    let shown = format!("{parsed:?} {verified:?} {:?} {token:?}", jose::TokenDigest::of(token.expose()));
    assert!(!shown.contains(&secret), "{shown}");
}
