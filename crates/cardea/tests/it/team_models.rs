//! Claims decide which models a team may call: the fragment `allowed-models` of the example of identity. Deny by default,
//! wherever a call names its model. The page is `docs/identity.md`, point 5.

use serde_json::{Value, json};
use simulators::Credential;
use toml::Table;

use crate::harness::{Folder, Gateway, Tenant, ask};

fn chat(model: &str) -> Value {
    json!({ "model": model, "messages": [{ "role": "user", "content": "Say hello" }] })
}

fn deployment(name: &str) -> String {
    format!("/teams/openai/deployments/{name}/chat/completions?api-version=2024-10-21")
}

const V1: &str = "/teams/openai/v1/chat/completions";
const MISTRAL: &str = "/teams/mistral/v1/chat/completions";
const COHERE: &str = "/teams/cohere/v2/chat";

#[tokio::test]
async fn a_team_may_call_the_models_that_its_roles_name() {
    let tenant = Tenant::start().await;
    let gateway = tenant.serving().await;
    let (red, blue) = (tenant.token("Team Red"), tenant.token("Team Blue"));
    let (ada, stranger) = (tenant.token("ada@contoso.example"), tenant.token("Stranger"));
    for (who, token, target, model, status) in [
        ("red", &red, deployment("gpt-4o-mini"), "gpt-4o-mini", 200),
        ("red", &red, deployment("gpt-4o"), "gpt-4o", 403),
        ("red", &red, V1.to_owned(), "gpt-4o-mini", 200),
        ("red", &red, V1.to_owned(), "gpt-4o", 403),
        ("red", &red, MISTRAL.to_owned(), "mistral-small-latest", 200),
        ("red", &red, COHERE.to_owned(), "command-a-03-2025", 403),
        ("blue", &blue, deployment("gpt-4o-mini"), "gpt-4o-mini", 403),
        ("blue", &blue, deployment("gpt-4o"), "gpt-4o", 200),
        ("blue", &blue, V1.to_owned(), "gpt-4o", 200),
        ("blue", &blue, MISTRAL.to_owned(), "mistral-small-latest", 403),
        ("blue", &blue, COHERE.to_owned(), "command-a-03-2025", 200),
        ("ada", &ada, deployment("gpt-4o"), "gpt-4o", 200),
        ("ada", &ada, deployment("gpt-4o-mini"), "gpt-4o-mini", 403),
        ("stranger", &stranger, deployment("gpt-4o-mini"), "gpt-4o-mini", 403),
    ] {
        tenant.models.recorder().clear();
        let answer = ask(&gateway, &target, token, &chat(model)).await;
        assert_eq!(answer.status, status, "{who} {target} {model}: {}", answer.text());
        let received = tenant.models.recorder().requests();
        assert_eq!(received.len(), usize::from(status == 200), "{who} {target} {model}");
        if status == 403 {
            assert_eq!(answer.json()["error"]["code"], "ModelNotAllowed");
        }
        for request in received {
            let expected = match &request.credential {
                Credential::Token(id) => *id == tenant.gateway_id(),
                Credential::Key { account, .. } => account == "mistral" || account == "cohere",
                _ => false,
            };
            assert!(expected, "{who} {target}: {:?}", request.credential);
        }
    }
}

#[tokio::test]
async fn first_401_for_the_token_then_403_for_the_model() {
    let tenant = Tenant::start().await;
    let gateway = tenant.serving().await;
    for target in [deployment("gpt-4o").as_str(), V1, MISTRAL, COHERE] {
        let without = gateway.call("POST", target).json(&chat("gpt-4o")).send().await;
        assert_eq!(without.status, 401, "{target}");
        let expired = tenant.order("Team Red", |order| order.with_flaw(simulators::identity::Flaw::Expired));
        assert_eq!(ask(&gateway, target, &expired, &chat("gpt-4o")).await.status, 401, "{target}");
        let stranger = tenant.token("Stranger");
        assert_eq!(ask(&gateway, target, &stranger, &chat("gpt-4o")).await.status, 403, "{target}");
    }
    assert!(tenant.models.recorder().requests().is_empty());
}

/// Ways to name a model that the first look would not find.
#[tokio::test]
async fn a_forbidden_model_is_found_wherever_it_is_named() {
    let tenant = Tenant::start().await;
    let gateway = tenant.serving().await;
    let red = tenant.token("Team Red");
    let mini = deployment("gpt-4o-mini");
    let responses = "/teams/openai/v1/responses";
    let nested = json!({
        "messages": [{ "role": "user", "content": "Say hello" }],
        "data_sources": [{ "type": "azure_search", "parameters": {
            "embedding_dependency": { "type": "deployment_name", "deployment_name": "gpt-4o" },
        } }],
    });
    for (target, body) in [
        // The path says one thing, body or query another.
        (mini.clone(), chat("gpt-4o").to_string()),
        (format!("{mini}&deployment=gpt-4o"), chat("gpt-4o-mini").to_string()),
        (format!("{mini}&MODEL=gpt-4o"), chat("gpt-4o-mini").to_string()),
        (format!("{mini}&deployment=gpt-4o-mini&deployment=gpt-4o"), chat("gpt-4o-mini").to_string()),
        // Written in another way.
        (deployment("gpt%2D4o"), chat("gpt-4o-mini").to_string()),
        (deployment("GPT-4O"), chat("gpt-4o-mini").to_string()),
        (V1.to_owned(), r#"{"Model":"gpt-4o","model":"gpt-4o-mini","messages":[]}"#.to_owned()),
        (V1.to_owned(), r#"{"model":"gpt-4o-mini","model":"gpt-4o","messages":[]}"#.to_owned()),
        (V1.to_owned(), r#"{"model":"gpt-4o-mini ","messages":[]}"#.to_owned()),
        // Deeper down, where an extension would use it.
        (mini.clone(), nested.to_string()),
        // Not said at all, or not to be read.
        (V1.to_owned(), r#"{"messages":[]}"#.to_owned()),
        (V1.to_owned(), r#"{"model":["gpt-4o"],"messages":[]}"#.to_owned()),
        (V1.to_owned(), r#"{"model":"gpt-4o-mini""#.to_owned()),
        (V1.to_owned(), String::new()),
        (mini.clone(), "[1".to_owned()),
        (responses.to_owned(), r#"{"previous_response_id":"resp_1","input":"x"}"#.to_owned()),
    ] {
        let call = gateway.call("POST", &target).header("authorization", &format!("Bearer {red}"));
        let answer = call.header("content-type", "application/json").body(body.clone()).send().await;
        assert_eq!(answer.status, 403, "{target} {body}: {}", answer.text());
    }
    assert!(tenant.models.recorder().requests().is_empty());
}

/// The operations of a definition: method, path, type of body.
fn operations(definition: &str) -> Vec<(String, String, Option<String>)> {
    let facts: Table = include_str!("../cases/operations.toml").parse().expect("TOML");
    let listed = facts[definition]["operations"].as_array().expect("operations");
    let parts = |text: &str| {
        let mut words = text.split(' ').map(str::to_owned);
        (words.next().expect("a method"), words.next().expect("a path"), words.next())
    };
    listed.iter().map(|operation| parts(operation.as_str().expect("text"))).collect()
}

/// The example with an API that has every operation of a definition instead of the few that it has itself.
fn with_operations(tenant: &Tenant, api: &str, definition: &str) -> Folder {
    let folder = tenant.folder();
    let mut paths = serde_json::Map::new();
    for (method, path, _) in operations(definition) {
        let names = path.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
        let parameters: Vec<Value> = names
            .map(|(name, _)| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
            .collect();
        let item = paths.entry(path.clone()).or_insert_with(|| json!({}));
        item[method.to_lowercase()] = json!({
            "summary": format!("{method} {path}"), "parameters": parameters, "responses": { "200": { "description": "OK" } },
        });
    }
    let specification =
        json!({ "openapi": "3.0.1", "info": { "title": api, "version": "1" }, "paths": paths });
    std::fs::remove_file(folder.artifacts().join(format!("apis/{api}/specification.yaml")))
        .expect("the example");
    folder.write(&format!("apis/{api}/specification.json"), &specification.to_string());
    folder
}

/// A call of an operation that names `model` wherever it can.
async fn attempt(
    gateway: &Gateway,
    token: &str,
    base: &str,
    (method, path, body): &(String, String, Option<String>),
    model: &str,
    stream: bool,
) -> u16 {
    let path = path.replace("{deployment-id}", model).replace("{model}", model);
    let ids = path.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
    let path = ids.fold(path.clone(), |path, (name, _)| path.replace(&format!("{{{name}}}"), "id-1"));
    let target = format!("{base}{path}?api-version=2025-03-01-preview");
    let call = gateway.call(method, &target).header("authorization", &format!("Bearer {token}"));
    let call = match body.as_deref() {
        None => call,
        Some("multipart/form-data") => {
            let form = format!(
                "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\n{model}\r\n--b\r\nContent-Disposition: \
                 form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\nx\r\n--b--\r\n"
            );
            call.header("content-type", "multipart/form-data; boundary=b").body(form)
        }
        Some(kind) => {
            let body =
                json!({ "model": model, "input": "x", "messages": [], "prompt": "x", "stream": stream });
            call.header("content-type", kind).body(body.to_string())
        }
    };
    call.send().await.status
}

/// Every operation of Microsoft's own definitions, whole and streamed: with a forbidden deployment the models receive
/// nothing, whatever the operation is.
#[tokio::test]
async fn no_operation_of_the_real_definitions_reaches_a_forbidden_model() {
    let tenant = Tenant::start().await;
    let red = tenant.token("Team Red");
    for (api, definition, base, least) in [
        ("openai-for-teams", "azure-openai", "/teams/openai", 49),
        ("openai-v1-for-teams", "azure-openai-v1", "/teams/openai/v1", 60),
        ("mistral-for-teams", "ai-model-inference", "/teams/mistral/v1", 4),
    ] {
        let gateway = tenant.gateway(with_operations(&tenant, api, definition)).start().await;
        let operations = operations(definition);
        assert_eq!(operations.len(), least, "{definition}");
        for operation in &operations {
            for stream in [false, true] {
                let status = attempt(&gateway, &red, base, operation, "gpt-4o", stream).await;
                assert_eq!(status, 403, "{definition} {operation:?}");
            }
        }
        assert!(tenant.models.recorder().requests().is_empty(), "{definition}");
        // The same calls with a deployment that the team may use do get through, where they are for a model at all.
        let mut through = 0;
        for operation in &operations {
            let status = attempt(&gateway, &red, base, operation, "gpt-4o-mini", false).await;
            through += usize::from(status != 403);
        }
        assert_eq!(tenant.models.recorder().requests().len(), through, "{definition}");
        assert!(through > 0, "{definition}");
        tenant.models.recorder().clear();
    }
}
