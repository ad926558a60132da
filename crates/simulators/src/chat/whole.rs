//! A chat completion in one piece.

use serde_json::{Value, json};

use super::{Completion, Outcome};
use crate::operation::{content_filter_results, prompt_filter_results, usage};
use crate::reply::Reply;

pub(super) fn reply(completion: &Completion<'_>) -> Reply {
    let mut body = json!({
        "choices": (0..completion.request.choices).map(|index| choice(completion, index)).collect::<Vec<_>>(),
        "created": completion.cx.now,
        "id": completion.id,
        "model": completion.cx.deployment.model,
        "object": "chat.completion",
    });
    if let Some(body) = body.as_object_mut() {
        if completion.cx.wire.is_azure() {
            body.insert(String::from("prompt_filter_results"), prompt_filter_results());
        } else {
            body.insert(String::from("service_tier"), Value::from("default"));
        }
        body.insert(String::from("system_fingerprint"), Value::from(completion.fingerprint.as_str()));
        body.insert(String::from("usage"), usage(completion.prompt_tokens, completion.completion_tokens));
    }
    Reply::json(body)
}

fn choice(completion: &Completion<'_>, index: usize) -> Value {
    let mut choice = json!({
        "finish_reason": completion.finish_reason(),
        "index": index,
        "logprobs": null,
        "message": message(&completion.said),
    });
    if let Some(choice) = choice.as_object_mut().filter(|_| completion.cx.wire.is_azure()) {
        // Azure filters text; a call has the member too, without verdicts.
        let verdict =
            if matches!(completion.said, Outcome::Text(_)) { content_filter_results() } else { json!({}) };
        choice.insert(String::from("content_filter_results"), verdict);
    }
    choice
}

fn message(said: &Outcome) -> Value {
    match said {
        Outcome::Text(said) => {
            json!({ "annotations": [], "content": said.text(), "refusal": null, "role": "assistant" })
        }
        Outcome::Call { id, name, arguments } => json!({
            "annotations": [],
            "content": null,
            "refusal": null,
            "role": "assistant",
            "tool_calls": [{
                "function": { "arguments": arguments.text(), "name": name },
                "id": id,
                "type": "function",
            }],
        }),
    }
}
