//! Typed reading of a request's members, with OpenAI's error texts for what does not fit.
//!
//! COMPAT: the sentences and codes are those of the service (`missing_required_parameter`, `invalid_type`,
//! `invalid_value`, `integer_below_min_value`, …) as its clients' issue trackers quote them.

use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use crate::wire::errors::{Refusal, invalid};

/// The members of an object and where in the request it stands.
pub(crate) struct Fields<'a> {
    members: &'a Map<String, Value>,
    /// Empty for the request itself, else such as `tools[0].function.`.
    path: String,
}

type Read<T> = Result<T, Refusal>;

impl<'a> Fields<'a> {
    pub(crate) fn new(members: &'a Map<String, Value>, path: impl Into<String>) -> Self {
        Self { members, path: path.into() }
    }

    /// A member that is there and not null.
    pub(crate) fn get(&self, name: &str) -> Option<&'a Value> {
        self.members.get(name).filter(|value| !value.is_null())
    }

    /// Where a member stands in the request.
    pub(crate) fn place(&self, name: &str) -> String {
        format!("{}{name}", self.path)
    }

    pub(crate) fn required(&self, name: &str) -> Read<&'a Value> {
        self.get(name).ok_or_else(|| missing(&self.place(name)))
    }

    pub(crate) fn string(&self, name: &str) -> Read<Option<&'a str>> {
        self.typed(name, "a string", Value::as_str)
    }

    pub(crate) fn required_string(&self, name: &str) -> Read<&'a str> {
        self.required(name)?;
        self.string(name)?.ok_or_else(|| missing(&self.place(name)))
    }

    pub(crate) fn boolean(&self, name: &str) -> Read<Option<bool>> {
        self.typed(name, "a boolean", Value::as_bool)
    }

    pub(crate) fn array(&self, name: &str) -> Read<Option<&'a Vec<Value>>> {
        self.typed(name, "an array", Value::as_array)
    }

    pub(crate) fn object(&self, name: &str) -> Read<Option<&'a Map<String, Value>>> {
        self.typed(name, "an object", Value::as_object)
    }

    /// A whole number within bounds.
    pub(crate) fn integer(&self, name: &str, bounds: RangeInclusive<i64>) -> Read<Option<i64>> {
        let Some(number) = self.typed(name, "an integer", Value::as_i64)? else { return Ok(None) };
        let place = self.place(name);
        if number < *bounds.start() {
            let message = format!(
                "Invalid '{place}': integer below minimum value. Expected a value >= {}, but got {number} instead.",
                bounds.start()
            );
            return Err(invalid(&place, Some("integer_below_min_value"), &message));
        }
        if number > *bounds.end() {
            let message = format!(
                "Invalid '{place}': integer above maximum value. Expected a value <= {}, but got {number} instead.",
                bounds.end()
            );
            return Err(invalid(&place, Some("integer_above_max_value"), &message));
        }
        Ok(Some(number))
    }

    /// The same as a length.
    pub(crate) fn length(&self, name: &str, bounds: RangeInclusive<i64>) -> Read<Option<usize>> {
        Ok(self.integer(name, bounds)?.and_then(|number| usize::try_from(number).ok()))
    }

    /// Any number within bounds.
    pub(crate) fn decimal(&self, name: &str, bounds: RangeInclusive<f64>) -> Read<Option<f64>> {
        let Some(number) = self.typed(name, "a decimal", Value::as_f64)? else { return Ok(None) };
        if bounds.contains(&number) {
            return Ok(Some(number));
        }
        let place = self.place(name);
        let message = format!(
            "Invalid '{place}': expected a value from {} to {}, but got {number}.",
            bounds.start(),
            bounds.end()
        );
        Err(invalid(&place, Some("decimal_out_of_range"), &message))
    }

    /// One text or several.
    pub(crate) fn texts(&self, name: &str) -> Read<Vec<&'a str>> {
        match self.get(name) {
            None => Ok(Vec::new()),
            Some(Value::String(text)) => Ok(vec![text]),
            Some(Value::Array(texts)) if texts.iter().all(Value::is_string) => {
                Ok(texts.iter().filter_map(Value::as_str).collect())
            }
            Some(other) => Err(wrong_type(&self.place(name), "a string or an array of strings", other)),
        }
    }

    /// A text out of a list.
    pub(crate) fn one_of(&self, name: &str, supported: &[&str]) -> Read<Option<&'a str>> {
        let Some(text) = self.string(name)? else { return Ok(None) };
        if supported.contains(&text) {
            Ok(Some(text))
        } else {
            Err(wrong_value(&self.place(name), text, supported))
        }
    }

    /// The first member whose name is not in the list.
    pub(crate) fn unknown(&self, known: &[&str]) -> Option<&'a str> {
        self.members.keys().map(String::as_str).find(|name| !known.contains(name))
    }

    fn typed<T>(&self, name: &str, expected: &str, read: impl Fn(&'a Value) -> Option<T>) -> Read<Option<T>> {
        match self.get(name) {
            None => Ok(None),
            Some(value) => {
                read(value).map(Some).ok_or_else(|| wrong_type(&self.place(name), expected, value))
            }
        }
    }
}

/// A member that must be there is not.
pub(crate) fn missing(place: &str) -> Refusal {
    invalid(place, Some("missing_required_parameter"), &format!("Missing required parameter: '{place}'."))
}

/// A value is of another type.
pub(crate) fn wrong_type(place: &str, expected: &str, got: &Value) -> Refusal {
    let got = match got {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(number) if number.is_f64() => "a decimal",
        Value::Number(_) => "an integer",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    };
    let message = format!("Invalid type for '{place}': expected {expected}, but got {got} instead.");
    invalid(place, Some("invalid_type"), &message)
}

/// A text is not one of those that are supported.
pub(crate) fn wrong_value(place: &str, got: &str, supported: &[&str]) -> Refusal {
    let quoted: Vec<String> = supported.iter().map(|text| format!("'{text}'")).collect();
    let list = match quoted.as_slice() {
        [all @ .., last] if all.len() > 1 => format!("{}, and {last}", all.join(", ")),
        few => few.join(" and "),
    };
    invalid(place, Some("invalid_value"), &format!("Invalid value: '{got}'. Supported values are: {list}."))
}

/// A list is empty.
pub(crate) fn empty_array(place: &str) -> Refusal {
    let message = format!(
        "Invalid '{place}': empty array. Expected an array with minimum length 1, but got an empty array instead."
    );
    invalid(place, Some("empty_array"), &message)
}

/// The service has it, the simulator does not.
pub(crate) fn unsupported(place: &str, why: &str) -> Refusal {
    invalid(place, Some("unsupported_parameter"), &format!("Unsupported parameter: '{place}': {why}."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn message<T>(read: Read<T>) -> String {
        read.err().map(|refusal| refusal.body["error"]["message"].to_string()).unwrap_or_default()
    }

    #[test]
    fn what_does_not_fit_is_said_in_the_words_of_the_service() {
        let body = json!({ "n": "two", "stop": [1], "kind": "x", "max_tokens": 0, "stream": null });
        let fields = Fields::new(body.as_object().unwrap(), "");
        assert!(
            message(fields.integer("n", 1..=8))
                .contains("Invalid type for 'n': expected an integer, but got a string instead.")
        );
        assert!(message(fields.texts("stop")).contains("but got an array instead"));
        assert!(
            message(fields.one_of("kind", &["a", "b"]))
                .contains("Invalid value: 'x'. Supported values are: 'a' and 'b'.")
        );
        assert!(
            message(fields.integer("max_tokens", 1..=9))
                .contains("Expected a value >= 1, but got 0 instead.")
        );
        assert!(message(fields.required("model")).contains("Missing required parameter: 'model'."));
        assert_eq!(fields.boolean("stream").ok().flatten(), None);
    }
}
