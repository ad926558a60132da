//! What callers' tokens leave behind: the access log says who called, and never with what.

use jose::SignatureAlgorithm;
use jose::sign::SigningKey;
use serde_json::{Map, Value, json};

use crate::harness::{Api, Backend, Folder, Gateway, Policy, Start};

/// Sixteen bytes and more, and their Base64.
const KEY: (&[u8], &str) = (b"planted-key-of-the-tests", "cGxhbnRlZC1rZXktb2YtdGhlLXRlc3Rz");

fn token(claims: &Value) -> String {
    let key = SigningKey::symmetric(KEY.0).expect("a key");
    let claims = claims.as_object().expect("an object");
    key.sign(SignatureAlgorithm::Hs256, &Map::new(), claims).expect("a token").expose().to_owned()
}

fn policy(place: &str) -> Policy {
    Policy::inbound(&format!(
        "<validate-jwt {place}><issuer-signing-keys><key>{{{{signing-key}}}}</key></issuer-signing-keys></validate-jwt>"
    ))
}

async fn gateway(backend: &Backend) -> Gateway {
    let api = |name: &str| Api::new(name).to(&backend.url());
    let folder = Folder::new()
        .secret("signing-key", KEY.1)
        .api(&api("header").policy(policy(r#"header-name="Authorization" require-scheme="Bearer""#)))
        .api(&api("query").policy(policy(r#"query-parameter-name="t""#)));
    Start::new(folder).start().await
}

/// Decision 15: oid and application of the caller. Decision 2 says of keys what holds for tokens too: those in a query
/// string never reach logs.
#[tokio::test]
async fn the_access_log_says_who_called_and_shows_no_token() {
    let backend = Backend::start().await;
    let mut gateway = gateway(&backend).await;
    let good = token(&json!({ "oid": "oid-1", "appid": "app-1", "exp": 32_503_680_000_i64 }));
    let expired = token(&json!({ "oid": "oid-2", "exp": 1 }));
    let header = format!("Bearer {good}");
    assert_eq!(gateway.get("/header/a").header("Authorization", &header).send().await.status, 200);
    assert_eq!(gateway.get(&format!("/query/a?t={good}&x=1")).send().await.status, 200);
    assert_eq!(gateway.get(&format!("/query/a?t={expired}")).send().await.status, 401);
    assert_eq!(gateway.get(&format!("/nowhere?u={good}")).send().await.status, 404);
    let mut records = Vec::new();
    for _ in 0..4 {
        records.push(gateway.record().await);
    }
    let said = gateway.said();
    let of = |name: &str| records.iter().map(|record| record[name].clone()).collect::<Vec<_>>();
    assert_eq!(of("callerOid"), [json!("oid-1"), json!("oid-1"), Value::Null, Value::Null]);
    assert_eq!(of("callerAppId"), [json!("app-1"), json!("app-1"), Value::Null, Value::Null]);
    let urls = of("url").iter().map(|url| url.as_str().unwrap_or("").to_owned()).collect::<Vec<_>>();
    assert!(urls.get(1).is_some_and(|url| url.ends_with("/query/a?t=***&x=1")), "{urls:?}");
    let everything = format!("{records:?} {said}");
    for secret in [&*good, &*expired, KEY.1] {
        assert!(!everything.contains(secret), "a token or key is in the logs");
    }
}
