//! Tokens made to order, and who accepts them.

use http::Method;
use serde_json::{Value, json};
use simulators::TokenVerifier;
use simulators::identity::{Flaw, NotAccepted, OldKeys, TokenOrder};

use super::web::{NOW, Provider, claims, id, parts};

const MODELS: &str = "https://cognitiveservices.azure.com";

#[tokio::test]
async fn the_verifier_accepts_good_tokens_and_says_why_it_refuses_others() {
    let provider = Provider::start().await;
    let verifier = provider.running.verifier();
    let order = || TokenOrder::new(MODELS).by_client("Team A");
    let verdict = |order: &TokenOrder| {
        verifier.claims(&provider.running.token(order).unwrap()).map(|claims| claims["oid"].clone())
    };
    assert_eq!(verdict(&order()), Ok(json!(id("c9"))));
    let slash = TokenOrder::new(format!("{MODELS}/")).by_client("Team A");
    assert_eq!(verdict(&slash), Ok(json!(id("c9"))));
    for (flaw, expected) in [
        (Flaw::Expired, NotAccepted::Time),
        (Flaw::NotYetValid, NotAccepted::Time),
        (Flaw::WithoutExpiry, NotAccepted::Time),
        (Flaw::WrongAudience, NotAccepted::Audience),
        (Flaw::WrongIssuer, NotAccepted::Issuer),
        (Flaw::WrongSignature, NotAccepted::Signature),
        (Flaw::UnknownKey, NotAccepted::UnknownKey),
        (Flaw::Unsigned, NotAccepted::Signature),
        (Flaw::ConfusedAlgorithm, NotAccepted::Signature),
    ] {
        assert_eq!(verdict(&order().with_flaw(flaw)), Err(expected), "{flaw:?}");
    }
    assert_eq!(verifier.claims("x"), Err(NotAccepted::Malformed));
    assert_eq!(verdict(&TokenOrder::new("api://models")), Err(NotAccepted::Audience));
    let token = provider.running.token(&order()).unwrap();
    assert_eq!(verifier.verify(&token).unwrap().id, id("c9"));
    provider.running.rotate_keys(OldKeys::Forget).unwrap();
    assert_eq!(verifier.claims(&token), Err(NotAccepted::UnknownKey));
}

#[tokio::test]
async fn claims_are_what_was_ordered() {
    let provider = Provider::start().await;
    let order = TokenOrder::new("api://models")
        .about_user("ada@contoso.example")
        .claim("roles", json!("Chat.Use"))
        .claim("scp", Value::Null)
        .lasting(60);
    let found = claims(&provider.running.token(&order).unwrap());
    assert_eq!((&found["roles"], found.get("scp")), (&json!("Chat.Use"), None));
    assert_eq!(found["exp"], NOW + 60);
    let identity = TokenOrder::new("api://models").about_managed_identity("gateway");
    let found = claims(&provider.running.token(&identity).unwrap());
    assert_eq!((&found["oid"], &found["appid"]), (&json!(id("d5")), &json!(id("d1"))));
}

#[tokio::test]
async fn tokens_can_be_ordered_over_http_but_not_by_a_browser() {
    let provider = Provider::start().await;
    let order = json!({
        "resource": "api://models", "client": "Team A", "flaw": "unsigned", "claims": { "x": 1 },
    })
    .to_string();
    let answer = provider.own(Method::POST, "/_simulator/tokens", &[], &order).await;
    let (header, claims) = parts(&answer.token("access_token"));
    assert_eq!(
        (&header["alg"], &claims["x"], &claims["appid"]),
        (&json!("none"), &json!(1), &json!(id("c1")))
    );
    let browser = [("origin", "https://evil.example")];
    let refused = provider.own(Method::POST, "/_simulator/tokens", &browser, &order).await;
    assert_eq!(refused.status, 403);
    for wrong in ["{}", r#"{"resource":"api://none"}"#, r#"{"resource":"api://models","flaw":"x"}"#, "x"] {
        let answer = provider.own(Method::POST, "/_simulator/tokens", &[], wrong).await;
        assert_eq!(answer.status, 400, "{wrong}");
        assert!(answer.json()["error"].is_string());
    }
}

#[tokio::test]
async fn the_directory_is_shown_without_secrets() {
    let provider = Provider::start().await;
    let shown = provider.machine("/_simulator/directory", &[]).await;
    assert_eq!(shown.json()["tenants"][0]["apps"][3]["object_id"], id("c9"));
    assert!(!shown.text().contains("secret of"), "{}", shown.text());
    assert!(provider.machine("/_simulator/ca.pem", &[]).await.text().starts_with("-----BEGIN CERTIFICATE"));
}
