//! `System.String`, `System.StringComparison`, `System.StringSplitOptions`, `System.StringComparer`.
//!
//! Positions are UTF-16 units. As in .NET, `Contains`, `Replace`, `Split`, `==` and what takes a `char` compare unit by unit;
//! `Compare`, `CompareTo`, `StartsWith`, `EndsWith`, `IndexOf` and `LastIndexOf` of a text follow the invariant culture unless
//! a `StringComparison` says otherwise.

mod build;
mod collation;
mod compare;
mod edit;
mod find;
mod split;

use crate::eval::{Cx, Eval};
use crate::object::Object;
use crate::types::Type;
use crate::{Exception, Text, Value};

use super::arguments::{arg, character, count, int, items, text, text_or_empty, this};
use super::{Row, TypeSpec, constant, member};

pub(crate) use compare::{compare_invariant, comparer_kind, comparer_of_kind, equal};

pub(super) const TYPES: &[TypeSpec] = &[
    TypeSpec {
        bases: &["IEnumerable<char>"],
        members: ROWS,
        more: &[compare::ROWS, find::ROWS, edit::ROWS, split::ROWS, build::ROWS],
        unbuilt: &["GetEnumerator"],
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
    TypeSpec::enumeration(
        "System.Text.NormalizationForm",
        &[("FormC", 1), ("FormD", 2), ("FormKC", 5), ("FormKD", 6)],
        "api/system.text.normalizationform",
    ),
    compare::COMPARER,
];

const ROWS: &[Row] = &[
    constant("static string Empty", || Value::Text(Text::EMPTY)),
    member("new(char[] value)", from_chars),
    member("new(char c, int count)", repeated),
    member("new(char[] value, int startIndex, int length)", from_some_chars),
    member("int Length", |_, a| Ok(count(this(a)?.length()))),
    member("char this[int index]", char_at),
    member("static bool IsNullOrEmpty(string value)", |_, a| Ok(Value::Bool(text_or_empty(a, 0).is_empty()))),
    member("static bool IsNullOrWhiteSpace(string value)", |cx, a| {
        cx.burn(text_or_empty(a, 0).len() as u64 / 64)?;
        Ok(Value::Bool(text_or_empty(a, 0).chars().all(is_white)))
    }),
    member("static string Copy(string str)", |_, a| text(a, 0, "str").map(|t| Value::Text(t.clone()))),
    member("static string Intern(string str)", |_, a| {
        text(a, 0, "str").map(|t| Value::Text(t.clone().interned()))
    }),
    member("static string IsInterned(string str)", |_, a| {
        let text = text(a, 0, "str")?;
        Ok(if text.is_interned() { Value::Text(text.clone()) } else { Value::Null })
    }),
    member("char[] ToCharArray()", |cx, a| {
        let length = this(a)?.length();
        to_chars(cx, a, 0, length)
    }),
    member("char[] ToCharArray(int startIndex, int length)", |cx, a| {
        let sizes = usize::try_from(int(a, 1)).ok().zip(usize::try_from(int(a, 2)).ok());
        let all = this(a)?.length();
        let fits = sizes.filter(|(start, length)| start.checked_add(*length).is_some_and(|end| end <= all));
        let (start, length) = fits.ok_or_else(|| find::index_out_of_range("startIndex"))?;
        to_chars(cx, a, start, length)
    }),
    member("void CopyTo(int sourceIndex, char[] destination, int destinationIndex, int count)", copy_to),
    member("object Clone()", |_, a| Ok(arg(a, 0).clone())),
    member("TypeCode GetTypeCode()", super::integers::type_code),
];

/// `char.IsWhiteSpace`.
pub(crate) fn is_white(c: char) -> bool {
    super::unicode::is_white(c)
}

/// The units of a `char[]`.
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
    if arg(args, 0).is_null() {
        return Err(Exception::argument_null("value"));
    }
    let units = units_of(cx, arg(args, 0));
    let size = |index, message, parameter| {
        usize::try_from(int(args, index)).map_err(|_| Exception::out_of_range(message, parameter))
    };
    let start = size(1, "StartIndex cannot be less than zero.", "startIndex")?;
    let length = size(2, "Length cannot be less than zero.", "length")?;
    let part = start.checked_add(length).and_then(|end| units.get(start..end));
    let part = part.ok_or_else(|| find::index_out_of_range("startIndex"))?;
    cx.grow(part.len())?;
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

fn to_chars(cx: &mut Cx<'_>, args: &[Value], start: usize, length: usize) -> Eval {
    let units: Vec<Value> = this(args)?.units().skip(start).take(length).map(Value::Char).collect();
    cx.grow(units.len() * 24)?;
    cx.heap.array(Type::CHAR, units)
}

fn copy_to(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let own = this(args)?;
    if arg(args, 2).is_null() {
        return Err(Exception::argument_null("destination"));
    }
    let count = usize::try_from(int(args, 4))
        .map_err(|_| Exception::out_of_range("Count cannot be less than zero.", "count"))?;
    let place =
        |index, parameter| usize::try_from(int(args, index)).map_err(|_| find::index_out_of_range(parameter));
    let start = place(1, "sourceIndex")?;
    let units: Vec<u16> = own.units().skip(start).take(count).collect();
    if start > own.length() || units.len() < count {
        let message = "Index and count must refer to a location within the string.";
        return Err(Exception::out_of_range(message, "sourceIndex"));
    }
    cx.grow(count)?;
    let at = place(3, "destinationIndex")?;
    let Some(Object::Array { items, .. }) = cx.heap.object_mut(arg(args, 2)) else { return Ok(Value::Null) };
    let target = at.checked_add(count).and_then(|end| items.get_mut(at..end)).ok_or_else(|| {
        let message = "Index and count must refer to a location within the string.";
        Exception::out_of_range(message, "destinationIndex")
    })?;
    for (place, unit) in target.iter_mut().zip(units) {
        *place = Value::Char(unit);
    }
    Ok(Value::Null)
}
