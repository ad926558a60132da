//! Inputs of embeddings and prompts of completions: texts, or token ids that are counted already.

use serde_json::Value;

use super::{Count, Encoding, Tally};

/// Counts `input` of an embeddings request: a text, texts, token ids, or lists of token ids.
#[must_use]
pub fn embedding_input(model: &str, body: &Value, limit: usize) -> Count {
    member(model, body.get("input"), limit)
}

/// Counts `prompt` of a completion request, which has the same forms.
#[must_use]
pub fn prompt(model: &str, body: &Value, limit: usize) -> Count {
    member(model, body.get("prompt"), limit)
}

fn member(model: &str, value: Option<&Value>, limit: usize) -> Count {
    let mut tally = Tally::new(Encoding::of_model(model).unwrap_or_default(), limit);
    match value {
        Some(Value::Array(items)) => items.iter().for_each(|it| item(&mut tally, it)),
        text => tally.text_of(text),
    }
    tally.total()
}

fn item(tally: &mut Tally, item: &Value) {
    match item {
        Value::String(text) => tally.text(text),
        Value::Number(_) => tally.add(1),
        Value::Array(ids) => tally.add(ids.len()),
        _ => {}
    }
}
