//! The Responses API.

use http::Method;
use serde_json::{Value, json};

use crate::client::{Client, KEY, KEY2, OTHER_KEY, start};

const PATH: &str = "/openai/v1/responses";

fn hello() -> Value {
    json!({ "model": "gpt-4o", "input": "Hello" })
}

async fn create(client: &Client, extra: Value) -> Value {
    let mut body = hello();
    body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    let answer = client.post(PATH, &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

#[tokio::test]
async fn a_response_has_one_message() {
    let (_running, client) = start().await;
    let body = create(&client, json!({})).await;
    assert_eq!((&body["object"], &body["status"]), (&json!("response"), &json!("completed")));
    let item = &body["output"][0];
    assert_eq!((&item["type"], &item["role"]), (&json!("message"), &json!("assistant")));
    assert_eq!(item["content"][0]["text"], "You said: Hello");
    assert_eq!(body["usage"]["input_tokens"], 8);
    let total =
        body["usage"]["input_tokens"].as_u64().unwrap() + body["usage"]["output_tokens"].as_u64().unwrap();
    assert_eq!(body["usage"]["total_tokens"], total);
}

#[tokio::test]
async fn the_dated_path_needs_a_version_and_takes_the_model_from_the_body() {
    let (_running, client) = start().await;
    assert_eq!(client.post("/openai/responses?api-version=2025-04-01-preview", &hello()).await.status, 200);
    assert_eq!(client.post("/openai/responses", &hello()).await.status, 404);
    assert_eq!(client.post_bearer("/v1/responses", KEY, &hello()).await.status, 200);
}

#[tokio::test]
async fn events_come_in_order_and_numbered() {
    let (_running, client) = start().await;
    let answer = client.post(PATH, &json!({ "model": "gpt-4o", "input": "Hello", "stream": true })).await;
    let events = answer.events();
    let mut names: Vec<&str> = events.iter().map(|(name, _)| name.as_str()).collect();
    names.dedup();
    let expected = [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ];
    assert_eq!(names, expected);
    let chunks = answer.chunks();
    for (number, (chunk, (name, _))) in chunks.iter().zip(&events).enumerate() {
        assert_eq!((&chunk["type"], &chunk["sequence_number"]), (&json!(name), &json!(number)));
    }
    let text: String = chunks.iter().filter_map(|chunk| chunk["delta"].as_str()).collect();
    assert_eq!(text, "You said: Hello");
    assert_eq!(chunks[0]["response"]["usage"], Value::Null);
    assert_eq!(chunks.last().unwrap()["response"]["usage"]["input_tokens"], 8);
}

#[tokio::test]
async fn a_limit_makes_a_response_incomplete() {
    let (_running, client) = start().await;
    let long = "word ".repeat(50);
    let body = create(&client, json!({ "input": long, "max_output_tokens": 16 })).await;
    assert_eq!(body["status"], "incomplete");
    assert_eq!(body["incomplete_details"]["reason"], "max_output_tokens");
    let streamed = json!({ "model": "gpt-4o", "input": long, "max_output_tokens": 16, "stream": true });
    assert_eq!(client.post(PATH, &streamed).await.events().last().unwrap().0, "response.incomplete");
}

#[tokio::test]
async fn a_function_is_called_and_its_output_is_told() {
    let (_running, client) = start().await;
    let schema = json!({ "type": "object", "properties": { "city": { "type": "string" } } });
    let tools = json!([{ "type": "function", "name": "get_weather", "parameters": schema }]);
    let first = create(&client, json!({ "input": "What is the weather in Paris?", "tools": tools })).await;
    let call = &first["output"][0];
    assert_eq!((&call["type"], &call["name"]), (&json!("function_call"), &json!("get_weather")));
    assert_eq!(call["arguments"], r#"{"city":"Paris"}"#);
    let output = json!([{ "type": "function_call_output", "call_id": call["call_id"], "output": "sunny" }]);
    let second =
        create(&client, json!({ "input": output, "previous_response_id": first["id"], "tools": tools }))
            .await;
    assert_eq!(second["output"][0]["content"][0]["text"], "The tool answered: sunny");
    let streamed = json!({ "model": "gpt-4o", "input": "weather in Paris?", "tools": tools, "stream": true });
    let chunks = client.post(PATH, &streamed).await.chunks();
    let done = chunks.iter().find(|chunk| chunk["type"] == "response.function_call_arguments.done").unwrap();
    assert_eq!(done["arguments"], r#"{"city":"Paris"}"#);
    let delta = |chunk: &&Value| chunk["type"] == "response.function_call_arguments.delta";
    let pieces: String = chunks.iter().filter(delta).filter_map(|chunk| chunk["delta"].as_str()).collect();
    assert_eq!(pieces, r#"{"city":"Paris"}"#);
}

#[tokio::test]
async fn a_response_is_continued_with_all_that_was_said() {
    let (_running, client) = start().await;
    let first = create(&client, json!({})).await;
    let second = create(&client, json!({ "previous_response_id": first["id"] })).await;
    assert!(second["usage"]["input_tokens"].as_u64() > first["usage"]["input_tokens"].as_u64());
    assert_eq!(second["previous_response_id"], first["id"]);
}

#[tokio::test]
async fn a_stored_response_is_read_and_deleted_by_its_account() {
    let (_running, client) = start().await;
    let created = create(&client, json!({})).await;
    let path = format!("{PATH}/{}", created["id"].as_str().unwrap());
    let as_owner = [("api-key", KEY2)];
    assert_eq!(client.send(Method::GET, &path, &as_owner, b"").await.json(), created);
    assert_eq!(client.send(Method::GET, &path, &[("api-key", OTHER_KEY)], b"").await.status, 404);
    assert_eq!(client.send(Method::DELETE, &path, &as_owner, b"").await.json()["deleted"], true);
    assert_eq!(client.send(Method::GET, &path, &as_owner, b"").await.status, 404);
    let not_stored = create(&client, json!({ "store": false })).await;
    assert_eq!(client.get(&format!("{PATH}/{}", not_stored["id"].as_str().unwrap())).await.status, 404);
}
