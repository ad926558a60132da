//! Requests that are refused. The cases are files in `tests/cases/refusals`: a request, a status, and members that the
//! body must have. `source` says where the text is from.

use std::fs;
use std::path::Path;

use http::Method;
use serde_json::{Value, json};

use crate::client::{KEY, start};

/// Whether `body` has everything that `expected` has.
fn has(body: &Value, expected: &Value) -> bool {
    match (body, expected) {
        (Value::Object(body), Value::Object(expected)) => {
            expected.iter().all(|(name, value)| body.get(name).is_some_and(|found| has(found, value)))
        }
        _ => body == expected,
    }
}

fn headers(case: &Value) -> Vec<(String, String)> {
    let given = case["headers"].as_object();
    let text = |value: &Value| value.as_str().unwrap().replace("{key}", KEY);
    match given {
        Some(given) => given.iter().map(|(name, value)| (name.clone(), text(value))).collect(),
        None => vec![(String::from("api-key"), String::from(KEY))],
    }
}

#[tokio::test]
async fn what_the_service_refuses_is_refused_in_its_words() {
    let (_running, client) = start().await;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/refusals");
    let mut cases = 0;
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let table: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        for case in table["cases"].as_array().unwrap() {
            let headers = headers(case);
            let headers: Vec<(&str, &str)> =
                headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let method: Method = case["method"].as_str().unwrap_or("POST").parse().unwrap();
            let body = match &case["body"] {
                Value::Null => String::new(),
                Value::String(text) => text.clone(),
                body => body.to_string(),
            };
            let target = case["path"].as_str().or(table["path"].as_str()).unwrap();
            let answer = client.send(method, target, &headers, body.as_bytes()).await;
            let place = format!("{}: {case}\n{}", path.display(), answer.text());
            assert_eq!(answer.status.as_u16(), case["status"], "{place}");
            assert!(has(&answer.json(), &case["expected"]), "{place}");
            cases += 1;
        }
    }
    assert!(cases > 30, "{cases}");
}

/// A request of each API with every member that is read.
fn requests() -> Vec<(&'static str, Value)> {
    let schema = json!({ "type": "object", "properties": { "city": { "type": "string", "enum": ["a"] } } });
    let function = json!({ "name": "get_city", "description": "x", "parameters": schema });
    let call =
        json!({ "id": "c", "type": "function", "function": { "name": "get_city", "arguments": "{}" } });
    let messages = json!([
        { "role": "system", "content": "x", "name": "y" },
        { "role": "user", "content": [{ "type": "text", "text": "x" }] },
        { "role": "assistant", "content": null, "tool_calls": [call] },
        { "role": "tool", "tool_call_id": "c", "content": "x" },
    ]);
    let chat = json!({
        "model": "gpt-4o", "messages": messages, "tools": [{ "type": "function", "function": function }],
        "tool_choice": { "type": "function", "function": { "name": "get_city" } }, "stop": ["x"], "n": 2,
        "max_tokens": 5, "stream": true, "stream_options": { "include_usage": true }, "temperature": 1,
        "response_format": { "type": "json_schema", "json_schema": { "name": "x", "schema": schema } },
    });
    let items = json!([
        { "type": "message", "role": "user", "content": [{ "type": "input_text", "text": "x" }] },
        { "type": "function_call", "call_id": "c", "name": "get_city", "arguments": "{}" },
        { "type": "function_call_output", "call_id": "c", "output": "x" },
    ]);
    let response = json!({
        "model": "gpt-4o", "input": items, "instructions": "x", "max_output_tokens": 16, "stream": false, "store": true,
        "tools": [{ "type": "function", "name": "get_city", "parameters": schema }], "tool_choice": "auto",
        "text": { "format": { "type": "json_schema", "name": "x", "schema": schema } },
    });
    vec![
        ("/openai/v1/chat/completions", chat),
        ("/openai/v1/responses", response),
        ("/openai/v1/embeddings", json!({ "model": "embed", "input": ["x", [1, 2]], "dimensions": 3 })),
        (
            "/openai/v1/completions",
            json!({ "model": "gpt-4o", "prompt": ["x"], "max_tokens": 3, "stop": "y" }),
        ),
    ]
}

/// Pointers to every value below `value`.
fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), value)).collect(),
        Value::Array(items) => {
            items.iter().enumerate().map(|(index, item)| (index.to_string(), item)).collect()
        }
        _ => Vec::new(),
    };
    for (name, child) in children {
        let pointer = format!("{at}/{name}");
        pointers(child, &pointer, found);
        found.push(pointer);
    }
}

#[tokio::test]
async fn no_value_in_the_wrong_place_breaks_the_service() {
    let (_running, client) = start().await;
    let wrong = [
        json!(null),
        json!(true),
        json!(-1),
        json!(1e300),
        json!(""),
        json!("x"),
        json!([]),
        json!([[]]),
        json!({}),
    ];
    for (path, request) in requests() {
        assert_eq!(client.post(path, &request).await.status, 200, "{path}");
        let mut found = Vec::new();
        pointers(&request, "", &mut found);
        for pointer in found {
            for value in &wrong {
                let mut changed = request.clone();
                *changed.pointer_mut(&pointer).unwrap() = value.clone();
                let answer = client.post(path, &changed).await;
                let place = format!("{path} {pointer} {value}");
                match answer.status.as_u16() {
                    200 => {}
                    400 | 404 => assert!(answer.json()["error"]["message"].is_string(), "{place}"),
                    other => assert_eq!(other, 400, "{place}"),
                }
            }
        }
    }
}
