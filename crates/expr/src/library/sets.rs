//! `HashSet<T>` and `ISet<T>`.

use crate::eval::{Cx, Eval, default_value};
use crate::object::{Key, Object, Set};
use crate::{Exception, Text, Value};

use super::arguments::{arg, count, int};
use super::list::needed;
use super::sequence::{Cursor, collect, is_true};
use super::{Row, TypeSpec, list, member, views};

pub(super) const TYPES: &[TypeSpec] = &[
    TypeSpec {
        bases: &["ISet<T>", "IReadOnlyCollection<T>"],
        members: MEMBERS,
        ..TypeSpec::class("System.Collections.Generic.HashSet<T>", "api/system.collections.generic.hashset-1")
    },
    TypeSpec {
        bases: &["ICollection<T>"],
        members: &[
            member("bool Add(T item)", add),
            member("void UnionWith(IEnumerable<T> other)", union_with),
            member("void ExceptWith(IEnumerable<T> other)", |cx, a| keep(cx, a, false)),
            member("void IntersectWith(IEnumerable<T> other)", |cx, a| keep(cx, a, true)),
            member("void SymmetricExceptWith(IEnumerable<T> other)", symmetric_except),
            member("bool IsSubsetOf(IEnumerable<T> other)", |cx, a| compare(cx, a, |held, all, own| held == own && all >= own)),
            member("bool IsProperSubsetOf(IEnumerable<T> other)", |cx, a| compare(cx, a, |held, all, own| held == own && all > own)),
            member("bool IsSupersetOf(IEnumerable<T> other)", |cx, a| compare(cx, a, |held, all, _| held == all)),
            member("bool IsProperSupersetOf(IEnumerable<T> other)", |cx, a| compare(cx, a, |held, all, own| held == all && own > all)),
            member("bool Overlaps(IEnumerable<T> other)", |cx, a| compare(cx, a, |held, _, _| held > 0)),
            member("bool SetEquals(IEnumerable<T> other)", |cx, a| compare(cx, a, |held, all, own| held == all && held == own)),
        ],
        ..TypeSpec::interface("System.Collections.Generic.ISet<T>", "api/system.collections.generic.iset-1")
    },
];

const MEMBERS: &[Row] = &[
    member("new()", |cx, _| make(cx, Value::Null)),
    member("new(IEqualityComparer<T> comparer)", |cx, a| make(cx, arg(a, 0).clone())),
    member("new(int capacity)", sized),
    member("new(int capacity, IEqualityComparer<T> comparer)", sized),
    member("new(IEnumerable<T> collection)", copied),
    member("new(IEnumerable<T> collection, IEqualityComparer<T> comparer)", copied),
    member("bool Add(T item)", add),
    member("void Clear()", list::clear),
    member("IEqualityComparer<T> Comparer", |cx, a| {
        let comparer = own(cx, a)?.comparer.clone();
        let ty = cx.type_arg(0);
        views::comparer_object(cx, comparer, ty)
    }),
    member("bool Contains(T item)", list::contains),
    member("void CopyTo(T[] array)", |cx, a| copy_to(cx, a, 0, usize::MAX)),
    member("void CopyTo(T[] array, int arrayIndex)", |cx, a| copy_to(cx, a, int(a, 2), usize::MAX)),
    member("void CopyTo(T[] array, int arrayIndex, int count)", |cx, a| match usize::try_from(int(a, 3)) {
        Ok(count) => copy_to(cx, a, int(a, 2), count),
        Err(_) => Err(Exception::out_of_range("Non-negative number required.", "count")),
    }),
    member("int Count", |cx, a| Ok(count(own(cx, a)?.len()))),
    member("IEnumerator<T> GetEnumerator()", views::enumerator),
    member("bool Remove(T item)", remove),
    member("int RemoveWhere(Predicate<T> match)", remove_where),
    member("void UnionWith(IEnumerable<T> other)", union_with),
    member("void ExceptWith(IEnumerable<T> other)", |cx, a| keep(cx, a, false)),
    member("void IntersectWith(IEnumerable<T> other)", |cx, a| keep(cx, a, true)),
    member("void SymmetricExceptWith(IEnumerable<T> other)", symmetric_except),
    member("bool IsSubsetOf(IEnumerable<T> other)", |cx, a| compare(cx, a, |held, all, own| held == own && all >= own)),
    member("bool IsProperSubsetOf(IEnumerable<T> other)", |cx, a| compare(cx, a, |held, all, own| held == own && all > own)),
    member("bool IsSupersetOf(IEnumerable<T> other)", |cx, a| compare(cx, a, |held, all, _| held == all)),
    member("bool IsProperSupersetOf(IEnumerable<T> other)", |cx, a| compare(cx, a, |held, all, own| held == all && own > all)),
    member("bool Overlaps(IEnumerable<T> other)", |cx, a| compare(cx, a, |held, _, _| held > 0)),
    member("bool SetEquals(IEnumerable<T> other)", |cx, a| compare(cx, a, |held, all, own| held == all && held == own)),
    member("void OnDeserialization(object sender)", |_, _| Ok(Value::Null)),
    member("void TrimExcess()", |_, _| Ok(Value::Null)),
    member("bool TryGetValue(T equalValue, out T actualValue)", |cx, a| {
        let key = cx.heap.key_by(&own(cx, a)?.comparer, arg(a, 1));
        let found = own(cx, a)?.get(&key).cloned();
        let has = found.is_some();
        let value = found.unwrap_or_else(|| default_value(&cx.type_arg(0)));
        cx.outs.push(value);
        Ok(Value::Bool(has))
    }),
    member("static IEqualityComparer<HashSet<T>> CreateSetComparer()", |cx, _| {
        let ty = cx.type_arg(0);
        super::natives::made(cx, SetComparer(ty))
    }),
];

fn own<'h>(cx: &'h Cx<'_>, args: &[Value]) -> Result<&'h Set, Exception> {
    match cx.heap.object(arg(args, 0)) {
        Some(Object::Set(set)) => Ok(set),
        _ => Err(Exception::null_reference()),
    }
}

fn own_mut<'h>(cx: &'h mut Cx<'_>, args: &[Value]) -> Result<&'h mut Set, Exception> {
    match cx.heap.object_mut(arg(args, 0)) {
        Some(Object::Set(set)) => Ok(set),
        _ => Err(Exception::null_reference()),
    }
}

fn make(cx: &mut Cx<'_>, comparer: Value) -> Eval {
    let set = Set::new(cx.type_arg(0)).comparing_by(comparer);
    cx.heap.make(Object::Set(Box::new(set)))
}

fn sized(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    if int(args, 0) < 0 {
        let message = "Specified argument was out of the range of valid values.";
        return Err(Exception::out_of_range(message, "capacity"));
    }
    make(cx, arg(args, 1).clone())
}

fn copied(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    needed(args, 0, "collection")?;
    let set = Set::new(cx.type_arg(0)).comparing_by(arg(args, 1).clone());
    filled(cx, set, arg(args, 0))
}

/// A set with the elements of a sequence.
pub(super) fn filled(cx: &mut Cx<'_>, mut set: Set, source: &Value) -> Eval {
    let mut cursor = Cursor::over(cx, source)?;
    while let Some(item) = cursor.next(cx)? {
        cx.heap.charge(72)?;
        set.insert(cx.heap.key_by(&set.comparer, &item), item);
    }
    cx.heap.make(Object::Set(Box::new(set)))
}

fn key(cx: &Cx<'_>, args: &[Value], item: &Value) -> Result<Key, Exception> {
    Ok(cx.heap.key_by(&own(cx, args)?.comparer, item))
}

pub(super) fn add(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    cx.heap.charge(72)?;
    let key = key(cx, args, arg(args, 1))?;
    Ok(Value::Bool(own_mut(cx, args)?.insert(key, arg(args, 1).clone())))
}

pub(super) fn remove(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let key = key(cx, args, arg(args, 1))?;
    Ok(Value::Bool(own_mut(cx, args)?.remove(&key)))
}

fn remove_where(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    needed(args, 1, "match")?;
    let mut removed = 0;
    for item in collect(cx, arg(args, 0))? {
        if is_true(cx, arg(args, 1), &item)? {
            let key = key(cx, args, &item)?;
            removed += usize::from(own_mut(cx, args)?.remove(&key));
        }
    }
    Ok(count(removed))
}

/// The elements of `other`, each once, with what this set compares.
fn others(cx: &mut Cx<'_>, args: &[Value]) -> Result<indexmap::IndexMap<Key, Value>, Exception> {
    needed(args, 1, "other")?;
    let items = collect(cx, arg(args, 1))?;
    cx.heap.charge(items.len().saturating_mul(72))?;
    let mut keys = indexmap::IndexMap::with_capacity(items.len());
    for item in items {
        keys.entry(key(cx, args, &item)?).or_insert(item);
    }
    Ok(keys)
}

fn union_with(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let others = others(cx, args)?;
    let set = own_mut(cx, args)?;
    for (key, item) in others {
        set.insert(key, item);
    }
    Ok(Value::Null)
}

fn keep(cx: &mut Cx<'_>, args: &[Value], wanted: bool) -> Eval {
    let others = others(cx, args)?;
    own_mut(cx, args)?.retain(|key| others.contains_key(key) == wanted);
    Ok(Value::Null)
}

fn symmetric_except(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let others = others(cx, args)?;
    let set = own_mut(cx, args)?;
    for (key, item) in others {
        if !set.remove(&key) {
            set.insert(key, item);
        }
    }
    Ok(Value::Null)
}

/// Compares by three numbers: how many of the others are held, how many others there are, how many elements.
fn compare(cx: &mut Cx<'_>, args: &[Value], test: fn(usize, usize, usize) -> bool) -> Eval {
    let others = others(cx, args)?;
    let set = own(cx, args)?;
    let held = others.keys().filter(|key| set.contains(key)).count();
    Ok(Value::Bool(test(held, others.len(), set.len())))
}

fn copy_to(cx: &mut Cx<'_>, args: &[Value], at: i32, most: usize) -> Eval {
    needed(args, 1, "array")?;
    let at = usize::try_from(at)
        .map_err(|_| Exception::out_of_range("Non-negative number required.", "arrayIndex"))?;
    let items: Vec<Value> = collect(cx, arg(args, 0))?.into_iter().take(most).collect();
    let room = list::length(cx, arg(args, 1)).unwrap_or(0);
    if at > room || items.len() > room - at {
        let message = "Destination array is not long enough to copy all the items in the collection. Check array index and length.";
        return Err(Exception::new("System.ArgumentException", Text::from_static(message)));
    }
    list::write(cx, arg(args, 1), at, &items)
}

/// `HashSet<T>.CreateSetComparer()`: sets are equal when they hold the same elements.
#[derive(Debug)]
struct SetComparer(crate::Type);

impl crate::object::NativeObject for SetComparer {
    fn class(&self) -> crate::Type {
        let registry = crate::registry::registry();
        let set = crate::Type::generic(crate::registry::known().hash_set, [self.0.clone()]);
        registry.find("IEqualityComparer").map_or(crate::Type::Object, |id| crate::Type::generic(id, [set]))
    }

    fn text(&self) -> Option<Text> {
        let name = self.0.net_name();
        Some(format!("System.Collections.Generic.HashSetEqualityComparer`1[{name}]").into())
    }

    fn comparer(&self) -> Option<&dyn crate::object::Comparer> {
        Some(self)
    }
}

impl crate::object::Comparer for SetComparer {
    fn key(&self, heap: &crate::Heap, value: &Value) -> Key {
        match heap.object(value) {
            Some(Object::Set(set)) => {
                let mut keys: Vec<Key> = set.iter().map(|item| heap.key(item, false)).collect();
                keys.sort_by_cached_key(|key| format!("{key:?}"));
                Key::Many(keys)
            }
            _ => Key::Null,
        }
    }

    fn order(&self, _: &crate::Heap, a: &Value, b: &Value) -> Result<std::cmp::Ordering, Exception> {
        super::sequence::compare_values(a, b)
    }
}
