//! `System.Linq.Enumerable`: deferred operators as [`Query`]s, the others as walks.
//!
//! All methods and overloads of .NET Framework 4.8. Arguments are checked when a method is called, everything else happens
//! when somebody enumerates.

mod numbers;
mod rows;

use crate::eval::{Cx, Eval, default_value};
use crate::object::{Dictionary, Object, Set};
use crate::types::Type;
use crate::{Exception, Text, Value};

pub(crate) use super::sequence::{Cursor, Query};

use super::arguments::{arg, int};
use super::natives::made;
use super::sequence::{
    GroupBy, Join, Lookup, Op, SortKey, collect, grouping_type, is_true, same_by, sequence,
};
use super::TypeSpec;

pub(super) const TYPES: &[TypeSpec] = &[TypeSpec {
    members: rows::ROWS,
    ..TypeSpec::statics("System.Linq.Enumerable", "api/system.linq.enumerable")
}];

/// Arguments that must not be null, in order.
fn given(args: &[Value], names: &[&str]) -> Result<(), Exception> {
    match args.iter().zip(names).find(|(value, _)| value.is_null()) {
        Some((_, name)) => Err(Exception::argument_null(name)),
        None => Ok(()),
    }
}

/// A query whose elements are of a type.
fn query(cx: &mut Cx<'_>, args: &[Value], element: Type, op: Op) -> Eval {
    sequence(cx, Query::new(element, arg(args, 0), op))
}

/// A query whose elements are those of its source.
fn defer(cx: &mut Cx<'_>, args: &[Value], names: &[&str], op: Op) -> Eval {
    given(args, names)?;
    let element = cx.type_arg(0);
    query(cx, args, element, op)
}

/// A query whose elements are of the last type argument.
fn project(cx: &mut Cx<'_>, args: &[Value], names: &[&str], op: Op) -> Eval {
    given(args, names)?;
    let element = cx.types.last().cloned().unwrap_or(Type::Object);
    query(cx, args, element, op)
}

/// `Cast` and `OfType`: a sequence of the type is taken as it is by `Cast`.
fn cast_to(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    given(args, &["source"])?;
    let ty = cx.type_arg(0);
    let wanted = Type::generic(crate::registry::known().enumerable, [ty.clone()]);
    if crate::eval::is_instance(cx.heap, arg(args, 0), &wanted) {
        return Ok(arg(args, 0).clone());
    }
    query(cx, args, ty.clone(), Op::Cast(ty))
}

fn of_type(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    given(args, &["source"])?;
    let ty = cx.type_arg(0);
    query(cx, args, ty.clone(), Op::OfType(ty))
}

fn default_if_empty(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let default = args.get(1).cloned().unwrap_or_else(|| default_value(&cx.type_arg(0)));
    defer(cx, args, &["source"], Op::DefaultIfEmpty(default))
}

fn order_by(cx: &mut Cx<'_>, args: &[Value], descending: bool) -> Eval {
    let key = SortKey { selector: arg(args, 1).clone(), comparer: arg(args, 2).clone(), descending };
    defer(cx, args, &["source", "keySelector"], Op::OrderBy(vec![key]))
}

fn then_by(cx: &mut Cx<'_>, args: &[Value], descending: bool) -> Eval {
    given(args, &["source", "keySelector"])?;
    let Some(Object::Query(before)) = cx.heap.object(arg(args, 0)) else {
        return Err(Exception::argument_null("source"));
    };
    let mut query = before.as_ref().clone();
    if let Op::OrderBy(keys) = &mut query.op {
        keys.push(SortKey { selector: arg(args, 1).clone(), comparer: arg(args, 2).clone(), descending });
    }
    sequence(cx, query)
}

/// `IOrderedEnumerable<T>.CreateOrderedEnumerable`.
pub(super) fn order_further(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    then_by(cx, args, super::arguments::boolean(args, 3))
}

/// Where the parts of a grouping are among the arguments.
#[derive(Clone, Copy)]
struct Parts {
    element: Option<usize>,
    result: Option<usize>,
    comparer: usize,
}

fn grouping(cx: &Cx<'_>, args: &[Value], parts: Parts) -> GroupBy {
    let part = |at: Option<usize>| at.map(|at| arg(args, at).clone());
    GroupBy {
        key: arg(args, 1).clone(),
        key_type: cx.type_arg(1),
        element: part(parts.element),
        element_type: cx.type_arg(if parts.element.is_some() { 2 } else { 0 }),
        result: part(parts.result),
        comparer: arg(args, parts.comparer).clone(),
    }
}

fn group_by(cx: &mut Cx<'_>, args: &[Value], parts: Parts, names: &[&str]) -> Eval {
    given(args, names)?;
    let by = grouping(cx, args, parts);
    let element = match by.result {
        Some(_) => cx.types.last().cloned().unwrap_or(Type::Object),
        None => grouping_type(by.key_type.clone(), by.element_type.clone()),
    };
    query(cx, args, element, Op::GroupBy(by.into()))
}

fn to_lookup(cx: &mut Cx<'_>, args: &[Value], parts: Parts, names: &[&str]) -> Eval {
    given(args, names)?;
    let by = grouping(cx, args, parts);
    let lookup = Lookup::read(cx, arg(args, 0), &by)?;
    made(cx, lookup)
}

/// `Join` and `GroupJoin`: type arguments are outer, inner, key, result.
fn join(cx: &mut Cx<'_>, args: &[Value], grouped: bool) -> Eval {
    given(args, &["outer", "inner", "outerKeySelector", "innerKeySelector", "resultSelector"])?;
    let join = Join {
        inner: arg(args, 1).clone(),
        inner_type: cx.type_arg(1),
        outer_key: arg(args, 2).clone(),
        inner_key: arg(args, 3).clone(),
        key_type: cx.type_arg(2),
        result: arg(args, 4).clone(),
        comparer: arg(args, 5).clone(),
        grouped,
    };
    let element = cx.type_arg(3);
    query(cx, args, element, Op::Join(join.into()))
}

fn no_elements() -> Exception {
    Exception::invalid_operation("Sequence contains no elements")
}

/// The exception of `First`, `Last`, `Single` when nothing is found.
fn nothing(args: &[Value]) -> Exception {
    if args.len() > 1 {
        Exception::invalid_operation("Sequence contains no matching element")
    } else {
        no_elements()
    }
}

/// The next element for which the predicate, if there is one, holds.
fn matching(cx: &mut Cx<'_>, cursor: &mut Cursor, args: &[Value]) -> Result<Option<Value>, Exception> {
    while let Some(item) = cursor.next(cx)? {
        match args.get(1) {
            Some(test) if !is_true(cx, test, &item)? => {}
            _ => return Ok(Some(item)),
        }
    }
    Ok(None)
}

fn walk(cx: &mut Cx<'_>, args: &[Value]) -> Result<Cursor, Exception> {
    given(args, &["source", "predicate"])?;
    Cursor::over(cx, arg(args, 0))
}

fn find_first(cx: &mut Cx<'_>, args: &[Value]) -> Result<Option<Value>, Exception> {
    let mut cursor = walk(cx, args)?;
    matching(cx, &mut cursor, args)
}

fn find_last(cx: &mut Cx<'_>, args: &[Value]) -> Result<Option<Value>, Exception> {
    let mut cursor = walk(cx, args)?;
    let mut last = None;
    while let Some(item) = matching(cx, &mut cursor, args)? {
        last = Some(item);
    }
    Ok(last)
}

/// Without predicate, the second element is asked for at once; with one, all elements are tested.
fn find_single(cx: &mut Cx<'_>, args: &[Value]) -> Result<Option<Value>, Exception> {
    let mut cursor = walk(cx, args)?;
    let found = matching(cx, &mut cursor, args)?;
    let mut more = false;
    while found.is_some() && matching(cx, &mut cursor, args)?.is_some() {
        more = true;
        if args.len() == 1 {
            break;
        }
    }
    match more {
        true if args.len() > 1 => {
            Err(Exception::invalid_operation("Sequence contains more than one matching element"))
        }
        true => Err(Exception::invalid_operation("Sequence contains more than one element")),
        false => Ok(found),
    }
}

fn or_nothing(found: Option<Value>, args: &[Value]) -> Eval {
    found.ok_or_else(|| nothing(args))
}

fn or_default(cx: &Cx<'_>, found: Option<Value>) -> Eval {
    Ok(found.unwrap_or_else(|| default_value(&cx.type_arg(0))))
}

fn all(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let mut cursor = walk(cx, args)?;
    while let Some(item) = cursor.next(cx)? {
        if !is_true(cx, arg(args, 1), &item)? {
            return Ok(Value::Bool(false));
        }
    }
    Ok(Value::Bool(true))
}

/// A collection is asked, so that a set compares in its own way.
fn contains(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    given(args, &["source"])?;
    if args.len() == 2 && matches!(cx.heap.object(arg(args, 0)), Some(Object::Set(_))) {
        return super::list::contains(cx, args);
    }
    if let (2, Value::Text(wanted), Some(Object::Array { items, .. })) =
        (args.len(), arg(args, 1), cx.heap.object(arg(args, 0)))
    {
        let is_wanted = |item: &Value| matches!(item, Value::Text(text) if text == wanted);
        let (found, count) = (items.iter().any(is_wanted), items.len() as u64);
        cx.burn(count)?;
        return Ok(Value::Bool(found));
    }
    let mut cursor = Cursor::over(cx, arg(args, 0))?;
    while let Some(item) = cursor.next(cx)? {
        if same_by(cx, arg(args, 2), &item, arg(args, 1)) {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}

fn sequence_equal(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    given(args, &["first", "second"])?;
    let mut first = Cursor::over(cx, arg(args, 0))?;
    let mut second = Cursor::over(cx, arg(args, 1))?;
    while let Some(one) = first.next(cx)? {
        match second.next(cx)? {
            Some(other) if same_by(cx, arg(args, 2), &one, &other) => {}
            _ => return Ok(Value::Bool(false)),
        }
    }
    Ok(Value::Bool(second.next(cx)?.is_none()))
}

fn count_all(cx: &mut Cx<'_>, args: &[Value]) -> Result<usize, Exception> {
    if let ([source], Some(length)) = (args, super::list::length(cx, arg(args, 0))) {
        let _ = source;
        return Ok(length);
    }
    let mut cursor = walk(cx, args)?;
    let mut found = 0;
    while matching(cx, &mut cursor, args)?.is_some() {
        found += 1;
    }
    Ok(found)
}

fn long_count(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    Ok(Value::Int64(i64::try_from(count_all(cx, args)?).unwrap_or(i64::MAX)))
}

/// A list is asked, and throws what lists throw.
fn element_at(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    given(args, &["source"])?;
    let is_list = matches!(
        cx.heap.object(arg(args, 0)),
        Some(Object::Array { .. } | Object::List { .. } | Object::Bytes { .. })
    );
    find_at(cx, args)?.ok_or_else(|| {
        let message = if is_list {
            "Index was out of range. Must be non-negative and less than the size of the collection."
        } else {
            "Specified argument was out of the range of valid values."
        };
        Exception::out_of_range(message, "index")
    })
}

fn find_at(cx: &mut Cx<'_>, args: &[Value]) -> Result<Option<Value>, Exception> {
    given(args, &["source"])?;
    let Ok(mut left) = usize::try_from(int(args, 1)) else { return Ok(None) };
    let mut cursor = Cursor::over(cx, arg(args, 0))?;
    loop {
        match cursor.next(cx)? {
            Some(item) if left == 0 => return Ok(Some(item)),
            None => return Ok(None),
            Some(_) => left -= 1,
        }
    }
}

fn range(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let (start, length) = (int(args, 0), int(args, 1));
    if length < 0 || i64::from(start) + i64::from(length) - 1 > i64::from(i32::MAX) {
        return Err(out_of_range("count"));
    }
    sequence(cx, Query::new(Type::INT, &Value::Null, Op::Range(start, length)))
}

fn repeat(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    if int(args, 1) < 0 {
        return Err(out_of_range("count"));
    }
    let query = Query::new(cx.type_arg(0), &Value::Null, Op::Repeat(arg(args, 0).clone(), int(args, 1)));
    sequence(cx, query)
}

fn out_of_range(parameter: &str) -> Exception {
    Exception::out_of_range("Specified argument was out of the range of valid values.", parameter)
}

fn aggregate(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    given(args, &["source", "func"])?;
    let mut cursor = Cursor::over(cx, arg(args, 0))?;
    let Some(first) = cursor.next(cx)? else { return Err(no_elements()) };
    fold(cx, cursor, first, arg(args, 1))
}

fn aggregate_from(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    if arg(args, 0).is_null() {
        return Err(Exception::argument_null("source"));
    }
    given(args.get(2..).unwrap_or_default(), &["func", "resultSelector"])?;
    let cursor = Cursor::over(cx, arg(args, 0))?;
    let total = fold(cx, cursor, arg(args, 1).clone(), arg(args, 2))?;
    match args.get(3) {
        Some(result) => cx.invoke(result, &[total]),
        None => Ok(total),
    }
}

fn fold(cx: &mut Cx<'_>, mut cursor: Cursor, mut total: Value, with: &Value) -> Eval {
    while let Some(item) = cursor.next(cx)? {
        total = cx.invoke(with, &[total, item])?;
    }
    Ok(total)
}

fn to_array(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    given(args, &["source"])?;
    let items = collect(cx, arg(args, 0))?;
    let element = cx.type_arg(0);
    cx.heap.array(element, items)
}

fn to_list(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    given(args, &["source"])?;
    let items = collect(cx, arg(args, 0))?;
    let element = cx.type_arg(0);
    cx.heap.make(Object::List { element, items })
}

fn to_set(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    given(args, &["source"])?;
    let set = Set::new(cx.type_arg(0)).comparing_by(arg(args, 1).clone());
    super::sets::filled(cx, set, arg(args, 0))
}

fn to_dictionary(cx: &mut Cx<'_>, args: &[Value], element: Option<usize>, comparer: usize) -> Eval {
    given(args, if element.is_some() { &["source", "keySelector", "elementSelector"] } else { &["source", "keySelector"] })?;
    let value_type = cx.type_arg(if element.is_some() { 2 } else { 0 });
    let mut dictionary = Dictionary::new(cx.type_arg(1), value_type);
    dictionary.comparer = arg(args, comparer).clone();
    let mut cursor = Cursor::over(cx, arg(args, 0))?;
    while let Some(item) = cursor.next(cx)? {
        let name = cx.invoke(arg(args, 1), std::slice::from_ref(&item))?;
        let value = match element {
            Some(at) => cx.invoke(arg(args, at), &[item])?,
            None => item,
        };
        if name.is_null() {
            return Err(Exception::argument_null("key"));
        }
        let key = cx.heap.key_by(&dictionary.comparer, &name);
        if dictionary.contains(&key) {
            return Err(Exception::new(
                "System.ArgumentException",
                Text::from_static("An item with the same key has already been added."),
            ));
        }
        cx.heap.charge(96)?;
        dictionary.insert(key, name, value);
    }
    cx.heap.make(Object::Dictionary(Box::new(dictionary)))
}
