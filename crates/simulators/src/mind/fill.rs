//! A JSON value of a schema, with values out of the message where it has some.
//!
//! Enumerations take the value that the message mentions, or their first; numbers the first number of the message, or
//! 1 (within their bounds); texts the last word with a capital that does not begin the message, or its first word
//! with one, or `text`; booleans are true; lists have one item. All properties are filled. `$ref` into the same
//! schema is followed.

use std::cell::Cell;

use serde_json::{Map, Number, Value};

/// Deeper schemas, and those that refer to themselves, end in null.
const MAX_DEPTH: usize = 12;
/// So do those that ask for more values.
const MAX_VALUES: usize = 5_000;

/// A value of `schema`.
pub(crate) fn value(schema: &Value, asked: &str) -> Value {
    Filler { root: schema, asked, words: words(asked), left: Cell::new(MAX_VALUES) }.fill(schema, 0)
}

struct Filler<'a> {
    root: &'a Value,
    asked: &'a str,
    words: Vec<&'a str>,
    left: Cell<usize>,
}

impl Filler<'_> {
    fn fill(&self, schema: &Value, depth: usize) -> Value {
        let left = self.left.get();
        if depth > MAX_DEPTH || left == 0 {
            return Value::Null;
        }
        self.left.set(left - 1);
        if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
            let target = target.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer));
            return target.map_or(Value::Null, |target| self.fill(target, depth + 1));
        }
        if let Some(fixed) = schema.get("const").or_else(|| self.enumerated(schema)) {
            return fixed.clone();
        }
        let alternatives =
            ["anyOf", "oneOf", "allOf"].into_iter().find_map(|name| schema.get(name)?.as_array());
        if let Some(first) = alternatives.and_then(|listed| listed.first()) {
            return self.fill(first, depth + 1);
        }
        self.typed(schema, depth)
    }

    fn enumerated<'s>(&self, schema: &'s Value) -> Option<&'s Value> {
        let values = schema.get("enum")?.as_array()?;
        let asked = self.asked.to_lowercase();
        let mentioned =
            |value: &&Value| value.as_str().is_some_and(|text| asked.contains(&text.to_lowercase()));
        values.iter().find(mentioned).or_else(|| values.first())
    }

    fn typed(&self, schema: &Value, depth: usize) -> Value {
        // A list of types, such as a type or null: the first counts.
        let kind = schema.get("type").and_then(|kind| kind.get(0).unwrap_or(kind).as_str());
        match kind.unwrap_or(if schema.get("properties").is_some() { "object" } else { "string" }) {
            "object" => self.object(schema, depth),
            "array" => schema
                .get("items")
                .map_or(Value::Array(Vec::new()), |items| Value::Array(vec![self.fill(items, depth + 1)])),
            "integer" => Value::from(self.number(schema) as i64),
            "number" => Number::from_f64(self.number(schema)).map_or(Value::from(1), Value::Number),
            "boolean" => Value::Bool(true),
            "null" => Value::Null,
            _ => Value::from(self.text()),
        }
    }

    fn object(&self, schema: &Value, depth: usize) -> Value {
        let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
        let filled = properties.map(|(name, schema)| (name.clone(), self.fill(schema, depth + 1)));
        Value::Object(filled.collect::<Map<_, _>>())
    }

    fn number(&self, schema: &Value) -> f64 {
        let found =
            self.words.iter().find_map(|word| word.parse::<f64>().ok()).filter(|number| number.is_finite());
        let bound = |name: &str| schema.get(name).and_then(Value::as_f64);
        let number = found.unwrap_or(1.0);
        let number = bound("maximum").map_or(number, |most| number.min(most));
        bound("minimum").map_or(number, |least| number.max(least))
    }

    fn text(&self) -> &str {
        let capital = |word: &&&str| word.starts_with(char::is_uppercase);
        let later = self.words.iter().skip(1).rfind(capital);
        later.or_else(|| self.words.iter().find(capital)).copied().unwrap_or("text")
    }
}

/// The message's words without the punctuation around them. A minus before a number stays.
fn words(asked: &str) -> Vec<&str> {
    let edge = |letter: char| !letter.is_alphanumeric() && letter != '-';
    asked.split_whitespace().map(|word| word.trim_matches(edge)).filter(|word| !word.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_come_from_the_message() {
        let schema = json!({
            "type": "object",
            "properties": {
                "city": { "type": "string" },
                "unit": { "type": "string", "enum": ["fahrenheit", "celsius"] },
                "days": { "type": "integer", "maximum": 7 },
                "hourly": { "type": ["boolean", "null"] },
                "tags": { "type": "array", "items": { "$ref": "#/$defs/tag" } },
            },
            "$defs": { "tag": { "anyOf": [{ "const": "dry" }, { "type": "null" }] } },
        });
        let filled = value(&schema, "Weather in Paris for 10 days, in Celsius?");
        let expected =
            json!({ "city": "Celsius", "unit": "celsius", "days": 7, "hourly": true, "tags": ["dry"] });
        assert_eq!(filled, expected);
        assert_eq!(value(&schema, "weather in Paris?")["city"], "Paris");
    }

    #[test]
    fn a_schema_that_refers_to_itself_ends() {
        let schema = json!({ "type": "object", "properties": { "next": { "$ref": "#" } } });
        assert!(value(&schema, "").to_string().contains("null"));
        assert_eq!(value(&json!({ "$ref": "#" }), ""), Value::Null);
        let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
        let many: Map<String, Value> =
            names.map(|name| (String::from(name), json!({ "$ref": "#" }))).into_iter().collect();
        assert!(value(&json!({ "type": "object", "properties": many }), "").to_string().len() < 1_000_000);
    }
}
