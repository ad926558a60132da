//! `System.Linq.Enumerable`: deferred operators as [`Query`]s, the others as walks.

use crate::eval::{Cx, Eval, convert_number, default_value};
use crate::object::{Dictionary, Object, Set};
use crate::types::Scalar;
use crate::{Exception, Text, Value};

pub(crate) use super::sequence::{Cursor, Query};

use super::arguments::{arg, count, int};
use super::sequence::{Op, collect, compare_values, is_true, sequence};
use super::{Row, TypeSpec, member};

pub(super) const TYPES: &[TypeSpec] = &[TypeSpec {
    members: ROWS,
    unbuilt: &["Join", "GroupJoin", "ToLookup", "SequenceEqual", "AsParallel", "AsQueryable"],
    ..TypeSpec::statics("System.Linq.Enumerable", "api/system.linq.enumerable")
}];

const ROWS: &[Row] = &[
    member("static bool All<T>(this IEnumerable<T> source, Func<T, bool> predicate)", all),
    member("static bool Any<T>(this IEnumerable<T> source)", any),
    member("static bool Any<T>(this IEnumerable<T> source, Func<T, bool> predicate)", any),
    member("static IEnumerable<T> Append<T>(this IEnumerable<T> source, T element)", |cx, a| defer(cx, a, Op::Append(arg(a, 1).clone()))),
    member("static IEnumerable<T> Prepend<T>(this IEnumerable<T> source, T element)", |cx, a| defer(cx, a, Op::Prepend(arg(a, 1).clone()))),
    member("static IEnumerable<T> AsEnumerable<T>(this IEnumerable<T> source)", |_, a| Ok(arg(a, 0).clone())),
    member("static double Average(this IEnumerable<int> source)", average),
    member("static double Average(this IEnumerable<long> source)", average),
    member("static double Average(this IEnumerable<double> source)", average),
    member("static decimal Average(this IEnumerable<decimal> source)", average_decimal),
    member("static double Average<T>(this IEnumerable<T> source, Func<T, int> selector)", average),
    member("static double Average<T>(this IEnumerable<T> source, Func<T, long> selector)", average),
    member("static double Average<T>(this IEnumerable<T> source, Func<T, double> selector)", average),
    member("static decimal Average<T>(this IEnumerable<T> source, Func<T, decimal> selector)", average_decimal),
    member("static IEnumerable<T> Cast<T>(this IEnumerable source)", |cx, a| {
        let ty = cx.type_arg(0);
        defer(cx, a, Op::Cast(ty))
    }),
    member("static IEnumerable<T> OfType<T>(this IEnumerable source)", |cx, a| {
        let ty = cx.type_arg(0);
        defer(cx, a, Op::OfType(ty))
    }),
    member("static IEnumerable<T> Concat<T>(this IEnumerable<T> first, IEnumerable<T> second)", |cx, a| defer_two(cx, a, "second", Op::Concat)),
    member("static bool Contains<T>(this IEnumerable<T> source, T value)", contains),
    member("static bool Contains<T>(this IEnumerable<T> source, T value, StringComparer comparer)", contains_with),
    member("static int Count<T>(this IEnumerable<T> source)", count_all),
    member("static int Count<T>(this IEnumerable<T> source, Func<T, bool> predicate)", count_all),
    member("static long LongCount<T>(this IEnumerable<T> source)", |cx, a| convert_number(&count_all(cx, a)?, Scalar::Int64, false)),
    member("static IEnumerable<T> DefaultIfEmpty<T>(this IEnumerable<T> source)", |cx, a| {
        let default = default_value(&cx.type_arg(0));
        defer(cx, a, Op::DefaultIfEmpty(default))
    }),
    member("static IEnumerable<T> DefaultIfEmpty<T>(this IEnumerable<T> source, T defaultValue)", |cx, a| defer(cx, a, Op::DefaultIfEmpty(arg(a, 1).clone()))),
    member("static IEnumerable<T> Distinct<T>(this IEnumerable<T> source)", |cx, a| defer(cx, a, Op::Distinct)),
    member("static T ElementAt<T>(this IEnumerable<T> source, int index)", element_at),
    member("static T ElementAtOrDefault<T>(this IEnumerable<T> source, int index)", element_at_or_default),
    member("static IEnumerable<T> Empty<T>()", |cx, _| {
        let query = Query::of(cx.type_arg(0), Vec::new());
        sequence(cx, query)
    }),
    member("static IEnumerable<T> Except<T>(this IEnumerable<T> first, IEnumerable<T> second)", |cx, a| defer_two(cx, a, "second", Op::Except)),
    member("static IEnumerable<T> Intersect<T>(this IEnumerable<T> first, IEnumerable<T> second)", |cx, a| defer_two(cx, a, "second", Op::Intersect)),
    member("static IEnumerable<T> Union<T>(this IEnumerable<T> first, IEnumerable<T> second)", |cx, a| defer_two(cx, a, "second", Op::Union)),
    member("static T First<T>(this IEnumerable<T> source)", first),
    member("static T First<T>(this IEnumerable<T> source, Func<T, bool> predicate)", first),
    member("static T FirstOrDefault<T>(this IEnumerable<T> source)", first_or_default),
    member("static T FirstOrDefault<T>(this IEnumerable<T> source, Func<T, bool> predicate)", first_or_default),
    member("static T Last<T>(this IEnumerable<T> source)", last),
    member("static T Last<T>(this IEnumerable<T> source, Func<T, bool> predicate)", last),
    member("static T LastOrDefault<T>(this IEnumerable<T> source)", last_or_default),
    member("static T LastOrDefault<T>(this IEnumerable<T> source, Func<T, bool> predicate)", last_or_default),
    member("static T Single<T>(this IEnumerable<T> source)", single),
    member("static T Single<T>(this IEnumerable<T> source, Func<T, bool> predicate)", single),
    member("static T SingleOrDefault<T>(this IEnumerable<T> source)", single_or_default),
    member("static T SingleOrDefault<T>(this IEnumerable<T> source, Func<T, bool> predicate)", single_or_default),
    member("static IEnumerable<IGrouping<K, T>> GroupBy<T, K>(this IEnumerable<T> source, Func<T, K> keySelector)", |cx, a| group_by(cx, a, None, None)),
    member("static IEnumerable<IGrouping<K, E>> GroupBy<T, K, E>(this IEnumerable<T> source, Func<T, K> keySelector, Func<T, E> elementSelector)", |cx, a| group_by(cx, a, Some(2), None)),
    member("static IEnumerable<R> GroupBy<T, K, R>(this IEnumerable<T> source, Func<T, K> keySelector, Func<K, IEnumerable<T>, R> resultSelector)", |cx, a| group_by(cx, a, None, Some(2))),
    member("static int Max(this IEnumerable<int> source)", max),
    member("static long Max(this IEnumerable<long> source)", max),
    member("static double Max(this IEnumerable<double> source)", max),
    member("static decimal Max(this IEnumerable<decimal> source)", max),
    member("static T Max<T>(this IEnumerable<T> source)", max),
    member("static int Max<T>(this IEnumerable<T> source, Func<T, int> selector)", max),
    member("static long Max<T>(this IEnumerable<T> source, Func<T, long> selector)", max),
    member("static double Max<T>(this IEnumerable<T> source, Func<T, double> selector)", max),
    member("static R Max<T, R>(this IEnumerable<T> source, Func<T, R> selector)", max),
    member("static int Min(this IEnumerable<int> source)", min),
    member("static long Min(this IEnumerable<long> source)", min),
    member("static double Min(this IEnumerable<double> source)", min),
    member("static decimal Min(this IEnumerable<decimal> source)", min),
    member("static T Min<T>(this IEnumerable<T> source)", min),
    member("static int Min<T>(this IEnumerable<T> source, Func<T, int> selector)", min),
    member("static long Min<T>(this IEnumerable<T> source, Func<T, long> selector)", min),
    member("static double Min<T>(this IEnumerable<T> source, Func<T, double> selector)", min),
    member("static R Min<T, R>(this IEnumerable<T> source, Func<T, R> selector)", min),
    member("static IOrderedEnumerable<T> OrderBy<T, K>(this IEnumerable<T> source, Func<T, K> keySelector)", |cx, a| defer(cx, a, Op::OrderBy(vec![(arg(a, 1).clone(), false)]))),
    member("static IOrderedEnumerable<T> OrderByDescending<T, K>(this IEnumerable<T> source, Func<T, K> keySelector)", |cx, a| defer(cx, a, Op::OrderBy(vec![(arg(a, 1).clone(), true)]))),
    member("static IOrderedEnumerable<T> ThenBy<T, K>(this IOrderedEnumerable<T> source, Func<T, K> keySelector)", |cx, a| then_by(cx, a, false)),
    member("static IOrderedEnumerable<T> ThenByDescending<T, K>(this IOrderedEnumerable<T> source, Func<T, K> keySelector)", |cx, a| then_by(cx, a, true)),
    member("static IEnumerable<int> Range(int start, int count)", range),
    member("static IEnumerable<T> Repeat<T>(T element, int count)", repeat),
    member("static IEnumerable<T> Reverse<T>(this IEnumerable<T> source)", |cx, a| defer(cx, a, Op::Reverse)),
    member("static IEnumerable<R> Select<T, R>(this IEnumerable<T> source, Func<T, R> selector)", |cx, a| project(cx, a, Op::Select(arg(a, 1).clone()))),
    member("static IEnumerable<R> Select<T, R>(this IEnumerable<T> source, Func<T, int, R> selector)", |cx, a| project(cx, a, Op::SelectIndexed(arg(a, 1).clone()))),
    member("static IEnumerable<R> SelectMany<T, R>(this IEnumerable<T> source, Func<T, IEnumerable<R>> selector)", |cx, a| project(cx, a, Op::SelectMany(arg(a, 1).clone()))),
    member("static IEnumerable<R> SelectMany<T, C, R>(this IEnumerable<T> source, Func<T, IEnumerable<C>> collectionSelector, Func<T, C, R> resultSelector)", |cx, a| project(cx, a, Op::SelectManyWith(arg(a, 1).clone(), arg(a, 2).clone()))),
    member("static IEnumerable<T> Skip<T>(this IEnumerable<T> source, int count)", |cx, a| defer(cx, a, Op::Skip(int(a, 1)))),
    member("static IEnumerable<T> SkipWhile<T>(this IEnumerable<T> source, Func<T, bool> predicate)", |cx, a| defer(cx, a, Op::SkipWhile(arg(a, 1).clone()))),
    member("static IEnumerable<T> Take<T>(this IEnumerable<T> source, int count)", |cx, a| defer(cx, a, Op::Take(int(a, 1)))),
    member("static IEnumerable<T> TakeWhile<T>(this IEnumerable<T> source, Func<T, bool> predicate)", |cx, a| defer(cx, a, Op::TakeWhile(arg(a, 1).clone()))),
    member("static int Sum(this IEnumerable<int> source)", |cx, a| sum(cx, a, Scalar::Int32)),
    member("static long Sum(this IEnumerable<long> source)", |cx, a| sum(cx, a, Scalar::Int64)),
    member("static double Sum(this IEnumerable<double> source)", |cx, a| sum(cx, a, Scalar::Double)),
    member("static decimal Sum(this IEnumerable<decimal> source)", |cx, a| sum(cx, a, Scalar::Decimal)),
    member("static int Sum<T>(this IEnumerable<T> source, Func<T, int> selector)", |cx, a| sum(cx, a, Scalar::Int32)),
    member("static long Sum<T>(this IEnumerable<T> source, Func<T, long> selector)", |cx, a| sum(cx, a, Scalar::Int64)),
    member("static double Sum<T>(this IEnumerable<T> source, Func<T, double> selector)", |cx, a| sum(cx, a, Scalar::Double)),
    member("static decimal Sum<T>(this IEnumerable<T> source, Func<T, decimal> selector)", |cx, a| sum(cx, a, Scalar::Decimal)),
    member("static T Aggregate<T>(this IEnumerable<T> source, Func<T, T, T> func)", aggregate),
    member("static A Aggregate<T, A>(this IEnumerable<T> source, A seed, Func<A, T, A> func)", aggregate_from),
    member("static T[] ToArray<T>(this IEnumerable<T> source)", to_array),
    member("static List<T> ToList<T>(this IEnumerable<T> source)", to_list),
    member("static HashSet<T> ToHashSet<T>(this IEnumerable<T> source)", to_set),
    member("static Dictionary<K, T> ToDictionary<T, K>(this IEnumerable<T> source, Func<T, K> keySelector)", to_dictionary),
    member("static Dictionary<K, V> ToDictionary<T, K, V>(this IEnumerable<T> source, Func<T, K> keySelector, Func<T, V> elementSelector)", to_dictionary),
    member("static IEnumerable<T> Where<T>(this IEnumerable<T> source, Func<T, bool> predicate)", |cx, a| defer(cx, a, Op::Where(arg(a, 1).clone()))),
    member("static IEnumerable<T> Where<T>(this IEnumerable<T> source, Func<T, int, bool> predicate)", |cx, a| defer(cx, a, Op::WhereIndexed(arg(a, 1).clone()))),
    member("static IEnumerable<R> Zip<T, U, R>(this IEnumerable<T> first, IEnumerable<U> second, Func<T, U, R> resultSelector)", |cx, a| {
        let element = cx.type_arg(2);
        query(cx, a, element, Op::Zip(arg(a, 1).clone(), arg(a, 2).clone()))
    }),
];

/// A query whose elements are those of its source.
fn defer(cx: &mut Cx<'_>, args: &[Value], op: Op) -> Eval {
    let element = cx.type_arg(0);
    query(cx, args, element, op)
}

fn defer_two(cx: &mut Cx<'_>, args: &[Value], name: &str, op: fn(Value) -> Op) -> Eval {
    if arg(args, 1).is_null() {
        return Err(Exception::argument_null(name));
    }
    defer(cx, args, op(arg(args, 1).clone()))
}

/// A query whose elements are of the last type argument.
fn project(cx: &mut Cx<'_>, args: &[Value], op: Op) -> Eval {
    let element = cx.types.last().cloned().unwrap_or(crate::Type::Object);
    query(cx, args, element, op)
}

fn query(cx: &mut Cx<'_>, args: &[Value], element: crate::Type, op: Op) -> Eval {
    let source = arg(args, 0);
    if source.is_null() {
        return Err(Exception::argument_null("source"));
    }
    sequence(cx, Query::new(element, source, op))
}

fn then_by(cx: &mut Cx<'_>, args: &[Value], descending: bool) -> Eval {
    let Some(Object::Query(before)) = cx.heap.object(arg(args, 0)) else {
        return Err(Exception::argument_null("source"));
    };
    let mut query = before.as_ref().clone();
    if let Op::OrderBy(keys) = &mut query.op {
        keys.push((arg(args, 1).clone(), descending));
    }
    sequence(cx, query)
}

fn group_by(cx: &mut Cx<'_>, args: &[Value], value: Option<usize>, result: Option<usize>) -> Eval {
    let (item, key) = (cx.type_arg(0), cx.type_arg(1));
    let part = |at: Option<usize>| at.map(|at| arg(args, at).clone());
    let element = match (value, result) {
        (Some(_), _) => cx.type_arg(2),
        _ => item,
    };
    let grouping = crate::Type::generic(crate::registry::known().grouping, [key.clone(), element]);
    query(cx, args, grouping, Op::GroupBy(arg(args, 1).clone(), part(value), part(result), key))
}

fn no_elements() -> Exception {
    Exception::invalid_operation("Sequence contains no elements")
}

/// The exception of `First`, `Last`, `Single` when nothing is found.
fn nothing(args: &[Value]) -> Exception {
    if args.len() > 1 { Exception::invalid_operation("Sequence contains no matching element") } else { no_elements() }
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

fn find_first(cx: &mut Cx<'_>, args: &[Value]) -> Result<Option<Value>, Exception> {
    let mut cursor = Cursor::over(cx, arg(args, 0))?;
    matching(cx, &mut cursor, args)
}

fn first(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    find_first(cx, args)?.ok_or_else(|| nothing(args))
}

fn first_or_default(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    Ok(find_first(cx, args)?.unwrap_or_else(|| default_value(&cx.type_arg(0))))
}

fn find_last(cx: &mut Cx<'_>, args: &[Value]) -> Result<Option<Value>, Exception> {
    let mut cursor = Cursor::over(cx, arg(args, 0))?;
    let mut last = None;
    while let Some(item) = matching(cx, &mut cursor, args)? {
        last = Some(item);
    }
    Ok(last)
}

fn last(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    find_last(cx, args)?.ok_or_else(|| nothing(args))
}

fn last_or_default(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    Ok(find_last(cx, args)?.unwrap_or_else(|| default_value(&cx.type_arg(0))))
}

fn find_single(cx: &mut Cx<'_>, args: &[Value]) -> Result<Option<Value>, Exception> {
    let mut cursor = Cursor::over(cx, arg(args, 0))?;
    let found = matching(cx, &mut cursor, args)?;
    if found.is_some() && matching(cx, &mut cursor, args)?.is_some() {
        return Err(Exception::invalid_operation(if args.len() > 1 {
            "Sequence contains more than one matching element"
        } else {
            "Sequence contains more than one element"
        }));
    }
    Ok(found)
}

fn single(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    find_single(cx, args)?.ok_or_else(|| nothing(args))
}

fn single_or_default(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    Ok(find_single(cx, args)?.unwrap_or_else(|| default_value(&cx.type_arg(0))))
}

fn any(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    Ok(Value::Bool(find_first(cx, args)?.is_some()))
}

fn all(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let mut cursor = Cursor::over(cx, arg(args, 0))?;
    while let Some(item) = cursor.next(cx)? {
        if !is_true(cx, arg(args, 1), &item)? {
            return Ok(Value::Bool(false));
        }
    }
    Ok(Value::Bool(true))
}

fn contains(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let mut cursor = Cursor::over(cx, arg(args, 0))?;
    while let Some(item) = cursor.next(cx)? {
        if cx.equals(&item, arg(args, 1))? == Value::Bool(true) {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}

fn contains_with(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let ignore_case = super::string::comparer_ignores_case(cx.heap, arg(args, 2));
    let wanted = cx.heap.key(arg(args, 1), ignore_case);
    let mut cursor = Cursor::over(cx, arg(args, 0))?;
    while let Some(item) = cursor.next(cx)? {
        if cx.heap.key(&item, ignore_case) == wanted {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}

fn count_all(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let mut cursor = Cursor::over(cx, arg(args, 0))?;
    let mut found = 0;
    while matching(cx, &mut cursor, args)?.is_some() {
        found += 1;
    }
    Ok(count(found))
}

fn element_at_or_default(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let found = find_at(cx, args)?;
    Ok(found.unwrap_or_else(|| default_value(&cx.type_arg(0))))
}

fn element_at(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let message = "Index was out of range. Must be non-negative and less than the size of the collection.";
    find_at(cx, args)?.ok_or_else(|| Exception::out_of_range(message, "index"))
}

fn find_at(cx: &mut Cx<'_>, args: &[Value]) -> Result<Option<Value>, Exception> {
    let mut cursor = Cursor::over(cx, arg(args, 0))?;
    let mut left = int(args, 1);
    while left >= 0 {
        let item = cursor.next(cx)?;
        if left == 0 || item.is_none() {
            return Ok(item);
        }
        left -= 1;
    }
    Ok(None)
}

/// The elements, or what the selector makes of them.
fn selected(cx: &mut Cx<'_>, args: &[Value]) -> Result<Vec<Value>, Exception> {
    let items = collect(cx, arg(args, 0))?;
    match args.get(1) {
        Some(selector) => items.into_iter().map(|item| cx.invoke(selector, &[item])).collect(),
        None => Ok(items),
    }
}

fn extreme(cx: &mut Cx<'_>, args: &[Value], wanted: std::cmp::Ordering) -> Eval {
    let mut best: Option<Value> = None;
    for item in selected(cx, args)? {
        if item.is_null() {
            continue;
        }
        let better = match &best {
            Some(best) => compare_values(&item, best)? == wanted,
            None => true,
        };
        if better {
            best = Some(item);
        }
    }
    match best {
        Some(best) => Ok(best),
        None if cx.types.last().is_some_and(crate::Type::accepts_null) && cx.types.len() != 1 => Ok(Value::Null),
        None => Err(no_elements()),
    }
}

fn max(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    extreme(cx, args, std::cmp::Ordering::Greater)
}

fn min(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    extreme(cx, args, std::cmp::Ordering::Less)
}

fn sum(cx: &mut Cx<'_>, args: &[Value], ty: Scalar) -> Eval {
    use crate::code::Arithmetic;
    let mut total = convert_number(&Value::Int32(0), ty, false)?;
    for item in selected(cx, args)? {
        total = crate::eval::arithmetic(Arithmetic::Add, true, &total, &item)?;
    }
    Ok(total)
}

fn average(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let items = selected(cx, args)?;
    if items.is_empty() {
        return Err(no_elements());
    }
    let mut total = 0.0;
    for item in &items {
        if let Value::Double(number) = convert_number(item, Scalar::Double, false)? {
            total += number;
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "a count of elements")]
    let length = items.len() as f64;
    Ok(Value::Double(total / length))
}

fn average_decimal(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let items = selected(cx, args)?;
    if items.is_empty() {
        return Err(no_elements());
    }
    let mut total = rust_decimal::Decimal::ZERO;
    for item in &items {
        if let Value::Decimal(number) = item {
            total = total.saturating_add(*number);
        }
    }
    Ok(Value::Decimal(total / rust_decimal::Decimal::from(items.len())))
}

fn range(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let (start, length) = (int(args, 0), int(args, 1));
    if length < 0 || i64::from(start) + i64::from(length) - 1 > i64::from(i32::MAX) {
        return Err(Exception::out_of_range("Specified argument was out of the range of valid values.", "count"));
    }
    let query = Query::new(crate::Type::INT, &Value::Null, Op::Range(start, length));
    sequence(cx, query)
}

fn repeat(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let length = usize::try_from(int(args, 1)).map_err(|_| {
        Exception::out_of_range("Specified argument was out of the range of valid values.", "count")
    })?;
    cx.burn(length as u64)?;
    cx.heap.charge(length.saturating_mul(24))?;
    let query = Query::of(cx.type_arg(0), vec![arg(args, 0).clone(); length]);
    sequence(cx, query)
}

fn aggregate(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let mut cursor = Cursor::over(cx, arg(args, 0))?;
    let Some(first) = cursor.next(cx)? else { return Err(no_elements()) };
    fold(cx, cursor, first, arg(args, 1))
}

fn aggregate_from(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let cursor = Cursor::over(cx, arg(args, 0))?;
    fold(cx, cursor, arg(args, 1).clone(), arg(args, 2))
}

fn fold(cx: &mut Cx<'_>, mut cursor: Cursor, mut total: Value, with: &Value) -> Eval {
    while let Some(item) = cursor.next(cx)? {
        total = cx.invoke(with, &[total, item])?;
    }
    Ok(total)
}

fn to_array(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let items = collect(cx, arg(args, 0))?;
    let element = cx.type_arg(0);
    cx.heap.array(element, items)
}

fn to_list(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let items = collect(cx, arg(args, 0))?;
    let element = cx.type_arg(0);
    cx.heap.make(Object::List { element, items })
}

fn to_set(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let mut set = Set::new(cx.type_arg(0));
    for item in collect(cx, arg(args, 0))? {
        set.insert(cx.heap.key(&item, false), item);
    }
    cx.heap.make(Object::Set(Box::new(set)))
}

fn to_dictionary(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let value_type = cx.type_arg(if args.len() > 2 { 2 } else { 0 });
    let mut dictionary = Dictionary::new(cx.type_arg(1), value_type);
    for item in collect(cx, arg(args, 0))? {
        let name = cx.invoke(arg(args, 1), std::slice::from_ref(&item))?;
        if name.is_null() {
            return Err(Exception::argument_null("key"));
        }
        let value = match args.get(2) {
            Some(selector) => cx.invoke(selector, &[item])?,
            None => item,
        };
        let key = cx.heap.key(&name, false);
        if dictionary.contains(&key) {
            return Err(Exception::new(
                "System.ArgumentException",
                Text::from_static("An item with the same key has already been added."),
            ));
        }
        dictionary.insert(key, name, value);
    }
    cx.heap.make(Object::Dictionary(Box::new(dictionary)))
}
