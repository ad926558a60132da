//! `System.DateTime`, `System.DateTimeOffset`, `System.TimeSpan`, `System.DateTimeKind`.

use crate::value::{DateTime, DateTimeKind, DateTimeOffset};
use crate::{Exception, Text, time};

use super::TypeSpec;

pub(super) const TYPES: &[TypeSpec] = &[
    TypeSpec::structure("System.DateTime", "api/system.datetime"),
    TypeSpec::structure("System.DateTimeOffset", "api/system.datetimeoffset"),
    TypeSpec::structure("System.TimeSpan", "api/system.timespan"),
];

/// `DateTime.Parse` of ISO 8601 text and of the invariant culture's `MM/dd/yyyy HH:mm:ss`.
pub(crate) fn parse(text: &Text) -> Result<DateTime, Exception> {
    let bad = || Exception::format("String was not recognized as a valid DateTime.");
    let word = text.as_str().trim();
    if let Some(date) = time::json_date(word) {
        return Ok(date);
    }
    let numbers: Vec<i64> =
        word.split(['-', '/', ' ', ':', 'T']).map(|part| part.parse().unwrap_or(-1)).collect();
    let (year, month, day) = match numbers.as_slice() {
        [year, month, day, ..] if *year > 31 => (*year, *month, *day),
        [month, day, year, ..] => (*year, *month, *day),
        _ => return Err(bad()),
    };
    let clock = numbers.get(3..).unwrap_or_default();
    let part = |at: usize| clock.get(at).copied().unwrap_or(0);
    let (hour, minute, second) = (part(0), part(1), part(2));
    let valid = (0..24).contains(&hour) && (0..60).contains(&minute) && (0..60).contains(&second);
    let days = time::days(year, month, day).filter(|_| valid && clock.len() <= 3).ok_or_else(bad)?;
    let ticks = days * time::DAY + hour * time::HOUR + minute * time::MINUTE + second * time::SECOND;
    Ok(DateTime { ticks, kind: DateTimeKind::Unspecified })
}

/// `DateTime.ToString(format)`.
pub(crate) fn format(date: DateTime, format: &str) -> Result<String, Exception> {
    match format {
        "o" | "O" => Ok(time::json_text(date)),
        "G" => Ok(time::invariant_text(date.ticks)),
        _ => Err(Exception::format("Input string was not in a correct format.")),
    }
}

/// `DateTimeOffset.ToString(format)`.
pub(crate) fn format_offset(date: DateTimeOffset, format: &str) -> Result<String, Exception> {
    match format {
        "o" | "O" => Ok(time::json_offset_text(date)),
        _ => Err(Exception::format("Input string was not in a correct format.")),
    }
}

/// `TimeSpan.ToString(format)`.
pub(crate) fn format_span(ticks: i64, format: &str) -> Result<String, Exception> {
    match format {
        "c" | "t" | "T" => Ok(time::span_text(ticks)),
        _ => Err(Exception::format("Input string was not in a correct format.")),
    }
}
