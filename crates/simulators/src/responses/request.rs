//! Reading a request of the Responses API.

use serde_json::{Map, Value, json};

use crate::chat::described;
use crate::fields::{Fields, empty_array, missing, unsupported, wrong_type, wrong_value};
use crate::mind::{Choice, Format, Function, Question};
use crate::operation::{Cx, text_of};
use crate::wire::errors::{Refusal, invalid};

const KNOWN: [&str; 32] = [
    "access_programs",
    "background",
    "context_management",
    "conversation",
    "image",
    "include",
    "input",
    "instructions",
    "max_output_tokens",
    "max_tool_calls",
    "metadata",
    "model",
    "moderation",
    "parallel_tool_calls",
    "previous_response_id",
    "prompt",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "reasoning",
    "safety_identifier",
    "service_tier",
    "store",
    "stream",
    "stream_options",
    "temperature",
    "text",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "truncation",
];

/// Parameters that the simulator does not act on, refused rather than ignored, and why.
const NOT_HERE: [(&str, &str); 4] = [
    ("conversation", "use 'previous_response_id'"),
    ("image", "the simulator answers with text"),
    ("prompt", "the simulator has no stored prompts"),
    ("context_management", "the simulator does not compact"),
];

/// A request that fits.
pub(super) struct ResponseRequest<'a> {
    pub(super) question: Question<'a>,
    /// The conversation so far: what a previous response had, and the new input.
    pub(super) items: Vec<Value>,
    pub(super) max_output_tokens: Option<usize>,
    pub(super) stream: bool,
    pub(super) store: bool,
}

/// The conversation that the request continues.
pub(super) fn previous(cx: &Cx<'_>, body: &Map<String, Value>) -> Result<Vec<Value>, Refusal> {
    let Some(id) = Fields::new(body, "").string("previous_response_id")? else { return Ok(Vec::new()) };
    let kept = cx.stored.get(&cx.resource.name, id).map(|kept| kept.items);
    kept.ok_or_else(|| {
        let message = format!("Previous response with id '{id}' not found.");
        invalid("previous_response_id", Some("previous_response_not_found"), &message)
    })
}

impl<'a> ResponseRequest<'a> {
    pub(super) fn read(
        cx: &Cx<'_>,
        body: &'a Map<String, Value>,
        before: Vec<Value>,
    ) -> Result<Self, Refusal> {
        let fields = Fields::new(body, "");
        refuse_unknown(&fields)?;
        check_scalars(&fields)?;
        let mut items = before;
        items.extend(input(&fields)?);
        let functions = functions(&fields)?;
        let question = Question {
            asked: last_user_text(&items),
            tool_result: tool_result(&items),
            choice: choice(&fields, &functions)?,
            functions,
            format: format(&fields)?,
            words: cx.words,
        };
        Ok(Self {
            question,
            items,
            // COMPAT: the service takes no less than 16.
            max_output_tokens: fields.length("max_output_tokens", 16..=i64::MAX)?,
            stream: fields.boolean("stream")?.unwrap_or(false),
            store: fields.boolean("store")?.unwrap_or(true),
        })
    }
}

fn refuse_unknown(fields: &Fields<'_>) -> Result<(), Refusal> {
    if let Some(name) = fields.unknown(&KNOWN).filter(|name| *name != "user") {
        return Err(invalid(name, Some("unknown_parameter"), &format!("Unknown parameter: '{name}'.")));
    }
    if fields.boolean("background")? == Some(true) {
        return Err(unsupported("background", "the simulator answers at once"));
    }
    match NOT_HERE.iter().find(|(name, _)| fields.get(name).is_some()) {
        Some((name, why)) => Err(unsupported(name, why)),
        None => Ok(()),
    }
}

fn check_scalars(fields: &Fields<'_>) -> Result<(), Refusal> {
    fields.decimal("temperature", 0.0..=2.0)?;
    fields.decimal("top_p", 0.0..=1.0)?;
    fields.string("instructions")?;
    fields.boolean("parallel_tool_calls")?;
    fields.object("metadata")?;
    fields.object("reasoning")?;
    fields.one_of("truncation", &["auto", "disabled"])?;
    Ok(())
}

/// The new items. A text is a message of the user.
fn input(fields: &Fields<'_>) -> Result<Vec<Value>, Refusal> {
    match fields.required("input")? {
        Value::String(text) => Ok(vec![json!({ "type": "message", "role": "user", "content": text })]),
        Value::Array(items) if items.is_empty() => Err(empty_array("input")),
        Value::Array(items) => {
            items
                .iter()
                .enumerate()
                .try_for_each(|(index, item)| check_item(item, &format!("input[{index}]")))?;
            Ok(items.clone())
        }
        other => Err(wrong_type("input", "one of a string or an array of objects", other)),
    }
}

fn check_item(item: &Value, path: &str) -> Result<(), Refusal> {
    let Value::Object(members) = item else { return Err(wrong_type(path, "an object", item)) };
    let fields = Fields::new(members, format!("{path}."));
    let supported = ["message", "function_call", "function_call_output", "reasoning"];
    match fields.one_of("type", &supported)? {
        None | Some("message") => {
            fields.required("role")?;
            fields.one_of("role", &["user", "assistant", "system", "developer"])?;
            fields.required("content").map(|_| ())
        }
        Some("function_call") => {
            fields.required_string("call_id")?;
            fields.required_string("name")?;
            fields.required_string("arguments").map(|_| ())
        }
        Some("function_call_output") => {
            fields.required_string("call_id")?;
            fields.required("output").map(|_| ())
        }
        Some(_) => Ok(()),
    }
}

fn functions<'a>(fields: &Fields<'a>) -> Result<Vec<Function<'a>>, Refusal> {
    let tools = fields.array("tools")?.map(Vec::as_slice).unwrap_or_default();
    let one = |(index, tool): (usize, &'a Value)| {
        let path = format!("tools[{index}].");
        let Value::Object(members) = tool else {
            return Err(wrong_type(&format!("tools[{index}]"), "an object", tool));
        };
        let tool = Fields::new(members, path.as_str());
        tool.required("type")?;
        tool.one_of("type", &["function"])?;
        described(members, &path)
    };
    tools.iter().enumerate().map(one).collect()
}

fn choice<'a>(fields: &Fields<'a>, functions: &[Function<'_>]) -> Result<Choice<'a>, Refusal> {
    match fields.get("tool_choice") {
        None => Ok(Choice::Auto),
        Some(Value::String(choice)) => match choice.as_str() {
            "none" => Ok(Choice::Never),
            "auto" => Ok(Choice::Auto),
            "required" => Ok(Choice::Required),
            other => Err(wrong_value("tool_choice", other, &["none", "auto", "required"])),
        },
        Some(Value::Object(choice)) => {
            let name = Fields::new(choice, "tool_choice.").required_string("name")?;
            let known = functions.iter().any(|function| function.name == name);
            known.then_some(Choice::Named(name)).ok_or_else(|| {
                let message = format!("Tool choice 'function' not found in 'tools' parameter: '{name}'.");
                invalid("tool_choice", None, &message)
            })
        }
        Some(other) => Err(wrong_type("tool_choice", "one of a string or an object", other)),
    }
}

fn format<'a>(fields: &Fields<'a>) -> Result<Format<'a>, Refusal> {
    let Some(text) = fields.object("text")? else { return Ok(Format::Text) };
    let Some(format) = Fields::new(text, "text.").object("format")? else { return Ok(Format::Text) };
    let format = Fields::new(format, "text.format.");
    format.required("type")?;
    match format.one_of("type", &["text", "json_object", "json_schema"])? {
        Some("json_object") => Ok(Format::Json),
        Some("json_schema") => {
            format.required_string("name")?;
            format.object("schema")?;
            format.get("schema").map(Format::Schema).ok_or_else(|| missing("text.format.schema"))
        }
        _ => Ok(Format::Text),
    }
}

fn last_user_text(items: &[Value]) -> String {
    let by_user = |item: &&Value| item.get("role").and_then(Value::as_str) == Some("user");
    text_of(items.iter().rev().find(by_user).and_then(|item| item.get("content")))
}

/// The outputs of functions with which the conversation ends.
fn tool_result(items: &[Value]) -> Option<String> {
    let is_output = |item: &&Value| item.get("type").and_then(Value::as_str) == Some("function_call_output");
    let mut outputs: Vec<String> =
        items.iter().rev().take_while(is_output).map(|item| text_of(item.get("output"))).collect();
    outputs.reverse();
    (!outputs.is_empty()).then(|| outputs.join(", "))
}
