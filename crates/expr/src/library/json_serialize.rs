//! `JsonSerializer` with its default settings: any object as JSON, and JSON as an object of a type.
//!
//! Arrays, lists, sets and sequences become arrays; dictionaries, anonymous objects, pairs and the dictionaries of the
//! request become objects. Nodes are copied, so that the author's own keep their place.

use crate::catalogue::{HostObject, HostRef};
use crate::eval::{Cx, runtime_type};
use crate::json::{self, JsonKind, JsonType, Members};
use crate::object::Object;
use crate::value::HeapId;
use crate::{Exception, Text, Value};

use super::sequence::{Cursor, host_entries};

const MOST_DEPTH: u32 = 128;

/// An object as a new token.
pub(super) fn serialize(cx: &mut Cx<'_>, value: &Value, depth: u32) -> Result<HeapId, Exception> {
    cx.burn(1)?;
    if depth > MOST_DEPTH {
        return Err(Exception::limit("The object is nested too deeply for JSON."));
    }
    let id = match value {
        Value::Ref(id) => *id,
        Value::Host(host) => return of_host(cx, *host, depth),
        Value::Enum(member) => return cx.heap.json_scalar(JsonType::Integer, Value::Int32(member.number)),
        plain => return json::from_value(cx.heap, plain),
    };
    match cx.heap.get(id) {
        Some(Object::Json(_)) => cx.heap.json_clone(id),
        Some(Object::Xml(_)) => super::json_xml::to_json(cx, id),
        Some(Object::Bytes { .. }) => json::from_value(cx.heap, value),
        Some(Object::Dictionary(dictionary)) if !dictionary.elsewhere.is_empty() => {
            Err(super::dictionary::claim_elsewhere())
        }
        Some(Object::Dictionary(dictionary)) => {
            let entries: Vec<_> =
                dictionary.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
            object(cx, entries, depth)
        }
        Some(Object::Anonymous { shape, values }) => {
            let names = shape.members.iter().map(|(name, _)| Value::text(name));
            let entries = names.zip(values.iter().cloned()).collect();
            object(cx, entries, depth)
        }
        Some(Object::Pair { key, value, .. }) => {
            let entries = vec![(Value::text("Key"), key.clone()), (Value::text("Value"), value.clone())];
            object(cx, entries, depth)
        }
        Some(Object::Array { .. } | Object::List { .. } | Object::Set(_) | Object::Query(_)) => {
            array(cx, value, depth)
        }
        Some(Object::Native(native)) => {
            if let Some(text) = json::uri_text(native.as_ref()) {
                return cx.heap.json_scalar(JsonType::Uri, Value::Text(text));
            }
            if let Some(tuple) = cx.heap.native::<super::tuple::Tuple>(value) {
                let names = (1..).map(|place: u32| {
                    Value::text(&if place == 8 { "Rest".to_owned() } else { format!("Item{place}") })
                });
                let entries = names.zip(tuple.items.clone()).collect();
                return object(cx, entries, depth);
            }
            let sequence = native.items().is_some()
                || native.live(0).is_some()
                || super::views::of(cx.heap, value).is_some();
            if sequence {
                array(cx, value, depth)
            } else if runtime_type(cx.heap, value) == crate::types::Type::Object {
                object(cx, Vec::new(), depth)
            } else {
                Err(refused(cx, value))
            }
        }
        _ if runtime_type(cx.heap, value) == crate::types::Type::Object => object(cx, Vec::new(), depth),
        _ => Err(refused(cx, value)),
    }
}

fn refused(cx: &Cx<'_>, value: &Value) -> Exception {
    let class = runtime_type(cx.heap, value).net_name();
    let message = format!("Objects of type '{class}' cannot be written as JSON.");
    Exception::new("Newtonsoft.Json.JsonSerializationException", message)
}

fn array(cx: &mut Cx<'_>, items: &Value, depth: u32) -> Result<HeapId, Exception> {
    let array = cx.heap.json_node(JsonKind::Array(Vec::new()))?;
    let mut cursor = Cursor::over(cx, items)?;
    while let Some(item) = cursor.next(cx)? {
        let item = serialize(cx, &item, depth + 1)?;
        cx.heap.json_insert(array, None, item)?;
    }
    Ok(array)
}

fn object(cx: &mut Cx<'_>, entries: Vec<(Value, Value)>, depth: u32) -> Result<HeapId, Exception> {
    let object = cx.heap.json_node(JsonKind::Object(Members::with_capacity(entries.len())))?;
    for (key, value) in entries {
        let name = key_text(cx, &key)?;
        let value = serialize(cx, &value, depth + 1)?;
        cx.heap.json_set(object, name, value)?;
    }
    Ok(object)
}

/// The name of a member for a key: dates as JSON has them, everything else as text.
fn key_text(cx: &mut Cx<'_>, key: &Value) -> Result<Text, Exception> {
    match key {
        Value::DateTime(date) => Ok(Text::from(crate::time::json_text(*date))),
        Value::DateTimeOffset(date) => Ok(Text::from(crate::time::json_offset_text(*date))),
        Value::Double(number) => Ok(Text::from(crate::number::round_trip(*number))),
        Value::Single(number) => Ok(Text::from(crate::number::round_trip_single(*number))),
        other => cx.display(other),
    }
}

/// Headers, query parameters, template parameters and variables are dictionaries.
fn of_host(cx: &mut Cx<'_>, host: HostRef, depth: u32) -> Result<HeapId, Exception> {
    let map = matches!(
        host.object,
        HostObject::RequestHeaders
            | HostObject::ResponseHeaders
            | HostObject::RequestQuery
            | HostObject::RequestOriginalQuery
            | HostObject::ServiceUrlQuery
            | HostObject::MatchedParameters
            | HostObject::Variables
    );
    if !map {
        return Err(Exception::invalid_operation(
            "Objects of the request in flight cannot be written as JSON.",
        ));
    }
    let entries = host_entries(cx, host)?;
    for (name, value) in &entries {
        cx.heap.admit(&Value::Text(name.clone()));
        cx.heap.admit(value);
    }
    let entries = entries.into_iter().map(|(name, value)| (Value::Text(name), value)).collect();
    object(cx, entries, depth)
}
