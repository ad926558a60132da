//! One byte of a good token changed to any other: nobody vouches for it any more.

use jose::sign::{ContentEncryption, Management, Recipient, encrypt};
use jose::{Allowed, DecryptionKey, Key, Limits, Received, SignatureAlgorithm, TokenProblem};
use serde_json::json;

use crate::cases::object;
use crate::keys;

fn verify(token: &str, key: &Key, secret: &DecryptionKey) -> Result<(), TokenProblem> {
    let limits = Limits::default();
    let signed = match Received::parse(token, &limits)? {
        Received::Signed(signed) => signed,
        Received::Encrypted(outer) => outer.decrypt([secret], &limits)?,
    };
    signed.verify([key], &Allowed::all().and_unsigned()).map(drop)
}

/// Every place, and there a few other bytes: of the alphabet and outside.
fn flipped(token: &str) -> impl Iterator<Item = String> {
    let places: Vec<(usize, char)> = token.char_indices().collect();
    places.into_iter().flat_map(move |(at, old)| {
        let near = char::from(u8::try_from(old).unwrap() ^ 1);
        let others = [near, 'A', '_', '.', '=', '\u{0}', 'é'];
        let token = token.to_owned();
        others.into_iter().filter(move |new| *new != old).map(move |new| {
            let mut text = token.clone();
            text.replace_range(at..=at, new.encode_utf8(&mut [0; 4]));
            text
        })
    })
}

fn tokens() -> Vec<(String, Key)> {
    let claims = object(json!({ "sub": "somebody", "roles": ["reader"], "exp": 1_300_819_380 }));
    let signed = |name: &str, algorithm| {
        let key = keys::signing(name);
        (
            key.sign(algorithm, &object(json!({})), &claims).unwrap().expose().to_owned(),
            key.verifying_key().unwrap(),
        )
    };
    vec![
        signed("secret", SignatureAlgorithm::Hs256),
        signed("rsa", SignatureAlgorithm::Rs256),
        signed("rsa", SignatureAlgorithm::Ps256),
        signed("p256", SignatureAlgorithm::Es256),
        signed("p521", SignatureAlgorithm::Es512),
    ]
}

#[test]
fn a_token_with_one_byte_changed_is_refused() {
    let secret = DecryptionKey::symmetric(&[7; 32]).unwrap();
    let mut tried = 0;
    for (token, key) in tokens() {
        assert_eq!(verify(&token, &key, &secret), Ok(()));
        for other in flipped(&token) {
            assert!(verify(&other, &key, &secret).is_err(), "{other}");
            tried += 1;
        }
    }
    assert!(tried > 5_000, "{tried}");
}

#[test]
fn an_encrypted_token_with_one_byte_changed_is_refused() {
    let secret = DecryptionKey::symmetric(&[7; 32]).unwrap();
    let (inner, key) = tokens().swap_remove(0);
    for encryption in [ContentEncryption::A128CbcHs256, ContentEncryption::A256Gcm] {
        let ways = (Management::Direct, encryption);
        let token = encrypt(&Recipient::Bytes(&[7; 32]), ways, &object(json!({})), inner.as_bytes()).unwrap();
        assert_eq!(verify(token.expose(), &key, &secret), Ok(()));
        for other in flipped(token.expose()) {
            assert!(verify(&other, &key, &secret).is_err(), "{other}");
        }
    }
}

/// Without its end, too, a token is none.
#[test]
fn a_token_cut_anywhere_is_refused() {
    let secret = DecryptionKey::symmetric(&[7; 32]).unwrap();
    for (token, key) in tokens() {
        for end in 0..token.len() {
            assert!(verify(token.get(..end).unwrap(), &key, &secret).is_err(), "{end}");
        }
    }
}
