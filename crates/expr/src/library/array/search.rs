//! Searching arrays.

use std::cmp::Ordering;

use crate::eval::{Cx, Eval, default_value};
use crate::{Exception, Value};

use super::copy::part;
use super::elements;
use crate::library::arguments::{arg, count, int};
use crate::library::sequence::{compare_by, is_true};
use crate::library::{Row, list, member};

pub(super) const ROWS: &[Row] = &[
    member("static int IndexOf(Array array, object value)", |cx, a| index_of(cx, a, None, None)),
    member("static int IndexOf(Array array, object value, int startIndex)", |cx, a| {
        index_of(cx, a, Some(2), None)
    }),
    member("static int IndexOf(Array array, object value, int startIndex, int count)", |cx, a| {
        index_of(cx, a, Some(2), Some(3))
    }),
    member("static int IndexOf<T>(T[] array, T value)", |cx, a| index_of(cx, a, None, None)),
    member("static int IndexOf<T>(T[] array, T value, int startIndex)", |cx, a| {
        index_of(cx, a, Some(2), None)
    }),
    member("static int IndexOf<T>(T[] array, T value, int startIndex, int count)", |cx, a| {
        index_of(cx, a, Some(2), Some(3))
    }),
    member("static int LastIndexOf(Array array, object value)", |cx, a| last_index_of(cx, a, None, None)),
    member("static int LastIndexOf(Array array, object value, int startIndex)", |cx, a| {
        last_index_of(cx, a, Some(2), None)
    }),
    member("static int LastIndexOf(Array array, object value, int startIndex, int count)", |cx, a| {
        last_index_of(cx, a, Some(2), Some(3))
    }),
    member("static int LastIndexOf<T>(T[] array, T value)", |cx, a| last_index_of(cx, a, None, None)),
    member("static int LastIndexOf<T>(T[] array, T value, int startIndex)", |cx, a| {
        last_index_of(cx, a, Some(2), None)
    }),
    member("static int LastIndexOf<T>(T[] array, T value, int startIndex, int count)", |cx, a| {
        last_index_of(cx, a, Some(2), Some(3))
    }),
    member("static bool Exists<T>(T[] array, Predicate<T> match)", |cx, a| {
        Ok(Value::Bool(find(cx, a)?.is_some()))
    }),
    member("static bool TrueForAll<T>(T[] array, Predicate<T> match)", |cx, a| {
        let items = searched(cx, a, 1)?;
        for item in &items {
            if !is_true(cx, arg(a, 1), item)? {
                return Ok(Value::Bool(false));
            }
        }
        Ok(Value::Bool(true))
    }),
    member("static T Find<T>(T[] array, Predicate<T> match)", |cx, a| {
        Ok(find(cx, a)?.unwrap_or_else(|| default_value(&cx.type_arg(0))))
    }),
    member("static T FindLast<T>(T[] array, Predicate<T> match)", |cx, a| {
        for item in searched(cx, a, 1)?.into_iter().rev() {
            if is_true(cx, arg(a, 1), &item)? {
                return Ok(item);
            }
        }
        Ok(default_value(&cx.type_arg(0)))
    }),
    member("static T[] FindAll<T>(T[] array, Predicate<T> match)", |cx, a| {
        let mut found = Vec::new();
        for item in searched(cx, a, 1)? {
            if is_true(cx, arg(a, 1), &item)? {
                found.push(item);
            }
        }
        let element = cx.type_arg(0);
        cx.heap.array(element, found)
    }),
    member("static int FindIndex<T>(T[] array, Predicate<T> match)", |cx, a| find_index(cx, a, None, None)),
    member("static int FindIndex<T>(T[] array, int startIndex, Predicate<T> match)", |cx, a| {
        find_index(cx, a, Some(1), None)
    }),
    member("static int FindIndex<T>(T[] array, int startIndex, int count, Predicate<T> match)", |cx, a| {
        find_index(cx, a, Some(1), Some(2))
    }),
    member("static int FindLastIndex<T>(T[] array, Predicate<T> match)", |cx, a| {
        find_last_index(cx, a, None, None)
    }),
    member("static int FindLastIndex<T>(T[] array, int startIndex, Predicate<T> match)", |cx, a| {
        find_last_index(cx, a, Some(1), None)
    }),
    member(
        "static int FindLastIndex<T>(T[] array, int startIndex, int count, Predicate<T> match)",
        |cx, a| find_last_index(cx, a, Some(1), Some(2)),
    ),
    member("static int BinarySearch(Array array, object value)", |cx, a| binary_search(cx, a, None, 1)),
    member("static int BinarySearch(Array array, object value, IComparer comparer)", |cx, a| {
        binary_search(cx, a, None, 1)
    }),
    member("static int BinarySearch(Array array, int index, int length, object value)", |cx, a| {
        binary_search(cx, a, Some(1), 3)
    }),
    member(
        "static int BinarySearch(Array array, int index, int length, object value, IComparer comparer)",
        |cx, a| binary_search(cx, a, Some(1), 3),
    ),
    member("static int BinarySearch<T>(T[] array, T value)", |cx, a| binary_search(cx, a, None, 1)),
    member("static int BinarySearch<T>(T[] array, T value, IComparer<T> comparer)", |cx, a| {
        binary_search(cx, a, None, 1)
    }),
    member("static int BinarySearch<T>(T[] array, int index, int length, T value)", |cx, a| {
        binary_search(cx, a, Some(1), 3)
    }),
    member(
        "static int BinarySearch<T>(T[] array, int index, int length, T value, IComparer<T> comparer)",
        |cx, a| binary_search(cx, a, Some(1), 3),
    ),
];

/// The elements and the test, neither of which may be null.
fn searched(cx: &mut Cx<'_>, args: &[Value], test: usize) -> Result<Vec<Value>, Exception> {
    let items = elements(cx, args, 0, "array")?;
    list::needed(args, test, "match")?;
    Ok(items)
}

fn find(cx: &mut Cx<'_>, args: &[Value]) -> Result<Option<Value>, Exception> {
    for item in searched(cx, args, 1)? {
        if is_true(cx, arg(args, 1), &item)? {
            return Ok(Some(item));
        }
    }
    Ok(None)
}

fn bad_start() -> Exception {
    let message = "Index was out of range. Must be non-negative and less than the size of the collection.";
    Exception::out_of_range(message, "startIndex")
}

fn bad_count() -> Exception {
    let message =
        "Count must be positive and count must refer to a location within the string/array/collection.";
    Exception::out_of_range(message, "count")
}

/// The places from a start on, so many of them.
fn forward(
    size: usize,
    start: Option<i32>,
    length: Option<i32>,
) -> Result<std::ops::Range<usize>, Exception> {
    let start =
        usize::try_from(start.unwrap_or(0)).ok().filter(|start| *start <= size).ok_or_else(bad_start)?;
    let length = match length {
        None => size - start,
        Some(length) => {
            usize::try_from(length).ok().filter(|length| *length <= size - start).ok_or_else(bad_count)?
        }
    };
    Ok(start..start + length)
}

/// The places up to a start, so many of them, to be walked backwards.
fn backward(
    size: usize,
    start: Option<i32>,
    length: Option<i32>,
    empty: &[i32],
) -> Result<std::ops::Range<usize>, Exception> {
    if size == 0 {
        return match start {
            Some(start) if !empty.contains(&start) => Err(bad_start()),
            _ if length.is_some_and(|length| length != 0) => Err(bad_count()),
            _ => Ok(0..0),
        };
    }
    let last = i32::try_from(size).unwrap_or(i32::MAX) - 1;
    let start = start.unwrap_or(last);
    let place = usize::try_from(start).ok().filter(|start| *start < size).ok_or_else(bad_start)?;
    let length = length.unwrap_or(start + 1);
    let length = usize::try_from(length).ok().filter(|length| *length <= place + 1).ok_or_else(bad_count)?;
    Ok(place + 1 - length..place + 1)
}

fn number(args: &[Value], index: Option<usize>) -> Option<i32> {
    index.map(|index| int(args, index))
}

fn index_of(cx: &mut Cx<'_>, args: &[Value], start: Option<usize>, length: Option<usize>) -> Eval {
    let items = elements(cx, args, 0, "array")?;
    for at in forward(items.len(), number(args, start), number(args, length))? {
        if let Some(item) = items.get(at)
            && cx.equals(item, arg(args, 1))? == Value::Bool(true)
        {
            return Ok(count(at));
        }
    }
    Ok(Value::Int32(-1))
}

fn last_index_of(cx: &mut Cx<'_>, args: &[Value], start: Option<usize>, length: Option<usize>) -> Eval {
    let items = elements(cx, args, 0, "array")?;
    for at in backward(items.len(), number(args, start), number(args, length), &[-1, 0])?.rev() {
        if let Some(item) = items.get(at)
            && cx.equals(item, arg(args, 1))? == Value::Bool(true)
        {
            return Ok(count(at));
        }
    }
    Ok(Value::Int32(-1))
}

fn find_index(cx: &mut Cx<'_>, args: &[Value], start: Option<usize>, length: Option<usize>) -> Eval {
    let test = args.len().saturating_sub(1);
    let items = elements(cx, args, 0, "array")?;
    let places = forward(items.len(), number(args, start), number(args, length))?;
    list::needed(args, test, "match")?;
    for at in places {
        if let Some(item) = items.get(at)
            && is_true(cx, arg(args, test), item)?
        {
            return Ok(count(at));
        }
    }
    Ok(Value::Int32(-1))
}

fn find_last_index(cx: &mut Cx<'_>, args: &[Value], start: Option<usize>, length: Option<usize>) -> Eval {
    let test = args.len().saturating_sub(1);
    let items = searched(cx, args, test)?;
    for at in backward(items.len(), number(args, start), number(args, length), &[-1])?.rev() {
        if let Some(item) = items.get(at)
            && is_true(cx, arg(args, test), item)?
        {
            return Ok(count(at));
        }
    }
    Ok(Value::Int32(-1))
}

/// The place of a value, or the complement of where it would stand. The comparer, if any, follows the value.
fn binary_search(cx: &mut Cx<'_>, args: &[Value], range: Option<usize>, value: usize) -> Eval {
    let items = elements(cx, args, 0, "array")?;
    let (from, length) = match range {
        Some(index) => part(&items, args, index)?,
        None => (0, items.len()),
    };
    let (mut low, mut high) = (from, from + length);
    while low < high {
        let middle = low + (high - 1 - low) / 2;
        let item = items.get(middle).unwrap_or(&Value::Null);
        cx.burn(1)?;
        let order =
            compare_by(cx.heap, arg(args, value + 1), item, arg(args, value)).map_err(|exception| {
                if exception.is_limit() {
                    return exception;
                }
                Exception::invalid_operation("Failed to compare two elements in the array.")
            })?;
        match order {
            Ordering::Equal => return Ok(count(middle)),
            Ordering::Less => low = middle + 1,
            Ordering::Greater => high = middle,
        }
    }
    Ok(Value::Int32(!i32::try_from(low).unwrap_or(i32::MAX)))
}
