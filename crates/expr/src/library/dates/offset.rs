//! `System.DateTimeOffset`.

use crate::eval::{Cx, Eval};
use crate::value::{DateTime, DateTimeKind, DateTimeOffset};
use crate::{Exception, Facts, Value, time};

use super::super::arguments::{arg, double, int, long, text, text_or_empty};
use super::super::{Row, TypeSpec, constant, member, touching};
use super::{add_months, add_units, add_years, day_of_week, day_of_year, in_range, millisecond, part, ticks_of};

pub(super) const TYPE: TypeSpec = TypeSpec {
    members: ROWS,
    ..TypeSpec::structure("System.DateTimeOffset", "api/system.datetimeoffset")
};

const ROWS: &[Row] = &[
    member("new(DateTime dateTime)", |_, a| made(moment(arg(a, 0)), 0)),
    member("new(DateTime dateTime, TimeSpan offset)", |_, a| {
        // Local time is UTC in the gateway.
        let message = match arg(a, 0) {
            Value::DateTime(DateTime { kind: DateTimeKind::Utc, .. }) => "The UTC Offset for Utc DateTime instances must be 0.",
            Value::DateTime(DateTime { kind: DateTimeKind::Local, .. }) => {
                "The UTC Offset of the local dateTime parameter does not match the offset argument."
            }
            _ => "",
        };
        if span(a, 1) != 0 && !message.is_empty() {
            return Err(Exception::argument(message, "offset"));
        }
        made(moment(arg(a, 0)), span(a, 1))
    }),
    member("new(long ticks, TimeSpan offset)", |_, a| made(long(a, 0), span(a, 1))),
    member(
        "new(int year, int month, int day, int hour, int minute, int second, TimeSpan offset)",
        |_, a| {
            valid_offset(span(a, 6))?;
            made(written(a, false)?, span(a, 6))
        },
    ),
    member(
        "new(int year, int month, int day, int hour, int minute, int second, int millisecond, TimeSpan offset)",
        |_, a| {
            valid_offset(span(a, 7))?;
            made(written(a, true)?, span(a, 7))
        },
    ),
    constant("static DateTimeOffset MinValue", || at(0, 0)),
    constant("static DateTimeOffset MaxValue", || at(time::MAX_TICKS, 0)),
    touching(Facts::TIME, "static DateTimeOffset Now", |cx, _| Ok(at(cx.host.now().ticks, 0))),
    touching(Facts::TIME, "static DateTimeOffset UtcNow", |cx, _| Ok(at(cx.host.now().ticks, 0))),
    touching(Facts::TIME, "static DateTimeOffset Parse(string input)", |cx, a| {
        let today = cx.host.now().ticks;
        super::parse::date_time_offset(text(a, 0, "input")?.as_str(), today).map(Value::DateTimeOffset)
    }),
    touching(Facts::TIME, "static bool TryParse(string input, out DateTimeOffset result)", |cx, a| {
        let today = cx.host.now().ticks;
        let parsed = super::parse::date_time_offset(text_or_empty(a, 0), today).ok();
        cx.outs.push(parsed.map_or_else(|| at(0, 0), Value::DateTimeOffset));
        Ok(Value::Bool(parsed.is_some()))
    }),
    member("static DateTimeOffset FromUnixTimeSeconds(long seconds)", |_, a| {
        from_unix(long(a, 0), time::SECOND, "Valid values are between -62135596800 and 253402300799, inclusive.", "seconds")
    }),
    member("static DateTimeOffset FromUnixTimeMilliseconds(long milliseconds)", |_, a| {
        let message = "Valid values are between -62135596800000 and 253402300799999, inclusive.";
        from_unix(long(a, 0), time::SECOND / 1000, message, "milliseconds")
    }),
    touching(Facts::TIME, "static DateTimeOffset Parse(string input, IFormatProvider formatProvider)", |cx, a| {
        let today = cx.host.now().ticks;
        super::parse::date_time_offset(text(a, 0, "input")?.as_str(), today).map(Value::DateTimeOffset)
    }),
    touching(Facts::TIME, "static DateTimeOffset ParseExact(string input, string format, IFormatProvider formatProvider)", exactly),
    member("string ToString(IFormatProvider formatProvider)", |_, a| {
        super::format_offset(own(a, 0), "").map(|text| Value::Text(text.into()))
    }),
    member("string ToString(string format, IFormatProvider formatProvider)", |_, a| {
        super::format_offset(own(a, 0), text_or_empty(a, 1)).map(|text| Value::Text(text.into()))
    }),
    member("static DateTimeOffset FromFileTime(long fileTime)", |_, a| {
        let ticks = long(a, 0).checked_add(FILE_TIME).filter(|ticks| long(a, 0) >= 0 && *ticks <= time::MAX_TICKS);
        ticks.map(|ticks| at(ticks, 0)).ok_or_else(|| Exception::out_of_range("Not a valid Win32 FileTime.", "fileTime"))
    }),
    member("long ToFileTime()", |_, a| {
        let ticks = utc(a) - FILE_TIME;
        let message = "Not a valid Win32 FileTime.";
        if ticks < 0 { Err(Exception::new("System.ArgumentOutOfRangeException", message)) } else { Ok(Value::Int64(ticks)) }
    }),
    member("long ToUnixTimeSeconds()", |_, a| Ok(unix(a, time::SECOND))),
    member("long ToUnixTimeMilliseconds()", |_, a| Ok(unix(a, time::SECOND / 1000))),
    member("int Year", |_, a| Ok(part(ticks(a), 0))),
    member("int Month", |_, a| Ok(part(ticks(a), 1))),
    member("int Day", |_, a| Ok(part(ticks(a), 2))),
    member("int Hour", |_, a| Ok(part(ticks(a), 3))),
    member("int Minute", |_, a| Ok(part(ticks(a), 4))),
    member("int Second", |_, a| Ok(part(ticks(a), 5))),
    member("int Millisecond", |_, a| Ok(millisecond(ticks(a)))),
    member("long Ticks", |_, a| Ok(Value::Int64(ticks(a)))),
    member("long UtcTicks", |_, a| Ok(Value::Int64(utc(a)))),
    member("int DayOfYear", |_, a| Ok(day_of_year(ticks(a)))),
    member("DayOfWeek DayOfWeek", |_, a| Ok(day_of_week(ticks(a)))),
    member("TimeSpan Offset", |_, a| Ok(Value::TimeSpan(i64::from(own(a, 0).offset) * time::MINUTE))),
    member("TimeSpan TimeOfDay", |_, a| Ok(Value::TimeSpan(ticks(a).rem_euclid(time::DAY)))),
    member("DateTime Date", |_, a| Ok(date(ticks(a) - ticks(a).rem_euclid(time::DAY), DateTimeKind::Unspecified))),
    member("DateTime DateTime", |_, a| Ok(date(ticks(a), DateTimeKind::Unspecified))),
    member("DateTime UtcDateTime", |_, a| Ok(date(utc(a), DateTimeKind::Utc))),
    member("DateTime LocalDateTime", |_, a| Ok(date(utc(a), DateTimeKind::Local))),
    member("DateTimeOffset ToUniversalTime()", |_, a| Ok(at(utc(a), 0))),
    member("DateTimeOffset ToLocalTime()", |_, a| Ok(at(utc(a), 0))),
    member("DateTimeOffset ToOffset(TimeSpan offset)", |_, a| {
        let ticks = utc(a).checked_add(span(a, 1));
        made(in_range(ticks, "t")?, span(a, 1))
    }),
    member("DateTimeOffset AddDays(double days)", |_, a| units(a, 86_400_000.0)),
    member("DateTimeOffset AddHours(double hours)", |_, a| units(a, 3_600_000.0)),
    member("DateTimeOffset AddMinutes(double minutes)", |_, a| units(a, 60_000.0)),
    member("DateTimeOffset AddSeconds(double seconds)", |_, a| units(a, 1_000.0)),
    member("DateTimeOffset AddMilliseconds(double milliseconds)", |_, a| units(a, 1.0)),
    member("DateTimeOffset AddTicks(long ticks)", |_, a| shifted(a, Some(long(a, 1)))),
    member("DateTimeOffset AddMonths(int months)", |_, a| Ok(moved(a, add_months(ticks(a), int(a, 1))?))),
    member("DateTimeOffset AddYears(int years)", |_, a| Ok(moved(a, add_years(ticks(a), int(a, 1))?))),
    member("DateTimeOffset Add(TimeSpan timeSpan)", add),
    member("DateTimeOffset Subtract(TimeSpan value)", subtract),
    member("TimeSpan Subtract(DateTimeOffset value)", difference),
    member("string ToString(string format)", |_, a| {
        super::format_offset(own(a, 0), text_or_empty(a, 1)).map(|text| Value::Text(text.into()))
    }),
    member("int CompareTo(DateTimeOffset other)", |_, a| Ok(Value::Int32(utc(a).cmp(&second(a)) as i32))),
    member("static int Compare(DateTimeOffset first, DateTimeOffset second)", |_, a| {
        Ok(Value::Int32(utc(a).cmp(&second(a)) as i32))
    }),
    member("bool Equals(DateTimeOffset other)", |_, a| Ok(Value::Bool(utc(a) == second(a)))),
    member("bool EqualsExact(DateTimeOffset other)", |_, a| Ok(Value::Bool(own(a, 0) == own(a, 1)))),
    member("static implicit operator DateTimeOffset(DateTime dateTime)", |_, a| made(moment(arg(a, 0)), 0)),
    member("static DateTimeOffset operator +(DateTimeOffset dateTimeOffset, TimeSpan timeSpan)", add),
    member("static DateTimeOffset operator -(DateTimeOffset dateTimeOffset, TimeSpan timeSpan)", subtract),
    member("static TimeSpan operator -(DateTimeOffset left, DateTimeOffset right)", difference),
    member("static bool operator ==(DateTimeOffset left, DateTimeOffset right)", |_, a| {
        Ok(Value::Bool(utc(a) == second(a)))
    }),
    member("static bool operator !=(DateTimeOffset left, DateTimeOffset right)", |_, a| {
        Ok(Value::Bool(utc(a) != second(a)))
    }),
    member("static bool operator <(DateTimeOffset left, DateTimeOffset right)", |_, a| {
        Ok(Value::Bool(utc(a) < second(a)))
    }),
    member("static bool operator >(DateTimeOffset left, DateTimeOffset right)", |_, a| {
        Ok(Value::Bool(utc(a) > second(a)))
    }),
    member("static bool operator <=(DateTimeOffset left, DateTimeOffset right)", |_, a| {
        Ok(Value::Bool(utc(a) <= second(a)))
    }),
    member("static bool operator >=(DateTimeOffset left, DateTimeOffset right)", |_, a| {
        Ok(Value::Bool(utc(a) >= second(a)))
    }),
];

/// Ticks of 1601-01-01, where Windows' file times begin.
const FILE_TIME: i64 = 504_911_232_000_000_000;

fn exactly(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let input = text(args, 0, "input")?;
    let format = text(args, 1, "format")?;
    let today = cx.host.now().ticks;
    let wrong = || Exception::format("String was not recognized as a valid DateTime.");
    let (ticks, offset) = super::exact::date(input.as_str(), format.as_str(), today).ok_or_else(wrong)?;
    made(ticks, offset.unwrap_or(0) * time::MINUTE)
}

fn at(ticks: i64, offset: i16) -> Value {
    Value::DateTimeOffset(DateTimeOffset { ticks, offset })
}

fn date(ticks: i64, kind: DateTimeKind) -> Value {
    Value::DateTime(DateTime { ticks, kind })
}

/// The minutes of an offset, which is a span.
fn valid_offset(offset: i64) -> Result<i16, Exception> {
    if offset % time::MINUTE != 0 {
        return Err(Exception::argument("Offset must be specified in whole minutes.", "offset"));
    }
    let minutes = i16::try_from(offset / time::MINUTE).ok().filter(|minutes| minutes.abs() <= 14 * 60);
    minutes.ok_or_else(|| Exception::out_of_range("Offset must be within plus or minus 14 hours.", "offset"))
}

/// Clock time at an offset, which is a span.
fn made(ticks: i64, offset: i64) -> Eval {
    let minutes = valid_offset(offset)?;
    let valid = |ticks: &i64| (0..=time::MAX_TICKS).contains(ticks);
    if !valid(&ticks) || !valid(&(ticks - offset)) {
        let message = "The UTC time represented when the offset is applied must be between year 0 and 10,000.";
        return Err(Exception::out_of_range(message, "offset"));
    }
    Ok(at(ticks, minutes))
}

fn moment(value: &Value) -> i64 {
    match value {
        Value::DateTime(date) => date.ticks,
        _ => 0,
    }
}

fn span(args: &[Value], index: usize) -> i64 {
    match arg(args, index) {
        Value::TimeSpan(ticks) => *ticks,
        _ => 0,
    }
}

fn written(args: &[Value], with_milliseconds: bool) -> Result<i64, Exception> {
    let milliseconds = if with_milliseconds { int(args, 6) } else { 0 };
    let day = [int(args, 0), int(args, 1), int(args, 2)];
    ticks_of(day, [int(args, 3), int(args, 4), int(args, 5)], milliseconds)
}

fn own(args: &[Value], index: usize) -> DateTimeOffset {
    match arg(args, index) {
        Value::DateTimeOffset(date) => *date,
        _ => DateTimeOffset { ticks: 0, offset: 0 },
    }
}

fn ticks(args: &[Value]) -> i64 {
    own(args, 0).ticks
}

fn utc_of(date: DateTimeOffset) -> i64 {
    date.ticks - i64::from(date.offset) * time::MINUTE
}

fn utc(args: &[Value]) -> i64 {
    utc_of(own(args, 0))
}

fn second(args: &[Value]) -> i64 {
    utc_of(own(args, 1))
}

fn from_unix(count: i64, unit: i64, message: &str, parameter: &str) -> Eval {
    let ticks = count.checked_mul(unit).and_then(|ticks| ticks.checked_add(DateTime::UNIX_EPOCH_TICKS));
    let valid = ticks.filter(|ticks| (0..=time::MAX_TICKS).contains(ticks));
    valid.map(|ticks| at(ticks, 0)).ok_or_else(|| Exception::out_of_range(message, parameter))
}

fn unix(args: &[Value], unit: i64) -> Value {
    Value::Int64(utc(args).div_euclid(unit) - DateTime::UNIX_EPOCH_TICKS / unit)
}

/// The same offset with other ticks.
fn moved(args: &[Value], ticks: i64) -> Value {
    at(ticks, own(args, 0).offset)
}

fn units(args: &[Value], milliseconds: f64) -> Eval {
    Ok(moved(args, add_units(ticks(args), double(args, 1), milliseconds)?))
}

fn shifted(args: &[Value], by: Option<i64>) -> Eval {
    let sum = by.and_then(|by| ticks(args).checked_add(by));
    Ok(moved(args, in_range(sum, "value")?))
}

fn add(_: &mut Cx<'_>, args: &[Value]) -> Eval {
    shifted(args, Some(span(args, 1)))
}

fn subtract(_: &mut Cx<'_>, args: &[Value]) -> Eval {
    shifted(args, span(args, 1).checked_neg())
}

fn difference(_: &mut Cx<'_>, args: &[Value]) -> Eval {
    Ok(Value::TimeSpan(utc(args) - second(args)))
}
