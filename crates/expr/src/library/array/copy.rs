//! Copying, clearing, reversing and resizing arrays.

use crate::eval::{Cx, Eval, default_value, is_instance, reference_converts, runtime_type};
use crate::types::Type;
use crate::{Exception, Text, Value};

use super::{element_of, elements, huge, length, store, widened};
use crate::library::arguments::{arg, int, long};
use crate::library::{Row, list, member};

pub(super) const ROWS: &[Row] = &[
    member("object Clone()", |cx, a| {
        let items = elements(cx, a, 0, "array")?;
        match runtime_type(cx.heap, arg(a, 0)) {
            Type::Array(element) => cx.heap.array(element.as_ref().clone(), items),
            _ => Err(Exception::null_reference()),
        }
    }),
    member("void CopyTo(Array array, int index)", |cx, a| {
        let all = length(cx, arg(a, 0))?;
        copy(cx, (arg(a, 0), 0), (arg(a, 1), int(a, 2).into()), all as i64, ["source", "dest"])
    }),
    member("void CopyTo(Array array, long index)", |cx, a| {
        let all = length(cx, arg(a, 0))?;
        copy(cx, (arg(a, 0), 0), (arg(a, 1), huge(long(a, 2), "index")?), all as i64, ["source", "dest"])
    }),
    member("static void Copy(Array sourceArray, Array destinationArray, int length)", |cx, a| {
        copy(cx, (arg(a, 0), 0), (arg(a, 1), 0), int(a, 2).into(), NAMES)
    }),
    member("static void Copy(Array sourceArray, Array destinationArray, long length)", |cx, a| {
        copy(cx, (arg(a, 0), 0), (arg(a, 1), 0), huge(long(a, 2), "length")?, NAMES)
    }),
    member(
        "static void Copy(Array sourceArray, int sourceIndex, Array destinationArray, int destinationIndex, int length)",
        |cx, a| {
            copy(cx, (arg(a, 0), int(a, 1).into()), (arg(a, 2), int(a, 3).into()), int(a, 4).into(), NAMES)
        },
    ),
    member(
        "static void Copy(Array sourceArray, long sourceIndex, Array destinationArray, long destinationIndex, long length)",
        |cx, a| {
            let (from, to) = (huge(long(a, 1), "sourceIndex")?, huge(long(a, 3), "destinationIndex")?);
            copy(cx, (arg(a, 0), from), (arg(a, 2), to), huge(long(a, 4), "length")?, NAMES)
        },
    ),
    member(
        "static void ConstrainedCopy(Array sourceArray, int sourceIndex, Array destinationArray, int destinationIndex, int length)",
        |cx, a| {
            copy(cx, (arg(a, 0), int(a, 1).into()), (arg(a, 2), int(a, 3).into()), int(a, 4).into(), NAMES)
        },
    ),
    member("static void Clear(Array array, int index, int length)", clear),
    member("static void Resize<T>(ref T[] array, int newSize)", resize),
    member("static void Reverse(Array array)", |cx, a| {
        let mut items = elements(cx, a, 0, "array")?;
        items.reverse();
        store(cx, arg(a, 0), &items)
    }),
    member("static void Reverse(Array array, int index, int length)", |cx, a| {
        let mut items = elements(cx, a, 0, "array")?;
        let (from, count) = part(&items, a, 1)?;
        items.get_mut(from..from + count).unwrap_or_default().reverse();
        store(cx, arg(a, 0), &items)
    }),
];

const NAMES: [&str; 2] = ["sourceArray", "destinationArray"];

/// A start and a count within an array, at this place of the arguments.
pub(super) fn part(items: &[Value], args: &[Value], index: usize) -> Result<(usize, usize), Exception> {
    let size = |at, name| {
        usize::try_from(int(args, at))
            .map_err(|_| Exception::out_of_range("Non-negative number required.", name))
    };
    let (from, count) = (size(index, "index")?, size(index + 1, "length")?);
    if from.checked_add(count).is_none_or(|end| end > items.len()) {
        return Err(bad_part());
    }
    Ok((from, count))
}

pub(super) fn bad_part() -> Exception {
    let message = "Offset and length were out of bounds for the array or count is greater than the number of elements from index to the end of the source collection.";
    Exception::new("System.ArgumentException", Text::from_static(message))
}

fn below_bound(parameter: &str) -> Exception {
    let message = "Number was less than the array's lower bound in the first dimension.";
    Exception::out_of_range(message, parameter)
}

fn copy(cx: &mut Cx<'_>, from: (&Value, i64), to: (&Value, i64), count: i64, names: [&str; 2]) -> Eval {
    let [source_name, target_name] = names;
    let ((source, at), (target, into)) = (from, to);
    if source.is_null() || target.is_null() {
        return Err(Exception::argument_null(if source.is_null() { source_name } else { target_name }));
    }
    let count = usize::try_from(count)
        .map_err(|_| Exception::out_of_range("Non-negative number required.", "length"))?;
    let at = usize::try_from(at).map_err(|_| below_bound("sourceIndex"))?;
    let into = usize::try_from(into).map_err(|_| below_bound("destinationIndex"))?;
    if at.saturating_add(count) > length(cx, source)? {
        return Err(too_short("Source"));
    }
    if into.saturating_add(count) > length(cx, target)? {
        return Err(too_short("Destination"));
    }
    cx.burn(count as u64)?;
    let tainted = cx.heap.is_tainted_scalar(source);
    let args = [source.clone()];
    let items: Vec<Value> = elements(cx, &args, 0, source_name)?.into_iter().skip(at).take(count).collect();
    let items = assignable(cx, source, target, items)?;
    list::write(cx, target, into, &items)?;
    if tainted {
        cx.heap.taint(target.clone());
    }
    Ok(Value::Null)
}

/// The elements as the target can hold them.
fn assignable(
    cx: &Cx<'_>,
    source: &Value,
    target: &Value,
    items: Vec<Value>,
) -> Result<Vec<Value>, Exception> {
    let (from, to) = (element_of(cx, source), element_of(cx, target));
    if from == to || to == Type::Object {
        return Ok(items);
    }
    let mismatch = || {
        let message = "Source array type cannot be assigned to destination array type.";
        Exception::new("System.ArrayTypeMismatchException", Text::from_static(message))
    };
    if from.is_value_type() && to.is_value_type() {
        return items.iter().map(|item| widened(item, &to).ok_or_else(mismatch)).collect();
    }
    // Elements are looked at one by one only where some of them may fit.
    if from == Type::String || (from.is_value_type() && !reference_converts(&from, &to)) {
        return Err(mismatch());
    }
    let fits = |item: &Value| (item.is_null() && !to.is_value_type()) || is_instance(cx.heap, item, &to);
    if items.iter().all(fits) {
        return Ok(items);
    }
    let message =
        "At least one element in the source array could not be cast down to the destination array type.";
    Err(Exception::new("System.InvalidCastException", Text::from_static(message)))
}

fn too_short(which: &str) -> Exception {
    let short = if which == "Source" { "src" } else { "dest" };
    let text = format!(
        "{which} array was not long enough. Check {short}Index and length, and the array's lower bounds."
    );
    Exception::new("System.ArgumentException", Text::from(text))
}

fn clear(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let mut items = elements(cx, args, 0, "array")?;
    let range = usize::try_from(int(args, 1)).ok().zip(usize::try_from(int(args, 2)).ok());
    let part = range.and_then(|(from, count)| items.get_mut(from..from.checked_add(count)?));
    let empty = default_value(&element_of(cx, arg(args, 0)));
    part.ok_or_else(Exception::index_out_of_range)?.fill(empty);
    store(cx, arg(args, 0), &items)
}

/// A new array in place of the old one.
fn resize(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let size = usize::try_from(int(args, 1))
        .map_err(|_| Exception::out_of_range("Non-negative number required.", "newSize"))?;
    let element = cx.type_arg(0);
    let mut items = if arg(args, 0).is_null() { Vec::new() } else { elements(cx, args, 0, "array")? };
    if items.len() == size && !arg(args, 0).is_null() {
        cx.outs.push(arg(args, 0).clone());
        return Ok(Value::Null);
    }
    cx.heap.charge(size.saturating_mul(24))?;
    items.resize(size, default_value(&element));
    let tainted = cx.heap.is_tainted_scalar(arg(args, 0));
    let array = cx.heap.array(element, items)?;
    let array = if tainted { cx.heap.taint(array) } else { array };
    cx.outs.push(array);
    Ok(Value::Null)
}
