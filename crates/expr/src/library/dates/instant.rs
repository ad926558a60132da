//! `System.DateTime`.

use crate::eval::{Cx, Eval};
use crate::value::{DateTime, DateTimeKind};
use crate::{Exception, Facts, Value, time};

use super::super::arguments::{arg, double, int, long, member as number_of, text, text_or_empty};
use super::super::{Row, TypeSpec, constant, member, touching};
use super::{add_months, add_units, add_years, day_of_week, day_of_year, in_range, millisecond, part, ticks_of};

pub(super) const TYPE: TypeSpec =
    TypeSpec { members: ROWS, ..TypeSpec::structure("System.DateTime", "api/system.datetime") };

const ROWS: &[Row] = &[
    member("new(long ticks)", |_, a| made(checked_ticks(long(a, 0))?, 0)),
    member("new(long ticks, DateTimeKind kind)", |_, a| made(checked_ticks(long(a, 0))?, number_of(a, 1))),
    member("new(int year, int month, int day)", |_, a| made(written(a, 0, false)?, 0)),
    member("new(int year, int month, int day, int hour, int minute, int second)", |_, a| {
        made(written(a, 3, false)?, 0)
    }),
    member(
        "new(int year, int month, int day, int hour, int minute, int second, DateTimeKind kind)",
        |_, a| made(written(a, 3, false)?, number_of(a, 6)),
    ),
    member(
        "new(int year, int month, int day, int hour, int minute, int second, int millisecond)",
        |_, a| made(written(a, 3, true)?, 0),
    ),
    member(
        "new(int year, int month, int day, int hour, int minute, int second, int millisecond, DateTimeKind kind)",
        |_, a| made(written(a, 3, true)?, number_of(a, 7)),
    ),
    constant("static DateTime MinValue", || date(0, DateTimeKind::Unspecified)),
    constant("static DateTime MaxValue", || date(time::MAX_TICKS, DateTimeKind::Unspecified)),
    touching(Facts::TIME, "static DateTime Now", |cx, _| Ok(date(cx.host.now().ticks, DateTimeKind::Local))),
    touching(Facts::TIME, "static DateTime UtcNow", |cx, _| Ok(date(cx.host.now().ticks, DateTimeKind::Utc))),
    touching(Facts::TIME, "static DateTime Today", |cx, _| {
        let ticks = cx.host.now().ticks;
        Ok(date(ticks - ticks.rem_euclid(time::DAY), DateTimeKind::Local))
    }),
    touching(Facts::TIME, "static DateTime Parse(string s)", |cx, a| {
        let today = cx.host.now().ticks;
        super::parse::date_time(text(a, 0, "s")?.as_str(), today).map(Value::DateTime)
    }),
    member("static int DaysInMonth(int year, int month)", |_, a| {
        let (year, month) = (i64::from(int(a, 0)), i64::from(int(a, 1)));
        if !(1..=12).contains(&month) {
            return Err(Exception::out_of_range("Month must be between one and twelve.", "month"));
        }
        valid_year(year)?;
        Ok(Value::Int32(i32::try_from(time::days_in_month(year, month)).unwrap_or(0)))
    }),
    member("static bool IsLeapYear(int year)", |_, a| {
        let year = i64::from(int(a, 0));
        valid_year(year)?;
        Ok(Value::Bool(time::is_leap(year)))
    }),
    member("int Year", |_, a| Ok(part(ticks(a), 0))),
    member("int Month", |_, a| Ok(part(ticks(a), 1))),
    member("int Day", |_, a| Ok(part(ticks(a), 2))),
    member("int Hour", |_, a| Ok(part(ticks(a), 3))),
    member("int Minute", |_, a| Ok(part(ticks(a), 4))),
    member("int Second", |_, a| Ok(part(ticks(a), 5))),
    member("int Millisecond", |_, a| Ok(millisecond(ticks(a)))),
    member("long Ticks", |_, a| Ok(Value::Int64(ticks(a)))),
    member("int DayOfYear", |_, a| Ok(day_of_year(ticks(a)))),
    member("DayOfWeek DayOfWeek", |_, a| Ok(day_of_week(ticks(a)))),
    member("DateTime Date", |_, a| Ok(moved(a, ticks(a) - ticks(a).rem_euclid(time::DAY)))),
    member("TimeSpan TimeOfDay", |_, a| Ok(Value::TimeSpan(ticks(a).rem_euclid(time::DAY)))),
    member("bool IsDaylightSavingTime()", |_, _| Ok(Value::Bool(false))),
    member("DateTime AddDays(double value)", |_, a| units(a, 86_400_000.0)),
    member("DateTime AddHours(double value)", |_, a| units(a, 3_600_000.0)),
    member("DateTime AddMinutes(double value)", |_, a| units(a, 60_000.0)),
    member("DateTime AddSeconds(double value)", |_, a| units(a, 1_000.0)),
    member("DateTime AddMilliseconds(double value)", |_, a| units(a, 1.0)),
    member("DateTime AddTicks(long value)", |_, a| shifted(a, Some(long(a, 1)), "value")),
    member("DateTime AddMonths(int months)", |_, a| Ok(moved(a, add_months(ticks(a), int(a, 1))?))),
    member("DateTime AddYears(int value)", |_, a| Ok(moved(a, add_years(ticks(a), int(a, 1))?))),
    member("DateTime Add(TimeSpan value)", add),
    member("DateTime Subtract(TimeSpan value)", subtract),
    member("TimeSpan Subtract(DateTime value)", difference),
    member("string ToString(string format)", to_string),
    member("string ToString(string format, IFormatProvider provider)", to_string),
    member("string ToString(IFormatProvider provider)", |_, a| {
        super::format(date_of(a, 0), "").map(|text| Value::Text(text.into()))
    }),
    touching(Facts::TIME, "static DateTime Parse(string s, IFormatProvider provider)", |cx, a| {
        let today = cx.host.now().ticks;
        super::parse::date_time(text(a, 0, "s")?.as_str(), today).map(Value::DateTime)
    }),
    member("bool Equals(DateTime value)", |_, a| Ok(Value::Bool(ticks(a) == second(a)))),
    member("static DateTime operator +(DateTime d, TimeSpan t)", |_, a| shifted(a, Some(span(a)), "t")),
    member("static DateTime operator -(DateTime d, TimeSpan t)", |_, a| shifted(a, span(a).checked_neg(), "t")),
    member("static TimeSpan operator -(DateTime d1, DateTime d2)", difference),
    member("static bool operator ==(DateTime d1, DateTime d2)", |_, a| Ok(Value::Bool(ticks(a) == second(a)))),
    member("static bool operator !=(DateTime d1, DateTime d2)", |_, a| Ok(Value::Bool(ticks(a) != second(a)))),
    member("static bool operator <(DateTime t1, DateTime t2)", |_, a| Ok(Value::Bool(ticks(a) < second(a)))),
    member("static bool operator >(DateTime t1, DateTime t2)", |_, a| Ok(Value::Bool(ticks(a) > second(a)))),
    member("static bool operator <=(DateTime t1, DateTime t2)", |_, a| Ok(Value::Bool(ticks(a) <= second(a)))),
    member("static bool operator >=(DateTime t1, DateTime t2)", |_, a| Ok(Value::Bool(ticks(a) >= second(a)))),
];

fn date(ticks: i64, kind: DateTimeKind) -> Value {
    Value::DateTime(DateTime { ticks, kind })
}

fn made(ticks: i64, kind: i32) -> Eval {
    let kind = match kind {
        1 => DateTimeKind::Utc,
        2 => DateTimeKind::Local,
        _ => DateTimeKind::Unspecified,
    };
    Ok(date(ticks, kind))
}

/// The parts that a constructor was given: a date, `clock` parts of the time, and maybe milliseconds.
fn written(args: &[Value], clock: usize, with_milliseconds: bool) -> Result<i64, Exception> {
    let clock_part = |index: usize| if index < clock { int(args, 3 + index) } else { 0 };
    let milliseconds = if with_milliseconds { int(args, 6) } else { 0 };
    let day = [int(args, 0), int(args, 1), int(args, 2)];
    ticks_of(day, [clock_part(0), clock_part(1), clock_part(2)], milliseconds)
}

fn checked_ticks(ticks: i64) -> Result<i64, Exception> {
    let message = "Ticks must be between DateTime.MinValue.Ticks and DateTime.MaxValue.Ticks.";
    let valid = (0..=time::MAX_TICKS).contains(&ticks);
    if valid { Ok(ticks) } else { Err(Exception::out_of_range(message, "ticks")) }
}

fn valid_year(year: i64) -> Result<(), Exception> {
    let message = "Year must be between 1 and 9999.";
    if (1..=9999).contains(&year) { Ok(()) } else { Err(Exception::out_of_range(message, "year")) }
}

fn date_of(args: &[Value], index: usize) -> DateTime {
    match arg(args, index) {
        Value::DateTime(date) => *date,
        _ => DateTime { ticks: 0, kind: DateTimeKind::Unspecified },
    }
}

fn ticks(args: &[Value]) -> i64 {
    date_of(args, 0).ticks
}

fn second(args: &[Value]) -> i64 {
    date_of(args, 1).ticks
}

fn span(args: &[Value]) -> i64 {
    match arg(args, 1) {
        Value::TimeSpan(ticks) => *ticks,
        _ => 0,
    }
}

/// The same kind of date with other ticks.
fn moved(args: &[Value], ticks: i64) -> Value {
    date(ticks, date_of(args, 0).kind)
}

fn shifted(args: &[Value], by: Option<i64>, parameter: &str) -> Eval {
    let sum = by.and_then(|by| ticks(args).checked_add(by));
    Ok(moved(args, in_range(sum, parameter)?))
}

fn units(args: &[Value], milliseconds: f64) -> Eval {
    Ok(moved(args, add_units(ticks(args), double(args, 1), milliseconds)?))
}

fn add(_: &mut Cx<'_>, args: &[Value]) -> Eval {
    shifted(args, Some(span(args)), "value")
}

fn subtract(_: &mut Cx<'_>, args: &[Value]) -> Eval {
    shifted(args, span(args).checked_neg(), "value")
}

fn difference(_: &mut Cx<'_>, args: &[Value]) -> Eval {
    Ok(Value::TimeSpan(ticks(args) - second(args)))
}

fn to_string(_: &mut Cx<'_>, args: &[Value]) -> Eval {
    super::format(date_of(args, 0), text_or_empty(args, 1)).map(|text| Value::Text(text.into()))
}
