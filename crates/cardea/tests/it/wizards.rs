//! `cardea import azure-openai` and `openai-compatible`: what they write serves calls, with a key and without one.

use serde_json::{Value, json};
use simulators::Credential;

use crate::harness::{CHAT, Folder, Gateway, MODEL_KEY, Output, Tenant, models, program};

const KEY: &str = "subscription-key-71ce02";

fn import(folder: &Folder, arguments: &[&str]) -> Output {
    let into = folder.artifacts();
    program(&[&["import"], arguments, &["--into", into.to_str().expect("UTF-8")]].concat(), &[])
}

fn imported(folder: &Folder, arguments: &[&str]) {
    let output = import(folder, arguments);
    assert_eq!((output.code, output.stderr.as_str()), (0, ""), "{}", output.stdout);
    let checked = program(&["check", folder.artifacts().to_str().expect("UTF-8")], &[]);
    assert!(checked.stdout.ends_with(": 0 errors, 0 warnings\n"), "{checked:?}");
    let again = import(folder, arguments);
    assert!(again.stdout.contains("Nothing to do"), "{again:?}");
}

/// A folder with a file that holds the service's key, and a way to open APIs to a test over http.
fn folder_with_key() -> (Folder, String) {
    let folder = Folder::new();
    let file = folder.beside("model.key");
    std::fs::write(&file, MODEL_KEY).expect("a file");
    let path = file.to_str().expect("UTF-8").to_owned();
    (folder, path)
}

/// Listeners of tests speak http.
fn over_http(folder: &Folder, api: &str) {
    let path = format!("apis/{api}/apiInformation.json");
    let text = std::fs::read_to_string(folder.artifacts().join(&path)).expect("the API's file");
    let mut information: Value = serde_json::from_str(&text).expect("JSON");
    information["properties"]["protocols"] = json!(["http", "https"]);
    folder.write(&path, &information.to_string());
}

fn chat() -> Value {
    json!({ "model": "gpt-4o-mini", "messages": [{ "role": "user", "content": "Say hello" }] })
}

#[tokio::test]
async fn azure_openai_is_called_with_a_key_that_callers_do_not_know() {
    let models = models().await;
    let (folder, key) = folder_with_key();
    imported(
        &folder,
        &["azure-openai", "--endpoint", &models.base_url(), "--api-id", "models", "--key-file", &key],
    );
    over_http(&folder, "models");
    let text = std::fs::read_to_string(folder.artifacts().join("secrets.toml")).expect("secrets.toml");
    assert!(text.contains("models-key = { file = ") && !text.contains(MODEL_KEY), "{text}");
    let folder = folder.subscription("team", "/apis/models", KEY);
    // The harness writes `secrets.toml` for its own; what the import wrote belongs in it too.
    let own = std::fs::read_to_string(folder.artifacts().join("secrets.toml")).expect("secrets.toml");
    folder.write("secrets.toml", &format!("{text}\n{own}"));
    let gateway = Gateway::serving(folder).await;
    let target = format!("/models{CHAT}");
    let answer = gateway.call("POST", &target).header("api-key", KEY).json(&chat()).send().await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let without = gateway.call("POST", &target).json(&chat()).send().await;
    assert_eq!(without.status, 401);
    let received = models.recorder().requests();
    assert!(matches!(received[0].credential, Credential::Key { .. }), "{:?}", received[0].credential);
}

#[tokio::test]
async fn azure_openai_is_called_with_the_gateways_identity() {
    let tenant = Tenant::start().await;
    let folder = Folder::new();
    imported(
        &folder,
        &["azure-openai", "--endpoint", &tenant.models.base_url(), "--style", "v1", "--path", "ai"],
    );
    over_http(&folder, "azure-openai");
    std::fs::write(folder.beside("ca.pem"), tenant.entra.certificates().pem()).expect("a file");
    let folder = folder.subscription("team", "/apis/azure-openai", KEY);
    let gateway = tenant.gateway(folder).start().await;
    // As the client of OpenAI sends it, whose base URL ends in `/openai/v1`.
    let call = gateway.call("POST", "/ai/openai/v1/chat/completions");
    let answer = call.header("authorization", &format!("Bearer {KEY}")).json(&chat()).send().await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let received = tenant.models.recorder().requests();
    assert!(matches!(&received[0].credential, Credential::Token(id) if *id == tenant.gateway_id()));
}

#[tokio::test]
async fn services_like_openai_are_called_by_one_operation_or_by_all() {
    let models = models().await;
    let (folder, key) = folder_with_key();
    let url = format!("{}/v1", models.base_url());
    for (api, kind) in [("one", "openai"), ("all", "passthrough")] {
        let arguments =
            ["openai-compatible", "--url", &url, "--api-id", api, "--type", kind, "--key-file", &key];
        imported(&folder, &arguments);
        over_http(&folder, api);
    }
    let text = std::fs::read_to_string(folder.artifacts().join("secrets.toml")).expect("secrets.toml");
    let folder = folder.subscription("team", "/apis", KEY);
    let own = std::fs::read_to_string(folder.artifacts().join("secrets.toml")).expect("secrets.toml");
    folder.write("secrets.toml", &format!("{text}\n{own}"));
    let gateway = Gateway::serving(folder).await;
    for (target, header, value, status) in [
        ("/one/chat/completions", "authorization", format!("Bearer {KEY}"), 200),
        ("/all/chat/completions", "ocp-apim-subscription-key", KEY.to_owned(), 200),
        ("/one/completions", "authorization", format!("Bearer {KEY}"), 404),
        ("/one/chat/completions", "authorization", "Bearer another".to_owned(), 401),
    ] {
        let answer = gateway.call("POST", target).header(header, &value).json(&chat()).send().await;
        assert_eq!(answer.status, status, "{target} {value}: {}", answer.text());
    }
    let listed = gateway.get("/all/models").header("ocp-apim-subscription-key", KEY).send().await;
    assert_eq!(listed.status, 200, "{}", listed.text());
}

#[test]
fn what_is_asked_for_must_fit() {
    let folder = Folder::new();
    let endpoint = ["azure-openai", "--endpoint", "https://contoso.openai.azure.com"];
    for (more, expected) in [
        (["--auth", "key"].as_slice(), "--key-env"),
        (["--auth", "managed-identity", "--key-env", "K"].as_slice(), "--key-"),
        (["--identity", "1234", "--key-env", "K"].as_slice(), "cannot be used with"),
    ] {
        let refused = import(&folder, &[endpoint.as_slice(), more].concat());
        assert!(refused.code == 2 && refused.stderr.contains(expected), "{refused:?}");
    }
}
