//! Cohere's second chat API: whole answers, and streams of typed events without `[DONE]`.
//!
//! COMPAT: the events and their members are those of the types of the vendor's Python client (7.3.1) and of its page on
//! streaming.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::chat::{Names, Plain, plain};
use crate::mind::Finish;
use crate::operation::Cx;
use crate::reply::{Reply, event};
use crate::wire::errors::Refusal;

const NAMES: Names = Names {
    known: &[
        "citation_options",
        "documents",
        "frequency_penalty",
        "k",
        "logprobs",
        "max_tokens",
        "messages",
        "model",
        "p",
        "presence_penalty",
        "priority",
        "response_format",
        "safety_mode",
        "seed",
        "stop_sequences",
        "stream",
        "strict_tools",
        "temperature",
        "thinking",
        "tool_choice",
        "tools",
    ],
    not_here: &["documents", "logprobs", "thinking", "tools"],
    stop: "stop_sequences",
    hottest: 1.0,
};

/// Answers a chat request.
pub(crate) fn chat(cx: &Cx<'_>, body: &Map<String, Value>) -> Result<Reply, Refusal> {
    let answered = plain(cx, body, &NAMES)?;
    let id = cx.ids.uuid();
    let reply = if answered.stream { streamed(&id, &answered) } else { whole(&id, &answered) };
    Ok(reply.using(answered.tokens()))
}

fn whole(id: &str, answered: &Plain) -> Reply {
    let content = json!([{ "type": "text", "text": answered.said.text() }]);
    Reply::json(json!({
        "id": id,
        "message": { "role": "assistant", "content": content },
        "finish_reason": reason(answered),
        "usage": usage(answered),
    }))
}

fn streamed(id: &str, answered: &Plain) -> Reply {
    let content = |content: Value| json!({ "message": { "content": content } });
    let start = json!({ "message": {
        "role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": [],
    } });
    let mut events = vec![
        typed(json!({ "id": id, "type": "message-start", "delta": start })),
        typed(json!({
            "type": "content-start", "index": 0, "delta": content(json!({ "type": "text", "text": "" })),
        })),
    ];
    for piece in &answered.said.pieces {
        let delta = content(json!({ "text": piece.text }));
        events.push(typed(json!({ "type": "content-delta", "index": 0, "delta": delta })));
    }
    events.push(typed(json!({ "type": "content-end", "index": 0 })));
    let end = json!({ "finish_reason": reason(answered), "usage": usage(answered) });
    events.push(typed(json!({ "type": "message-end", "id": id, "delta": end })));
    Reply::events(events)
}

/// An event under the name of its type.
fn typed(data: Value) -> Bytes {
    event(data.get("type").and_then(Value::as_str), &data)
}

fn reason(answered: &Plain) -> &'static str {
    if answered.said.finish == Finish::Length { "MAX_TOKENS" } else { "COMPLETE" }
}

fn usage(answered: &Plain) -> Value {
    let tokens = json!({ "input_tokens": answered.prompt_tokens, "output_tokens": answered.said.tokens });
    json!({ "billed_units": tokens, "tokens": tokens })
}
