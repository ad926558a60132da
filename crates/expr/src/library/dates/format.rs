//! Dates to text: standard formats (`o`, `R`, `u`, …) and pictures (`yyyy-MM-ddTHH:mm:ssZ`), invariant culture.
//!
//! <https://learn.microsoft.com/dotnet/standard/base-types/standard-date-and-time-format-strings> and
//! <https://learn.microsoft.com/dotnet/standard/base-types/custom-date-and-time-format-strings>. Local time is UTC in
//! the gateway.

use std::fmt::Write as _;

use crate::Exception;
use crate::time::{self, DAY, MINUTE, SECOND};
use crate::value::{DateTime, DateTimeKind, DateTimeOffset};

pub(crate) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// From Sunday on, as `DayOfWeek` counts.
pub(crate) const WEEKDAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// What zone a date shows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Zone {
    Kind(DateTimeKind),
    /// Minutes from UTC, of a `DateTimeOffset`.
    Offset(i16),
}

/// `DateTime.ToString(format)`; an empty format is `G`.
pub(crate) fn date_text(date: DateTime, format: &str) -> Result<String, Exception> {
    let format = if format.is_empty() { "G" } else { format };
    show(date.ticks, Zone::Kind(date.kind), format)
}

/// `DateTimeOffset.ToString(format)`; an empty format is that of `ToString()`.
pub(crate) fn offset_text(date: DateTimeOffset, format: &str) -> Result<String, Exception> {
    let utc = date.ticks - i64::from(date.offset) * MINUTE;
    match format {
        "" => show(date.ticks, Zone::Offset(date.offset), "MM/dd/yyyy HH:mm:ss zzz"),
        "R" | "r" | "u" => show(utc, Zone::Offset(0), format),
        "U" => Err(invalid()),
        _ => show(date.ticks, Zone::Offset(date.offset), format),
    }
}

fn show(ticks: i64, zone: Zone, format: &str) -> Result<String, Exception> {
    let picture = if format.chars().count() == 1 { standard(format).ok_or_else(invalid)? } else { format };
    let mut writer = Writer { ticks, zone, picture, at: 0, out: String::new() };
    writer.run()?;
    Ok(writer.out)
}

fn invalid() -> Exception {
    Exception::format("Input string was not in a correct format.")
}

/// The picture of a standard format.
pub(super) fn standard(format: &str) -> Option<&'static str> {
    Some(match format {
        "d" => "MM/dd/yyyy",
        "D" => "dddd, dd MMMM yyyy",
        "f" => "dddd, dd MMMM yyyy HH:mm",
        "F" | "U" => "dddd, dd MMMM yyyy HH:mm:ss",
        "g" => "MM/dd/yyyy HH:mm",
        "G" => "MM/dd/yyyy HH:mm:ss",
        "M" | "m" => "MMMM dd",
        "O" | "o" => "yyyy-MM-ddTHH:mm:ss.fffffffK",
        "R" | "r" => "ddd, dd MMM yyyy HH:mm:ss 'GMT'",
        "s" => "yyyy-MM-ddTHH:mm:ss",
        "t" => "HH:mm",
        "T" => "HH:mm:ss",
        "u" => "yyyy-MM-dd HH:mm:ss'Z'",
        "Y" | "y" => "yyyy MMMM",
        _ => return None,
    })
}

struct Writer<'p> {
    ticks: i64,
    zone: Zone,
    picture: &'p str,
    at: usize,
    out: String,
}

impl Writer<'_> {
    fn run(&mut self) -> Result<(), Exception> {
        while let Some(c) = self.next() {
            match c {
                '\'' | '"' => self.quoted(c)?,
                '\\' => {
                    let escaped = self.next().ok_or_else(invalid)?;
                    self.out.push(escaped);
                }
                '%' => match self.peek() {
                    Some(next) if next != '%' => {}
                    _ => return Err(invalid()),
                },
                _ => {
                    let count = 1 + self.repeats(c);
                    self.specifier(c, count)?;
                }
            }
        }
        Ok(())
    }

    fn peek(&self) -> Option<char> {
        self.picture.get(self.at..).and_then(|rest| rest.chars().next())
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    /// Takes the same character as often as it follows.
    fn repeats(&mut self, c: char) -> usize {
        let mut count = 0;
        while "dfFghHKmMstyz".contains(c) && c != 'K' && self.peek() == Some(c) {
            self.at += c.len_utf8();
            count += 1;
        }
        count
    }

    fn quoted(&mut self, quote: char) -> Result<(), Exception> {
        let unmatched = || {
            let message = format!("Cannot find a matching quote character for the character '{quote}'.");
            Exception::new("System.FormatException", message)
        };
        loop {
            match self.next().ok_or_else(unmatched)? {
                c if c == quote => return Ok(()),
                '\\' => {
                    let escaped = self.next().ok_or_else(invalid)?;
                    self.out.push(escaped);
                }
                c => self.out.push(c),
            }
        }
    }

    fn specifier(&mut self, c: char, count: usize) -> Result<(), Exception> {
        let [year, month, day, hour, minute, second, fraction] = time::parts(self.ticks);
        match c {
            'y' => self.year(year, count),
            'M' if count > 2 => self.named(&MONTHS, month - 1, count),
            'M' => self.number(month, count),
            'd' if count > 2 => self.named(&WEEKDAYS, (self.ticks.div_euclid(DAY) + 1).rem_euclid(7), count),
            'd' => self.number(day, count),
            'H' => self.number(hour, count),
            'h' => self.number(if hour % 12 == 0 { 12 } else { hour % 12 }, count),
            'm' => self.number(minute, count),
            's' => self.number(second, count),
            'f' | 'F' => return self.fraction(fraction, count, c == 'F'),
            't' => self.half(hour, count),
            'g' => self.out.push_str("A.D."),
            'K' => self.kind(),
            'z' => self.zone(count),
            _ => self.out.push(c),
        }
        Ok(())
    }

    fn number(&mut self, value: i64, count: usize) {
        let width = count.min(2);
        let _ = write!(self.out, "{value:0>width$}");
    }

    fn year(&mut self, year: i64, count: usize) {
        let shown = if count <= 2 { year % 100 } else { year };
        let _ = write!(self.out, "{shown:0>count$}");
    }

    fn named(&mut self, names: &[&str], index: i64, count: usize) {
        let name = usize::try_from(index).ok().and_then(|index| names.get(index)).copied().unwrap_or("");
        self.out.push_str(if count == 3 { name.get(..3).unwrap_or(name) } else { name });
    }

    /// `f` truncates; `F` leaves zeroes at the end out, and the point before it when nothing is left.
    fn fraction(&mut self, ticks: i64, count: usize, trim: bool) -> Result<(), Exception> {
        let digits = format!("{ticks:07}");
        let digits = digits.get(..count).ok_or_else(invalid)?;
        if !trim {
            self.out.push_str(digits);
            return Ok(());
        }
        let digits = digits.trim_end_matches('0');
        if digits.is_empty() && self.out.ends_with('.') {
            self.out.pop();
        }
        self.out.push_str(digits);
        Ok(())
    }

    fn half(&mut self, hour: i64, count: usize) {
        let half = if hour < 12 { "AM" } else { "PM" };
        self.out.push_str(if count == 1 { half.get(..1).unwrap_or(half) } else { half });
    }

    fn kind(&mut self) {
        match self.zone {
            Zone::Kind(DateTimeKind::Unspecified) => {}
            Zone::Kind(DateTimeKind::Utc) => self.out.push('Z'),
            Zone::Kind(DateTimeKind::Local) | Zone::Offset(_) => self.zone(3),
        }
    }

    fn zone(&mut self, count: usize) {
        let offset = if let Zone::Offset(minutes) = self.zone { minutes } else { 0 };
        let (sign, minutes) = if offset < 0 { ('-', -offset) } else { ('+', offset) };
        let width = count.min(2);
        let _ = write!(self.out, "{sign}{:0>width$}", minutes / 60);
        if count > 2 {
            let _ = write!(self.out, ":{:02}", minutes % 60);
        }
    }
}

/// The name of a day of the week, counted from Sunday.
pub(crate) fn day_of_week(ticks: i64) -> i32 {
    i32::try_from((ticks.div_euclid(DAY) + 1).rem_euclid(7)).unwrap_or(0)
}

/// The ticks of a date and time of day that exist; none otherwise.
pub(crate) fn ticks_of(date: [i64; 3], clock: [i64; 3], fraction: i64) -> Option<i64> {
    let [year, month, day] = date;
    let [hour, minute, second] = clock;
    let valid = (0..24).contains(&hour) && (0..60).contains(&minute) && (0..60).contains(&second);
    let days = time::days(year, month, day).filter(|_| valid)?;
    Some(days * DAY + (hour * 3600 + minute * 60 + second) * SECOND + fraction)
}

#[cfg(test)]
mod tests {
    use super::{DateTime, DateTimeKind, DateTimeOffset, date_text, offset_text, ticks_of};

    fn date(kind: DateTimeKind) -> DateTime {
        DateTime { ticks: ticks_of([2009, 6, 15], [13, 45, 30], 6_175_000).unwrap(), kind }
    }

    /// The examples of both pages, invariant culture.
    #[test]
    fn documented_examples() {
        let cases = [
            ("d", "06/15/2009"),
            ("D", "Monday, 15 June 2009"),
            ("f", "Monday, 15 June 2009 13:45"),
            ("F", "Monday, 15 June 2009 13:45:30"),
            ("g", "06/15/2009 13:45"),
            ("G", "06/15/2009 13:45:30"),
            ("", "06/15/2009 13:45:30"),
            ("M", "June 15"),
            ("o", "2009-06-15T13:45:30.6175000"),
            ("R", "Mon, 15 Jun 2009 13:45:30 GMT"),
            ("s", "2009-06-15T13:45:30"),
            ("t", "13:45"),
            ("T", "13:45:30"),
            ("u", "2009-06-15 13:45:30Z"),
            ("Y", "2009 June"),
            ("%d", "15"),
            ("dd", "15"),
            ("ddd", "Mon"),
            ("dddd", "Monday"),
            ("%f", "6"),
            ("ff", "61"),
            ("fff", "617"),
            ("ffffff", "617500"),
            ("FFFFFFF", "6175"),
            ("%h", "1"),
            ("hh", "01"),
            ("HH:mm:ss", "13:45:30"),
            ("MMM", "Jun"),
            ("tt", "PM"),
            ("%t", "P"),
            ("%y", "9"),
            ("yy", "09"),
            ("yyy", "2009"),
            ("yyyyy", "02009"),
            ("yyyyMMddTHHmmssZ", "20090615T134530Z"),
            ("yyyy-MM-ddTHH:mm:ss.fffZ", "2009-06-15T13:45:30.617Z"),
            ("h 'h:'m 'm'", "1 h:45 m"),
            ("\\h", "h"),
            ("gg", "A.D."),
        ];
        for (format, expected) in cases {
            assert_eq!(
                date_text(date(DateTimeKind::Unspecified), format).as_deref(),
                Ok(expected),
                "{format}"
            );
        }
    }

    #[test]
    fn the_zone_is_that_of_kind_or_offset() {
        assert_eq!(date_text(date(DateTimeKind::Utc), "o").as_deref(), Ok("2009-06-15T13:45:30.6175000Z"));
        assert_eq!(
            date_text(date(DateTimeKind::Local), "o").as_deref(),
            Ok("2009-06-15T13:45:30.6175000+00:00")
        );
        let west = DateTimeOffset { ticks: date(DateTimeKind::Utc).ticks, offset: -7 * 60 };
        assert_eq!(offset_text(west, "").as_deref(), Ok("06/15/2009 13:45:30 -07:00"));
        assert_eq!(offset_text(west, "o").as_deref(), Ok("2009-06-15T13:45:30.6175000-07:00"));
        assert_eq!(offset_text(west, "R").as_deref(), Ok("Mon, 15 Jun 2009 20:45:30 GMT"));
        assert_eq!(offset_text(west, "%z").as_deref(), Ok("-7"));
    }

    #[test]
    fn wrong_formats_are_refused() {
        for format in ["Q", "ffffffff", "\\", "%", "x"] {
            let error = date_text(date(DateTimeKind::Utc), format).unwrap_err();
            assert_eq!(error.message().as_str(), "Input string was not in a correct format.", "{format}");
        }
    }
}
