//! Sorting arrays, as .NET does it: values that compare as equal may change places.

use crate::eval::{Cx, Eval};
use crate::{Exception, Value};

use super::copy::{bad_part, part};
use super::{elements, store};
use crate::library::arguments::{arg, int};
use crate::library::sequence::{compare_by, introsort};
use crate::library::{Row, list, member};

pub(super) const ROWS: &[Row] = &[
    member("static void Sort(Array array)", |cx, a| sort(cx, a, None, Order::By(&Value::Null))),
    member("static void Sort(Array array, IComparer comparer)", |cx, a| {
        sort(cx, a, None, Order::By(arg(a, 1)))
    }),
    member("static void Sort(Array array, int index, int length)", |cx, a| {
        sort(cx, a, Some(1), Order::By(&Value::Null))
    }),
    member("static void Sort(Array array, int index, int length, IComparer comparer)", |cx, a| {
        sort(cx, a, Some(1), Order::By(arg(a, 3)))
    }),
    member("static void Sort(Array keys, Array items)", |cx, a| sort_both(cx, a, None, &Value::Null)),
    member("static void Sort(Array keys, Array items, IComparer comparer)", |cx, a| {
        sort_both(cx, a, None, arg(a, 2))
    }),
    member("static void Sort(Array keys, Array items, int index, int length)", |cx, a| {
        sort_both(cx, a, Some(2), &Value::Null)
    }),
    member(
        "static void Sort(Array keys, Array items, int index, int length, IComparer comparer)",
        |cx, a| sort_both(cx, a, Some(2), arg(a, 4)),
    ),
    member("static void Sort<T>(T[] array)", |cx, a| sort(cx, a, None, Order::By(&Value::Null))),
    member("static void Sort<T>(T[] array, IComparer<T> comparer)", |cx, a| {
        sort(cx, a, None, Order::By(arg(a, 1)))
    }),
    member("static void Sort<T>(T[] array, Comparison<T> comparison)", |cx, a| {
        elements(cx, a, 0, "array")?;
        list::needed(a, 1, "comparison")?;
        sort(cx, a, None, Order::Lambda(arg(a, 1)))
    }),
    member("static void Sort<T>(T[] array, int index, int length)", |cx, a| {
        sort(cx, a, Some(1), Order::By(&Value::Null))
    }),
    member("static void Sort<T>(T[] array, int index, int length, IComparer<T> comparer)", |cx, a| {
        sort(cx, a, Some(1), Order::By(arg(a, 3)))
    }),
    member("static void Sort<TKey, TValue>(TKey[] keys, TValue[] items)", |cx, a| {
        sort_both(cx, a, None, &Value::Null)
    }),
    member(
        "static void Sort<TKey, TValue>(TKey[] keys, TValue[] items, IComparer<TKey> comparer)",
        |cx, a| sort_both(cx, a, None, arg(a, 2)),
    ),
    member("static void Sort<TKey, TValue>(TKey[] keys, TValue[] items, int index, int length)", |cx, a| {
        sort_both(cx, a, Some(2), &Value::Null)
    }),
    member(
        "static void Sort<TKey, TValue>(TKey[] keys, TValue[] items, int index, int length, IComparer<TKey> comparer)",
        |cx, a| sort_both(cx, a, Some(2), arg(a, 4)),
    ),
];

/// What is sorted by.
#[derive(Clone, Copy)]
enum Order<'v> {
    By(&'v Value),
    Lambda(&'v Value),
}

impl Order<'_> {
    fn of(self, cx: &mut Cx<'_>, a: &Value, b: &Value) -> Result<std::cmp::Ordering, Exception> {
        cx.burn(1)?;
        match self {
            Self::By(comparer) => compare_by(cx.heap, comparer, a, b),
            Self::Lambda(lambda) => Ok(int(&[cx.invoke(lambda, &[a.clone(), b.clone()])?], 0).cmp(&0)),
        }
    }
}

/// COMPAT: whatever a comparison throws is wrapped (.NET Framework reference source, `ArraySortHelper`).
fn wrapped(sorted: Result<(), Exception>) -> Result<(), Exception> {
    sorted.map_err(|exception| {
        if exception.is_limit() {
            return exception;
        }
        Exception::invalid_operation("Failed to compare two elements in the array.")
    })
}

fn sort(cx: &mut Cx<'_>, args: &[Value], range: Option<usize>, order: Order<'_>) -> Eval {
    let mut items = elements(cx, args, 0, "array")?;
    let (from, length) = match range {
        Some(index) => part(&items, args, index)?,
        None => (0, items.len()),
    };
    let slice = items.get_mut(from..from + length).unwrap_or_default();
    wrapped(introsort(slice, &mut |a, b| order.of(cx, a, b)))?;
    store(cx, arg(args, 0), &items)
}

/// Sorts keys, and items with them: places are sorted, then both arrays are put in that order.
fn sort_both(cx: &mut Cx<'_>, args: &[Value], range: Option<usize>, comparer: &Value) -> Eval {
    if arg(args, 1).is_null() {
        return sort_keys(cx, args, range, comparer);
    }
    let keys = elements(cx, args, 0, "keys")?;
    let items = elements(cx, args, 1, "items")?;
    let (from, length) = match range {
        Some(index) => part(&keys, args, index)?,
        None => (0, keys.len()),
    };
    if items.len() < from + length {
        return Err(bad_part());
    }
    let mut places: Vec<Value> =
        (from..from + length).map(|at| Value::Int32(i32::try_from(at).unwrap_or(0))).collect();
    let place = |value: &Value| usize::try_from(int(std::slice::from_ref(value), 0)).unwrap_or(0);
    let at = |all: &[Value], value: &Value| all.get(place(value)).cloned().unwrap_or(Value::Null);
    wrapped(introsort(&mut places, &mut |a, b| Order::By(comparer).of(cx, &at(&keys, a), &at(&keys, b))))?;
    for (index, all) in [(0, &keys), (1, &items)] {
        let sorted: Vec<Value> = places.iter().map(|place| at(all, place)).collect();
        list::write(cx, arg(args, index), from, &sorted)?;
    }
    Ok(Value::Null)
}

fn sort_keys(cx: &mut Cx<'_>, args: &[Value], range: Option<usize>, comparer: &Value) -> Eval {
    elements(cx, args, 0, "keys")?;
    match range {
        Some(_) => {
            let own = [arg(args, 0).clone(), arg(args, 2).clone(), arg(args, 3).clone()];
            sort(cx, &own, Some(1), Order::By(comparer))
        }
        None => sort(cx, args, None, Order::By(comparer)),
    }
}
