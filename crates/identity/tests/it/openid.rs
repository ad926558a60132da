//! Providers: kept, renewed, missed.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use identity::{CallError, OpenId, OpenIdSettings, PlainHttp, Settings};
use policy::{OpenIdProviders as _, Provider};
use serde_json::json;

use crate::world::{Answer, World, away, clock, json, pass, settle, status};

const URL: &str = "https://login.example/t/.well-known/openid-configuration";
const KEYS: &str = "https://login.example/t/keys";

/// A provider whose key has this id.
fn provider(id: &'static str) -> impl FnMut(&http::Request<bytes::Bytes>) -> Answer + Send + 'static {
    move |request| match request.uri().to_string().as_str() {
        URL => json(200, &json!({"issuer": "https://login.example/t/v2.0", "jwks_uri": KEYS})),
        KEYS => json(200, &keys(id)),
        _ => status(StatusCode::NOT_FOUND),
    }
}

/// RFC 7515 A.3.1's public key.
fn keys(id: &str) -> serde_json::Value {
    json!({"keys": [{
        "kty": "EC", "crv": "P-256", "kid": id, "use": "sig",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    }]})
}

fn open_id(world: &Arc<World>, openid: OpenIdSettings) -> OpenId {
    let settings = Settings { openid, ..Settings::default() };
    OpenId::new(&settings, "https://login.example/", Arc::clone(world) as _, clock())
}

fn known(world: &Arc<World>) -> OpenId {
    open_id(world, OpenIdSettings::default())
}

fn key_id(provider: &Provider) -> Option<&str> {
    provider.keys.keys().first()?.id()
}

#[tokio::test(start_paused = true)]
async fn metadata_and_keys_are_fetched_once_an_hour() {
    let world = World::new(provider("one"));
    let openid = known(&world);
    assert_eq!(openid.authority(), "https://login.example");
    assert!(openid.known(URL).is_none());
    let first = openid.provider(URL).await.unwrap();
    assert_eq!((&*first.issuer, key_id(&first)), ("https://login.example/t/v2.0", Some("one")));
    assert!(Arc::ptr_eq(&openid.known(URL).unwrap(), &first));
    pass(3_599).await;
    openid.provider(URL).await.unwrap();
    assert_eq!(world.count(), 2);
    // An hour later the old keys serve while they are fetched beside.
    world.becomes(provider("two"));
    pass(1).await;
    assert!(openid.known(URL).is_none());
    assert_eq!(key_id(&openid.provider(URL).await.unwrap()), Some("one"));
    settle().await;
    let second = openid.provider(URL).await.unwrap();
    assert_eq!((world.count(), key_id(&second)), (4, Some("two")));
    assert_ne!(second.generation, first.generation);
}

#[tokio::test(start_paused = true)]
async fn unchanged_keys_keep_their_generation_so_that_verified_tokens_stay_verified() {
    let world = World::new(provider("one"));
    let openid = known(&world);
    let first = openid.provider(URL).await.unwrap();
    pass(3_600).await;
    openid.provider(URL).await.unwrap();
    settle().await;
    assert_eq!(world.count(), 4);
    assert_eq!(openid.provider(URL).await.unwrap().generation, first.generation);
}

#[tokio::test(start_paused = true)]
async fn keys_that_nobody_used_for_long_are_fetched_before_they_are_used() {
    let world = World::new(provider("withdrawn"));
    let openid = known(&world);
    openid.provider(URL).await.unwrap();
    world.becomes(provider("new"));
    pass(3 * 3_600).await;
    assert_eq!(key_id(&openid.provider(URL).await.unwrap()), Some("new"));
}

/// `validate-jwt`'s reference: an unknown key causes at most one fetch in five minutes.
#[tokio::test(start_paused = true)]
async fn an_unknown_key_is_looked_for_once_in_five_minutes() {
    let world = World::new(provider("one"));
    let openid = known(&world);
    let first = openid.provider(URL).await.unwrap();
    // The provider has changed its keys: the first stranger's token finds out.
    world.becomes(provider("two"));
    let second = openid.after_unknown_key(URL, &first).await;
    assert_eq!((key_id(&second), world.count()), (Some("two"), 4));
    // Who still held the old keys gets the new ones without a fetch.
    assert!(Arc::ptr_eq(&openid.after_unknown_key(URL, &first).await, &second));
    // Forged key ids cause no more fetches ...
    for _ in 0..50 {
        let same = openid.after_unknown_key(URL, &second).await;
        assert!(Arc::ptr_eq(&same, &second));
    }
    assert_eq!(world.count(), 4);
    // ... until five minutes have passed.
    pass(299).await;
    openid.after_unknown_key(URL, &second).await;
    assert_eq!(world.count(), 4);
    pass(1).await;
    openid.after_unknown_key(URL, &second).await;
    assert_eq!(world.count(), 6);
}

/// Nor is a provider that is away asked by every stranger's token.
#[tokio::test(start_paused = true)]
async fn an_unknown_key_is_not_looked_for_after_a_failed_fetch() {
    let world = World::new(provider("one"));
    let openid = known(&world);
    let seen = openid.provider(URL).await.unwrap();
    world.becomes(|_| away());
    pass(3_600).await;
    openid.provider(URL).await.unwrap();
    settle().await;
    assert_eq!(world.count(), 3);
    pass(299).await;
    openid.after_unknown_key(URL, &seen).await;
    assert_eq!(world.count(), 3);
    pass(1).await;
    openid.after_unknown_key(URL, &seen).await;
    assert_eq!(world.count(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_hundred_callers_cause_one_fetch() {
    let world = World::new(provider("one"));
    world.hold();
    let openid = Arc::new(known(&world));
    let callers: Vec<_> = (0..100)
        .map(|_| {
            let openid = Arc::clone(&openid);
            tokio::spawn(async move { openid.provider(URL).await.unwrap().generation })
        })
        .collect();
    settle().await;
    world.release();
    for caller in callers {
        caller.await.unwrap();
    }
    assert_eq!(world.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_hangs_up_does_not_take_the_fetch_along() {
    let world = World::new(provider("one"));
    world.hold();
    let openid = Arc::new(known(&world));
    let ask = || {
        let openid = Arc::clone(&openid);
        tokio::spawn(async move { openid.provider(URL).await.is_ok() })
    };
    let (first, second) = (ask(), ask());
    settle().await;
    first.abort();
    settle().await;
    world.release();
    assert!(second.await.unwrap());
    assert_eq!(world.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn old_keys_serve_while_the_provider_is_away_up_to_a_bound() {
    let world = World::new(provider("one"));
    let openid = known(&world);
    openid.provider(URL).await.unwrap();
    world.becomes(|_| away());
    pass(3_600).await;
    for _ in 0..10 {
        assert!(openid.provider(URL).await.is_ok());
        settle().await;
    }
    // One attempt in five minutes, and nobody waits for it.
    assert_eq!(world.count(), 3);
    pass(300).await;
    assert!(openid.provider(URL).await.is_ok());
    settle().await;
    assert_eq!(world.count(), 4);
    pass(22 * 3_600).await;
    assert!(openid.provider(URL).await.is_ok());
    pass(3_600).await;
    let error = openid.provider(URL).await.unwrap_err();
    // The rest of the URL may come from a secret named value.
    assert!(error.to_string().contains("`login.example`") && !format!("{error:?}").contains(URL), "{error}");
    // It is back: the next attempt finds it.
    world.becomes(provider("two"));
    pass(10).await;
    assert_eq!(key_id(&openid.provider(URL).await.unwrap()), Some("two"));
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_was_never_there_is_not_asked_by_every_caller() {
    let world = World::new(|_| away());
    let openid = known(&world);
    for _ in 0..20 {
        openid.provider(URL).await.unwrap_err();
    }
    assert_eq!(world.count(), 1);
    pass(10).await;
    openid.provider(URL).await.unwrap_err();
    assert_eq!(world.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_breaks_is_no_failed_fetch() {
    let (mut answer, mut broken) = (provider("one"), 0);
    let world = World::new(move |request| {
        broken += 1;
        let reset = || Err(CallError::Broken("the connection was reset".to_owned()));
        if broken % 2 == 1 { reset() } else { answer(request) }
    });
    known(&world).provider(URL).await.unwrap();
    assert_eq!(world.count(), 4);
    world.becomes(|_| Err(CallError::Broken("the connection was reset".to_owned())));
    known(&world).provider(URL).await.unwrap_err();
    assert_eq!(world.count(), 6);
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_does_not_answer_is_given_up() {
    let world = World::new(provider("one"));
    world.hold();
    let error = known(&world).provider(URL).await.unwrap_err();
    assert_eq!(error.why, "its metadata: there was no complete answer within 15 s");
}

#[tokio::test(start_paused = true)]
async fn what_is_no_provider_is_refused_with_the_reason() {
    let metadata = |body: serde_json::Value| move |_: &http::Request<bytes::Bytes>| json(200, &body);
    for (mut handler, why) in [
        (
            Box::new(|_: &http::Request<bytes::Bytes>| status(StatusCode::FOUND))
                as Box<dyn FnMut(&_) -> Answer + Send>,
            "redirects are not followed",
        ),
        (Box::new(|_: &_| status(StatusCode::NOT_FOUND)), "`login.example` answered 404"),
        (Box::new(metadata(json!({"issuer": "i"}))), "no `jwks_uri`"),
        (
            Box::new(metadata(json!({"issuer": "i", "jwks_uri": "http://elsewhere.example/k"}))),
            "plain `http`",
        ),
        (Box::new(metadata(json!({"issuer": "i", "jwks_uri": "/keys"}))), "`jwks_uri`"),
        (Box::new(metadata(json!({"issuer": "i", "jwks_uri": KEYS}))), "its keys cannot be read"),
    ] {
        let world = World::new(move |request| handler(request));
        let error = known(&world).provider(URL).await.unwrap_err();
        assert!(error.why.contains(why), "{} lacks {why}", error.why);
    }
    let world = World::new(provider("one"));
    for url in ["ftp://login.example", "http://login.example/x", "nonsense", ""] {
        let error = known(&world).provider(url).await.unwrap_err();
        assert!(error.why.starts_with("the address cannot be called"), "{url}: {error}");
    }
    assert_eq!(world.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn plain_http_can_be_allowed() {
    let world = World::new(|request| match request.uri().path() {
        "/keys" => json(200, &keys("one")),
        _ => json(200, &json!({"issuer": "i", "jwks_uri": "http://login.example/keys"})),
    });
    let settings = Settings { plain_http: PlainHttp::Anywhere, ..Settings::default() };
    let openid = OpenId::new(&settings, "x", Arc::clone(&world) as _, clock());
    openid.provider("http://login.example/metadata").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_number_of_providers_is_bounded() {
    let world = World::new(|request| match request.uri().path() {
        "/keys" => json(200, &keys("one")),
        _ => json(200, &json!({"issuer": "i", "jwks_uri": "https://login.example/keys"})),
    });
    let openid = open_id(&world, OpenIdSettings { capacity: 32, ..OpenIdSettings::default() });
    let url = |number: u32| format!("https://login.example/{number}");
    for number in 0..500 {
        openid.provider(&url(number)).await.unwrap();
    }
    let kept = (0..500).filter(|number| openid.known(&url(*number)).is_some()).count();
    assert!(kept <= 32, "{kept}");
}

#[tokio::test(start_paused = true)]
async fn times_are_settings() {
    let world = World::new(provider("one"));
    let seconds = Duration::from_secs;
    let openid = open_id(
        &world,
        OpenIdSettings {
            refresh: seconds(10),
            min_interval: seconds(3),
            max_age: seconds(60),
            ..OpenIdSettings::default()
        },
    );
    let first = openid.provider(URL).await.unwrap();
    openid.after_unknown_key(URL, &first).await;
    pass(3).await;
    openid.after_unknown_key(URL, &first).await;
    assert_eq!(world.count(), 6);
    world.becomes(|_| away());
    pass(59).await;
    openid.provider(URL).await.unwrap();
    pass(1).await;
    openid.provider(URL).await.unwrap_err();
}
