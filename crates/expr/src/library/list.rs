//! `List<T>`, and what arrays can do as lists.

use crate::eval::{Cx, Eval, default_value};
use crate::object::Object;
use crate::{Exception, Value};

use super::arguments::{arg, count, int};
use super::sequence::{collect, compare_values, is_true};
use super::{TypeSpec, member, setter};

pub(super) const TYPES: &[TypeSpec] = &[TypeSpec {
    bases: &["IList<T>", "IReadOnlyList<T>"],
    members: &[
        member("new()", |cx, _| make(cx, Vec::new())),
        member("new(int capacity)", |cx, _| make(cx, Vec::new())),
        member("new(IEnumerable<T> collection)", |cx, a| {
            let items = collect(cx, arg(a, 0))?;
            make(cx, items)
        }),
        member("int Count", |cx, a| count_of(cx, arg(a, 0))),
        member("T this[int index]", get),
        setter("T this[int index]", set),
        member("void Add(T item)", add),
        member("void AddRange(IEnumerable<T> collection)", |cx, a| {
            let new = collect(cx, arg(a, 1))?;
            cx.heap.charge(new.len() * 24)?;
            change(cx, a, |items| {
                items.extend(new);
                Ok(Value::Null)
            })
        }),
        member("void Clear()", clear),
        member("bool Contains(T item)", contains),
        member("bool Remove(T item)", remove),
        member("int RemoveAll(Predicate<T> match)", |cx, a| {
            let mut kept = Vec::new();
            let all = collect(cx, arg(a, 0))?;
            let before = all.len();
            for item in all {
                if !is_true(cx, arg(a, 1), &item)? {
                    kept.push(item);
                }
            }
            let removed = before - kept.len();
            change(cx, a, |items| {
                *items = kept;
                Ok(count(removed))
            })
        }),
        member("void RemoveAt(int index)", remove_at),
        member("void RemoveRange(int index, int count)", |cx, a| {
            let range = usize::try_from(int(a, 1)).ok().zip(usize::try_from(int(a, 2)).ok());
            change(cx, a, |items| match range {
                Some((from, length)) if from + length <= items.len() => {
                    items.drain(from..from + length);
                    Ok(Value::Null)
                }
                _ => Err(bad_range()),
            })
        }),
        member("int IndexOf(T item)", index_of),
        member("void Insert(int index, T item)", insert),
        member("void Reverse()", |cx, a| {
            change(cx, a, |items| {
                items.reverse();
                Ok(Value::Null)
            })
        }),
        member("void Sort()", |cx, a| {
            change(cx, a, |items| {
                let mut failed = None;
                items.sort_by(|x, y| {
                    compare_values(x, y).unwrap_or_else(|exception| {
                        failed = Some(exception);
                        std::cmp::Ordering::Equal
                    })
                });
                failed.map_or(Ok(Value::Null), Err)
            })
        }),
        member("T[] ToArray()", |cx, a| {
            let items = collect(cx, arg(a, 0))?;
            let element = cx.type_arg(0);
            cx.heap.array(element, items)
        }),
        member("List<T> GetRange(int index, int count)", |cx, a| {
            let all = collect(cx, arg(a, 0))?;
            let range = usize::try_from(int(a, 1)).ok().zip(usize::try_from(int(a, 2)).ok());
            let part = range.and_then(|(from, length)| all.get(from..from.checked_add(length)?));
            let part = part.ok_or_else(bad_range)?.to_vec();
            make(cx, part)
        }),
        member("bool Exists(Predicate<T> match)", |cx, a| Ok(Value::Bool(find(cx, a)?.is_some()))),
        member("T Find(Predicate<T> match)", |cx, a| {
            Ok(find(cx, a)?.map_or_else(|| default_value(&cx.type_arg(0)), |(_, item)| item))
        }),
        member("int FindIndex(Predicate<T> match)", |cx, a| {
            Ok(find(cx, a)?.map_or(Value::Int32(-1), |(at, _)| count(at)))
        }),
        member("List<T> FindAll(Predicate<T> match)", |cx, a| {
            let mut found = Vec::new();
            for item in collect(cx, arg(a, 0))? {
                if is_true(cx, arg(a, 1), &item)? {
                    found.push(item);
                }
            }
            make(cx, found)
        }),
        member("bool TrueForAll(Predicate<T> match)", |cx, a| {
            for item in collect(cx, arg(a, 0))? {
                if !is_true(cx, arg(a, 1), &item)? {
                    return Ok(Value::Bool(false));
                }
            }
            Ok(Value::Bool(true))
        }),
        member("void ForEach(Action<T> action)", |cx, a| {
            for item in collect(cx, arg(a, 0))? {
                cx.invoke(arg(a, 1), &[item])?;
            }
            Ok(Value::Null)
        }),
    ],
    unbuilt: &["AsReadOnly", "BinarySearch", "Capacity", "ConvertAll", "CopyTo", "FindLast", "FindLastIndex", "InsertRange", "LastIndexOf", "TrimExcess", "GetEnumerator"],
    ..TypeSpec::class("System.Collections.Generic.List<T>", "api/system.collections.generic.list-1")
}];

fn make(cx: &mut Cx<'_>, items: Vec<Value>) -> Eval {
    let element = cx.type_arg(0);
    cx.heap.make(Object::List { element, items })
}

fn bad_index() -> Exception {
    Exception::out_of_range(
        "Index was out of range. Must be non-negative and less than the size of the collection.",
        "index",
    )
}

fn bad_range() -> Exception {
    Exception::new(
        "System.ArgumentException",
        crate::Text::from_static("Offset and length were out of bounds for the array or count is greater than the number of elements from index to the end of the source collection."),
    )
}

fn change(
    cx: &mut Cx<'_>,
    args: &[Value],
    with: impl FnOnce(&mut Vec<Value>) -> Eval,
) -> Eval {
    match cx.heap.object_mut(arg(args, 0)) {
        Some(Object::List { items, .. }) => with(items),
        Some(Object::Array { .. } | Object::Bytes { .. }) => {
            Err(Exception::new("System.NotSupportedException", crate::Text::from_static("Collection was of a fixed size.")))
        }
        _ => Err(Exception::null_reference()),
    }
}

/// `Count` of anything countable.
pub(crate) fn count_of(cx: &mut Cx<'_>, value: &Value) -> Eval {
    match cx.heap.object(value) {
        Some(Object::List { items, .. } | Object::Array { items, .. }) => Ok(count(items.len())),
        Some(Object::Bytes { bytes, .. }) => Ok(count(bytes.len())),
        Some(Object::Dictionary(dictionary)) => Ok(count(dictionary.len())),
        Some(Object::Set(set)) => Ok(count(set.len())),
        _ => Ok(count(collect(cx, value)?.len())),
    }
}

pub(crate) fn get(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let at = usize::try_from(int(args, 1)).ok();
    let item = match cx.heap.object(arg(args, 0)) {
        Some(Object::List { items, .. }) => at.and_then(|at| items.get(at)).cloned(),
        Some(Object::Array { items, .. }) => {
            return at.and_then(|at| items.get(at)).cloned().ok_or_else(Exception::index_out_of_range);
        }
        Some(Object::Bytes { bytes, .. }) => at.and_then(|at| bytes.get(at)).map(|&byte| Value::Byte(byte)),
        _ => return Err(Exception::null_reference()),
    };
    item.ok_or_else(bad_index)
}

pub(crate) fn set(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let at = usize::try_from(int(args, 1)).ok();
    match cx.heap.object_mut(arg(args, 0)) {
        Some(Object::List { items, .. } | Object::Array { items, .. }) => {
            let place = at.and_then(|at| items.get_mut(at)).ok_or_else(bad_index)?;
            *place = arg(args, 2).clone();
            Ok(Value::Null)
        }
        _ => Err(Exception::null_reference()),
    }
}

pub(crate) fn add(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    cx.heap.charge(24)?;
    change(cx, args, |items| {
        items.push(arg(args, 1).clone());
        Ok(Value::Null)
    })
}

pub(crate) fn clear(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    change(cx, args, |items| {
        items.clear();
        Ok(Value::Null)
    })
}

fn position(cx: &mut Cx<'_>, args: &[Value]) -> Result<Option<usize>, Exception> {
    for (at, item) in collect(cx, arg(args, 0))?.iter().enumerate() {
        if cx.equals(item, arg(args, 1))? == Value::Bool(true) {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

pub(crate) fn contains(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    Ok(Value::Bool(position(cx, args)?.is_some()))
}

pub(crate) fn index_of(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    Ok(position(cx, args)?.map_or(Value::Int32(-1), count))
}

pub(crate) fn remove(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let found = position(cx, args)?;
    change(cx, args, |items| {
        if let Some(at) = found {
            items.remove(at);
        }
        Ok(Value::Bool(found.is_some()))
    })
}

pub(crate) fn remove_at(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let at = usize::try_from(int(args, 1)).ok();
    change(cx, args, |items| match at.filter(|at| *at < items.len()) {
        Some(at) => {
            items.remove(at);
            Ok(Value::Null)
        }
        None => Err(bad_index()),
    })
}

pub(crate) fn insert(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    cx.heap.charge(24)?;
    let at = usize::try_from(int(args, 1)).ok();
    change(cx, args, |items| match at.filter(|at| *at <= items.len()) {
        Some(at) => {
            items.insert(at, arg(args, 2).clone());
            Ok(Value::Null)
        }
        None => Err(Exception::out_of_range("Index must be within the bounds of the List.", "index")),
    })
}

fn find(cx: &mut Cx<'_>, args: &[Value]) -> Result<Option<(usize, Value)>, Exception> {
    for (at, item) in collect(cx, arg(args, 0))?.into_iter().enumerate() {
        if is_true(cx, arg(args, 1), &item)? {
            return Ok(Some((at, item)));
        }
    }
    Ok(None)
}
