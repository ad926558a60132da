//! `List<T>`, and what every collection does as an `ICollection<T>` or `IList<T>`.
//!
//! The capacity of a list is that of the memory behind it, which grows as .NET's does: 4, then double.

mod search;

use crate::eval::{Cx, Eval, default_value};
use crate::object::Object;
use crate::{Exception, Text, Value};

use super::arguments::{arg, count, int};
use super::sequence::{collect, compare_by, introsort, is_true};
use super::{TypeSpec, member, setter, views};

use search::{
    bad_index, binary_search, find, find_index, find_last, find_last_index, index_from,
    last_index, non_negative, range,
};
pub(crate) use search::{contains, index_of};

pub(super) const TYPES: &[TypeSpec] = &[TypeSpec {
    bases: &["IList<T>", "IReadOnlyList<T>"],
    members: &[
        member("new()", |cx, _| make(cx, Vec::new())),
        member("new(int capacity)", |cx, a| {
            let capacity = non_negative(a, 0, "capacity")?;
            cx.heap.charge(capacity.saturating_mul(24))?;
            make(cx, Vec::with_capacity(capacity))
        }),
        member("new(IEnumerable<T> collection)", |cx, a| {
            let items = given(cx, a, 0)?;
            make(cx, items)
        }),
        member("int Capacity", |cx, a| match cx.heap.object(arg(a, 0)) {
            Some(Object::List { items, .. }) => Ok(count(items.capacity())),
            _ => Err(Exception::null_reference()),
        }),
        setter("int Capacity", set_capacity),
        member("int Count", |cx, a| count_of(cx, arg(a, 0))),
        member("T this[int index]", get),
        setter("T this[int index]", set),
        member("void Add(T item)", add),
        member("void AddRange(IEnumerable<T> collection)", |cx, a| {
            let new = given(cx, a, 1)?;
            let at = length(cx, arg(a, 0)).unwrap_or(0);
            splice(cx, a, at, new)
        }),
        member("ReadOnlyCollection<T> AsReadOnly()", |cx, a| views::read_only(cx, arg(a, 0))),
        member("int BinarySearch(T item)", |cx, a| binary_search(cx, a, None, 1)),
        member("int BinarySearch(T item, IComparer<T> comparer)", |cx, a| binary_search(cx, a, None, 1)),
        member("int BinarySearch(int index, int count, T item, IComparer<T> comparer)", |cx, a| {
            let part = range(cx, a, 1, 2)?;
            binary_search(cx, a, Some(part), 3)
        }),
        member("void Clear()", clear),
        member("bool Contains(T item)", contains),
        member("List<R> ConvertAll<R>(Converter<T, R> converter)", |cx, a| {
            needed(a, 1, "converter")?;
            let mut made = Vec::new();
            for item in collect(cx, arg(a, 0))? {
                made.push(cx.invoke(arg(a, 1), &[item])?);
            }
            let element = cx.type_arg(1);
            cx.heap.make(Object::List { element, items: made })
        }),
        member("void CopyTo(T[] array)", |cx, a| copy(cx, arg(a, 0), arg(a, 1), (0, usize::MAX), 0)),
        member("void CopyTo(T[] array, int arrayIndex)", |cx, a| copy(cx, arg(a, 0), arg(a, 1), (0, usize::MAX), int(a, 2))),
        member("void CopyTo(int index, T[] array, int arrayIndex, int count)", |cx, a| {
            let part = range(cx, a, 1, 4)?;
            copy(cx, arg(a, 0), arg(a, 2), part, int(a, 3))
        }),
        member("bool Exists(Predicate<T> match)", |cx, a| Ok(Value::Bool(find(cx, a)?.is_some()))),
        member("T Find(Predicate<T> match)", |cx, a| found_or_default(cx, a, find)),
        member("List<T> FindAll(Predicate<T> match)", |cx, a| {
            needed(a, 1, "match")?;
            let mut found = Vec::new();
            for item in collect(cx, arg(a, 0))? {
                if is_true(cx, arg(a, 1), &item)? {
                    found.push(item);
                }
            }
            make(cx, found)
        }),
        member("int FindIndex(Predicate<T> match)", find_index),
        member("int FindIndex(int startIndex, Predicate<T> match)", find_index),
        member("int FindIndex(int startIndex, int count, Predicate<T> match)", find_index),
        member("T FindLast(Predicate<T> match)", |cx, a| found_or_default(cx, a, find_last)),
        member("int FindLastIndex(Predicate<T> match)", find_last_index),
        member("int FindLastIndex(int startIndex, Predicate<T> match)", find_last_index),
        member("int FindLastIndex(int startIndex, int count, Predicate<T> match)", find_last_index),
        member("void ForEach(Action<T> action)", for_each),
        member("IEnumerator<T> GetEnumerator()", views::enumerator),
        member("List<T> GetRange(int index, int count)", |cx, a| {
            let (from, length) = range(cx, a, 1, 2)?;
            let part = collect(cx, arg(a, 0))?.into_iter().skip(from).take(length).collect();
            make(cx, part)
        }),
        member("int IndexOf(T item)", index_of),
        member("int IndexOf(T item, int index)", index_from),
        member("int IndexOf(T item, int index, int count)", index_from),
        member("void Insert(int index, T item)", insert),
        member("void InsertRange(int index, IEnumerable<T> collection)", |cx, a| {
            let new = given(cx, a, 2)?;
            let length = length(cx, arg(a, 0)).unwrap_or(0);
            let at = usize::try_from(int(a, 1)).ok().filter(|at| *at <= length).ok_or_else(bad_index)?;
            splice(cx, a, at, new)
        }),
        member("int LastIndexOf(T item)", last_index),
        member("int LastIndexOf(T item, int index)", last_index),
        member("int LastIndexOf(T item, int index, int count)", last_index),
        member("bool Remove(T item)", remove),
        member("int RemoveAll(Predicate<T> match)", remove_all),
        member("void RemoveAt(int index)", remove_at),
        member("void RemoveRange(int index, int count)", |cx, a| {
            let (from, length) = range(cx, a, 1, 2)?;
            change(cx, a, |items| {
                items.drain(from..from + length);
                Ok(Value::Null)
            })
        }),
        member("void Reverse()", |cx, a| {
            change(cx, a, |items| {
                items.reverse();
                Ok(Value::Null)
            })
        }),
        member("void Reverse(int index, int count)", |cx, a| {
            let (from, length) = range(cx, a, 1, 2)?;
            change(cx, a, |items| {
                items.get_mut(from..from + length).unwrap_or_default().reverse();
                Ok(Value::Null)
            })
        }),
        member("void Sort()", |cx, a| sort(cx, a, None, Order::By(&Value::Null))),
        member("void Sort(IComparer<T> comparer)", |cx, a| sort(cx, a, None, Order::By(arg(a, 1)))),
        member("void Sort(int index, int count, IComparer<T> comparer)", |cx, a| {
            let part = range(cx, a, 1, 2)?;
            sort(cx, a, Some(part), Order::By(arg(a, 3)))
        }),
        member("void Sort(Comparison<T> comparison)", |cx, a| {
            needed(a, 1, "comparison")?;
            sort(cx, a, None, Order::Lambda(arg(a, 1)))
        }),
        member("T[] ToArray()", |cx, a| {
            let items = collect(cx, arg(a, 0))?;
            let element = cx.type_arg(0);
            cx.heap.array(element, items)
        }),
        member("void TrimExcess()", |cx, a| {
            change(cx, a, |items| {
                if items.len() < items.capacity() / 10 * 9 + items.capacity() % 10 * 9 / 10 {
                    items.shrink_to_fit();
                }
                Ok(Value::Null)
            })
        }),
        member("bool TrueForAll(Predicate<T> match)", |cx, a| {
            needed(a, 1, "match")?;
            for item in collect(cx, arg(a, 0))? {
                if !is_true(cx, arg(a, 1), &item)? {
                    return Ok(Value::Bool(false));
                }
            }
            Ok(Value::Bool(true))
        }),
    ],
    ..TypeSpec::class("System.Collections.Generic.List<T>", "api/system.collections.generic.list-1")
}];

fn make(cx: &mut Cx<'_>, items: Vec<Value>) -> Eval {
    let element = cx.type_arg(0);
    cx.heap.make(Object::List { element, items })
}

/// An argument that must not be null.
pub(crate) fn needed(args: &[Value], index: usize, name: &str) -> Result<(), Exception> {
    if arg(args, index).is_null() { Err(Exception::argument_null(name)) } else { Ok(()) }
}

/// The elements of a sequence named `collection`.
fn given(cx: &mut Cx<'_>, args: &[Value], index: usize) -> Result<Vec<Value>, Exception> {
    needed(args, index, "collection")?;
    collect(cx, arg(args, index))
}

/// Finds a place and the element there.
type Find = fn(&mut Cx<'_>, &[Value]) -> Result<Option<(usize, Value)>, Exception>;

fn found_or_default(
    cx: &mut Cx<'_>,
    args: &[Value],
    find: Find,
) -> Eval {
    Ok(find(cx, args)?.map_or_else(|| default_value(&cx.type_arg(0)), |(_, item)| item))
}

fn fixed(message: &'static str) -> Exception {
    Exception::new("System.NotSupportedException", Text::from_static(message))
}

/// Changes a list; its enumerators notice.
fn change(cx: &mut Cx<'_>, args: &[Value], with: impl FnOnce(&mut Vec<Value>) -> Eval) -> Eval {
    let list = arg(args, 0);
    if views::is_read_only(cx.heap, list) {
        return Err(fixed("Collection is read-only."));
    }
    match cx.heap.object_mut(list) {
        Some(Object::List { items, .. }) => {
            let result = with(items);
            cx.heap.changed(list);
            result
        }
        Some(Object::Array { .. } | Object::Bytes { .. }) => Err(fixed("Collection was of a fixed size.")),
        Some(_) => Err(Exception::new(
            "System.NotSupportedException",
            Text::from_static("Specified method is not supported."),
        )),
        None => Err(Exception::null_reference()),
    }
}

/// Room for one more: 4 at first, then double.
fn make_room(items: &mut Vec<Value>, more: usize) {
    let needed = items.len().saturating_add(more);
    if needed > items.capacity() {
        let capacity = (items.capacity() * 2).max(4).max(needed);
        items.reserve_exact(capacity - items.len());
    }
}

fn splice(cx: &mut Cx<'_>, args: &[Value], at: usize, new: Vec<Value>) -> Eval {
    cx.heap.charge(new.len().saturating_mul(24))?;
    change(cx, args, |items| {
        make_room(items, new.len());
        items.splice(at..at, new);
        Ok(Value::Null)
    })
}

fn set_capacity(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let wanted = usize::try_from(int(args, 1)).unwrap_or(0);
    cx.heap.charge(wanted.saturating_mul(24))?;
    match cx.heap.object_mut(arg(args, 0)) {
        Some(Object::List { items, .. }) if wanted >= items.len() && int(args, 1) >= 0 => {
            items.shrink_to(wanted);
            items.reserve_exact(wanted - items.len());
            Ok(Value::Null)
        }
        Some(Object::List { .. }) => {
            Err(Exception::out_of_range("capacity was less than the current size.", "value"))
        }
        _ => Err(Exception::null_reference()),
    }
}

/// How many elements a collection has; none for what has to be walked.
pub(crate) fn length(cx: &Cx<'_>, value: &Value) -> Option<usize> {
    match cx.heap.object(value)? {
        Object::List { items, .. } | Object::Array { items, .. } => Some(items.len()),
        Object::Bytes { bytes, .. } => Some(bytes.len()),
        Object::Dictionary(dictionary) if dictionary.elsewhere.is_empty() => Some(dictionary.len()),
        Object::Set(set) => Some(set.len()),
        Object::Native(_) => views::count_in(cx, &views::of(cx.heap, value)?),
        _ => None,
    }
}

/// `Count` of anything countable.
pub(crate) fn count_of(cx: &mut Cx<'_>, value: &Value) -> Eval {
    match length(cx, value) {
        Some(length) => Ok(count(length)),
        None => Ok(count(collect(cx, value)?.len())),
    }
}

/// The list behind a read-only one.
fn behind(cx: &Cx<'_>, value: &Value) -> Value {
    match views::of(cx.heap, value) {
        Some(views::View::Whole(list)) => list,
        _ => value.clone(),
    }
}

pub(crate) fn get(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let at = usize::try_from(int(args, 1)).ok();
    let list = behind(cx, arg(args, 0));
    let item = match cx.heap.object(&list) {
        Some(Object::List { items, .. } | Object::Array { items, .. }) => {
            at.and_then(|at| items.get(at)).cloned()
        }
        Some(Object::Bytes { bytes, .. }) => at.and_then(|at| bytes.get(at)).map(|&byte| Value::Byte(byte)),
        Some(_) => at.and_then(|at| collect(cx, &list).ok()?.get(at).cloned()),
        None => return Err(Exception::null_reference()),
    };
    item.ok_or_else(bad_index)
}

pub(crate) fn set(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let list = arg(args, 0);
    let at = usize::try_from(int(args, 1)).ok();
    match cx.heap.object_mut(list) {
        Some(Object::List { items, .. } | Object::Array { items, .. }) => {
            let place = at.and_then(|at| items.get_mut(at)).ok_or_else(bad_index)?;
            *place = arg(args, 2).clone();
            cx.heap.changed(list);
            Ok(Value::Null)
        }
        Some(Object::Bytes { bytes, .. }) => {
            let place = at.and_then(|at| bytes.get_mut(at)).ok_or_else(bad_index)?;
            if let Value::Byte(byte) = arg(args, 2) {
                *place = *byte;
            }
            Ok(Value::Null)
        }
        Some(_) => change(cx, args, |_| Ok(Value::Null)),
        None => Err(Exception::null_reference()),
    }
}

pub(crate) fn add(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    match cx.heap.object(arg(args, 0)) {
        Some(Object::Set(_)) => return super::sets::add(cx, args),
        Some(Object::Dictionary(_)) => return super::dictionary::add_pair(cx, args),
        _ => {}
    }
    cx.heap.charge(24)?;
    change(cx, args, |items| {
        make_room(items, 1);
        items.push(arg(args, 1).clone());
        Ok(Value::Null)
    })
}

pub(crate) fn clear(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    match cx.heap.object_mut(arg(args, 0)) {
        Some(Object::Set(set)) => set.clear(),
        Some(Object::Dictionary(dictionary)) => dictionary.clear(),
        Some(Object::Array { .. } | Object::Bytes { .. }) => return Err(fixed("Collection is read-only.")),
        _ => {
            return change(cx, args, |items| {
                items.clear();
                Ok(Value::Null)
            });
        }
    }
    Ok(Value::Null)
}

pub(crate) fn remove(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    match cx.heap.object(arg(args, 0)) {
        Some(Object::Set(_)) => return super::sets::remove(cx, args),
        Some(Object::Dictionary(_)) => return super::dictionary::remove_pair(cx, args),
        _ => {}
    }
    match search::position(cx, args)? {
        Some(at) => change(cx, args, |items| {
            if at < items.len() {
                items.remove(at);
            }
            Ok(Value::Bool(true))
        }),
        None if matches!(cx.heap.object(arg(args, 0)), Some(Object::List { .. })) => Ok(Value::Bool(false)),
        None => change(cx, args, |_| Ok(Value::Bool(false))),
    }
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
            make_room(items, 1);
            items.insert(at, arg(args, 2).clone());
            Ok(Value::Null)
        }
        None => Err(Exception::out_of_range("Index must be within the bounds of the List.", "index")),
    })
}

fn remove_all(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    needed(args, 1, "match")?;
    let all = collect(cx, arg(args, 0))?;
    let before = all.len();
    let mut kept = Vec::new();
    for item in all {
        if !is_true(cx, arg(args, 1), &item)? {
            kept.push(item);
        }
    }
    let removed = before - kept.len();
    if removed == 0 {
        return Ok(count(0));
    }
    change(cx, args, |items| {
        items.clear();
        items.extend(kept);
        Ok(count(removed))
    })
}

/// COMPAT: a list that the action changes ends the walk after that action (.NET Framework since 4.5).
fn for_each(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    needed(args, 1, "action")?;
    let mut cursor = super::sequence::Cursor::over(cx, arg(args, 0))?;
    while let Some(item) = cursor.next(cx)? {
        cx.invoke(arg(args, 1), &[item])?;
    }
    Ok(Value::Null)
}

/// What a list is sorted by.
enum Order<'v> {
    By(&'v Value),
    Lambda(&'v Value),
}

fn sort(cx: &mut Cx<'_>, args: &[Value], part: Option<(usize, usize)>, order: Order<'_>) -> Eval {
    let mut items = collect(cx, arg(args, 0))?;
    let (from, length) = part.unwrap_or((0, items.len()));
    let part = items.get_mut(from..from + length).unwrap_or_default();
    let sorted = introsort(part, &mut |a, b| {
        cx.burn(1)?;
        match order {
            Order::By(comparer) => compare_by(cx.heap, comparer, a, b),
            Order::Lambda(lambda) => Ok(int(&[cx.invoke(lambda, &[a.clone(), b.clone()])?], 0).cmp(&0)),
        }
    });
    match sorted {
        // COMPAT: whatever a comparison throws is wrapped (.NET Framework reference source, `ArraySortHelper`).
        Err(exception) if !exception.is_limit() => {
            return Err(Exception::invalid_operation("Failed to compare two elements in the array."));
        }
        other => other?,
    }
    change(cx, args, |own| {
        for (place, item) in own.iter_mut().zip(items) {
            *place = item;
        }
        Ok(Value::Null)
    })
}

/// `ICollection<T>.CopyTo` of anything but lists.
pub(crate) fn copy_to(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let source = behind(cx, arg(args, 0));
    if matches!(cx.heap.object(&source), Some(Object::List { .. } | Object::Array { .. })) {
        return copy(cx, &source, arg(args, 1), (0, usize::MAX), int(args, 2));
    }
    needed(args, 1, "array")?;
    let room = length(cx, arg(args, 1)).unwrap_or(0);
    let at = usize::try_from(int(args, 2)).ok().filter(|at| *at <= room);
    let at = at.ok_or_else(|| Exception::out_of_range("Non-negative number required.", "index"))?;
    let items = collect(cx, &source)?;
    if items.len() > room - at {
        let message = "Destination array is not long enough to copy all the items in the collection. Check array index and length.";
        return Err(Exception::new("System.ArgumentException", Text::from_static(message)));
    }
    write(cx, arg(args, 1), at, &items)
}

/// Copies a part of a list into an array, as `Array.Copy` does it.
fn copy(cx: &mut Cx<'_>, list: &Value, array: &Value, (from, length): (usize, usize), at: i32) -> Eval {
    if array.is_null() {
        return Err(Exception::argument_null("dest"));
    }
    let items: Vec<Value> = collect(cx, list)?.into_iter().skip(from).take(length).collect();
    let at = usize::try_from(at).map_err(|_| {
        let message = "Number was less than the array's lower bound in the first dimension.";
        Exception::out_of_range(message, "dstIndex")
    })?;
    let room = self::length(cx, array).unwrap_or(0);
    if room.saturating_sub(at) < items.len() || at > room {
        let message = "Destination array was not long enough. Check destIndex and length, and the array's lower bounds.";
        return Err(Exception::new("System.ArgumentException", Text::from_static(message)));
    }
    write(cx, array, at, &items)
}

pub(crate) fn write(cx: &mut Cx<'_>, array: &Value, at: usize, new: &[Value]) -> Eval {
    match cx.heap.object_mut(array) {
        Some(Object::Array { items, .. }) => {
            for (place, item) in items.iter_mut().skip(at).zip(new) {
                *place = item.clone();
            }
        }
        Some(Object::Bytes { bytes, .. }) => {
            for (place, item) in bytes.iter_mut().skip(at).zip(new) {
                if let Value::Byte(byte) = item {
                    *place = *byte;
                }
            }
        }
        _ => return Err(Exception::null_reference()),
    }
    Ok(Value::Null)
}

