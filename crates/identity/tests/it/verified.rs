//! Remembering verified tokens.

use std::sync::Arc;
use std::time::Duration;

use identity::{Verified, VerifiedSettings};
use jose::sign::{KeyKind, SigningKey};
use jose::{Allowed, Limits, Token, Unverified};
use policy::{VerifiedKey, VerifiedTokens as _};
use serde_json::{Map, Value, json};

use crate::world::{START, clock, pass};

fn token(claims: &Value) -> Arc<Token> {
    let key = SigningKey::generate(KeyKind::Symmetric).unwrap();
    let claims = claims.as_object().unwrap();
    let text = key.sign(key.algorithm(), &Map::new(), claims).unwrap();
    let unverified = Unverified::parse(text.expose(), &Limits::default()).unwrap();
    Arc::new(unverified.verify([&key.verifying_key().unwrap()], &Allowed::all()).unwrap())
}

fn key(number: u32) -> VerifiedKey {
    let mut digest = [0; 32];
    digest[..4].copy_from_slice(&number.to_be_bytes());
    VerifiedKey { digest, keys: [1; 32] }
}

fn verified(settings: VerifiedSettings) -> Verified {
    Verified::new(settings, clock())
}

#[tokio::test(start_paused = true)]
async fn a_token_is_remembered_until_it_expires_for_the_keys_that_verified_it() {
    let verified = verified(VerifiedSettings::default());
    let token = token(&json!({"exp": START + 60, "sub": "planted"}));
    verified.put(key(1), Arc::clone(&token));
    assert!(Arc::ptr_eq(&verified.get(&key(1)).unwrap(), &token));
    assert!(verified.get(&VerifiedKey { keys: [2; 32], ..key(1) }).is_none());
    assert!(verified.get(&key(2)).is_none());
    pass(59).await;
    assert!(verified.get(&key(1)).is_some());
    pass(1).await;
    assert!(verified.get(&key(1)).is_none());
    assert!(!format!("{verified:?}").contains("planted"));
}

#[tokio::test(start_paused = true)]
async fn a_token_is_verified_anew_after_a_time() {
    let settings = VerifiedSettings { max_age: Duration::from_secs(10), ..VerifiedSettings::default() };
    let verified = verified(settings);
    verified.put(key(1), token(&json!({"exp": START + 3_600})));
    verified.put(key(2), token(&json!({})));
    pass(9).await;
    assert!(verified.get(&key(1)).is_some() && verified.get(&key(2)).is_some());
    pass(1).await;
    assert!(verified.get(&key(1)).is_none() && verified.get(&key(2)).is_none());
}

#[tokio::test(start_paused = true)]
async fn expired_tokens_and_those_without_a_readable_expiry_are_not_remembered() {
    let verified = verified(VerifiedSettings::default());
    for (number, claims) in (0..).zip([json!({"exp": START}), json!({"exp": "later"}), json!({"exp": -5})]) {
        verified.put(key(number), token(&claims));
        assert!(verified.get(&key(number)).is_none(), "{claims}");
    }
    verified.put(key(9), token(&json!({"exp": 1e300})));
    assert!(verified.get(&key(9)).is_some());
}

#[tokio::test(start_paused = true)]
async fn their_number_is_bounded_large_ones_count_more_and_none_is_a_setting() {
    let kept = |capacity, claims: &Value| {
        let verified = verified(VerifiedSettings { capacity, ..VerifiedSettings::default() });
        let token = token(claims);
        (0..2_000).for_each(|number| verified.put(key(number), Arc::clone(&token)));
        (0..2_000).filter(|number| verified.get(&key(*number)).is_some()).count()
    };
    let small = kept(500, &json!({}));
    // The cache is in parts of equal size, so their number is rounded up.
    assert!((250..=512).contains(&small), "{small}");
    let large = kept(500, &json!({"text": "x".repeat(8_000)}));
    assert!((100..=256).contains(&large), "{large}");
    assert_eq!(kept(0, &json!({})), 0);
}
