//! JSON that has one meaning: a member that stands twice in an object is refused, at any depth.
//!
//! Two readers that disagree which of the two counts are the door for a token that says one thing to the gateway and
//! another to the backend (RFC 8725 section 2.4; RFC 7515 section 4 lets a reader refuse).

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::Limits;

/// The object that `bytes` are, or nothing: not UTF-8, not JSON, not an object, a member twice, too deep, too many.
pub(crate) fn object(bytes: &[u8], limits: &Limits) -> Option<Map<String, Value>> {
    match value(bytes, limits)? {
        Value::Object(members) => Some(members),
        _ => None,
    }
}

fn value(bytes: &[u8], limits: &Limits) -> Option<Value> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut reader = serde_json::Deserializer::from_str(text);
    let read = Strict { depth: limits.depth, members: limits.members }.deserialize(&mut reader).ok()?;
    reader.end().ok().map(|()| read)
}

/// One value and what it may still hold.
#[derive(Clone, Copy)]
struct Strict {
    depth: usize,
    members: usize,
}

impl Strict {
    fn inner<E: serde::de::Error>(self) -> Result<Self, E> {
        let depth = self.depth.checked_sub(1).ok_or_else(|| E::custom("too deep"))?;
        Ok(Self { depth, ..self })
    }

    fn room<E: serde::de::Error>(self, held: usize) -> Result<(), E> {
        if held < self.members { Ok(()) } else { Err(E::custom("too many members")) }
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("not a finite number"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let inner = self.inner()?;
        let mut elements = Vec::new();
        while let Some(element) = access.next_element_seed(inner)? {
            self.room(elements.len())?;
            elements.push(element);
        }
        Ok(Value::Array(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let inner = self.inner()?;
        let mut members = Map::new();
        while let Some(name) = access.next_key::<String>()? {
            self.room(members.len())?;
            let value = access.next_value_seed(inner)?;
            if members.insert(name, value).is_some() {
                return Err(A::Error::custom("a member stands twice"));
            }
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::object;
    use crate::Limits;

    #[test]
    fn an_object_has_each_member_once_at_every_depth() {
        let limits = Limits { depth: 3, members: 3, ..Limits::default() };
        let good = |text: &str| object(text.as_bytes(), &limits).is_some();
        assert!(good(r#" {"a":1,"b":[{"c":-2.5e3}]} "#));
        assert!(!good(r#"{"a":1,"a":1}"#) && !good(r#"{"a":1,"\u0061":1}"#));
        assert!(!good(r#"{"b":[{"c":1,"c":2}]}"#), "duplicates deep inside");
        assert!(!good(r#"{"a":[[[]]]}"#), "deeper than three");
        assert!(!good(r#"{"a":1,"b":1,"c":1,"d":1}"#) && !good(r#"{"a":[1,2,3,4]}"#), "more than three");
        assert!(!good("[]") && !good("{} x") && !good("{\"a\":1e999}") && !good("") && !good("{'a':1}"));
        assert!(object(b"{\"a\":\"\xFF\"}", &limits).is_none(), "not UTF-8");
    }
}
