//! How the gateway's tokens are kept.

use std::sync::Arc;

use bytes::Bytes;
use http::Request;
use identity::{Environment, GatewayTokens, Settings, TokenSettings};
use policy::{AccessToken, IdentityChoice, TokenRequest, TokenSource as _};
use serde_json::json;

use crate::world::{Answer, World, away, clock, json, pass, rng, settle};

/// Tokens that are numbered from one.
fn numbered(life: u64) -> impl FnMut(&Request<Bytes>) -> Answer + Send + 'static {
    let mut number = 0;
    move |_| {
        number += 1;
        json(200, &json!({"access_token": format!("token-{number}"), "expires_in": life}))
    }
}

fn tokens(world: &Arc<World>, tokens: TokenSettings) -> Arc<GatewayTokens> {
    let settings = Settings { tokens, ..Settings::default() };
    let made = GatewayTokens::new(&settings, &Environment::default(), Arc::clone(world) as _, clock(), rng());
    Arc::new(made.unwrap())
}

fn request(resource: &str) -> TokenRequest {
    TokenRequest { resource: resource.into(), identity: IdentityChoice::System, hidden: false }
}

async fn get(tokens: &GatewayTokens) -> String {
    tokens.token(&request("r")).await.unwrap().token.expose().to_owned()
}

#[tokio::test(start_paused = true)]
async fn a_token_is_renewed_five_minutes_before_it_expires_and_nobody_waits() {
    let world = World::new(numbered(3_600));
    let tokens = tokens(&world, TokenSettings::default());
    assert_eq!(get(&tokens).await, "token-1");
    pass(3_299).await;
    assert_eq!((get(&tokens).await.as_str(), world.count()), ("token-1", 1));
    pass(1).await;
    world.hold();
    assert_eq!(get(&tokens).await, "token-1");
    settle().await;
    // While that request is under way, others do not begin one.
    assert_eq!((get(&tokens).await.as_str(), world.count()), ("token-1", 2));
    world.release();
    settle().await;
    assert_eq!((get(&tokens).await.as_str(), world.count()), ("token-2", 2));
}

/// `refresh_in` of instance metadata.
#[tokio::test(start_paused = true)]
async fn a_token_is_renewed_when_its_source_wishes() {
    let world = World::new(|_| {
        json(200, &json!({"access_token": "t", "expires_in": "86400", "refresh_in": "43200"}))
    });
    let tokens = tokens(&world, TokenSettings::default());
    get(&tokens).await;
    pass(43_199).await;
    get(&tokens).await;
    settle().await;
    assert_eq!(world.count(), 1);
    pass(1).await;
    get(&tokens).await;
    settle().await;
    assert_eq!(world.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_old_token_serves_while_renewal_fails_until_it_expires() {
    let world = World::new(numbered(3_600));
    let tokens = tokens(&world, TokenSettings::default());
    get(&tokens).await;
    world.becomes(|_| away());
    pass(3_300).await;
    for _ in 0..20 {
        assert_eq!(get(&tokens).await, "token-1");
        settle().await;
    }
    assert_eq!(world.count(), 2);
    pass(299).await;
    assert_eq!(get(&tokens).await, "token-1");
    pass(1).await;
    let error = tokens.token(&request("r")).await.unwrap_err();
    assert!(error.why.contains("no connection could be made"), "{error}");
    world.becomes(numbered(60));
    pass(5).await;
    assert_eq!(get(&tokens).await, "token-1");
}

/// Ten seconds before its end the token is asked for once more, and the source does not answer before that end.
#[tokio::test(start_paused = true)]
async fn a_token_that_expires_while_another_is_waited_for_is_not_given() {
    let world = World::new(numbered(3_600));
    let tokens = tokens(&world, TokenSettings::default());
    get(&tokens).await;
    pass(3_590).await;
    world.hold();
    let asked = Arc::clone(&tokens);
    let asked = tokio::spawn(async move { asked.token(&request("r")).await });
    settle().await;
    assert_eq!(world.count(), 2);
    pass(15).await;
    let error = asked.await.unwrap().unwrap_err();
    assert!(error.why.contains("no complete answer"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_hundred_callers_cause_one_request_for_each_resource_and_identity() {
    let world = World::new(numbered(3_600));
    world.hold();
    let tokens = tokens(&world, TokenSettings::default());
    let ask = |request: TokenRequest| {
        let tokens = Arc::clone(&tokens);
        tokio::spawn(async move { tokens.token(&request).await.map(|token| token.token.expose().to_owned()) })
    };
    let user = TokenRequest { identity: IdentityChoice::User("u".into()), ..request("r") };
    let callers: Vec<_> =
        (0..100).flat_map(|_| [ask(request("r")), ask(request("r/")), ask(user.clone())]).collect();
    settle().await;
    assert_eq!(world.count(), 3);
    world.release();
    let mut seen = std::collections::BTreeSet::new();
    for caller in callers {
        seen.insert(caller.await.unwrap().unwrap());
    }
    assert_eq!((world.count(), seen.len()), (3, 3));
}

#[tokio::test(start_paused = true)]
async fn a_source_that_is_away_is_not_asked_by_every_caller() {
    let world = World::new(|_| away());
    let tokens = tokens(&world, TokenSettings::default());
    for _ in 0..20 {
        tokens.token(&request("r")).await.unwrap_err();
    }
    assert_eq!(world.count(), 1);
    pass(5).await;
    tokens.token(&request("r")).await.unwrap_err();
    assert_eq!(world.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_source_that_does_not_answer_is_given_up() {
    let world = World::new(numbered(60));
    world.hold();
    let before = tokio::time::Instant::now();
    let error = tokens(&world, TokenSettings::default()).token(&request("r")).await.unwrap_err();
    assert!(error.why.contains("no complete answer within 15 s"), "{error}");
    assert_eq!((before.elapsed().as_secs(), world.count()), (15, 1));
}

#[tokio::test(start_paused = true)]
async fn the_number_of_tokens_is_bounded() {
    let world = World::new(numbered(3_600));
    let tokens = tokens(&world, TokenSettings { capacity: 32, ..TokenSettings::default() });
    for number in 0..300 {
        tokens.token(&request(&number.to_string())).await.unwrap();
    }
    let before = world.count();
    for number in 0..300 {
        tokens.token(&request(&number.to_string())).await.unwrap();
    }
    assert!(world.count() - before >= 300 - 32);
}

#[test]
fn a_token_is_not_shown() {
    let token = AccessToken { token: secret::Secret::new("planted"), expires: jiff::Timestamp::MAX };
    assert!(!format!("{token:?}").contains("planted"));
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_resources_is_no_flood_at_the_source() {
    let world = World::new(numbered(3_600));
    world.hold();
    let tokens = tokens(&world, TokenSettings::default());
    let callers: Vec<_> = (0..50)
        .map(|number: u32| {
            let tokens = Arc::clone(&tokens);
            tokio::spawn(async move { tokens.token(&request(&number.to_string())).await.is_ok() })
        })
        .collect();
    settle().await;
    assert_eq!(world.count(), 16);
    world.release();
    for caller in callers {
        assert!(caller.await.unwrap());
    }
}

async fn another(tokens: &GatewayTokens, refused: &str) -> Option<String> {
    let given = tokens.after_unauthorized(&request("r"), &secret::Secret::new(refused)).await;
    given.map(|given| given.token.expose().to_owned())
}

#[tokio::test(start_paused = true)]
async fn a_token_that_a_backend_refuses_is_replaced_once_in_five_seconds() {
    let world = World::new(numbered(3_600));
    let tokens = tokens(&world, TokenSettings::default());
    assert_eq!(get(&tokens).await, "token-1");
    assert_eq!(another(&tokens, "token-1").await.as_deref(), Some("token-2"));
    assert_eq!((get(&tokens).await.as_str(), world.count()), ("token-2", 2));
    // Who still has the first one gets the second; who had the second refused waits.
    assert_eq!(another(&tokens, "token-1").await.as_deref(), Some("token-2"));
    for _ in 0..20 {
        assert_eq!(another(&tokens, "token-2").await, None);
    }
    // Another resource has a pause of its own.
    let other = tokens.after_unauthorized(&request("s"), &secret::Secret::new("token-2")).await;
    assert_eq!((other.unwrap().token.expose(), world.count()), ("token-3", 3));
    pass(5).await;
    assert_eq!(another(&tokens, "token-2").await.as_deref(), Some("token-4"));
    assert_eq!(world.count(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_hundred_refused_calls_ask_for_one_token() {
    let world = World::new(numbered(3_600));
    let tokens = tokens(&world, TokenSettings::default());
    get(&tokens).await;
    world.hold();
    let callers: Vec<_> = (0..100)
        .map(|_| {
            let tokens = Arc::clone(&tokens);
            tokio::spawn(async move { another(&tokens, "token-1").await })
        })
        .collect();
    settle().await;
    world.release();
    for caller in callers {
        assert_eq!(caller.await.unwrap().as_deref(), Some("token-2"));
    }
    assert_eq!(world.count(), 2);
}

/// Machine endpoints keep tokens too: then there is no other, and the backend's answer stands.
#[tokio::test(start_paused = true)]
async fn the_same_token_again_and_none_at_all_are_no_other() {
    let world = World::new(|_| json(200, &json!({"access_token": "token-1", "expires_in": 3_600})));
    let tokens = tokens(&world, TokenSettings::default());
    get(&tokens).await;
    assert_eq!(another(&tokens, "token-1").await, None);
    world.becomes(|_| away());
    pass(5).await;
    assert_eq!(another(&tokens, "token-1").await, None);
    assert_eq!((get(&tokens).await.as_str(), world.count()), ("token-1", 3), "others may accept it");
    // Nobody waits long for a source that does not answer.
    pass(5).await;
    world.hold();
    let before = tokio::time::Instant::now();
    assert_eq!(another(&tokens, "token-1").await, None);
    assert_eq!((before.elapsed().as_secs(), world.count()), (5, 4));
}

#[tokio::test(start_paused = true)]
async fn a_token_that_has_expired_takes_the_place_of_none() {
    let world = World::new(numbered(3_600));
    let tokens = tokens(&world, TokenSettings::default());
    assert_eq!(get(&tokens).await, "token-1");
    pass(3_601).await;
    assert_eq!(another(&tokens, "an older one").await, None);
    assert_eq!(get(&tokens).await, "token-2");
}

/// Requests run on one runtime a core: one of them may end while others wait for what it fetches.
#[test]
fn a_request_whose_runtime_ends_is_made_by_another() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (first, second) = (runtime(), runtime());
    let world = World::new(numbered(3_600));
    world.hold();
    let tokens = first.block_on(async { tokens(&world, TokenSettings::default()) });
    first.block_on(async {
        let begun = Arc::clone(&tokens);
        tokio::spawn(async move { begun.token(&request("r")).await.is_ok() });
        settle().await;
    });
    assert_eq!(world.count(), 1);
    drop(first);
    world.release();
    second.block_on(async { assert_eq!(get(&tokens).await, "token-1") });
    assert_eq!(world.count(), 2);
}
