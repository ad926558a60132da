//! Sequences: how anything enumerable is walked, one element at a time.
//!
//! A LINQ operator makes a [`Query`]: what it starts from and what it does. Nothing runs before somebody asks a [`Cursor`]
//! for its first element, and every enumeration runs it again, as .NET's deferred execution does. The order in which
//! sources are opened and lambdas called is .NET Framework 4.8's (reference source, `System.Linq.Enumerable`).

mod cursor;
mod grouping;
mod introsort;
mod sorting;
mod sources;
mod walks;

use std::sync::Arc;

use crate::eval::{Cx, Eval};
use crate::object::{Key, Object};
use crate::registry::known;
use crate::types::Type;
use crate::xml::{Axis, Name, Walk};
use crate::{Exception, Text, Value};

pub(crate) use cursor::Cursor;
pub(crate) use grouping::{Lookup, grouping_type, key_of};
pub(crate) use introsort::introsort;
pub(crate) use sorting::{compare_by, compare_values};
pub(crate) use sources::{JsonPart, Part, host_entries};

/// A deferred sequence.
#[derive(Clone, Debug)]
pub(crate) struct Query {
    pub(crate) element: Type,
    pub(crate) source: Value,
    pub(crate) op: Op,
    /// The key of a group.
    pub(crate) key: Option<(Type, Value)>,
}

/// What a query does with its source. Lambdas and comparers are values; a comparer may be null.
#[derive(Clone, Debug)]
pub(crate) enum Op {
    /// These elements.
    Items(Arc<[Value]>),
    Range(i32, i32),
    Repeat(Value, i32),
    Where {
        test: Value,
        indexed: bool,
    },
    Select {
        with: Value,
        indexed: bool,
    },
    SelectMany {
        with: Value,
        indexed: bool,
        result: Option<Value>,
    },
    Take(i32),
    Skip(i32),
    TakeWhile {
        test: Value,
        indexed: bool,
    },
    SkipWhile {
        test: Value,
        indexed: bool,
    },
    Concat(Value),
    Append(Value),
    Prepend(Value),
    Cast(Type),
    OfType(Type),
    Zip(Value, Value),
    Distinct(Value),
    Union(Value, Value),
    Except(Value, Value),
    Intersect(Value, Value),
    Reverse,
    /// Most significant first.
    OrderBy(Vec<SortKey>),
    GroupBy(Arc<GroupBy>),
    Join(Arc<Join>),
    DefaultIfEmpty(Value),
    /// The children of a token of JSON.
    Json(JsonPart),
    /// The nodes of an axis of an XML tree.
    Walk(Box<Walk>),
    /// An axis of each node of the source, of nodes with a name if there is one.
    WalkEach(Axis, Option<Box<Name>>),
}

/// What a sequence is sorted by.
#[derive(Clone, Debug)]
pub(crate) struct SortKey {
    pub(crate) selector: Value,
    pub(crate) comparer: Value,
    pub(crate) descending: bool,
}

/// How a sequence is grouped.
#[derive(Clone, Debug)]
pub(crate) struct GroupBy {
    pub(crate) key: Value,
    pub(crate) key_type: Type,
    /// What of an element is kept; the element itself when there is none.
    pub(crate) element: Option<Value>,
    pub(crate) element_type: Type,
    /// What becomes of a group; the group itself when there is none.
    pub(crate) result: Option<Value>,
    pub(crate) comparer: Value,
}

/// How two sequences are joined.
#[derive(Clone, Debug)]
pub(crate) struct Join {
    pub(crate) inner: Value,
    pub(crate) inner_type: Type,
    pub(crate) outer_key: Value,
    pub(crate) inner_key: Value,
    pub(crate) key_type: Type,
    pub(crate) result: Value,
    pub(crate) comparer: Value,
    /// `GroupJoin`: the result gets all that goes with an element.
    pub(crate) grouped: bool,
}

impl Query {
    pub(crate) fn new(element: Type, source: &Value, op: Op) -> Self {
        Self { element, source: source.clone(), op, key: None }
    }

    /// A sequence of these elements.
    pub(crate) fn of(element: Type, items: Vec<Value>) -> Self {
        Self { element, source: Value::Null, op: Op::Items(items.into()), key: None }
    }

    /// What it was made of, for what derives from secrets.
    pub(crate) fn values(&self) -> impl Iterator<Item = &Value> {
        let items: &[Value] = match &self.op {
            Op::Items(items) => items,
            Op::Repeat(item, _)
            | Op::Append(item)
            | Op::Prepend(item)
            | Op::Concat(item)
            | Op::Zip(item, _)
            | Op::Union(item, _)
            | Op::DefaultIfEmpty(item) => std::slice::from_ref(item),
            Op::Join(join) => std::slice::from_ref(&join.inner),
            _ => &[],
        };
        std::iter::once(&self.source).chain(items)
    }

    /// Its type.
    pub(crate) fn ty(&self) -> Type {
        let known = known();
        match (&self.key, &self.op) {
            (Some((key, _)), _) => Type::generic(known.grouping, [key.clone(), self.element.clone()]),
            (None, Op::OrderBy(_)) => Type::generic(known.ordered, [self.element.clone()]),
            _ => Type::generic(known.enumerable, [self.element.clone()]),
        }
    }
}

/// Whether a predicate holds for an element.
pub(crate) fn is_true(cx: &mut Cx<'_>, test: &Value, item: &Value) -> Result<bool, Exception> {
    Ok(cx.invoke(test, std::slice::from_ref(item))? == Value::Bool(true))
}

/// All elements of a sequence.
pub(crate) fn collect(cx: &mut Cx<'_>, source: &Value) -> Result<Vec<Value>, Exception> {
    match cx.heap.object(source) {
        Some(Object::Array { items, .. } | Object::List { items, .. }) => {
            let items = items.clone();
            cx.burn(items.len() as u64)?;
            cx.heap.charge(items.len().saturating_mul(24))?;
            Ok(items)
        }
        _ => Cursor::over(cx, source)?.collect(cx),
    }
}

/// A deferred sequence as a value.
pub(crate) fn sequence(cx: &mut Cx<'_>, query: Query) -> Eval {
    cx.heap.make(Object::Query(Box::new(query)))
}

/// `EqualityComparer<T>.Default.Equals`.
pub(crate) fn same(cx: &Cx<'_>, a: &Value, b: &Value) -> bool {
    crate::eval::equal_values(a, b) || cx.heap.key(a, false) == cx.heap.key(b, false)
}

/// `Equals` of a comparer; null is the default one.
pub(crate) fn same_by(cx: &Cx<'_>, comparer: &Value, a: &Value, b: &Value) -> bool {
    if comparer.is_null() {
        same(cx, a, b)
    } else {
        cx.heap.key_by(comparer, a) == cx.heap.key_by(comparer, b)
    }
}

/// Remembers a key, which takes memory.
fn remember(cx: &mut Cx<'_>, seen: &mut std::collections::HashSet<Key>, key: Key) -> Result<bool, Exception> {
    cx.heap.charge(64)?;
    Ok(seen.insert(key))
}

fn modified() -> Exception {
    Exception::invalid_operation("Collection was modified; enumeration operation may not execute.")
}

fn not_supported() -> Exception {
    Exception::new("System.NotSupportedException", Text::from_static("Specified method is not supported."))
}

/// The exception of `IEnumerator.Reset` of a deferred sequence.
pub(crate) fn cannot_reset() -> Exception {
    not_supported()
}
