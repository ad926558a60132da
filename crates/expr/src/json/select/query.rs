//! Filters: what is between the brackets of `[?(…)]`.

use crate::json::JsonType;
use crate::json::compare::{compare_as, compare_scalars, scalars_equal};
use crate::pattern::{Budget, Pattern, Start, option};
use crate::{Exception, Text, Value};

use super::Step;

/// A filter.
#[derive(Debug)]
pub(super) enum Query {
    One(Test),
    /// Tests, and at last another query, all of which or one of which has to hold.
    Group(Both, Vec<Test>, Option<Box<Query>>),
}

/// How tests are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Both {
    And,
    Or,
}

/// One comparison.
#[derive(Debug)]
pub(super) struct Test {
    pub(super) left: Side,
    pub(super) compare: Compare,
    pub(super) right: Option<Side>,
}

/// What is compared.
#[derive(Debug)]
pub(super) enum Side {
    Path(Vec<Step>),
    Value(JsonType, Value),
}

/// How.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compare {
    Exists,
    Equal,
    StrictEqual,
    NotEqual,
    StrictNotEqual,
    Matches,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Query {
    /// Each group holds the next one as its last part.
    pub(super) fn of(groups: Vec<(Both, Vec<Test>)>) -> Self {
        let mut inner: Option<Box<Self>> = None;
        for (both, tests) in groups.into_iter().rev() {
            inner = Some(Box::new(Self::Group(both, tests, inner)));
        }
        inner.map_or(Self::Group(Both::And, Vec::new(), None), |query| *query)
    }
}

impl Side {
    pub(super) fn text(text: &str) -> Self {
        Self::Value(JsonType::String, Value::Text(Text::copied(text)))
    }
}

/// A `JValue` that is compared: its kind and its value. None for any other token.
pub(super) type Compared = Option<(JsonType, Value)>;

impl Compare {
    /// Whether a comparison holds, and what a pattern cost.
    pub(super) fn holds(self, left: &Compared, right: &Compared, steps: &mut u64) -> Result<bool, Exception> {
        let (Some((kind, a)), Some((other, b))) = (left, right) else {
            // Tokens that are no values are only ever unequal.
            return Ok(matches!(self, Self::Exists | Self::NotEqual));
        };
        let (kind, other) = (*kind, *other);
        let order = || compare_scalars(kind, a, other, b);
        Ok(match self {
            Self::Exists => true,
            Self::Equal => equal(kind, a, other, b),
            Self::NotEqual => !equal(kind, a, other, b),
            Self::StrictEqual => strictly_equal(kind, a, other, b),
            Self::StrictNotEqual => !strictly_equal(kind, a, other, b),
            Self::Matches => return matches(kind, a, other, b, steps),
            Self::Less => order()? < 0,
            Self::LessOrEqual => order()? <= 0,
            Self::Greater => order()? > 0,
            Self::GreaterOrEqual => order()? >= 0,
        })
    }
}

fn mixed_numbers(kind: JsonType, other: JsonType) -> bool {
    matches!((kind, other), (JsonType::Integer, JsonType::Float) | (JsonType::Float, JsonType::Integer))
}

/// Text in a filter is also equal to a date, identifier or duration that is written so.
fn equal(kind: JsonType, a: &Value, other: JsonType, b: &Value) -> bool {
    if scalars_equal(kind, a, other, b) {
        return true;
    }
    if mixed_numbers(kind, other) {
        return compare_as(kind, a, b).is_ok_and(|order| order == 0);
    }
    let Value::Text(wanted) = b else { return false };
    if other != JsonType::String {
        return false;
    }
    match a {
        Value::DateTime(date) => crate::time::json_text(*date) == wanted.as_str(),
        Value::DateTimeOffset(date) => crate::time::json_offset_text(*date) == wanted.as_str(),
        Value::Guid(_) | Value::TimeSpan(_) => crate::eval::plain_text(a) == wanted.as_str(),
        Value::Text(own) => matches!(kind, JsonType::Bytes | JsonType::Uri) && own == wanted,
        _ => false,
    }
}

fn strictly_equal(kind: JsonType, a: &Value, other: JsonType, b: &Value) -> bool {
    if mixed_numbers(kind, other) {
        return compare_as(kind, a, b).is_ok_and(|order| order == 0);
    }
    scalars_equal(kind, a, other, b)
}

/// `=~ /pattern/options`.
fn matches(
    kind: JsonType,
    a: &Value,
    other: JsonType,
    b: &Value,
    steps: &mut u64,
) -> Result<bool, Exception> {
    let (Value::Text(input), Value::Text(written)) = (a, b) else { return Ok(false) };
    if kind != JsonType::String || other != JsonType::String {
        return Ok(false);
    }
    let written = written.as_str();
    let end = written
        .rfind('/')
        .filter(|end| *end > 0)
        .ok_or_else(|| Exception::out_of_range("Length cannot be less than zero.", "length"))?;
    let (pattern, letters) =
        (written.get(1..end).unwrap_or_default(), written.get(end + 1..).unwrap_or_default());
    let flag = |letter: char, option: i32| if letters.contains(letter) { option } else { 0 };
    let options = flag('i', option::IGNORE_CASE)
        | flag('m', option::MULTILINE)
        | flag('s', option::SINGLELINE)
        | flag('x', option::EXPLICIT_CAPTURE);
    let pattern = Pattern::new(pattern, options)
        .map_err(|message| Exception::new("System.ArgumentException", message))?;
    let mut budget = Budget { steps: *steps };
    let found = pattern.find(input.as_str(), Start { at: 0, anchor: 0 }, &mut budget);
    *steps = budget.steps;
    let found =
        found.map_err(|_| Exception::limit("The regular expression takes more steps than it may."))?;
    Ok(found.is_some())
}
