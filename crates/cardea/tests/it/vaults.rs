//! Secrets of a key vault: read at start, early, by interval and when asked; what happens while the vault is away.

use serde_json::{Value, json};
use simulators::{Credential, KeyName};

use crate::harness::{
    Api, Backend, CHAT, CLIENT_SECRET, Folder, Gateway, KeyVault, MODEL_KEY, MODEL_KEY2, Policy, eventually,
    models,
};

fn set_header(name: &str, value: &str) -> String {
    format!(r#"<set-header name="{name}" exists-action="override"><value>{value}</value></set-header>"#)
}

fn chat() -> Value {
    json!({ "messages": [{ "role": "user", "content": "Say hello" }] })
}

/// One API that signs in by a policy and one that does by its backend's credentials, with a key of the vault.
fn both_ways(endpoint: &str, vault: &KeyVault) -> Folder {
    let by_policy = Api::new("policy")
        .to(&format!("{endpoint}/openai"))
        .policy(Policy::inbound(&set_header("api-key", "{{provider-key}}")));
    let by_backend =
        Api::new("backend").policy(Policy::inbound(r#"<set-backend-service backend-id="models" />"#));
    let entity = json!({
        "url": format!("{endpoint}/openai"),
        "protocol": "http",
        "credentials": { "header": { "api-key": ["{{provider-key}}"] } },
    });
    let folder = Folder::new().api(&by_policy).api(&by_backend).backend("models", &entity);
    vault.named_value(folder, "provider-key", &vault.identifier("provider-key"))
}

/// A call to the model through an API.
async fn ask(gateway: &Gateway, api: &str) -> u16 {
    gateway.call("POST", &CHAT.replacen("/openai", api, 1)).json(&chat()).send().await.status
}

/// The `lastStatus` of the named value.
async fn last_status(gateway: &Gateway) -> Value {
    let all = gateway.ask("GET", "/-/named-values").await.json();
    all["value"][0]["keyVault"]["lastStatus"].clone()
}

#[tokio::test]
async fn a_401_of_the_model_makes_the_gateway_read_the_key_early_and_call_once_more() {
    for api in ["/policy", "/backend"] {
        let (vault, models) = (KeyVault::start().await, models().await);
        vault.set("provider-key", "no-longer-good").await;
        let gateway = vault.gateway(both_ways(&models.base_url(), &vault)).start().await;
        vault.set("provider-key", MODEL_KEY2).await;
        assert_eq!(ask(&gateway, api).await, 200, "{api}: {}", gateway.said());
        let used: Vec<_> = models.recorder().requests().iter().map(|each| each.credential.clone()).collect();
        let second = Credential::Key { account: "contoso".into(), key: KeyName::Key2 };
        assert_eq!(used.len(), 2, "{api}: {used:?}");
        assert_eq!(used[1], second, "{api}");
        assert_eq!(ask(&gateway, api).await, 200, "{api}");
        assert_eq!(models.recorder().requests().len(), 3, "{api}: the new key is kept");
    }
}

/// Issue 3: "The provider key is rotated in the vault during calls: none fails."
#[tokio::test]
async fn a_key_that_is_rotated_during_calls_fails_none() {
    let (vault, models) = (KeyVault::start().await, models().await);
    vault.set("provider-key", MODEL_KEY).await;
    let gateway = vault.gateway(both_ways(&models.base_url(), &vault)).start().await;
    let rotate = async {
        let fresh = models.accounts().regenerate("contoso", KeyName::Key1).expect("the account");
        vault.set("provider-key", &fresh).await;
    };
    // As people do it: the second key first, then the first is made anew.
    vault.set("provider-key", MODEL_KEY2).await;
    let calls = async {
        let mut failed = Vec::new();
        for number in 0..40 {
            let api = if number % 2 == 0 { "/policy" } else { "/backend" };
            let status = ask(&gateway, api).await;
            if status != 200 {
                failed.push((number, status));
            }
        }
        failed
    };
    let ((), failed) = tokio::join!(rotate, calls);
    assert_eq!(failed, []);
}

#[tokio::test]
async fn calls_go_on_while_the_vault_is_away() {
    let (mut vault, models) = (KeyVault::start().await, models().await);
    vault.set("provider-key", MODEL_KEY).await;
    let start = vault.gateway(both_ways(&models.base_url(), &vault)).set("vault.refresh-seconds", "1");
    let gateway = start.start().await;
    assert_eq!(last_status(&gateway).await["code"], "Success");
    vault.go_away().await;
    eventually("the vault is missed", async || {
        (last_status(&gateway).await["code"] == "VaultUnreachable").then_some(())
    })
    .await;
    let reloaded = gateway.ask("POST", "/-/reload").await;
    assert_eq!(reloaded.status, 200, "{}", reloaded.text());
    assert!(reloaded.text().contains("the value from before goes on"), "{}", reloaded.text());
    for api in ["/policy", "/backend"] {
        assert_eq!(ask(&gateway, api).await, 200, "{api}");
    }
    assert_eq!(gateway.ask("GET", "/-/ready").await.status, 200);
    let metrics = gateway.metrics().await;
    assert!(metrics.contains("cardea_vault_secret_failures_total{"), "{metrics}");

    vault.set("provider-key", MODEL_KEY2).await;
    vault.come_back().await;
    let second = Credential::Key { account: "contoso".into(), key: KeyName::Key2 };
    eventually("the new key is used", async || {
        models.recorder().clear();
        assert_eq!(ask(&gateway, "/backend").await, 200);
        (models.recorder().requests()[0].credential == second).then_some(())
    })
    .await;
}

/// Issue 3, walk-through 7: without a grant the reference fails closed and names vault, secret and identity; once it is
/// granted, it works.
#[tokio::test]
async fn without_a_grant_nothing_is_forwarded_and_the_problem_says_who_lacks_what() {
    let (vault, models) = (KeyVault::without_grants().await, models().await);
    vault.set("provider-key", MODEL_KEY).await;
    let gateway = vault.gateway(both_ways(&models.base_url(), &vault)).start().await;
    for api in ["/policy", "/backend"] {
        assert_eq!(ask(&gateway, api).await, 500, "{api}");
    }
    assert!(models.recorder().requests().is_empty());
    let problems = gateway.ask("GET", "/-/config/problems").await;
    for word in ["secret-unavailable", &vault.host(), "`provider-key`", "system-assigned", "grant it"] {
        assert!(problems.text().contains(word), "{word}: {}", problems.text());
    }
    let refused = gateway.ask("POST", "/-/named-values/provider-key/refreshSecret").await;
    assert_eq!(refused.status, 502, "{}", refused.text());
    assert_eq!(refused.json()["keyVault"]["lastStatus"]["code"], "Forbidden");

    vault.grant().await;
    let granted = gateway.ask("POST", "/-/named-values/provider-key/refreshSecret").await;
    assert_eq!(granted.status, 200, "{}", granted.text());
    assert_eq!(granted.json()["keyVault"]["lastStatus"]["code"], "Success");
    for api in ["/policy", "/backend"] {
        eventually("it works", async || (ask(&gateway, api).await == 200).then_some(())).await;
    }
}

/// A gateway that starts while the vault is away serves what needs no secret of it, and the rest once it is back.
#[tokio::test]
async fn a_start_does_not_hang_on_a_vault_that_is_away() {
    let (mut vault, backend) = (KeyVault::start().await, Backend::start().await);
    vault.set("provider-key", "pk-1").await;
    vault.go_away().await;
    let needs = Policy::inbound(&set_header("x-key", "{{provider-key}}"));
    let folder = Folder::new()
        .api(&Api::new("needs").to(&backend.url()).policy(needs))
        .api(&Api::new("free").to(&backend.url()));
    let folder = vault.named_value(folder, "provider-key", &vault.identifier("provider-key"));
    let gateway = vault.gateway(folder).start().await;
    assert_eq!(gateway.get("/free").send().await.status, 200);
    assert_eq!(gateway.get("/needs").send().await.status, 500);
    vault.come_back().await;
    eventually("the secret is there", async || {
        (gateway.get("/needs").send().await.status == 200).then_some(())
    })
    .await;
    assert_eq!(backend.last().header("x-key"), ["pk-1"]);
}

#[tokio::test]
async fn a_secret_that_policies_hold_as_code_is_compiled_anew() {
    let (vault, backend) = (KeyVault::start().await, Backend::start().await);
    vault.set("sum", "1 + 1").await;
    let pinned = vault.set("pinned", "first").await;
    vault.set("pinned", "second").await;
    let policy = set_header("x-sum", "@(({{sum}}).ToString())") + &set_header("x-pinned", "{{pinned}}");
    let folder = Folder::new()
        .named_value("plain", "text")
        .api(&Api::new("sum").to(&backend.url()).policy(Policy::inbound(&policy)));
    let folder = vault.named_value(folder, "sum", &vault.identifier("sum"));
    let folder = vault.named_value(folder, "pinned", &format!("{}/{pinned}", vault.identifier("pinned")));
    let gateway = vault.gateway(folder).start().await;
    assert_eq!(gateway.get("/sum").send().await.status, 200, "{}", gateway.said());
    assert_eq!(
        (backend.last().header("x-sum"), backend.last().header("x-pinned")),
        (vec!["2"], vec!["first"])
    );
    vault.set("sum", "2 + 2").await;
    assert_eq!(gateway.ask("POST", "/-/named-values/refreshSecrets").await.status, 200);
    eventually("the new code", async || {
        assert_eq!(gateway.get("/sum").send().await.status, 200);
        (backend.last().header("x-sum") == ["4"]).then_some(())
    })
    .await;
    assert_eq!(backend.last().header("x-pinned"), ["first"], "a version stays");
    for (id, status) in [("plain", 409), ("nobody", 404)] {
        let answer = gateway.ask("POST", &format!("/-/named-values/{id}/refreshSecret")).await;
        assert_eq!(answer.status, status, "{}", answer.text());
    }
}

/// Values of the vault, the gateway's own tokens and what it signs in with are nobody's to see.
#[tokio::test]
async fn nothing_of_the_vault_is_seen_anywhere() {
    let (vault, models) = (KeyVault::start().await, models().await);
    vault.set("provider-key", "planted-in-the-vault").await;
    let gateway =
        vault.gateway(both_ways(&models.base_url(), &vault)).set("log.level", "trace").start().await;
    let mut seen = String::new();
    for api in ["/policy", "/backend"] {
        let answer = gateway.call("POST", &CHAT.replacen("/openai", api, 1)).json(&chat()).send().await;
        assert_eq!(answer.status, 401, "the model refuses it");
        seen.push_str(&format!("{:?} {}", answer.headers, answer.text()));
    }
    vault.set("provider-key", "planted-\"later").await;
    for (method, path) in [
        ("POST", "/-/named-values/provider-key/refreshSecret"),
        ("POST", "/-/reload"),
        ("GET", "/-/named-values"),
        ("GET", "/-/config"),
        ("GET", "/-/config/problems"),
        ("GET", "/-/ready"),
        ("GET", "/metrics"),
    ] {
        seen.push_str(gateway.ask(method, path).await.text());
    }
    assert_eq!(gateway.terminate().await, 0);
    seen.push_str(&gateway.said());
    seen.push_str(&std::fs::read_to_string(gateway.folder.beside("access.log")).expect("the access log"));
    assert!(!seen.contains("planted-"), "{seen}");
    // Tokens begin so, whoever made them.
    assert!(!seen.contains("eyJ"), "{seen}");
}

/// Decision 23: a vault may hold what looks like a key of the demo; it is not used.
#[tokio::test]
async fn a_key_of_the_demo_in_a_vault_is_refused() {
    let (vault, models) = (KeyVault::start().await, models().await);
    vault.set("provider-key", "cardea-demo-0123").await;
    let gateway = vault.gateway(both_ways(&models.base_url(), &vault)).start().await;
    assert_eq!(ask(&gateway, "/policy").await, 500);
    let problems = gateway.ask("GET", "/-/config/problems").await;
    assert!(problems.text().contains("which works in `cardea demo` only"), "{}", problems.text());
}

/// Outside of Azure a client secret stands for the managed identity. It comes from a file, and a wrong one is said
/// without being shown; the right one is taken without a restart.
#[tokio::test]
async fn a_client_secret_stands_for_the_managed_identity_and_can_be_replaced() {
    let (vault, models) = (KeyVault::without_grants().await, models().await);
    vault.set("provider-key", MODEL_KEY).await;
    let (tenant, client) = vault.gateway_app();
    vault.grant_to(client.clone()).await;
    let folder = both_ways(&models.base_url(), &vault);
    std::fs::write(folder.beside("client.secret"), "planted-wrong\n").expect("a file");
    let start = vault.gateway(folder).set("identity.source.kind", "client-secret");
    let start = start.set("identity.source.tenant", &tenant).set("identity.source.client-id", &client);
    let gateway = start.set("identity.source.secret-file", "client.secret").start().await;
    assert_eq!(ask(&gateway, "/policy").await, 500);
    std::fs::write(gateway.folder.beside("client.secret"), CLIENT_SECRET).expect("a file");
    eventually("it works", async || (ask(&gateway, "/policy").await == 200).then_some(())).await;
    let problems = gateway.ask("GET", "/-/named-values").await;
    let seen = format!("{}{}", gateway.said(), problems.text());
    assert!(!seen.contains("planted-") && !seen.contains("eyJ"), "{seen}");
}

/// What `cardea check --resolve` tells is what the gateway would tell at its start.
#[tokio::test]
async fn check_asks_vaults_too_and_says_what_cannot_be_had() {
    let vault = KeyVault::without_grants().await;
    vault.set("provider-key", "planted-provider-key").await;
    let start = vault.gateway(both_ways("http://127.0.0.1:9", &vault));
    let output = start.resolved().await;
    assert_eq!((output.code, output.stderr.as_str()), (1, ""), "{output:?}");
    for word in ["secret-unavailable", &vault.host(), "`provider-key`", "system-assigned", "grant it"] {
        assert!(output.stdout.contains(word), "{word}: {}", output.stdout);
    }
    vault.grant().await;
    let output = start.resolved().await;
    assert_eq!(output.code, 0, "{output:?}");
    assert!(output.stdout.ends_with("0 errors, 0 warnings\n"), "{output:?}");
    assert!(!format!("{output:?}").contains("planted"), "{output:?}");
}

/// API Management's named values have 1 to 4096 characters and are not blank.
#[tokio::test]
async fn a_value_that_no_named_value_can_have_leaves_the_old_one_in_place() {
    let (vault, backend) = (KeyVault::start().await, Backend::start().await);
    vault.set("provider-key", &"k".repeat(4_096)).await;
    let gateway = vault.gateway(both_ways(&backend.url(), &vault)).start().await;
    for (value, code) in [("k".repeat(4_097), "SecretTooLong"), (" \n".to_owned(), "SecretEmpty")] {
        vault.set("provider-key", &value).await;
        let refreshed = gateway.ask("POST", "/-/named-values/provider-key/refreshSecret").await;
        assert_eq!(refreshed.status, 502, "{}", refreshed.text());
        let status = last_status(&gateway).await;
        assert_eq!(status["code"], code, "{status}");
        assert!(status["message"].is_string() && !refreshed.text().contains("kkkk"), "{status}");
        assert_eq!(ask(&gateway, "/policy").await, 200);
        assert_eq!(backend.last().header("api-key"), ["k".repeat(4_096)], "{code}");
    }
    vault.set("provider-key", "new").await;
    assert_eq!(gateway.ask("POST", "/-/named-values/provider-key/refreshSecret").await.status, 200);
    assert_eq!(ask(&gateway, "/policy").await, 200);
    assert_eq!(backend.last().header("api-key"), ["new"]);
}
