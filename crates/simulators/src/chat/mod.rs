//! Chat completions: `POST …/chat/completions`.

mod messages;
mod plain;
mod request;
mod stream;
mod tools;

mod whole;

use ai::count::chat as count_chat;
use serde_json::{Map, Value};

use crate::mind::{Answer, Choice, Finish, Limits, Said, answer, say};
use crate::operation::Cx;
use crate::reply::Reply;
use crate::wire::errors::Refusal;
use request::ChatRequest;

pub(crate) use plain::{Names, Plain, plain};
pub(crate) use tools::described;

/// A conversation that was answered, before it has a form.
struct Completion<'a> {
    cx: &'a Cx<'a>,
    request: &'a ChatRequest<'a>,
    id: String,
    fingerprint: String,
    said: Outcome,
    prompt_tokens: usize,
    completion_tokens: usize,
}

/// Text, or a call with its arguments in pieces.
enum Outcome {
    Text(Said),
    Call { id: String, name: String, arguments: Said },
}

/// Answers a chat completion request.
pub(crate) fn complete(cx: &Cx<'_>, body: &Map<String, Value>) -> Result<Reply, Refusal> {
    let request = ChatRequest::read(cx, body)?;
    let value = Value::Object(body.clone());
    let model = &cx.deployment.model;
    let prompt_tokens = cx.prompt_tokens("messages", |limit| count_chat(model, &value, limit))?;
    let (said, tokens) = outcome(cx, &request);
    let completion_tokens = tokens * request.choices;
    let completion = Completion {
        cx,
        request: &request,
        id: cx.ids.named("chatcmpl-", 29),
        fingerprint: format!("fp_{:010x}", model.len() * 1_000_003),
        said,
        prompt_tokens,
        completion_tokens,
    };
    let reply = if request.stream { stream::reply(&completion) } else { whole::reply(&completion) };
    Ok(reply.using(prompt_tokens + completion_tokens))
}

/// What is said, the same in every choice, and its tokens.
fn outcome(cx: &Cx<'_>, request: &ChatRequest<'_>) -> (Outcome, usize) {
    match answer(&request.question) {
        Answer::Text(text) => {
            let said = say(cx.encoding(), &text, &request.limits);
            let tokens = said.tokens;
            (Outcome::Text(said), tokens)
        }
        Answer::Call { name, arguments } => {
            let limits = Limits { stop: Vec::new(), max_tokens: request.limits.max_tokens };
            let arguments = say(cx.encoding(), &arguments, &limits);
            let tokens = arguments.tokens + cx.encoding().count(&name) + 1;
            (Outcome::Call { id: cx.ids.named("call_", 24), name, arguments }, tokens)
        }
    }
}

impl Completion<'_> {
    /// COMPAT: a call of a function that the caller named ends with `stop`, any other with `tool_calls` (OpenAI's
    /// function calling guide).
    fn finish_reason(&self) -> &'static str {
        match &self.said {
            Outcome::Text(said) | Outcome::Call { arguments: said, .. } if said.finish == Finish::Length => {
                "length"
            }
            Outcome::Call { .. } if !matches!(self.request.question.choice, Choice::Named(_)) => "tool_calls",
            _ => "stop",
        }
    }
}
