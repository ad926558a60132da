//! Models of other vendors: Mistral's and Cohere's wires.

use http::Method;
use serde_json::{Value, json};
use simulators::{Account, Deployment, ModelSimulator, Running, Vendor};

use crate::client::{Answer, Client, KEY};

const MISTRAL: &str = "/mistral/v1/chat/completions";
const COHERE: &str = "/cohere/v2/chat";

async fn start() -> (Running, Client) {
    let azure =
        Account::new("contoso", KEY, "contoso-key-2").with(Deployment::chat("gpt-4o", "gpt-4o-2024-08-06"));
    let mistral = Account::new("mistral", "mistral-key", "mistral-key-2")
        .at(Vendor::Mistral)
        .with(Deployment::chat("mistral-small-latest", "mistral-small-2506"));
    let cohere = Account::new("cohere", "cohere-key", "cohere-key-2")
        .at(Vendor::Cohere)
        .with(Deployment::chat("command-a-03-2025", "command-a-03-2025"));
    let builder = ModelSimulator::builder().account(azure).account(mistral).account(cohere);
    let running = builder.start_on_loopback(0).await.unwrap();
    let client = Client::new(&running);
    (running, client)
}

fn asked(model: &str, more: Value) -> Value {
    let mut body = json!({ "model": model, "messages": [{ "role": "user", "content": "Hello" }] });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

async fn mistral(client: &Client, more: Value) -> Answer {
    client.post_bearer(MISTRAL, "mistral-key", &asked("mistral-small-latest", more)).await
}

async fn cohere(client: &Client, more: Value) -> Answer {
    client.post_bearer(COHERE, "cohere-key", &asked("command-a-03-2025", more)).await
}

#[tokio::test]
async fn mistral_answers_and_streams() {
    let (_running, client) = start().await;
    let whole = mistral(&client, json!({ "random_seed": 1, "safe_prompt": true })).await.json();
    assert_eq!(whole["choices"][0]["message"]["content"], "You said: Hello");
    assert_eq!(whole["choices"][0]["finish_reason"], "stop");
    let usage = &whole["usage"];
    assert_eq!(
        usage["total_tokens"].as_u64(),
        Some(usage["prompt_tokens"].as_u64().unwrap() + usage["completion_tokens"].as_u64().unwrap())
    );
    let streamed = mistral(&client, json!({ "stream": true })).await;
    assert!(streamed.text().ends_with("data: [DONE]\n\n"));
    let chunks = streamed.chunks();
    let text: String =
        chunks.iter().map(|chunk| chunk["choices"][0]["delta"]["content"].as_str().unwrap()).collect();
    assert_eq!(text, "You said: Hello");
    // Usage comes in the last event, unasked.
    let (last, before) = chunks.split_last().unwrap();
    assert_eq!(&last["usage"], usage);
    assert!(before.iter().all(|chunk| chunk.get("usage").is_none()));
}

#[tokio::test]
async fn cohere_answers_and_streams_typed_events() {
    let (_running, client) = start().await;
    let whole = cohere(&client, json!({ "max_tokens": 2 })).await.json();
    assert_eq!(whole["message"]["content"], json!([{ "type": "text", "text": "You said" }]));
    assert_eq!(whole["finish_reason"], "MAX_TOKENS");
    assert_eq!(whole["usage"]["billed_units"]["output_tokens"], 2);
    let streamed = cohere(&client, json!({ "stream": true })).await;
    let events = streamed.events();
    let names: Vec<&str> = events.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names.first().copied(), Some("message-start"));
    assert_eq!(names.get(1).copied(), Some("content-start"));
    assert_eq!(&names[names.len() - 2..], ["content-end", "message-end"]);
    let chunks = streamed.chunks();
    let text: String =
        chunks.iter().filter_map(|event| event["delta"]["message"]["content"]["text"].as_str()).collect();
    assert_eq!(text, "You said: Hello");
    assert!(chunks.iter().zip(&names).all(|(event, name)| event["type"] == *name));
    assert_eq!(chunks.last().unwrap()["delta"]["finish_reason"], "COMPLETE");
}

#[tokio::test]
async fn each_vendor_refuses_in_its_own_words() {
    let (_running, client) = start().await;
    for (path, key, body, status, expected) in [
        (MISTRAL, "wrong", json!({}), 401, json!({ "detail": "Unauthorized" })),
        (COHERE, "wrong", json!({}), 401, json!({ "message": "invalid api token" })),
        // A key is good at its own vendor only.
        (MISTRAL, KEY, json!({}), 401, json!({ "detail": "Unauthorized" })),
        (COHERE, "mistral-key", json!({}), 401, json!({ "message": "invalid api token" })),
        (
            MISTRAL,
            "mistral-key",
            asked("none", json!({})),
            400,
            json!({ "object": "error", "message": "Invalid model: none", "type": "invalid_model", "param": null, "code": "1500" }),
        ),
        (
            COHERE,
            "cohere-key",
            asked("none", json!({})),
            404,
            json!({ "message": "model 'none' not found, make sure the correct model ID was used and that you have access to the model." }),
        ),
    ] {
        let answer = client.post_bearer(path, key, &body).await;
        assert_eq!((answer.status.as_u16(), answer.json()), (status, expected), "{path} {key}");
    }
    assert_eq!(client.post_bearer("/v1/chat/completions", "mistral-key", &json!({})).await.status, 401);
    assert_eq!(mistral(&client, json!({ "seed": 1 })).await.status, 422);
    assert_eq!(mistral(&client, json!({ "temperature": 2 })).await.json()["object"], "error");
    let refused = cohere(&client, json!({ "random_seed": 1 })).await;
    assert_eq!(refused.status, 400);
    assert!(refused.json()["message"].as_str().unwrap().starts_with("invalid request: "));
    assert_eq!(client.send(Method::GET, COHERE, &[], b"").await.status, 404);
}

#[tokio::test]
async fn mistrals_models_are_listed() {
    let (_running, client) = start().await;
    let bearer = [("authorization", "Bearer mistral-key")];
    let listed = client.send(Method::GET, "/mistral/v1/models", &bearer, b"").await.json();
    assert_eq!(listed["data"][0]["id"], "mistral-small-latest");
    assert_eq!(listed["data"].as_array().unwrap().len(), 1);
}
