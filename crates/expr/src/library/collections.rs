//! The interfaces of collections, `KeyValuePair`, delegates.

use crate::object::Object;
use crate::{Exception, Value};

use super::arguments::{arg, count};
use super::sequence::collect;
use super::{TypeSpec, member};

pub(super) const TYPES: &[TypeSpec] = &[
    TypeSpec::interface("System.Collections.IEnumerable", "api/system.collections.ienumerable"),
    TypeSpec {
        bases: &["IEnumerable"],
        ..TypeSpec::interface("System.Collections.Generic.IEnumerable<T>", "api/system.collections.generic.ienumerable-1")
    },
    TypeSpec {
        bases: &["IEnumerable<T>"],
        members: &[member("int Count", |cx, a| super::list::count_of(cx, arg(a, 0)))],
        ..TypeSpec::interface("System.Collections.Generic.IReadOnlyCollection<T>", "api/system.collections.generic.ireadonlycollection-1")
    },
    TypeSpec {
        bases: &["IReadOnlyCollection<T>"],
        members: &[member("T this[int index]", super::list::get)],
        ..TypeSpec::interface("System.Collections.Generic.IReadOnlyList<T>", "api/system.collections.generic.ireadonlylist-1")
    },
    TypeSpec {
        bases: &["IEnumerable<T>"],
        members: &[
            member("int Count", |cx, a| super::list::count_of(cx, arg(a, 0))),
            member("void Add(T item)", super::list::add),
            member("void Clear()", super::list::clear),
            member("bool Contains(T item)", super::list::contains),
            member("bool Remove(T item)", super::list::remove),
        ],
        ..TypeSpec::interface("System.Collections.Generic.ICollection<T>", "api/system.collections.generic.icollection-1")
    },
    TypeSpec {
        bases: &["ICollection<T>"],
        members: &[
            member("T this[int index]", super::list::get),
            super::setter("T this[int index]", super::list::set),
            member("int IndexOf(T item)", super::list::index_of),
            member("void Insert(int index, T item)", super::list::insert),
            member("void RemoveAt(int index)", super::list::remove_at),
        ],
        ..TypeSpec::interface("System.Collections.Generic.IList<T>", "api/system.collections.generic.ilist-1")
    },
    TypeSpec {
        bases: &["ICollection<T>"],
        ..TypeSpec::interface("System.Collections.Generic.ISet<T>", "api/system.collections.generic.iset-1")
    },
    TypeSpec {
        bases: &["IEnumerable<T>"],
        ..TypeSpec::interface("System.Linq.IOrderedEnumerable<T>", "api/system.linq.iorderedenumerable-1")
    },
    TypeSpec {
        bases: &["IEnumerable<T>"],
        members: &[member("K Key", |cx, a| match cx.heap.object(arg(a, 0)) {
            Some(Object::Query(query)) => Ok(query.key.as_ref().map_or(Value::Null, |(_, key)| key.clone())),
            _ => Err(Exception::null_reference()),
        })],
        ..TypeSpec::interface("System.Linq.IGrouping<K, T>", "api/system.linq.igrouping-2")
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
        ],
        ..TypeSpec::structure("System.Collections.Generic.KeyValuePair<K, V>", "api/system.collections.generic.keyvaluepair-2")
    },
    TypeSpec {
        bases: &["ISet<T>", "IReadOnlyCollection<T>"],
        members: &[
            member("new()", |cx, _| {
                let set = crate::object::Set::new(cx.type_arg(0));
                cx.heap.make(Object::Set(Box::new(set)))
            }),
            member("new(IEnumerable<T> collection)", |cx, a| new_set(cx, arg(a, 0), false)),
            member("new(StringComparer comparer)", |cx, a| {
                let mut set = crate::object::Set::new(cx.type_arg(0));
                set.ignore_case = super::string::comparer_ignores_case(cx.heap, arg(a, 0));
                cx.heap.make(Object::Set(Box::new(set)))
            }),
            member("new(IEnumerable<T> collection, StringComparer comparer)", |cx, a| {
                let ignore_case = super::string::comparer_ignores_case(cx.heap, arg(a, 1));
                new_set(cx, arg(a, 0), ignore_case)
            }),
            member("bool Add(T item)", |cx, a| {
                cx.heap.charge(72)?;
                let key = cx.heap.key(arg(a, 1), ignore_case(cx, a));
                with_set(cx, a, |set| Value::Bool(set.insert(key, arg(a, 1).clone())))
            }),
            member("bool Contains(T item)", |cx, a| {
                let key = cx.heap.key(arg(a, 1), ignore_case(cx, a));
                with_set(cx, a, |set| Value::Bool(set.contains(&key)))
            }),
            member("bool Remove(T item)", |cx, a| {
                let key = cx.heap.key(arg(a, 1), ignore_case(cx, a));
                with_set(cx, a, |set| Value::Bool(set.remove(&key)))
            }),
            member("void Clear()", |cx, a| {
                with_set(cx, a, |set| {
                    set.clear();
                    Value::Null
                })
            }),
            member("int Count", |cx, a| with_set(cx, a, |set| count(set.len()))),
            member("void UnionWith(IEnumerable<T> other)", |cx, a| {
                let items = collect(cx, arg(a, 1))?;
                cx.heap.charge(items.len() * 72)?;
                let ignore_case = ignore_case(cx, a);
                let keys: Vec<_> = items.iter().map(|item| cx.heap.key(item, ignore_case)).collect();
                with_set(cx, a, |set| {
                    for (key, item) in keys.into_iter().zip(items) {
                        set.insert(key, item);
                    }
                    Value::Null
                })
            }),
            member("void ExceptWith(IEnumerable<T> other)", |cx, a| keep(cx, a, false)),
            member("void IntersectWith(IEnumerable<T> other)", |cx, a| keep(cx, a, true)),
            member("bool Overlaps(IEnumerable<T> other)", |cx, a| {
                let keys = keys(cx, a)?;
                with_set(cx, a, |set| Value::Bool(keys.iter().any(|key| set.contains(key))))
            }),
            member("bool SetEquals(IEnumerable<T> other)", |cx, a| {
                let keys: std::collections::HashSet<_> = keys(cx, a)?.into_iter().collect();
                with_set(cx, a, |set| Value::Bool(keys.len() == set.len() && keys.iter().all(|key| set.contains(key))))
            }),
            member("bool IsSubsetOf(IEnumerable<T> other)", |cx, a| {
                let keys: std::collections::HashSet<_> = keys(cx, a)?.into_iter().collect();
                with_set(cx, a, |set| {
                    let held = keys.iter().filter(|key| set.contains(key)).count();
                    Value::Bool(held == set.len())
                })
            }),
            member("bool IsSupersetOf(IEnumerable<T> other)", |cx, a| {
                let keys = keys(cx, a)?;
                with_set(cx, a, |set| Value::Bool(keys.iter().all(|key| set.contains(key))))
            }),
        ],
        unbuilt: &["CopyTo", "RemoveWhere", "SymmetricExceptWith", "TrimExcess", "IsProperSubsetOf", "IsProperSupersetOf", "Comparer"],
        ..TypeSpec::class("System.Collections.Generic.HashSet<T>", "api/system.collections.generic.hashset-1")
    },
    TypeSpec::class("System.Func<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14, T15, T16, R>", "api/system.func-1"),
    TypeSpec::class("System.Action<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14, T15, T16>", "api/system.action"),
    TypeSpec::delegate("System.Predicate<T>", "bool Invoke(T obj)", "api/system.predicate-1"),
    TypeSpec::delegate("System.Comparison<T>", "int Invoke(T x, T y)", "api/system.comparison-1"),
    TypeSpec::delegate("System.Converter<A, B>", "B Invoke(A input)", "api/system.converter-2"),
    TypeSpec {
        members: &[
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

fn with_set(
    cx: &mut crate::eval::Cx<'_>,
    args: &[Value],
    with: impl FnOnce(&mut crate::object::Set) -> Value,
) -> crate::eval::Eval {
    match cx.heap.object_mut(arg(args, 0)) {
        Some(Object::Set(set)) => Ok(with(set)),
        _ => Err(Exception::null_reference()),
    }
}

fn ignore_case(cx: &crate::eval::Cx<'_>, args: &[Value]) -> bool {
    matches!(cx.heap.object(arg(args, 0)), Some(Object::Set(set)) if set.ignore_case)
}

fn keys(cx: &mut crate::eval::Cx<'_>, args: &[Value]) -> Result<Vec<crate::object::Key>, Exception> {
    let ignore_case = ignore_case(cx, args);
    let items = collect(cx, arg(args, 1))?;
    Ok(items.iter().map(|item| cx.heap.key(item, ignore_case)).collect())
}

fn keep(cx: &mut crate::eval::Cx<'_>, args: &[Value], wanted: bool) -> crate::eval::Eval {
    let keys: std::collections::HashSet<_> = keys(cx, args)?.into_iter().collect();
    with_set(cx, args, |set| {
        set.retain(|key| keys.contains(key) == wanted);
        Value::Null
    })
}

fn new_set(cx: &mut crate::eval::Cx<'_>, source: &Value, ignore_case: bool) -> crate::eval::Eval {
    let mut set = crate::object::Set::new(cx.type_arg(0));
    set.ignore_case = ignore_case;
    for item in collect(cx, source)? {
        set.insert(cx.heap.key(&item, ignore_case), item);
    }
    cx.heap.make(Object::Set(Box::new(set)))
}
