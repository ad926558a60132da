//! `ToString()` of any value, in the invariant culture.

use crate::json::{self, JsonKind};
use crate::library::tuple::Tuple;
use crate::number;
use crate::object::Object;
use crate::registry::registry;
use crate::time;
use crate::value::{EnumValue, HeapId};
use crate::{Exception, HostMember, Text, Value};

use super::{Cx, runtime_type};

type Shown = Result<Text, Exception>;

impl Cx<'_> {
    /// The text of a value; empty for null, as in concatenations and formats.
    pub(crate) fn display(&mut self, value: &Value) -> Shown {
        Ok(match value {
            Value::Text(text) => text.clone(),
            Value::Ref(id) => return self.display_object(value, *id),
            Value::Host(host) => {
                if runtime_type(self.heap, value).is_class(crate::registry::known().url) {
                    let text = self.host.property(*host, HostMember::UrlText, self.heap)?;
                    return self.display(&text);
                }
                Text::from(runtime_type(self.heap, value).net_name())
            }
            plain => Text::from(plain_text(plain)),
        })
    }

    fn display_object(&mut self, value: &Value, id: HeapId) -> Shown {
        let parts = match self.heap.get(id) {
            Some(Object::Json(node)) => match &node.kind {
                JsonKind::Value(_, Value::Null) => return Ok(Text::EMPTY),
                JsonKind::Value(_, value) => {
                    let value = value.clone();
                    return self.display(&value);
                }
                _ => {
                    let text = json::write(self.heap, id, json::Formatting::Indented)?;
                    self.grow(text.len())?;
                    return Ok(text);
                }
            },
            Some(Object::Xml(_)) => {
                let text = crate::xml::write(
                    self.heap,
                    id,
                    crate::xml::WriteOptions { indent: true, omit_duplicates: false },
                )?;
                self.grow(text.len())?;
                return Ok(text);
            }
            Some(Object::Builder { text, tainted }) => {
                let mut text = text.clone();
                crate::text::release_half(&mut text);
                return Ok(Text::from(text).tainted_if(*tainted));
            }
            Some(Object::Exception(exception)) => return Ok(exception.description()),
            Some(Object::Pair { key, value, .. }) => {
                return self.display_parts("[", &[("", key.clone()), (", ", value.clone())], "]");
            }
            Some(Object::Tuple { items, .. }) => {
                let separators = std::iter::once("").chain(std::iter::repeat(", "));
                let parts: Vec<(&str, Value)> = separators.zip(items.iter().cloned()).collect();
                return self.display_parts("(", &parts, ")");
            }
            Some(Object::Native(_)) if self.heap.native::<Tuple>(value).is_some() => {
                return self.display_tuple(value);
            }
            Some(Object::Native(native)) if native.shows().is_some() => {
                let shown = native.shows().cloned().unwrap_or(Value::Null);
                return self.display(&shown);
            }
            Some(Object::Native(native)) => match native.text() {
                Some(text) => return Ok(text),
                None => Vec::new(),
            },
            Some(Object::Anonymous { shape, values }) => {
                let names = shape.members.iter().map(|(name, _)| name.to_string());
                names.zip(values.iter().cloned()).collect()
            }
            _ => Vec::new(),
        };
        if parts.is_empty() {
            return Ok(Text::from(runtime_type(self.heap, value).net_name()));
        }
        self.display_anonymous(parts)
    }

    /// `{ a = 1, b = x }`.
    fn display_anonymous(&mut self, parts: Vec<(String, Value)>) -> Shown {
        let labels: Vec<String> = parts
            .iter()
            .enumerate()
            .map(|(at, (name, _))| format!("{}{name} = ", if at > 0 { ", " } else { "" }))
            .collect();
        let parts: Vec<(&str, Value)> =
            labels.iter().map(String::as_str).zip(parts.into_iter().map(|(_, value)| value)).collect();
        self.display_parts("{ ", &parts, " }")
    }

    fn display_parts(&mut self, open: &str, parts: &[(&str, Value)], close: &str) -> Shown {
        let mut text = open.to_owned();
        let mut tainted = false;
        self.burn(1)?;
        for (before, value) in parts {
            text.push_str(before);
            let shown = if value.is_null() { Text::EMPTY } else { self.display(value)? };
            tainted |= shown.is_tainted();
            text.push_str(shown.as_str());
        }
        text.push_str(close);
        self.grow(text.len())?;
        Ok(Text::from(text).tainted_if(tainted))
    }
}

/// The text of a value that needs neither heap nor host.
pub(crate) fn plain_text(value: &Value) -> String {
    match value {
        Value::Bool(value) => if *value { "True" } else { "False" }.to_owned(),
        Value::Char(unit) => String::from_utf16_lossy(&[*unit]),
        Value::Double(value) => number::general(*value),
        Value::Single(value) => number::general_single(*value),
        // A decimal zero has no sign in .NET Framework.
        Value::Decimal(value) => if value.is_zero() { value.abs() } else { *value }.to_string(),
        Value::DateTime(date) => time::invariant_text(date.ticks),
        Value::DateTimeOffset(date) => time::invariant_offset_text(*date),
        Value::TimeSpan(ticks) => time::span_text(*ticks),
        Value::Guid(bytes) => uuid::Uuid::from_bytes(*bytes).to_string(),
        Value::Enum(member) => enum_text(*member),
        Value::Text(text) => text.as_str().to_owned(),
        Value::Null | Value::Ref(_) | Value::Host(_) => String::new(),
        number => number.as_integer().unwrap_or_default().to_string(),
    }
}

/// The name of an enum's member; of bits, the names of all; its number when it has none.
pub(crate) fn enum_text(member: EnumValue) -> String {
    let class = registry().class(member.class);
    let members = class.enum_members();
    if let Some((name, _)) = members.iter().find(|(_, number)| *number == member.number) {
        return (*name).to_owned();
    }
    let names = if class.is_flags() { flag_names(members, member.number) } else { None };
    names.unwrap_or_else(|| member.number.to_string())
}

/// The names of all members that the number is made of, whether or not the enum is one of bits (format "F").
pub(crate) fn enum_bits_text(member: EnumValue) -> String {
    let members = registry().class(member.class).enum_members();
    let named =
        members.iter().find(|(_, number)| *number == member.number).map(|(name, _)| (*name).to_owned());
    named.or_else(|| flag_names(members, member.number)).unwrap_or_else(|| member.number.to_string())
}

/// COMPAT: the largest members first, written in the order of their numbers (`Enum.ToString`, "G").
fn flag_names(members: &[(&'static str, i32)], number: i32) -> Option<String> {
    let mut sorted: Vec<_> = members.iter().filter(|(_, bits)| *bits != 0).collect();
    sorted.sort_by_key(|(_, bits)| std::cmp::Reverse(bits.cast_unsigned()));
    let mut rest = number;
    let mut names = Vec::new();
    for (name, bits) in sorted {
        if rest & bits == *bits {
            rest &= !bits;
            names.push(*name);
        }
    }
    names.reverse();
    (rest == 0 && !names.is_empty()).then(|| names.join(", "))
}
