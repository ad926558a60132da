//! Checking messages, and what the rules need of them.

use serde_json::{Map, Value};

use crate::fields::{Fields, empty_array, missing, wrong_type};
use crate::operation::text_of;
use crate::wire::errors::{Refusal, invalid};

const ROLES: [&str; 6] = ["system", "assistant", "user", "function", "tool", "developer"];

/// Refuses messages that the service would refuse.
pub(super) fn check_messages(messages: &[Value]) -> Result<(), Refusal> {
    if messages.is_empty() {
        return Err(empty_array("messages"));
    }
    let mut called: Vec<&str> = Vec::new();
    for (index, message) in messages.iter().enumerate() {
        let path = format!("messages[{index}]");
        let Value::Object(members) = message else { return Err(wrong_type(&path, "an object", message)) };
        check(members, &path, &called)?;
        called.extend(call_ids(members));
    }
    Ok(())
}

fn check(members: &Map<String, Value>, path: &str, called: &[&str]) -> Result<(), Refusal> {
    let fields = Fields::new(members, format!("{path}."));
    fields.required("role")?;
    let role = fields.one_of("role", &ROLES)?.unwrap_or_default();
    fields.string("name")?;
    content(&fields, role)?;
    if role == "tool" {
        let id = fields.required_string("tool_call_id")?;
        if !called.contains(&id) {
            let message = "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with \
                           'tool_calls'.";
            return Err(invalid(&format!("{path}.role"), None, message));
        }
    }
    Ok(())
}

fn content(fields: &Fields<'_>, role: &str) -> Result<(), Refusal> {
    match fields.get("content") {
        Some(Value::String(_)) => Ok(()),
        Some(Value::Array(parts)) => {
            let place = fields.place("content");
            parts
                .iter()
                .enumerate()
                .try_for_each(|(index, part)| check_part(part, &format!("{place}[{index}]")))
        }
        Some(other) => {
            Err(wrong_type(&fields.place("content"), "one of a string or array of objects", other))
        }
        None if role == "assistant"
            && (fields.get("tool_calls").is_some() || fields.get("refusal").is_some()) =>
        {
            Ok(())
        }
        None => Err(missing(&fields.place("content"))),
    }
}

fn check_part(part: &Value, path: &str) -> Result<(), Refusal> {
    let Value::Object(members) = part else { return Err(wrong_type(path, "an object", part)) };
    let fields = Fields::new(members, format!("{path}."));
    fields.required("type")?;
    fields.one_of("type", &["text", "image_url", "input_audio", "refusal", "file"])?;
    Ok(())
}

fn call_ids(members: &Map<String, Value>) -> impl Iterator<Item = &str> {
    let calls = members.get("tool_calls").and_then(Value::as_array).into_iter().flatten();
    calls.filter_map(|call| call.get("id").and_then(Value::as_str))
}

/// The text of the last user message.
pub(super) fn last_user_text(messages: &[Value]) -> String {
    let by_user = |message: &&Value| message.get("role").and_then(Value::as_str) == Some("user");
    text_of(messages.iter().rev().find(by_user).and_then(|message| message.get("content")))
}

/// The results of tools with which the conversation ends.
pub(super) fn tool_result(messages: &[Value]) -> Option<String> {
    let by_tool = |message: &&Value| message.get("role").and_then(Value::as_str) == Some("tool");
    let mut results: Vec<String> =
        messages.iter().rev().take_while(by_tool).map(|message| text_of(message.get("content"))).collect();
    results.reverse();
    (!results.is_empty()).then(|| results.join(", "))
}
