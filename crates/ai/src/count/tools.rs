//! Definitions of tools, which the model sees in a form that is not published.
//!
//! COMPAT: the figures of OpenAI's cookbook, "How to count tokens with tiktoken", section 7. It covers the properties
//! of the first level; deeper ones are counted the same way here.

use serde_json::{Map, Value};

use super::{Encoding, Tally};

/// For a function; older models had a longer form.
const FUNCTION: usize = 7;
const FUNCTION_CL100K: usize = 10;
/// For a list of properties, and for each of them.
const PROPERTIES: usize = 3;
const PROPERTY: usize = 3;
/// What an enumeration saves, and what each of its values costs.
const ENUM_SAVES: usize = 3;
const ENUM_VALUE: usize = 3;
/// After the last function.
const END: usize = 12;
/// Schemas that are nested deeper are not looked into.
const MAX_DEPTH: usize = 16;

/// Counts the definitions in `tools` (of chat completions and of responses) and in the old `functions`.
pub(super) fn definitions(tally: &mut Tally, body: &Value) {
    let listed = |name: &str| body.get(name).and_then(Value::as_array).into_iter().flatten();
    let functions: Vec<&Value> =
        listed("tools").map(|tool| tool.get("function").unwrap_or(tool)).chain(listed("functions")).collect();
    for function in &functions {
        definition(tally, function);
    }
    if !functions.is_empty() {
        tally.add(END);
    }
}

/// Counts `tool_choice`: one token for `none`, four for a function's name (community measurements).
pub(super) fn choice(tally: &mut Tally, body: &Value) {
    match body.get("tool_choice") {
        Some(Value::String(choice)) if choice == "none" => tally.add(1),
        Some(Value::Object(choice)) => {
            tally.add(4);
            tally.text_of(choice.get("function").map_or(choice.get("name"), |function| function.get("name")));
        }
        _ => {}
    }
}

fn definition(tally: &mut Tally, function: &Value) {
    let Some(name) = function.get("name").and_then(Value::as_str) else { return };
    tally.add(if tally.encoding() == Encoding::Cl100kBase { FUNCTION_CL100K } else { FUNCTION });
    tally.text(&format!("{name}:{}", description(function)));
    if let Some(parameters) = function.get("parameters") {
        properties(tally, parameters, 0);
    }
}

fn properties(tally: &mut Tally, schema: &Value, depth: usize) {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return };
    if properties.is_empty() || depth > MAX_DEPTH {
        return;
    }
    tally.add(PROPERTIES);
    each_property(tally, properties, depth);
}

fn each_property(tally: &mut Tally, named: &Map<String, Value>, depth: usize) {
    for (name, schema) in named {
        tally.add(PROPERTY);
        enumeration(tally, schema);
        let kind = schema.get("type").and_then(Value::as_str).unwrap_or_default();
        tally.text(&format!("{name}:{kind}:{}", description(schema)));
        properties(tally, schema, depth + 1);
        if let Some(items) = schema.get("items") {
            properties(tally, items, depth + 1);
        }
    }
}

fn enumeration(tally: &mut Tally, schema: &Value) {
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        tally.subtract(ENUM_SAVES);
        for value in values {
            tally.add(ENUM_VALUE);
            tally.text_of(Some(value));
        }
    }
}

/// The description without its full stop, which the model's form leaves out.
fn description(of: &Value) -> &str {
    let text = of.get("description").and_then(Value::as_str).unwrap_or_default();
    text.strip_suffix('.').unwrap_or(text)
}
