//! Sequences: how anything enumerable is walked, one element at a time.
//!
//! A LINQ operator makes a [`Query`]: what it starts from and what it does. Nothing runs before somebody enumerates it with
//! a [`Cursor`], and every enumeration runs it again, as .NET's deferred execution does.

use std::collections::HashSet;

use crate::catalogue::{HostObject, HostRef};
use crate::eval::{Cx, Eval, cast, is_instance};
use crate::json;
use crate::object::{Key, Object};
use crate::registry::known;
use crate::types::Type;
use crate::{Exception, Text, Value};

use super::arguments::count;
use super::string::compare_invariant;

/// A deferred sequence.
#[derive(Clone, Debug)]
pub(crate) struct Query {
    pub(crate) element: Type,
    pub(crate) source: Value,
    pub(crate) op: Op,
    /// The key of a group.
    pub(crate) key: Option<(Type, Value)>,
}

/// What a query does with its source.
#[derive(Clone, Debug)]
pub(crate) enum Op {
    /// These elements.
    Items(Vec<Value>),
    Range(i32, i32),
    Where(Value),
    WhereIndexed(Value),
    Select(Value),
    SelectIndexed(Value),
    SelectMany(Value),
    SelectManyWith(Value, Value),
    Take(i32),
    Skip(i32),
    TakeWhile(Value),
    SkipWhile(Value),
    Concat(Value),
    Append(Value),
    Prepend(Value),
    Cast(Type),
    OfType(Type),
    Zip(Value, Value),
    Distinct,
    Union(Value),
    Except(Value),
    Intersect(Value),
    Reverse,
    /// Key and whether descending, most significant first.
    OrderBy(Vec<(Value, bool)>),
    /// Key, element, result: any may be missing but the key.
    GroupBy(Value, Option<Value>, Option<Value>, Type),
    DefaultIfEmpty(Value),
}

impl Query {
    pub(crate) fn new(element: Type, source: &Value, op: Op) -> Self {
        Self { element, source: source.clone(), op, key: None }
    }

    /// A sequence of these elements.
    pub(crate) fn of(element: Type, items: Vec<Value>) -> Self {
        Self { element, source: Value::Null, op: Op::Items(items), key: None }
    }

    pub(crate) fn source(&self) -> &Value {
        &self.source
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

/// A walk over a sequence.
pub(crate) enum Cursor {
    Items(std::vec::IntoIter<Value>),
    /// An array or list, read as it is at each step, with the length it had at the start.
    Live {
        of: Value,
        at: usize,
        length: usize,
    },
    Range(i64, i64),
    Filter {
        inner: Box<Cursor>,
        test: Value,
        indexed: bool,
        at: usize,
    },
    Map {
        inner: Box<Cursor>,
        with: Value,
        indexed: bool,
        at: usize,
    },
    Flatten {
        inner: Box<Cursor>,
        with: Value,
        result: Option<Value>,
        outer: Value,
        current: Option<Box<Cursor>>,
    },
    Take(Box<Cursor>, i32),
    TakeWhile(Box<Cursor>, Value),
    SkipWhile(Box<Cursor>, Option<Value>),
    Chain(Box<Cursor>, Option<Value>),
    Cast(Box<Cursor>, Type, bool),
    Zip(Box<Cursor>, Box<Cursor>, Value),
    /// Elements not seen before; with a set of keys to keep or to leave out.
    Unique {
        inner: Box<Cursor>,
        seen: HashSet<Key>,
        only: Option<HashSet<Key>>,
    },
    Default(Box<Cursor>, Option<Value>),
}

type Next = Result<Option<Value>, Exception>;

impl Cursor {
    /// Starts a walk.
    ///
    /// # Errors
    /// `System.ArgumentNullException` for null.
    pub(crate) fn over(cx: &mut Cx<'_>, source: &Value) -> Result<Self, Exception> {
        if let Value::Text(text) = source {
            let units: Vec<Value> = text.units().map(Value::Char).collect();
            cx.grow(units.len())?;
            return Ok(Self::Items(units.into_iter()));
        }
        if let Value::Host(host) = source {
            return host_pairs(cx, *host);
        }
        let live = |length| Ok(Self::Live { of: source.clone(), at: 0, length });
        match cx.heap.object(source) {
            Some(Object::Array { items, .. } | Object::List { items, .. }) => live(items.len()),
            Some(Object::Bytes { bytes, .. }) => live(bytes.len()),
            Some(Object::Set(set)) => Ok(Self::Items(set.iter().cloned().collect::<Vec<_>>().into_iter())),
            Some(Object::Dictionary(_)) => pairs_of_dictionary(cx, source),
            Some(Object::Json(_)) => json_children(cx, source),
            Some(Object::Query(query)) => {
                let query = query.as_ref().clone();
                Self::run(cx, query)
            }
            Some(Object::Native(native)) => match native.items() {
                Some(items) => Ok(Self::Items(items.into_iter())),
                None => Err(Exception::invalid_cast()),
            },
            _ => Err(Exception::argument_null("source")),
        }
    }

    fn run(cx: &mut Cx<'_>, query: Query) -> Result<Self, Exception> {
        cx.burn(1)?;
        let Query { source, op, element, .. } = query;
        match op {
            Op::Items(items) => return Ok(Self::Items(items.into_iter())),
            Op::Range(start, count) => {
                return Ok(Self::Range(start.into(), i64::from(start) + i64::from(count)));
            }
            Op::OrderBy(keys) => return sorted(cx, &source, &keys),
            Op::GroupBy(key, value, result, key_type) => {
                return grouped(cx, &source, &Grouping { key, value, result, key_type, element });
            }
            Op::Reverse => {
                let mut items = collect(cx, &source)?;
                items.reverse();
                return Ok(Self::Items(items.into_iter()));
            }
            _ => {}
        }
        let inner = Box::new(Self::over(cx, &source)?);
        Self::around(cx, inner, op)
    }

    fn around(cx: &mut Cx<'_>, inner: Box<Self>, op: Op) -> Result<Self, Exception> {
        let unique = |inner, seen, only| Self::Unique { inner, seen, only };
        Ok(match op {
            Op::Where(test) => Self::Filter { inner, test, indexed: false, at: 0 },
            Op::WhereIndexed(test) => Self::Filter { inner, test, indexed: true, at: 0 },
            Op::Select(with) => Self::Map { inner, with, indexed: false, at: 0 },
            Op::SelectIndexed(with) => Self::Map { inner, with, indexed: true, at: 0 },
            Op::SelectMany(with) => {
                Self::Flatten { inner, with, result: None, outer: Value::Null, current: None }
            }
            Op::SelectManyWith(with, result) => {
                Self::Flatten { inner, with, result: Some(result), outer: Value::Null, current: None }
            }
            Op::Take(count) => Self::Take(inner, count),
            Op::Skip(count) => skipped(cx, *inner, count)?,
            Op::TakeWhile(test) => Self::TakeWhile(inner, test),
            Op::SkipWhile(test) => Self::SkipWhile(inner, Some(test)),
            Op::Concat(then) => Self::Chain(inner, Some(then)),
            Op::Append(item) => Self::Chain(inner, Some(sequence(cx, Query::of(Type::Object, vec![item]))?)),
            Op::Prepend(item) => {
                let rest: Vec<Value> = inner.collect(cx)?;
                Self::Items(std::iter::once(item).chain(rest).collect::<Vec<_>>().into_iter())
            }
            Op::Cast(ty) => Self::Cast(inner, ty, false),
            Op::OfType(ty) => Self::Cast(inner, ty, true),
            Op::Zip(other, with) => Self::Zip(inner, Box::new(Self::over(cx, &other)?), with),
            Op::Distinct => unique(inner, HashSet::new(), None),
            Op::Union(other) => unique(Box::new(Self::Chain(inner, Some(other))), HashSet::new(), None),
            Op::Except(other) => {
                let seen = keys(cx, &other)?;
                unique(inner, seen, None)
            }
            Op::Intersect(other) => {
                let only = keys(cx, &other)?;
                unique(inner, HashSet::new(), Some(only))
            }
            Op::DefaultIfEmpty(item) => Self::Default(inner, Some(item)),
            Op::Items(_) | Op::Range(..) | Op::OrderBy(_) | Op::GroupBy(..) | Op::Reverse => *inner,
        })
    }

    /// The next element.
    pub(crate) fn next(&mut self, cx: &mut Cx<'_>) -> Next {
        cx.burn(1)?;
        match self {
            Self::Items(items) => Ok(items.next()),
            Self::Live { of, at, length } => live(cx, of, at, *length),
            Self::Range(at, end) => Ok((*at < *end).then(|| {
                *at += 1;
                Value::Int32(i32::try_from(*at - 1).unwrap_or(i32::MAX))
            })),
            Self::Filter { inner, test, indexed, at } => filter(cx, inner, test, *indexed, at),
            Self::Map { inner, with, indexed, at } => map(cx, inner, with, *indexed, at),
            Self::Flatten { .. } => self.flatten(cx),
            Self::Take(inner, left) if *left > 0 => {
                *left -= 1;
                inner.next(cx)
            }
            Self::Take(..) => Ok(None),
            Self::TakeWhile(inner, test) => match inner.next(cx)? {
                Some(item) if is_true(cx, test, &item)? => Ok(Some(item)),
                _ => {
                    *self = Self::Items(Vec::new().into_iter());
                    Ok(None)
                }
            },
            Self::SkipWhile(inner, test) => skip_while(cx, inner, test),
            Self::Chain(inner, then) => match inner.next(cx)? {
                Some(item) => Ok(Some(item)),
                None => match then.take() {
                    Some(then) => {
                        **inner = Self::over(cx, &then)?;
                        self.next(cx)
                    }
                    None => Ok(None),
                },
            },
            Self::Cast(inner, ty, filter) => cast_next(cx, inner, ty, *filter),
            Self::Zip(left, right, with) => match (left.next(cx)?, right.next(cx)?) {
                (Some(left), Some(right)) => {
                    let with = with.clone();
                    cx.invoke(&with, &[left, right]).map(Some)
                }
                _ => Ok(None),
            },
            Self::Unique { inner, seen, only } => unique(cx, inner, seen, only.as_ref()),
            Self::Default(inner, default) => match inner.next(cx)? {
                Some(item) => {
                    *default = None;
                    Ok(Some(item))
                }
                None => Ok(default.take()),
            },
        }
    }

    fn flatten(&mut self, cx: &mut Cx<'_>) -> Next {
        let Self::Flatten { inner, with, result, outer, current } = self else { return Ok(None) };
        loop {
            if let Some(cursor) = current
                && let Some(item) = cursor.next(cx)?
            {
                return match result {
                    Some(result) => cx.invoke(result, &[outer.clone(), item]).map(Some),
                    None => Ok(Some(item)),
                };
            }
            let Some(item) = inner.next(cx)? else { return Ok(None) };
            let items = cx.invoke(with, std::slice::from_ref(&item))?;
            *outer = item;
            *current = Some(Box::new(Self::over(cx, &items)?));
        }
    }

    /// All remaining elements.
    pub(crate) fn collect(mut self, cx: &mut Cx<'_>) -> Result<Vec<Value>, Exception> {
        let mut items = Vec::new();
        while let Some(item) = self.next(cx)? {
            if items.len() % 64 == 0 {
                cx.heap.charge(64 * 24)?;
            }
            items.push(item);
        }
        Ok(items)
    }
}

fn live(cx: &mut Cx<'_>, of: &Value, at: &mut usize, length: usize) -> Next {
    let (item, now) = match cx.heap.object(of) {
        Some(Object::Array { items, .. } | Object::List { items, .. }) => {
            (items.get(*at).cloned(), items.len())
        }
        Some(Object::Bytes { bytes, .. }) => (bytes.get(*at).map(|&byte| Value::Byte(byte)), bytes.len()),
        _ => (None, 0),
    };
    if now != length {
        return Err(Exception::invalid_operation(
            "Collection was modified; enumeration operation may not execute.",
        ));
    }
    *at += 1;
    Ok(item)
}

fn index_value(at: &mut usize) -> Value {
    *at += 1;
    count(*at - 1)
}

fn filter(cx: &mut Cx<'_>, inner: &mut Cursor, test: &Value, indexed: bool, at: &mut usize) -> Next {
    while let Some(item) = inner.next(cx)? {
        let holds = if indexed {
            cx.invoke(test, &[item.clone(), index_value(at)])?
        } else {
            cx.invoke(test, std::slice::from_ref(&item))?
        };
        if holds == Value::Bool(true) {
            return Ok(Some(item));
        }
    }
    Ok(None)
}

fn map(cx: &mut Cx<'_>, inner: &mut Cursor, with: &Value, indexed: bool, at: &mut usize) -> Next {
    match inner.next(cx)? {
        Some(item) if indexed => cx.invoke(with, &[item, index_value(at)]).map(Some),
        Some(item) => cx.invoke(with, &[item]).map(Some),
        None => Ok(None),
    }
}

fn skip_while(cx: &mut Cx<'_>, inner: &mut Cursor, test: &mut Option<Value>) -> Next {
    while let Some(item) = inner.next(cx)? {
        match test {
            Some(skips) if is_true(cx, skips, &item)? => {}
            _ => {
                *test = None;
                return Ok(Some(item));
            }
        }
    }
    Ok(None)
}

fn cast_next(cx: &mut Cx<'_>, inner: &mut Cursor, ty: &Type, filter: bool) -> Next {
    while let Some(item) = inner.next(cx)? {
        if !filter {
            return cast(cx.heap, item, ty).map(Some);
        }
        if is_instance(cx.heap, &item, ty) {
            return Ok(Some(item));
        }
    }
    Ok(None)
}

fn unique(cx: &mut Cx<'_>, inner: &mut Cursor, seen: &mut HashSet<Key>, only: Option<&HashSet<Key>>) -> Next {
    while let Some(item) = inner.next(cx)? {
        let key = cx.heap.key(&item, false);
        if only.is_none_or(|only| only.contains(&key)) && seen.insert(key) {
            return Ok(Some(item));
        }
    }
    Ok(None)
}

fn skipped(cx: &mut Cx<'_>, mut inner: Cursor, count: i32) -> Result<Cursor, Exception> {
    for _ in 0..count.max(0) {
        if inner.next(cx)?.is_none() {
            break;
        }
    }
    Ok(inner)
}

fn keys(cx: &mut Cx<'_>, source: &Value) -> Result<HashSet<Key>, Exception> {
    let items = collect(cx, source)?;
    Ok(items.iter().map(|item| cx.heap.key(item, false)).collect())
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
            Ok(items)
        }
        _ => Cursor::over(cx, source)?.collect(cx),
    }
}

/// A deferred sequence as a value.
pub(crate) fn sequence(cx: &mut Cx<'_>, query: Query) -> Eval {
    cx.heap.make(Object::Query(Box::new(query)))
}

fn pairs_of_dictionary(cx: &mut Cx<'_>, source: &Value) -> Result<Cursor, Exception> {
    let Some(Object::Dictionary(dictionary)) = cx.heap.object(source) else {
        return Err(Exception::argument_null("source"));
    };
    if !dictionary.elsewhere.is_empty() {
        return Err(super::dictionary::claim_elsewhere());
    }
    let types = std::sync::Arc::clone(&dictionary.types);
    let entries: Vec<(Value, Value)> = dictionary.iter().map(|(k, v)| (k.clone(), v.clone())).collect();
    let pair = |(key, value)| cx.heap.make(Object::Pair { types: std::sync::Arc::clone(&types), key, value });
    let pairs: Vec<Value> = entries.into_iter().map(pair).collect::<Result<_, _>>()?;
    Ok(Cursor::Items(pairs.into_iter()))
}

fn json_children(cx: &mut Cx<'_>, source: &Value) -> Result<Cursor, Exception> {
    let Value::Ref(id) = source else { return Err(Exception::null_reference()) };
    let names: Option<Vec<Text>> = match cx.heap.json(*id).map(|node| &node.kind) {
        Some(json::JsonKind::Object(members)) => Some(members.iter().map(|(name, _)| name.clone()).collect()),
        _ => None,
    };
    let children = match names {
        Some(names) => {
            let property = |name: &Text| cx.heap.property_of(*id, name);
            names.iter().map(property).collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect()
        }
        None => json::children(cx.heap, *id),
    };
    Ok(Cursor::Items(children.into_iter().map(Value::Ref).collect::<Vec<_>>().into_iter()))
}

/// The entries of a dictionary of the request.
fn host_pairs(cx: &mut Cx<'_>, host: HostRef) -> Result<Cursor, Exception> {
    let mut pairs = Vec::new();
    for (key, value) in host_entries(cx, host)? {
        let value_type = crate::eval::runtime_type(cx.heap, &value);
        let value_type = if host.object == HostObject::Variables { Type::Object } else { value_type };
        let types = std::sync::Arc::from([Type::String, value_type]);
        pairs.push(cx.heap.make(Object::Pair { types, key: Value::Text(key), value })?);
    }
    Ok(Cursor::Items(pairs.into_iter()))
}

/// Keys and values of a dictionary of the request.
pub(crate) fn host_entries(cx: &mut Cx<'_>, host: HostRef) -> Result<Vec<(Text, Value)>, Exception> {
    let keys = match host.object {
        HostObject::Variables => cx.host.variable_names(),
        _ => cx.host.keys(host),
    };
    let mut entries = Vec::with_capacity(keys.len());
    for key in keys {
        cx.burn(1)?;
        let value = super::dictionary::host_value(cx, host, &key)?.unwrap_or(Value::Null);
        entries.push((key, value));
    }
    Ok(entries)
}

fn sorted(cx: &mut Cx<'_>, source: &Value, keys: &[(Value, bool)]) -> Result<Cursor, Exception> {
    let items = collect(cx, source)?;
    let mut rows: Vec<(Vec<Value>, Value)> = Vec::with_capacity(items.len());
    for item in items {
        let mut row = Vec::with_capacity(keys.len());
        for (key, _) in keys {
            row.push(cx.invoke(key, std::slice::from_ref(&item))?);
        }
        rows.push((row, item));
    }
    let length = rows.len() as u64;
    cx.burn(length * u64::from(length.checked_ilog2().unwrap_or(0) + 1))?;
    let mut failed = None;
    rows.sort_by(|(a, _), (b, _)| {
        let orders = a.iter().zip(b).zip(keys);
        for ((a, b), (_, descending)) in orders {
            let order = compare_values(a, b).unwrap_or_else(|exception| {
                failed = Some(exception);
                std::cmp::Ordering::Equal
            });
            if order.is_ne() {
                return if *descending { order.reverse() } else { order };
            }
        }
        std::cmp::Ordering::Equal
    });
    match failed {
        Some(exception) => Err(exception),
        None => Ok(Cursor::Items(rows.into_iter().map(|(_, item)| item).collect::<Vec<_>>().into_iter())),
    }
}

/// `Comparer<T>.Default`: null first, text by the invariant culture.
pub(crate) fn compare_values(a: &Value, b: &Value) -> Result<std::cmp::Ordering, Exception> {
    use crate::code::Compare;
    use crate::eval::less;
    use std::cmp::Ordering;
    Ok(match (a, b) {
        (Value::Null, Value::Null) => Ordering::Equal,
        (Value::Null, _) => Ordering::Less,
        (_, Value::Null) => Ordering::Greater,
        (Value::Text(a), Value::Text(b)) => compare_invariant(a.as_str(), b.as_str(), false),
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Guid(a), Value::Guid(b)) => a.cmp(b),
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
        _ => Ordering::Equal,
    })
}

struct Grouping {
    key: Value,
    value: Option<Value>,
    result: Option<Value>,
    key_type: Type,
    element: Type,
}

fn grouped(cx: &mut Cx<'_>, source: &Value, by: &Grouping) -> Result<Cursor, Exception> {
    let mut groups: indexmap::IndexMap<Key, (Value, Vec<Value>)> = indexmap::IndexMap::new();
    for item in collect(cx, source)? {
        let key = cx.invoke(&by.key, std::slice::from_ref(&item))?;
        let item = match &by.value {
            Some(value) => cx.invoke(value, &[item])?,
            None => item,
        };
        let place = cx.heap.key(&key, false);
        groups.entry(place).or_insert_with(|| (key, Vec::new())).1.push(item);
    }
    let element = match &by.element {
        Type::Class(_, args) if by.element.is_class(known().grouping) => args.get(1).cloned(),
        _ => None,
    };
    let mut results = Vec::with_capacity(groups.len());
    for (_, (key, items)) in groups {
        let mut query = Query::of(element.clone().unwrap_or(Type::Object), items);
        query.key = Some((by.key_type.clone(), key.clone()));
        let group = sequence(cx, query)?;
        results.push(match &by.result {
            Some(result) => cx.invoke(result, &[key, group])?,
            None => group,
        });
    }
    Ok(Cursor::Items(results.into_iter()))
}
