//! Dates of the proleptic Gregorian calendar as .NET counts them, and the texts that JSON and conversions need.
//!
//! Formats of `ToString("...")` are not here; they belong to the library's `DateTime`.

use crate::value::{DateTime, DateTimeKind, DateTimeOffset};

/// Ticks of 100 nanoseconds in a second.
pub(crate) const SECOND: i64 = 10_000_000;
/// Ticks in a minute.
pub(crate) const MINUTE: i64 = 60 * SECOND;
/// Ticks in an hour.
pub(crate) const HOUR: i64 = 60 * MINUTE;
/// Ticks in a day.
pub(crate) const DAY: i64 = 24 * HOUR;
/// `DateTime.MaxValue.Ticks`.
pub(crate) const MAX_TICKS: i64 = 3_155_378_975_999_999_999;

/// Days since 0001-01-01 of a date; none when there is no such date.
pub(crate) fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let valid = (1..=9999).contains(&year) && (1..=12).contains(&month);
    if !valid || day < 1 || day > days_in_month(year, month) {
        return None;
    }
    // Howard Hinnant's `days_from_civil`, shifted from 0000-03-01 to 0001-01-01.
    let (y, m) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
    let era = y.div_euclid(400);
    let of_era = y - era * 400;
    let of_year = (153 * m + 2) / 5 + day - 1;
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 306)
}

/// Year, month and day of a number of days since 0001-01-01.
pub(crate) fn civil(days: i64) -> (i64, i64, i64) {
    let z = days + 306;
    let era = z.div_euclid(146_097);
    let of_era = z - era * 146_097;
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let m = (5 * of_year + 2) / 153;
    let day = of_year - (153 * m + 2) / 5 + 1;
    let month = if m < 10 { m + 3 } else { m - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// Whether a year has a February 29th.
pub(crate) fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// How many days a month has.
pub(crate) fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        _ => 31,
    }
}

/// The parts of ticks: year, month, day, hour, minute, second, fraction in ticks.
pub(crate) fn parts(ticks: i64) -> [i64; 7] {
    let (year, month, day) = civil(ticks.div_euclid(DAY));
    let of_day = ticks.rem_euclid(DAY);
    let clock = [of_day / HOUR, of_day / MINUTE % 60, of_day / SECOND % 60, of_day % SECOND];
    let [hour, minute, second, fraction] = clock;
    [year, month, day, hour, minute, second, fraction]
}

/// The date that a JSON string is, if it is one (`DateTimeUtils.TryParseDateTimeIso`): `2020-01-02T03:04:05`, with
/// fraction and zone if wanted. A time with an offset becomes local time, which is UTC here.
pub(crate) fn json_date(text: &str) -> Option<DateTime> {
    let bytes = text.as_bytes();
    let looks = (19..=40).contains(&bytes.len())
        && bytes.first().is_some_and(u8::is_ascii_digit)
        && bytes.get(10) == Some(&b'T');
    if !looks || !text.is_ascii() {
        return None;
    }
    let (ticks, rest) = clock_time(text)?;
    let (kind, offset) = match rest {
        "" => (DateTimeKind::Unspecified, 0),
        "Z" => (DateTimeKind::Utc, 0),
        zone => (DateTimeKind::Local, zone_minutes(zone)?),
    };
    let ticks = ticks.checked_sub(offset * MINUTE)?;
    (0..=MAX_TICKS).contains(&ticks).then_some(DateTime { ticks, kind })
}

/// `yyyy-MM-ddTHH:mm:ss` with an optional fraction: its ticks and what follows.
pub(crate) fn clock_time(text: &str) -> Option<(i64, &str)> {
    let number = |from: usize, to: usize| -> Option<i64> {
        let digits = text.get(from..to)?;
        digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())?
    };
    let sign = |at: usize| text.as_bytes().get(at).copied();
    let shape =
        sign(4) == Some(b'-') && sign(7) == Some(b'-') && sign(13) == Some(b':') && sign(16) == Some(b':');
    if !shape {
        return None;
    }
    let days = days(number(0, 4)?, number(5, 7)?, number(8, 10)?)?;
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    if hour > 24 || minute > 59 || second > 59 || (hour == 24 && minute + second > 0) {
        return None;
    }
    let (fraction, rest) = fraction(text.get(19..)?)?;
    Some((days * DAY + hour * HOUR + minute * MINUTE + second * SECOND + fraction, rest))
}

/// `.1234567`, rounded to ticks, and what follows.
fn fraction(text: &str) -> Option<(i64, &str)> {
    let Some(digits) = text.strip_prefix('.') else { return Some((0, text)) };
    let count = digits.bytes().take_while(u8::is_ascii_digit).count();
    if count == 0 {
        return None;
    }
    let mut ticks = 0;
    for digit in digits.bytes().chain(std::iter::repeat(b'0')).take(7).enumerate() {
        let (at, byte) = digit;
        let value = if at < count { i64::from(byte - b'0') } else { 0 };
        ticks = ticks * 10 + value;
    }
    let round = digits.as_bytes().get(7).is_some_and(|&b| count > 7 && b >= b'5');
    Some((ticks + i64::from(round), digits.get(count..)?))
}

/// `+01:00`, `+0100` or `+01` in minutes.
pub(crate) fn zone_minutes(zone: &str) -> Option<i64> {
    let (sign, digits) = match zone.as_bytes().first()? {
        b'+' => (1, zone.get(1..)?),
        b'-' => (-1, zone.get(1..)?),
        _ => return None,
    };
    let digits: String = digits.chars().filter(|c| *c != ':').collect();
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes) = match digits.len() {
        2 => (digits.parse::<i64>().ok()?, 0),
        4 => (digits.get(..2)?.parse::<i64>().ok()?, digits.get(2..)?.parse::<i64>().ok()?),
        _ => return None,
    };
    (hours <= 23 && minutes <= 59).then_some(sign * (hours * 60 + minutes))
}

/// `yyyy-MM-ddTHH:mm:ss.FFFFFFFK`: how Json.NET writes dates.
pub(crate) fn json_text(date: DateTime) -> String {
    let zone = match date.kind {
        DateTimeKind::Unspecified => "",
        DateTimeKind::Utc => "Z",
        DateTimeKind::Local => "+00:00",
    };
    clock_text(date.ticks) + zone
}

/// The same of a `DateTimeOffset`.
pub(crate) fn json_offset_text(date: DateTimeOffset) -> String {
    let (sign, minutes) = if date.offset < 0 { ('-', -date.offset) } else { ('+', date.offset) };
    format!("{}{sign}{:02}:{:02}", clock_text(date.ticks), minutes / 60, minutes % 60)
}

fn clock_text(ticks: i64) -> String {
    let [year, month, day, hour, minute, second, fraction] = parts(ticks);
    let mut text = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}");
    if fraction > 0 {
        text.push_str(format!(".{fraction:07}").trim_end_matches('0'));
    }
    text
}

/// `DateTime.ToString()` of the invariant culture: `01/02/2020 03:04:05`.
pub(crate) fn invariant_text(ticks: i64) -> String {
    let [year, month, day, hour, minute, second, _] = parts(ticks);
    format!("{month:02}/{day:02}/{year:04} {hour:02}:{minute:02}:{second:02}")
}

/// `DateTimeOffset.ToString()` of the invariant culture: `01/02/2020 03:04:05 +00:00`.
pub(crate) fn invariant_offset_text(date: DateTimeOffset) -> String {
    let (sign, minutes) = if date.offset < 0 { ('-', -date.offset) } else { ('+', date.offset) };
    format!("{} {sign}{:02}:{:02}", invariant_text(date.ticks), minutes / 60, minutes % 60)
}

/// `TimeSpan.ToString()`: `[-][d.]hh:mm:ss[.fffffff]`.
pub(crate) fn span_text(ticks: i64) -> String {
    let sign = if ticks < 0 { "-" } else { "" };
    let of = i128::from(ticks).unsigned_abs();
    let (second, minute, hour, day) = (SECOND as u128, MINUTE as u128, HOUR as u128, DAY as u128);
    let days = if of >= day { format!("{}.", of / day) } else { String::new() };
    let clock = format!("{:02}:{:02}:{:02}", of / hour % 24, of / minute % 60, of / second % 60);
    let fraction = if of % second > 0 { format!(".{:07}", of % second) } else { String::new() };
    format!("{sign}{days}{clock}{fraction}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_ticks_agree_with_net() {
        // DateTime(1970, 1, 1).Ticks, documented at DateTime.Ticks / UnixEpoch.
        assert_eq!(days(1970, 1, 1).unwrap() * DAY, DateTime::UNIX_EPOCH_TICKS);
        assert_eq!((civil(0), civil(719_162)), ((1, 1, 1), (1970, 1, 1)));
        assert_eq!(parts(MAX_TICKS), [9999, 12, 31, 23, 59, 59, 9_999_999]);
        assert_eq!(days(2023, 2, 29), None);
    }

    #[test]
    fn json_dates_are_read_and_written() {
        for text in ["2020-01-02T03:04:05", "2020-01-02T03:04:05Z", "2020-01-02T03:04:05.25Z"] {
            assert_eq!(json_text(json_date(text).unwrap()), text);
        }
        assert_eq!(json_text(json_date("2020-01-02T03:04:05+02:00").unwrap()), "2020-01-02T01:04:05+00:00");
        assert!(json_date("2020-01-02").is_none() && json_date("2020-13-02T03:04:05Z").is_none());
    }

    #[test]
    fn spans_are_written() {
        assert_eq!(span_text(HOUR + 2 * MINUTE + 3 * SECOND), "01:02:03");
        assert_eq!(span_text(-(2 * DAY + SECOND / 2)), "-2.00:00:00.5000000");
    }
}
