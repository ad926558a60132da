//! Mistral's chat completions: near to OpenAI's, with members and an end of the stream of their own.
//!
//! COMPAT: the last event of a stream carries `usage` without being asked for it, and then comes `[DONE]` (the types of
//! the vendor's Python client, 3.7.0).

use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::chat::{Names, Plain, plain};
use crate::mind::Finish;
use crate::operation::Cx;
use crate::reply::{Reply, event};
use crate::wire::errors::Refusal;

const NAMES: Names = Names {
    known: &[
        "frequency_penalty",
        "guardrails",
        "max_tokens",
        "messages",
        "metadata",
        "model",
        "n",
        "parallel_tool_calls",
        "prediction",
        "presence_penalty",
        "prompt_cache_key",
        "prompt_mode",
        "random_seed",
        "reasoning_effort",
        "response_format",
        "safe_prompt",
        "stop",
        "stream",
        "temperature",
        "tool_choice",
        "tools",
        "top_p",
    ],
    not_here: &["guardrails", "n", "prediction", "tools"],
    stop: "stop",
    hottest: 1.5,
};

/// Answers a chat completion request.
pub(crate) fn complete(cx: &Cx<'_>, body: &Map<String, Value>) -> Result<Reply, Refusal> {
    let answered = plain(cx, body, &NAMES)?;
    let id = cx.ids.hex("", 32);
    let reply = if answered.stream { streamed(cx, &id, &answered) } else { whole(cx, &id, &answered) };
    Ok(reply.using(answered.tokens()))
}

fn whole(cx: &Cx<'_>, id: &str, answered: &Plain) -> Reply {
    let message = json!({ "role": "assistant", "tool_calls": null, "content": answered.said.text() });
    let choice = json!({ "index": 0, "message": message, "finish_reason": reason(answered) });
    Reply::json(json!({
        "id": id,
        "object": "chat.completion",
        "created": cx.now,
        "model": cx.deployment.name,
        "choices": [choice],
        "usage": usage(answered),
    }))
}

fn streamed(cx: &Cx<'_>, id: &str, answered: &Plain) -> Reply {
    let mut events = vec![chunk(cx, id, json!({ "role": "assistant", "content": "" }), None)];
    for piece in &answered.said.pieces {
        events.push(chunk(cx, id, json!({ "content": piece.text }), None));
    }
    events.push(chunk(cx, id, json!({ "content": "" }), Some(answered)));
    events.push(Bytes::from_static(b"data: [DONE]\n\n"));
    Reply::events(events)
}

/// An event; the last one has the whole answer's reason and usage.
fn chunk(cx: &Cx<'_>, id: &str, delta: Value, last: Option<&Plain>) -> Bytes {
    let mut data = json!({
        "id": id,
        "object": "chat.completion.chunk",
        "created": cx.now,
        "model": cx.deployment.name,
        "choices": [{ "index": 0, "delta": delta, "finish_reason": last.map(reason) }],
    });
    if let (Some(data), Some(answered)) = (data.as_object_mut(), last) {
        data.insert(String::from("usage"), usage(answered));
    }
    event(None, &data)
}

fn reason(answered: &Plain) -> &'static str {
    if answered.said.finish == Finish::Length { "length" } else { "stop" }
}

fn usage(answered: &Plain) -> Value {
    json!({
        "prompt_tokens": answered.prompt_tokens,
        "total_tokens": answered.tokens(),
        "completion_tokens": answered.said.tokens,
    })
}
