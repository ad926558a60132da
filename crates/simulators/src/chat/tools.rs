//! Reading `tools` and `tool_choice`.

use serde_json::{Map, Value};

use crate::fields::{Fields, missing, wrong_type, wrong_value};
use crate::mind::{Choice, Function};
use crate::wire::errors::{Refusal, invalid};

/// The functions on offer.
pub(super) fn functions<'a>(fields: &Fields<'a>) -> Result<Vec<Function<'a>>, Refusal> {
    let tools = fields.array("tools")?.map(Vec::as_slice).unwrap_or_default();
    tools.iter().enumerate().map(|(index, tool)| function(tool, &format!("tools[{index}]"))).collect()
}

fn function<'a>(tool: &'a Value, path: &str) -> Result<Function<'a>, Refusal> {
    let Value::Object(members) = tool else { return Err(wrong_type(path, "an object", tool)) };
    let fields = Fields::new(members, format!("{path}."));
    fields.required("type")?;
    fields.one_of("type", &["function"])?;
    let inner = fields.object("function")?.ok_or_else(|| missing(&fields.place("function")))?;
    described(inner, &format!("{path}.function."))
}

/// A function's name and schema, which both APIs write alike.
pub(crate) fn described<'a>(members: &'a Map<String, Value>, path: &str) -> Result<Function<'a>, Refusal> {
    let fields = Fields::new(members, path);
    let name = fields.required_string("name")?;
    let fits = |letter: u8| letter.is_ascii_alphanumeric() || letter == b'_' || letter == b'-';
    if name.is_empty() || name.len() > 64 || !name.bytes().all(fits) {
        let place = fields.place("name");
        let message = format!(
            "Invalid '{place}': string does not match pattern. Expected a string that matches the pattern \
             '^[a-zA-Z0-9_-]+$'."
        );
        return Err(invalid(&place, Some("invalid_value"), &message));
    }
    fields.object("parameters")?;
    Ok(Function { name, parameters: fields.get("parameters") })
}

/// Who decides about calling.
pub(super) fn choice<'a>(fields: &Fields<'a>, functions: &[Function<'_>]) -> Result<Choice<'a>, Refusal> {
    let Some(choice) = fields.get("tool_choice") else { return Ok(Choice::Auto) };
    if functions.is_empty() && choice != "none" {
        let message =
            "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.";
        return Err(invalid("tool_choice", None, message));
    }
    let named = |choice: &'a Map<String, Value>| {
        let function = choice.get("function").and_then(Value::as_object).unwrap_or(choice);
        Fields::new(function, "tool_choice.function.").required_string("name")
    };
    match choice {
        Value::String(choice) => decided(choice),
        Value::Object(choice) => known(named(choice)?, functions),
        other => Err(wrong_type("tool_choice", "one of a string or an object", other)),
    }
}

fn decided<'a>(choice: &str) -> Result<Choice<'a>, Refusal> {
    match choice {
        "none" => Ok(Choice::Never),
        "auto" => Ok(Choice::Auto),
        "required" => Ok(Choice::Required),
        other => Err(wrong_value("tool_choice", other, &["none", "auto", "required"])),
    }
}

fn known<'a>(name: &'a str, functions: &[Function<'_>]) -> Result<Choice<'a>, Refusal> {
    if functions.iter().any(|function| function.name == name) {
        return Ok(Choice::Named(name));
    }
    let message = format!("Invalid value for 'tool_choice': the function '{name}' is not in 'tools'.");
    Err(invalid("tool_choice", None, &message))
}
