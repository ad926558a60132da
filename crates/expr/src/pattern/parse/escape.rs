//! What begins with a backslash.

use super::super::class::{Class, Set, is_word, property};
use super::super::option::{ECMA_SCRIPT, IGNORE_CASE};
use super::{Assertion, Node, Parser, Read};

impl Parser<'_> {
    /// An escape outside of a set.
    pub(super) fn escape(&mut self) -> Read<Node> {
        let Some(c) = self.peek() else { return Err(illegal_end()) };
        let ecma = self.is(ECMA_SCRIPT);
        let assertion = match c {
            'A' => Some(Assertion::TextStart),
            'z' => Some(Assertion::TextEnd),
            'Z' => Some(Assertion::TextEndOrLast),
            'b' if ecma => Some(Assertion::AsciiWordEdge),
            'B' if ecma => Some(Assertion::NotAsciiWordEdge),
            'b' => Some(Assertion::WordEdge),
            'B' => Some(Assertion::NotWordEdge),
            'G' => Some(Assertion::SearchStart),
            _ => None,
        };
        if let Some(assertion) = assertion {
            self.bump();
            return Ok(Node::Assert(assertion));
        }
        if let Some((set, negated)) = self.named_set(c)? {
            return Ok(Node::Class(Class::named(set, negated)));
        }
        self.reference_or_char(c)
    }

    /// `\d`, `\W`, `\p{Lu}`, without what comes before the letter.
    pub(super) fn named_set(&mut self, c: char) -> Read<Option<(Set, bool)>> {
        let ascii = self.is(ECMA_SCRIPT);
        let set = match c {
            'd' | 'D' if ascii => Set::AsciiDigit,
            'w' | 'W' if ascii => Set::AsciiWord,
            's' | 'S' if ascii => Set::AsciiSpace,
            'd' | 'D' => Set::Digit,
            'w' | 'W' => Set::Word,
            's' | 'S' => Set::Space,
            'p' | 'P' => {
                self.bump();
                return Ok(Some((self.property()?, c == 'P')));
            }
            _ => return Ok(None),
        };
        self.bump();
        Ok(Some((set, c.is_ascii_uppercase())))
    }

    fn property(&mut self) -> Read<Set> {
        let incomplete = || "Incomplete \\p{X} character escape.".to_owned();
        if self.left() < 3 {
            return Err(incomplete());
        }
        if !self.eat('{') {
            return Err("Malformed \\p{X} character escape.".to_owned());
        }
        let mut name = String::new();
        while let Some(c) = self.peek().filter(|c| is_word(*c) || *c == '-') {
            name.push(c);
            self.bump();
        }
        if !self.eat('}') {
            return Err(incomplete());
        }
        property(&name, self.is(IGNORE_CASE)).ok_or_else(|| format!("Unknown property '{name}'."))
    }

    /// `\1`, `\k<name>`, `\<name>`, or a character.
    fn reference_or_char(&mut self, first: char) -> Read<Node> {
        let start = self.at;
        let mut close = None;
        if first == 'k' {
            self.bump();
            close = match self.bump() {
                Some('<') => Some('>'),
                Some('\'') => Some('\''),
                _ => None,
            };
            if close.is_none() || self.left() == 0 {
                return Err("Malformed \\k<...> named back reference.".to_owned());
            }
        } else if matches!(first, '<' | '\'') && self.left() > 1 {
            self.bump();
            close = Some(if first == '<' { '>' } else { '\'' });
        }
        let found = match (close, self.peek()) {
            (Some(close), Some(c)) if c.is_ascii_digit() => self.bracketed_number(close)?,
            (Some(close), Some(c)) if is_word(c) => self.bracketed_name(close)?,
            (None, Some('1'..='9')) => self.plain_number()?,
            _ => None,
        };
        if let Some(slot) = found {
            return Ok(self.same(slot));
        }
        self.at = start;
        let c = self.escaped_char()?;
        Ok(self.char(c))
    }

    fn same(&self, slot: usize) -> Node {
        Node::Same { slot, ignore_case: self.is(IGNORE_CASE), lenient: self.is(ECMA_SCRIPT) }
    }

    fn bracketed_number(&mut self, close: char) -> Read<Option<usize>> {
        let number = self.decimal()?;
        if !self.eat(close) {
            return Ok(None);
        }
        self.groups.slot(number).map(Some).ok_or_else(|| undefined(number))
    }

    fn bracketed_name(&mut self, close: char) -> Read<Option<usize>> {
        let name = self.name();
        if !self.eat(close) {
            return Ok(None);
        }
        match self.slot_of(&name) {
            Some(slot) => Ok(Some(slot)),
            None => Err(format!("Reference to undefined group name {name}.")),
        }
    }

    /// The place of a named group.
    pub(super) fn slot_of(&self, name: &str) -> Option<usize> {
        self.groups.slot(self.groups.number(name)?)
    }

    /// `\12`: of several digits a character in octal when there is no such group; with `ECMAScript` as many digits as
    /// there is a group for.
    fn plain_number(&mut self) -> Read<Option<usize>> {
        if !self.is(ECMA_SCRIPT) {
            let number = self.decimal()?;
            return match self.groups.slot(number) {
                Some(slot) => Ok(Some(slot)),
                None if number <= 9 => Err(undefined(number)),
                None => Ok(None),
            };
        }
        let (mut number, mut found) = (0_u32, None);
        let top = self.groups.numbers.last().copied().unwrap_or(0);
        while let Some(digit) = self.peek().and_then(|c| c.to_digit(10)) {
            number = number.saturating_mul(10).saturating_add(digit);
            if number > top {
                break;
            }
            self.bump();
            if number < self.next
                && let Some(slot) = self.groups.slot(number)
            {
                found = Some((slot, self.at));
            }
        }
        Ok(found.map(|(slot, at)| {
            self.at = at;
            slot
        }))
    }

    /// The character behind a backslash.
    pub(in super::super) fn escaped_char(&mut self) -> Read<char> {
        let c = self.bump().ok_or_else(illegal_end)?;
        Ok(match c {
            '0'..='7' => {
                self.back();
                return Ok(self.octal());
            }
            'a' => '\x07',
            'b' => '\x08',
            'e' => '\x1B',
            'f' => '\x0C',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\x0B',
            'x' => return self.hexadecimal(2),
            'u' => return self.hexadecimal(4),
            'c' => return self.control(),
            c if !self.is(ECMA_SCRIPT) && is_word(c) => {
                return Err(format!("Unrecognized escape sequence \\{c}."));
            }
            c => c,
        })
    }

    /// `\cA`.
    fn control(&mut self) -> Read<char> {
        let c = self.bump().ok_or("Missing control character.")?.to_ascii_uppercase();
        let code = u32::from(c).checked_sub(u32::from('@')).filter(|code| *code < 32);
        code.and_then(char::from_u32).ok_or_else(|| "Unrecognized control character.".to_owned())
    }

    /// Half of a surrogate pair is U+FFFD, as in text.
    fn hexadecimal(&mut self, count: usize) -> Read<char> {
        let digits: String = (0..count).map_while(|ahead| self.peek_at(ahead)).collect();
        let code = u32::from_str_radix(&digits, 16)
            .ok()
            .filter(|_| digits.chars().count() == count && digits.chars().all(|c| c.is_ascii_hexdigit()));
        self.at += count;
        let code = code.ok_or("Insufficient hexadecimal digits.")?;
        Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    /// Up to three digits; with `ECMAScript` no more than 8 bits.
    fn octal(&mut self) -> char {
        let mut code = 0;
        for _ in 0..3 {
            let Some(digit) = self.peek().and_then(|c| c.to_digit(8)) else { break };
            self.bump();
            code = code * 8 + digit;
            if self.is(ECMA_SCRIPT) && code >= 0x20 {
                break;
            }
        }
        char::from(u8::try_from(code & 0xFF).unwrap_or(0))
    }
}

fn illegal_end() -> String {
    "Illegal \\ at end of pattern.".to_owned()
}

pub(super) fn undefined(number: u32) -> String {
    format!("Reference to undefined group number {number}.")
}
