//! Composite formats (`{0,5:N2}`) and numeric formats, in the invariant culture.
//!
//! Source: "Composite formatting", "Standard numeric format strings", "Custom numeric format strings" of the .NET
//! documentation; where .NET Framework and later .NET differ, .NET Framework (`decisions.md` 14).

mod digits;
mod picture;
mod standard;

use crate::eval::{Cx, Eval};
use crate::{Exception, Text, Value};

pub(crate) use standard::format_number;

/// `string.Format`.
pub(crate) fn composite(cx: &mut Cx<'_>, pattern: &Text, args: &[Value]) -> Eval {
    let chars: Vec<char> = pattern.as_str().chars().collect();
    let mut reader = Reader { chars: &chars, at: 0 };
    let mut out = String::new();
    let mut tainted = pattern.is_tainted();
    while let Some(c) = reader.next() {
        match c {
            '{' if !reader.eat('{') => {
                let hole = reader.hole(args.len())?;
                let text = formatted(cx, args.get(hole.index).unwrap_or(&Value::Null), &hole.format)?;
                tainted |= text.is_tainted();
                cx.grow(text.len().max(usize::try_from(hole.width.unsigned_abs()).unwrap_or(0)))?;
                align(&mut out, text.as_str(), hole.width);
                if out.len() > cx.limits.text {
                    cx.grow(out.len())?;
                }
            }
            '}' if !reader.eat('}') => return Err(bad_format()),
            c => out.push(c),
        }
    }
    cx.grow(out.len())?;
    Ok(Value::Text(Text::from(out).tainted_if(tainted)))
}

fn bad_format() -> Exception {
    Exception::format("Input string was not in a correct format.")
}

/// `{index,width:format}`.
struct Hole {
    index: usize,
    width: i32,
    format: String,
}

struct Reader<'a> {
    chars: &'a [char],
    at: usize,
}

impl Reader<'_> {
    /// Widths and indices are below it.
    const MOST: i32 = 1_000_000;

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += 1;
        Some(c)
    }

    fn eat(&mut self, c: char) -> bool {
        let found = self.peek() == Some(c);
        self.at += usize::from(found);
        found
    }

    fn blanks(&mut self) {
        while self.eat(' ') {}
    }

    fn number(&mut self) -> Result<i32, Exception> {
        let mut number: Option<i32> = None;
        while let Some(digit) = self.peek().filter(char::is_ascii_digit).and_then(|c| c.to_digit(10)) {
            if number.is_some_and(|so_far| so_far >= Self::MOST) {
                break;
            }
            self.at += 1;
            number = Some(number.unwrap_or(0) * 10 + digit.cast_signed());
        }
        number.ok_or_else(bad_format)
    }

    /// What stands between the brace that was read and the one that closes it.
    fn hole(&mut self, count: usize) -> Result<Hole, Exception> {
        let index = usize::try_from(self.number()?).unwrap_or(usize::MAX);
        if self.peek().is_none() {
            return Err(bad_format());
        }
        if index >= count {
            return Err(Exception::format(
                "Index (zero based) must be greater than or equal to zero and less than the size of the argument list.",
            ));
        }
        self.blanks();
        let width = if self.eat(',') { self.width()? } else { 0 };
        self.blanks();
        let format = if self.eat(':') { self.format()? } else { String::new() };
        if self.eat('}') { Ok(Hole { index, width, format }) } else { Err(bad_format()) }
    }

    fn width(&mut self) -> Result<i32, Exception> {
        self.blanks();
        let left = self.eat('-');
        let width = self.number()?;
        Ok(if left { -width } else { width })
    }

    /// The format; a brace that belongs to it is written twice.
    fn format(&mut self) -> Result<String, Exception> {
        let mut format = String::new();
        loop {
            match self.peek().ok_or_else(bad_format)? {
                '}' if self.chars.get(self.at + 1) != Some(&'}') => return Ok(format),
                c @ ('{' | '}') => {
                    self.at += 1;
                    if !self.eat(c) {
                        return Err(bad_format());
                    }
                    format.push(c);
                }
                c => {
                    self.at += 1;
                    format.push(c);
                }
            }
        }
    }
}

/// Appends text in a width, negative for left-aligned.
pub(crate) fn align(out: &mut String, text: &str, width: i32) {
    let length = if text.is_ascii() { text.len() } else { text.encode_utf16().count() };
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
        "G" | "g" => Ok(crate::eval::enum_text(member)),
        "F" | "f" => Ok(crate::eval::enum_bits_text(member)),
        "D" | "d" => Ok(member.number.to_string()),
        "X" | "x" => Ok(format!("{:08X}", member.number)),
        _ => Err(Exception::format(
            "Format String can be only \"G\", \"g\", \"X\", \"x\", \"F\", \"f\", \"D\" or \"d\".",
        )),
    }
}
