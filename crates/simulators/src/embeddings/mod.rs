//! Embeddings: `POST …/embeddings`.

mod vector;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::fields::{Fields, empty_array, missing, wrong_type};
use crate::operation::Cx;
use crate::reply::Reply;
use crate::wire::errors::{Refusal, invalid};

/// COMPAT: the most inputs of a request (OpenAI's API reference, embeddings).
const MAX_INPUTS: usize = 2048;

const KNOWN: [&str; 6] = ["dimensions", "encoding_format", "input", "input_type", "model", "user"];

/// What is embedded, or completed.
pub(crate) struct Inputs(pub(crate) Vec<Input>);

/// One text with its length.
pub(crate) struct Input {
    pub(crate) text: String,
    pub(crate) tokens: usize,
}

/// Answers an embeddings request.
pub(crate) fn embed(cx: &Cx<'_>, body: &Map<String, Value>) -> Result<Reply, Refusal> {
    let fields = Fields::new(body, "");
    if let Some(name) = fields.unknown(&KNOWN) {
        return Err(invalid(name, None, &format!("Unrecognized request argument supplied: {name}")));
    }
    let dimensions = dimensions(cx, &fields)?;
    let as_base64 = fields.one_of("encoding_format", &["float", "base64"])? == Some("base64");
    let Inputs(inputs) = inputs(cx, "input", &fields)?;
    let tokens: usize = inputs.iter().map(|input| input.tokens).sum();
    let data = inputs.iter().enumerate().map(|(index, input)| {
        let vector = vector::embed(&input.text, dimensions);
        let embedding = if as_base64 { base64(&vector) } else { floats(&vector) };
        json!({ "object": "embedding", "index": index, "embedding": embedding })
    });
    let body = json!({
        "object": "list",
        "data": data.collect::<Vec<_>>(),
        "model": cx.deployment.model,
        "usage": { "prompt_tokens": tokens, "total_tokens": tokens },
    });
    Ok(Reply::json(body).using(tokens))
}

fn dimensions(cx: &Cx<'_>, fields: &Fields<'_>) -> Result<usize, Refusal> {
    let all = cx.deployment.dimensions;
    let asked = fields.length("dimensions", 1..=i64::try_from(all).unwrap_or(i64::MAX))?;
    if asked.is_some() && cx.deployment.model.contains("ada-002") {
        return Err(invalid("dimensions", None, "This model does not support specifying dimensions."));
    }
    Ok(asked.unwrap_or(all))
}

/// Little-endian floats of four bytes each, as the clients ask for by default.
fn base64(vector: &[f32]) -> Value {
    let bytes: Vec<u8> = vector.iter().flat_map(|number| number.to_le_bytes()).collect();
    Value::from(STANDARD.encode(bytes))
}

/// Numbers with as many digits as a float of four bytes needs.
fn floats(vector: &[f32]) -> Value {
    vector.iter().map(|number| Value::from(number.to_string().parse::<f64>().unwrap_or_default())).collect()
}

/// Reads the four forms: a text, texts, token ids, lists of token ids.
pub(crate) fn inputs(cx: &Cx<'_>, name: &str, fields: &Fields<'_>) -> Result<Inputs, Refusal> {
    let inputs = match fields.required(name)? {
        Value::String(text) => vec![text_input(cx, name, text)?],
        Value::Array(items) if items.is_empty() => return Err(empty_array(name)),
        Value::Array(items) if items.iter().all(Value::is_number) => vec![token_input(cx, name, items)?],
        Value::Array(items) => listed(cx, name, items)?,
        other => return Err(wrong_type(name, "a string or an array", other)),
    };
    Ok(Inputs(inputs))
}

fn listed(cx: &Cx<'_>, name: &str, items: &[Value]) -> Result<Vec<Input>, Refusal> {
    if items.len() > MAX_INPUTS {
        let message = format!(
            "Invalid '{name}': array too long. Expected an array with maximum length {MAX_INPUTS}, but got an array with \
             length {} instead.",
            items.len()
        );
        return Err(invalid(name, Some("array_above_max_length"), &message));
    }
    let one = |(index, item): (usize, &Value)| {
        let place = format!("{name}[{index}]");
        match item {
            Value::String(text) => text_input(cx, &place, text),
            Value::Array(ids) => token_input(cx, &place, ids),
            other => Err(wrong_type(&place, "a string or an array of token ids", other)),
        }
    };
    items.iter().enumerate().map(one).collect()
}

fn text_input(cx: &Cx<'_>, place: &str, text: &str) -> Result<Input, Refusal> {
    if text.is_empty() {
        return Err(missing(place));
    }
    let most = cx.deployment.context_tokens;
    let tokens = cx.encoding().count_within(text, most).ok_or_else(|| too_long(most, place))?;
    Ok(Input { text: String::from(text), tokens })
}

fn token_input(cx: &Cx<'_>, place: &str, ids: &[Value]) -> Result<Input, Refusal> {
    let read = |id: &Value| id.as_u64().and_then(|id| u32::try_from(id).ok());
    let Some(ids) = ids.iter().map(read).collect::<Option<Vec<u32>>>() else {
        return Err(invalid(place, Some("invalid_type"), &format!("Invalid '{place}': expected token ids.")));
    };
    if ids.len() > cx.deployment.context_tokens {
        return Err(too_long(cx.deployment.context_tokens, place));
    }
    // Ids that are no text, such as half a character, stand for themselves.
    let text = cx.encoding().decode(&ids).unwrap_or_else(|| format!("{ids:?}"));
    Ok(Input { text, tokens: ids.len() })
}

fn too_long(most: usize, place: &str) -> Refusal {
    let message = format!(
        "This model's maximum context length is {most} tokens, however you requested more in '{place}'. Please reduce \
         your prompt."
    );
    invalid(place, None, &message)
}
