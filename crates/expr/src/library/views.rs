//! Objects that show others: enumerators, the keys and values of a dictionary, read-only lists, comparers.
//!
//! ```text
//! var e = list.GetEnumerator(); while (e.MoveNext()) { total += e.Current; }
//! ```

use std::cmp::Ordering;

use crate::eval::{Cx, Eval, default_value};
use crate::object::{Comparer, Key, NativeObject, Object};
use crate::registry::{known, registry};
use crate::types::Type;
use crate::{Exception, Heap, Text, Value};

use super::arguments::arg;
use super::natives::made;
use super::sequence::{Cursor, Part, cannot_reset, compare_by, compare_values, same_by};
use super::{Row, TypeSpec, list, member};

pub(super) const TYPES: &[TypeSpec] = &[
    TypeSpec {
        members: &[
            member("object Current", current),
            member("bool MoveNext()", move_next),
            member("void Reset()", reset),
        ],
        ..TypeSpec::interface("System.Collections.IEnumerator", "api/system.collections.ienumerator")
    },
    TypeSpec {
        bases: &["IEnumerator"],
        members: &[member("T Current", current), member("void Dispose()", |_, _| Ok(Value::Null))],
        ..TypeSpec::interface("System.Collections.Generic.IEnumerator<T>", "api/system.collections.generic.ienumerator-1")
    },
    TypeSpec {
        bases: &["ICollection<TKey>", "IReadOnlyCollection<TKey>"],
        members: &[
            member("new(Dictionary<TKey, TValue> dictionary)", |cx, a| entries_of(cx, a, true)),
            member("int Count", |cx, a| list::count_of(cx, arg(a, 0))),
            member("void CopyTo(TKey[] array, int index)", list::copy_to),
            member("IEnumerator<TKey> GetEnumerator()", enumerator),
        ],
        ..TypeSpec::class("System.Collections.Generic.Dictionary<TKey, TValue>+KeyCollection", "api/system.collections.generic.dictionary-2.keycollection")
    },
    TypeSpec {
        bases: &["ICollection<TValue>", "IReadOnlyCollection<TValue>"],
        members: &[
            member("new(Dictionary<TKey, TValue> dictionary)", |cx, a| entries_of(cx, a, false)),
            member("int Count", |cx, a| list::count_of(cx, arg(a, 0))),
            member("void CopyTo(TValue[] array, int index)", list::copy_to),
            member("IEnumerator<TValue> GetEnumerator()", enumerator),
        ],
        ..TypeSpec::class("System.Collections.Generic.Dictionary<TKey, TValue>+ValueCollection", "api/system.collections.generic.dictionary-2.valuecollection")
    },
    TypeSpec {
        bases: &["IList<T>", "IReadOnlyList<T>"],
        members: READ_ONLY,
        ..TypeSpec::class(
            "System.Collections.ObjectModel.ReadOnlyCollection<T>",
            "api/system.collections.objectmodel.readonlycollection-1",
        )
    },
    TypeSpec {
        members: &[
            member("bool Equals(T x, T y)", |cx, a| Ok(Value::Bool(same_by(cx, arg(a, 0), arg(a, 1), arg(a, 2))))),
            member("int GetHashCode(T obj)", |cx, a| {
                let key = cx.heap.key_by(arg(a, 0), arg(a, 1));
                Ok(Value::Int32(hash(&key)))
            }),
        ],
        ..TypeSpec::interface(
            "System.Collections.Generic.IEqualityComparer<T>",
            "api/system.collections.generic.iequalitycomparer-1",
        )
    },
    TypeSpec {
        members: &[member("int Compare(T x, T y)", |cx, a| {
            let order = compare_by(cx.heap, arg(a, 0), arg(a, 1), arg(a, 2))?;
            Ok(Value::Int32(order as i32))
        })],
        ..TypeSpec::interface("System.Collections.Generic.IComparer<T>", "api/system.collections.generic.icomparer-1")
    },
];

const READ_ONLY: &[Row] = &[
    member("new(IList<T> list)", |cx, a| read_only(cx, arg(a, 0))),
    member("int Count", |cx, a| list::count_of(cx, arg(a, 0))),
    member("T this[int index]", list::get),
    member("bool Contains(T value)", list::contains),
    member("int IndexOf(T value)", list::index_of),
    member("void CopyTo(T[] array, int index)", list::copy_to),
    member("IEnumerator<T> GetEnumerator()", enumerator),
];

/// What a view shows.
pub(crate) enum View {
    /// The keys or values of a dictionary.
    Part(Value, Part),
    /// A list.
    Whole(Value),
}

/// What a value shows, when it is a view.
pub(crate) fn of(heap: &Heap, value: &Value) -> Option<View> {
    if let Some(entries) = heap.native::<Entries>(value) {
        let part = if entries.keys { Part::Key } else { Part::Value };
        return Some(View::Part(entries.of.clone(), part));
    }
    heap.native::<ReadOnly>(value).map(|view| View::Whole(view.list.clone()))
}

/// `Dictionary.KeyCollection` and `Dictionary.ValueCollection`.
#[derive(Debug)]
struct Entries {
    of: Value,
    keys: bool,
    types: Vec<Type>,
}

impl NativeObject for Entries {
    fn class(&self) -> Type {
        named(if self.keys { "KeyCollection" } else { "ValueCollection" }, self.types.clone())
    }

    fn text(&self) -> Option<Text> {
        let names: Vec<String> = self.types.iter().map(Type::net_name).collect();
        let name = if self.keys { "KeyCollection" } else { "ValueCollection" };
        let text = format!("System.Collections.Generic.Dictionary`2+{name}[{}]", names.join(","));
        Some(text.into())
    }
}

fn named(name: &str, args: Vec<Type>) -> Type {
    registry().find(name).map_or(Type::Object, |class| Type::generic(class, args))
}

fn entries_of(cx: &mut Cx<'_>, args: &[Value], keys: bool) -> Eval {
    match cx.heap.object(arg(args, 0)) {
        Some(Object::Dictionary(_)) => entries(cx, arg(args, 0), keys),
        _ => Err(Exception::argument_null("dictionary")),
    }
}

/// The keys or the values of a `Dictionary`.
pub(super) fn entries(cx: &mut Cx<'_>, of: &Value, keys: bool) -> Eval {
    let types = match cx.heap.object(of) {
        Some(Object::Dictionary(dictionary)) => dictionary.types.to_vec(),
        _ => return Err(Exception::null_reference()),
    };
    made(cx, Entries { of: of.clone(), keys, types })
}

/// `ReadOnlyCollection<T>`.
#[derive(Debug)]
struct ReadOnly {
    list: Value,
    element: Type,
}

impl NativeObject for ReadOnly {
    fn class(&self) -> Type {
        named("ReadOnlyCollection", vec![self.element.clone()])
    }
}

/// A list that cannot be changed by way of this object.
pub(super) fn read_only(cx: &mut Cx<'_>, list: &Value) -> Eval {
    if list.is_null() {
        return Err(Exception::argument_null("list"));
    }
    let element = cx.type_arg(0);
    read_only_of(cx, list, element)
}

/// A list of a type that cannot be changed by way of this object.
pub(super) fn read_only_of(cx: &mut Cx<'_>, list: &Value, element: Type) -> Eval {
    made(cx, ReadOnly { list: list.clone(), element })
}

/// A walk that a program steers itself.
#[derive(Debug)]
struct Enumerator {
    element: Type,
    source: Value,
    /// None while it moves.
    cursor: Option<Cursor>,
    current: Value,
    place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Before,
    At,
    Behind,
}

impl NativeObject for Enumerator {
    fn class(&self) -> Type {
        named("IEnumerator", vec![self.element.clone()])
    }
}

/// `GetEnumerator()`.
pub(super) fn enumerator(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let source = arg(args, 0);
    let element = element_of(cx, source);
    let cursor = Some(Cursor::over(cx, source)?);
    let current = default_value(&element);
    made(cx, Enumerator { element, source: source.clone(), cursor, current, place: Place::Before })
}

fn element_of(cx: &Cx<'_>, source: &Value) -> Type {
    let own = crate::eval::runtime_type(cx.heap, source);
    match crate::registry::as_class(&own, known().enumerable) {
        Some(Type::Class(_, args)) => args.first().cloned().unwrap_or(Type::Object),
        _ => Type::Object,
    }
}

fn state<'h>(cx: &'h mut Cx<'_>, args: &[Value]) -> Result<&'h mut Enumerator, Exception> {
    cx.heap.native_mut::<Enumerator>(arg(args, 0)).ok_or_else(Exception::null_reference)
}

fn move_next(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let enumerator = state(cx, args)?;
    let Some(mut cursor) = enumerator.cursor.take() else { return Ok(Value::Bool(false)) };
    let next = cursor.next(cx);
    let enumerator = state(cx, args)?;
    enumerator.cursor = Some(cursor);
    let found = next?;
    enumerator.place = if found.is_some() { Place::At } else { Place::Behind };
    let moved = found.is_some();
    enumerator.current = found.unwrap_or_else(|| default_value(&enumerator.element));
    Ok(Value::Bool(moved))
}

/// COMPAT: outside of the elements, enumerators of arrays, queues and stacks throw; others give a default (.NET Framework
/// reference source, `SZArrayHelper`, `Queue<T>.Enumerator`).
fn current(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let enumerator = state(cx, args)?;
    let (place, source, current) = (enumerator.place, enumerator.source.clone(), enumerator.current.clone());
    let strict = match cx.heap.object(&source) {
        Some(Object::Array { .. } | Object::Bytes { .. }) => true,
        Some(Object::Native(native)) => native.live(0).is_some(),
        _ => false,
    };
    match place {
        Place::Before if strict => {
            Err(Exception::invalid_operation("Enumeration has not started. Call MoveNext."))
        }
        Place::Behind if strict => Err(Exception::invalid_operation("Enumeration already finished.")),
        _ => Ok(current),
    }
}

fn reset(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let source = state(cx, args)?.source.clone();
    if matches!(cx.heap.object(&source), Some(Object::Query(_))) {
        return Err(cannot_reset());
    }
    let cursor = Cursor::over(cx, &source)?;
    let enumerator = state(cx, args)?;
    enumerator.cursor = Some(cursor);
    enumerator.place = Place::Before;
    enumerator.current = default_value(&enumerator.element);
    Ok(Value::Null)
}

/// `EqualityComparer<T>.Default`, as the property `Comparer` of a collection gives it.
#[derive(Debug)]
struct DefaultComparer(Type);

impl NativeObject for DefaultComparer {
    fn class(&self) -> Type {
        named("IEqualityComparer", vec![self.0.clone()])
    }

    fn text(&self) -> Option<Text> {
        let name = self.0.net_name();
        Some(format!("System.Collections.Generic.GenericEqualityComparer`1[{name}]").into())
    }

    fn comparer(&self) -> Option<&dyn Comparer> {
        Some(self)
    }
}

impl Comparer for DefaultComparer {
    fn key(&self, heap: &Heap, value: &Value) -> Key {
        heap.key(value, false)
    }

    fn order(&self, _: &Heap, a: &Value, b: &Value) -> Result<Ordering, Exception> {
        compare_values(a, b)
    }
}

/// A comparer as an object: null is the default one.
pub(super) fn comparer_object(cx: &mut Cx<'_>, comparer: Value, ty: Type) -> Eval {
    if comparer.is_null() { made(cx, DefaultComparer(ty)) } else { Ok(comparer) }
}

/// A hash code: the same for equal values.
fn hash(key: &Key) -> i32 {
    use std::hash::{Hash, Hasher};
    let mut hasher = Fnv(0xcbf2_9ce4_8422_2325);
    key.hash(&mut hasher);
    let hash = hasher.finish();
    i32::try_from(hash >> 33).unwrap_or(0)
}

/// FNV-1a, the same in every process.
struct Fnv(u64);

impl std::hash::Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

/// `Count` of a view.
pub(super) fn count_in(cx: &Cx<'_>, view: &View) -> Option<usize> {
    match view {
        View::Part(of, _) | View::Whole(of) => list::length(cx, of),
    }
}

/// Whether a value is a list that cannot be changed.
pub(super) fn is_read_only(heap: &Heap, value: &Value) -> bool {
    of(heap, value).is_some()
}
