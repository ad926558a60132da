//! The response object and its item, at the start and at the end.

use serde_json::{Map, Value, json};

use super::{Item, Response};

/// What a request may say and a response repeats, with what holds unless it does.
fn repeated(body: &Map<String, Value>) -> Vec<(&'static str, Value)> {
    let said = |name: &str, otherwise: Value| {
        body.get(name).filter(|value| !value.is_null()).cloned().unwrap_or(otherwise)
    };
    vec![
        ("instructions", said("instructions", Value::Null)),
        ("max_output_tokens", said("max_output_tokens", Value::Null)),
        ("max_tool_calls", said("max_tool_calls", Value::Null)),
        ("metadata", said("metadata", json!({}))),
        ("parallel_tool_calls", said("parallel_tool_calls", Value::Bool(true))),
        ("previous_response_id", said("previous_response_id", Value::Null)),
        ("reasoning", said("reasoning", json!({ "effort": null, "summary": null }))),
        ("safety_identifier", said("safety_identifier", Value::Null)),
        ("service_tier", Value::from("default")),
        ("store", said("store", Value::Bool(true))),
        ("temperature", said("temperature", json!(1.0))),
        ("text", said("text", json!({ "format": { "type": "text" }, "verbosity": "medium" }))),
        ("tool_choice", said("tool_choice", Value::from("auto"))),
        ("tools", said("tools", json!([]))),
        ("top_logprobs", json!(0)),
        ("top_p", said("top_p", json!(1.0))),
        ("truncation", said("truncation", Value::from("disabled"))),
        ("user", said("user", Value::Null)),
    ]
}

/// The object with a status, an output and a usage.
fn object(response: &Response<'_>, status: &str, output: Value, usage: Value) -> Value {
    let mut object = Map::new();
    let mut set = |name: &str, value: Value| object.insert(String::from(name), value);
    set("id", Value::from(response.id.as_str()));
    set("object", Value::from("response"));
    set("created_at", Value::from(response.cx.now));
    set("status", Value::from(status));
    set("background", Value::Bool(false));
    set("error", Value::Null);
    let cut = (status == "incomplete").then(|| json!({ "reason": "max_output_tokens" }));
    set("incomplete_details", cut.unwrap_or_default());
    set("model", Value::from(response.cx.deployment.model.as_str()));
    set("output", output);
    for (name, value) in repeated(response.body) {
        set(name, value);
    }
    set("usage", usage);
    Value::Object(object)
}

/// Before anything is said.
pub(super) fn begun(response: &Response<'_>) -> Value {
    object(response, "in_progress", json!([]), Value::Null)
}

/// With everything said.
pub(super) fn finished(response: &Response<'_>) -> Value {
    let (input, output) = (response.input_tokens, response.output_tokens);
    let usage = json!({
        "input_tokens": input,
        "input_tokens_details": { "cached_tokens": 0, "cache_write_tokens": 0 },
        "output_tokens": output,
        "output_tokens_details": { "reasoning_tokens": 0 },
        "total_tokens": input + output,
    });
    let status = response.status();
    object(response, status, json!([item(response, status)]), usage)
}

/// The item as it is in the end.
pub(super) fn item(response: &Response<'_>, status: &str) -> Value {
    match &response.item {
        Item::Message(said) => message(response, status, json!([text_part(&said.text())])),
        Item::Call { arguments, .. } => call(response, status, &arguments.text()),
    }
}

/// The item before anything is said.
pub(super) fn empty_item(response: &Response<'_>) -> Value {
    match &response.item {
        Item::Message(_) => message(response, "in_progress", json!([])),
        Item::Call { .. } => call(response, "in_progress", ""),
    }
}

/// A part of a message.
pub(super) fn text_part(text: &str) -> Value {
    json!({ "type": "output_text", "annotations": [], "logprobs": [], "text": text })
}

fn message(response: &Response<'_>, status: &str, content: Value) -> Value {
    json!({
        "id": response.item_id, "type": "message", "status": status, "role": "assistant", "content": content,
    })
}

fn call(response: &Response<'_>, status: &str, arguments: &str) -> Value {
    let (call_id, name) = match &response.item {
        Item::Call { call_id, name, .. } => (call_id.as_str(), name.as_str()),
        Item::Message(_) => ("", ""),
    };
    json!({
        "id": response.item_id, "type": "function_call", "status": status,
        "arguments": arguments, "call_id": call_id, "name": name,
    })
}
