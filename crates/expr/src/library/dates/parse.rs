//! `DateTime.Parse` and `DateTimeOffset.Parse` in the invariant culture.
//!
//! .NET reads many forms: ISO 8601, `MM/dd/yyyy`, RFC 1123, month names, times with `AM` and `PM`, with or without zone.
//! The text is cut into numbers, words and signs; what they are follows from their order.
//! <https://learn.microsoft.com/dotnet/api/system.datetime.parse>

use super::format::{MONTHS, WEEKDAYS, ticks_of};
use crate::Exception;
use crate::time::{self, DAY, HOUR, MAX_TICKS, MINUTE};
use crate::value::{DateTime, DateTimeKind, DateTimeOffset};

/// A date as written.
struct Written {
    ticks: i64,
    /// Minutes from UTC, when a zone is written.
    offset: Option<i64>,
}

/// `DateTime.Parse`. A time with a zone becomes local time, which is UTC here; `today` fills in what is not written.
pub(crate) fn date_time(text: &str, today: i64) -> Result<DateTime, Exception> {
    let written = read(text, today).map_err(Wrong::exception)?;
    let Some(offset) = written.offset else {
        return Ok(DateTime { ticks: written.ticks, kind: DateTimeKind::Unspecified });
    };
    let mut ticks = written.ticks - offset * MINUTE;
    // COMPAT: the first day there is counts as a time alone (.NET Framework reference source, `AdjustTimeZoneToLocal`).
    if written.ticks < DAY && ticks < 0 {
        ticks += DAY;
    }
    if (0..=MAX_TICKS).contains(&ticks) {
        return Ok(DateTime { ticks, kind: DateTimeKind::Local });
    }
    Err(Exception::format("The DateTime represented by the string is out of range."))
}

/// `DateTimeOffset.Parse`. Without a zone it is local time, which is UTC here.
pub(crate) fn date_time_offset(text: &str, today: i64) -> Result<DateTimeOffset, Exception> {
    let written = read(text, today).map_err(Wrong::exception)?;
    let offset = written.offset.unwrap_or(0);
    let in_range = (0..=MAX_TICKS).contains(&(written.ticks - offset * MINUTE));
    let outside = || Exception::format("The UTC representation of the date falls outside the year range 1-9999.");
    let offset = i16::try_from(offset).ok().filter(|_| in_range).ok_or_else(outside)?;
    Ok(DateTimeOffset { ticks: written.ticks, offset })
}

/// Why a text is no date.
#[derive(Clone, Copy, Debug)]
enum Wrong {
    Form,
    /// A word that means nothing, and where it stands in UTF-16 units.
    Word(usize),
    Weekday,
    /// An hour, minute or second that there is not.
    Clock,
    Zone,
}

impl Wrong {
    fn exception(self) -> Exception {
        match self {
            Self::Form => Exception::format("String was not recognized as a valid DateTime."),
            Self::Word(at) => Exception::new(
                "System.FormatException",
                format!("The string was not recognized as a valid DateTime. There is an unknown word starting at index {at}."),
            ),
            Self::Weekday => Exception::format(
                "String was not recognized as a valid DateTime because the day of week was incorrect.",
            ),
            Self::Clock => Exception::format(
                "The DateTime represented by the string is not supported in calendar System.Globalization.GregorianCalendar.",
            ),
            Self::Zone => Exception::format("The time zone offset must be within plus or minus 14 hours."),
        }
    }
}

/// A piece of the text.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Piece<'t> {
    /// Digits.
    Number(&'t str),
    /// Letters, and where they stand.
    Word(&'t str, usize),
    Sign(char),
    Blank,
}

fn pieces(text: &str) -> Option<Vec<Piece<'_>>> {
    if text.len() > 100 || !text.is_ascii() {
        return None;
    }
    let mut list = Vec::new();
    let mut rest = text.trim_end_matches('\0').trim();
    while let Some(first) = rest.chars().next() {
        let run = |test: fn(&u8) -> bool| rest.bytes().take_while(test).count();
        let length = match first {
            '0'..='9' => run(u8::is_ascii_digit),
            'a'..='z' | 'A'..='Z' => run(u8::is_ascii_alphabetic),
            ' ' | '\t' => run(u8::is_ascii_whitespace),
            _ => 1,
        };
        let (taken, left) = rest.split_at_checked(length.max(1))?;
        list.push(match first {
            '0'..='9' => Piece::Number(taken),
            'a'..='z' | 'A'..='Z' => Piece::Word(taken, taken.as_ptr().addr() - text.as_ptr().addr()),
            ' ' | '\t' => Piece::Blank,
            sign => Piece::Sign(sign),
        });
        rest = left;
    }
    Some(list)
}

fn read(text: &str, today: i64) -> Result<Written, Wrong> {
    let pieces = pieces(text).ok_or(Wrong::Form)?;
    let mut reader = Reader {
        pieces: &pieces,
        at: 0,
        numbers: Vec::new(),
        month: None,
        weekday: None,
        clock: None,
        offset: None,
        marked: false,
        wrong: Wrong::Form,
    };
    reader.run().ok_or(reader.wrong)?;
    let date = reader.date(today).ok_or(Wrong::Form)?;
    let (clock, fraction) = reader.clock.unwrap_or(([0; 3], 0));
    let midnight = ticks_of(date, [0; 3], 0).ok_or(Wrong::Form)?;
    let ticks = ticks_of(date, clock, fraction).ok_or(Wrong::Clock)?;
    match reader.weekday {
        Some(day) if super::format::day_of_week(midnight) != day => Err(Wrong::Weekday),
        _ => Ok(Written { ticks, offset: reader.offset }),
    }
}

struct Reader<'p, 't> {
    pieces: &'p [Piece<'t>],
    at: usize,
    /// The numbers of the date with how many digits each has, in order.
    numbers: Vec<(i64, usize)>,
    /// The month by name, and how many numbers stood before it.
    month: Option<(i64, usize)>,
    /// Hour, minute, second, and the ticks behind.
    clock: Option<([i64; 3], i64)>,
    offset: Option<i64>,
    /// The day of the week by name, counted from Sunday.
    weekday: Option<i32>,
    /// A `T` stands before the time: its parts have two digits.
    marked: bool,
    wrong: Wrong,
}

impl<'t> Reader<'_, 't> {
    fn peek(&self, ahead: usize) -> Option<Piece<'t>> {
        self.pieces.get(self.at + ahead).copied()
    }

    fn run(&mut self) -> Option<()> {
        while let Some(piece) = self.peek(0) {
            match piece {
                Piece::Number(digits) if self.begins_clock() => self.read_clock(digits)?,
                Piece::Number(digits) => self.date_number(digits)?,
                Piece::Word(word, place) => self.word(word, place)?,
                Piece::Sign(sign @ ('+' | '-')) if self.clock.is_some() => self.zone(sign)?,
                Piece::Sign('+') if self.numbers.len() == 3 => self.zone('+')?,
                Piece::Sign('-' | '/' | ',' | '.') => self.at += 1,
                Piece::Blank => self.at += 1,
                Piece::Sign(_) => return None,
            }
        }
        Some(())
    }

    fn begins_clock(&self) -> bool {
        let half = |piece| matches!(piece, Some(Piece::Word(word, _)) if is_half(word));
        self.peek(1) == Some(Piece::Sign(':'))
            || half(self.peek(1))
            || self.peek(1) == Some(Piece::Blank) && half(self.peek(2))
    }

    fn date_number(&mut self, digits: &str) -> Option<()> {
        self.at += 1;
        self.numbers.push((digits.parse().ok()?, digits.len()));
        (self.numbers.len() <= 3 && digits.len() <= 4).then_some(())
    }

    /// `h:mm`, `h:mm:ss`, `h:mm:ss.fff`, each with `AM` or `PM`; `h AM`.
    fn read_clock(&mut self, digits: &str) -> Option<()> {
        let mut clock = [digits.parse().ok()?, 0, 0];
        let exact = self.marked;
        if exact && digits.len() != 2 {
            return None;
        }
        self.at += 1;
        for part in clock.iter_mut().skip(1) {
            if self.peek(0) != Some(Piece::Sign(':')) {
                break;
            }
            let Some(Piece::Number(digits)) = self.peek(1) else { return None };
            *part = digits.parse().ok().filter(|_| digits.len() <= 2 && (!exact || digits.len() == 2))?;
            self.at += 2;
        }
        let fraction = self.fraction()?;
        let blank = usize::from(self.peek(0) == Some(Piece::Blank));
        if let Some(Piece::Word(word, _)) = self.peek(blank)
            && is_half(word)
        {
            self.at += blank + 1;
            let [hour, ..] = &mut clock;
            *hour = twelve(*hour, word)?;
        }
        let before = self.clock.replace((clock, fraction));
        before.is_none().then_some(())
    }

    fn fraction(&mut self) -> Option<i64> {
        if self.peek(0) != Some(Piece::Sign('.')) {
            return Some(0);
        }
        let Some(Piece::Number(digits)) = self.peek(1) else { return None };
        self.at += 2;
        let value: f64 = format!("0.{digits}").parse().ok()?;
        // At most 10^7, which is exact.
        #[expect(clippy::cast_possible_truncation, reason = "a fraction of a second has at most 10^7 ticks")]
        Some((value * 1e7).round() as i64)
    }

    fn word(&mut self, word: &str, place: usize) -> Option<()> {
        self.at += 1;
        let word = word.to_ascii_lowercase();
        let is = |name: &&str| {
            let name = name.to_ascii_lowercase();
            name == word || word.len() == 3 && name.starts_with(&word)
        };
        if let Some(month) = MONTHS.iter().position(&is) {
            let before = self.month.replace((i64::try_from(month).ok()? + 1, self.numbers.len()));
            return before.is_none().then_some(());
        }
        let fits = match word.as_str() {
            "t" => {
                self.marked = true;
                self.clock.is_none() && self.numbers.len() == 3
            }
            "z" | "gmt" => self.offset.replace(0).is_none(),
            _ => match WEEKDAYS.iter().position(is) {
                Some(day) => self.weekday.replace(i32::try_from(day).unwrap_or(0)).is_none(),
                None => {
                    self.wrong = Wrong::Word(place);
                    false
                }
            },
        };
        fits.then_some(())
    }

    /// `+hh:mm`, `+hhmm`, `+hh`.
    fn zone(&mut self, sign: char) -> Option<()> {
        let Some(Piece::Number(digits)) = self.peek(1) else { return None };
        self.at += 2;
        let (hours, mut minutes): (i64, i64) = match digits.len() {
            1 | 2 => (digits.parse().ok()?, 0),
            4 => (digits.get(..2)?.parse().ok()?, digits.get(2..)?.parse().ok()?),
            _ => return None,
        };
        if let (Some(Piece::Sign(':')), Some(Piece::Number(digits))) = (self.peek(0), self.peek(1)) {
            minutes = digits.parse().ok()?;
            self.at += 2;
        }
        let total = hours * 60 + minutes;
        let before = self.offset.replace(if sign == '-' { -total } else { total });
        if total > 14 * 60 && minutes < 60 {
            self.wrong = Wrong::Zone;
        }
        (before.is_none() && minutes < 60 && total <= 14 * 60).then_some(())
    }

    /// Year, month and day.
    fn date(&self, today: i64) -> Option<[i64; 3]> {
        let [this_year, this_month, this_day, ..] = time::parts(today);
        match (self.numbers.as_slice(), self.month) {
            ([], None) => self.clock.map(|_| [this_year, this_month, this_day]),
            ([(year, digits), (month, _), (day, _)], None) if *digits > 2 => Some([*year, *month, *day]),
            ([(month, _), (day, _), (year, digits)], None) => Some([full_year(*year, *digits), *month, *day]),
            ([(year, digits), (month, _)], None) if *digits > 2 => Some([*year, *month, 1]),
            ([(month, _), (year, digits)], None) if *digits > 2 => Some([*year, *month, 1]),
            ([(month, _), (day, _)], None) => Some([this_year, *month, *day]),
            ([(year, digits)], Some((month, _))) if *digits > 2 => Some([*year, month, 1]),
            // COMPAT: a number before the month is a year (the patterns of the invariant culture).
            ([(year, digits)], Some((month, 1))) => Some([full_year(*year, *digits), month, 1]),
            ([(day, _)], Some((month, _))) => Some([this_year, month, *day]),
            ([(year, digits), (day, _)], Some((month, _))) if *digits > 2 => Some([*year, month, *day]),
            ([(day, _), (year, digits)], Some((month, _))) => Some([full_year(*year, *digits), month, *day]),
            _ => None,
        }
    }
}

fn is_half(word: &str) -> bool {
    ["am", "pm"].iter().any(|half| word.eq_ignore_ascii_case(half))
}

fn twelve(hour: i64, half: &str) -> Option<i64> {
    let afternoon = half.to_ascii_lowercase().starts_with('p');
    match hour {
        12 => Some(if afternoon { 12 } else { 0 }),
        0..=11 => Some(if afternoon { hour + 12 } else { hour }),
        13..=23 if afternoon => Some(hour),
        _ => None,
    }
}

/// Two digits are years from 1930 to 2029 (`Calendar.TwoDigitYearMax`).
fn full_year(year: i64, digits: usize) -> i64 {
    match year {
        _ if digits > 2 => year,
        0..=29 => 2000 + year,
        _ => 1900 + year,
    }
}

/// `TimeSpan.Parse`: `[-][d.]hh:mm[:ss[.fffffff]]`, `d`, `d:hh:mm:ss`.
pub(crate) fn time_span(text: &str) -> Result<i64, Exception> {
    let text = text.trim();
    let (negative, rest) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (whole, fraction) = split_fraction(rest);
    let days_and_clock = whole.split_once('.');
    let mut numbers: Vec<&str> = Vec::new();
    if let Some((days, clock)) = days_and_clock {
        numbers.push(days);
        numbers.extend(clock.split(':'));
        if numbers.len() < 3 {
            return Err(no_span());
        }
    } else {
        numbers.extend(whole.split(':'));
    }
    if numbers.iter().any(|number| number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit())) {
        return Err(no_span());
    }
    let numbers: Result<Vec<i64>, _> = numbers.iter().map(|number| number.parse::<i64>()).collect();
    let numbers = numbers.map_err(|_| span_overflow())?;
    let (days, hours, minutes, seconds) = match (numbers.as_slice(), days_and_clock.is_some()) {
        ([days], false) => (*days, 0, 0, 0),
        ([hours, minutes], false) => (0, *hours, *minutes, 0),
        ([hours, minutes, seconds], false) => (0, *hours, *minutes, *seconds),
        ([days, hours, minutes], true) => (*days, *hours, *minutes, 0),
        ([days, hours, minutes, seconds], _) => (*days, *hours, *minutes, *seconds),
        _ => return Err(no_span()),
    };
    if hours > 23 || minutes > 59 || seconds > 59 || days > 10_675_199 {
        return Err(span_overflow());
    }
    let ticks = i128::from(days) * i128::from(DAY)
        + i128::from(hours * HOUR + minutes * MINUTE + seconds * time::SECOND)
        + i128::from(fraction_ticks(fraction)?);
    i64::try_from(if negative { -ticks } else { ticks }).map_err(|_| span_overflow())
}

/// The fraction is what stands behind a point behind the last colon.
fn split_fraction(text: &str) -> (&str, &str) {
    let behind_clock = text.rfind(':').unwrap_or(text.len());
    match text.rfind('.') {
        Some(at) if at > behind_clock => (text.get(..at).unwrap_or(""), text.get(at + 1..).unwrap_or("")),
        _ => (text, ""),
    }
}

fn fraction_ticks(digits: &str) -> Result<i64, Exception> {
    if digits.is_empty() {
        return Ok(0);
    }
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(no_span());
    }
    if digits.len() > 7 {
        return Err(span_overflow());
    }
    format!("{digits:0<7}").parse().map_err(|_| no_span())
}

fn no_span() -> Exception {
    Exception::format("String was not recognized as a valid TimeSpan.")
}

fn span_overflow() -> Exception {
    Exception::overflow(
        "The TimeSpan could not be parsed because at least one of the numeric components is out of range or contains too many digits.",
    )
}

#[cfg(test)]
mod tests {
    use super::{date_time, date_time_offset, time_span};
    use super::super::format::{date_text, offset_text};
    use crate::time::span_text;

    /// 2020-05-06.
    const TODAY: i64 = 737_550 * super::DAY;

    /// Forms of the remarks of DateTime.Parse, invariant culture.
    #[test]
    fn dates_are_read_in_the_forms_of_net() {
        let cases = [
            ("2008-11-01T19:35:00.0000000Z", "2008-11-01T19:35:00.0000000+00:00"),
            ("2008-11-01T19:35:00.0000000-07:00", "2008-11-02T02:35:00.0000000+00:00"),
            ("2008-11-01 19:35", "2008-11-01T19:35:00.0000000"),
            ("Sat, 01 Nov 2008 19:35:00 GMT", "2008-11-01T19:35:00.0000000+00:00"),
            ("08/18/2018 07:22:16", "2018-08-18T07:22:16.0000000"),
            ("8/18/18 7:22:16 PM", "2018-08-18T19:22:16.0000000"),
            ("08/2018", "2018-08-01T00:00:00.0000000"),
            ("2018-08", "2018-08-01T00:00:00.0000000"),
            ("Aug 18, 2018", "2018-08-18T00:00:00.0000000"),
            ("18 August 2018 12:30:01.5", "2018-08-18T12:30:01.5000000"),
            ("August 2018", "2018-08-01T00:00:00.0000000"),
            ("8/18", "2020-08-18T00:00:00.0000000"),
            ("12 AM", "2020-05-06T00:00:00.0000000"),
            ("07:22:16", "2020-05-06T07:22:16.0000000"),
            (" 2018-08-18T07:22:16+0530 ", "2018-08-18T01:52:16.0000000+00:00"),
        ];
        for (text, expected) in cases {
            let date = date_time(text, TODAY).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(date_text(date, "o").as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in ["", "x", "20180818", "2018", "13/13/2018", "2018-02-30", "25:00", "1/2/3/4", "1:2:3:4"] {
            let error = date_time(text, TODAY).unwrap_err();
            assert_eq!(error.class(), "System.FormatException", "{text}");
        }
    }

    #[test]
    fn offsets_stay() {
        let read = |text| offset_text(date_time_offset(text, TODAY).unwrap(), "o").unwrap();
        assert_eq!(read("2008-05-01 07:34:42 -5:00"), "2008-05-01T07:34:42.0000000-05:00");
        assert_eq!(read("05/01/2008"), "2008-05-01T00:00:00.0000000+00:00");
    }

    /// The examples of TimeSpan.Parse.
    #[test]
    fn spans_are_read() {
        let cases = [
            ("6", "6.00:00:00"),
            ("6:12", "06:12:00"),
            ("6:12:14", "06:12:14"),
            ("6:12:14:45", "6.12:14:45"),
            ("6.12:14:45", "6.12:14:45"),
            ("6:12:14:45.3448", "6.12:14:45.3448000"),
            ("-6.12:14", "-6.12:14:00"),
            ("0:0:0.1", "00:00:00.1000000"),
        ];
        for (text, expected) in cases {
            assert_eq!(time_span(text).map(span_text).as_deref(), Ok(expected), "{text}");
        }
        assert_eq!(time_span("6:24:14:45").unwrap_err().class(), "System.OverflowException");
        assert_eq!(time_span("6:99").unwrap_err().class(), "System.OverflowException");
        assert_eq!(time_span("a").unwrap_err().class(), "System.FormatException");
    }
}
