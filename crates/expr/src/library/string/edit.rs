//! Changing text: parts of it, padding, replacing, trimming.

use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};

use crate::eval::{Cx, Eval};
use crate::{Exception, Text, Value};

use super::compare::{lower, upper};
use super::{is_white, units_of};
use crate::library::arguments::{arg, character, int, made, member as number_of, text, text_or_empty, this};
use crate::library::{Row, member};

/// Members of `String` that give a changed text.
pub(super) const ROWS: &[Row] = &[
    member("string Insert(int startIndex, string value)", insert),
    member("string PadLeft(int totalWidth)", |cx, a| pad(cx, a, 0x20, true)),
    member("string PadLeft(int totalWidth, char paddingChar)", |cx, a| pad(cx, a, character(a, 2), true)),
    member("string PadRight(int totalWidth)", |cx, a| pad(cx, a, 0x20, false)),
    member("string PadRight(int totalWidth, char paddingChar)", |cx, a| pad(cx, a, character(a, 2), false)),
    member("string Remove(int startIndex)", remove_from),
    member("string Remove(int startIndex, int count)", remove),
    member("string Replace(char oldChar, char newChar)", replace_char),
    member("string Replace(string oldValue, string newValue)", replace),
    member("string Substring(int startIndex)", substring_from),
    member("string Substring(int startIndex, int length)", substring),
    member("string ToLower()", |cx, a| made(cx, lower(this(a)?.as_str()))),
    member("string ToLowerInvariant()", |cx, a| made(cx, lower(this(a)?.as_str()))),
    member("string ToUpper()", |cx, a| made(cx, upper(this(a)?.as_str()))),
    member("string ToUpperInvariant()", |cx, a| made(cx, upper(this(a)?.as_str()))),
    member("string Trim()", |_, a| this(a).map(|t| trimmed(t, &is_white, true, true))),
    member("string Trim(params char[] trimChars)", |cx, a| trim(cx, a, true, true)),
    member("string TrimStart(params char[] trimChars)", |cx, a| trim(cx, a, true, false)),
    member("string TrimEnd(params char[] trimChars)", |cx, a| trim(cx, a, false, true)),
    member("string Normalize()", |cx, a| normalized(cx, a, 1)),
    member("string Normalize(NormalizationForm normalizationForm)", |cx, a| {
        normalized(cx, a, number_of(a, 1))
    }),
    member("bool IsNormalized()", |cx, a| is_normalized(cx, a, 1)),
    member("bool IsNormalized(NormalizationForm normalizationForm)", |cx, a| {
        is_normalized(cx, a, number_of(a, 1))
    }),
];

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
        _ => Err(Exception::out_of_range(
            "Index and count must refer to a location within the string.",
            "count",
        )),
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
        return Err(Exception::out_of_range(
            "startIndex cannot be larger than length of string.",
            "startIndex",
        ));
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

/// The text in a form of Unicode: C 1, D 2, KC 5, KD 6.
fn in_form(text: &str, form: i32) -> Result<String, Exception> {
    Ok(match form {
        1 => ComposingNormalizerBorrowed::new_nfc().normalize(text).into_owned(),
        2 => DecomposingNormalizerBorrowed::new_nfd().normalize(text).into_owned(),
        5 => ComposingNormalizerBorrowed::new_nfkc().normalize(text).into_owned(),
        6 => DecomposingNormalizerBorrowed::new_nfkd().normalize(text).into_owned(),
        _ => return Err(Exception::argument("Invalid normalization form.", "normalizationForm")),
    })
}

fn normalized(cx: &mut Cx<'_>, args: &[Value], form: i32) -> Eval {
    let own = this(args)?;
    // Compatibility forms make up to 18 characters of one.
    cx.grow(own.len().saturating_mul(if own.as_str().is_ascii() { 1 } else { 4 }))?;
    let text = in_form(own.as_str(), form)?;
    made(cx, text)
}

fn is_normalized(cx: &mut Cx<'_>, args: &[Value], form: i32) -> Eval {
    let own = this(args)?;
    cx.grow(own.len())?;
    Ok(Value::Bool(in_form(own.as_str(), form)? == own.as_str()))
}
