//! Reading the arguments of a library function.
//!
//! The binder has checked their types, so a mismatch is a null where .NET has one: these functions answer it with
//! the exception that .NET throws.

use crate::eval::{Cx, Eval};
use crate::heap::Heap;
use crate::object::Object;
use crate::value::HeapId;
use crate::{Exception, Text, Value};

/// An argument; null when there is none.
pub(crate) fn arg(args: &[Value], index: usize) -> &Value {
    args.get(index).unwrap_or(&Value::Null)
}

/// Text, which must not be null.
pub(crate) fn text<'a>(args: &'a [Value], index: usize, parameter: &str) -> Result<&'a Text, Exception> {
    match args.get(index) {
        Some(Value::Text(text)) => Ok(text),
        _ => Err(Exception::argument_null(parameter)),
    }
}

/// The object of an instance method of `String`.
pub(crate) fn this(args: &[Value]) -> Result<&Text, Exception> {
    match args.first() {
        Some(Value::Text(text)) => Ok(text),
        _ => Err(Exception::null_reference()),
    }
}

/// Text, empty for null.
pub(crate) fn text_or_empty(args: &[Value], index: usize) -> &str {
    match args.get(index) {
        Some(Value::Text(text)) => text.as_str(),
        _ => "",
    }
}

/// An `int`.
pub(crate) fn int(args: &[Value], index: usize) -> i32 {
    match args.get(index) {
        Some(Value::Int32(number)) => *number,
        Some(other) => other.as_integer().and_then(|number| i32::try_from(number).ok()).unwrap_or(0),
        None => 0,
    }
}

/// A `long`.
pub(crate) fn long(args: &[Value], index: usize) -> i64 {
    args.get(index).and_then(Value::as_integer).and_then(|number| i64::try_from(number).ok()).unwrap_or(0)
}

/// A `double`.
pub(crate) fn double(args: &[Value], index: usize) -> f64 {
    match args.get(index) {
        Some(Value::Double(number)) => *number,
        _ => 0.0,
    }
}

/// A `bool`.
pub(crate) fn boolean(args: &[Value], index: usize) -> bool {
    matches!(args.get(index), Some(Value::Bool(true)))
}

/// A `char`.
pub(crate) fn character(args: &[Value], index: usize) -> u16 {
    match args.get(index) {
        Some(Value::Char(unit)) => *unit,
        _ => 0,
    }
}

/// The number of an enum's member.
pub(crate) fn member(args: &[Value], index: usize) -> i32 {
    match args.get(index) {
        Some(Value::Enum(member)) => member.number,
        _ => 0,
    }
}

/// A position or count that must not be negative.
pub(crate) fn size(args: &[Value], index: usize, parameter: &str) -> Result<usize, Exception> {
    usize::try_from(int(args, index))
        .map_err(|_| Exception::out_of_range("Non-negative number required.", parameter))
}

/// A reference to a heap object.
pub(crate) fn id(args: &[Value], index: usize) -> Result<HeapId, Exception> {
    match args.get(index) {
        Some(Value::Ref(id)) => Ok(*id),
        _ => Err(Exception::null_reference()),
    }
}

/// A `byte[]`, which must not be null.
pub(crate) fn bytes<'h>(
    heap: &'h Heap,
    args: &[Value],
    index: usize,
    parameter: &str,
) -> Result<&'h [u8], Exception> {
    heap.as_bytes(arg(args, index)).ok_or_else(|| Exception::argument_null(parameter))
}

/// The elements of an array or list; empty for anything else. Sequences in general need a
/// [`Cursor`](super::enumerable::Cursor).
pub(crate) fn items<'h>(heap: &'h Heap, value: &Value) -> &'h [Value] {
    match heap.object(value) {
        Some(Object::Array { items, .. } | Object::List { items, .. }) => items,
        _ => &[],
    }
}

/// A text result.
pub(crate) fn made(cx: &mut Cx<'_>, text: String) -> Eval {
    cx.grow(text.len())?;
    Ok(Value::Text(text.into()))
}

/// A length as an `int`.
pub(crate) fn count(length: usize) -> Value {
    Value::Int32(i32::try_from(length).unwrap_or(i32::MAX))
}
