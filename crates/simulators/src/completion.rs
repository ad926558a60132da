//! Completions, the older API: `POST …/completions`. A prompt has the forms of an embedding's input.

use ai::count::prompt as count_prompt;
use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::embeddings::{Inputs, inputs};
use crate::fields::Fields;
use crate::mind::{Choice, Finish, Format, Limits, Question, Said, say};
use crate::operation::{Cx, content_filter_results, prompt_filter_results, usage};
use crate::reply::{Reply, event};
use crate::wire::errors::{Refusal, invalid};

/// COMPAT: the length of an answer unless a request says otherwise (OpenAI's API reference, completions).
const DEFAULT_TOKENS: usize = 16;

const KNOWN: [&str; 19] = [
    "best_of",
    "echo",
    "frequency_penalty",
    "logit_bias",
    "logprobs",
    "max_tokens",
    "model",
    "n",
    "presence_penalty",
    "prompt",
    "seed",
    "stop",
    "stream",
    "stream_options",
    "suffix",
    "temperature",
    "top_p",
    "user",
    "metadata",
];

struct Completion<'a> {
    cx: &'a Cx<'a>,
    id: String,
    said: Vec<Said>,
    usage: Value,
    include_usage: bool,
}

/// Answers a completion request: one choice for each prompt.
pub(crate) fn complete(cx: &Cx<'_>, body: &Map<String, Value>) -> Result<Reply, Refusal> {
    let fields = Fields::new(body, "");
    if let Some(name) = fields.unknown(&KNOWN) {
        return Err(invalid(name, None, &format!("Unrecognized request argument supplied: {name}")));
    }
    let prompts = prompts(cx, &fields)?;
    let max_tokens = fields.length("max_tokens", 1..=i64::MAX)?.unwrap_or(DEFAULT_TOKENS);
    let limits = Limits { stop: fields.texts("stop")?, max_tokens: Some(max_tokens) };
    let value = Value::Object(body.clone());
    let prompt_tokens =
        cx.prompt_tokens("prompt", |limit| count_prompt(&cx.deployment.model, &value, limit))?;
    let said: Vec<Said> =
        prompts.iter().map(|prompt| say(cx.encoding(), &answer(cx, prompt), &limits)).collect();
    let tokens: usize = said.iter().map(|said| said.tokens).sum();
    let options = fields.object("stream_options")?.and_then(|options| options.get("include_usage"));
    let completion = Completion {
        cx,
        id: cx.ids.named("cmpl-", 29),
        said,
        usage: usage(prompt_tokens, tokens),
        include_usage: options == Some(&Value::Bool(true)),
    };
    let stream = fields.boolean("stream")?.unwrap_or(false);
    let reply = if stream { streamed(&completion) } else { whole(&completion) };
    Ok(reply.using(prompt_tokens + tokens))
}

/// The texts of the prompts.
fn prompts(cx: &Cx<'_>, fields: &Fields<'_>) -> Result<Vec<String>, Refusal> {
    for name in ["echo", "suffix", "best_of", "logprobs"] {
        if fields.get(name).is_some_and(|value| value != &Value::Bool(false)) {
            return Err(crate::fields::unsupported(name, "the simulator does not have it"));
        }
    }
    fields.integer("n", 1..=1)?;
    let Inputs(inputs) = inputs(cx, "prompt", fields)?;
    Ok(inputs.into_iter().map(|input| input.text).collect())
}

fn answer(cx: &Cx<'_>, prompt: &str) -> String {
    let question = Question {
        asked: String::from(prompt),
        tool_result: None,
        functions: Vec::new(),
        choice: Choice::Never,
        format: Format::Text,
        words: cx.words,
    };
    match crate::mind::answer(&question) {
        crate::mind::Answer::Text(text) => text,
        // Without functions none is called.
        crate::mind::Answer::Call { arguments, .. } => arguments,
    }
}

fn whole(completion: &Completion<'_>) -> Reply {
    let choices = completion
        .said
        .iter()
        .enumerate()
        .map(|(index, said)| choice(completion, index, &said.text(), Some(reason(said))));
    let mut body = object(completion, choices.collect());
    body.insert(String::from("usage"), completion.usage.clone());
    if completion.cx.wire.is_azure() {
        body.insert(String::from("prompt_filter_results"), prompt_filter_results());
    }
    Reply::json(Value::Object(body))
}

fn streamed(completion: &Completion<'_>) -> Reply {
    let mut events = Vec::new();
    for (index, said) in completion.said.iter().enumerate() {
        for piece in &said.pieces {
            events.push(chunk(completion, vec![choice(completion, index, &piece.text, None)]));
        }
        events.push(chunk(completion, vec![choice(completion, index, "", Some(reason(said)))]));
    }
    if completion.include_usage {
        let mut last = object(completion, Vec::new());
        last.insert(String::from("usage"), completion.usage.clone());
        events.push(event(None, &Value::Object(last)));
    }
    events.push(Bytes::from_static(b"data: [DONE]\n\n"));
    Reply::events(events)
}

fn chunk(completion: &Completion<'_>, choices: Vec<Value>) -> Bytes {
    let mut object = object(completion, choices);
    if completion.include_usage {
        object.insert(String::from("usage"), Value::Null);
    }
    event(None, &Value::Object(object))
}

fn reason(said: &Said) -> &'static str {
    if said.finish == Finish::Length { "length" } else { "stop" }
}

fn choice(completion: &Completion<'_>, index: usize, text: &str, finish: Option<&str>) -> Value {
    let mut choice = json!({ "finish_reason": finish, "index": index, "logprobs": null, "text": text });
    if let Some(choice) = choice.as_object_mut().filter(|_| completion.cx.wire.is_azure()) {
        choice.insert(String::from("content_filter_results"), content_filter_results());
    }
    choice
}

fn object(completion: &Completion<'_>, choices: Vec<Value>) -> Map<String, Value> {
    let pairs = [
        ("choices", Value::Array(choices)),
        ("created", Value::from(completion.cx.now)),
        ("id", Value::from(completion.id.as_str())),
        ("model", Value::from(completion.cx.deployment.model.as_str())),
        ("object", Value::from("text_completion")),
    ];
    pairs.into_iter().map(|(name, value)| (String::from(name), value)).collect()
}
