//! Between XML's texts and .NET values: `XmlConvert`, the explicit conversions of elements and attributes, and the text of a
//! value that is added as content.

use rust_decimal::Decimal;

use crate::library::convert as net;
use crate::registry::known;
use crate::time;
use crate::types::{Scalar, Type};
use crate::{Exception, Text, Value, number};

/// The text of a value as content: numbers, dates and spans as `XmlConvert` writes them; none when it is not a plain value.
pub(crate) fn content_text(value: &Value) -> Option<Text> {
    Some(match value {
        Value::Text(text) => text.clone(),
        Value::Bool(value) => Text::from_static(if *value { "true" } else { "false" }),
        Value::Double(value) => Text::from(float(*value, number::round_trip(*value))),
        Value::Single(value) => Text::from(float(f64::from(*value), number::round_trip_single(*value))),
        Value::DateTime(date) => Text::from(time::json_text(*date)),
        Value::DateTimeOffset(date) => Text::from(offset_text(*date)),
        Value::TimeSpan(ticks) => Text::from(duration(*ticks)),
        Value::Null | Value::Ref(_) | Value::Host(_) => return None,
        plain => Text::from(crate::eval::plain_text(plain)),
    })
}

fn float(value: f64, text: String) -> String {
    match value {
        f64::INFINITY => "INF".to_owned(),
        f64::NEG_INFINITY => "-INF".to_owned(),
        _ => text,
    }
}

fn offset_text(date: crate::value::DateTimeOffset) -> String {
    let text = time::json_offset_text(date);
    match text.strip_suffix("+00:00") {
        Some(clock) => format!("{clock}Z"),
        None => text,
    }
}

/// `P1DT2H3M4.5S`.
fn duration(ticks: i64) -> String {
    let of = i128::from(ticks).unsigned_abs();
    let (second, minute) = (time::SECOND as u128, time::MINUTE as u128);
    let (hour, day) = (time::HOUR as u128, time::DAY as u128);
    let mut text = if ticks < 0 { "-P" } else { "P" }.to_owned();
    let part = |text: &mut String, count: u128, letter: char| {
        if count > 0 {
            text.push_str(&format!("{count}{letter}"));
        }
    };
    part(&mut text, of / day, 'D');
    if of % day > 0 || of == 0 {
        text.push('T');
        part(&mut text, of / hour % 24, 'H');
        part(&mut text, of / minute % 60, 'M');
        let rest = of % minute;
        if rest % second > 0 {
            let fraction = format!("{:07}", rest % second);
            text.push_str(&format!("{}.{}S", rest / second, fraction.trim_end_matches('0')));
        } else if rest > 0 || of == 0 {
            text.push_str(&format!("{}S", rest / second));
        }
    }
    text
}

/// The text of an element or attribute as a scalar type.
///
/// # Errors
/// `System.FormatException`, `System.OverflowException`.
pub(crate) fn to_scalar(text: &Text, ty: &Type) -> Result<Value, Exception> {
    let known = known();
    let plain = text.as_str();
    match ty.without_nullable() {
        Type::String => Ok(Value::Text(text.clone())),
        Type::Scalar(Scalar::Bool) => boolean(plain),
        Type::Scalar(Scalar::Double) => double(plain).map(Value::Double),
        #[expect(clippy::cast_possible_truncation, reason = "the value as a float is asked for")]
        Type::Scalar(Scalar::Single) => double(plain).map(|value| Value::Single(value as f32)),
        Type::Scalar(Scalar::Decimal) => decimal(plain),
        Type::Scalar(scalar) => integer(plain, *scalar),
        Type::Class(id, _) if *id == known.date_time => time::json_date(plain.trim())
            .map_or_else(|| crate::library::dates::parse(text), Ok)
            .map(Value::DateTime),
        Type::Class(id, _) if *id == known.date_time_offset => date_offset(plain),
        Type::Class(id, _) if *id == known.time_span => span(plain).map(Value::TimeSpan),
        Type::Class(id, _) if *id == known.guid => net::to_guid(&Value::Text(text.clone())),
        _ => Err(Exception::invalid_cast()),
    }
}

fn no_number() -> Exception {
    Exception::format("Input string was not in a correct format.")
}

fn not_a(text: &str, what: &str) -> Exception {
    let message = format!("The string '{text}' is not a valid {what} value.");
    Exception::new("System.FormatException", message)
}

fn boolean(text: &str) -> Result<Value, Exception> {
    let lower = text.to_lowercase();
    match trimmed(&lower) {
        "1" | "true" => Ok(Value::Bool(true)),
        "0" | "false" => Ok(Value::Bool(false)),
        other => Err(not_a(other, "Boolean")),
    }
}

fn trimmed(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\r', '\n'])
}

fn integer(text: &str, scalar: Scalar) -> Result<Value, Exception> {
    let signed = matches!(scalar, Scalar::Int32 | Scalar::Int64);
    let digits = text.trim_matches(|c: char| matches!(c, '\t'..='\r' | ' '));
    let unsigned = digits.strip_prefix(['-', '+']).unwrap_or(digits);
    let valid = !unsigned.is_empty()
        && unsigned.bytes().all(|b| b.is_ascii_digit())
        && (signed || unsigned.len() == digits.len());
    if !valid {
        return Err(no_number());
    }
    let value = digits.parse::<i128>().ok().filter(|value| crate::eval::in_range(*value, scalar));
    match value {
        Some(value) => crate::eval::from_integer(value, scalar, true),
        None => Err(crate::eval::integer_overflow(scalar)),
    }
}

fn double(text: &str) -> Result<f64, Exception> {
    let text = trimmed(text);
    match text {
        "INF" => return Ok(f64::INFINITY),
        "-INF" => return Ok(f64::NEG_INFINITY),
        "NaN" => return Ok(f64::NAN),
        _ => {}
    }
    let shape = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E'));
    if !shape {
        return Err(no_number());
    }
    text.parse::<f64>().map_err(|_| no_number())
}

fn decimal(text: &str) -> Result<Value, Exception> {
    let text = trimmed(text);
    let shape = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.'));
    if !shape || !text.bytes().any(|b| b.is_ascii_digit()) {
        return Err(no_number());
    }
    let value = text.parse::<Decimal>().map_err(|_| no_number())?;
    Ok(Value::Decimal(value))
}

/// With a zone, in UTC (`Z`), or in local time, which is UTC; a date alone is midnight.
fn date_offset(text: &str) -> Result<Value, Exception> {
    // .NET calls it by the set of formats that it tried.
    let bad = || not_a(text, "AllXsd");
    let plain = trimmed(text);
    let (clock, zone) = match time::clock_time(plain) {
        Some(found) => found,
        None => {
            let date = plain.get(..10).ok_or_else(bad)?;
            let (ticks, _) = time::clock_time(&format!("{date}T00:00:00")).ok_or_else(bad)?;
            (ticks, plain.get(10..).unwrap_or_default())
        }
    };
    let offset = match zone {
        "" | "Z" => 0,
        zone => time::zone_minutes(zone).ok_or_else(bad)?,
    };
    let offset = i16::try_from(offset).unwrap_or(0);
    Ok(Value::DateTimeOffset(crate::value::DateTimeOffset { ticks: clock, offset }))
}

/// `-P1Y2M3DT4H5M6.7S`; a year has 365 days and a month 30 (`XmlConvert.ToTimeSpan`).
fn span(text: &str) -> Result<i64, Exception> {
    let bad = || not_a(text, "TimeSpan");
    let plain = trimmed(text);
    let (negative, rest) = match plain.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, plain),
    };
    let rest = rest.strip_prefix('P').ok_or_else(bad)?;
    let (date, clock) = rest.split_once('T').map_or((rest, None), |(date, clock)| (date, Some(clock)));
    if clock.is_some_and(str::is_empty) || (date.is_empty() && clock.is_none()) {
        return Err(bad());
    }
    let day = i128::from(time::DAY);
    let days = units(date, &[('Y', 365 * day), ('M', 30 * day), ('D', day)]).ok_or_else(bad)?;
    let clock_units =
        [('H', i128::from(time::HOUR)), ('M', i128::from(time::MINUTE)), ('S', i128::from(time::SECOND))];
    let clock = units(clock.unwrap_or_default(), &clock_units).ok_or_else(bad)?;
    let total = if negative { -(days + clock) } else { days + clock };
    i64::try_from(total)
        .map_err(|_| Exception::overflow("TimeSpan overflowed because the duration is too long."))
}

fn units(mut text: &str, letters: &[(char, i128)]) -> Option<i128> {
    let mut total = 0_i128;
    let mut next = 0;
    while !text.is_empty() {
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (digits, rest) = text.split_at(end);
        let letter = rest.chars().next()?;
        let at = letters.iter().skip(next).position(|(own, _)| *own == letter)? + next;
        let (_, ticks) = letters.get(at)?;
        next = at + 1;
        total = total.checked_add(amount(digits, *ticks, letter == 'S')?)?;
        text = rest.get(1..)?;
    }
    Some(total)
}

fn amount(digits: &str, ticks: i128, fraction: bool) -> Option<i128> {
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    if (!part.is_empty() && !fraction) || whole.is_empty() || whole.len() > 15 {
        return None;
    }
    let part: String = part.chars().chain("0000000".chars()).take(7).collect();
    let part = if fraction { part.parse::<i128>().ok()? } else { 0 };
    Some(whole.parse::<i128>().ok()? * ticks + part)
}
