//! One text for each value, the same as the oracle writes for .NET's: what comparisons compare.
//!
//! ```text
//! "a\r\n"   'c'   5   (long)5   d#400c000000000000   1.50m   date(638448930450000000 Utc)   bytes(00ff)
//! [1, 2]   pair("a", 1)   { a = 1 }   json(Integer, (long)5)   object("text of ToString()")
//! ```
//!
//! `tests/oracle/csharp/Canonical.cs` writes the other side. What is not told apart: the order of lazy evaluation, and the
//! identity of objects.

mod readable;

use std::fmt::Write as _;

use crate::catalogue::{HostMember, HostObject, HostRef};
use crate::eval::{Cx, plain_text, runtime_type};
use crate::json::{self, JsonKind};
use crate::library::sequence::collect;
use crate::library::tuple::Tuple;
use crate::object::Object;
use crate::value::HeapId;
use crate::{CompileEnv, Expected, Form, Formatting, Heap, Host, Limits, Value};

pub use readable::readable;

/// Deeper values are cut.
const DEPTH: u32 = 40;

/// The text of a value.
pub fn dump(value: &Value, host: &mut dyn Host, heap: &mut Heap) -> String {
    let mut text = String::new();
    Dump { text: &mut text, host, heap }.value(value, 0);
    text
}

struct Dump<'a> {
    text: &'a mut String,
    host: &'a mut dyn Host,
    heap: &'a mut Heap,
}

impl Dump<'_> {
    fn value(&mut self, value: &Value, depth: u32) {
        if depth > DEPTH {
            self.text.push_str("...");
            return;
        }
        match value {
            Value::Ref(id) => self.object(value, *id, depth),
            Value::Host(host) => self.host_object(value, *host, depth),
            simple => {
                let name = self.heap.type_name(simple);
                self.simple(simple, &name);
            }
        }
    }

    fn simple(&mut self, value: &Value, name: &str) {
        let _ = match value {
            Value::Null => write!(self.text, "null"),
            Value::Bool(value) => write!(self.text, "{value}"),
            Value::Char(unit) => write!(self.text, "'{}'", escaped(&[*unit], '\'')),
            Value::Int32(number) => write!(self.text, "{number}"),
            Value::Double(number) => write!(self.text, "d#{}", bits(*number)),
            Value::Single(number) => write!(self.text, "f#{}", bits(f64::from(*number))),
            Value::Decimal(_) => write!(self.text, "{}m", plain_text(value)),
            Value::Text(text) => {
                write!(self.text, "\"{}\"", escaped(&text.units().collect::<Vec<_>>(), '"'))
            }
            Value::DateTime(date) => write!(self.text, "date({} {:?})", date.ticks, date.kind),
            Value::DateTimeOffset(date) => write!(self.text, "date({} {})", date.ticks, date.offset),
            Value::TimeSpan(ticks) => write!(self.text, "span({ticks})"),
            Value::Guid(_) => write!(self.text, "guid({})", plain_text(value)),
            Value::Enum(member) => write!(self.text, "({name}){}", member.number),
            number => write!(self.text, "({name}){}", number.as_integer().unwrap_or_default()),
        };
    }

    fn host_object(&mut self, value: &Value, host: HostRef, depth: u32) {
        if host.object == HostObject::Variables {
            let names = self.host.variable_names();
            let pairs = names.into_iter().map(|name| {
                let variable = crate::VarName::new(name.as_str());
                let value = self.host.variable(&variable, self.heap).ok().flatten();
                (Value::Text(name), value.unwrap_or(Value::Null))
            });
            let pairs = pairs.collect::<Vec<_>>();
            return self.pairs(&pairs, depth);
        }
        if let Ok(Value::Text(text)) = self.host.property(host, HostMember::UrlText, self.heap) {
            return self.shown(text.as_str());
        }
        let name = runtime_type(self.heap, value);
        if name.to_string().starts_with("IReadOnlyDictionary") {
            let mut pairs = Vec::new();
            for key in self.host.keys(host) {
                let values = self.host.values(host, key.as_str()).unwrap_or_default();
                let value = match host.object {
                    HostObject::MatchedParameters => values.into_iter().next().map(Value::Text),
                    _ => self.heap.strings(values).ok(),
                };
                pairs.push((Value::Text(key), value.unwrap_or(Value::Null)));
            }
            return self.pairs(&pairs, depth);
        }
        self.shown(&name.net_name());
    }

    fn object(&mut self, value: &Value, id: HeapId, depth: u32) {
        if let Some(tuple) = self.heap.native::<Tuple>(value) {
            let items = tuple.items.clone();
            return self.listed(&items, ('(', ')'), depth);
        }
        let items = match self.heap.get(id) {
            Some(Object::Bytes { bytes, .. }) => {
                let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                return self.text.push_str(&format!("bytes({hex})"));
            }
            Some(Object::Array { items, .. } | Object::List { items, .. }) => items.clone(),
            Some(Object::Set(set)) => set.iter().cloned().collect(),
            Some(Object::Dictionary(dictionary)) => {
                let pairs: Vec<_> = dictionary.iter().map(|(k, v)| (k.clone(), v.clone())).collect();
                return self.pairs(&pairs, depth);
            }
            Some(Object::Pair { key, value, .. }) => {
                let pair = (key.clone(), value.clone());
                return self.pair(&pair, depth);
            }
            Some(Object::Json(_)) => return self.json(id, depth),
            Some(Object::Anonymous { shape, values }) => {
                let names = shape.members.iter().map(|(name, _)| name.to_string());
                let parts = names.zip(values.iter().cloned()).collect::<Vec<_>>();
                return self.anonymous(&parts, depth);
            }
            Some(Object::Tuple { items, .. }) => {
                let items = items.clone();
                return self.listed(&items, ('(', ')'), depth);
            }
            Some(Object::Builder { text, .. }) => {
                let text = escaped(&text.encode_utf16().collect::<Vec<_>>(), '"');
                return self.text.push_str(&format!("builder(\"{text}\")"));
            }
            Some(Object::Exception(exception)) => {
                let message: Vec<u16> = exception.message().units().collect();
                let text = format!("exception({}, \"{}\")", exception.class(), escaped(&message, '"'));
                return self.text.push_str(&text);
            }
            Some(Object::Xml(_)) => {
                let options = crate::xml::WriteOptions { indent: true, omit_duplicates: false };
                let text = crate::xml::write(self.heap, id, options);
                return self.shown(text.as_ref().map_or("", |text| text.as_str()));
            }
            Some(Object::Lambda(_)) => return self.text.push_str("delegate"),
            _ => match self.collected(value) {
                Some(items) => items,
                None => {
                    let text = match self.heap.get(id) {
                        Some(Object::Native(native)) => native.text(),
                        _ => None,
                    };
                    let name = runtime_type(self.heap, value).net_name();
                    return self.shown(text.as_ref().map_or(&name, |text| text.as_str()));
                }
            },
        };
        self.listed(&items, ('[', ']'), depth);
    }

    /// The elements of a sequence that needs an evaluator.
    fn collected(&mut self, value: &Value) -> Option<Vec<Value>> {
        let nothing = crate::compile("0", Form::Expression, &Expected::Any, &CompileEnv::default()).program?;
        let limits = Limits::default();
        collect(&mut Cx::new(&nothing.code, self.host, self.heap, &limits), value).ok()
    }

    fn shown(&mut self, text: &str) {
        let text = escaped(&text.encode_utf16().collect::<Vec<_>>(), '"');
        self.text.push_str(&format!("object(\"{text}\")"));
    }

    fn listed(&mut self, items: &[Value], (open, close): (char, char), depth: u32) {
        self.text.push(open);
        for (at, item) in items.iter().enumerate() {
            self.text.push_str(if at > 0 { ", " } else { "" });
            self.value(item, depth + 1);
        }
        self.text.push(close);
    }

    fn pairs(&mut self, pairs: &[(Value, Value)], depth: u32) {
        self.text.push('[');
        for (at, pair) in pairs.iter().enumerate() {
            self.text.push_str(if at > 0 { ", " } else { "" });
            self.pair(pair, depth + 1);
        }
        self.text.push(']');
    }

    fn pair(&mut self, (key, value): &(Value, Value), depth: u32) {
        self.text.push_str("pair(");
        self.value(key, depth + 1);
        self.text.push_str(", ");
        self.value(value, depth + 1);
        self.text.push(')');
    }

    fn anonymous(&mut self, parts: &[(String, Value)], depth: u32) {
        self.text.push_str("{ ");
        for (at, (name, value)) in parts.iter().enumerate() {
            let _ = write!(self.text, "{}{name} = ", if at > 0 { ", " } else { "" });
            self.value(value, depth + 1);
        }
        self.text.push_str(" }");
    }

    fn json(&mut self, id: HeapId, depth: u32) {
        let Some(node) = self.heap.json(id) else { return };
        let _ = write!(self.text, "json({:?}, ", node.ty());
        if let JsonKind::Value(_, value) = &node.kind {
            let value = value.clone();
            self.value(&value, depth + 1);
        } else {
            let text = json::write(self.heap, id, Formatting::None);
            let units: Vec<u16> = text.map(|text| text.units().collect()).unwrap_or_default();
            let _ = write!(self.text, "\"{}\"", escaped(&units, '"'));
        }
        self.text.push(')');
    }
}

fn bits(number: f64) -> String {
    if number.is_nan() { "NaN".to_owned() } else { format!("{:016x}", number.to_bits()) }
}

/// Text between quotes: what is not to be seen, and halves of surrogate pairs, as escapes.
fn escaped(units: &[u16], quote: char) -> String {
    let mut text = String::new();
    for unit in char::decode_utf16(units.iter().copied()) {
        match unit {
            Ok('\n') => text.push_str("\\n"),
            Ok('\r') => text.push_str("\\r"),
            Ok('\t') => text.push_str("\\t"),
            Ok(c) if c == quote || c == '\\' => text.extend(['\\', c]),
            Ok(c) if c < ' ' || c == '\u{7f}' => {
                let _ = write!(text, "\\u{:04x}", u32::from(c));
            }
            Ok(c) => text.push(c),
            Err(half) => {
                let _ = write!(text, "\\u{:04x}", half.unpaired_surrogate());
            }
        }
    }
    text
}
