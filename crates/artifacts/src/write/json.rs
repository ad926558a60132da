//! JSON with two blanks for each level, as the APIOps extractor writes it.

use std::sync::Arc;

use source::{Diagnostic, SourceFile};

use super::value::{Object, Value};
use crate::tree::read_json;

/// Reads a document, to be changed and written again.
///
/// # Errors
/// The first problem.
pub fn read(file: &Arc<SourceFile>) -> Result<Value, Diagnostic> {
    Ok(Value::from(&read_json(file)?))
}

/// A document, with a line break at its end.
#[must_use]
pub fn text(value: &Value) -> String {
    let mut text = String::new();
    write(value, 0, &mut text);
    text.push('\n');
    text
}

/// INVARIANT: values come from readers that refuse deep nesting, or from code; so this goes no deeper than they do.
fn write(value: &Value, depth: usize, text: &mut String) {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(true) => text.push_str("true"),
        Value::Bool(false) => text.push_str("false"),
        Value::Number(number) => text.push_str(&number_text(number)),
        Value::Text(plain) => quoted(plain, text),
        Value::List(items) => list(items, depth, text),
        Value::Object(members) => object(members, depth, text),
    }
}

fn list(items: &[Value], depth: usize, text: &mut String) {
    text.push('[');
    for (at, item) in items.iter().enumerate() {
        text.push_str(if at == 0 { "\n" } else { ",\n" });
        indent(depth + 1, text);
        write(item, depth + 1, text);
    }
    close(']', items.is_empty(), depth, text);
}

fn object(members: &Object, depth: usize, text: &mut String) {
    text.push('{');
    for (at, (name, value)) in members.members().enumerate() {
        text.push_str(if at == 0 { "\n" } else { ",\n" });
        indent(depth + 1, text);
        quoted(name, text);
        text.push_str(": ");
        write(value, depth + 1, text);
    }
    close('}', members.is_empty(), depth, text);
}

fn close(bracket: char, empty: bool, depth: usize, text: &mut String) {
    if !empty {
        text.push('\n');
        indent(depth, text);
    }
    text.push(bracket);
}

fn indent(depth: usize, text: &mut String) {
    (0..depth).for_each(|_| text.push_str("  "));
}

/// Text in quotation marks, escaped where JSON wants it and nowhere else.
pub(super) fn quoted(plain: &str, text: &mut String) {
    text.push('"');
    for c in plain.chars() {
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            c if c < ' ' || c == '\u{7f}' => text.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => text.push(c),
        }
    }
    text.push('"');
}

/// A number as JSON takes it: YAML also has `+1`, `.5` and `1.`.
fn number_text(number: &str) -> String {
    let (sign, digits) = match number.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", number.strip_prefix('+').unwrap_or(number)),
    };
    let (mantissa, exponent) = match digits.find(['e', 'E']) {
        Some(at) => digits.split_at_checked(at).unwrap_or((digits, "")),
        None => (digits, ""),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{whole}{point}{fraction}{exponent}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_the_extractor_writes_them() {
        let object = Object::new()
            .with("a", vec!["x", "y"])
            .with("b", Object::new())
            .with("c", Vec::<String>::new())
            .with("d", "\"\\\n\u{1}ü")
            .with("e", Value::Null);
        let expected = "{\n  \"a\": [\n    \"x\",\n    \"y\"\n  ],\n  \"b\": {},\n  \"c\": [],\n  \"d\": \
                        \"\\\"\\\\\\n\\u0001ü\",\n  \"e\": null\n}\n";
        assert_eq!(text(&object.into()), expected);
    }

    #[test]
    fn numbers_of_yaml_become_numbers_of_json() {
        for (yaml, json) in
            [("+1", "1"), (".5", "0.5"), ("1.", "1"), ("007", "7"), ("-0.0e3", "-0.0e3"), ("12", "12")]
        {
            assert_eq!(number_text(yaml), json, "{yaml}");
        }
    }
}
