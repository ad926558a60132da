//! Entry points for fuzzing: plain functions over bytes that fail by assertion.
//!
//! The tests run them on seeds and on a bounded number of mutations; a fuzzer can run them for as long as it likes.

use serde_json::{Map, Value};

use crate::{Allowed, DecryptionKey, Jws, Key, KeySet, Lifetime, Limits, Proof, Received, base64url};

/// Whatever arrives ends in a token or a problem. A token that a key vouches for is what was signed: the parts that it
/// was read of, encoded again, are its text. What is shown of a problem is bounded.
pub fn fuzz_token(data: &[u8], keys: &[Key], decryption_keys: &[DecryptionKey], lifetime: &Lifetime) {
    let text = String::from_utf8_lossy(data);
    let limits = Limits::default();
    let received = match Received::parse(&text, &limits) {
        Ok(Received::Signed(signed)) => Ok(signed),
        Ok(Received::Encrypted(outer)) => outer.decrypt(decryption_keys, &limits),
        Err(problem) => Err(problem),
    };
    match received.and_then(|signed| signed.verify(keys, &Allowed::all().and_unsigned())) {
        Ok(token) => {
            let unsigned = token.header.get("alg").is_some_and(|alg| alg == "none");
            assert_eq!(token.proof == Proof::Unsigned, unsigned, "who vouches is what the header says");
            assert!(!token.header.contains_key("crit"), "nothing critical is understood");
            let _ = (token.audiences(), lifetime.check(&token));
        }
        Err(problem) => assert!(problem.to_string().len() < 1024, "{problem}"),
    }
}

/// What was taken apart is put together of the same bytes: there is one text for a token. Another reader of JSON finds
/// the same header in it.
pub fn fuzz_parts(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Ok(jws) = Jws::parse(&text, &Limits::default()) {
        assert_eq!(jws.compact(), text, "no other text is this token");
        let header = text.split('.').next().and_then(base64url::decode).unwrap_or_default();
        let other: Option<Map<String, Value>> = serde_json::from_slice(&header).ok();
        assert_eq!(other.as_ref(), Some(jws.header()), "no other reader finds another header");
    }
}

/// Sets of keys end in keys or a problem.
pub fn fuzz_keys(data: &[u8]) {
    if let Ok(set) = KeySet::parse(data) {
        assert!(set.keys().len() <= KeySet::MOST && set.keys().iter().all(|key| !key.is_symmetric()));
        let _ = set.fingerprint();
    }
    let _ = (
        Key::certificate(data),
        Key::certificate_pem(data),
        Key::public_key_pem(data),
        DecryptionKey::from_pem(data),
    );
}
