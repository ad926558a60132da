//! `System.Array`: what `T[]` can do beside being indexed, and the static methods.

use crate::eval::{Cx, Eval, default_value, runtime_type};
use crate::object::Object;
use crate::types::Type;
use crate::{Exception, Text, Value};

use super::arguments::{arg, count, int};
use super::sequence::{collect, compare_values, is_true};
use super::{TypeSpec, member};

pub(super) const TYPES: &[TypeSpec] = &[TypeSpec {
    bases: &["IEnumerable"],
    members: &[
        member("int Length", |cx, a| length(cx, arg(a, 0)).map(count)),
        member("long LongLength", |cx, a| Ok(Value::Int64(length(cx, arg(a, 0))?.try_into().unwrap_or(0)))),
        member("int Rank", |_, _| Ok(Value::Int32(1))),
        member("int GetLength(int dimension)", |cx, a| length(cx, arg(a, 0)).map(count)),
        member("object GetValue(int index)", |cx, a| {
            let items = collect(cx, arg(a, 0))?;
            let at = usize::try_from(int(a, 1)).ok();
            at.and_then(|at| items.get(at)).cloned().ok_or_else(Exception::index_out_of_range)
        }),
        member("object Clone()", |cx, a| {
            let items = collect(cx, arg(a, 0))?;
            rebuilt(cx, arg(a, 0), items)
        }),
        member("static void Copy(Array sourceArray, Array destinationArray, int length)", |cx, a| {
            copy(cx, a, 0, 1, [0, 0, int(a, 2)])
        }),
        member("static void Copy(Array sourceArray, int sourceIndex, Array destinationArray, int destinationIndex, int length)", |cx, a| {
            copy(cx, a, 0, 2, [int(a, 1), int(a, 3), int(a, 4)])
        }),
        member("static void Reverse(Array array)", |cx, a| {
            let mut items = collect(cx, arg(a, 0))?;
            items.reverse();
            store(cx, arg(a, 0), items)
        }),
        member("static void Sort<T>(T[] array)", |cx, a| {
            let mut items = collect(cx, arg(a, 0))?;
            let mut failed = None;
            items.sort_by(|x, y| {
                compare_values(x, y).unwrap_or_else(|exception| {
                    failed = Some(exception);
                    std::cmp::Ordering::Equal
                })
            });
            failed.map_or(Ok(()), Err)?;
            store(cx, arg(a, 0), items)
        }),
        member("static int IndexOf<T>(T[] array, T value)", |cx, a| {
            let items = collect(cx, arg(a, 0))?;
            for (at, item) in items.iter().enumerate() {
                if cx.equals(item, arg(a, 1))? == Value::Bool(true) {
                    return Ok(count(at));
                }
            }
            Ok(Value::Int32(-1))
        }),
        member("static bool Exists<T>(T[] array, Predicate<T> match)", |cx, a| {
            Ok(Value::Bool(!matching(cx, a)?.is_empty()))
        }),
        member("static bool TrueForAll<T>(T[] array, Predicate<T> match)", |cx, a| {
            Ok(Value::Bool(matching(cx, a)?.len() == length(cx, arg(a, 0))?))
        }),
        member("static T Find<T>(T[] array, Predicate<T> match)", |cx, a| {
            Ok(matching(cx, a)?.into_iter().next().unwrap_or_else(|| default_value(&cx.type_arg(0))))
        }),
        member("static T[] FindAll<T>(T[] array, Predicate<T> match)", |cx, a| {
            let found = matching(cx, a)?;
            let element = cx.type_arg(0);
            cx.heap.array(element, found)
        }),
        member("static int FindIndex<T>(T[] array, Predicate<T> match)", |cx, a| {
            let items = collect(cx, arg(a, 0))?;
            for (at, item) in items.iter().enumerate() {
                if is_true(cx, arg(a, 1), item)? {
                    return Ok(count(at));
                }
            }
            Ok(Value::Int32(-1))
        }),
        member("static T[] Empty<T>()", |cx, _| {
            let element = cx.type_arg(0);
            cx.heap.array(element, Vec::new())
        }),
        member("static U[] ConvertAll<T, U>(T[] array, Func<T, U> converter)", |cx, a| {
            let items = collect(cx, arg(a, 0))?;
            let items = items.into_iter().map(|item| cx.invoke(arg(a, 1), &[item])).collect::<Result<_, _>>()?;
            let element = cx.type_arg(1);
            cx.heap.array(element, items)
        }),
    ],
    unbuilt: &["Resize", "Clear", "BinarySearch", "CreateInstance", "ForEach", "LastIndexOf", "FindLast", "FindLastIndex", "SetValue", "CopyTo", "GetUpperBound", "GetLowerBound", "ConstrainedCopy", "AsReadOnly"],
    ..TypeSpec::class("System.Array", "api/system.array")
}];

fn length(cx: &Cx<'_>, value: &Value) -> Result<usize, Exception> {
    match cx.heap.object(value) {
        Some(Object::Array { items, .. }) => Ok(items.len()),
        Some(Object::Bytes { bytes, .. }) => Ok(bytes.len()),
        _ => Err(Exception::null_reference()),
    }
}

fn matching(cx: &mut Cx<'_>, args: &[Value]) -> Result<Vec<Value>, Exception> {
    if arg(args, 0).is_null() {
        return Err(Exception::argument_null("array"));
    }
    let mut found = Vec::new();
    for item in collect(cx, arg(args, 0))? {
        if is_true(cx, arg(args, 1), &item)? {
            found.push(item);
        }
    }
    Ok(found)
}

fn rebuilt(cx: &mut Cx<'_>, like: &Value, items: Vec<Value>) -> Eval {
    match runtime_type(cx.heap, like) {
        Type::Array(element) => cx.heap.array(element.as_ref().clone(), items),
        _ => Err(Exception::null_reference()),
    }
}

/// Puts elements into an array in place.
fn store(cx: &mut Cx<'_>, array: &Value, new: Vec<Value>) -> Eval {
    match cx.heap.object_mut(array) {
        Some(Object::Array { items, .. }) => *items = new,
        Some(Object::Bytes { bytes, .. }) => {
            *bytes = new.iter().map(|item| if let Value::Byte(byte) = item { *byte } else { 0 }).collect();
        }
        _ => return Err(Exception::argument_null("array")),
    }
    Ok(Value::Null)
}

fn copy(cx: &mut Cx<'_>, args: &[Value], from: usize, to: usize, [at, into, length]: [i32; 3]) -> Eval {
    let (from, to) = (arg(args, from), arg(args, to));
    let tainted = cx.heap.is_tainted_scalar(from);
    let source = collect(cx, from)?;
    let mut target = collect(cx, to)?;
    let sizes = usize::try_from(at).ok().zip(usize::try_from(into).ok()).zip(usize::try_from(length).ok());
    let ((at, into), length) = sizes.ok_or_else(|| {
        Exception::out_of_range("Non-negative number required.", "length")
    })?;
    let part = source.get(at..at.saturating_add(length)).ok_or_else(|| too_short("Source"))?;
    let place = target.get_mut(into..into.saturating_add(length)).ok_or_else(|| too_short("Destination"))?;
    place.clone_from_slice(part);
    store(cx, to, target)?;
    if tainted {
        cx.heap.taint(to.clone());
    }
    Ok(Value::Null)
}

fn too_short(which: &str) -> Exception {
    let text = format!(
        "{which} array was not long enough. Check {}Index and length, and the array's lower bounds.",
        if which == "Source" { "src" } else { "dest" }
    );
    Exception::new("System.ArgumentException", Text::from(text))
}
