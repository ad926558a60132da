//! Values of variables as examples write them: `"text"`, `5`, `2.5`, `true`, `null`; a secret is `***`.

use expr::{Heap, Text, Value};

/// Reads a value.
pub(crate) fn read(text: &str) -> Result<Value, String> {
    if let Some(inner) = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        return Ok(Value::Text(Text::copied(inner)));
    }
    match text {
        "null" => Ok(Value::Null),
        "true" => Ok(Value::Bool(true)),
        "false" => Ok(Value::Bool(false)),
        number => {
            number.parse().map(Value::Int32).map_err(|_| format!("`{number}` is not a value of an example"))
        }
    }
}

/// Writes a value.
pub(crate) fn show(value: &Value, heap: &Heap) -> String {
    if heap.is_tainted(value) {
        return "***".to_owned();
    }
    match value {
        Value::Text(text) => format!("\"{}\"", text.as_str()),
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int32(number) => number.to_string(),
        Value::Int64(number) => format!("{number}L"),
        Value::Double(number) => number.to_string(),
        other => match heap.as_bytes(other) {
            Some(bytes) => format!("byte[{}]", bytes.len()),
            None => format!("{other:?}"),
        },
    }
}
