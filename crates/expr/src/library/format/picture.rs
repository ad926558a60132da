//! Custom numeric formats: a picture of digit places, `#,##0.00;(#)`.
//!
//! Source: "Custom numeric format strings" of the .NET documentation, and running examples.

use super::digits::{Digits, exponent};

/// A number in a custom format of up to three sections: positive, negative, zero.
pub(crate) fn custom(mut digits: Digits, format: &str) -> String {
    let chars: Vec<char> = format.chars().collect();
    let sections = sections(&chars);
    let mut index = match (digits.is_zero(), digits.negative) {
        (true, _) => 2,
        (false, true) => 1,
        _ => 0,
    };
    // A section that is not there or is empty leaves the number to the first one.
    let pick = |index: usize| sections.get(index).filter(|section| !section.is_empty()).map_or(0, |_| index);
    index = pick(index);
    let mut picture = Picture::read(sections.get(index).copied().unwrap_or_default());
    if digits.is_zero() {
        digits.negative = false;
        digits.scale = 0;
    } else {
        picture.fit(&mut digits);
        if digits.is_zero() && pick(2) != index {
            // It was rounded to zero: the section for zero shows it.
            index = pick(2);
            picture = Picture::read(sections.get(index).copied().unwrap_or_default());
        }
    }
    let mut out = String::new();
    if digits.negative && index == 0 {
        out.push('-');
    }
    picture.write(&digits, &mut out);
    out
}

/// What stands between semicolons; not those in quotes or behind a backslash.
fn sections(chars: &[char]) -> Vec<&[char]> {
    let mut found = Vec::new();
    let (mut start, mut at) = (0, 0);
    while let Some(&c) = chars.get(at) {
        at += 1;
        match c {
            '\'' | '"' => {
                while chars.get(at).is_some_and(|other| *other != c) {
                    at += 1;
                }
                at += 1;
            }
            '\\' => at += 1,
            ';' => {
                found.push(chars.get(start..at - 1).unwrap_or_default());
                start = at;
            }
            _ => {}
        }
    }
    found.push(chars.get(start.min(chars.len())..).unwrap_or_default());
    found
}

/// A part of a section.
#[derive(Debug)]
enum Part {
    /// `0` or `#`.
    Place,
    Point,
    Text(char),
    /// `E+00`.
    Exponent {
        letter: char,
        plus: bool,
        digits: usize,
    },
}

/// A section that was read.
#[derive(Debug)]
struct Picture {
    parts: Vec<Part>,
    places: i32,
    /// How many places stand before the point.
    point: i32,
    /// Places, counted from the first, of the first and behind the last `0`.
    first_zero: Option<i32>,
    last_zero: i32,
    group: bool,
    /// Powers of ten that `%`, `‰` and commas before the point stand for.
    shift: i32,
    scientific: bool,
}

impl Picture {
    fn read(section: &[char]) -> Self {
        let mut picture = Self {
            parts: Vec::new(),
            places: 0,
            point: -1,
            first_zero: None,
            last_zero: 0,
            group: false,
            shift: 0,
            scientific: false,
        };
        // Where the last commas stood, and how many of them.
        let mut commas: Option<(i32, i32)> = None;
        let mut at = 0;
        while let Some(&c) = section.get(at) {
            at += 1;
            match c {
                '0' | '#' => picture.place(c == '0'),
                '.' => {
                    if picture.point < 0 {
                        picture.point = picture.places;
                    }
                    picture.parts.push(Part::Point);
                }
                ',' if picture.places > 0 && picture.point < 0 => {
                    commas = match commas {
                        Some((place, count)) if place == picture.places => Some((place, count + 1)),
                        other => {
                            picture.group |= other.is_some();
                            Some((picture.places, 1))
                        }
                    };
                }
                ',' => {}
                other => at = picture.special(other, section, at),
            }
        }
        if picture.point < 0 {
            picture.point = picture.places;
        }
        match commas {
            // Commas right before the point divide by a thousand each.
            Some((place, count)) if place == picture.point => picture.shift -= 3 * count,
            Some(_) => picture.group = true,
            None => {}
        }
        picture
    }

    fn place(&mut self, zero: bool) {
        if zero {
            self.first_zero.get_or_insert(self.places);
            self.last_zero = self.places + 1;
        }
        self.places += 1;
        self.parts.push(Part::Place);
    }

    /// Everything but places, point and commas; where to read on.
    fn special(&mut self, c: char, section: &[char], mut at: usize) -> usize {
        match c {
            '%' => self.shift += 2,
            '‰' => self.shift += 3,
            '\'' | '"' => {
                while let Some(&inner) = section.get(at).filter(|inner| **inner != c) {
                    self.parts.push(Part::Text(inner));
                    at += 1;
                }
                return at + 1;
            }
            '\\' => {
                self.parts.extend(section.get(at).map(|c| Part::Text(*c)));
                return at + 1;
            }
            'E' | 'e' => return self.exponent(c, section, at),
            _ => {}
        }
        self.parts.push(Part::Text(c));
        at
    }

    fn exponent(&mut self, letter: char, section: &[char], at: usize) -> usize {
        let sign = section.get(at).filter(|c| matches!(c, '+' | '-')).copied();
        let start = at + usize::from(sign.is_some());
        let zeros = section.get(start..).unwrap_or_default().iter().take_while(|c| **c == '0').count();
        let end = start + zeros;
        if zeros == 0 {
            self.parts.push(Part::Text(letter));
            return at;
        }
        if self.scientific {
            // Only the first exponent counts; a second one is text.
            let text = section.get(at..end).unwrap_or_default();
            self.parts.push(Part::Text(letter));
            self.parts.extend(text.iter().map(|c| Part::Text(*c)));
            return end;
        }
        self.scientific = true;
        self.parts.push(Part::Exponent { letter, plus: sign == Some('+'), digits: zeros.min(10) });
        end
    }

    /// Shifts and rounds the digits to the places.
    fn fit(&self, digits: &mut Digits) {
        digits.scale += self.shift;
        let keep = if self.scientific { self.places } else { digits.scale + self.places - self.point };
        digits.round(keep);
    }

    fn write(&self, digits: &Digits, out: &mut String) {
        let mut pen = Pen::new(self, digits);
        for part in &self.parts {
            match part {
                Part::Place => pen.place(out),
                Part::Point => pen.point(out),
                Part::Text(c) => out.push(*c),
                Part::Exponent { letter, plus, digits: least } => {
                    let value = if digits.is_zero() { 0 } else { digits.scale - self.point };
                    out.push_str(&exponent(*letter, value, *least, *plus));
                }
            }
        }
    }
}

/// Writes digits into places.
struct Pen<'a> {
    picture: &'a Picture,
    digits: &'a Digits,
    /// The next digit.
    next: i32,
    /// How many digits are left before the point, this one included; negative behind it.
    left: i32,
    /// Digits before the first place, or, negative, places before the first digit.
    surplus: i32,
    /// Digits before the point that are shown at least.
    least: i32,
    pointed: bool,
}

impl<'a> Pen<'a> {
    fn new(picture: &'a Picture, digits: &'a Digits) -> Self {
        let point = picture.point;
        let least = picture.first_zero.filter(|first| *first < point).map_or(0, |first| point - first);
        let (left, surplus) =
            if picture.scientific { (point, 0) } else { (digits.scale.max(point), digits.scale - point) };
        Self { picture, digits, next: 0, left, surplus, least, pointed: false }
    }

    fn put(&mut self, c: char, out: &mut String) {
        out.push(c);
        if self.picture.group && self.left > 1 && (self.left - 1) % 3 == 0 {
            out.push(',');
        }
    }

    fn digit(&mut self) -> Option<char> {
        let index = usize::try_from(self.next).ok().filter(|at| *at < self.digits.digits.len());
        index.map(|_| {
            let digit = self.digits.at(self.next);
            self.next += 1;
            digit
        })
    }

    /// The digits that have no place of their own.
    fn surplus(&mut self, out: &mut String) {
        while self.surplus > 0 {
            let digit = self.digit().unwrap_or('0');
            self.put(digit, out);
            self.left -= 1;
            self.surplus -= 1;
        }
    }

    fn place(&mut self, out: &mut String) {
        self.surplus(out);
        let shown = if self.surplus < 0 {
            self.surplus += 1;
            (self.left <= self.least).then_some('0')
        } else {
            let last = self.picture.point - self.picture.last_zero;
            self.digit().or_else(|| (self.left > last.min(0)).then_some('0'))
        };
        if let Some(shown) = shown {
            self.put(shown, out);
        }
        self.left -= 1;
    }

    fn point(&mut self, out: &mut String) {
        self.surplus(out);
        if self.left != 0 || self.pointed {
            return;
        }
        let more = self.next < i32::try_from(self.digits.digits.len()).unwrap_or(0);
        if self.picture.last_zero > self.picture.point || (self.picture.point < self.picture.places && more) {
            out.push('.');
            self.pointed = true;
        }
    }
}
