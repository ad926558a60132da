//! `String.Split`.

use crate::eval::{Cx, Eval};
use crate::{Exception, Text, Value};

use super::is_white;
use crate::library::arguments::{arg, int, items, member as number_of, this};
use crate::library::{Row, member};

/// Members of `String` that take it apart.
pub(super) const ROWS: &[Row] = &[
    member("string[] Split(params char[] separator)", |cx, a| split(cx, a, i32::MAX, 0)),
    member("string[] Split(char[] separator, int count)", |cx, a| split(cx, a, int(a, 2), 0)),
    member("string[] Split(char[] separator, StringSplitOptions options)", |cx, a| {
        split(cx, a, i32::MAX, number_of(a, 2))
    }),
    member("string[] Split(char[] separator, int count, StringSplitOptions options)", |cx, a| {
        split(cx, a, int(a, 2), number_of(a, 3))
    }),
    member("string[] Split(string[] separator, StringSplitOptions options)", |cx, a| {
        split(cx, a, i32::MAX, number_of(a, 2))
    }),
    member("string[] Split(string[] separator, int count, StringSplitOptions options)", |cx, a| {
        split(cx, a, int(a, 2), number_of(a, 3))
    }),
];

/// The separators of `Split`: each a text; none for white space.
fn separators(cx: &Cx<'_>, value: &Value) -> Option<Vec<Text>> {
    let one = |value: &Value| match value {
        Value::Char(unit) => Some(Text::from_units(&[*unit])),
        Value::Text(text) if !text.is_empty() => Some(text.clone()),
        _ => None,
    };
    let items = items(cx.heap, value);
    (!items.is_empty()).then(|| items.iter().filter_map(one).collect())
}

fn split(cx: &mut Cx<'_>, args: &[Value], limit: i32, options: i32) -> Eval {
    let own = this(args)?;
    let limit = usize::try_from(limit)
        .map_err(|_| Exception::out_of_range("Count cannot be less than zero.", "count"))?;
    if !(0..=1).contains(&options) {
        return Err(Exception::new("System.ArgumentException", format!("Illegal enum value: {options}.")));
    }
    let separators = separators(cx, arg(args, 1));
    let separators = separators.as_deref();
    let drop_empty = options & 1 != 0;
    if limit == 0 || (drop_empty && own.is_empty()) {
        return cx.heap.strings([]);
    }
    if limit == 1 {
        return cx.heap.strings([own.clone()]);
    }
    cx.grow(own.len())?;
    let mut parts = Vec::new();
    let mut rest = own.as_str();
    while let Some((at, width)) = next_separator(rest, separators) {
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
        rest = skip_separators(rest, separators);
    }
    if !(drop_empty && rest.is_empty()) {
        parts.push(if rest.len() == own.len() { own.clone() } else { Text::copied(rest) });
    }
    cx.heap.charge(parts.len() * 24)?;
    cx.heap.strings(parts)
}

fn skip_separators<'t>(mut rest: &'t str, separators: Option<&[Text]>) -> &'t str {
    while let Some((0, width)) = next_separator(rest, separators) {
        rest = rest.get(width..).unwrap_or_default();
    }
    rest
}

/// Position and width of the next separator; the first in the list wins at one place.
fn next_separator(text: &str, separators: Option<&[Text]>) -> Option<(usize, usize)> {
    let Some(separators) = separators else {
        let (at, c) = text.char_indices().find(|(_, c)| is_white(*c))?;
        return Some((at, c.len_utf8()));
    };
    let found = separators.iter().filter_map(|sep| text.find(sep.as_str()).map(|at| (at, sep.len())));
    found.min_by_key(|(at, _)| *at)
}
