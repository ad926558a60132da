//! Remembering verified tokens.

use std::sync::Arc;
use std::time::Duration;

use identity::{Verified, VerifiedSettings};
use jose::sign::{KeyKind, SigningKey};
use jose::{Allowed, Limits, Token, TokenProblem, Unverified};
use policy::{KeysName, VerifiedToken, VerifiedTokens as _};
use secret::Secret;
use serde_json::{Map, Value, json};

use crate::world::{START, clock, pass};

fn token(claims: &Value) -> Token {
    let key = SigningKey::generate(KeyKind::Symmetric).unwrap();
    let claims = claims.as_object().unwrap();
    let text = key.sign(key.algorithm(), &Map::new(), claims).unwrap();
    let unverified = Unverified::parse(text.expose(), &Limits::default()).unwrap();
    unverified.verify([&key.verifying_key().unwrap()], &Allowed::all()).unwrap()
}

/// The text of a token. The ends of tokens differ, since they are signatures.
fn text(number: u32) -> String {
    format!("{}.{number}", "s".repeat(64))
}

/// A token as if it had been presented with this text.
fn presented(number: u32, token: &Token) -> Arc<VerifiedToken> {
    Arc::new(VerifiedToken::new(Secret::new(text(number)), token.clone()))
}

fn keys(number: u8) -> KeysName {
    KeysName::of([&[number][..]])
}

fn has(verified: &Verified, number: u32) -> bool {
    verified.get(&text(number), &keys(1)).is_some()
}

fn verified(settings: VerifiedSettings) -> Verified {
    Verified::new(settings, clock())
}

#[tokio::test(start_paused = true)]
async fn a_token_is_remembered_until_it_expires_for_the_keys_that_verified_it() {
    let verified = verified(VerifiedSettings::default());
    let token = presented(1, &token(&json!({"exp": START + 60, "sub": "planted"})));
    verified.put(keys(1), Arc::clone(&token));
    assert!(Arc::ptr_eq(&verified.get(&text(1), &keys(1)).unwrap(), &token));
    assert!(verified.get(&text(1), &keys(2)).is_none());
    assert!(!has(&verified, 2) && verified.get("", &keys(1)).is_none());
    pass(59).await;
    assert!(has(&verified, 1));
    pass(1).await;
    assert!(!has(&verified, 1));
    assert!(!format!("{verified:?} {token:?}").contains("planted"));
}

#[tokio::test(start_paused = true)]
async fn only_the_whole_text_is_the_token() {
    let verified = verified(VerifiedSettings::default());
    let token = token(&json!({"exp": START + 60}));
    verified.put(keys(1), presented(1, &token));
    let own = text(1);
    for other in [
        own.replacen('1', "2", 1),
        own.replacen('.', "..", 1),
        own.replacen('s', "t", 1),
        own.replacen('s', "", 1),
    ] {
        assert!(verified.get(&other, &keys(1)).is_none(), "{other}");
    }
    // Tokens whose ends are the same are told apart.
    let same_end = own.replacen('s', "t", 1);
    verified.put(keys(1), Arc::new(VerifiedToken::new(Secret::new(&*same_end), token)));
    assert!(has(&verified, 1) && verified.get(&same_end, &keys(1)).is_some());
}

#[tokio::test(start_paused = true)]
async fn a_token_is_verified_anew_after_a_time() {
    let settings = VerifiedSettings { max_age: Duration::from_secs(10), ..VerifiedSettings::default() };
    let verified = verified(settings);
    verified.put(keys(1), presented(1, &token(&json!({"exp": START + 3_600}))));
    verified.put(keys(1), presented(2, &token(&json!({}))));
    pass(9).await;
    assert!(has(&verified, 1) && has(&verified, 2));
    pass(1).await;
    assert!(!has(&verified, 1) && !has(&verified, 2));
}

#[tokio::test(start_paused = true)]
async fn expired_tokens_and_those_without_a_readable_expiry_are_not_remembered() {
    let verified = verified(VerifiedSettings::default());
    for (number, claims) in (0..).zip([json!({"exp": START}), json!({"exp": "later"}), json!({"exp": -5})]) {
        verified.put(keys(1), presented(number, &token(&claims)));
        assert!(!has(&verified, number), "{claims}");
    }
    verified.put(keys(1), presented(9, &token(&json!({"exp": 1e300}))));
    assert!(has(&verified, 9));
}

#[tokio::test(start_paused = true)]
async fn their_number_is_bounded_large_ones_count_more_and_none_is_a_setting() {
    let token = token(&json!({}));
    let kept = |capacity, size: usize| {
        let verified = verified(VerifiedSettings { capacity, ..VerifiedSettings::default() });
        let text = |number: u32| format!("{}.{number}", "s".repeat(size));
        for number in 0..2_000 {
            let token = VerifiedToken::new(Secret::new(text(number)), token.clone());
            verified.put(keys(1), Arc::new(token));
        }
        (0..2_000).filter(|number| verified.get(&text(*number), &keys(1)).is_some()).count()
    };
    let small = kept(500, 1_000);
    // The cache is in parts of equal size, so their number is rounded up.
    assert!((250..=512).contains(&small), "{small}");
    let large = kept(500, 8_000);
    assert!((100..=256).contains(&large), "{large}");
    assert_eq!(kept(0, 1_000), 0);
}

#[tokio::test(start_paused = true)]
async fn that_keys_do_not_vouch_for_a_token_is_known_for_a_minute() {
    let verified = verified(VerifiedSettings::default());
    let problem = TokenProblem::SignatureInvalid { tried: 1, kid: None };
    assert!(verified.refused(&text(1), &keys(1)).is_none());
    verified.put_refused(&text(1), &keys(1), problem.clone());
    pass(59).await;
    assert_eq!(verified.refused(&text(1), &keys(1)), Some(problem));
    assert!(verified.refused(&text(1), &keys(2)).is_none(), "other keys may vouch for it");
    assert!(verified.refused(&text(2), &keys(1)).is_none());
    pass(1).await;
    assert!(verified.refused(&text(1), &keys(1)).is_none());
}

#[tokio::test(start_paused = true)]
async fn the_number_of_refused_tokens_is_bounded() {
    let verified = verified(VerifiedSettings::default());
    let problem = TokenProblem::SignatureInvalid { tried: 1, kid: None };
    (0..20_000).for_each(|number| verified.put_refused(&text(number), &keys(1), problem.clone()));
    let kept = (0..20_000).filter(|number| verified.refused(&text(*number), &keys(1)).is_some()).count();
    assert!((1_000..=5_000).contains(&kept), "{kept}");
}
