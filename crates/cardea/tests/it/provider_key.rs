//! The provider's key: a secret that the gateway puts in, by a policy or by a backend's credentials, and that callers
//! never see. Rotation reaches both while requests run.

use serde_json::json;
use simulators::{Credential, KeyName, Outcome};

use crate::harness::{
    Api, Authority, Backend, CHAT, Folder, Gateway, MODEL_KEY, MODEL_KEY2, Policy, Start, eventually, models,
    program,
};

fn set_header(name: &str, action: &str, value: &str) -> String {
    format!(r#"<set-header name="{name}" exists-action="{action}"><value>{value}</value></set-header>"#)
}

fn chat() -> serde_json::Value {
    json!({ "messages": [{ "role": "user", "content": "Say hello" }] })
}

/// The model refuses every key but its own, so a good answer proves who signed in.
#[tokio::test]
async fn a_policy_signs_in_with_a_secret_named_value() {
    let models = models().await;
    let api = Api::models(&models.base_url())
        .with_key_names("api-key", "subscription-key")
        .policy(Policy::inbound(&set_header("api-key", "override", "{{azure-openai-key}}")));
    let folder =
        Folder::new().api(&api).secret("azure-openai-key", MODEL_KEY).subscription("a", "/apis", "team-key");
    let gateway = Gateway::serving(folder).await;
    let answer = gateway.call("POST", CHAT).header("api-key", "team-key").json(&chat()).send().await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["choices"][0]["message"]["content"], "You said: Say hello");
    let received = models.recorder().requests();
    assert_eq!(received.len(), 1);
    assert_eq!(received[0].credential, Credential::Key { account: "contoso".into(), key: KeyName::Key1 });
    // Neither the caller nor the operators' listeners see it.
    let config = gateway.ask("GET", "/-/config").await;
    for text in [answer.text(), &format!("{:?}", answer.headers), config.text(), &gateway.said()] {
        assert!(!text.contains(MODEL_KEY), "{text}");
    }
}

#[tokio::test]
async fn every_way_to_set_a_header_takes_a_secret() {
    let backend = Backend::start().await;
    let api = |name: &str, text: &str| {
        Api::new(name).with_key_names("api-key", "key").to(&backend.url()).policy(Policy::inbound(text))
    };
    let folder = Folder::new()
        .api(&api("override", &set_header("api-key", "override", "{{provider-key}}")))
        .api(&api("append", &set_header("api-key", "append", "{{provider-key}}")))
        .api(&api("other-name", &set_header("openai-key", "append", "{{provider-key}}")))
        .api(&api("within", &set_header("Authorization", "override", "Bearer {{provider-key}}")))
        .secret("provider-key", "pk-1")
        .subscription("a", "/apis", "team-key");
    let gateway = Gateway::serving(folder).await;
    for (path, name, expected, api_key) in [
        ("/override", "api-key", "pk-1", vec!["pk-1"]),
        ("/append", "api-key", "pk-1", vec!["pk-1"]),
        ("/other-name", "openai-key", "pk-1", vec![]),
        ("/within", "authorization", "Bearer pk-1", vec![]),
    ] {
        let answer = gateway.get(path).header("api-key", "team-key").send().await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        let seen = backend.last();
        assert_eq!(seen.header(name), [expected], "{path}");
        assert_eq!(seen.header("api-key"), api_key, "{path}: the caller's key stays behind");
    }
}

/// Stated in `docs/policy-documents.md`: a backend's credentials are put over whatever is there.
#[tokio::test]
async fn a_backends_credentials_come_over_policies_and_callers() {
    let backend = Backend::start().await;
    let credentials = json!({
        "header": { "x-provider-key": ["{{provider-key}}"] },
        "query": { "sig": ["{{provider-key}}"] },
        "authorization": { "scheme": "Bearer", "parameter": "{{provider-key}}" },
    });
    let inbound = [
        r#"<set-backend-service backend-id="models" />"#.to_owned(),
        set_header("x-provider-key", "override", "of a policy"),
        set_header("Authorization", "override", "Basic of-a-policy"),
        r#"<set-query-parameter name="sig" exists-action="override"><value>of-a-policy</value></set-query-parameter>"#
            .to_owned(),
    ];
    let folder = Folder::new()
        .api(&Api::new("chosen").policy(Policy::inbound(&inbound.concat())))
        .backend("models", &json!({ "url": backend.url(), "protocol": "http", "credentials": credentials }))
        .secret("provider-key", "pk-1");
    let mut gateway = Gateway::serving(folder).await;
    let call = gateway.get("/chosen/a?sig=mine&x=1");
    let call = call.header("x-provider-key", "mine").header("authorization", "Bearer mine");
    assert_eq!(call.send().await.status, 200);
    let seen = backend.last();
    assert_eq!(seen.header("x-provider-key"), ["pk-1"]);
    assert_eq!(seen.header("authorization"), ["Bearer pk-1"]);
    assert_eq!(seen.target, "/a?x=1&sig=pk-1");
    assert!(!seen.everything().contains("mine") && !seen.everything().contains("of a policy"));
    let record = gateway.record().await;
    assert_eq!(record["backendId"], "models");
    assert_eq!(record["backendIdentity"], "authorization");
    assert!(!record.to_string().contains("pk-1"), "{record}");
}

#[tokio::test]
async fn a_backend_is_shown_a_client_certificate() {
    let authority = Authority::new();
    let backend = Backend::over_tls(authority.mutual()).await;
    let (first, second) = (authority.client(), authority.client());
    let entity = json!({
        "url": backend.url(),
        "protocol": "http",
        "credentials": { "certificateIds": ["/certificates/client", "other"] },
    });
    let chosen = Policy::inbound(r#"<set-backend-service backend-id="guarded" />"#);
    let other = Authority::new().client();
    let folder = Folder::new()
        .certificate("other", &other.pem, &other.key_pem())
        .certificate("client", &first.pem, &first.key_pem())
        .backend("guarded", &entity)
        .api(&Api::new("guarded").policy(chosen))
        .api(&Api::new("anonymous").to(&backend.url()));
    std::fs::write(folder.beside("root.pem"), &authority.pem).expect("a file");
    let check = program(&["check", folder.artifacts().to_str().expect("UTF-8")], &[]);
    assert_eq!(check.code, 0, "no secret is needed to check: {}", check.stdout);
    let mut gateway = Start::new(folder).set("outbound.extra-roots", "root.pem").start().await;

    let answer = gateway.get("/guarded/a").send().await;
    assert_eq!((answer.status, answer.text()), (200, "echo"), "{}", gateway.said());
    assert_eq!(backend.last().certificate.as_deref(), Some(first.der.as_ref()));
    assert_eq!(gateway.record().await["backendIdentity"], "client-certificate");
    // The backend lets nobody in without one, and nobody else gets it.
    assert_eq!(gateway.get("/anonymous/a").send().await.status, 500);

    gateway.folder.rotate("client-chain", &second.pem);
    gateway.folder.rotate("client-key", &second.key_pem());
    eventually("the new certificate is shown", async || {
        assert_eq!(gateway.get("/guarded/a").send().await.status, 200, "{}", gateway.said());
        (backend.last().certificate.as_deref() == Some(second.der.as_ref())).then_some(())
    })
    .await;
}

/// One API that signs in by a policy and one that does by its backend's credentials.
fn both_ways(endpoint: &str) -> Folder {
    let by_policy = Api::new("policy")
        .to(&format!("{endpoint}/openai"))
        .policy(Policy::inbound(&set_header("api-key", "override", "{{provider-key}}")));
    let by_backend =
        Api::new("backend").policy(Policy::inbound(r#"<set-backend-service backend-id="models" />"#));
    let entity = json!({
        "url": format!("{endpoint}/openai"),
        "protocol": "http",
        "credentials": { "header": { "api-key": ["{{provider-key}}"] } },
    });
    Folder::new()
        .api(&by_policy)
        .api(&by_backend)
        .backend("models", &entity)
        .secret("provider-key", MODEL_KEY)
}

/// Calls both APIs until both sign in with the second key. Each call must succeed, whichever key it was made with.
async fn both_use_the_second_key(gateway: &Gateway, models: &simulators::Running) {
    let second = Credential::Key { account: "contoso".into(), key: KeyName::Key2 };
    eventually("both use the new key", async || {
        models.recorder().clear();
        for api in ["/policy", "/backend"] {
            let target = CHAT.replacen("/openai", api, 1);
            let answer = gateway.call("POST", &target).json(&chat()).send().await;
            assert_eq!(answer.status, 200, "{api}: {}", answer.text());
        }
        let used = models.recorder().requests();
        used.iter().all(|request| request.credential == second).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_rotated_key_is_noticed_and_no_request_fails() {
    let models = models().await;
    let gateway = Gateway::serving(both_ways(&models.base_url())).await;
    gateway.folder.rotate("provider-key", MODEL_KEY2);
    both_use_the_second_key(&gateway, &models).await;
}

#[tokio::test]
async fn a_rotated_key_is_taken_at_sighup() {
    let models = models().await;
    let never = Start::new(both_ways(&models.base_url())).set("secrets.refresh-seconds", "86400");
    let gateway = never.start().await;
    gateway.folder.rotate("provider-key", MODEL_KEY2);
    gateway.signal("HUP");
    both_use_the_second_key(&gateway, &models).await;
}

/// A stream that began with the old key goes on with it.
#[tokio::test]
async fn a_stream_survives_the_rotation_of_the_key_it_began_with() {
    let models = models().await;
    let gateway = Gateway::serving(both_ways(&models.base_url())).await;
    let streamed = json!({ "messages": [{ "role": "user", "content": "Say hello" }], "stream": true });
    let target = CHAT.replacen("/openai", "/policy", 1);
    let call = gateway.call("POST", &target).header("x-simulate", "words=400; pace=5ms").json(&streamed);
    let mut stream = call.open().await.expect("an answer");
    assert!(stream.next().await.is_some());
    gateway.folder.rotate("provider-key", MODEL_KEY2);
    gateway.signal("HUP");
    eventually("the new configuration", async || gateway.said().contains("reloaded").then_some(())).await;
    let rest = stream.whole().await.expect("the stream goes on to its end");
    assert!(rest.text().ends_with("data: [DONE]\n\n"));
    assert_eq!(models.recorder().requests()[0].outcome, Outcome::Answered);
}

/// A file that is being replaced may be missing for a moment: whoever reloads then goes on with what he has.
#[tokio::test]
async fn a_secret_that_cannot_be_read_at_a_reload_stays_as_it_was() {
    let models = models().await;
    let gateway = Gateway::serving(both_ways(&models.base_url())).await;
    std::fs::remove_file(gateway.folder.beside("secrets/provider-key")).expect("the secret");
    let reloaded = gateway.ask("POST", "/-/reload").await;
    assert!(reloaded.text().contains("secret-unavailable"), "{}", reloaded.text());
    for api in ["/policy", "/backend"] {
        let target = CHAT.replacen("/openai", api, 1);
        let answer = gateway.call("POST", &target).json(&chat()).send().await;
        assert_eq!(answer.status, 200, "{api}: {}", answer.text());
    }
    gateway.folder.rotate("provider-key", MODEL_KEY2);
    both_use_the_second_key(&gateway, &models).await;
}

/// The keys of a folder's subscriptions come from files too.
#[tokio::test]
async fn a_rotated_subscription_key_is_noticed() {
    let backend = Backend::start().await;
    let folder = Folder::new().api(&Api::new("own").with_key().to(&backend.url())).subscription(
        "team-a",
        "/apis/own",
        "old-key",
    );
    let gateway = Gateway::serving(folder).await;
    assert_eq!(gateway.get("/own").key("old-key").send().await.status, 200);
    gateway.folder.rotate("team-a-primary", "new-key");
    eventually("the new key works", async || {
        (gateway.get("/own").key("new-key").send().await.status == 200).then_some(())
    })
    .await;
    assert_eq!(gateway.get("/own").key("old-key").send().await.status, 401);
}
