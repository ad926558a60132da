//! Composite formats (`{0,5:N2}`) and numeric formats, in the invariant culture.
//!
//! Source: "Composite formatting", "Standard numeric format strings", "Custom numeric format strings" of the .NET
//! documentation; where .NET Framework and later .NET differ, .NET Framework (`decisions.md` 14).

use crate::eval::{Cx, Eval};
use crate::number;
use crate::{Exception, Text, Value};

/// `string.Format` and interpolation.
pub(crate) fn composite(cx: &mut Cx<'_>, pattern: &Text, args: &[Value]) -> Eval {
    let chars: Vec<char> = pattern.as_str().chars().collect();
    let mut out = String::new();
    let mut tainted = pattern.is_tainted();
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        let next = chars.get(at + 1).copied();
        match (c, next) {
            ('{', Some('{')) | ('}', Some('}')) => {
                out.push(c);
                at += 2;
            }
            ('{', _) => {
                let hole = read_hole(&chars, at + 1)?;
                at = hole.end;
                let Some(value) = args.get(hole.index) else {
                    return Err(Exception::format(
                        "Index (zero based) must be greater than or equal to zero and less than the size of the argument list.",
                    ));
                };
                let text = formatted(cx, value, &hole.format)?;
                tainted |= text.is_tainted();
                align(&mut out, text.as_str(), hole.width);
                cx.grow(text.len())?;
            }
            ('}', _) => return Err(bad_format()),
            _ => {
                out.push(c);
                at += 1;
            }
        }
    }
    cx.grow(out.len())?;
    Ok(Value::Text(Text::from(out).tainted_if(tainted)))
}

fn bad_format() -> Exception {
    Exception::format("Input string was not in a correct format.")
}

struct Hole {
    index: usize,
    width: i32,
    format: String,
    end: usize,
}

fn read_hole(chars: &[char], start: usize) -> Result<Hole, Exception> {
    let mut depth_end = start;
    while chars.get(depth_end).is_some_and(|c| *c != '}') {
        depth_end += 1;
    }
    if depth_end >= chars.len() {
        return Err(bad_format());
    }
    let inner: String = chars.get(start..depth_end).unwrap_or_default().iter().collect();
    let (head, format) = inner.split_once(':').unwrap_or((&inner, ""));
    let (index, width) = head.split_once(',').unwrap_or((head, "0"));
    let index = index.trim_end().parse().map_err(|_| bad_format())?;
    let width: i32 = width.trim().parse().map_err(|_| bad_format())?;
    if width.abs() >= 1_000_000 {
        return Err(bad_format());
    }
    Ok(Hole { index, width, format: format.to_owned(), end: depth_end + 1 })
}

/// Appends text in a width, negative for left-aligned.
pub(crate) fn align(out: &mut String, text: &str, width: i32) {
    let length = text.encode_utf16().count();
    let missing = usize::try_from(width.unsigned_abs()).unwrap_or(0).saturating_sub(length);
    let padding = " ".repeat(missing);
    if width >= 0 {
        out.push_str(&padding);
    }
    out.push_str(text);
    if width < 0 {
        out.push_str(&padding);
    }
}

/// `value.ToString(format)`; empty for null.
pub(crate) fn formatted(cx: &mut Cx<'_>, value: &Value, format: &str) -> Result<Text, Exception> {
    if format.is_empty() {
        return if value.is_null() { Ok(Text::EMPTY) } else { cx.display(value) };
    }
    match value {
        Value::DateTime(date) => super::dates::format(*date, format).map(Text::from),
        Value::DateTimeOffset(date) => super::dates::format_offset(*date, format).map(Text::from),
        Value::TimeSpan(ticks) => super::dates::format_span(*ticks, format).map(Text::from),
        Value::Guid(bytes) => super::guid::format(bytes, format).map(Text::from),
        Value::Enum(member) => format_enum(*member, format).map(Text::from),
        Value::Null => Ok(Text::EMPTY),
        Value::Ref(_) => match crate::json::inner_value(cx.heap, value) {
            Some(inner) => formatted(cx, &inner, format),
            None => cx.display(value),
        },
        number if is_number(number) => format_number(number, format).map(Text::from),
        other => cx.display(other),
    }
}

fn is_number(value: &Value) -> bool {
    !matches!(value, Value::Char(_))
        && (value.as_integer().is_some()
            || matches!(value, Value::Double(_) | Value::Single(_) | Value::Decimal(_)))
}

fn format_enum(member: crate::value::EnumValue, format: &str) -> Result<String, Exception> {
    match format {
        "G" | "g" | "F" | "f" => Ok(crate::eval::enum_text(member)),
        "D" | "d" => Ok(member.number.to_string()),
        "X" | "x" => Ok(format!("{:08X}", member.number)),
        _ => Err(Exception::format(
            "Format String can be only \"G\", \"g\", \"X\", \"x\", \"F\", \"f\", \"D\" or \"d\".",
        )),
    }
}

/// A number in decimal digits: `digits` with the point behind the first `point` of them.
#[derive(Clone, Debug)]
struct Digits {
    negative: bool,
    digits: Vec<u8>,
    point: i32,
}

impl Digits {
    fn parse(text: &str) -> Self {
        let (negative, rest) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (mantissa, exponent) = rest.split_once(['E', 'e']).unwrap_or((rest, "0"));
        let exponent: i32 = exponent.parse().unwrap_or(0);
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let mut digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).map(|b| b - b'0').collect();
        let mut point = i32::try_from(whole.len()).unwrap_or(0) + exponent;
        while digits.first() == Some(&0) {
            digits.remove(0);
            point -= 1;
        }
        while digits.last() == Some(&0) {
            digits.pop();
        }
        if digits.is_empty() {
            point = 0;
        }
        Self { negative: negative && !digits.is_empty(), digits, point }
    }

    fn of(value: &Value) -> Self {
        match value {
            // .NET Framework computes from 15 digits of a double, 7 of a float.
            Value::Double(number) => Self::parse(&number::general(*number)),
            Value::Single(number) => Self::parse(&number::general_single(*number)),
            Value::Decimal(number) => Self::parse(&number.to_string()),
            other => Self::parse(&other.as_integer().unwrap_or_default().to_string()),
        }
    }

    /// Rounds half away from zero to a number of digits behind the point.
    fn round(&mut self, decimals: i32) {
        let keep = self.point.saturating_add(decimals);
        if keep < 0 {
            self.digits.clear();
            self.point = 0;
        }
        let keep = usize::try_from(keep).unwrap_or(0);
        let up = self.digits.get(keep).is_some_and(|digit| *digit >= 5);
        self.digits.truncate(keep);
        if up {
            self.increment();
        }
        while self.digits.last() == Some(&0) {
            self.digits.pop();
        }
        if self.digits.is_empty() {
            self.negative = false;
            self.point = 0;
        }
    }

    fn increment(&mut self) {
        for digit in self.digits.iter_mut().rev() {
            if *digit < 9 {
                *digit += 1;
                return;
            }
            *digit = 0;
        }
        self.digits.insert(0, 1);
        self.point += 1;
    }

    fn digit(&self, place: i32) -> char {
        let digit = usize::try_from(place).ok().and_then(|at| self.digits.get(at)).copied().unwrap_or(0);
        char::from(b'0' + digit)
    }

    /// The digits before the point, at least `least` of them.
    fn whole(&self, least: usize) -> String {
        let count = usize::try_from(self.point).unwrap_or(0);
        let digits: String = (0..self.point.max(0)).map(|place| self.digit(place)).collect();
        format!("{}{digits}", "0".repeat(least.saturating_sub(count)))
    }

    fn fraction(&self, decimals: usize) -> String {
        let decimals = i32::try_from(decimals).unwrap_or(i32::MAX);
        (0..decimals).map(|place| self.digit(self.point.saturating_add(place))).collect()
    }
}

fn grouped(whole: &str) -> String {
    let mut out = String::new();
    for (at, c) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// `number.ToString(format)`.
///
/// # Errors
/// `System.FormatException` when the format does not exist.
pub(crate) fn format_number(value: &Value, format: &str) -> Result<String, Exception> {
    if let Value::Double(number) = value
        && !number.is_finite()
    {
        return Ok(number::general(*number));
    }
    let mut chars = format.chars();
    let letter = chars.next().unwrap_or('G');
    let precision = chars.as_str();
    let standard =
        letter.is_ascii_alphabetic() && precision.len() <= 2 && precision.bytes().all(|b| b.is_ascii_digit());
    if !standard {
        return Ok(custom(value, format));
    }
    standard_number(value, letter, precision.parse().ok())
}

fn standard_number(value: &Value, letter: char, precision: Option<usize>) -> Result<String, Exception> {
    let mut digits = Digits::of(value);
    let decimals = precision.unwrap_or(2);
    let mut fixed = |decimals: usize, group: bool| {
        digits.round(i32::try_from(decimals).unwrap_or(0));
        let whole = digits.whole(1);
        let whole = if group { grouped(&whole) } else { whole };
        let point = if decimals > 0 { "." } else { "" };
        (digits.negative, format!("{whole}{point}{}", digits.fraction(decimals)))
    };
    let signed = |(negative, text): (bool, String)| if negative { format!("-{text}") } else { text };
    Ok(match letter {
        'F' | 'f' => signed(fixed(decimals, false)),
        'N' | 'n' => signed(fixed(decimals, true)),
        'C' | 'c' => match fixed(decimals, true) {
            (true, text) => format!("(¤{text})"),
            (false, text) => format!("¤{text}"),
        },
        'P' | 'p' => {
            digits.point += if digits.digits.is_empty() { 0 } else { 2 };
            digits.round(i32::try_from(decimals).unwrap_or(0));
            let point = if decimals > 0 { "." } else { "" };
            let text = format!("{}{point}{} %", grouped(&digits.whole(1)), digits.fraction(decimals));
            signed((digits.negative, text))
        }
        'E' | 'e' => exponential(&mut digits, letter, precision.unwrap_or(6), 3),
        'G' | 'g' => general(value, letter, precision),
        'R' | 'r' => match value {
            Value::Double(number) => number::round_trip(*number),
            Value::Single(number) => number::round_trip_single(*number),
            _ => return Err(Exception::format("Format specifier was invalid.")),
        },
        'D' | 'd' => {
            let number =
                value.as_integer().ok_or_else(|| Exception::format("Format specifier was invalid."))?;
            let sign = if number < 0 { "-" } else { "" };
            format!("{sign}{:0>width$}", number.unsigned_abs(), width = precision.unwrap_or(1))
        }
        'X' | 'x' => hexadecimal(value, letter, precision.unwrap_or(1))?,
        _ => return Err(Exception::format("Format specifier was invalid.")),
    })
}

fn hexadecimal(value: &Value, letter: char, width: usize) -> Result<String, Exception> {
    let number = match value {
        Value::SByte(number) => u64::from(number.cast_unsigned()),
        Value::Int16(number) => u64::from(number.cast_unsigned()),
        Value::Int32(number) => u64::from(number.cast_unsigned()),
        Value::Int64(number) => number.cast_unsigned(),
        other => other
            .as_integer()
            .and_then(|number| u64::try_from(number).ok())
            .ok_or_else(|| Exception::format("Format specifier was invalid."))?,
    };
    Ok(if letter == 'X' { format!("{number:0width$X}") } else { format!("{number:0width$x}") })
}

fn exponential(digits: &mut Digits, letter: char, decimals: usize, least: usize) -> String {
    let exponent_before = if digits.digits.is_empty() { 0 } else { digits.point - 1 };
    let mut one = Digits {
        negative: digits.negative,
        digits: digits.digits.clone(),
        point: i32::from(!digits.digits.is_empty()),
    };
    one.round(i32::try_from(decimals).unwrap_or(0));
    let exponent = exponent_before + (one.point - 1).max(0);
    if one.point == 2 {
        one.point = 1;
    }
    let sign = if one.negative { "-" } else { "" };
    let point = if decimals > 0 { "." } else { "" };
    let direction = if exponent < 0 { '-' } else { '+' };
    let whole = one.whole(1);
    format!("{sign}{whole}{point}{}{letter}{direction}{:0least$}", one.fraction(decimals), exponent.abs())
}

fn general(value: &Value, letter: char, precision: Option<usize>) -> String {
    let text = match (value, precision) {
        (Value::Double(number), Some(precision @ 1..)) => number::significant(*number, precision.min(17)),
        (Value::Single(number), Some(precision @ 1..)) => {
            number::significant(f64::from(*number), precision.min(9))
        }
        (_, Some(precision @ 1..)) => {
            let mut digits = Digits::of(value);
            let keep = i32::try_from(precision).unwrap_or(0);
            digits.round(keep - digits.point);
            if digits.point > keep {
                let decimals = digits.digits.len().saturating_sub(1);
                exponential(&mut digits, 'E', decimals, 2)
            } else {
                let decimals =
                    usize::try_from(i32::try_from(digits.digits.len()).unwrap_or(0) - digits.point)
                        .unwrap_or(0);
                let point = if decimals > 0 { "." } else { "" };
                let sign = if digits.negative { "-" } else { "" };
                format!("{sign}{}{point}{}", digits.whole(1), digits.fraction(decimals))
            }
        }
        _ => crate::eval::plain_text(value),
    };
    if letter == 'g' { text.replace('E', "e") } else { text }
}

/// A custom format: sections for positive, negative and zero.
fn custom(value: &Value, format: &str) -> String {
    let sections = split_sections(format);
    let mut digits = Digits::of(value);
    let section = |at: usize| sections.get(at).map(String::as_str).filter(|text| !text.is_empty());
    let zero = digits.digits.is_empty();
    let chosen = match (zero, digits.negative) {
        (true, _) => section(2).or(section(0)),
        (false, true) => section(1),
        _ => section(0),
    };
    let own_negative = digits.negative && section(1).is_some();
    let sign = if digits.negative && !own_negative { "-" } else { "" };
    let text = picture(&mut digits, chosen.or(section(0)).unwrap_or_default());
    let shows_digits = text.bytes().any(|b| (b'1'..=b'9').contains(&b));
    if sign == "-" && !shows_digits { text } else { format!("{sign}{text}") }
}

fn split_sections(format: &str) -> Vec<String> {
    let mut sections = vec![String::new()];
    let mut quote = None;
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        let Some(current) = sections.last_mut() else { break };
        match (quote, c) {
            (None, ';') => {
                sections.push(String::new());
                continue;
            }
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            _ => {}
        }
        current.push(c);
        if c == '\\' {
            current.extend(chars.next());
        }
    }
    sections
}

/// A token of a custom format.
enum Token {
    Zero,
    Hash,
    Point,
    Comma,
    Percent,
    PerMille,
    Exponent { letter: char, plus: bool, digits: usize },
    Literal(String),
}

fn tokens(section: &str) -> Vec<Token> {
    let chars: Vec<char> = section.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        at += 1;
        tokens.push(match c {
            '0' => Token::Zero,
            '#' => Token::Hash,
            '.' => Token::Point,
            ',' => Token::Comma,
            '%' => Token::Percent,
            '‰' => Token::PerMille,
            '\\' => {
                at += 1;
                Token::Literal(chars.get(at - 1).map(char::to_string).unwrap_or_default())
            }
            '"' | '\'' => {
                let start = at;
                while chars.get(at).is_some_and(|other| *other != c) {
                    at += 1;
                }
                at += 1;
                Token::Literal(chars.get(start..at - 1).unwrap_or_default().iter().collect())
            }
            'E' | 'e' => match exponent_at(&chars, at) {
                Some((plus, digits, end)) => {
                    at = end;
                    Token::Exponent { letter: c, plus, digits }
                }
                None => Token::Literal(c.to_string()),
            },
            other => Token::Literal(other.to_string()),
        });
    }
    tokens
}

fn exponent_at(chars: &[char], at: usize) -> Option<(bool, usize, usize)> {
    let (plus, start) = match chars.get(at)? {
        '+' => (true, at + 1),
        '-' => (false, at + 1),
        _ => (false, at),
    };
    let digits = chars.get(start..)?.iter().take_while(|c| **c == '0').count();
    (digits > 0).then_some((plus, digits, start + digits))
}

fn picture(digits: &mut Digits, section: &str) -> String {
    let tokens = tokens(section);
    let point = tokens.iter().position(|token| matches!(token, Token::Point)).unwrap_or(tokens.len());
    let (before, after) = tokens.split_at_checked(point).unwrap_or((&tokens, &[]));
    let is_place = |token: &&Token| matches!(token, Token::Zero | Token::Hash);
    let scale = tokens.iter().map(|token| match token {
        Token::Percent => 2,
        Token::PerMille => 3,
        _ => 0,
    });
    let trailing_commas = before
        .iter()
        .rev()
        .take_while(|token| !is_place(token))
        .filter(|token| matches!(token, Token::Comma));
    let thousands = i32::try_from(trailing_commas.count()).unwrap_or(0);
    if !digits.digits.is_empty() {
        digits.point += scale.sum::<i32>() - 3 * thousands;
    }
    let exponent = tokens.iter().any(|token| matches!(token, Token::Exponent { .. }));
    let wholes = before.iter().filter(is_place).count();
    let shift = if exponent && !digits.digits.is_empty() {
        let shift = digits.point - i32::try_from(wholes).unwrap_or(0);
        digits.point -= shift;
        shift
    } else {
        0
    };
    let decimals = after.iter().filter(is_place).count();
    digits.round(i32::try_from(decimals).unwrap_or(0));
    let group =
        before.iter().zip(before.iter().skip(1)).any(|(a, b)| matches!(a, Token::Comma) && is_place(&b))
            && wholes > 1;
    let mut out = whole_part(digits, before, wholes, group);
    fraction_part(digits, after, shift, &mut out);
    out
}

fn whole_part(digits: &Digits, tokens: &[Token], places: usize, group: bool) -> String {
    let whole = digits.whole(0);
    let first_zero = {
        let mut seen = 0;
        let mut first = places;
        for token in tokens {
            match token {
                Token::Zero if first == places => first = seen,
                _ => {}
            }
            if matches!(token, Token::Zero | Token::Hash) {
                seen += 1;
            }
        }
        places - first
    };
    let padded = format!("{}{whole}", "0".repeat(first_zero.saturating_sub(whole.len())));
    let extra = padded.len().saturating_sub(places);
    let chars: Vec<char> = padded.chars().collect();
    let mut out = String::new();
    let mut place = 0;
    let mut written = 0;
    let put = |out: &mut String, written: &mut usize| {
        let left = chars.len() - *written;
        if group && *written > 0 && left.is_multiple_of(3) {
            out.push(',');
        }
        out.extend(chars.get(*written));
        *written += 1;
    };
    for token in tokens {
        match token {
            Token::Zero | Token::Hash => {
                if place == 0 {
                    for _ in 0..extra {
                        put(&mut out, &mut written);
                    }
                }
                place += 1;
                if chars.len() - written > places - place {
                    put(&mut out, &mut written);
                }
            }
            Token::Literal(text) => out.push_str(text),
            Token::Percent => out.push('%'),
            Token::PerMille => out.push('‰'),
            _ => {}
        }
    }
    if places == 0 {
        out.push_str(&whole);
    }
    out
}

fn fraction_part(digits: &Digits, tokens: &[Token], shift: i32, out: &mut String) {
    let decimals = i32::try_from(digits.digits.len()).unwrap_or(0) - digits.point;
    let last_zero = {
        let mut place = 0;
        let mut last = 0;
        for token in tokens {
            if matches!(token, Token::Zero | Token::Hash) {
                place += 1;
            }
            if matches!(token, Token::Zero) {
                last = place;
            }
        }
        last
    };
    let show = last_zero.max(decimals);
    let mut place = 0;
    for token in tokens {
        match token {
            Token::Point if place == 0 && show > 0 && !out.ends_with('.') => out.push('.'),
            Token::Zero | Token::Hash => {
                if place < show {
                    out.push(digits.digit(digits.point + place));
                }
                place += 1;
            }
            Token::Literal(text) => out.push_str(text),
            Token::Percent => out.push('%'),
            Token::PerMille => out.push('‰'),
            Token::Exponent { letter, plus, digits } => {
                let sign = if shift < 0 {
                    "-"
                } else if *plus {
                    "+"
                } else {
                    ""
                };
                out.push_str(&format!("{letter}{sign}{:0width$}", shift.abs(), width = digits));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Examples of "Standard numeric format strings" and "Custom numeric format strings".
    #[test]
    fn numbers_are_formatted_as_documented() {
        for (value, format, text) in [
            (Value::Double(1234.567), "F2", "1234.57"),
            (Value::Int32(1234), "F1", "1234.0"),
            (Value::Double(-1234.56), "F4", "-1234.5600"),
            (Value::Double(1234.567), "N", "1,234.57"),
            (Value::Int32(1234), "N1", "1,234.0"),
            (Value::Int32(-1234), "D6", "-001234"),
            (Value::Int32(255), "X", "FF"),
            (Value::Int32(-1), "x", "ffffffff"),
            (Value::Int32(255), "X4", "00FF"),
            (Value::Double(1_052.032_911_2), "E2", "1.05E+003"),
            (Value::Double(0.396_78), "P1", "39.7 %"),
            (Value::Double(1234.5678), "00000", "01235"),
            (Value::Double(0.456_78), "0.00", "0.46"),
            (Value::Double(1234.5678), "#####", "1235"),
            (Value::Double(0.456_78), "#.##", ".46"),
            (Value::Int32(2_147_483_647), "##,#", "2,147,483,647"),
            (Value::Int32(2_147_483_647), "#,#,,", "2,147"),
            (Value::Double(0.3697), "%#0.00", "%36.97"),
            (Value::Int32(987_654), "#0.0e0", "98.8e4"),
            (Value::Double(12.345), "#0.0#;(#0.0#);-0-", "12.35"),
            (Value::Int32(0), "#0.0#;(#0.0#);-0-", "-0-"),
            (Value::Double(-12.345), "#0.0#;(#0.0#);-0-", "(12.35)"),
        ] {
            assert_eq!(format_number(&value, format).unwrap(), text, "{value:?} {format}");
        }
    }
}
