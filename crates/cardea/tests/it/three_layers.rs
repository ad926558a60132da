//! The three layers before a model: who calls (a key), what they may do (a token), and how the gateway itself signs in.
//! The folder is the example of identity, unchanged but for addresses; the page is `docs/identity.md`, points 1 to 4.

use serde_json::{Value, json};
use simulators::identity::{Flaw, TokenOrder};
use simulators::{Credential, RecordedRequest, Scope};

use crate::harness::{Gateway, MODEL_KEY, RED_KEY, Tenant, ask, eventually};

const BY_TOKEN: &str = "/token/openai/deployments/gpt-4o-mini/chat/completions?api-version=2024-10-21";
const LAYERS: &str = "/layers/openai/deployments/gpt-4o-mini/chat/completions?api-version=2024-10-21";
const LARGE: &str = "/layers/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21";
const BY_KEY: &str = "/vault/openai/deployments/gpt-4o-mini/chat/completions?api-version=2024-10-21";

fn hello() -> Value {
    json!({ "messages": [{ "role": "user", "content": "Say hello" }] })
}

/// The only request that the models received.
fn received(tenant: &Tenant) -> RecordedRequest {
    let requests = tenant.models.recorder().requests();
    assert_eq!(requests.len(), 1, "{requests:?}");
    requests.into_iter().next().expect("one")
}

/// Whether a credential is anywhere in a request, as it is or hashed as the record keeps it.
fn holds(request: &RecordedRequest, credential: &str) -> bool {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, credential.as_bytes());
    let hashed: String = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    let shown = format!("{:?} {:?} {:?}", request.path, request.query, request.headers);
    let body = String::from_utf8_lossy(&request.body);
    shown.contains(credential) || shown.contains(&hashed) || body.contains(credential)
}

/// A call of the API with three layers.
async fn layered(gateway: &Gateway, target: &str, key: &str, token: &str) -> crate::harness::Answer {
    let call = gateway.call("POST", target).header("api-key", key);
    call.header("authorization", &format!("Bearer {token}")).json(&hello()).send().await
}

#[tokio::test]
async fn a_token_with_the_role_is_enough_where_no_key_is_asked_for() {
    let tenant = Tenant::start().await;
    let mut gateway = tenant.serving().await;
    let token = tenant.token("Team Red");
    let answer = ask(&gateway, BY_TOKEN, &token, &hello()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["choices"][0]["message"]["content"], "You said: Say hello");
    let request = received(&tenant);
    assert_eq!(request.credential, Credential::Token(tenant.gateway_id()));
    assert!(!holds(&request, &token), "the caller's token stays behind");
    let record = gateway.record().await;
    assert_eq!(record["responseCode"], 200);
    assert!(!record.to_string().contains(&token), "{record}");
    // A user's token is as good.
    assert_eq!(ask(&gateway, BY_TOKEN, &tenant.token("ada@contoso.example"), &hello()).await.status, 200);
}

#[tokio::test]
async fn without_the_role_or_a_good_token_the_answer_is_401() {
    let tenant = Tenant::start().await;
    let gateway = tenant.serving().await;
    let without = gateway.call("POST", BY_TOKEN).json(&hello()).send().await;
    assert_eq!(without.status, 401);
    assert!(
        without.text().contains("Unauthorized. Access token is missing or invalid."),
        "{}",
        without.text()
    );
    for token in
        [tenant.token("Stranger"), tenant.token("ben@contoso.example"), String::from("no.token.atall")]
    {
        assert_eq!(ask(&gateway, BY_TOKEN, &token, &hello()).await.status, 401);
    }
    for flaw in Flaw::ALL {
        let token = tenant.order("Team Red", |order| order.with_flaw(flaw));
        assert_eq!(ask(&gateway, BY_TOKEN, &token, &hello()).await.status, 401, "{flaw:?}");
    }
    assert!(tenant.models.recorder().requests().is_empty());
}

/// Each layer is asked only when the one before it let the call pass: the key costs no call to anybody.
#[tokio::test]
async fn the_layers_are_passed_in_their_order() {
    let tenant = Tenant::start().await;
    let mut gateway = tenant.serving().await;
    let asked = || -> Vec<String> {
        let requests = tenant.entra.recorder().requests();
        requests.iter().map(|request| request.path.clone()).collect()
    };
    // Keys of providers are fetched ahead of the first call.
    eventually("the keys of the tenant", async || {
        let keys = asked().iter().filter(|path| path.ends_with("keys")).count();
        (keys >= 2).then_some(())
    })
    .await;
    tenant.entra.recorder().clear();
    let good = tenant.token("Team Red");
    assert_eq!(layered(&gateway, LAYERS, "wrong", &good).await.status, 401);
    assert!(asked().is_empty(), "a wrong key is refused without asking anybody: {:?}", asked());
    assert_eq!(traced(&gateway.record().await), [""; 0]);

    let expired = tenant.order("Team Red", |order| order.with_flaw(Flaw::Expired));
    assert_eq!(layered(&gateway, LAYERS, RED_KEY, &expired).await.status, 401);
    assert!(!asked().iter().any(|path| path.contains("metadata/identity")), "{:?}", asked());
    assert_eq!(traced(&gateway.record().await), ["1 key: subscription layers-red"]);

    let answer = layered(&gateway, LAYERS, RED_KEY, &good).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(asked().iter().any(|path| path.contains("metadata/identity")), "{:?}", asked());
    assert_eq!(tenant.models.recorder().requests().len(), 1);
    let layers = [
        "1 key: subscription layers-red",
        "2 token: application cadea000-0000-4000-8000-0000000000c1",
        "3 identity: the gateway signs in",
    ];
    assert_eq!(traced(&gateway.record().await), layers);
}

/// What the `trace` policies of the example wrote into an access record.
fn traced(record: &Value) -> Vec<String> {
    let records = record["traceRecords"].as_array().cloned().unwrap_or_default();
    let of_layers = records.iter().filter(|one| one["source"] == "layers");
    of_layers.map(|one| one["message"].as_str().expect("text").to_owned()).collect()
}

#[tokio::test]
async fn the_model_sees_neither_the_callers_key_nor_the_callers_token() {
    let tenant = Tenant::start().await;
    let mut gateway = tenant.serving().await;
    let token = tenant.token("Team Red");
    let answer = layered(&gateway, LAYERS, RED_KEY, &token).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let request = received(&tenant);
    assert_eq!(request.credential, Credential::Token(tenant.gateway_id()));
    assert!(!holds(&request, &token) && !holds(&request, RED_KEY));
    // The record names all three, and holds no credential.
    let record = gateway.record().await;
    let text = record.to_string();
    assert!(!text.contains(&token) && !text.contains(RED_KEY), "{record}");
    assert!(text.contains("layers-red"), "who called, by key: {record}");
    assert!(text.contains("cadea000-0000-4000-8000-0000000000c1"), "who called, by token: {record}");

    // The same where the model takes a key.
    tenant.models.recorder().clear();
    let answer = ask(&gateway, BY_KEY, &token, &hello()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let request = received(&tenant);
    assert!(matches!(&request.credential, Credential::Key { account, .. } if account == "contoso"));
    assert!(!holds(&request, &token), "the caller's token stays behind");
    assert!(!answer.text().contains(MODEL_KEY));
}

/// A token of another application than those that the policy lists is refused, though the tenant signed it.
#[tokio::test]
async fn only_the_applications_of_the_policy_pass_the_second_layer() {
    let tenant = Tenant::start().await;
    let gateway = tenant.serving().await;
    assert_eq!(layered(&gateway, LAYERS, RED_KEY, &tenant.token("Team Blue")).await.status, 200);
    for who in ["Stranger", "ada@contoso.example"] {
        assert_eq!(layered(&gateway, LAYERS, RED_KEY, &tenant.token(who)).await.status, 401, "{who}");
    }
    let elsewhere = TokenOrder::new("https://graph.microsoft.com").by_client("Team Red");
    let elsewhere = tenant.entra.token(&elsewhere).expect("a token");
    assert_eq!(layered(&gateway, LAYERS, RED_KEY, &elsewhere).await.status, 401);
}

#[tokio::test]
async fn what_the_model_refuses_to_the_gateway_is_told_as_the_policy_says() {
    let tenant = Tenant::without_roles().await;
    let gateway = tenant.serving().await;
    let token = tenant.token("Team Red");

    // One API passes the model's refusal on, the other has words of its own.
    let passed = ask(&gateway, BY_TOKEN, &token, &hello()).await;
    assert_eq!(passed.status, 403, "{}", passed.text());
    assert_eq!(passed.json()["error"]["code"], "PermissionDenied");
    assert!(passed.text().contains(&tenant.gateway_id()), "{}", passed.text());
    let told = layered(&gateway, LAYERS, RED_KEY, &token).await;
    assert_eq!((told.status, &told.json()["error"]["code"]), (403, &json!("GatewayNotAllowed")));

    // Granted for one deployment, only that one works; no restart, no reload.
    tenant.grant(Scope::deployment("contoso", "gpt-4o-mini"));
    assert_eq!(layered(&gateway, LAYERS, RED_KEY, &token).await.status, 200);
    assert_eq!(ask(&gateway, BY_TOKEN, &token, &hello()).await.status, 200);
    assert_eq!(layered(&gateway, LARGE, RED_KEY, &token).await.status, 403);
    tenant.grant(Scope::account("contoso"));
    assert_eq!(layered(&gateway, LARGE, RED_KEY, &token).await.status, 200);
}

/// The gateway's own token is fetched once and kept, however many calls there are.
#[tokio::test]
async fn the_gateways_token_is_kept() {
    let tenant = Tenant::start().await;
    let gateway = tenant.serving().await;
    let token = tenant.token("Team Red");
    for _ in 0..5 {
        assert_eq!(ask(&gateway, BY_TOKEN, &token, &hello()).await.status, 200);
    }
    let fetches = |part: &str| {
        let requests = tenant.entra.recorder().requests();
        requests.iter().filter(|request| request.path.contains(part)).count()
    };
    assert_eq!(fetches("metadata/identity"), 1);
    // Both go on while the provider is away.
    tenant.entra.go_down().await;
    assert_eq!(ask(&gateway, BY_TOKEN, &token, &hello()).await.status, 200);
}
