//! The interfaces of collections, `KeyValuePair`, lookups, delegates.

use crate::eval::{Cx, Eval};
use crate::object::Object;
use crate::registry::{Action, known, registry};
use crate::{Exception, Value};

use super::arguments::{arg, count};
use super::natives::state;
use super::sequence::{Lookup, Query, compare_values, key_of, sequence};
use super::{Call, NativeFn, TypeSpec, enumerable, json_tokens, list, member, setter, views};

pub(super) const TYPES: &[TypeSpec] = &[
    TypeSpec {
        members: &[member("IEnumerator GetEnumerator()", views::enumerator)],
        ..TypeSpec::interface("System.Collections.IEnumerable", "api/system.collections.ienumerable")
    },
    TypeSpec {
        bases: &["IEnumerable"],
        members: &[member("IEnumerator<T> GetEnumerator()", views::enumerator)],
        ..TypeSpec::interface("System.Collections.Generic.IEnumerable<T>", "api/system.collections.generic.ienumerable-1")
    },
    TypeSpec {
        bases: &["IEnumerable<T>"],
        members: &[member("int Count", super::dictionary::count_of)],
        ..TypeSpec::interface("System.Collections.Generic.IReadOnlyCollection<T>", "api/system.collections.generic.ireadonlycollection-1")
    },
    TypeSpec {
        bases: &["IReadOnlyCollection<T>"],
        members: &[member("T this[int index]", list::get)],
        ..TypeSpec::interface("System.Collections.Generic.IReadOnlyList<T>", "api/system.collections.generic.ireadonlylist-1")
    },
    TypeSpec {
        bases: &["IEnumerable<T>"],
        members: &[
            member("int Count", super::dictionary::count_of),
            member("bool IsReadOnly", |cx, a| {
                let fixed = matches!(cx.heap.object(arg(a, 0)), Some(Object::Array { .. } | Object::Bytes { .. }));
                Ok(Value::Bool(fixed || views::is_read_only(cx.heap, arg(a, 0))))
            }),
            member("void Add(T item)", |cx, a| of_list(cx, a, "Add", list::add)),
            member("void Clear()", |cx, a| of_list(cx, a, "Clear", list::clear)),
            member("bool Contains(T item)", |cx, a| of_list(cx, a, "Contains", list::contains)),
            member("void CopyTo(T[] array, int arrayIndex)", |cx, a| of_list(cx, a, "CopyTo", list::copy_to)),
            member("bool Remove(T item)", |cx, a| of_list(cx, a, "Remove", list::remove)),
        ],
        ..TypeSpec::interface("System.Collections.Generic.ICollection<T>", "api/system.collections.generic.icollection-1")
    },
    TypeSpec {
        bases: &["ICollection<T>"],
        members: &[
            member("T this[int index]", |cx, a| if cx.heap.json_of(arg(a, 0)).is_some() { json_tokens::item(cx, a) } else { list::get(cx, a) }),
            setter("T this[int index]", |cx, a| if cx.heap.json_of(arg(a, 0)).is_some() { json_tokens::set_item(cx, a) } else { list::set(cx, a) }),
            member("int IndexOf(T item)", |cx, a| of_list(cx, a, "IndexOf", list::index_of)),
            member("void Insert(int index, T item)", |cx, a| of_list(cx, a, "Insert", list::insert)),
            member("void RemoveAt(int index)", |cx, a| of_list(cx, a, "RemoveAt", list::remove_at)),
        ],
        ..TypeSpec::interface("System.Collections.Generic.IList<T>", "api/system.collections.generic.ilist-1")
    },
    TypeSpec {
        bases: &["IEnumerable<T>"],
        members: &[member(
            "IOrderedEnumerable<T> CreateOrderedEnumerable<K>(Func<T, K> keySelector, IComparer<K> comparer, bool descending)",
            enumerable::order_further,
        )],
        ..TypeSpec::interface("System.Linq.IOrderedEnumerable<T>", "api/system.linq.iorderedenumerable-1")
    },
    TypeSpec {
        bases: &["IEnumerable<T>"],
        members: &[member("K Key", |cx, a| key_of(cx, arg(a, 0)))],
        ..TypeSpec::interface("System.Linq.IGrouping<K, T>", "api/system.linq.igrouping-2")
    },
    TypeSpec {
        bases: &["IEnumerable<IGrouping<K, T>>"],
        members: &[
            member("int Count", lookup_count),
            member("IEnumerable<T> this[K key]", lookup_get),
            member("bool Contains(K key)", lookup_contains),
        ],
        ..TypeSpec::interface("System.Linq.ILookup<K, T>", "api/system.linq.ilookup-2")
    },
    TypeSpec {
        bases: &["ILookup<K, T>"],
        members: &[
            member("int Count", lookup_count),
            member("IEnumerable<T> this[K key]", lookup_get),
            member("bool Contains(K key)", lookup_contains),
            member("IEnumerator<IGrouping<K, T>> GetEnumerator()", views::enumerator),
            member("IEnumerable<R> ApplyResultSelector<R>(Func<K, IEnumerable<T>, R> resultSelector)", |cx, a| {
                let pairs = state::<Lookup>(cx, a, 0)?.pairs();
                let mut results = Vec::with_capacity(pairs.len());
                for (key, group) in pairs {
                    results.push(cx.invoke(arg(a, 1), &[key, group])?);
                }
                let element = cx.type_arg(2);
                sequence(cx, Query::of(element, results))
            }),
        ],
        ..TypeSpec::class("System.Linq.Lookup<K, T>", "api/system.linq.lookup-2")
    },
    TypeSpec {
        members: &[
            member("K Key", |cx, a| match cx.heap.object(arg(a, 0)) {
                Some(Object::Pair { key, .. }) => Ok(key.clone()),
                _ => Err(Exception::null_reference()),
            }),
            member("V Value", |cx, a| match cx.heap.object(arg(a, 0)) {
                Some(Object::Pair { value, .. }) => Ok(value.clone()),
                _ => Err(Exception::null_reference()),
            }),
            member("new(K key, V value)", |cx, a| {
                let types = std::sync::Arc::from([cx.type_arg(0), cx.type_arg(1)]);
                cx.heap.make(Object::Pair { types, key: arg(a, 0).clone(), value: arg(a, 1).clone() })
            }),
            member("string ToString()", |cx, a| cx.display(arg(a, 0)).map(Value::Text)),
        ],
        ..TypeSpec::structure("System.Collections.Generic.KeyValuePair<K, V>", "api/system.collections.generic.keyvaluepair-2")
    },
    TypeSpec::class("System.Func<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14, T15, T16, R>", "api/system.func-1"),
    TypeSpec::class("System.Action<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14, T15, T16>", "api/system.action"),
    TypeSpec::delegate("System.Predicate<T>", "bool Invoke(T obj)", "api/system.predicate-1"),
    TypeSpec::delegate("System.Comparison<T>", "int Invoke(T x, T y)", "api/system.comparison-1"),
    TypeSpec::delegate("System.Converter<A, B>", "B Invoke(A input)", "api/system.converter-2"),
    TypeSpec {
        members: &[
            member("static int Compare<T>(T? n1, T? n2)", |_, a| {
                compare_values(arg(a, 0), arg(a, 1)).map(|order| Value::Int32(order as i32))
            }),
            member("static bool Equals<T>(T? n1, T? n2)", |cx, a| cx.equals(arg(a, 0), arg(a, 1))),
            member("static Type GetUnderlyingType(Type nullableType)", |cx, a| {
                let ty = super::reflection::named_type(cx, a, 0)
                    .ok_or_else(|| Exception::argument_null("nullableType"))?;
                match ty {
                    crate::Type::Nullable(inner) => super::reflection::type_object(cx, inner.as_ref().clone()),
                    _ => Ok(Value::Null),
                }
            }),
        ],
        ..TypeSpec::statics("System.Nullable", "api/system.nullable")
    },
    TypeSpec {
        members: &[
            member("new(T value)", |_, a| Ok(arg(a, 0).clone())),
            member("bool HasValue", |_, a| Ok(Value::Bool(!arg(a, 0).is_null()))),
            member("T Value", |_, a| match arg(a, 0) {
                Value::Null => Err(Exception::invalid_operation("Nullable object must have a value.")),
                value => Ok(value.clone()),
            }),
            member("T GetValueOrDefault()", |cx, a| match arg(a, 0) {
                Value::Null => Ok(crate::eval::default_value(&cx.type_arg(0))),
                value => Ok(value.clone()),
            }),
            member("T GetValueOrDefault(T defaultValue)", |_, a| match arg(a, 0) {
                Value::Null => Ok(arg(a, 1).clone()),
                value => Ok(value.clone()),
            }),
        ],
        ..TypeSpec::class("System.Nullable<T>", "api/system.nullable-1")
    },
];


fn lookup_count(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    Ok(count(state::<Lookup>(cx, args, 0)?.len()))
}

/// The group of a key; an empty sequence when there is none.
fn lookup_get(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let lookup = state::<Lookup>(cx, args, 0)?;
    let found = lookup.get(&cx.heap.key_by(lookup.comparer(), arg(args, 1))).cloned();
    match found {
        Some(group) => Ok(group),
        None => {
            let query = Query::of(lookup.element_type().clone(), Vec::new());
            sequence(cx, query)
        }
    }
}

fn lookup_contains(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let lookup = state::<Lookup>(cx, args, 0)?;
    let key = cx.heap.key_by(lookup.comparer(), arg(args, 1));
    Ok(Value::Bool(lookup.get(&key).is_some()))
}

/// A member of `IList<T>`: of a `JArray` its own of that name.
fn of_list(cx: &mut Cx<'_>, args: &[Value], name: &str, plain: NativeFn) -> Eval {
    if cx.heap.json_of(arg(args, 0)).is_none() {
        return plain(cx, args);
    }
    let own = registry().class(known().jarray).named(name).next();
    match own.map(|member| member.call) {
        Some(Action::Library(Call::Function(function))) => function(cx, args),
        _ => Err(Exception::invalid_cast()),
    }
}
