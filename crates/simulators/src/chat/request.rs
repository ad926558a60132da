//! Reading a chat completion request.

use serde_json::{Map, Value};

use super::messages::{check_messages, last_user_text, tool_result};
use super::tools::{choice, functions};
use crate::fields::{Fields, missing, unsupported, wrong_type};
use crate::mind::{Format, Limits, Question};
use crate::operation::Cx;
use crate::wire::errors::{Refusal, invalid};

/// Choices that are made at most.
const MAX_CHOICES: i64 = 8;

/// Parameters of the API reference and of Azure's additions.
const KNOWN: [&str; 42] = [
    "audio",
    "data_sources",
    "enhancements",
    "frequency_penalty",
    "function_call",
    "functions",
    "logit_bias",
    "logprobs",
    "max_completion_tokens",
    "max_tokens",
    "messages",
    "metadata",
    "modalities",
    "model",
    "moderation",
    "n",
    "parallel_tool_calls",
    "prediction",
    "presence_penalty",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "reasoning_effort",
    "response_format",
    "safety_identifier",
    "seed",
    "service_tier",
    "stop",
    "store",
    "stream",
    "stream_options",
    "temperature",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "user",
    "user_security_context",
    "verbosity",
    "web_search_options",
    "dataSources",
    "reasoning",
];

/// Parameters that the simulator does not act on, refused rather than ignored, and why.
const NOT_HERE: [(&str, &str); 9] = [
    ("audio", "the simulator answers with text"),
    ("data_sources", "the simulator has no data"),
    ("dataSources", "the simulator has no data"),
    ("enhancements", "the simulator has none"),
    ("function_call", "use 'tool_choice'"),
    ("functions", "use 'tools'"),
    ("prediction", "the simulator makes none"),
    ("reasoning", "use 'reasoning_effort'"),
    ("web_search_options", "the simulator does not search"),
];

/// A request that fits.
pub(super) struct ChatRequest<'a> {
    pub(super) question: Question<'a>,
    pub(super) limits: Limits<'a>,
    pub(super) choices: usize,
    pub(super) stream: bool,
    pub(super) include_usage: bool,
    pub(super) obfuscation: bool,
}

impl<'a> ChatRequest<'a> {
    pub(super) fn read(cx: &Cx<'_>, body: &'a Map<String, Value>) -> Result<Self, Refusal> {
        let fields = Fields::new(body, "");
        refuse_unknown(&fields)?;
        check_scalars(&fields)?;
        let Some(messages) = fields.required("messages")?.as_array() else {
            return Err(wrong_type("messages", "an array of objects", fields.required("messages")?));
        };
        check_messages(messages)?;
        let functions = functions(&fields)?;
        let question = Question {
            asked: last_user_text(messages),
            tool_result: tool_result(messages),
            choice: choice(&fields, &functions)?,
            functions,
            format: format(&fields, messages)?,
            words: cx.words,
        };
        let (stream, options) = stream(&fields)?;
        Ok(Self {
            question,
            limits: Limits { stop: stop(&fields)?, max_tokens: max_tokens(&fields)? },
            choices: fields.length("n", 1..=MAX_CHOICES)?.unwrap_or(1),
            stream,
            include_usage: options.boolean("include_usage")?.unwrap_or(false),
            obfuscation: options.boolean("include_obfuscation")?.unwrap_or(true),
        })
    }
}

fn refuse_unknown(fields: &Fields<'_>) -> Result<(), Refusal> {
    if let Some(name) = fields.unknown(&KNOWN) {
        return Err(invalid(name, None, &format!("Unrecognized request argument supplied: {name}")));
    }
    match NOT_HERE.iter().find(|(name, _)| fields.get(name).is_some()) {
        Some((name, why)) => Err(unsupported(name, why)),
        None => Ok(()),
    }
}

/// Parameters that must fit though nothing here depends on them.
fn check_scalars(fields: &Fields<'_>) -> Result<(), Refusal> {
    fields.decimal("temperature", 0.0..=2.0)?;
    fields.decimal("top_p", 0.0..=1.0)?;
    fields.decimal("presence_penalty", -2.0..=2.0)?;
    fields.decimal("frequency_penalty", -2.0..=2.0)?;
    fields.integer("seed", i64::MIN..=i64::MAX)?;
    fields.string("user")?;
    fields.boolean("parallel_tool_calls")?;
    fields.boolean("store")?;
    fields.object("logit_bias")?;
    fields.object("metadata")?;
    if fields.boolean("logprobs")? == Some(true) {
        return Err(unsupported("logprobs", "the simulator has no probabilities"));
    }
    let modalities = fields.texts("modalities")?;
    match modalities.iter().find(|modality| **modality != "text") {
        Some(_) => Err(unsupported("modalities", "the simulator answers with text")),
        None => Ok(()),
    }
}

fn stop<'a>(fields: &Fields<'a>) -> Result<Vec<&'a str>, Refusal> {
    let stop = fields.texts("stop")?;
    if stop.len() > 4 {
        let message = format!(
            "Invalid 'stop': array too long. Expected an array with maximum length 4, but got an array with length {} \
             instead.",
            stop.len()
        );
        return Err(invalid("stop", Some("array_above_max_length"), &message));
    }
    Ok(stop)
}

fn max_tokens(fields: &Fields<'_>) -> Result<Option<usize>, Refusal> {
    let newer = fields.length("max_completion_tokens", 1..=i64::MAX)?;
    let older = fields.length("max_tokens", 1..=i64::MAX)?;
    if newer.is_some() && older.is_some() {
        let message = "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.";
        return Err(invalid("max_tokens", Some("invalid_parameter_combination"), message));
    }
    Ok(newer.or(older))
}

fn stream<'a>(fields: &Fields<'a>) -> Result<(bool, Fields<'a>), Refusal> {
    static NONE: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
    let stream = fields.boolean("stream")?.unwrap_or(false);
    match fields.object("stream_options")? {
        Some(_) if !stream => {
            let message = "The 'stream_options' parameter is only allowed when 'stream' is enabled.";
            Err(invalid("stream_options", None, message))
        }
        Some(options) => Ok((stream, Fields::new(options, "stream_options."))),
        None => Ok((stream, Fields::new(&NONE, ""))),
    }
}

fn format<'a>(fields: &Fields<'a>, messages: &[Value]) -> Result<Format<'a>, Refusal> {
    let Some(format) = fields.object("response_format")? else { return Ok(Format::Text) };
    let format = Fields::new(format, "response_format.");
    format.required("type")?;
    match format.one_of("type", &["json_object", "json_schema", "text"])? {
        Some("json_object") => json_object(messages),
        Some("json_schema") => {
            let schema =
                format.object("json_schema")?.ok_or_else(|| missing("response_format.json_schema"))?;
            let schema = Fields::new(schema, "response_format.json_schema.");
            schema.required_string("name")?;
            schema.object("schema")?;
            Ok(schema.get("schema").map_or(Format::Json, Format::Schema))
        }
        _ => Ok(Format::Text),
    }
}

/// COMPAT: JSON mode needs the word somewhere in the messages, so that the model does not run on in blanks.
fn json_object<'a>(messages: &[Value]) -> Result<Format<'a>, Refusal> {
    let mentioned = messages.iter().filter_map(|message| message.get("content"));
    if mentioned.into_iter().any(|content| content.to_string().to_lowercase().contains("json")) {
        return Ok(Format::Json);
    }
    let message = "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.";
    Err(invalid("messages", None, message))
}
