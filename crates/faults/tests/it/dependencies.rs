//! What the gateway depends on, gone or slow at each moment: before the start, at the first use, between renewals, and
//! across a restart. Started once, it serves from its last good state.

use faults::{Act, Fault, FaultProxy, Stage};
use serde_json::{Value, json};
use simulators::{Credential, KeyName, Running};

use crate::factor;
use crate::harness::{
    Api, CHAT, Folder, Gateway, KeyVault, MODEL_KEY, MODEL_KEY2, Policy, Start, Tenant, ask, eventually,
    models,
};
use crate::process::Held;

/// With a token of the caller's and one of the gateway's own.
const BY_TOKEN: &str = "/token/openai/deployments/gpt-4o-mini/chat/completions?api-version=2024-10-21";
/// Models, provider, identity endpoint and vault.
const SERVICES: usize = 4;
/// Kills with a rotation before each.
const VAULT_ROUNDS: usize = 3;
const SEALING_KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

fn hello() -> Value {
    json!({ "messages": [{ "role": "user", "content": "Say hello" }] })
}

/// What is away is asked often, and waited for briefly.
fn start(tenant: &Tenant) -> Start {
    let settings = [
        ("identity.call-seconds", "1"),
        ("identity.attempts", "1"),
        ("identity.retry-seconds", "1"),
        ("tokens.openid-retry-seconds", "1"),
        ("state.save-milliseconds", "0"),
    ];
    let key =
        r#"<set-header name="api-key" exists-action="override"><value>{{plain-key}}</value></set-header>"#;
    let plain = Api::models(&tenant.models.base_url()).policy(Policy::inbound(key));
    let folder = tenant.folder().api(&plain).named_value("plain-key", MODEL_KEY);
    let start = tenant.gateway(folder).variable("CARDEA_SEALING_KEY", SEALING_KEY);
    settings.iter().fold(start, |start, (name, value)| start.set(name, value))
}

async fn said(gateway: &Gateway, what: &str) {
    eventually(what, async || gateway.said().contains(what).then_some(())).await;
}

async fn by_token(gateway: &Gateway, tenant: &Tenant) -> u16 {
    ask(gateway, BY_TOKEN, &tenant.token("Team Red"), &hello()).await.status
}

/// With a key of the provider: nobody is asked.
async fn by_key(gateway: &Gateway) -> u16 {
    gateway.call("POST", CHAT).json(&hello()).send().await.status
}

/// The reason of the next record of an API that failed.
async fn reason(gateway: &mut Gateway) -> Value {
    loop {
        let record = gateway.record().await;
        if record["lastError"] != Value::Null {
            return record["lastError"]["reason"].clone();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_identity_provider_that_is_away_before_the_start_is_used_once_it_is_there() {
    let tenant = Tenant::start().await;
    tenant.entra.go_down().await;
    let mut gateway = start(&tenant).start().await;
    let before = Held::at_rest(&gateway).await;
    assert_eq!(by_token(&gateway, &tenant).await, 401);
    assert_eq!(reason(&mut gateway).await, "JwtInvalid");
    assert_eq!(by_key(&gateway).await, 200);
    tenant.entra.come_back().await;
    eventually("the provider is used", async || (by_token(&gateway, &tenant).await == 200).then_some(()))
        .await;
    before.and_kept(SERVICES).again(&gateway).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_hangs_costs_nobody_else_anything() {
    let tenant = Tenant::start().await;
    for part in ["metadata", "keys"] {
        assert!(tenant.entra.behave(part, "hang=before-head".parse().expect("a behaviour")));
        let mut gateway = start(&tenant).start().await;
        let before = Held::at_rest(&gateway).await;
        let (refused, served) = tokio::join!(by_token(&gateway, &tenant), by_key(&gateway));
        assert_eq!((refused, served), (401, 200), "{part}");
        assert_eq!(reason(&mut gateway).await, "JwtInvalid", "{part}");
        assert!(tenant.entra.behave(part, "latency=50ms".parse().expect("a behaviour")));
        eventually("slow is no harm", async || (by_token(&gateway, &tenant).await == 200).then_some(()))
            .await;
        before.and_kept(SERVICES).again(&gateway).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_identity_endpoint_that_is_away_or_hangs_fails_the_calls_that_need_it() {
    let tenant = Tenant::start().await;
    for how in ["hang=before-head", "status=500", "garbage", "status=429"] {
        assert!(tenant.entra.behave("managed-identity", how.parse().expect("a behaviour")));
        let mut gateway = start(&tenant).start().await;
        let before = Held::at_rest(&gateway).await;
        let (refused, served) = tokio::join!(by_token(&gateway, &tenant), by_key(&gateway));
        assert_eq!((refused, served), (500, 200), "{how}");
        assert_eq!(reason(&mut gateway).await, "ManagedIdentityTokenUnavailable", "{how}");
        assert!(tenant.entra.behave("managed-identity", "latency=20ms".parse().expect("a behaviour")));
        eventually("a token comes", async || (by_token(&gateway, &tenant).await == 200).then_some(())).await;
        before.and_kept(SERVICES).again(&gateway).await;
    }
}

/// Between renewals and after a start: keys and tokens of before serve, and they do across `kill -9`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_known_of_identity_serves_while_everything_is_away_and_across_a_restart() {
    let tenant = Tenant::start().await;
    let quick = [("tokens.openid-refresh-seconds", "1"), ("tokens.openid-interval-seconds", "1")];
    let start = quick.iter().fold(start(&tenant), |start, (name, value)| start.set(name, value));
    let gateway = start.start().await;
    assert_eq!(by_token(&gateway, &tenant).await, 200);
    said(&gateway, "providers=2 tokens=1").await;
    said(&gateway, "configuration saved").await;
    tenant.entra.go_down().await;
    eventually("a renewal fails", async || {
        assert_eq!(by_token(&gateway, &tenant).await, 200);
        gateway.said().contains("cannot be fetched").then_some(())
    })
    .await;
    // Nothing that it needs is there: folder, secrets, provider, identity endpoint.
    let again = gateway.killed().await;
    std::fs::rename(again.folder().artifacts(), again.folder().beside("away")).expect("renamed");
    again.folder().take_secrets_away();
    let mut gateway = again;
    for _ in 0..2 {
        let running = gateway.start().await;
        let before = Held::at_rest(&running).await;
        assert_eq!(by_token(&running, &tenant).await, 200, "{}", running.said());
        assert_eq!(by_key(&running).await, 200, "{}", running.said());
        assert_eq!(running.ask("GET", "/-/ready").await.status, 200);
        before.and_kept(SERVICES).again(&running).await;
        gateway = running.killed().await;
    }
    // Nothing of it stands there in clear.
    let bytes = std::fs::read(gateway.folder().beside("state/identity.saved")).expect("the file");
    for planted in ["openid-configuration", "eyJ", "login", "\"kty\""] {
        assert!(!bytes.windows(planted.len()).any(|window| window == planted.as_bytes()), "{planted}");
    }
}

/// A token that was granted to another identity is not used.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_of_other_settings_are_left_aside_and_a_damaged_file_too() {
    let tenant = Tenant::start().await;
    let gateway = start(&tenant).start().await;
    assert_eq!(by_token(&gateway, &tenant).await, 200);
    said(&gateway, "providers=2 tokens=1").await;
    tenant.entra.go_down().await;
    let again = gateway.killed().await.set("identity.system", "cadea000-0000-4000-8000-0000000000ff");
    let gateway = again.start().await;
    assert_eq!(by_token(&gateway, &tenant).await, 500, "{}", gateway.said());
    let again = gateway.killed().await;
    let path = again.folder().beside("state/identity.saved");
    let mut bytes = std::fs::read(&path).expect("the file");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&path, bytes).expect("written");
    let gateway = again.start().await;
    assert!(
        gateway.said().contains("what was known of identity providers is left aside"),
        "{}",
        gateway.said()
    );
    let before = Held::at_rest(&gateway).await;
    assert_eq!(by_token(&gateway, &tenant).await, 401);
    assert_eq!(by_key(&gateway).await, 200);
    before.and_kept(SERVICES).again(&gateway).await;
}

/// A vault that is away, resets or hangs: a start waits for it as long as it is told to, and only who needs its secrets is
/// refused, until it answers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_vault_that_hangs_holds_up_no_start_and_nobody_who_does_not_need_it() {
    let (vault, models) = (KeyVault::start().await, models().await);
    vault.set("provider-key", MODEL_KEY).await;
    let host = vault.host();
    let (_, port) = host.rsplit_once(':').expect("a port");
    let address = format!("127.0.0.1:{port}").parse().expect("an address");
    let endpoint = format!("{}/openai", models.base_url());
    let header = |value: &str| {
        let set = format!(r#"<value>{value}</value></set-header>"#);
        Policy::inbound(&format!(r#"<set-header name="api-key" exists-action="override">{set}"#))
    };
    for act in [Act::BlackHole, Act::Reset, Act::Close] {
        let proxy = FaultProxy::of_bytes(address).await.expect("a port");
        proxy.meet(Some(Fault::new(Stage::Accept, act)));
        let folder = Folder::new()
            .api(&Api::new("openai").to(&endpoint).policy(header("{{provider-key}}")))
            .api(&Api::new("plain").to(&endpoint).policy(header(MODEL_KEY)));
        let folder = vault.named_value(folder, "provider-key", &vault.identifier("provider-key"));
        let really = format!("[{{ host = \"{host}\", base = \"https://{}\" }}]", proxy.address());
        let start = vault.gateway(folder).set("vault.overrides", &really).set("vault.wait-seconds", "1");
        let gateway = start.set("identity.call-seconds", "1").start().await;
        let before = Held::at_rest(&gateway).await;
        let call = async |target: &str| gateway.call("POST", target).json(&hello()).send().await.status;
        let plain = CHAT.replacen("/openai", "/plain", 1);
        assert_eq!((call(CHAT).await, call(&plain).await), (500, 200), "{act:?}");
        assert_eq!(gateway.ask("GET", "/-/ready").await.status, 200, "{act:?}");
        let metrics = gateway.metrics().await;
        assert!(metrics.contains("cardea_vault_secret_failures_total{"), "{act:?}: {metrics}");
        proxy.meet(None);
        eventually("the secret comes", async || (call(CHAT).await == 200).then_some(())).await;
        before.and_kept(SERVICES).again(&gateway).await;
    }
}

/// A vault with the key of a model, and a gateway that seals what it saves.
struct Vaulted {
    vault: KeyVault,
    models: Running,
}

impl Vaulted {
    async fn start() -> (Self, Start) {
        let (vault, models) = (KeyVault::start().await, models().await);
        vault.set("provider-key", MODEL_KEY).await;
        let header = r#"<set-header name="api-key" exists-action="override"><value>{{provider-key}}</value></set-header>"#;
        let api = Api::new("openai").to(&format!("{}/openai", models.base_url()));
        let folder = Folder::new().api(&api.policy(Policy::inbound(header)));
        let folder = vault.named_value(folder, "provider-key", &vault.identifier("provider-key"));
        let settings = [
            ("state.save-milliseconds", "0"),
            ("vault.wait-seconds", "5"),
            ("identity.call-seconds", "1"),
            ("identity.attempts", "1"),
        ];
        let start = vault.gateway(folder).variable("CARDEA_SEALING_KEY", SEALING_KEY);
        let start = settings.iter().fold(start, |start, (name, value)| start.set(name, value));
        (Self { vault, models }, start)
    }

    /// Which of the model's keys the gateway uses.
    async fn used(&self, gateway: &Gateway) -> KeyName {
        self.models.recorder().clear();
        let answer = gateway.call("POST", CHAT).json(&hello()).send().await;
        assert_eq!(answer.status, 200, "{} {}", answer.text(), gateway.said());
        match self.models.recorder().requests()[0].credential.clone() {
            Credential::Key { key, .. } => key,
            other => panic!("{other:?}"),
        }
    }

    async fn go_away(&mut self) {
        self.vault.go_away().await;
        self.vault.entra.go_down().await;
    }

    async fn come_back(&mut self) {
        self.vault.come_back().await;
        self.vault.entra.come_back().await;
    }
}

/// The value that a vault gave last serves on, across a restart while the vault is away.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_that_was_rotated_serves_across_a_restart_without_its_vault() {
    let (mut vaulted, start) = Vaulted::start().await;
    let gateway = start.start().await;
    assert_eq!(vaulted.used(&gateway).await, KeyName::Key1);
    said(&gateway, "configuration saved").await;
    vaulted.vault.set("provider-key", MODEL_KEY2).await;
    let refreshed = gateway.ask("POST", "/-/named-values/refreshSecrets").await;
    assert_eq!(refreshed.status, 200, "{}", refreshed.text());
    eventually("the new key", async || (vaulted.used(&gateway).await == KeyName::Key2).then_some(())).await;
    eventually("it is saved", async || {
        (gateway.said().matches("configuration saved").count() >= 2).then_some(())
    })
    .await;
    vaulted.go_away().await;
    let gateway = gateway.killed().await.start().await;
    let before = Held::at_rest(&gateway).await;
    assert_eq!(vaulted.used(&gateway).await, KeyName::Key2);
    before.and_kept(SERVICES).again(&gateway).await;
}

/// Again and again: the secret is rotated while nobody runs, the gateway starts and is killed, the vault goes away, the
/// gateway starts once more. What it read last serves, though the folder never changed and nothing else had it saved.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_that_was_rotated_while_nobody_ran_is_saved_by_the_start_that_reads_it() {
    let (mut vaulted, mut start) = Vaulted::start().await;
    let keys = [(MODEL_KEY, KeyName::Key1), (MODEL_KEY2, KeyName::Key2)];
    for round in 0..VAULT_ROUNDS * factor() {
        let (text, key) = &keys[round % 2];
        if round > 0 {
            vaulted.vault.set("provider-key", text).await;
        }
        let gateway = start.start().await;
        assert_eq!(vaulted.used(&gateway).await, *key, "round {round}");
        said(&gateway, "configuration saved").await;
        vaulted.go_away().await;
        let gateway = gateway.killed().await.start().await;
        let before = Held::at_rest(&gateway).await;
        assert_eq!(
            vaulted.used(&gateway).await,
            *key,
            "round {round}, without the vault: {}",
            gateway.said()
        );
        assert_eq!(gateway.ask("GET", "/-/ready").await.status, 200);
        before.and_kept(SERVICES).again(&gateway).await;
        // It stands nowhere in clear.
        let saved = std::fs::read(gateway.folder.beside("state/configuration.saved")).expect("the file");
        assert!(!saved.windows(text.len()).any(|window| window == text.as_bytes()));
        start = gateway.killed().await;
        vaulted.come_back().await;
    }
}
