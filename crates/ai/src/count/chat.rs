//! Prompts of chat completions.
//!
//! COMPAT: OpenAI's cookbook, "How to count tokens with tiktoken": three tokens around each message, one for a name,
//! three that prime the reply; four and minus one for `gpt-3.5-turbo-0301`.

use serde_json::Value;

use super::tools::{choice, definitions};
use super::{Count, Encoding, IMAGE, Tally};

/// Around each message, for a name, and before the reply.
const MESSAGE: usize = 3;
const NAME: usize = 1;
const REPLY: usize = 3;

/// Counts the prompt of a chat completion request: its messages and tools. What is not of the expected form counts
/// nothing.
#[must_use]
pub fn chat(model: &str, body: &Value, limit: usize) -> Count {
    let mut tally = Tally::new(Encoding::of_model(model).unwrap_or_default(), limit);
    let first_format = model.ends_with("-turbo-0301");
    for message in body.get("messages").and_then(Value::as_array).into_iter().flatten() {
        around(&mut tally, message, first_format);
        content(&mut tally, message);
    }
    definitions(&mut tally, body);
    choice(&mut tally, body);
    tally.add(REPLY);
    tally.total()
}

/// Role, name and what the format adds.
fn around(tally: &mut Tally, message: &Value, first_format: bool) {
    tally.add(if first_format { MESSAGE + 1 } else { MESSAGE });
    tally.text_of(message.get("role"));
    if let Some(Value::String(name)) = message.get("name") {
        tally.text(name);
        // The first format left out the role where there was a name.
        if first_format { tally.subtract(1) } else { tally.add(NAME) }
    }
}

fn content(tally: &mut Tally, message: &Value) {
    match message.get("content") {
        Some(Value::String(text)) => tally.text(text),
        Some(Value::Array(parts)) => parts.iter().for_each(|it| part(tally, it)),
        _ => {}
    }
    tally.text_of(message.get("refusal"));
    for call in message.get("tool_calls").and_then(Value::as_array).into_iter().flatten() {
        function_call(tally, call.get("function"));
    }
    function_call(tally, message.get("function_call"));
}

/// A part of a message: text, refusal or image. Audio and files are not counted.
pub(super) fn part(tally: &mut Tally, part: &Value) {
    match part.get("type").and_then(Value::as_str) {
        Some("image_url" | "input_image") => tally.add(IMAGE),
        Some("refusal") => tally.text_of(part.get("refusal")),
        _ => tally.text_of(part.get("text")),
    }
}

/// A call that the model made before: its name, its arguments and one.
pub(super) fn function_call(tally: &mut Tally, function: Option<&Value>) {
    if let Some(function) = function.filter(|function| function.is_object()) {
        tally.text_of(function.get("name"));
        tally.text_of(function.get("arguments"));
        tally.add(1);
    }
}
