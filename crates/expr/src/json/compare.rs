//! How Json.NET compares: `JValue.CompareTo`, `JValue.Equals`, `JToken.DeepEquals`.

use std::cmp::Ordering;

use crate::library::convert as net;
use crate::object::Key;
use crate::types::Scalar;
use crate::value::HeapId;
use crate::{Exception, Heap, Text, Value};

use super::node::{JsonKind, JsonType};

/// `JValue.CompareTo`: by the kind of the first, text unit by unit.
///
/// # Errors
/// Where the second cannot be converted to what the first is.
pub(crate) fn compare_scalars(
    kind: JsonType,
    a: &Value,
    other_kind: JsonType,
    b: &Value,
) -> Result<i32, Exception> {
    let by = if kind == JsonType::String { other_kind } else { kind };
    compare_as(by, a, b)
}

fn sign(order: Ordering) -> i32 {
    order as i32
}

/// `JValue.Compare`.
pub(crate) fn compare_as(kind: JsonType, a: &Value, b: &Value) -> Result<i32, Exception> {
    match (a, b) {
        (Value::Null, Value::Null) => return Ok(0),
        (_, Value::Null) => return Ok(1),
        (Value::Null, _) => return Ok(-1),
        _ => {}
    }
    match kind {
        JsonType::Integer | JsonType::Float => numbers(kind, a, b),
        JsonType::String | JsonType::Comment | JsonType::Raw => Ok(ordinal(&shown(a), &shown(b))),
        JsonType::Boolean => {
            let (a, b) = (net::to_boolean(a)?, net::to_boolean(b)?);
            Ok(sign((a == Value::Bool(true)).cmp(&(b == Value::Bool(true)))))
        }
        JsonType::Date => Ok(sign(moment(a)?.cmp(&moment(b)?))),
        JsonType::Bytes => Ok(ordinal(&shown(a), &shown(b))),
        JsonType::Guid => match (a, b) {
            (Value::Guid(a), Value::Guid(b)) => Ok(sign(a.cmp(b))),
            _ => Err(wrong_type("Guid")),
        },
        JsonType::TimeSpan => match (a, b) {
            (Value::TimeSpan(a), Value::TimeSpan(b)) => Ok(sign(a.cmp(b))),
            _ => Err(wrong_type("TimeSpan")),
        },
        JsonType::Uri => Ok(ordinal(&shown(a), &shown(b))),
        _ => Ok(0),
    }
}

fn wrong_type(name: &str) -> Exception {
    Exception::new("System.ArgumentException", format!("Object must be of type {name}."))
}

fn shown(value: &Value) -> String {
    crate::eval::plain_text(value)
}

/// `string.CompareOrdinal`: the difference of the first units that differ, or of the lengths.
fn ordinal(a: &str, b: &str) -> i32 {
    let (mut left, mut right) = (a.encode_utf16(), b.encode_utf16());
    loop {
        match (left.next(), right.next()) {
            (Some(x), Some(y)) if x == y => {}
            (Some(x), Some(y)) => return i32::from(x) - i32::from(y),
            _ => {
                let length = |text: &str| i32::try_from(text.encode_utf16().count()).unwrap_or(i32::MAX);
                return length(a) - length(b);
            }
        }
    }
}

/// Numbers as decimals, floats or integers, whatever both need.
fn numbers(kind: JsonType, a: &Value, b: &Value) -> Result<i32, Exception> {
    let exact = |value: &Value| matches!(value, Value::UInt64(_) | Value::Decimal(_));
    let float = |value: &Value| matches!(value, Value::Double(_) | Value::Single(_));
    let big = |value: &Value| matches!(value, Value::Text(text) if text.len() > 18);
    if exact(a) || exact(b) || ((big(a) || big(b)) && kind == JsonType::Integer && !float(a) && !float(b)) {
        let (a, b) = (net::to_number(a, Scalar::Decimal)?, net::to_number(b, Scalar::Decimal)?);
        return match (a, b) {
            (Value::Decimal(a), Value::Decimal(b)) => Ok(sign(a.cmp(&b))),
            _ => Ok(0),
        };
    }
    if kind == JsonType::Float || float(a) || float(b) {
        let (a, b) = (net::to_number(a, Scalar::Double)?, net::to_number(b, Scalar::Double)?);
        let (Value::Double(a), Value::Double(b)) = (a, b) else { return Ok(0) };
        return Ok(if about_equal(a, b) { 0 } else { sign(a.total_cmp(&b)) });
    }
    let (a, b) = (net::to_number(a, Scalar::Int64)?, net::to_number(b, Scalar::Int64)?);
    match (a, b) {
        (Value::Int64(a), Value::Int64(b)) => Ok(sign(a.cmp(&b))),
        _ => Ok(0),
    }
}

/// `MathUtils.ApproxEquals`.
fn about_equal(a: f64, b: f64) -> bool {
    const EPSILON: f64 = f64::EPSILON;
    if a.total_cmp(&b).is_eq() {
        return true;
    }
    let tolerance = (a.abs() + b.abs() + 10.0) * EPSILON;
    let difference = a - b;
    -tolerance < difference && tolerance > difference
}

fn moment(value: &Value) -> Result<i64, Exception> {
    match value {
        Value::DateTime(date) => Ok(date.ticks),
        Value::DateTimeOffset(date) => Ok(date.ticks - i64::from(date.offset) * crate::time::MINUTE),
        Value::Text(text) => crate::library::dates::parse(text).map(|date| date.ticks),
        _ => Err(Exception::invalid_cast()),
    }
}

/// `JValue.Equals`.
pub(crate) fn scalars_equal(kind: JsonType, a: &Value, other_kind: JsonType, b: &Value) -> bool {
    kind == other_kind && compare_as(kind, a, b).is_ok_and(|order| order == 0)
}

/// `Equals` of two `JValue`s; false for other objects.
pub(crate) fn equal_tokens(heap: &Heap, left: &Value, right: &Value) -> bool {
    match (heap.json_of(left), heap.json_of(right)) {
        (Some((_, a)), Some((_, b))) => match (&a.kind, &b.kind) {
            (JsonKind::Value(ka, va), JsonKind::Value(kb, vb)) => scalars_equal(*ka, va, *kb, vb),
            _ => false,
        },
        _ => false,
    }
}

/// The order of two `JValue`s for sorting; none when one is something else.
pub(crate) fn order(heap: &Heap, left: &Value, right: &Value) -> Option<Result<Ordering, Exception>> {
    let ((_, a), (_, b)) = (heap.json_of(left)?, heap.json_of(right)?);
    let (JsonKind::Value(ka, va), JsonKind::Value(kb, vb)) = (&a.kind, &b.kind) else { return None };
    Some(compare_scalars(*ka, va, *kb, vb).map(|order| order.cmp(&0)))
}

/// `JToken.DeepEquals`: order of members does not matter.
pub(crate) fn deep_equals(heap: &Heap, left: HeapId, right: HeapId, depth: u32) -> bool {
    let (Some(a), Some(b)) = (heap.json(left), heap.json(right)) else { return false };
    if depth > super::read::MAX_DEPTH * 2 {
        return false;
    }
    let all = |a: &[HeapId], b: &[HeapId]| {
        a.len() == b.len() && a.iter().zip(b).all(|(&a, &b)| deep_equals(heap, a, b, depth + 1))
    };
    match (&a.kind, &b.kind) {
        (JsonKind::Value(ka, va), JsonKind::Value(kb, vb)) => scalars_equal(*ka, va, *kb, vb),
        (JsonKind::Array(a), JsonKind::Array(b)) => all(a, b),
        (JsonKind::Constructor(name, a), JsonKind::Constructor(other, b)) => name == other && all(a, b),
        (JsonKind::Object(a), JsonKind::Object(b)) => {
            let same = |(name, id): (&Text, HeapId)| {
                b.get(name.as_str()).is_some_and(|other| deep_equals(heap, id, other, depth + 1))
            };
            a.len() == b.len() && a.iter().all(same)
        }
        (JsonKind::Property(a), JsonKind::Property(b)) => {
            let values = heap.property_value(left).zip(heap.property_value(right));
            a.name == b.name && values.is_some_and(|(a, b)| deep_equals(heap, a, b, depth + 1))
        }
        _ => false,
    }
}

/// What is the same for tokens that are deeply equal.
pub(crate) fn deep_key(heap: &Heap, id: HeapId, depth: u32) -> Key {
    let Some(node) = heap.json(id) else { return Key::Null };
    if depth > super::read::MAX_DEPTH * 2 {
        return Key::Null;
    }
    let all = |items: &[HeapId]| items.iter().map(|id| deep_key(heap, *id, depth + 1)).collect();
    let tag = |number: u8| Key::Number(number, 0);
    match &node.kind {
        JsonKind::Value(kind, value) => {
            Key::Many(vec![Key::Number(25, *kind as i128), heap.key(value, false)])
        }
        JsonKind::Array(items) => Key::Many(vec![tag(27), Key::Many(all(items))]),
        JsonKind::Constructor(name, items) => {
            Key::Many(vec![tag(28), Key::Text(name.clone()), Key::Many(all(items))])
        }
        JsonKind::Object(members) => {
            let mut members: Vec<(Text, HeapId)> =
                members.iter().map(|(name, id)| (name.clone(), id)).collect();
            members.sort_by(|(a, _), (b, _)| a.as_str().cmp(b.as_str()));
            let pair = |(name, id): (Text, HeapId)| [Key::Text(name), deep_key(heap, id, depth + 1)];
            Key::Many(std::iter::once(tag(29)).chain(members.into_iter().flat_map(pair)).collect())
        }
        JsonKind::Property(own) => {
            let value = heap.property_value(id).map_or(Key::Null, |id| deep_key(heap, id, depth + 1));
            Key::Many(vec![tag(30), Key::Text(own.name.clone()), value])
        }
    }
}
