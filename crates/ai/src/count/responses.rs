//! Input of the Responses API.
//!
//! What a `previous_response_id` brings in is not in the request, so a count of such a request is a lower bound.

use serde_json::Value;

use super::chat::{function_call, part};
use super::tools::{choice, definitions};
use super::{Count, Encoding, Tally};

/// Around each message and before the reply, as in chat completions.
const MESSAGE: usize = 3;
const REPLY: usize = 3;

/// Counts `instructions`, `input` and `tools`.
#[must_use]
pub fn responses_input(model: &str, body: &Value, limit: usize) -> Count {
    let mut tally = Tally::new(Encoding::of_model(model).unwrap_or_default(), limit);
    if let Some(Value::String(instructions)) = body.get("instructions") {
        message(&mut tally, "system", instructions);
    }
    match body.get("input") {
        Some(Value::String(text)) => message(&mut tally, "user", text),
        Some(Value::Array(items)) => items.iter().for_each(|it| item(&mut tally, it)),
        _ => {}
    }
    definitions(&mut tally, body);
    choice(&mut tally, body);
    tally.add(REPLY);
    tally.total()
}

fn message(tally: &mut Tally, role: &str, text: &str) {
    tally.add(MESSAGE);
    tally.text(role);
    tally.text(text);
}

fn item(tally: &mut Tally, item: &Value) {
    match item.get("type").and_then(Value::as_str) {
        Some("function_call") => function_call(tally, Some(item)),
        Some("function_call_output") => {
            tally.add(MESSAGE);
            output(tally, item.get("output"));
        }
        _ => {
            tally.add(MESSAGE);
            tally.text_of(item.get("role"));
            output(tally, item.get("content"));
        }
    }
}

/// A text or parts.
fn output(tally: &mut Tally, content: Option<&Value>) {
    match content {
        Some(Value::Array(parts)) => parts.iter().for_each(|it| part(tally, it)),
        text => tally.text_of(text),
    }
}
