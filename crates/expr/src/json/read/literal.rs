//! Names, strings, numbers and keywords; white space and comments.

use crate::value::HeapId;
use crate::{Text, Value};

use super::super::node::JsonType;
use super::{Read, Reader};

impl Reader<'_> {
    pub(super) fn keyword(&mut self, first: u8) -> Read<HeapId> {
        let (word, ty, value, what): (&[u8], _, _, _) = match first {
            b't' => (b"true", JsonType::Boolean, Value::Bool(true), "boolean"),
            b'f' => (b"false", JsonType::Boolean, Value::Bool(false), "boolean"),
            b'n' if self.bytes.get(self.at + 1) == Some(&b'u') => {
                (b"null", JsonType::Null, Value::Null, "null")
            }
            b'n' if self.at + 1 == self.bytes.len() => {
                self.at += 1;
                return Err(self.error("Unexpected end when reading JSON."));
            }
            b'u' => (b"undefined", JsonType::Undefined, Value::Null, "undefined"),
            b'N' => (b"NaN", JsonType::Float, f64::NAN.into(), "NaN"),
            b'I' => (b"Infinity", JsonType::Float, f64::INFINITY.into(), "positive infinity"),
            b'-' => (b"-Infinity", JsonType::Float, f64::NEG_INFINITY.into(), "negative infinity"),
            _ => {
                let found = self.current_char().unwrap_or('\0');
                let message = format!("Unexpected character encountered while parsing value: {found}.");
                return Err(self.error(&message));
            }
        };
        if !self.word(word)? {
            return Err(self.error(&format!("Error parsing {what} value.")));
        }
        self.finished();
        self.heap.json_scalar(ty, value)
    }

    /// A whole word with a separator behind it. Stops where it differs.
    pub(super) fn word(&mut self, word: &[u8]) -> Read<bool> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        if rest.len() < word.len() {
            self.at = self.bytes.len();
            return Err(self.error("Unexpected end when reading JSON."));
        }
        let same = word.iter().zip(rest).take_while(|(a, b)| a == b).count();
        self.at += same;
        if same < word.len() {
            return Ok(false);
        }
        Ok(match self.current_char() {
            None | Some('\0' | '}' | ']' | ',') => true,
            Some(')') => true,
            Some('/') => matches!(self.bytes.get(self.at + 1), Some(b'/' | b'*')),
            Some(c) => c.is_whitespace(),
        })
    }

    /// The name of a member.
    pub(super) fn name(&mut self) -> Read<Text> {
        if let Some(b'"' | b'\'') = self.peek() {
            return self.string();
        }
        let start = self.at;
        while let Some(c) = self.current_char() {
            if c.is_alphanumeric() || c == '_' || c == '$' {
                self.at += c.len_utf8();
            } else if self.at == start {
                return Err(self.error(&format!("Invalid property identifier character: {c}.")));
            } else if c.is_whitespace() || c == ':' {
                let name = self.text.get(start..self.at).unwrap_or_default();
                return Ok(Text::copied(name).tainted_if(self.tainted));
            } else {
                let message = format!("Invalid JavaScript property identifier character: {c}.");
                return Err(self.error(&message));
            }
        }
        Err(self.error("Unexpected end while parsing unquoted property name."))
    }

    pub(super) fn string(&mut self) -> Read<Text> {
        let quote = self.peek().unwrap_or(b'"');
        self.at += 1;
        let start = self.at;
        let rest = self.bytes.get(start..).unwrap_or_default();
        let Some(stop) = memchr::memchr2(quote, b'\\', rest).map(|found| start + found) else {
            return Err(self.unterminated(quote));
        };
        if self.bytes.get(stop) == Some(&quote) {
            self.at = stop + 1;
            let text = Text::copied(self.text.get(start..stop).unwrap_or_default());
            return Ok(text.tainted_if(self.tainted));
        }
        self.escaped_string(quote, start, stop)
    }

    fn escaped_string(&mut self, quote: u8, mut start: usize, mut stop: usize) -> Read<Text> {
        let mut units: Vec<u16> = Vec::new();
        loop {
            units.extend(self.text.get(start..stop).unwrap_or_default().encode_utf16());
            self.at = stop + 1;
            if self.bytes.get(stop) == Some(&quote) {
                break;
            }
            units.push(self.escape(quote)?);
            start = self.at;
            let rest = self.bytes.get(start..).unwrap_or_default();
            let found = memchr::memchr2(quote, b'\\', rest);
            stop = start + found.ok_or_else(|| self.unterminated(quote))?;
        }
        Ok(Text::from_units(&units).tainted_if(self.tainted))
    }

    fn escape(&mut self, quote: u8) -> Read<u16> {
        let Some(c) = self.current_char() else { return Err(self.unterminated(quote)) };
        self.at += c.len_utf8();
        Ok(match c {
            'b' => 8,
            'f' => 12,
            'n' => 10,
            'r' => 13,
            't' => 9,
            '"' | '\'' | '\\' | '/' => u16::try_from(u32::from(c)).unwrap_or(0),
            'u' => return self.unicode(),
            _ => return Err(self.error(&format!("Bad JSON escape sequence: \\{c}."))),
        })
    }

    /// Four hexadecimal digits; something has to follow them.
    fn unicode(&mut self) -> Read<u16> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let digits: String = rest.chars().take(4).collect();
        if rest.chars().nth(4).is_none() {
            return Err(self.error("Unexpected end while parsing Unicode escape sequence."));
        }
        let valid = digits.bytes().all(|b| b.is_ascii_hexdigit());
        let unit = u16::from_str_radix(&digits, 16).ok().filter(|_| valid);
        let unit =
            unit.ok_or_else(|| self.error(&format!("Invalid Unicode escape sequence: \\u{digits}.")))?;
        self.at += 4;
        Ok(unit)
    }

    fn unterminated(&mut self, quote: u8) -> crate::Exception {
        self.at = self.bytes.len();
        self.error(&format!("Unterminated string. Expected delimiter: {}.", char::from(quote)))
    }

    pub(super) fn number(&mut self) -> Read<HeapId> {
        let start = self.at;
        let part = |b: u8| b.is_ascii_hexdigit() || matches!(b, b'+' | b'-' | b'.' | b'x' | b'X');
        while self.peek().is_some_and(part) {
            self.at += 1;
        }
        if let Some(c) = self.current_char()
            && !(c.is_whitespace() || matches!(c, ',' | '}' | ']' | ')' | '/' | '\0'))
        {
            let message = format!("Unexpected character encountered while parsing number: {c}.");
            return Err(self.error(&message));
        }
        let digits = self.text.get(start..self.at).unwrap_or_default();
        self.finished();
        match number(digits) {
            Some((_, Value::Text(digits))) if digits.len() > 380 => {
                let message = format!("JSON integer {} is too large to parse.", digits.as_str());
                Err(self.error(&message))
            }
            Some((ty, value)) => self.heap.json_scalar(ty, value),
            None => Err(self.error(&format!("Input string '{digits}' is not a valid number."))),
        }
    }

    /// Skips white space.
    pub(super) fn space(&mut self) {
        loop {
            match self.peek() {
                Some(b' ' | b'\t' | b'\r' | b'\n' | 0) => self.at += 1,
                Some(0x80..) => match self.current_char() {
                    Some(c) if c.is_whitespace() => self.at += c.len_utf8(),
                    _ => return,
                },
                Some(0x0b | 0x0c) => self.at += 1,
                _ => return,
            }
        }
    }

    pub(super) fn skip_space_and_comments(&mut self) -> Read<()> {
        self.space();
        while self.peek() == Some(b'/') {
            self.comment()?;
            self.space();
        }
        Ok(())
    }

    pub(super) fn comment(&mut self) -> Read<()> {
        self.at += 1;
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        if rest.len() < 2 {
            return Err(self.error("Unexpected end while parsing comment."));
        }
        let inner = rest.get(1..).unwrap_or_default();
        match rest.first() {
            Some(b'/') => {
                self.at += 1 + memchr::memchr2(b'\n', b'\r', inner).unwrap_or(inner.len());
            }
            Some(b'*') => match memchr::memmem::find(inner, b"*/") {
                Some(found) => self.at += found + 3,
                None => {
                    self.at = self.bytes.len();
                    return Err(self.error("Unexpected end while parsing comment."));
                }
            },
            _ => {
                let found = self.current_char().unwrap_or('\0');
                let message = format!("Error parsing comment. Expected: *, got {found}.");
                return Err(self.error(&message));
            }
        }
        Ok(())
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    pub(super) fn current_char(&self) -> Option<char> {
        self.text.get(self.at..)?.chars().next()
    }
}

/// The value of a number as written.
fn number(digits: &str) -> Option<(JsonType, Value)> {
    let bytes = digits.as_bytes();
    let other_base = bytes.first() == Some(&b'0')
        && bytes.get(1).is_some_and(|second| !matches!(second, b'.' | b'e' | b'E'));
    if other_base {
        let hexadecimal = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X"));
        let value = match hexadecimal {
            Some(digits) => u64::from_str_radix(digits, 16).ok().map(u64::cast_signed),
            None => u64::from_str_radix(digits, 8).ok().map(u64::cast_signed),
        };
        return value.map(|value| (JsonType::Integer, Value::Int64(value)));
    }
    let unsigned = digits.strip_prefix('-').unwrap_or(digits);
    if !unsigned.is_empty() && unsigned.bytes().all(|b| b.is_ascii_digit()) {
        return Some(match digits.parse::<i64>() {
            Ok(value) => (JsonType::Integer, Value::Int64(value)),
            Err(_) => (JsonType::Integer, Value::Text(Text::copied(digits))),
        });
    }
    let shape = unsigned.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E'));
    let value = digits.parse::<f64>().ok().filter(|value| shape && value.is_finite())?;
    Some((JsonType::Float, Value::Double(value)))
}
