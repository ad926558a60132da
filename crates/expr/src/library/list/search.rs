//! Finding elements of a list: from the front, from the back, in a part of it.

use crate::eval::{Cx, Eval};
use crate::object::Object;
use crate::{Exception, Text, Value};

use super::{needed, length};
use crate::library::arguments::{arg, count, int};
use crate::library::sequence::{collect, compare_by, is_true, same};

pub(super) fn bad_index() -> Exception {
    Exception::out_of_range(
        "Index was out of range. Must be non-negative and less than the size of the collection.",
        "index",
    )
}

pub(super) fn bad_range() -> Exception {
    Exception::new(
        "System.ArgumentException",
        Text::from_static("Offset and length were out of bounds for the array or count is greater than the number of elements from index to the end of the source collection."),
    )
}

pub(super) fn bad_count() -> Exception {
    let message =
        "Count must be positive and count must refer to a location within the string/array/collection.";
    Exception::out_of_range(message, "count")
}

fn bad_start() -> Exception {
    let message = "Index was out of range. Must be non-negative and less than the size of the collection.";
    Exception::out_of_range(message, "startIndex")
}

/// A number that must not be negative.
pub(super) fn non_negative(args: &[Value], index: usize, name: &str) -> Result<usize, Exception> {
    usize::try_from(int(args, index))
        .map_err(|_| Exception::out_of_range("Non-negative number required.", name))
}

/// A part of the list, by the places of index and count among the arguments.
pub(super) fn range(cx: &Cx<'_>, args: &[Value], index: usize, count: usize) -> Result<(usize, usize), Exception> {
    let from = non_negative(args, index, "index")?;
    let size = non_negative(args, count, "count")?;
    let all = length(cx, arg(args, 0)).unwrap_or(0);
    if all.checked_sub(from).is_none_or(|left| left < size) { Err(bad_range()) } else { Ok((from, size)) }
}

/// Where an element is.
pub(super) fn position(cx: &mut Cx<'_>, args: &[Value]) -> Result<Option<usize>, Exception> {
    let items = collect(cx, arg(args, 0))?;
    Ok(items.iter().position(|item| same(cx, item, arg(args, 1))))
}

/// `Contains` of anything; a set and a dictionary compare in their own way.
pub(crate) fn contains(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    match cx.heap.object(arg(args, 0)) {
        Some(Object::Set(set)) => {
            let key = cx.heap.key_by(&set.comparer, arg(args, 1));
            Ok(Value::Bool(set.contains(&key)))
        }
        Some(_) => Ok(Value::Bool(position(cx, args)?.is_some())),
        None => Err(Exception::null_reference()),
    }
}

pub(crate) fn index_of(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    Ok(position(cx, args)?.map_or(Value::Int32(-1), count))
}

/// `IndexOf(item, index[, count])`.
pub(super) fn index_from(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let items = collect(cx, arg(args, 0))?;
    let from = usize::try_from(int(args, 2)).ok().filter(|from| *from <= items.len()).ok_or_else(bad_index)?;
    let left = items.len() - from;
    let size = match args.get(3) {
        Some(_) => usize::try_from(int(args, 3)).ok().filter(|size| *size <= left).ok_or_else(bad_count)?,
        None => left,
    };
    let found = items.iter().skip(from).take(size).position(|item| same(cx, item, arg(args, 1)));
    Ok(found.map_or(Value::Int32(-1), |at| count(at + from)))
}

/// `LastIndexOf(item[, index[, count]])`.
pub(super) fn last_index(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let items = collect(cx, arg(args, 0))?;
    if items.is_empty() {
        return Ok(Value::Int32(-1));
    }
    let too_big = |name| Exception::out_of_range("Larger than collection size.", name);
    let from = match (args.get(2), args.get(3)) {
        (None, _) => items.len() - 1,
        (Some(_), None) => {
            let from = usize::try_from(int(args, 2)).ok().filter(|from| *from < items.len());
            if int(args, 2) >= count_as_int(items.len()) {
                return Err(bad_index());
            }
            from.map_or_else(|| non_negative(args, 2, "index"), Ok)?
        }
        (Some(_), Some(_)) => {
            let from = non_negative(args, 2, "index")?;
            non_negative(args, 3, "count")?;
            if from >= items.len() {
                return Err(too_big("index"));
            }
            from
        }
    };
    let size = match args.get(3) {
        Some(_) => non_negative(args, 3, "count")?,
        None => from + 1,
    };
    if size > from + 1 {
        return Err(too_big("count"));
    }
    let part = items.iter().enumerate().skip(from + 1 - size).take(size);
    let found = part.rev().find(|(_, item)| same(cx, item, arg(args, 1)));
    Ok(found.map_or(Value::Int32(-1), |(at, _)| count(at)))
}

fn count_as_int(length: usize) -> i32 {
    i32::try_from(length).unwrap_or(i32::MAX)
}

pub(super) fn find(cx: &mut Cx<'_>, args: &[Value]) -> Result<Option<(usize, Value)>, Exception> {
    needed(args, 1, "match")?;
    for (at, item) in collect(cx, arg(args, 0))?.into_iter().enumerate() {
        if is_true(cx, arg(args, 1), &item)? {
            return Ok(Some((at, item)));
        }
    }
    Ok(None)
}

pub(super) fn find_last(cx: &mut Cx<'_>, args: &[Value]) -> Result<Option<(usize, Value)>, Exception> {
    needed(args, 1, "match")?;
    for (at, item) in collect(cx, arg(args, 0))?.into_iter().enumerate().rev() {
        if is_true(cx, arg(args, 1), &item)? {
            return Ok(Some((at, item)));
        }
    }
    Ok(None)
}

/// `FindIndex([startIndex[, count]], match)`.
pub(super) fn find_index(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let items = collect(cx, arg(args, 0))?;
    let test = args.last().unwrap_or(&Value::Null);
    let from = match args.len() {
        2 => 0,
        _ => usize::try_from(int(args, 1)).ok().filter(|from| *from <= items.len()).ok_or_else(bad_start)?,
    };
    let left = items.len() - from;
    let size = match args.len() {
        4 => usize::try_from(int(args, 2)).ok().filter(|size| *size <= left).ok_or_else(bad_count)?,
        _ => left,
    };
    needed(args, args.len() - 1, "match")?;
    for (at, item) in items.into_iter().enumerate().skip(from).take(size) {
        if is_true(cx, test, &item)? {
            return Ok(count(at));
        }
    }
    Ok(Value::Int32(-1))
}

/// `FindLastIndex([startIndex[, count]], match)`.
pub(super) fn find_last_index(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    needed(args, args.len() - 1, "match")?;
    let items = collect(cx, arg(args, 0))?;
    let test = args.last().unwrap_or(&Value::Null);
    let last = count_as_int(items.len()) - 1;
    let from = if args.len() == 2 { last } else { int(args, 1) };
    if (items.is_empty() && from != -1) || from > last || (!items.is_empty() && from < 0) {
        return Err(bad_start());
    }
    let size = if args.len() == 4 { int(args, 2) } else { from + 1 };
    if size < 0 || from - size + 1 < 0 {
        return Err(bad_count());
    }
    let (end, size) = (usize::try_from(from + 1).unwrap_or(0), usize::try_from(size).unwrap_or(0));
    for (at, item) in items.into_iter().enumerate().take(end).rev().take(size) {
        if is_true(cx, test, &item)? {
            return Ok(count(at));
        }
    }
    Ok(Value::Int32(-1))
}

/// `BinarySearch`: the place, or the complement of where it would be.
pub(super) fn binary_search(
    cx: &mut Cx<'_>,
    args: &[Value],
    part: Option<(usize, usize)>,
    item: usize,
) -> Eval {
    let items = collect(cx, arg(args, 0))?;
    let (from, size) = part.unwrap_or((0, items.len()));
    let (wanted, comparer) = (arg(args, item), arg(args, item + 1));
    let (mut low, mut high) = (from, from + size);
    while low < high {
        let middle = low + (high - 1 - low) / 2;
        let other = items.get(middle).unwrap_or(&Value::Null);
        match compare_by(cx.heap, comparer, other, wanted) {
            Ok(order) if order.is_eq() => return Ok(count(middle)),
            Ok(order) if order.is_lt() => low = middle + 1,
            Ok(_) => high = middle,
            Err(_) => {
                return Err(Exception::invalid_operation("Failed to compare two elements in the array."));
            }
        }
    }
    Ok(Value::Int32(!count_as_int(low)))
}
