//! A walk over a sequence.

use std::collections::HashSet;
use std::sync::Arc;

use crate::eval::{Cx, cast, is_instance};
use crate::object::{Key, Object};
use crate::types::Type;
use crate::{Exception, Value};

use super::grouping::{Joining, grouped, joined};
use super::sorting::sorted;
use super::sources::{JsonPart, JsonWalk, Live, Part, host_pairs, units};
use super::walks::Walks;
use super::{Op, Query, collect, is_true, remember};
use crate::library::arguments::count;
use crate::library::views::{self, View};

/// A walk over a sequence.
#[derive(Debug)]
pub(crate) enum Cursor {
    /// A query that was not asked for an element yet.
    Pending(Box<Query>),
    Items(std::vec::IntoIter<Value>),
    Shared(Arc<[Value]>, usize),
    Live(Live),
    Range(i64, i64),
    Repeat(Value, i32),
    Filter {
        inner: Box<Cursor>,
        test: Value,
        index: Option<usize>,
    },
    Map {
        inner: Box<Cursor>,
        with: Value,
        index: Option<usize>,
    },
    Flatten(Box<Flatten>),
    Take(Box<Cursor>, i32),
    TakeWhile {
        inner: Box<Cursor>,
        test: Value,
        index: Option<usize>,
    },
    SkipWhile {
        inner: Box<Cursor>,
        test: Option<Value>,
        index: Option<usize>,
    },
    Skip(Box<Cursor>, i32),
    /// One after the other; the second is opened when the first has ended.
    Chain(Box<Cursor>, Option<Value>),
    Append(Box<Cursor>, Option<Value>),
    Cast(Box<Cursor>, Type),
    OfType(Box<Cursor>, Type),
    Zip(Box<Cursor>, Box<Cursor>, Value),
    /// Elements not seen before.
    Unique {
        inner: Box<Cursor>,
        seen: HashSet<Key>,
        comparer: Value,
    },
    /// Each of these once.
    Only {
        inner: Box<Cursor>,
        wanted: HashSet<Key>,
        comparer: Value,
    },
    /// Keys and groups, and what is made of them.
    Results(std::vec::IntoIter<(Value, Value)>, Value),
    Join(Box<Joining>),
    Default(Box<Cursor>, Option<Value>),
    /// Over a token of JSON, whose changes end the walk.
    Json(JsonWalk),
    /// Walks over XML trees, which may change meanwhile.
    Walk(Box<Walks>),
    Done,
}

/// `SelectMany` under way.
#[derive(Debug)]
pub(crate) struct Flatten {
    inner: Cursor,
    with: Value,
    index: Option<usize>,
    result: Option<Value>,
    outer: Value,
    current: Option<Cursor>,
}

type Next = Result<Option<Value>, Exception>;

impl Cursor {
    /// `GetEnumerator()`.
    ///
    /// # Errors
    /// `System.ArgumentNullException` for null.
    pub(crate) fn over(cx: &mut Cx<'_>, source: &Value) -> Result<Self, Exception> {
        match source {
            Value::Text(text) => return units(cx, text),
            Value::Host(host) => return host_pairs(cx, *host),
            _ => {}
        }
        match cx.heap.object(source) {
            None => return Err(Exception::argument_null("source")),
            Some(Object::Json(_)) => {
                return JsonWalk::start(cx, source, JsonPart::Child).map(Self::Json);
            }
            Some(Object::Query(query)) => return Ok(Self::Pending(query.clone())),
            Some(Object::Native(_)) => match views::of(cx.heap, source) {
                Some(View::Part(of, part)) => return Self::part(cx, &of, part),
                Some(View::Whole(of)) => return Self::over(cx, &of),
                None => {}
            },
            Some(_) => {}
        }
        if let Some(live) = Live::start(cx, source, Part::Pair)? {
            return Ok(Self::Live(live));
        }
        match cx.heap.object(source) {
            Some(Object::Native(native)) => {
                native.items().map(|items| Self::Items(items.into_iter())).ok_or_else(Exception::invalid_cast)
            }
            _ => Err(Exception::invalid_cast()),
        }
    }

    /// Over the keys or the values of a dictionary.
    fn part(cx: &mut Cx<'_>, of: &Value, part: Part) -> Result<Self, Exception> {
        Live::start(cx, of, part)?.map(Self::Live).ok_or_else(Exception::null_reference)
    }

    /// Opens what a query starts from.
    fn open(cx: &mut Cx<'_>, query: Query) -> Result<Self, Exception> {
        cx.burn(1)?;
        let Query { source, op, .. } = query;
        let index = |indexed: bool| indexed.then_some(0);
        let no_keys = HashSet::new;
        Ok(match op {
            Op::Items(items) => Self::Shared(items, 0),
            Op::Range(start, count) => Self::Range(start.into(), i64::from(start) + i64::from(count)),
            Op::Repeat(item, count) => Self::Repeat(item, count),
            Op::OrderBy(keys) => sorted(cx, &source, &keys)?,
            Op::GroupBy(by) => grouped(cx, &source, &by)?,
            Op::Join(join) => joined(cx, &source, &join)?,
            Op::Reverse => {
                let mut items = collect(cx, &source)?;
                items.reverse();
                Self::Items(items.into_iter())
            }
            Op::Take(count) if count <= 0 => Self::Done,
            Op::Except(other, comparer) => {
                let seen = keys(cx, &other, &comparer)?;
                Self::Unique { inner: Self::boxed(cx, &source)?, seen, comparer }
            }
            Op::Intersect(other, comparer) => {
                let wanted = keys(cx, &other, &comparer)?;
                Self::Only { inner: Self::boxed(cx, &source)?, wanted, comparer }
            }
            Op::Prepend(item) => {
                let first = Self::Items(vec![item].into_iter());
                Self::Chain(Box::new(first), Some(source))
            }
            Op::Where { test, indexed } => {
                Self::Filter { inner: Self::boxed(cx, &source)?, test, index: index(indexed) }
            }
            Op::Select { with, indexed } => {
                Self::Map { inner: Self::boxed(cx, &source)?, with, index: index(indexed) }
            }
            Op::SelectMany { with, indexed, result } => {
                let inner = Self::over(cx, &source)?;
                let index = index(indexed);
                let flatten = Flatten { inner, with, index, result, outer: Value::Null, current: None };
                Self::Flatten(Box::new(flatten))
            }
            Op::Take(count) => Self::Take(Self::boxed(cx, &source)?, count),
            Op::Skip(count) => Self::Skip(Self::boxed(cx, &source)?, count),
            Op::TakeWhile { test, indexed } => {
                Self::TakeWhile { inner: Self::boxed(cx, &source)?, test, index: index(indexed) }
            }
            Op::SkipWhile { test, indexed } => {
                Self::SkipWhile { inner: Self::boxed(cx, &source)?, test: Some(test), index: index(indexed) }
            }
            Op::Concat(then) => Self::Chain(Self::boxed(cx, &source)?, Some(then)),
            Op::Append(item) => Self::Append(Self::boxed(cx, &source)?, Some(item)),
            Op::Cast(ty) => Self::Cast(Self::boxed(cx, &source)?, ty),
            Op::OfType(ty) => Self::OfType(Self::boxed(cx, &source)?, ty),
            Op::Zip(other, with) => {
                let first = Self::boxed(cx, &source)?;
                Self::Zip(first, Self::boxed(cx, &other)?, with)
            }
            Op::Distinct(comparer) => {
                Self::Unique { inner: Self::boxed(cx, &source)?, seen: no_keys(), comparer }
            }
            Op::Union(other, comparer) => {
                let both = Self::Chain(Self::boxed(cx, &source)?, Some(other));
                Self::Unique { inner: Box::new(both), seen: no_keys(), comparer }
            }
            Op::DefaultIfEmpty(item) => Self::Default(Self::boxed(cx, &source)?, Some(item)),
            Op::Json(part) => Self::Json(JsonWalk::start(cx, &source, part)?),
            Op::Walk(walk) => Self::Walk(Box::new(Walks::one(*walk))),
            Op::WalkEach(axis, name) => {
                let nodes = Self::over(cx, &source)?;
                Self::Walk(Box::new(Walks::each(nodes, axis, name.map(|name| *name))))
            }
        })
    }

    fn boxed(cx: &mut Cx<'_>, source: &Value) -> Result<Box<Self>, Exception> {
        Self::over(cx, source).map(Box::new)
    }

    /// The next element.
    pub(crate) fn next(&mut self, cx: &mut Cx<'_>) -> Next {
        cx.burn(1)?;
        match self {
            Self::Pending(_) => {
                if let Self::Pending(query) = std::mem::replace(self, Self::Done) {
                    *self = Self::open(cx, *query)?;
                }
                self.nested(cx)
            }
            Self::Items(items) => Ok(items.next()),
            Self::Shared(items, at) => {
                *at += 1;
                Ok(items.get(*at - 1).cloned())
            }
            Self::Live(live) => live.next(cx),
            Self::Json(walk) => walk.next(cx),
            Self::Walk(walks) => walks.next(cx),
            Self::Range(at, end) => Ok((*at < *end).then(|| {
                *at += 1;
                Value::Int32(i32::try_from(*at - 1).unwrap_or(i32::MAX))
            })),
            Self::Repeat(item, left) if *left > 0 => {
                *left -= 1;
                Ok(Some(item.clone()))
            }
            Self::Repeat(..) | Self::Done => Ok(None),
            _ => self.nested(cx),
        }
    }

    /// Sequences over sequences are as deep as the program wrote them, or a loop made them.
    fn nested(&mut self, cx: &mut Cx<'_>) -> Next {
        cx.deeper()?;
        let next = self.over_inner(cx);
        cx.shallower();
        next
    }

    fn over_inner(&mut self, cx: &mut Cx<'_>) -> Next {
        match self {
            Self::Filter { inner, test, index } => {
                while let Some(item) = inner.next(cx)? {
                    if holds(cx, test, &item, index)? {
                        return Ok(Some(item));
                    }
                }
                Ok(None)
            }
            Self::Map { inner, with, index } => match inner.next(cx)? {
                Some(item) => apply(cx, with, item, index).map(Some),
                None => Ok(None),
            },
            Self::Flatten(flatten) => flatten.next(cx),
            Self::Take(inner, left) if *left > 0 => {
                *left -= 1;
                inner.next(cx)
            }
            Self::TakeWhile { inner, test, index } => match inner.next(cx)? {
                Some(item) if holds(cx, test, &item, index)? => Ok(Some(item)),
                _ => {
                    *self = Self::Done;
                    Ok(None)
                }
            },
            Self::SkipWhile { inner, test, index } => skip_while(cx, inner, test, index),
            Self::Skip(inner, left) => {
                while *left > 0 {
                    *left -= 1;
                    if inner.next(cx)?.is_none() {
                        return Ok(None);
                    }
                }
                inner.next(cx)
            }
            Self::Chain(inner, then) => loop {
                if let Some(item) = inner.next(cx)? {
                    return Ok(Some(item));
                }
                match then.take() {
                    Some(then) => **inner = Self::over(cx, &then)?,
                    None => return Ok(None),
                }
            },
            Self::Append(inner, item) => Ok(match inner.next(cx)? {
                None => item.take(),
                some => some,
            }),
            Self::Cast(inner, ty) => match inner.next(cx)? {
                Some(item) => cast(cx.heap, item, ty).map(Some),
                None => Ok(None),
            },
            Self::OfType(inner, ty) => {
                while let Some(item) = inner.next(cx)? {
                    if is_instance(cx.heap, &item, ty) {
                        return Ok(Some(item));
                    }
                }
                Ok(None)
            }
            Self::Zip(left, right, with) => zip(cx, left, right, with),
            Self::Unique { inner, seen, comparer } => {
                while let Some(item) = inner.next(cx)? {
                    let key = cx.heap.key_by(comparer, &item);
                    if remember(cx, seen, key)? {
                        return Ok(Some(item));
                    }
                }
                Ok(None)
            }
            Self::Only { inner, wanted, comparer } => {
                while let Some(item) = inner.next(cx)? {
                    if wanted.remove(&cx.heap.key_by(comparer, &item)) {
                        return Ok(Some(item));
                    }
                }
                Ok(None)
            }
            Self::Results(groups, with) => match groups.next() {
                Some((key, group)) => cx.invoke(with, &[key, group]).map(Some),
                None => Ok(None),
            },
            Self::Join(joining) => joining.next(cx),
            Self::Default(inner, default) => match inner.next(cx)? {
                Some(item) => {
                    *default = None;
                    Ok(Some(item))
                }
                None => Ok(default.take()),
            },
            Self::Take(..) | Self::Done => Ok(None),
            _ => self.next(cx),
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

impl Flatten {
    fn next(&mut self, cx: &mut Cx<'_>) -> Next {
        loop {
            if let Some(cursor) = &mut self.current
                && let Some(item) = cursor.next(cx)?
            {
                return match &self.result {
                    Some(result) => cx.invoke(result, &[self.outer.clone(), item]).map(Some),
                    None => Ok(Some(item)),
                };
            }
            self.current = None;
            let Some(item) = self.inner.next(cx)? else { return Ok(None) };
            let items = apply(cx, &self.with, item.clone(), &mut self.index)?;
            if items.is_null() {
                return Err(Exception::null_reference());
            }
            self.outer = item;
            self.current = Some(Cursor::over(cx, &items)?);
        }
    }
}

fn apply(cx: &mut Cx<'_>, with: &Value, item: Value, index: &mut Option<usize>) -> Result<Value, Exception> {
    match index {
        Some(at) => {
            *at += 1;
            cx.invoke(with, &[item, count(*at - 1)])
        }
        None => cx.invoke(with, &[item]),
    }
}

fn holds(cx: &mut Cx<'_>, test: &Value, item: &Value, index: &mut Option<usize>) -> Result<bool, Exception> {
    if index.is_none() {
        return is_true(cx, test, item);
    }
    Ok(apply(cx, test, item.clone(), index)? == Value::Bool(true))
}

fn skip_while(
    cx: &mut Cx<'_>,
    inner: &mut Cursor,
    test: &mut Option<Value>,
    index: &mut Option<usize>,
) -> Next {
    while let Some(item) = inner.next(cx)? {
        match test {
            Some(skips) if holds(cx, skips, &item, index)? => {}
            _ => {
                *test = None;
                return Ok(Some(item));
            }
        }
    }
    Ok(None)
}

fn zip(cx: &mut Cx<'_>, left: &mut Cursor, right: &mut Cursor, with: &Value) -> Next {
    let Some(left) = left.next(cx)? else { return Ok(None) };
    let Some(right) = right.next(cx)? else { return Ok(None) };
    cx.invoke(with, &[left, right]).map(Some)
}

fn keys(cx: &mut Cx<'_>, source: &Value, comparer: &Value) -> Result<HashSet<Key>, Exception> {
    let mut keys = HashSet::new();
    let mut cursor = Cursor::over(cx, source)?;
    while let Some(item) = cursor.next(cx)? {
        let key = cx.heap.key_by(comparer, &item);
        remember(cx, &mut keys, key)?;
    }
    Ok(keys)
}
