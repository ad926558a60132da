//! `Queue<T>` and `Stack<T>`.

use std::collections::VecDeque;

use crate::eval::{Cx, Eval};
use crate::object::NativeObject;
use crate::registry::registry;
use crate::types::Type;
use crate::{Exception, Value};

use super::arguments::{arg, count, int};
use super::list::needed;
use super::natives::{made, state, state_mut};
use super::sequence::{collect, same};
use super::{TypeSpec, list, member, views};

pub(super) const TYPES: &[TypeSpec] = &[
    TypeSpec {
        bases: &["IReadOnlyCollection<T>"],
        members: &[
            member("new()", |cx, _| make(cx, Kind::Queue, Vec::new())),
            member("new(int capacity)", |cx, a| sized(cx, a, Kind::Queue)),
            member("new(IEnumerable<T> collection)", |cx, a| copied(cx, a, Kind::Queue)),
            member("int Count", |cx, a| Ok(count(line(cx, a)?.items.len()))),
            member("void Enqueue(T item)", |cx, a| {
                cx.heap.charge(24)?;
                change(cx, a)?.items.push_back(arg(a, 1).clone());
                Ok(Value::Null)
            }),
            member("T Dequeue()", take),
            member("T Peek()", peek),
            member("void Clear()", clear),
            member("bool Contains(T item)", contains),
            member("void CopyTo(T[] array, int arrayIndex)", copy_to),
            member("T[] ToArray()", to_array),
            member("void TrimExcess()", |cx, a| change(cx, a).map(|_| Value::Null)),
            member("IEnumerator<T> GetEnumerator()", views::enumerator),
        ],
        ..TypeSpec::class("System.Collections.Generic.Queue<T>", "api/system.collections.generic.queue-1")
    },
    TypeSpec {
        bases: &["IReadOnlyCollection<T>"],
        members: &[
            member("new()", |cx, _| make(cx, Kind::Stack, Vec::new())),
            member("new(int capacity)", |cx, a| sized(cx, a, Kind::Stack)),
            member("new(IEnumerable<T> collection)", |cx, a| copied(cx, a, Kind::Stack)),
            member("int Count", |cx, a| Ok(count(line(cx, a)?.items.len()))),
            member("void Push(T item)", |cx, a| {
                cx.heap.charge(24)?;
                change(cx, a)?.items.push_front(arg(a, 1).clone());
                Ok(Value::Null)
            }),
            member("T Pop()", take),
            member("T Peek()", peek),
            member("void Clear()", clear),
            member("bool Contains(T item)", contains),
            member("void CopyTo(T[] array, int arrayIndex)", copy_to),
            member("T[] ToArray()", to_array),
            member("void TrimExcess()", |cx, a| change(cx, a).map(|_| Value::Null)),
            member("IEnumerator<T> GetEnumerator()", views::enumerator),
        ],
        ..TypeSpec::class("System.Collections.Generic.Stack<T>", "api/system.collections.generic.stack-1")
    },
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Queue,
    Stack,
}

/// Elements in the order in which they come out.
#[derive(Debug)]
struct Line {
    kind: Kind,
    element: Type,
    items: VecDeque<Value>,
    version: u32,
}

impl NativeObject for Line {
    fn class(&self) -> Type {
        let name = if self.kind == Kind::Queue { "Queue" } else { "Stack" };
        registry().find(name).map_or(Type::Object, |class| Type::generic(class, [self.element.clone()]))
    }

    fn size(&self) -> usize {
        64 + self.items.len() * 24
    }

    fn items(&self) -> Option<Vec<Value>> {
        Some(self.items.iter().cloned().collect())
    }

    fn live(&self, at: usize) -> Option<(Option<Value>, u32)> {
        Some((self.items.get(at).cloned(), self.version))
    }
}

fn make(cx: &mut Cx<'_>, kind: Kind, items: Vec<Value>) -> Eval {
    let element = cx.type_arg(0);
    made(cx, Line { kind, element, items: items.into(), version: 0 })
}

fn sized(cx: &mut Cx<'_>, args: &[Value], kind: Kind) -> Eval {
    if int(args, 0) < 0 {
        return Err(Exception::out_of_range("Non-negative number required.", "capacity"));
    }
    make(cx, kind, Vec::new())
}

/// A stack gives out first what came last.
fn copied(cx: &mut Cx<'_>, args: &[Value], kind: Kind) -> Eval {
    needed(args, 0, "collection")?;
    let mut items = collect(cx, arg(args, 0))?;
    if kind == Kind::Stack {
        items.reverse();
    }
    make(cx, kind, items)
}

fn line<'h>(cx: &'h Cx<'_>, args: &[Value]) -> Result<&'h Line, Exception> {
    state(cx, args, 0)
}

fn change<'h>(cx: &'h mut Cx<'_>, args: &[Value]) -> Result<&'h mut Line, Exception> {
    let line = state_mut::<Line>(cx, args, 0)?;
    line.version = line.version.wrapping_add(1);
    Ok(line)
}

fn empty(kind: Kind) -> Exception {
    Exception::invalid_operation(if kind == Kind::Queue { "Queue empty." } else { "Stack empty." })
}

fn take(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let line = change(cx, args)?;
    line.items.pop_front().ok_or_else(|| empty(line.kind))
}

fn peek(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let line = line(cx, args)?;
    line.items.front().cloned().ok_or_else(|| empty(line.kind))
}

fn clear(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    change(cx, args)?.items.clear();
    Ok(Value::Null)
}

fn contains(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    cx.burn(line(cx, args)?.items.len() as u64)?;
    let found = line(cx, args)?.items.iter().any(|item| same(cx, item, arg(args, 1)));
    Ok(Value::Bool(found))
}

fn to_array(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let items = line(cx, args)?.items.iter().cloned().collect();
    let element = cx.type_arg(0);
    cx.heap.array(element, items)
}

fn copy_to(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    needed(args, 1, "array")?;
    let room = list::length(cx, arg(args, 1)).unwrap_or(0);
    let at = usize::try_from(int(args, 2)).ok().filter(|at| *at <= room).ok_or_else(|| {
        let message = match line(cx, args).map(|line| line.kind) {
            Ok(Kind::Queue) => "Index was out of range. Must be non-negative and less than the size of the collection.",
            _ => "Non-negative number required.",
        };
        Exception::out_of_range(message, "arrayIndex")
    })?;
    let items: Vec<Value> = line(cx, args)?.items.iter().cloned().collect();
    if items.len() > room - at {
        let message = "Offset and length were out of bounds for the array or count is greater than the number of elements from index to the end of the source collection.";
        return Err(Exception::new("System.ArgumentException", crate::Text::from_static(message)));
    }
    list::write(cx, arg(args, 1), at, &items)
}
