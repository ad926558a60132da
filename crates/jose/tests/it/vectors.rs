//! Tokens that others made: the examples of RFC 7515, 7516, 7520 and 7797, and of an implementation that is not ours.
//!
//! A file of `tests/cases/vectors` holds `source`, `form` (`jws`, `jwe`, `nested`), `token`, the JSON Web Key, and
//! either what is inside (`content`) or why it is refused (`refused`).

use jose::{Allowed, DecryptionKey, Encrypted, Jws, Key, Limits, Proof, Received, TokenProblem};
use serde_json::{Map, Value};

type Case = Map<String, Value>;

#[test]
fn tokens_of_others_are_read_as_their_makers_meant() {
    let cases = crate::cases::files("vectors");
    assert!(cases.len() >= 40, "{} cases", cases.len());
    for (name, text) in cases {
        let case: Case = serde_json::from_str(&text).unwrap();
        let expected = match case.get("refused") {
            Some(refused) => Err(refused.as_str().unwrap().to_owned()),
            None => Ok(case["content"].as_str().unwrap().to_owned()),
        };
        assert_eq!(content(&case).map_err(|problem| problem.to_string()), expected, "{name}");
    }
}

fn content(case: &Case) -> Result<String, TokenProblem> {
    let (token, limits) = (case["token"].as_str().unwrap(), Limits::default());
    let bytes = match case["form"].as_str().unwrap() {
        "jws" => signed(case, token)?,
        "jwe" => Encrypted::parse(token, &limits)?.open([&decryption(case, "key")])?.to_vec(),
        "nested" => nested(case, token)?,
        other => panic!("{other}"),
    };
    Ok(String::from_utf8(bytes).unwrap())
}

fn signed(case: &Case, token: &str) -> Result<Vec<u8>, TokenProblem> {
    let jws = Jws::parse(token, &Limits::default())?;
    let proof = if case.contains_key("unsigned") {
        assert_eq!(jws.verify([], &Allowed::all()), Err(TokenProblem::Unsigned));
        jws.verify([], &Allowed::all().and_unsigned())?
    } else {
        jws.verify([&key(case)], &Allowed::all())?
    };
    assert_eq!(proof == Proof::Unsigned, case.contains_key("unsigned"));
    Ok(jws.payload().to_vec())
}

fn nested(case: &Case, token: &str) -> Result<Vec<u8>, TokenProblem> {
    let limits = Limits::default();
    let Received::Encrypted(outer) = Received::parse(token, &limits)? else { panic!("not encrypted") };
    let token = outer
        .decrypt([&decryption(case, "decryption_key")], &limits)?
        .verify([&key(case)], &Allowed::all())?;
    Ok(serde_json::to_vec(&*token.claims).unwrap())
}

fn key(case: &Case) -> Key {
    Key::from_jwk(case["key"].as_object().unwrap()).unwrap()
}

fn decryption(case: &Case, name: &str) -> DecryptionKey {
    DecryptionKey::from_jwk(case[name].as_object().unwrap()).unwrap()
}
