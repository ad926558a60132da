//! What every operation on a deployment is given, and what several of them share.

use ai::count::{Count, Encoding};
use serde_json::{Value, json};

use crate::account::{Deployment, Resource};
use crate::ids::Ids;
use crate::responses::Stored;
use crate::wire::Wire;
use crate::wire::errors::{Refusal, invalid};

/// The place and the moment of an operation.
pub(crate) struct Cx<'a> {
    pub(crate) wire: Wire,
    pub(crate) resource: &'a Resource,
    pub(crate) deployment: &'a Deployment,
    /// Length that the behaviour asks for.
    pub(crate) words: Option<usize>,
    /// Seconds since 1970.
    pub(crate) now: u64,
    pub(crate) ids: &'a Ids,
    pub(crate) stored: &'a Stored,
}

impl Cx<'_> {
    /// The encoding of the deployment's model.
    pub(crate) fn encoding(&self) -> Encoding {
        Encoding::of_model(&self.deployment.model).unwrap_or_default()
    }

    /// Counts a prompt, or refuses one that is too long for the model. `what` is what is too long, `param` the
    /// parameter that holds it.
    pub(crate) fn prompt_tokens(
        &self,
        param: &str,
        count: impl Fn(usize) -> Count,
    ) -> Result<usize, Refusal> {
        let most = self.deployment.context_tokens;
        match count(most) {
            Count::Exactly(tokens) => Ok(tokens),
            Count::MoreThan(_) => {
                // The message names the number, so count on, within reason.
                let tokens = count(most.saturating_mul(8)).at_least();
                let message = format!(
                    "This model's maximum context length is {most} tokens. However, your messages resulted in {tokens} \
                     tokens. Please reduce the length of the messages."
                );
                Err(invalid(param, Some("context_length_exceeded"), &message))
            }
        }
    }
}

/// The text of a message: itself, or the text parts of a list.
pub(crate) fn text_of(content: Option<&Value>) -> String {
    match content {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => {
            let texts = parts.iter().filter_map(|part| part.get("text").and_then(Value::as_str));
            texts.collect::<Vec<_>>().join("\n")
        }
        _ => String::new(),
    }
}

/// The usage of chat completions and completions.
pub(crate) fn usage(prompt: usize, completion: usize) -> Value {
    json!({
        "completion_tokens": completion,
        "completion_tokens_details": {
            "accepted_prediction_tokens": 0,
            "audio_tokens": 0,
            "reasoning_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
        "prompt_tokens": prompt,
        "prompt_tokens_details": { "audio_tokens": 0, "cached_tokens": 0 },
        "total_tokens": prompt + completion,
    })
}

/// Azure's verdict of its content filter on an answer: nothing found.
pub(crate) fn content_filter_results() -> Value {
    let safe = json!({ "filtered": false, "severity": "safe" });
    json!({ "hate": safe, "self_harm": safe, "sexual": safe, "violence": safe })
}

/// The same on the prompt.
pub(crate) fn prompt_filter_results() -> Value {
    json!([{ "prompt_index": 0, "content_filter_results": content_filter_results() }])
}
