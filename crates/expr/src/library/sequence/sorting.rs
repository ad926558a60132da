//! Order: `Comparer<T>.Default`, comparers, and `OrderBy`.

use std::cmp::Ordering;

use crate::eval::Cx;
use crate::object::Object;
use crate::{Exception, Heap, Text, Value};

use super::{Cursor, SortKey, collect};
use crate::library::string::compare_invariant;

/// `OrderBy` and `ThenBy`: all keys of the first, then all keys of the next, then the stable sort.
pub(super) fn sorted(cx: &mut Cx<'_>, source: &Value, keys: &[SortKey]) -> Result<Cursor, Exception> {
    let items = collect(cx, source)?;
    let mut columns: Vec<Vec<Value>> = Vec::with_capacity(keys.len());
    for key in keys {
        let mut column = Vec::with_capacity(items.len());
        for item in &items {
            column.push(cx.invoke(&key.selector, std::slice::from_ref(item))?);
        }
        cx.heap.charge(column.len() * 24)?;
        columns.push(column);
    }
    let mut order: Vec<usize> = (0..items.len()).collect();
    let heap = &*cx.heap;
    let compared = sort_by(&mut order, |&a, &b| {
        for (column, key) in columns.iter().zip(keys) {
            let (a, b) = (column.get(a).unwrap_or(&Value::Null), column.get(b).unwrap_or(&Value::Null));
            let order = compare_by(heap, &key.comparer, a, b)?;
            if order.is_ne() {
                return Ok(if key.descending { order.reverse() } else { order });
            }
        }
        Ok(Ordering::Equal)
    })?;
    cx.burn(compared)?;
    let sorted: Vec<Value> = order.into_iter().filter_map(|at| items.get(at).cloned()).collect();
    Ok(Cursor::Items(sorted.into_iter()))
}

/// A stable sort whose comparison may fail; how many comparisons it took.
pub(crate) fn sort_by<T>(
    items: &mut [T],
    compare: impl Fn(&T, &T) -> Result<Ordering, Exception>,
) -> Result<u64, Exception> {
    let mut failed = None;
    let mut compared = 0;
    items.sort_by(|a, b| {
        compared += 1;
        if failed.is_some() {
            return Ordering::Equal;
        }
        compare(a, b).unwrap_or_else(|exception| {
            failed = Some(exception);
            Ordering::Equal
        })
    });
    failed.map_or(Ok(compared), Err)
}

/// `IComparer<T>.Compare`; null is the default comparer.
pub(crate) fn compare_by(heap: &Heap, comparer: &Value, a: &Value, b: &Value) -> Result<Ordering, Exception> {
    if comparer.is_null()
        && let Some(order) = crate::json::order(heap, a, b)
    {
        return order;
    }
    match heap.object(comparer) {
        Some(Object::Native(native)) => match native.comparer() {
            Some(comparer) => comparer.order(heap, a, b),
            None => compare_values(a, b),
        },
        _ => compare_values(a, b),
    }
}

/// `Comparer<T>.Default`: null first, text by the invariant culture.
pub(crate) fn compare_values(a: &Value, b: &Value) -> Result<Ordering, Exception> {
    use crate::code::Compare;
    use crate::eval::less;
    Ok(match (a, b) {
        (Value::Null, Value::Null) => Ordering::Equal,
        (Value::Null, _) => Ordering::Less,
        (_, Value::Null) => Ordering::Greater,
        (Value::Text(a), Value::Text(b)) => compare_invariant(a.as_str(), b.as_str(), false),
        (Value::Text(_), _) | (_, Value::Text(_)) => {
            let own = if matches!(a, Value::Text(_)) { "String" } else { number_name(a) };
            return Err(Exception::new("System.ArgumentException", format!("Object must be of type {own}.")));
        }
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Guid(a), Value::Guid(b)) => a.cmp(b),
        (Value::Ref(a), Value::Ref(b)) if a == b => Ordering::Equal,
        (Value::Ref(_), _) | (_, Value::Ref(_)) => {
            return Err(Exception::new(
                "System.ArgumentException",
                Text::from_static("At least one object must implement IComparable."),
            ));
        }
        _ if less(Compare::Less, a, b) => Ordering::Less,
        _ if less(Compare::Greater, a, b) => Ordering::Greater,
        // NaN sorts before every other number.
        (Value::Double(a), Value::Double(b)) => b.is_nan().cmp(&a.is_nan()),
        (Value::Single(a), Value::Single(b)) => b.is_nan().cmp(&a.is_nan()),
        _ => Ordering::Equal,
    })
}

/// The name that `CompareTo(object)` says it wants.
fn number_name(value: &Value) -> &'static str {
    match value {
        Value::Bool(_) => "Boolean",
        Value::Char(_) => "Char",
        Value::Double(_) => "Double",
        Value::Decimal(_) => "Decimal",
        Value::Int64(_) => "Int64",
        Value::DateTime(_) => "DateTime",
        Value::Guid(_) => "Guid",
        _ => "Int32",
    }
}
