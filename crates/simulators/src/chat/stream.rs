//! A chat completion as server-sent events: `data: {…}` lines without names, and `data: [DONE]` at the end.
//!
//! COMPAT: Azure's first event has no choices but the verdict on the prompt, and each choice has
//! `content_filter_results` (AbanteAI/archive-old-cli-mentat issue 429, langchain4j issue 2385). `usage` is in no event
//! unless asked for; then it is null in all but an extra one without choices (OpenAI's API reference,
//! `stream_options`).

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::{Completion, Outcome};
use crate::operation::{content_filter_results, prompt_filter_results, usage};
use crate::reply::{Reply, event};

pub(super) fn reply(completion: &Completion<'_>) -> Reply {
    let mut events = Vec::new();
    if completion.cx.wire.is_azure() {
        events.push(prompt_verdict(completion));
    }
    for delta in deltas(&completion.said) {
        events.extend(in_each_choice(completion, &delta, None));
    }
    events.extend(in_each_choice(completion, &json!({}), Some(completion.finish_reason())));
    if completion.request.include_usage {
        events.push(last(completion));
    }
    events.push(Bytes::from_static(b"data: [DONE]\n\n"));
    Reply::events(events)
}

/// What the choices grow by, step by step.
fn deltas(said: &Outcome) -> Vec<Value> {
    match said {
        Outcome::Text(said) => {
            let first = json!({ "content": "", "refusal": null, "role": "assistant" });
            let rest = said.pieces.iter().map(|piece| json!({ "content": piece.text }));
            std::iter::once(first).chain(rest).collect()
        }
        Outcome::Call { id, name, arguments } => {
            let call = json!({
                "index": 0, "id": id, "type": "function", "function": { "arguments": "", "name": name },
            });
            let first =
                json!({ "content": null, "refusal": null, "role": "assistant", "tool_calls": [call] });
            let part =
                |text: &str| json!({ "tool_calls": [{ "index": 0, "function": { "arguments": text } }] });
            let rest = arguments.pieces.iter().map(|piece| part(&piece.text));
            std::iter::once(first).chain(rest).collect()
        }
    }
}

fn in_each_choice(completion: &Completion<'_>, delta: &Value, finish: Option<&str>) -> Vec<Bytes> {
    let one = |index| {
        let mut choice = json!({ "delta": delta, "finish_reason": finish, "index": index, "logprobs": null });
        if let Some(choice) = choice.as_object_mut().filter(|_| completion.cx.wire.is_azure()) {
            let has_text = delta.get("content").and_then(Value::as_str).is_some_and(|text| !text.is_empty());
            let verdict = if has_text { content_filter_results() } else { json!({}) };
            choice.insert(String::from("content_filter_results"), verdict);
        }
        chunk(completion, json!([choice]), delta)
    };
    (0..completion.request.choices).map(one).collect()
}

fn chunk(completion: &Completion<'_>, choices: Value, delta: &Value) -> Bytes {
    let mut members = members(completion, choices);
    if completion.request.include_usage {
        members.insert(String::from("usage"), Value::Null);
    }
    if !completion.cx.wire.is_azure() && completion.request.obfuscation {
        members.insert(String::from("obfuscation"), obfuscation(completion, delta));
    }
    event(None, &Value::Object(members))
}

/// COMPAT: OpenAI pads its events to hide the length of the text, unless told not to
/// (`stream_options.include_obfuscation`). The padding is not text.
fn obfuscation(completion: &Completion<'_>, delta: &Value) -> Value {
    let length = delta.to_string().len();
    Value::from(completion.cx.ids.named("", 16 - length % 16))
}

fn members(completion: &Completion<'_>, choices: Value) -> Map<String, Value> {
    let pairs = [
        ("choices", choices),
        ("created", Value::from(completion.cx.now)),
        ("id", Value::from(completion.id.as_str())),
        ("model", Value::from(completion.cx.deployment.model.as_str())),
        ("object", Value::from("chat.completion.chunk")),
        ("system_fingerprint", Value::from(completion.fingerprint.as_str())),
    ];
    pairs.into_iter().map(|(name, value)| (String::from(name), value)).collect()
}

fn prompt_verdict(completion: &Completion<'_>) -> Bytes {
    let mut first = json!({
        "choices": [], "created": 0, "id": "", "model": "", "object": "",
        "prompt_filter_results": prompt_filter_results(),
    });
    if let Some(first) = first.as_object_mut().filter(|_| completion.request.include_usage) {
        first.insert(String::from("usage"), Value::Null);
    }
    event(None, &first)
}

fn last(completion: &Completion<'_>) -> Bytes {
    let mut members = members(completion, json!([]));
    members.insert(String::from("usage"), usage(completion.prompt_tokens, completion.completion_tokens));
    event(None, &Value::Object(members))
}
