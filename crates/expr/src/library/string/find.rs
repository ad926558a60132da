//! Searching in text: `Contains`, `StartsWith`, `IndexOf` and their like.

use crate::eval::{Cx, Eval};
use crate::{Exception, Text, Value};

use super::collation;
use super::compare::{Comparison, upper};
use crate::library::arguments::{arg, character, count, int, items, member as number_of, text, this};
use crate::library::{Row, member};

/// What is searched for.
enum Wanted {
    Text(Text, Comparison),
    Units(Vec<u16>),
}

impl Wanted {
    fn unit(args: &[Value]) -> Self {
        Self::Units(vec![character(args, 1)])
    }

    fn any(cx: &Cx<'_>, args: &[Value]) -> Result<Self, Exception> {
        if arg(args, 1).is_null() {
            return Err(Exception::argument_null("anyOf"));
        }
        let unit = |value: &Value| if let Value::Char(unit) = value { *unit } else { 0 };
        Ok(Self::Units(items(cx.heap, arg(args, 1)).iter().map(unit).collect()))
    }

    fn text(args: &[Value], comparison: i32) -> Result<Self, Exception> {
        Ok(Self::Text(text(args, 1, "value")?.clone(), Comparison::of(comparison)?))
    }

    /// Whether nothing is searched for: it is found at once.
    fn is_nothing(&self) -> bool {
        match self {
            Self::Text(text, comparison) if comparison.is_culture() => collation::is_nothing(text.as_str()),
            Self::Text(text, _) => text.is_empty(),
            Self::Units(_) => false,
        }
    }

    /// Where it begins in a text, in units: the first or the last place.
    fn place(&self, cx: &mut Cx<'_>, hay: &Text, from_end: bool) -> Result<Option<usize>, Exception> {
        cx.burn(hay.len() as u64 / 32)?;
        let (needle, comparison) = match self {
            Self::Units(units) => {
                let mut own = hay.units();
                let all: Vec<u16>;
                return Ok(if from_end {
                    all = own.collect();
                    all.iter().rposition(|unit| units.contains(unit))
                } else {
                    own.position(|unit| units.contains(&unit))
                });
            }
            Self::Text(needle, comparison) => (needle, *comparison),
        };
        if needle.len() > hay.len().saturating_mul(4) {
            return Ok(None);
        }
        let byte = within(cx, hay.as_str(), needle.as_str(), comparison, from_end)?;
        Ok(byte.map(|byte| hay.units_before(byte)))
    }
}

/// Where a text begins in another one, in bytes.
fn within(
    cx: &mut Cx<'_>,
    hay: &str,
    needle: &str,
    comparison: Comparison,
    from_end: bool,
) -> Result<Option<usize>, Exception> {
    let exact = |hay: &str, needle: &str| if from_end { hay.rfind(needle) } else { hay.find(needle) };
    let simple = || collation::is_simple(hay) && collation::is_simple(needle);
    if comparison.is_culture() && !simple() {
        cx.grow(hay.len().saturating_mul(4))?;
        cx.burn((hay.len() as u64).saturating_mul(needle.len() as u64) / 16)?;
        let found = collation::find(hay, needle, comparison.ignores_case(), from_end);
        return Ok(found.map(|(start, _)| start));
    }
    if !comparison.ignores_case() {
        return Ok(exact(hay, needle));
    }
    cx.grow(hay.len())?;
    let (folded, needle) = (upper(hay), upper(needle));
    let Some(byte) = exact(&folded, &needle) else { return Ok(None) };
    if folded.is_ascii() {
        return Ok(Some(byte));
    }
    // Upper case may take another number of bytes, never another number of characters.
    let characters = folded.get(..byte).unwrap_or_default().chars().count();
    Ok(hay.char_indices().nth(characters).map(|(byte, _)| byte))
}

fn starts(cx: &mut Cx<'_>, args: &[Value], comparison: i32) -> Eval {
    let (own, part) = (this(args)?, text(args, 1, "value")?);
    let comparison = Comparison::of(comparison)?;
    let (own, part) = (own.as_str(), part.as_str());
    if comparison.is_culture() && !(collation::is_simple(own) && collation::is_simple(part)) {
        cx.grow(own.len().saturating_mul(4))?;
        return Ok(Value::Bool(
            collation::is_nothing(part) || collation::starts_with(own, part, comparison.ignores_case()),
        ));
    }
    Ok(Value::Bool(if comparison.ignores_case() {
        cx.grow(own.len())?;
        upper(own).starts_with(&upper(part))
    } else {
        own.starts_with(part)
    }))
}

fn ends(cx: &mut Cx<'_>, args: &[Value], comparison: i32) -> Eval {
    let (own, part) = (this(args)?, text(args, 1, "value")?);
    let comparison = Comparison::of(comparison)?;
    let (own, part) = (own.as_str(), part.as_str());
    if comparison.is_culture() && !(collation::is_simple(own) && collation::is_simple(part)) {
        cx.grow(own.len().saturating_mul(4))?;
        return Ok(Value::Bool(
            collation::is_nothing(part) || collation::ends_with(own, part, comparison.ignores_case()),
        ));
    }
    Ok(Value::Bool(if comparison.ignores_case() {
        cx.grow(own.len())?;
        upper(own).ends_with(&upper(part))
    } else {
        own.ends_with(part)
    }))
}

fn position(found: Option<usize>) -> Value {
    found.map_or(Value::Int32(-1), count)
}

pub(super) fn index_out_of_range(parameter: &str) -> Exception {
    let message = "Index was out of range. Must be non-negative and less than the size of the collection.";
    Exception::out_of_range(message, parameter)
}

fn bad_count() -> Exception {
    let message =
        "Count must be positive and count must refer to a location within the string/array/collection.";
    Exception::out_of_range(message, "count")
}

/// Searches from a place on, as many units as given.
fn index_of(cx: &mut Cx<'_>, args: &[Value], wanted: Wanted, start: i32, length: Option<i32>) -> Eval {
    let own = this(args)?;
    let all = own.length();
    let start = usize::try_from(start).ok().filter(|start| *start <= all);
    let start = start.ok_or_else(|| index_out_of_range("startIndex"))?;
    let length = match length {
        None => all - start,
        Some(length) => {
            usize::try_from(length).ok().filter(|length| *length <= all - start).ok_or_else(bad_count)?
        }
    };
    if wanted.is_nothing() {
        return Ok(count(start));
    }
    let part = if length == all { Some(own.clone()) } else { own.substring(start, length) };
    let found = wanted.place(cx, &part.unwrap_or(Text::EMPTY), false)?;
    Ok(position(found.map(|at| at + start)))
}

/// Searches backwards from a place, as many units as given.
fn last_index_of(
    cx: &mut Cx<'_>,
    args: &[Value],
    wanted: Wanted,
    start: Option<i32>,
    length: Option<i32>,
) -> Eval {
    let own = this(args)?;
    let all = i32::try_from(own.length()).unwrap_or(i32::MAX);
    let mut start = start.unwrap_or(all - 1);
    let mut length = length.unwrap_or(start.saturating_add(1));
    let is_text = matches!(wanted, Wanted::Text(..));
    if all == 0 && (!is_text || start == -1 || start == 0) {
        return Ok(position((is_text && wanted.is_nothing()).then_some(0)));
    }
    if start < 0 || start > all || (!is_text && start == all) {
        return Err(index_out_of_range("startIndex"));
    }
    if start == all {
        start -= 1;
        length -= i32::from(length > 0);
    }
    let begin = start.checked_sub(length).map(|before| before + 1);
    let Some(first) = begin.filter(|_| length >= 0).and_then(|first| usize::try_from(first).ok()) else {
        return Err(bad_count());
    };
    if wanted.is_nothing() {
        return Ok(Value::Int32(start));
    }
    let length = usize::try_from(length).unwrap_or(0);
    let part = own.substring(first, length).unwrap_or(Text::EMPTY);
    let found = wanted.place(cx, &part, true)?;
    Ok(position(found.map(|at| at + first)))
}

/// Members of `String` that search.
pub(super) const ROWS: &[Row] = &[
    member("bool Contains(string value)", |cx, a| {
        cx.burn(this(a)?.len() as u64 / 64)?;
        Ok(Value::Bool(this(a)?.as_str().contains(text(a, 1, "value")?.as_str())))
    }),
    member("bool StartsWith(string value)", |cx, a| starts(cx, a, 0)),
    member("bool StartsWith(string value, StringComparison comparisonType)", |cx, a| {
        starts(cx, a, number_of(a, 2))
    }),
    member("bool EndsWith(string value)", |cx, a| ends(cx, a, 0)),
    member("bool EndsWith(string value, StringComparison comparisonType)", |cx, a| {
        ends(cx, a, number_of(a, 2))
    }),
    member("int IndexOf(char value)", |cx, a| index_of(cx, a, Wanted::unit(a), 0, None)),
    member("int IndexOf(char value, int startIndex)", |cx, a| {
        index_of(cx, a, Wanted::unit(a), int(a, 2), None)
    }),
    member("int IndexOf(char value, int startIndex, int count)", |cx, a| {
        index_of(cx, a, Wanted::unit(a), int(a, 2), Some(int(a, 3)))
    }),
    member("int IndexOf(string value)", |cx, a| index_of(cx, a, Wanted::text(a, 0)?, 0, None)),
    member("int IndexOf(string value, int startIndex)", |cx, a| {
        index_of(cx, a, Wanted::text(a, 0)?, int(a, 2), None)
    }),
    member("int IndexOf(string value, int startIndex, int count)", |cx, a| {
        index_of(cx, a, Wanted::text(a, 0)?, int(a, 2), Some(int(a, 3)))
    }),
    member("int IndexOf(string value, StringComparison comparisonType)", |cx, a| {
        index_of(cx, a, Wanted::text(a, number_of(a, 2))?, 0, None)
    }),
    member("int IndexOf(string value, int startIndex, StringComparison comparisonType)", |cx, a| {
        index_of(cx, a, Wanted::text(a, number_of(a, 3))?, int(a, 2), None)
    }),
    member(
        "int IndexOf(string value, int startIndex, int count, StringComparison comparisonType)",
        |cx, a| index_of(cx, a, Wanted::text(a, number_of(a, 4))?, int(a, 2), Some(int(a, 3))),
    ),
    member("int IndexOfAny(char[] anyOf)", |cx, a| {
        let wanted = Wanted::any(cx, a)?;
        index_of(cx, a, wanted, 0, None)
    }),
    member("int IndexOfAny(char[] anyOf, int startIndex)", |cx, a| {
        let wanted = Wanted::any(cx, a)?;
        index_of(cx, a, wanted, int(a, 2), None)
    }),
    member("int IndexOfAny(char[] anyOf, int startIndex, int count)", |cx, a| {
        let wanted = Wanted::any(cx, a)?;
        index_of(cx, a, wanted, int(a, 2), Some(int(a, 3)))
    }),
    member("int LastIndexOf(char value)", |cx, a| last_index_of(cx, a, Wanted::unit(a), None, None)),
    member("int LastIndexOf(char value, int startIndex)", |cx, a| {
        last_index_of(cx, a, Wanted::unit(a), Some(int(a, 2)), None)
    }),
    member("int LastIndexOf(char value, int startIndex, int count)", |cx, a| {
        last_index_of(cx, a, Wanted::unit(a), Some(int(a, 2)), Some(int(a, 3)))
    }),
    member("int LastIndexOf(string value)", |cx, a| last_index_of(cx, a, Wanted::text(a, 0)?, None, None)),
    member("int LastIndexOf(string value, int startIndex)", |cx, a| {
        last_index_of(cx, a, Wanted::text(a, 0)?, Some(int(a, 2)), None)
    }),
    member("int LastIndexOf(string value, int startIndex, int count)", |cx, a| {
        last_index_of(cx, a, Wanted::text(a, 0)?, Some(int(a, 2)), Some(int(a, 3)))
    }),
    member("int LastIndexOf(string value, StringComparison comparisonType)", |cx, a| {
        last_index_of(cx, a, Wanted::text(a, number_of(a, 2))?, None, None)
    }),
    member("int LastIndexOf(string value, int startIndex, StringComparison comparisonType)", |cx, a| {
        last_index_of(cx, a, Wanted::text(a, number_of(a, 3))?, Some(int(a, 2)), None)
    }),
    member(
        "int LastIndexOf(string value, int startIndex, int count, StringComparison comparisonType)",
        |cx, a| last_index_of(cx, a, Wanted::text(a, number_of(a, 4))?, Some(int(a, 2)), Some(int(a, 3))),
    ),
    member("int LastIndexOfAny(char[] anyOf)", |cx, a| {
        let wanted = Wanted::any(cx, a)?;
        last_index_of(cx, a, wanted, None, None)
    }),
    member("int LastIndexOfAny(char[] anyOf, int startIndex)", |cx, a| {
        let wanted = Wanted::any(cx, a)?;
        last_index_of(cx, a, wanted, Some(int(a, 2)), None)
    }),
    member("int LastIndexOfAny(char[] anyOf, int startIndex, int count)", |cx, a| {
        let wanted = Wanted::any(cx, a)?;
        last_index_of(cx, a, wanted, Some(int(a, 2)), Some(int(a, 3)))
    }),
];
