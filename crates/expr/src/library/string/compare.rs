//! Comparing text: by `StringComparison`, and `System.StringComparer`.

use std::cmp::Ordering;

use crate::eval::{Cx, Eval};
use crate::heap::Heap;
use crate::object::{Key, NativeObject, Object};
use crate::types::Type;
use crate::{Exception, Text, Value};

use super::collation;
use crate::library::arguments::{arg, boolean, int, member as number_of};
use crate::library::unicode;
use crate::library::{Row, TypeSpec, member};

/// `System.StringComparison`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Culture,
    CultureIgnoreCase,
    Ordinal,
    OrdinalIgnoreCase,
}

impl Comparison {
    /// By its number. The current culture is the invariant one.
    ///
    /// # Errors
    /// `System.ArgumentException` for a number that is none.
    pub(crate) fn of(number: i32) -> Result<Self, Exception> {
        Ok(match number {
            0 | 2 => Self::Culture,
            1 | 3 => Self::CultureIgnoreCase,
            4 => Self::Ordinal,
            5 => Self::OrdinalIgnoreCase,
            _ => {
                let message = "The string comparison type passed in is currently not supported.";
                return Err(Exception::argument(message, "comparisonType"));
            }
        })
    }

    pub(crate) const fn ignores_case(self) -> bool {
        matches!(self, Self::CultureIgnoreCase | Self::OrdinalIgnoreCase)
    }

    pub(crate) const fn is_culture(self) -> bool {
        matches!(self, Self::Culture | Self::CultureIgnoreCase)
    }

    /// The order of two texts, null first: negative, zero or positive.
    pub(crate) fn compare(self, a: Option<&Text>, b: Option<&Text>) -> i32 {
        let (Some(a), Some(b)) = (a, b) else { return a.is_some().cmp(&b.is_some()) as i32 };
        match self {
            Self::Culture => collation::compare(a.as_str(), b.as_str(), false) as i32,
            Self::CultureIgnoreCase => collation::compare(a.as_str(), b.as_str(), true) as i32,
            Self::Ordinal => ordinal(a, b),
            Self::OrdinalIgnoreCase => {
                difference(upper(a.as_str()).encode_utf16(), upper(b.as_str()).encode_utf16())
            }
        }
    }

    /// Whether two texts are equal; null equals null.
    pub(crate) fn equal(self, a: Option<&Text>, b: Option<&Text>) -> bool {
        match (a, b, self) {
            (Some(a), Some(b), Self::Ordinal) => a == b,
            (Some(a), Some(b), Self::OrdinalIgnoreCase) => equal_ignoring_case(a.as_str(), b.as_str()),
            (Some(_), Some(_), _) => self.compare(a, b) == 0,
            (None, None, _) => true,
            _ => false,
        }
    }
}

/// The difference of the first units that differ, or of the lengths; an empty text counts as one zero character.
fn ordinal(a: &Text, b: &Text) -> i32 {
    match (a.unit(0), b.unit(0)) {
        (None, Some(first)) => -i32::from(first),
        (Some(first), None) => first.into(),
        _ => difference(a.units(), b.units()),
    }
}

/// The difference of the first units that differ, or of the lengths.
fn difference(mut a: impl Iterator<Item = u16>, mut b: impl Iterator<Item = u16>) -> i32 {
    loop {
        match (a.next(), b.next()) {
            (Some(x), Some(y)) if x == y => {}
            (Some(x), Some(y)) => return i32::from(x) - i32::from(y),
            (None, None) => return 0,
            (Some(_), None) => return i32::try_from(a.count()).unwrap_or(i32::MAX - 1) + 1,
            (None, Some(_)) => return -i32::try_from(b.count()).unwrap_or(i32::MAX - 1) - 1,
        }
    }
}

/// Invariant lower case: each character by itself.
pub(crate) fn lower(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.chars().map(unicode::lower).collect()
}

/// Invariant upper case: each character by itself (`ß` stays).
pub(crate) fn upper(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_uppercase();
    }
    text.chars().map(unicode::upper).collect()
}

fn equal_ignoring_case(a: &str, b: &str) -> bool {
    if a.is_ascii() && b.is_ascii() {
        return a.eq_ignore_ascii_case(b);
    }
    a.chars().map(unicode::upper).eq(b.chars().map(unicode::upper))
}

/// The invariant culture's order.
pub(crate) fn compare_invariant(a: &str, b: &str, ignore_case: bool) -> Ordering {
    collation::compare(a, b, ignore_case)
}

/// Equality by the number of a `StringComparison`.
pub(crate) fn equal(a: Option<&Text>, b: Option<&Text>, comparison: i32) -> bool {
    Comparison::of(comparison).unwrap_or(Comparison::Ordinal).equal(a, b)
}

fn text_at(args: &[Value], index: usize) -> Option<&Text> {
    args.get(index).and_then(Value::as_text)
}

/// Announces the work of comparing two texts.
fn charge(cx: &mut Cx<'_>, args: &[Value]) -> Result<(), Exception> {
    let length = |index| text_at(args, index).map_or(0, Text::len) as u64;
    cx.burn(length(0).max(length(1)) / 32)
}

fn compared(cx: &mut Cx<'_>, args: &[Value], comparison: i32) -> Eval {
    let comparison = Comparison::of(comparison)?;
    charge(cx, args)?;
    Ok(Value::Int32(comparison.compare(text_at(args, 0), text_at(args, 1))))
}

fn equals(cx: &mut Cx<'_>, args: &[Value], comparison: i32) -> Eval {
    let comparison = Comparison::of(comparison)?;
    charge(cx, args)?;
    Ok(Value::Bool(comparison.equal(text_at(args, 0), text_at(args, 1))))
}

/// Compares parts: text, start, text, start, length.
fn compare_parts(cx: &mut Cx<'_>, args: &[Value], comparison: i32) -> Eval {
    let comparison = Comparison::of(comparison)?;
    charge(cx, &[arg(args, 0).clone(), arg(args, 2).clone()])?;
    let (Some(a), Some(b)) = (text_at(args, 0), text_at(args, 2)) else {
        return Ok(Value::Int32(comparison.compare(text_at(args, 0), text_at(args, 2))));
    };
    let length = usize::try_from(int(args, 4))
        .map_err(|_| Exception::out_of_range("Length cannot be less than zero.", "length"))?;
    let outside = |parameter: &str| {
        let message =
            "Index was out of range. Must be non-negative and less than the size of the collection.";
        Exception::out_of_range(message, parameter)
    };
    // Negative places are looked for first, then places behind the end.
    let start = |index, parameter| usize::try_from(int(args, index)).map_err(|_| outside(parameter));
    let (from_a, from_b) = (start(1, "indexA")?, start(3, "indexB")?);
    let part = |text: &Text, start: usize, parameter: &str| {
        let rest = text.length().checked_sub(start).ok_or_else(|| outside(parameter))?;
        Ok(text.substring(start, rest.min(length)))
    };
    let (a, b) = (part(a, from_a, "indexA")?, part(b, from_b, "indexB")?);
    Ok(Value::Int32(comparison.compare(a.as_ref(), b.as_ref())))
}

const fn by_case(ignore: bool) -> i32 {
    if ignore { 1 } else { 0 }
}

/// Members of `String` that compare.
pub(super) const ROWS: &[Row] = &[
    member("static int Compare(string strA, string strB)", |cx, a| compared(cx, a, 0)),
    member("static int Compare(string strA, string strB, bool ignoreCase)", |cx, a| {
        compared(cx, a, by_case(boolean(a, 2)))
    }),
    member("static int Compare(string strA, string strB, StringComparison comparisonType)", |cx, a| {
        compared(cx, a, number_of(a, 2))
    }),
    member("static int Compare(string strA, int indexA, string strB, int indexB, int length)", |cx, a| {
        compare_parts(cx, a, 0)
    }),
    member(
        "static int Compare(string strA, int indexA, string strB, int indexB, int length, bool ignoreCase)",
        |cx, a| compare_parts(cx, a, by_case(boolean(a, 5))),
    ),
    member(
        "static int Compare(string strA, int indexA, string strB, int indexB, int length, StringComparison comparisonType)",
        |cx, a| compare_parts(cx, a, number_of(a, 5)),
    ),
    member("static int CompareOrdinal(string strA, string strB)", |cx, a| compared(cx, a, 4)),
    member(
        "static int CompareOrdinal(string strA, int indexA, string strB, int indexB, int length)",
        |cx, a| compare_parts(cx, a, 4),
    ),
    member("int CompareTo(string strB)", |cx, a| compared(cx, a, 0)),
    member("int CompareTo(object value)", |cx, a| match arg(a, 1) {
        Value::Text(_) | Value::Null => compared(cx, a, 0),
        _ => Err(Exception::new(
            "System.ArgumentException",
            Text::from_static("Object must be of type String."),
        )),
    }),
    member("static bool Equals(string a, string b)", |cx, a| equals(cx, a, 4)),
    member("static bool Equals(string a, string b, StringComparison comparisonType)", |cx, a| {
        equals(cx, a, number_of(a, 2))
    }),
    member("bool Equals(string value)", |cx, a| equals(cx, a, 4)),
    member("bool Equals(string value, StringComparison comparisonType)", |cx, a| {
        equals(cx, a, number_of(a, 2))
    }),
];

/// `System.StringComparer`.
pub(super) const COMPARER: TypeSpec = TypeSpec {
    members: &[
        member("static StringComparer Ordinal", |cx, _| comparer(cx, 4)),
        member("static StringComparer OrdinalIgnoreCase", |cx, _| comparer(cx, 5)),
        member("static StringComparer InvariantCulture", |cx, _| comparer(cx, 2)),
        member("static StringComparer InvariantCultureIgnoreCase", |cx, _| comparer(cx, 3)),
        member("static StringComparer CurrentCulture", |cx, _| comparer(cx, 0)),
        member("static StringComparer CurrentCultureIgnoreCase", |cx, _| comparer(cx, 1)),
        member("bool Equals(string x, string y)", |cx, a| {
            let kind = kind_of(cx, a);
            equals(cx, a.get(1..).unwrap_or_default(), kind)
        }),
        member("bool Equals(object x, object y)", |cx, a| match (arg(a, 1), arg(a, 2)) {
            (Value::Text(_), Value::Text(_)) => {
                let kind = kind_of(cx, a);
                equals(cx, a.get(1..).unwrap_or_default(), kind)
            }
            (x, y) => cx.equals(x, y),
        }),
        member("int Compare(string x, string y)", |cx, a| {
            let kind = kind_of(cx, a);
            compared(cx, a.get(1..).unwrap_or_default(), kind)
        }),
        member("int Compare(object x, object y)", |cx, a| match (arg(a, 1), arg(a, 2)) {
            (Value::Text(_) | Value::Null, Value::Text(_) | Value::Null) => {
                let kind = kind_of(cx, a);
                compared(cx, a.get(1..).unwrap_or_default(), kind)
            }
            (Value::Null, _) => Ok(Value::Int32(-1)),
            (_, Value::Null) => Ok(Value::Int32(1)),
            (Value::Ref(_), _) => crate::library::sequence::compare_values(arg(a, 1), arg(a, 2))
                .map(|order| Value::Int32(order as i32)),
            (x, y) => crate::library::integers::compare_to_object(cx, &[x.clone(), y.clone()]),
        }),
        member("int GetHashCode(string obj)", hash),
        member("int GetHashCode(object obj)", hash),
    ],
    bases: &["IEqualityComparer<string>", "IComparer<string>"],
    ..TypeSpec::class("System.StringComparer", "api/system.stringcomparer")
};

/// The state of a `StringComparer`: the number of its `StringComparison`.
#[derive(Debug)]
struct Comparer(i32);

impl NativeObject for Comparer {
    fn class(&self) -> Type {
        Type::class(crate::registry::known().comparer)
    }

    fn comparer(&self) -> Option<&dyn crate::object::Comparer> {
        Some(self)
    }
}

/// A collection compares keys by what is equal for the comparer.
impl crate::object::Comparer for Comparer {
    fn key(&self, heap: &Heap, value: &Value) -> Key {
        match (value, self.comparison()) {
            (Value::Text(text), Comparison::OrdinalIgnoreCase) => Key::Text(upper(text.as_str()).into()),
            (Value::Text(text), comparison) if comparison.is_culture() => {
                Key::Text(collation::key(text.as_str(), comparison.ignores_case()).into())
            }
            (other, _) => heap.key(other, false),
        }
    }

    fn order(&self, _: &Heap, a: &Value, b: &Value) -> Result<Ordering, Exception> {
        Ok(self.comparison().compare(a.as_text(), b.as_text()).cmp(&0))
    }
}

impl Comparer {
    fn comparison(&self) -> Comparison {
        Comparison::of(self.0).unwrap_or(Comparison::Ordinal)
    }
}

fn comparer(cx: &mut Cx<'_>, comparison: i32) -> Eval {
    cx.heap.make(comparer_of_kind(comparison))
}

/// The `StringComparer` of a `StringComparison`.
pub(crate) fn comparer_of_kind(comparison: i32) -> Object {
    Object::Native(Box::new(Comparer(comparison)))
}

/// The `StringComparison` of a `StringComparer`; none for other objects.
pub(crate) fn comparer_kind(heap: &Heap, value: &Value) -> Option<i32> {
    heap.native::<Comparer>(value).map(|comparer| comparer.0)
}

fn kind_of(cx: &Cx<'_>, args: &[Value]) -> i32 {
    comparer_kind(cx.heap, arg(args, 0)).unwrap_or(4)
}

/// What is equal to the comparer has the same hash code.
fn hash(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    match arg(args, 1) {
        Value::Null => Err(Exception::argument_null("obj")),
        Value::Text(text) if kind_of(cx, args) != 4 => {
            let comparison = Comparison::of(kind_of(cx, args))?;
            let key = if comparison.is_culture() {
                collation::key(text.as_str(), comparison.ignores_case())
            } else {
                upper(text.as_str())
            };
            crate::library::object::hash_code(cx, &[Value::Text(Text::from(key))])
        }
        other => crate::library::object::hash_code(cx, std::slice::from_ref(other)),
    }
}
