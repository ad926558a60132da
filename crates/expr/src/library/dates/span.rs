//! `System.TimeSpan`, with its formats `c`, `g`, `G` and pictures.
//!
//! <https://learn.microsoft.com/dotnet/standard/base-types/standard-timespan-format-strings> and
//! <https://learn.microsoft.com/dotnet/standard/base-types/custom-timespan-format-strings>

use std::fmt::Write as _;

use crate::eval::{Cx, Eval};
use crate::time::{DAY, HOUR, MINUTE, SECOND, span_text};
use crate::{Exception, Value};

use super::super::arguments::{arg, double, int, items, long, text, text_or_empty};
use super::super::{Row, TypeSpec, constant, member};

pub(super) const TYPE: TypeSpec = TypeSpec {
    members: ROWS,
    ..TypeSpec::structure("System.TimeSpan", "api/system.timespan")
};

const ROWS: &[Row] = &[
    member("new(long ticks)", |_, a| Ok(Value::TimeSpan(long(a, 0)))),
    member("new(int hours, int minutes, int seconds)", |_, a| made(0, int(a, 0), int(a, 1), int(a, 2), 0)),
    member("new(int days, int hours, int minutes, int seconds)", |_, a| {
        made(int(a, 0), int(a, 1), int(a, 2), int(a, 3), 0)
    }),
    member("new(int days, int hours, int minutes, int seconds, int milliseconds)", |_, a| {
        made(int(a, 0), int(a, 1), int(a, 2), int(a, 3), int(a, 4))
    }),
    constant("static TimeSpan Zero", || Value::TimeSpan(0)),
    constant("static TimeSpan MinValue", || Value::TimeSpan(i64::MIN)),
    constant("static TimeSpan MaxValue", || Value::TimeSpan(i64::MAX)),
    constant("static long TicksPerDay", || Value::Int64(DAY)),
    constant("static long TicksPerHour", || Value::Int64(HOUR)),
    constant("static long TicksPerMinute", || Value::Int64(MINUTE)),
    constant("static long TicksPerSecond", || Value::Int64(SECOND)),
    constant("static long TicksPerMillisecond", || Value::Int64(SECOND / 1000)),
    member("static TimeSpan FromDays(double value)", |_, a| interval(a, 86_400_000.0)),
    member("static TimeSpan FromHours(double value)", |_, a| interval(a, 3_600_000.0)),
    member("static TimeSpan FromMinutes(double value)", |_, a| interval(a, 60_000.0)),
    member("static TimeSpan FromSeconds(double value)", |_, a| interval(a, 1_000.0)),
    member("static TimeSpan FromMilliseconds(double value)", |_, a| interval(a, 1.0)),
    member("static TimeSpan FromTicks(long value)", |_, a| Ok(Value::TimeSpan(long(a, 0)))),
    member("static TimeSpan Parse(string s)", |_, a| {
        super::parse::time_span(text(a, 0, "input")?.as_str()).map(Value::TimeSpan)
    }),
    member("static bool TryParse(string s, out TimeSpan result)", |cx, a| {
        let parsed = super::parse::time_span(text_or_empty(a, 0)).ok();
        cx.outs.push(Value::TimeSpan(parsed.unwrap_or(0)));
        Ok(Value::Bool(parsed.is_some()))
    }),
    member("static TimeSpan Parse(string input, IFormatProvider formatProvider)", |_, a| {
        super::parse::time_span(text(a, 0, "input")?.as_str()).map(Value::TimeSpan)
    }),
    member("static bool TryParse(string input, IFormatProvider formatProvider, out TimeSpan result)", |cx, a| {
        let parsed = super::parse::time_span(text_or_empty(a, 0)).ok();
        tried(cx, parsed)
    }),
    member("static TimeSpan ParseExact(string input, string format, IFormatProvider formatProvider)", exactly),
    member("static TimeSpan ParseExact(string input, string[] formats, IFormatProvider formatProvider)", exactly),
    member("static bool TryParseExact(string input, string format, IFormatProvider formatProvider, out TimeSpan result)", |cx, a| {
        let parsed = exactly(cx, a).ok().and_then(|value| if let Value::TimeSpan(ticks) = value { Some(ticks) } else { None });
        tried(cx, parsed)
    }),
    member("static bool TryParseExact(string input, string[] formats, IFormatProvider formatProvider, out TimeSpan result)", |cx, a| {
        let parsed = exactly(cx, a).ok().and_then(|value| if let Value::TimeSpan(ticks) = value { Some(ticks) } else { None });
        tried(cx, parsed)
    }),
    member("int CompareTo(object value)", |_, a| match arg(a, 1) {
        Value::Null => Ok(Value::Int32(1)),
        Value::TimeSpan(other) => Ok(Value::Int32(ticks(a, 0).cmp(other) as i32)),
        _ => Err(Exception::new("System.ArgumentException", "Object must be of type TimeSpan.")),
    }),
    member("static TimeSpan operator +(TimeSpan t)", |_, a| Ok(arg(a, 0).clone())),
    member("string ToString(string format, IFormatProvider formatProvider)", |_, a| {
        span_format(ticks(a, 0), text_or_empty(a, 1)).map(|text| Value::Text(text.into()))
    }),
    member("int Days", |_, a| Ok(unit(a, DAY, i64::MAX))),
    member("int Hours", |_, a| Ok(unit(a, HOUR, 24))),
    member("int Minutes", |_, a| Ok(unit(a, MINUTE, 60))),
    member("int Seconds", |_, a| Ok(unit(a, SECOND, 60))),
    member("int Milliseconds", |_, a| Ok(unit(a, SECOND / 1000, 1000))),
    member("long Ticks", |_, a| Ok(Value::Int64(ticks(a, 0)))),
    member("double TotalDays", |_, a| Ok(total(a, DAY))),
    member("double TotalHours", |_, a| Ok(total(a, HOUR))),
    member("double TotalMinutes", |_, a| Ok(total(a, MINUTE))),
    member("double TotalSeconds", |_, a| Ok(total(a, SECOND))),
    member("double TotalMilliseconds", |_, a| match total(a, SECOND / 1000) {
        // COMPAT: no more than whole milliseconds of the largest span (.NET Framework reference source).
        Value::Double(total) => Ok(Value::Double(total.clamp(-922_337_203_685_477.0, 922_337_203_685_477.0))),
        other => Ok(other),
    }),
    member("TimeSpan Add(TimeSpan ts)", add),
    member("TimeSpan Subtract(TimeSpan ts)", subtract),
    member("TimeSpan Negate()", negate),
    member("TimeSpan Duration()", |_, a| ticks(a, 0).checked_abs().map(Value::TimeSpan).ok_or_else(|| Exception::overflow("The duration cannot be returned for TimeSpan.MinValue because the absolute value of TimeSpan.MinValue exceeds the value of TimeSpan.MaxValue."))),
    member("string ToString(string format)", |_, a| {
        span_format(ticks(a, 0), text_or_empty(a, 1)).map(|text| Value::Text(text.into()))
    }),
    member("int CompareTo(TimeSpan value)", compare),
    member("static int Compare(TimeSpan t1, TimeSpan t2)", compare),
    member("bool Equals(TimeSpan obj)", |_, a| Ok(Value::Bool(ticks(a, 0) == ticks(a, 1)))),
    member("static TimeSpan operator +(TimeSpan t1, TimeSpan t2)", add),
    member("static TimeSpan operator -(TimeSpan t1, TimeSpan t2)", subtract),
    member("static TimeSpan operator -(TimeSpan t)", negate),
    member("static bool operator ==(TimeSpan t1, TimeSpan t2)", |_, a| Ok(Value::Bool(ticks(a, 0) == ticks(a, 1)))),
    member("static bool operator !=(TimeSpan t1, TimeSpan t2)", |_, a| Ok(Value::Bool(ticks(a, 0) != ticks(a, 1)))),
    member("static bool operator <(TimeSpan t1, TimeSpan t2)", |_, a| Ok(Value::Bool(ticks(a, 0) < ticks(a, 1)))),
    member("static bool operator >(TimeSpan t1, TimeSpan t2)", |_, a| Ok(Value::Bool(ticks(a, 0) > ticks(a, 1)))),
    member("static bool operator <=(TimeSpan t1, TimeSpan t2)", |_, a| Ok(Value::Bool(ticks(a, 0) <= ticks(a, 1)))),
    member("static bool operator >=(TimeSpan t1, TimeSpan t2)", |_, a| Ok(Value::Bool(ticks(a, 0) >= ticks(a, 1)))),
];

fn ticks(args: &[Value], index: usize) -> i64 {
    match arg(args, index) {
        Value::TimeSpan(ticks) => *ticks,
        _ => 0,
    }
}

fn tried(cx: &mut Cx<'_>, parsed: Option<i64>) -> Eval {
    cx.outs.push(Value::TimeSpan(parsed.unwrap_or(0)));
    Ok(Value::Bool(parsed.is_some()))
}

/// The formats given as one text or as several.
pub(super) fn formats(cx: &Cx<'_>, value: &Value, name: &str) -> Result<Vec<crate::Text>, Exception> {
    match value {
        Value::Text(format) => Ok(vec![format.clone()]),
        Value::Null => Err(Exception::argument_null(name)),
        list => Ok(items(cx.heap, list).iter().filter_map(|item| item.as_text().cloned()).collect()),
    }
}

fn exactly(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let input = text(args, 0, "input")?;
    let formats = formats(cx, arg(args, 1), "format")?;
    cx.burn(formats.len() as u64)?;
    let found = formats.iter().find_map(|format| super::exact::span(input.as_str(), format.as_str()));
    found.map(Value::TimeSpan).ok_or_else(|| Exception::format("String was not recognized as a valid TimeSpan."))
}

/// What a text says of a span.
#[derive(Default)]
pub(super) struct SpanParts {
    pub(super) days: i64,
    pub(super) hours: i64,
    pub(super) minutes: i64,
    pub(super) seconds: i64,
    pub(super) fraction: i64,
}

impl SpanParts {
    /// The ticks; none when a part is too large.
    pub(super) fn ticks(&self, negative: bool) -> Option<i64> {
        if self.hours > 23 || self.minutes > 59 || self.seconds > 59 {
            return None;
        }
        let clock = (self.hours * 3600 + self.minutes * 60 + self.seconds) * SECOND + self.fraction;
        let ticks = i128::from(self.days) * i128::from(DAY) + i128::from(clock);
        i64::try_from(if negative { -ticks } else { ticks }).ok()
    }
}

fn too_long() -> Exception {
    Exception::overflow("TimeSpan overflowed because the duration is too long.")
}

fn made(days: i32, hours: i32, minutes: i32, seconds: i32, milliseconds: i32) -> Eval {
    let whole = i64::from(days) * 86_400 + i64::from(hours) * 3_600 + i64::from(minutes) * 60 + i64::from(seconds);
    let milliseconds = whole * 1_000 + i64::from(milliseconds);
    let outside = || Exception::new("System.ArgumentOutOfRangeException", "TimeSpan overflowed because the duration is too long.");
    milliseconds.checked_mul(SECOND / 1000).map(Value::TimeSpan).ok_or_else(outside)
}

/// A number of units of so many milliseconds, rounded to a millisecond as .NET Framework does.
#[expect(clippy::cast_possible_truncation, reason = "checked to be small enough")]
fn interval(args: &[Value], milliseconds: f64) -> Eval {
    const MOST: f64 = 922_337_203_685_477.0;
    let amount = double(args, 0);
    if amount.is_nan() {
        let message = "TimeSpan does not accept floating point Not-a-Number values.";
        return Err(Exception::new("System.ArgumentException", message));
    }
    let total = amount * milliseconds + if amount >= 0.0 { 0.5 } else { -0.5 };
    if !(-MOST..=MOST).contains(&total) {
        return Err(too_long());
    }
    Ok(Value::TimeSpan(total as i64 * (SECOND / 1000)))
}

/// How many whole units there are beyond the next larger one.
fn unit(args: &[Value], size: i64, larger: i64) -> Value {
    Value::Int32(i32::try_from(ticks(args, 0) / size % larger).unwrap_or(0))
}

#[expect(clippy::cast_precision_loss, reason = ".NET computes with doubles here, too")]
fn total(args: &[Value], size: i64) -> Value {
    Value::Double(ticks(args, 0) as f64 * (1.0 / size as f64))
}

fn add(_: &mut Cx<'_>, args: &[Value]) -> Eval {
    ticks(args, 0).checked_add(ticks(args, 1)).map(Value::TimeSpan).ok_or_else(too_long)
}

fn subtract(_: &mut Cx<'_>, args: &[Value]) -> Eval {
    ticks(args, 0).checked_sub(ticks(args, 1)).map(Value::TimeSpan).ok_or_else(too_long)
}

fn negate(_: &mut Cx<'_>, args: &[Value]) -> Eval {
    let message = "Negating the minimum value of a twos complement number is invalid.";
    ticks(args, 0).checked_neg().map(Value::TimeSpan).ok_or_else(|| Exception::overflow(message))
}

fn compare(_: &mut Cx<'_>, args: &[Value]) -> Eval {
    Ok(Value::Int32(ticks(args, 0).cmp(&ticks(args, 1)) as i32))
}

/// The parts of a span's amount: days, hours, minutes, seconds, ticks.
fn parts(ticks: i64) -> [u64; 5] {
    let amount = ticks.unsigned_abs();
    let unit = |ticks: i64| ticks.unsigned_abs();
    [
        amount / unit(DAY),
        amount / unit(HOUR) % 24,
        amount / unit(MINUTE) % 60,
        amount / unit(SECOND) % 60,
        amount % unit(SECOND),
    ]
}

/// `TimeSpan.ToString(format)`; an empty format is `c`.
pub(crate) fn span_format(ticks: i64, format: &str) -> Result<String, Exception> {
    match format {
        "" | "c" | "t" | "T" => Ok(span_text(ticks)),
        "g" => Ok(short_text(ticks)),
        "G" => Ok(long_text(ticks)),
        _ if format.chars().count() == 1 => Err(invalid()),
        _ => picture(ticks, format),
    }
}

fn invalid() -> Exception {
    Exception::format("Input string was not in a correct format.")
}

fn unmatched(quote: char) -> Exception {
    let message = format!("Cannot find a matching quote character for the character '{quote}'.");
    Exception::new("System.FormatException", message)
}

fn short_text(ticks: i64) -> String {
    let [days, hours, minutes, seconds, fraction] = parts(ticks);
    let sign = if ticks < 0 { "-" } else { "" };
    let days = if days > 0 { format!("{days}:") } else { String::new() };
    let fraction = format!("{fraction:07}");
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{days}{hours}:{minutes:02}:{seconds:02}{point}{fraction}")
}

fn long_text(ticks: i64) -> String {
    let [days, hours, minutes, seconds, fraction] = parts(ticks);
    let sign = if ticks < 0 { "-" } else { "" };
    format!("{sign}{days}:{hours:02}:{minutes:02}:{seconds:02}.{fraction:07}")
}

/// Letters outside of quotes have to be specifiers; the sign is never written.
fn picture(ticks: i64, picture: &str) -> Result<String, Exception> {
    let mut out = String::new();
    let mut chars = picture.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            'd' | 'h' | 'm' | 's' | 'f' | 'F' => {
                let mut count = 1;
                while chars.next_if_eq(&c).is_some() {
                    count += 1;
                }
                specifier(&mut out, ticks, c, count)?;
            }
            '\\' => out.push(chars.next().ok_or_else(invalid)?),
            '%' if chars.peek().is_some_and(|&next| next != '%') => {}
            '\'' | '"' => loop {
                match chars.next().ok_or_else(|| unmatched(c))? {
                    next if next == c => break,
                    next => out.push(next),
                }
            },
            _ => return Err(invalid()),
        }
    }
    Ok(out)
}

fn specifier(out: &mut String, ticks: i64, c: char, count: usize) -> Result<(), Exception> {
    let [days, hours, minutes, seconds, fraction] = parts(ticks);
    let (value, most) = match c {
        'd' => (days, 8),
        'h' => (hours, 2),
        'm' => (minutes, 2),
        's' => (seconds, 2),
        _ => {
            let digits = format!("{fraction:07}");
            let digits = digits.get(..count).ok_or_else(invalid)?;
            out.push_str(if c == 'F' { digits.trim_end_matches('0') } else { digits });
            return Ok(());
        }
    };
    if count > most {
        return Err(invalid());
    }
    let _ = write!(out, "{value:0>count$}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::span_format;
    use crate::time::{DAY, HOUR, MINUTE, SECOND};

    /// The examples of both pages.
    #[test]
    fn documented_examples() {
        let span = DAY + 3 * HOUR + 16 * MINUTE + 50 * SECOND + SECOND / 2;
        let cases = [
            (30 * MINUTE, "c", "00:30:00"),
            (3 * DAY + 17 * HOUR + 25 * MINUTE + 30 * SECOND + SECOND / 2, "c", "3.17:25:30.5000000"),
            (span, "g", "1:3:16:50.5"),
            (18 * HOUR + 30 * MINUTE, "g", "18:30:00"),
            (18 * HOUR + 30 * MINUTE, "G", "0:18:30:00.0000000"),
            (-span, "g", "-1:3:16:50.5"),
            (6 * HOUR + 14 * MINUTE + 32 * SECOND, "d\\.hh\\:mm\\:ss", "0.06:14:32"),
            (6 * HOUR + 14 * MINUTE + 32 * SECOND, "%h' h'", "6 h"),
            (SECOND / 4, "s\\.fff", "0.250"),
            (SECOND / 4, "ss\\.FFF", "00.25"),
        ];
        for (ticks, format, expected) in cases {
            assert_eq!(span_format(ticks, format).as_deref(), Ok(expected), "{format}");
        }
        assert!(span_format(0, "hh:mm").is_err() && span_format(0, "x").is_err());
    }
}
