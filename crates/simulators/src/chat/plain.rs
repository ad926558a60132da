//! A conversation in texts only, as the wires of other vendors have it here: their requests differ from OpenAI's in a few
//! names, and the simulator calls no tools on them.

use ai::count::chat as count_chat;
use serde_json::{Map, Value};

use super::messages::{check_messages, last_user_text};
use crate::fields::{Fields, unsupported, wrong_type};
use crate::mind::{Answer, Choice, Format, Limits, Question, Said, answer, say};
use crate::operation::Cx;
use crate::wire::errors::{Refusal, invalid};

/// What a vendor calls things.
pub(crate) struct Names {
    /// Every member that its reference has.
    pub(crate) known: &'static [&'static str],
    /// Those of them that the simulator refuses rather than ignores.
    pub(crate) not_here: &'static [&'static str],
    /// Texts that end the answer.
    pub(crate) stop: &'static str,
    /// The highest temperature.
    pub(crate) hottest: f64,
}

/// A conversation that was answered, before it has a form.
pub(crate) struct Plain {
    pub(crate) said: Said,
    pub(crate) prompt_tokens: usize,
    pub(crate) stream: bool,
}

impl Plain {
    pub(crate) fn tokens(&self) -> usize {
        self.prompt_tokens + self.said.tokens
    }
}

/// Reads a request and answers it.
pub(crate) fn plain(cx: &Cx<'_>, body: &Map<String, Value>, names: &Names) -> Result<Plain, Refusal> {
    let fields = Fields::new(body, "");
    refuse(&fields, names)?;
    fields.decimal("temperature", 0.0..=names.hottest)?;
    let Some(messages) = fields.required("messages")?.as_array() else {
        return Err(wrong_type("messages", "an array of objects", fields.required("messages")?));
    };
    check_messages(messages)?;
    let value = Value::Object(body.clone());
    let prompt_tokens =
        cx.prompt_tokens("messages", |limit| count_chat(&cx.deployment.model, &value, limit))?;
    let limits =
        Limits { stop: fields.texts(names.stop)?, max_tokens: fields.length("max_tokens", 1..=i64::MAX)? };
    let said = say(cx.encoding(), &text(cx, messages), &limits);
    Ok(Plain { said, prompt_tokens, stream: fields.boolean("stream")?.unwrap_or(false) })
}

fn refuse(fields: &Fields<'_>, names: &Names) -> Result<(), Refusal> {
    if let Some(name) = fields.unknown(names.known) {
        return Err(invalid(name, None, &format!("Extra inputs are not permitted: {name}")));
    }
    match names.not_here.iter().find(|name| fields.get(name).is_some()) {
        Some(name) => Err(unsupported(name, "the simulator answers with text on this wire")),
        None => Ok(()),
    }
}

fn text(cx: &Cx<'_>, messages: &[Value]) -> String {
    let question = Question {
        asked: last_user_text(messages),
        tool_result: None,
        functions: Vec::new(),
        choice: Choice::Never,
        format: Format::Text,
        words: cx.words,
    };
    match answer(&question) {
        Answer::Text(text) => text,
        // Without functions none is called.
        Answer::Call { arguments, .. } => arguments,
    }
}
