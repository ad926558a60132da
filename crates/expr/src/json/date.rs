//! Which strings are dates (`DateTimeUtils.TryParseDateTime` with the default settings).

use crate::time::{self, MAX_TICKS};
use crate::value::{DateTime, DateTimeKind};

/// The date that a JSON string is, if it is one: ISO 8601 with at most seven digits of a second's fraction, or
/// Microsoft's `/Date(1577934245000)/`.
pub(crate) fn date_of(text: &str) -> Option<DateTime> {
    match text.as_bytes().first()? {
        b'/' => microsoft(text),
        b'0'..=b'9' => iso(text),
        _ => None,
    }
}

fn iso(text: &str) -> Option<DateTime> {
    if text.as_bytes().get(10) != Some(&b'T') || !(19..=40).contains(&text.len()) {
        return None;
    }
    let fraction = text.get(19..)?.strip_prefix('.').unwrap_or_default();
    if fraction.bytes().take_while(u8::is_ascii_digit).count() > 7 {
        return None;
    }
    match text.strip_suffix('z') {
        Some(rest) => time::json_date(&format!("{rest}Z")),
        None => time::json_date(text),
    }
}

fn microsoft(text: &str) -> Option<DateTime> {
    let inner = text.strip_prefix("/Date(")?.strip_suffix(")/")?;
    let sign = inner.get(1..)?.find(['+', '-']).map(|at| at + 1);
    let (digits, kind) = match sign {
        Some(at) => {
            time::zone_minutes(inner.get(at..)?)?;
            (inner.get(..at)?, DateTimeKind::Local)
        }
        None => (inner, DateTimeKind::Utc),
    };
    let milliseconds: i64 = digits.parse().ok()?;
    let ticks = milliseconds.checked_mul(10_000)?.checked_add(DateTime::UNIX_EPOCH_TICKS)?;
    (0..=MAX_TICKS).contains(&ticks).then_some(DateTime { ticks, kind })
}
