//! `ParseExact`: texts that have to be written exactly as a format says.
//!
//! The provider can only be null in expressions (`CultureInfo` is not allowed), so the culture is the invariant one, and
//! there are no styles. Today fills in what a format leaves out.

use super::format::{MONTHS, WEEKDAYS, day_of_week, standard, ticks_of};
use super::span::SpanParts;
use crate::time;

/// What a text said of a date.
#[derive(Default)]
struct Said {
    year: Option<i64>,
    month: Option<i64>,
    day: Option<i64>,
    weekday: Option<i32>,
    hour: Option<i64>,
    minute: i64,
    second: i64,
    fraction: i64,
    afternoon: Option<bool>,
    /// Minutes from UTC.
    offset: Option<i64>,
}

/// A text that is being read along a picture.
struct Reader<'t> {
    rest: &'t str,
}

impl<'t> Reader<'t> {
    fn eat(&mut self, text: &str) -> Option<()> {
        self.rest = self.rest.strip_prefix(text)?;
        Some(())
    }

    /// A number of so many digits.
    fn number(&mut self, least: usize, most: usize) -> Option<(i64, usize)> {
        let digits = self.rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
        if digits < least {
            return None;
        }
        let (taken, rest) = self.rest.split_at_checked(digits)?;
        self.rest = rest;
        Some((taken.parse().ok()?, digits))
    }

    /// The number of the name that comes next.
    fn name(&mut self, names: &[&str], short: bool) -> Option<i64> {
        for (index, name) in (0..).zip(names) {
            let name: String = if short { name.chars().take(3).collect() } else { (*name).to_owned() };
            let found = self.rest.get(..name.len()).is_some_and(|own| own.eq_ignore_ascii_case(&name));
            if found {
                self.rest = self.rest.get(name.len()..)?;
                return Some(index);
            }
        }
        None
    }

    /// Digits behind the point, as ticks.
    fn fraction(&mut self, least: usize, most: usize) -> Option<i64> {
        let (value, digits) = self.number(least, most)?;
        let missing = u32::try_from(7_usize.checked_sub(digits)?).ok()?;
        Some(value * 10_i64.pow(missing))
    }

    /// `+02:00`, `-5`, `Z`.
    fn zone(&mut self, count: usize) -> Option<i64> {
        if self.rest.starts_with(['Z', 'z']) && count > 2 {
            self.rest = self.rest.get(1..)?;
            return Some(0);
        }
        let negative = self.rest.starts_with('-');
        if !negative && !self.rest.starts_with('+') {
            return None;
        }
        self.rest = self.rest.get(1..)?;
        let (hours, _) = self.number(if count == 1 { 1 } else { 2 }, 2)?;
        let mut minutes = 0;
        if count > 2 {
            if self.rest.starts_with(':') {
                self.rest = self.rest.get(1..)?;
            }
            minutes = self.number(2, 2)?.0;
        }
        let total = hours * 60 + minutes;
        (total <= 14 * 60 && minutes < 60).then_some(if negative { -total } else { total })
    }
}

/// The pieces of a picture: a letter and how often it stands, or text.
enum Piece {
    Letter(char, usize),
    Text(String),
}

/// Cuts a picture; none when it is no picture.
fn pieces(picture: &str, letters: &str) -> Option<Vec<Piece>> {
    let mut list = Vec::new();
    let mut chars = picture.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\'' | '"' => {
                let mut text = String::new();
                loop {
                    match chars.next()? {
                        next if next == c => break,
                        '\\' => text.push(chars.next()?),
                        next => text.push(next),
                    }
                }
                list.push(Piece::Text(text));
            }
            '\\' => list.push(Piece::Text(chars.next()?.to_string())),
            '%' => {
                chars.peek().filter(|next| **next != '%')?;
            }
            c if letters.contains(c) => {
                let mut count = 1;
                while c != 'K' && chars.next_if_eq(&c).is_some() {
                    count += 1;
                }
                list.push(Piece::Letter(c, count));
            }
            c => list.push(Piece::Text(c.to_string())),
        }
    }
    Some(list)
}

/// The ticks that a text says, and its offset in minutes; none when it is not written like the format.
pub(super) fn date(text: &str, format: &str, today: i64) -> Option<(i64, Option<i64>)> {
    let picture = if format.chars().count() == 1 { standard(format)? } else { format };
    let mut reader = Reader { rest: text };
    let mut said = Said::default();
    for piece in pieces(picture, "dfFghHKmMstyz")? {
        match piece {
            Piece::Text(text) => reader.eat(&text)?,
            Piece::Letter(c, count) => said.read(&mut reader, c, count)?,
        }
    }
    if !reader.rest.is_empty() {
        return None;
    }
    // These formats are UTC by what they say.
    if matches!(format, "R" | "r" | "u") {
        said.offset = Some(0);
    }
    let ticks = said.ticks(today)?;
    Some((ticks, said.offset))
}

impl Said {
    fn read(&mut self, reader: &mut Reader<'_>, c: char, count: usize) -> Option<()> {
        let two = |reader: &mut Reader<'_>| reader.number(count.min(2), 2).map(|(number, _)| number);
        match c {
            'y' if count <= 2 => {
                let (year, _) = reader.number(count, 2)?;
                self.year = Some(if year < 30 { 2000 + year } else { 1900 + year });
            }
            'y' => self.year = Some(reader.number(count, count.max(4))?.0),
            'M' if count > 2 => self.month = Some(reader.name(&MONTHS, count == 3)? + 1),
            'M' => self.month = Some(two(reader)?),
            'd' if count > 2 => {
                self.weekday = i32::try_from(reader.name(&WEEKDAYS, count == 3)?).ok();
            }
            'd' => self.day = Some(two(reader)?),
            'H' | 'h' => self.hour = Some(two(reader)?),
            'm' => self.minute = two(reader)?,
            's' => self.second = two(reader)?,
            'f' => self.fraction = reader.fraction(count, count)?,
            'F' => self.fraction = reader.fraction(0, count)?,
            't' => {
                let halves: &[&str] = if count == 1 { &["A", "P"] } else { &["AM", "PM"] };
                self.afternoon = Some(reader.name(halves, false)? == 1);
            }
            'z' => self.offset = Some(reader.zone(count)?),
            'K' if reader.rest.is_empty() => {}
            'K' => self.offset = Some(reader.zone(3)?),
            _ => reader.eat("A.D.")?,
        }
        Some(())
    }

    fn ticks(&self, today: i64) -> Option<i64> {
        let [year, month, day, ..] = time::parts(today);
        let nothing = self.year.is_none() && self.month.is_none() && self.day.is_none();
        let date = if nothing {
            [year, month, day]
        } else {
            [self.year.unwrap_or(year), self.month.unwrap_or(1), self.day.unwrap_or(1)]
        };
        let hour = match (self.hour.unwrap_or(0), self.afternoon) {
            (hour, None) => hour,
            (12, Some(afternoon)) => i64::from(afternoon) * 12,
            (hour @ 0..=11, Some(afternoon)) => hour + i64::from(afternoon) * 12,
            _ => return None,
        };
        let ticks = ticks_of(date, [hour, self.minute, self.second], self.fraction)?;
        let fits = self.weekday.is_none_or(|day| day == day_of_week(ticks));
        fits.then_some(ticks)
    }
}

/// The span that a text says; none when it is not written like the format.
pub(super) fn span(text: &str, format: &str) -> Option<i64> {
    match format {
        "c" | "t" | "T" | "g" | "G" => return standard_span(text, format),
        _ if format.chars().count() < 2 => return None,
        _ => {}
    }
    let mut reader = Reader { rest: text };
    let mut said = SpanParts::default();
    for piece in pieces(format, "dhmsfF")? {
        match piece {
            // Letters outside of quotes have to be specifiers.
            Piece::Text(text) => reader.eat(&text)?,
            Piece::Letter('d', count) => said.days = reader.number(count, if count == 1 { 8 } else { count })?.0,
            Piece::Letter('h', count) => said.hours = reader.number(count.min(2), 2)?.0,
            Piece::Letter('m', count) => said.minutes = reader.number(count.min(2), 2)?.0,
            Piece::Letter('s', count) => said.seconds = reader.number(count.min(2), 2)?.0,
            Piece::Letter('f', count) => said.fraction = reader.fraction(count, count)?,
            Piece::Letter(_, count) => said.fraction = reader.fraction(0, count)?,
        }
    }
    if reader.rest.is_empty() { said.ticks(false) } else { None }
}

/// `c` has a day and a point, `g` a day and a colon, `G` all of it.
fn standard_span(text: &str, format: &str) -> Option<i64> {
    let rest = text.trim();
    let (negative, rest) = rest.strip_prefix('-').map_or((false, rest), |rest| (true, rest));
    let mut reader = Reader { rest };
    let mut said = SpanParts::default();
    let constant = matches!(format, "c" | "t" | "T");
    let colons = rest.matches(':').count();
    if constant && rest.find('.').is_some_and(|point| rest.find(':').is_none_or(|colon| point < colon)) {
        said.days = reader.number(1, 8)?.0;
        reader.eat(".")?;
    } else if !constant && colons == 3 {
        said.days = reader.number(1, 8)?.0;
        reader.eat(":")?;
    } else if colons == 0 {
        said.days = reader.number(1, 8)?.0;
        return if reader.rest.is_empty() && format != "G" { said.ticks(negative) } else { None };
    }
    said.hours = reader.number(1, 2)?.0;
    reader.eat(":")?;
    said.minutes = reader.number(1, 2)?.0;
    if reader.rest.starts_with(':') {
        reader.eat(":")?;
        said.seconds = reader.number(1, 2)?.0;
        if reader.rest.starts_with('.') {
            reader.eat(".")?;
            said.fraction = reader.fraction(1, 7)?;
        }
    }
    if !reader.rest.is_empty() || format == "G" && (colons < 3 || !rest.contains('.')) {
        return None;
    }
    said.ticks(negative)
}
