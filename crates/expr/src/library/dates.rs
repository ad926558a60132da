//! `System.DateTime`, `System.DateTimeOffset`, `System.TimeSpan` and their enums.
//!
//! Local time is UTC in the gateway. Of `DateTime`, APIM allows exactly the members below.

mod exact;
pub(crate) mod format;
mod instant;
mod offset;
mod parse;
mod span;

use std::sync::LazyLock;

use crate::registry::registry;
use crate::value::{DateTime, DateTimeOffset, EnumValue};
use crate::{Exception, Text, Value, time};

use super::TypeSpec;

pub(super) const TYPES: &[TypeSpec] = &[
    instant::TYPE,
    offset::TYPE,
    span::TYPE,
    TypeSpec::interface("System.IFormatProvider", "api/system.iformatprovider"),
    TypeSpec::enumeration("System.DateTimeKind", &[("Utc", 1)], "api/system.datetimekind"),
    TypeSpec::enumeration(
        "System.DayOfWeek",
        &[
            ("Sunday", 0),
            ("Monday", 1),
            ("Tuesday", 2),
            ("Wednesday", 3),
            ("Thursday", 4),
            ("Friday", 5),
            ("Saturday", 6),
        ],
        "api/system.dayofweek",
    ),
];

/// `DateTime.Parse`, where the day does not matter that a time alone would be of.
/// `TimeSpan.Parse(text)`.
pub(crate) fn parse_span(text: &str) -> Result<i64, Exception> {
    parse::time_span(text)
}

pub(crate) fn parse(text: &Text) -> Result<DateTime, Exception> {
    parse::date_time(text.as_str(), 0)
}

/// `DateTime.ToString(format)`.
pub(crate) fn format(date: DateTime, format: &str) -> Result<String, Exception> {
    format::date_text(date, format)
}

/// `DateTimeOffset.ToString(format)`.
pub(crate) fn format_offset(date: DateTimeOffset, format: &str) -> Result<String, Exception> {
    format::offset_text(date, format)
}

/// `TimeSpan.ToString(format)`.
pub(crate) fn format_span(ticks: i64, format: &str) -> Result<String, Exception> {
    span::span_format(ticks, format)
}

/// The day of the week as a value.
pub(super) fn day_of_week(ticks: i64) -> Value {
    static CLASS: LazyLock<Option<crate::ClassId>> = LazyLock::new(|| registry().find("DayOfWeek"));
    match *CLASS {
        Some(class) => Value::Enum(EnumValue { class, number: format::day_of_week(ticks) }),
        None => Value::Null,
    }
}

/// One of the parts of a date, by its index in [`time::parts`].
fn part(ticks: i64, index: usize) -> Value {
    let value = time::parts(ticks).get(index).copied().unwrap_or(0);
    Value::Int32(i32::try_from(value).unwrap_or(0))
}

fn day_of_year(ticks: i64) -> Value {
    let [year, ..] = time::parts(ticks);
    let first = time::days(year, 1, 1).unwrap_or(0);
    Value::Int32(i32::try_from(ticks.div_euclid(time::DAY) - first + 1).unwrap_or(0))
}

fn millisecond(ticks: i64) -> Value {
    Value::Int32(i32::try_from(ticks.rem_euclid(time::SECOND) / 10_000).unwrap_or(0))
}

/// Ticks that a date can have.
fn in_range(ticks: Option<i64>, parameter: &str) -> Result<i64, Exception> {
    let valid = ticks.filter(|ticks| (0..=time::MAX_TICKS).contains(ticks));
    let message = "The added or subtracted value results in an un-representable DateTime.";
    valid.ok_or_else(|| Exception::out_of_range(message, parameter))
}

/// Adds a number of units of so many milliseconds, rounded to a millisecond as .NET Framework does.
#[expect(clippy::cast_possible_truncation, reason = "checked to be small enough")]
fn add_units(ticks: i64, amount: f64, milliseconds: f64) -> Result<i64, Exception> {
    const MOST: f64 = 315_537_897_600_000.0;
    let total = amount * milliseconds + if amount >= 0.0 { 0.5 } else { -0.5 };
    if !(total > -MOST && total < MOST) {
        return Err(Exception::out_of_range("Value to add was out of range.", "value"));
    }
    in_range(ticks.checked_add(total as i64 * 10_000), "value")
}

/// Adds months; a day that the month does not have becomes its last one.
fn add_months(ticks: i64, months: i32) -> Result<i64, Exception> {
    if !(-120_000..=120_000).contains(&months) {
        let message = "Months value must be between +/-120000.";
        return Err(Exception::out_of_range(message, "months"));
    }
    let [year, month, day, ..] = time::parts(ticks);
    let index = year * 12 + month - 1 + i64::from(months);
    let (year, month) = (index.div_euclid(12), index.rem_euclid(12) + 1);
    let day = day.min(time::days_in_month(year, month));
    let days = time::days(year, month, day);
    in_range(days.map(|days| days * time::DAY + ticks.rem_euclid(time::DAY)), "months")
}

fn add_years(ticks: i64, years: i32) -> Result<i64, Exception> {
    if !(-10_000..=10_000).contains(&years) {
        let message = "Years value must be between +/-10000.";
        return Err(Exception::out_of_range(message, "years"));
    }
    add_months(ticks, years * 12)
}

/// The ticks of a date that constructors name by its parts.
fn ticks_of(date: [i32; 3], clock: [i32; 3], millisecond: i32) -> Result<i64, Exception> {
    if !(0..1000).contains(&millisecond) {
        let message = "Valid values are between 0 and 999, inclusive.";
        return Err(Exception::out_of_range(message, "millisecond"));
    }
    let [year, month, day] = date.map(i64::from);
    if time::days(year, month, day).is_none() {
        let message = "Year, Month, and Day parameters describe an un-representable DateTime.";
        return Err(Exception::new("System.ArgumentOutOfRangeException", Text::from_static(message)));
    }
    let fraction = i64::from(millisecond) * 10_000;
    format::ticks_of([year, month, day], clock.map(i64::from), fraction).ok_or_else(|| {
        let message = "Hour, Minute, and Second parameters describe an un-representable DateTime.";
        Exception::new("System.ArgumentOutOfRangeException", Text::from_static(message))
    })
}
