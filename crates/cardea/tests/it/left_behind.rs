//! Keys fetched ahead of the first caller, and what becomes of a token that was validated.

use serde_json::json;

use crate::harness::{Api, Backend, Folder, Gateway, KeyVault, Policy, eventually};

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

/// What the provider was asked for, without the machine's endpoint.
fn asked(vault: &KeyVault) -> usize {
    vault.entra.recorder().requests().iter().filter(|each| each.method == "GET").count()
}

#[tokio::test]
async fn keys_are_there_before_the_first_caller() {
    let (vault, backend) = (KeyVault::without_grants().await, Backend::start().await);
    let folder =
        Folder::new().api(&Api::new("a").to(&backend.url()).policy(Policy::inbound(&vault.validate_jwt())));
    let gateway = vault.gateway(folder).start().await;
    eventually("metadata and keys are fetched", async || (asked(&vault) == 2).then_some(())).await;
    let call = || gateway.get("/a").header("authorization", &bearer(&vault.token()));
    assert_eq!(call().send().await.status, 200, "{}", gateway.said());
    vault.entra.go_down().await;
    assert_eq!(call().send().await.status, 200);
    assert_eq!(asked(&vault), 2);
    assert_eq!(gateway.get("/a").send().await.status, 401);
}

/// Decision 3, on the way that requests take: a credential of the backend's own takes the token's place; where there is
/// none, or the API says so, the token goes on.
#[tokio::test]
async fn a_validated_token_stays_behind_where_the_gateway_signs_in_itself() {
    let (vault, backend) = (KeyVault::without_grants().await, Backend::start().await);
    let jwt = vault.validate_jwt();
    let key = r#"<set-header name="api-key" exists-action="override"><value>{{key}}</value></set-header>"#;
    let entity = json!({
        "url": backend.url(),
        "protocol": "http",
        "credentials": { "header": { "x-provider": ["{{key}}"] } },
    });
    let by_backend = format!(r#"{jwt}<set-backend-service backend-id="models" />"#);
    let own =
        format!(r#"{jwt}<authentication-managed-identity resource="https://cognitiveservices.azure.com" />"#);
    let api = |name: &str, policy: &str| Api::new(name).to(&backend.url()).policy(Policy::inbound(policy));
    let folder = Folder::new()
        .overlay("[apis.restored]\nforward-token = true\n")
        .api(&api("plain", &jwt))
        .api(&api("by-policy", &format!("{jwt}{key}")))
        .api(&api("by-backend", &by_backend))
        .api(&api("by-identity", &own))
        .api(&api("restored", &by_backend))
        .backend("models", &entity)
        .secret("key", "planted-provider-key");
    let mut gateway = vault.gateway(folder).set("log.level", "trace").start().await;
    let token = vault.token();
    for (api, arrives, identity) in [
        ("plain", true, None),
        ("by-policy", false, Some("header api-key")),
        ("by-backend", false, Some("header x-provider")),
        ("by-identity", false, Some("managed-identity")),
        ("restored", true, Some("header x-provider")),
    ] {
        let target = format!("/{api}/a?access_token={token}&b=1");
        let call = gateway.get(&target).header("authorization", &bearer(&token)).header("x-copy", &token);
        assert_eq!(call.send().await.status, 200, "{api}: {}", gateway.said());
        let seen = backend.last();
        assert_eq!(seen.everything().contains(&token), arrives, "{api}: {}", seen.everything());
        assert!(seen.target.contains("b=1"), "{api}");
        let record = gateway.record().await;
        let caller = vault.entra.directory().tenants()[0].apps()[2].clone();
        assert_eq!(record["callerOid"], json!(caller.object_id()), "{api}: {record}");
        assert_eq!(record["callerAppId"], json!(caller.id()), "{api}: {record}");
        assert_eq!(record["backendIdentity"].as_str(), identity, "{api}: {record}");
    }
    assert_eq!(gateway.terminate().await, 0);
    assert_nothing_shown(&gateway);
}

/// It stays behind in whatever form it came: after a tab, in a cookie that an expression takes apart.
#[tokio::test]
async fn a_validated_token_stays_behind_in_whatever_form_it_came() {
    let (vault, backend) = (KeyVault::without_grants().await, Backend::start().await);
    let jwt = vault.validate_jwt();
    let cookie = r#"token-value="@(context.Request.Headers.GetValueOrDefault(&quot;Cookie&quot;, &quot;&quot;).Split('=')[1])""#;
    let header = r#"header-name="Authorization" require-scheme="Bearer""#;
    let from_cookie = jwt.replace(header, cookie);
    assert_ne!(jwt, from_cookie);
    let key = r#"<set-header name="api-key" exists-action="override"><value>{{key}}</value></set-header>"#;
    let api = |name: &str, jwt: &str| {
        Api::new(name).to(&backend.url()).policy(Policy::inbound(&format!("{jwt}{key}")))
    };
    let folder = Folder::new().secret("key", "planted-provider-key");
    let folder = folder.api(&api("header", &jwt)).api(&api("cookie", &from_cookie));
    let gateway = vault.gateway(folder).start().await;
    let token = vault.token();
    for (api, name, value) in [
        ("header", "authorization", format!("Bearer\t{token}")),
        ("cookie", "cookie", format!("session={token}")),
    ] {
        let call = gateway.get(&format!("/{api}/a")).header(name, &value);
        assert_eq!(call.send().await.status, 200, "{api}: {}", gateway.said());
        let seen = backend.last().everything();
        assert!(!seen.contains(&token) && seen.contains("planted-provider-key"), "{api}: {seen}");
    }
}

/// RFC 9110, 7.6.1: `Connection` names headers of the caller's connection. What a policy sets is not among them: a caller
/// could have its token take the place of the gateway's key, or hide from the backend what the gateway says of it.
#[tokio::test]
async fn a_caller_cannot_take_away_what_a_policy_sets() {
    let (vault, backend) = (KeyVault::without_grants().await, Backend::start().await);
    let policy = r#"<set-header name="api-key" exists-action="override"><value>{{key}}</value></set-header><set-header name="X-Team" exists-action="override"><value>red</value></set-header>"#;
    let policy = Policy::inbound(&format!("{}{policy}", vault.validate_jwt()));
    let folder = Folder::new().secret("key", "planted-provider-key");
    let folder = folder.api(&Api::new("a").to(&backend.url()).policy(policy));
    let gateway = vault.gateway(folder).start().await;
    let token = vault.token();
    let call = gateway
        .get("/a")
        .header("authorization", &bearer(&token))
        .header("connection", "keep-alive, api-key, X-Team, X-Mine")
        .header("x-mine", "hop");
    assert_eq!(call.send().await.status, 200, "{}", gateway.said());
    let seen = backend.last().everything();
    assert!(seen.contains("planted-provider-key") && seen.contains("red"), "{seen}");
    assert!(!seen.contains(&token) && !seen.contains("hop"), "{seen}");
}

/// Decision 4: an address and a resource that are made of a secret are not logged when they do not work.
#[tokio::test]
async fn what_is_made_of_a_secret_is_not_logged_when_it_does_not_work() {
    let (vault, backend) = (KeyVault::without_grants().await, Backend::start().await);
    // Nobody listens at the port of "discard" (RFC 863).
    let jwt = r#"<validate-jwt header-name="Authorization"><openid-config url="http://127.0.0.1:9/{{part}}/v2.0" /></validate-jwt>"#;
    let own = r#"<authentication-managed-identity resource="https://{{part}}.example" />"#;
    let api = |name: &str, policy: &str| Api::new(name).to(&backend.url()).policy(Policy::inbound(policy));
    let folder = Folder::new().secret("part", "planted-part").api(&api("jwt", jwt)).api(&api("own", own));
    let gateway = vault.gateway(folder).set("log.level", "trace").start().await;
    let call = gateway.get("/jwt/a").header("authorization", &bearer(&vault.token()));
    assert_eq!(call.send().await.status, 401);
    assert_eq!(gateway.get("/own/a").send().await.status, 500);
    for told in ["cannot be fetched", "gets no token"] {
        eventually(told, async || gateway.said().contains(told).then_some(())).await;
    }
    assert_eq!(gateway.terminate().await, 0);
    assert_nothing_shown(&gateway);
}

/// Tokens begin with `eyJ`, whoever made them.
fn assert_nothing_shown(gateway: &Gateway) {
    let log = std::fs::read_to_string(gateway.folder.beside("access.log")).expect("the access log");
    for (what, text) in [("the program's log", gateway.said()), ("the access log", log)] {
        for word in ["eyJ", "planted-"] {
            assert!(!text.contains(word), "{what} shows {word}: {text}");
        }
    }
}

/// Decision 23.
#[tokio::test]
async fn tokens_of_the_demo_are_not_believed() {
    let (vault, backend) = (KeyVault::with_keys_named("cardea-demo-").await, Backend::start().await);
    let folder =
        Folder::new().api(&Api::new("a").to(&backend.url()).policy(Policy::inbound(&vault.validate_jwt())));
    let gateway = vault.gateway(folder).start().await;
    let answer = gateway.get("/a").header("authorization", &bearer(&vault.token())).send().await;
    assert!(answer.status >= 400, "{}", answer.text());
    assert!(backend.seen().is_empty());
    eventually("the reason is told", async || gateway.said().contains("provider of the demo").then_some(()))
        .await;
}
