//! `System.String`.
//!
//! Positions are UTF-16 units. Comparison of `StartsWith`, `IndexOf` and others without a `StringComparison` is the
//! invariant culture's in .NET; here text is searched for unit by unit, which differs only for characters that cultures
//! ignore or expand (soft hyphens, ligatures). Ordering (`Compare`, `OrderBy`) follows the invariant culture's word
//! sort: letters before case, lower case first, hyphens and apostrophes last.

use std::cmp::Ordering;

use crate::eval::{Cx, Eval};
use crate::heap::Heap;
use crate::object::Object;
use crate::types::Type;
use crate::{Exception, Text, Value};

use super::arguments::{arg, boolean, character, count, int, items, made, member as number_of, text, text_or_empty, this};
use super::format;
use super::sequence::collect;
use super::{Row, TypeSpec, constant, member};

pub(super) const TYPES: &[TypeSpec] = &[
    TypeSpec {
        bases: &["IEnumerable<char>"],
        members: ROWS,
        unbuilt: &["Normalize", "IsNormalized", "CopyTo", "GetEnumerator", "Intern", "IsInterned"],
        ..TypeSpec::class("System.String", "api/system.string")
    },
    TypeSpec::enumeration(
        "System.StringComparison",
        &[
            ("CurrentCulture", 0),
            ("CurrentCultureIgnoreCase", 1),
            ("InvariantCulture", 2),
            ("InvariantCultureIgnoreCase", 3),
            ("Ordinal", 4),
            ("OrdinalIgnoreCase", 5),
        ],
        "api/system.stringcomparison",
    ),
    TypeSpec::flags(
        "System.StringSplitOptions",
        &[("None", 0), ("RemoveEmptyEntries", 1)],
        "api/system.stringsplitoptions",
    ),
    TypeSpec {
        members: &[
            member("static StringComparer Ordinal", |cx, _| comparer(cx, 4)),
            member("static StringComparer OrdinalIgnoreCase", |cx, _| comparer(cx, 5)),
            member("static StringComparer InvariantCulture", |cx, _| comparer(cx, 2)),
            member("static StringComparer InvariantCultureIgnoreCase", |cx, _| comparer(cx, 3)),
            member("static StringComparer CurrentCulture", |cx, _| comparer(cx, 0)),
            member("static StringComparer CurrentCultureIgnoreCase", |cx, _| comparer(cx, 1)),
            member("bool Equals(string x, string y)", |cx, a| {
                let kind = comparer_kind(cx.heap, arg(a, 0)).unwrap_or(4);
                Ok(Value::Bool(equal(text_at(a, 1), text_at(a, 2), kind)))
            }),
            member("int Compare(string x, string y)", |cx, a| {
                let kind = comparer_kind(cx.heap, arg(a, 0)).unwrap_or(4);
                Ok(sign(compare(text_at(a, 1), text_at(a, 2), kind)))
            }),
        ],
        bases: &["IEqualityComparer<string>", "IComparer<string>"],
        ..TypeSpec::class("System.StringComparer", "api/system.stringcomparer")
    },
];

const ROWS: &[Row] = &[
    constant("static string Empty", || Value::Text(Text::EMPTY)),
    member("new(char[] value)", from_chars),
    member("new(char c, int count)", repeated),
    member("new(char[] value, int startIndex, int length)", from_some_chars),
    member("int Length", |_, a| Ok(count(this(a)?.length()))),
    member("char this[int index]", char_at),
    member("static bool IsNullOrEmpty(string value)", |_, a| Ok(Value::Bool(text_or_empty(a, 0).is_empty()))),
    member("static bool IsNullOrWhiteSpace(string value)", |_, a| {
        Ok(Value::Bool(text_or_empty(a, 0).chars().all(is_white)))
    }),
    member("static string Concat(object arg0)", concat),
    member("static string Concat(object arg0, object arg1)", concat),
    member("static string Concat(object arg0, object arg1, object arg2)", concat),
    member("static string Concat(params object[] args)", concat_items),
    member("static string Concat(string str0, string str1)", concat),
    member("static string Concat(string str0, string str1, string str2)", concat),
    member("static string Concat(string str0, string str1, string str2, string str3)", concat),
    member("static string Concat(params string[] values)", concat_items),
    member("static string Concat(IEnumerable<string> values)", concat_items),
    member("static string Concat<T>(IEnumerable<T> values)", concat_items),
    member("static string Join(string separator, params string[] value)", join),
    member("static string Join(string separator, params object[] values)", join),
    member("static string Join(string separator, IEnumerable<string> values)", join),
    member("static string Join<T>(string separator, IEnumerable<T> values)", join),
    member("static string Join(string separator, string[] value, int startIndex, int count)", join_some),
    member("static string Format(string format, object arg0)", format_one),
    member("static string Format(string format, object arg0, object arg1)", format_one),
    member("static string Format(string format, object arg0, object arg1, object arg2)", format_one),
    member("static string Format(string format, params object[] args)", format_many),
    member("static string Copy(string str)", |_, a| text(a, 0, "str").map(|t| Value::Text(t.clone()))),
    member("static int Compare(string strA, string strB)", |_, a| Ok(sign(compare(text_at(a, 0), text_at(a, 1), 0)))),
    member("static int Compare(string strA, string strB, bool ignoreCase)", |_, a| {
        Ok(sign(compare(text_at(a, 0), text_at(a, 1), i32::from(boolean(a, 2)))))
    }),
    member("static int Compare(string strA, string strB, StringComparison comparisonType)", |_, a| {
        Ok(sign(compare(text_at(a, 0), text_at(a, 1), number_of(a, 2))))
    }),
    member("static int CompareOrdinal(string strA, string strB)", |_, a| Ok(sign(compare(text_at(a, 0), text_at(a, 1), 4)))),
    member("int CompareTo(string strB)", |_, a| Ok(sign(compare(text_at(a, 0), text_at(a, 1), 0)))),
    member("static bool Equals(string a, string b)", |_, a| Ok(Value::Bool(equal(text_at(a, 0), text_at(a, 1), 4)))),
    member("static bool Equals(string a, string b, StringComparison comparisonType)", |_, a| {
        Ok(Value::Bool(equal(text_at(a, 0), text_at(a, 1), number_of(a, 2))))
    }),
    member("bool Equals(string value)", |_, a| Ok(Value::Bool(equal(text_at(a, 0), text_at(a, 1), 4)))),
    member("bool Equals(string value, StringComparison comparisonType)", |_, a| {
        Ok(Value::Bool(equal(text_at(a, 0), text_at(a, 1), number_of(a, 2))))
    }),
    member("bool Contains(string value)", |_, a| {
        Ok(Value::Bool(this(a)?.as_str().contains(text(a, 1, "value")?.as_str())))
    }),
    member("bool StartsWith(string value)", |_, a| {
        Ok(Value::Bool(this(a)?.as_str().starts_with(text(a, 1, "value")?.as_str())))
    }),
    member("bool StartsWith(string value, StringComparison comparisonType)", |_, a| {
        let (own, part) = (folded(this(a)?, number_of(a, 2)), folded(text(a, 1, "value")?, number_of(a, 2)));
        Ok(Value::Bool(own.as_str().starts_with(part.as_str())))
    }),
    member("bool EndsWith(string value)", |_, a| {
        Ok(Value::Bool(this(a)?.as_str().ends_with(text(a, 1, "value")?.as_str())))
    }),
    member("bool EndsWith(string value, StringComparison comparisonType)", |_, a| {
        let (own, part) = (folded(this(a)?, number_of(a, 2)), folded(text(a, 1, "value")?, number_of(a, 2)));
        Ok(Value::Bool(own.as_str().ends_with(part.as_str())))
    }),
    member("int IndexOf(char value)", |_, a| index_of(a, Find::unit(a, 1), 0, None)),
    member("int IndexOf(char value, int startIndex)", |_, a| index_of(a, Find::unit(a, 1), int(a, 2), None)),
    member("int IndexOf(char value, int startIndex, int count)", |_, a| {
        index_of(a, Find::unit(a, 1), int(a, 2), Some(int(a, 3)))
    }),
    member("int IndexOf(string value)", |_, a| index_of(a, Find::text(a, 4)?, 0, None)),
    member("int IndexOf(string value, int startIndex)", |_, a| index_of(a, Find::text(a, 4)?, int(a, 2), None)),
    member("int IndexOf(string value, int startIndex, int count)", |_, a| {
        index_of(a, Find::text(a, 4)?, int(a, 2), Some(int(a, 3)))
    }),
    member("int IndexOf(string value, StringComparison comparisonType)", |_, a| {
        index_of(a, Find::text(a, number_of(a, 2))?, 0, None)
    }),
    member("int IndexOf(string value, int startIndex, StringComparison comparisonType)", |_, a| {
        index_of(a, Find::text(a, number_of(a, 3))?, int(a, 2), None)
    }),
    member("int IndexOfAny(char[] anyOf)", |cx, a| index_of(a, Find::any(cx, a), 0, None)),
    member("int IndexOfAny(char[] anyOf, int startIndex)", |cx, a| index_of(a, Find::any(cx, a), int(a, 2), None)),
    member("int LastIndexOf(char value)", |_, a| last_index_of(a, Find::unit(a, 1), None)),
    member("int LastIndexOf(char value, int startIndex)", |_, a| last_index_of(a, Find::unit(a, 1), Some(int(a, 2)))),
    member("int LastIndexOf(string value)", |_, a| last_index_of(a, Find::text(a, 4)?, None)),
    member("int LastIndexOf(string value, int startIndex)", |_, a| last_index_of(a, Find::text(a, 4)?, Some(int(a, 2)))),
    member("int LastIndexOf(string value, StringComparison comparisonType)", |_, a| {
        last_index_of(a, Find::text(a, number_of(a, 2))?, None)
    }),
    member("int LastIndexOfAny(char[] anyOf)", |cx, a| last_index_of(a, Find::any(cx, a), None)),
    member("string Insert(int startIndex, string value)", insert),
    member("string PadLeft(int totalWidth)", |cx, a| pad(cx, a, 0x20, true)),
    member("string PadLeft(int totalWidth, char paddingChar)", |cx, a| pad(cx, a, character(a, 2), true)),
    member("string PadRight(int totalWidth)", |cx, a| pad(cx, a, 0x20, false)),
    member("string PadRight(int totalWidth, char paddingChar)", |cx, a| pad(cx, a, character(a, 2), false)),
    member("string Remove(int startIndex)", remove_from),
    member("string Remove(int startIndex, int count)", remove),
    member("string Replace(char oldChar, char newChar)", replace_char),
    member("string Replace(string oldValue, string newValue)", replace),
    member("string[] Split(params char[] separator)", |cx, a| split(cx, a, i32::MAX, 0)),
    member("string[] Split(char[] separator, int count)", |cx, a| split(cx, a, int(a, 2), 0)),
    member("string[] Split(char[] separator, StringSplitOptions options)", |cx, a| split(cx, a, i32::MAX, number_of(a, 2))),
    member("string[] Split(char[] separator, int count, StringSplitOptions options)", |cx, a| {
        split(cx, a, int(a, 2), number_of(a, 3))
    }),
    member("string[] Split(string[] separator, StringSplitOptions options)", |cx, a| split(cx, a, i32::MAX, number_of(a, 2))),
    member("string[] Split(string[] separator, int count, StringSplitOptions options)", |cx, a| {
        split(cx, a, int(a, 2), number_of(a, 3))
    }),
    member("string Substring(int startIndex)", substring_from),
    member("string Substring(int startIndex, int length)", substring),
    member("char[] ToCharArray()", |cx, a| {
        let units: Vec<Value> = this(a)?.units().map(Value::Char).collect();
        cx.grow(units.len() * 24)?;
        cx.heap.array(Type::CHAR, units)
    }),
    member("string ToLower()", |cx, a| made(cx, lower(this(a)?.as_str()))),
    member("string ToLowerInvariant()", |cx, a| made(cx, lower(this(a)?.as_str()))),
    member("string ToUpper()", |cx, a| made(cx, upper(this(a)?.as_str()))),
    member("string ToUpperInvariant()", |cx, a| made(cx, upper(this(a)?.as_str()))),
    member("string Trim()", |_, a| this(a).map(|t| trimmed(t, &is_white, true, true))),
    member("string Trim(params char[] trimChars)", |cx, a| trim(cx, a, true, true)),
    member("string TrimStart(params char[] trimChars)", |cx, a| trim(cx, a, true, false)),
    member("string TrimEnd(params char[] trimChars)", |cx, a| trim(cx, a, false, true)),
    member("object Clone()", |_, a| Ok(arg(a, 0).clone())),
];

fn text_at(args: &[Value], index: usize) -> Option<&Text> {
    args.get(index).and_then(Value::as_text)
}

/// `char.IsWhiteSpace`.
pub(crate) fn is_white(c: char) -> bool {
    c.is_whitespace()
}

/// Invariant lower case: each character by itself.
pub(crate) fn lower(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.chars().map(|c| simple(c, c.to_lowercase())).collect()
}

/// Invariant upper case: each character by itself (`ß` stays).
pub(crate) fn upper(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_uppercase();
    }
    text.chars().map(|c| simple(c, c.to_uppercase())).collect()
}

fn simple(c: char, mut mapped: impl ExactSizeIterator<Item = char>) -> char {
    match (mapped.len(), mapped.next()) {
        (1, Some(mapped)) => mapped,
        _ => c,
    }
}

const fn ignores_case(comparison: i32) -> bool {
    comparison == 1 || comparison == 3 || comparison == 5
}

/// The text as a comparison sees it.
fn folded(text: &Text, comparison: i32) -> Text {
    if ignores_case(comparison) { Text::from(upper(text.as_str())) } else { text.clone() }
}

/// Equality by a `StringComparison`; null equals null.
pub(crate) fn equal(a: Option<&Text>, b: Option<&Text>, comparison: i32) -> bool {
    match (a, b) {
        (Some(a), Some(b)) if ignores_case(comparison) => equal_ignoring_case(a.as_str(), b.as_str()),
        (Some(a), Some(b)) => a == b,
        (None, None) => true,
        _ => false,
    }
}

fn equal_ignoring_case(a: &str, b: &str) -> bool {
    if a.is_ascii() && b.is_ascii() {
        return a.eq_ignore_ascii_case(b);
    }
    upper(a) == upper(b)
}

/// Order by a `StringComparison`; null is first.
fn compare(a: Option<&Text>, b: Option<&Text>, comparison: i32) -> Ordering {
    let (Some(a), Some(b)) = (a, b) else { return a.is_some().cmp(&b.is_some()) };
    match comparison {
        4 => a.units().cmp(b.units()),
        5 => Text::from(upper(a.as_str())).units().cmp(Text::from(upper(b.as_str())).units()),
        other => compare_invariant(a.as_str(), b.as_str(), ignores_case(other)),
    }
}

fn sign(order: Ordering) -> Value {
    Value::Int32(order as i32)
}

/// The invariant culture's word sort, as "String.Compare" and "CompareOptions" describe it: symbols before digits
/// before letters, case only where all else is equal (lower first), hyphen and apostrophe only where that is equal too.
pub(crate) fn compare_invariant(a: &str, b: &str, ignore_case: bool) -> Ordering {
    let weighty = |c: &char| !matches!(c, '-' | '\'');
    let main = a.chars().filter(weighty).map(primary).cmp(b.chars().filter(weighty).map(primary));
    if main.is_ne() {
        return main;
    }
    if !ignore_case {
        let case = |c: char| c.is_uppercase();
        let cased = a.chars().filter(weighty).map(case).cmp(b.chars().filter(weighty).map(case));
        if cased.is_ne() {
            return cased;
        }
    }
    a.chars().count().cmp(&b.chars().count())
}

fn primary(c: char) -> (u8, char, char) {
    let class = if c.is_alphabetic() {
        3
    } else if c.is_numeric() {
        2
    } else {
        u8::from(!c.is_whitespace())
    };
    let folded = simple(c, c.to_lowercase());
    // Accented Latin letters sort behind their base letter.
    let base = base_letter(folded);
    (class, base, folded)
}

fn base_letter(c: char) -> char {
    match c {
        'à'..='å' => 'a',
        'ç' => 'c',
        'è'..='ë' => 'e',
        'ì'..='ï' => 'i',
        'ñ' => 'n',
        'ò'..='ö' => 'o',
        'ù'..='ü' => 'u',
        'ý' | 'ÿ' => 'y',
        other => other,
    }
}

/// A `StringComparer`.
#[derive(Debug)]
struct Comparer(i32);

impl crate::object::NativeObject for Comparer {
    fn class(&self) -> Type {
        Type::class(crate::registry::known().comparer)
    }

    fn comparer(&self) -> Option<&dyn crate::object::Comparer> {
        Some(self)
    }
}

/// A collection compares keys by what is equal for the comparer.
impl crate::object::Comparer for Comparer {
    fn key(&self, heap: &Heap, value: &Value) -> crate::object::Key {
        match value {
            Value::Text(text) if ignores_case(self.0) => {
                crate::object::Key::Text(text.as_str().chars().map(simple_upper).collect::<String>().into())
            }
            other => heap.key(other, false),
        }
    }

    fn order(&self, _: &Heap, a: &Value, b: &Value) -> Result<Ordering, Exception> {
        Ok(match (a, b) {
            (Value::Text(a), Value::Text(b)) => compare(Some(a), Some(b), self.0),
            (Value::Null, Value::Null) => Ordering::Equal,
            (Value::Null, _) => Ordering::Less,
            _ => Ordering::Greater,
        })
    }
}

/// The capital of a character where that is one character.
fn simple_upper(c: char) -> char {
    let mut upper = c.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(upper), None) => upper,
        _ => c,
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

fn units_of(cx: &Cx<'_>, value: &Value) -> Vec<u16> {
    let unit = |value: &Value| if let Value::Char(unit) = value { *unit } else { 0 };
    items(cx.heap, value).iter().map(unit).collect()
}

fn from_chars(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let units = units_of(cx, arg(args, 0));
    cx.grow(units.len())?;
    Ok(Value::Text(Text::from_units(&units)))
}

fn from_some_chars(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let units = units_of(cx, arg(args, 0));
    let range = usize::try_from(int(args, 1)).ok().zip(usize::try_from(int(args, 2)).ok());
    let part = range.and_then(|(from, length)| units.get(from..from.checked_add(length)?));
    let part = part.ok_or_else(|| {
        Exception::out_of_range("Index was out of range. Must be non-negative and less than the size of the collection.", "startIndex")
    })?;
    Ok(Value::Text(Text::from_units(part)))
}

fn repeated(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let times = usize::try_from(int(args, 1))
        .map_err(|_| Exception::out_of_range("'count' must be non-negative.", "count"))?;
    cx.grow(times)?;
    Ok(Value::Text(Text::from_units(&vec![character(args, 0); times])))
}

fn char_at(_: &mut Cx<'_>, args: &[Value]) -> Eval {
    let unit = usize::try_from(int(args, 1)).ok().and_then(|at| this(args).ok()?.unit(at));
    unit.map(Value::Char).ok_or_else(Exception::index_out_of_range)
}

fn append(cx: &mut Cx<'_>, out: &mut String, value: &Value) -> Result<bool, Exception> {
    if value.is_null() {
        return Ok(false);
    }
    let shown = cx.display(value)?;
    if out.len() + shown.len() > cx.limits.text {
        cx.grow(out.len() + shown.len())?;
    }
    out.push_str(shown.as_str());
    Ok(shown.is_tainted())
}

fn finish(cx: &mut Cx<'_>, text: String, tainted: bool) -> Eval {
    cx.grow(text.len())?;
    Ok(Value::Text(Text::from(text).tainted_if(tainted)))
}

fn concat(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let mut out = String::new();
    let mut tainted = false;
    for value in args {
        tainted |= append(cx, &mut out, value)?;
    }
    finish(cx, out, tainted)
}

fn concat_items(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let items = collect(cx, arg(args, 0))?;
    concat(cx, &items)
}

fn join(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let items = collect(cx, arg(args, 1))?;
    join_items(cx, text_or_empty(args, 0), &items)
}

fn join_items(cx: &mut Cx<'_>, separator: &str, items: &[Value]) -> Eval {
    let mut out = String::new();
    let mut tainted = false;
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push_str(separator);
        }
        tainted |= append(cx, &mut out, item)?;
    }
    finish(cx, out, tainted)
}

fn join_some(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let all = collect(cx, arg(args, 1))?;
    let range = usize::try_from(int(args, 2)).ok().zip(usize::try_from(int(args, 3)).ok());
    let part = range.and_then(|(from, length)| all.get(from..from.checked_add(length)?));
    let part = part.ok_or_else(|| {
        Exception::out_of_range("Index and count must refer to a location within the buffer.", "startIndex")
    })?;
    join_items(cx, text_or_empty(args, 0), part)
}

fn format_one(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let pattern = text(args, 0, "format")?.clone();
    format::composite(cx, &pattern, args.get(1..).unwrap_or_default())
}

fn format_many(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let pattern = text(args, 0, "format")?.clone();
    if arg(args, 1).is_null() {
        return Err(Exception::argument_null("args"));
    }
    let values = collect(cx, arg(args, 1))?;
    format::composite(cx, &pattern, &values)
}

/// What is searched for.
enum Find {
    Units(Vec<u16>, bool),
    AnyOf(Vec<u16>),
}

impl Find {
    fn unit(args: &[Value], index: usize) -> Self {
        Self::Units(vec![character(args, index)], false)
    }

    fn text(args: &[Value], comparison: i32) -> Result<Self, Exception> {
        let wanted = folded(text(args, 1, "value")?, comparison);
        Ok(Self::Units(wanted.units().collect(), ignores_case(comparison)))
    }

    fn any(cx: &Cx<'_>, args: &[Value]) -> Self {
        Self::AnyOf(units_of(cx, arg(args, 1)))
    }

    fn length(&self) -> usize {
        match self {
            Self::Units(units, _) => units.len(),
            Self::AnyOf(_) => 1,
        }
    }

    fn haystack(&self, text: &Text) -> Vec<u16> {
        match self {
            Self::Units(_, true) => upper(text.as_str()).encode_utf16().collect(),
            _ => text.units().collect(),
        }
    }

    fn is_at(&self, hay: &[u16], at: usize) -> bool {
        match self {
            Self::Units(units, _) => hay.get(at..).is_some_and(|rest| rest.starts_with(units)),
            Self::AnyOf(units) => hay.get(at).is_some_and(|unit| units.contains(unit)),
        }
    }
}

fn position(found: Option<usize>) -> Value {
    found.map_or(Value::Int32(-1), count)
}

fn index_of(args: &[Value], find: Find, start: i32, length: Option<i32>) -> Eval {
    let own = this(args)?;
    let hay = find.haystack(own);
    let out_of_range = || Exception::out_of_range("Index was out of range. Must be non-negative and less than the size of the collection.", "startIndex");
    let start = usize::try_from(start).ok().filter(|start| *start <= hay.len()).ok_or_else(out_of_range)?;
    let end = match length {
        None => hay.len(),
        Some(length) => {
            let length = usize::try_from(length).ok().filter(|length| start + length <= hay.len());
            let message = "Count must be positive and count must refer to a location within the string/array/collection.";
            start + length.ok_or_else(|| Exception::out_of_range(message, "count"))?
        }
    };
    let last = end.checked_sub(find.length());
    let found = last.and_then(|last| (start..=last).find(|&at| find.is_at(&hay, at)));
    Ok(position(found))
}

fn last_index_of(args: &[Value], find: Find, start: Option<i32>) -> Eval {
    let own = this(args)?;
    let hay = find.haystack(own);
    if hay.is_empty() {
        return Ok(position((find.length() == 0).then_some(0)));
    }
    let end = match start {
        None => hay.len(),
        Some(start) => {
            let start = usize::try_from(start).ok().filter(|start| *start < hay.len());
            let message = "Index was out of range. Must be non-negative and less than the size of the collection.";
            start.ok_or_else(|| Exception::out_of_range(message, "startIndex"))? + 1
        }
    };
    if find.length() == 0 {
        return Ok(position(Some(end - 1)));
    }
    let last = end.checked_sub(find.length());
    Ok(position(last.and_then(|last| (0..=last).rev().find(|&at| find.is_at(&hay, at)))))
}

fn insert(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let own = this(args)?;
    let part = text(args, 2, "value")?;
    let at = usize::try_from(int(args, 1)).ok().and_then(|at| own.byte_of(at));
    let (before, after) = at.and_then(|at| own.as_str().split_at_checked(at)).ok_or_else(|| {
        Exception::out_of_range("Specified argument was out of the range of valid values.", "startIndex")
    })?;
    made(cx, [before, part.as_str(), after].concat())
}

fn pad(cx: &mut Cx<'_>, args: &[Value], unit: u16, left: bool) -> Eval {
    let own = this(args)?;
    let width = usize::try_from(int(args, 1))
        .map_err(|_| Exception::out_of_range("Non-negative number required.", "totalWidth"))?;
    let missing = width.saturating_sub(own.length());
    cx.grow(missing)?;
    let padding = Text::from_units(&vec![unit; missing]);
    let parts = if left { [padding.as_str(), own.as_str()] } else { [own.as_str(), padding.as_str()] };
    made(cx, parts.concat())
}

fn remove_from(_: &mut Cx<'_>, args: &[Value]) -> Eval {
    let own = this(args)?;
    let start = usize::try_from(int(args, 1))
        .map_err(|_| Exception::out_of_range("StartIndex cannot be less than zero.", "startIndex"))?;
    if start >= own.length() {
        return Err(Exception::out_of_range("startIndex must be less than length of string.", "startIndex"));
    }
    Ok(own.substring(0, start).into())
}

fn remove(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let own = this(args)?;
    let start = usize::try_from(int(args, 1))
        .map_err(|_| Exception::out_of_range("StartIndex cannot be less than zero.", "startIndex"))?;
    let length = usize::try_from(int(args, 2))
        .map_err(|_| Exception::out_of_range("Count cannot be less than zero.", "count"))?;
    let before = own.substring(0, start);
    let rest = own.length().checked_sub(start + length).and_then(|rest| own.substring(start + length, rest));
    match (before, rest) {
        (Some(before), Some(rest)) => made(cx, [before.as_str(), rest.as_str()].concat()),
        _ => Err(Exception::out_of_range("Index and count must refer to a location within the string.", "count")),
    }
}

fn replace_char(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let (old, new) = (character(args, 1), character(args, 2));
    let units: Vec<u16> = this(args)?.units().map(|unit| if unit == old { new } else { unit }).collect();
    cx.grow(units.len())?;
    Ok(Value::Text(Text::from_units(&units)))
}

fn replace(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let own = this(args)?;
    let old = text(args, 1, "oldValue")?;
    if old.is_empty() {
        return Err(Exception::argument("String cannot be of zero length.", "oldValue"));
    }
    let new = text_or_empty(args, 2);
    if !own.as_str().contains(old.as_str()) {
        return Ok(Value::Text(own.clone()));
    }
    let times = own.as_str().matches(old.as_str()).count();
    cx.grow(own.len() + times.saturating_mul(new.len()))?;
    Ok(Value::Text(own.as_str().replace(old.as_str(), new).into()))
}

fn substring_from(_: &mut Cx<'_>, args: &[Value]) -> Eval {
    let own = this(args)?;
    let length = own.length();
    let start = usize::try_from(int(args, 1))
        .map_err(|_| Exception::out_of_range("StartIndex cannot be less than zero.", "startIndex"))?;
    let rest = length.checked_sub(start).and_then(|rest| own.substring(start, rest));
    rest.map(Value::Text).ok_or_else(|| {
        Exception::out_of_range("startIndex cannot be larger than length of string.", "startIndex")
    })
}

fn substring(_: &mut Cx<'_>, args: &[Value]) -> Eval {
    let own = this(args)?;
    let start = usize::try_from(int(args, 1))
        .map_err(|_| Exception::out_of_range("StartIndex cannot be less than zero.", "startIndex"))?;
    if start > own.length() {
        return Err(Exception::out_of_range("startIndex cannot be larger than length of string.", "startIndex"));
    }
    let length = usize::try_from(int(args, 2))
        .map_err(|_| Exception::out_of_range("Length cannot be less than zero.", "length"))?;
    own.substring(start, length).map(Value::Text).ok_or_else(|| {
        Exception::out_of_range("Index and length must refer to a location within the string.", "length")
    })
}

fn trim(cx: &mut Cx<'_>, args: &[Value], start: bool, end: bool) -> Eval {
    let own = this(args)?;
    let units = units_of(cx, arg(args, 1));
    if units.is_empty() {
        return Ok(trimmed(own, &is_white, start, end));
    }
    let chars: Vec<char> = char::decode_utf16(units).filter_map(Result::ok).collect();
    Ok(trimmed(own, &|c| chars.contains(&c), start, end))
}

fn trimmed(text: &Text, cut: &dyn Fn(char) -> bool, start: bool, end: bool) -> Value {
    let mut rest = text.as_str();
    if start {
        rest = rest.trim_start_matches(cut);
    }
    if end {
        rest = rest.trim_end_matches(cut);
    }
    if rest.len() == text.len() {
        return Value::Text(text.clone());
    }
    Value::Text(Text::copied(rest))
}

/// The separators of `Split`: each a text; none for white space.
fn separators(cx: &Cx<'_>, value: &Value) -> Vec<Text> {
    let one = |value: &Value| match value {
        Value::Char(unit) => Some(Text::from_units(&[*unit])),
        Value::Text(text) if !text.is_empty() => Some(text.clone()),
        _ => None,
    };
    items(cx.heap, value).iter().filter_map(one).collect()
}

fn split(cx: &mut Cx<'_>, args: &[Value], limit: i32, options: i32) -> Eval {
    let own = this(args)?;
    let limit = usize::try_from(limit)
        .map_err(|_| Exception::out_of_range("Count cannot be less than zero.", "count"))?;
    let separators = separators(cx, arg(args, 1));
    let drop_empty = options & 1 != 0;
    if limit == 0 {
        return cx.heap.strings([]);
    }
    cx.grow(own.len())?;
    let mut parts = Vec::new();
    let mut rest = own.as_str();
    while let Some((at, width)) = next_separator(rest, &separators) {
        // With a limit, the last part is everything that is left.
        if parts.len() + 1 == limit {
            break;
        }
        let part = rest.get(..at).unwrap_or_default();
        if !(drop_empty && part.is_empty()) {
            parts.push(Text::copied(part));
        }
        rest = rest.get(at + width..).unwrap_or_default();
    }
    if drop_empty && parts.len() + 1 == limit {
        rest = skip_separators(rest, &separators);
    }
    if !(drop_empty && rest.is_empty()) {
        parts.push(if rest.len() == own.len() { own.clone() } else { Text::copied(rest) });
    }
    cx.heap.charge(parts.len() * 24)?;
    cx.heap.strings(parts)
}

fn skip_separators<'t>(mut rest: &'t str, separators: &[Text]) -> &'t str {
    while let Some((0, width)) = next_separator(rest, separators) {
        rest = rest.get(width..).unwrap_or_default();
    }
    rest
}

/// Position and width of the next separator; the first in the list wins at one place.
fn next_separator(text: &str, separators: &[Text]) -> Option<(usize, usize)> {
    if separators.is_empty() {
        let (at, c) = text.char_indices().find(|(_, c)| is_white(*c))?;
        return Some((at, c.len_utf8()));
    }
    let found = separators.iter().filter_map(|sep| text.find(sep.as_str()).map(|at| (at, sep.len())));
    found.min_by_key(|(at, _)| *at)
}
