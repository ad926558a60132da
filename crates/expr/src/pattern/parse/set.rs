//! Sets in brackets.

use super::super::class::{Class, Item};
use super::super::option::IGNORE_CASE;
use super::{DEEPEST, Parser, Read};

/// A set under way.
#[derive(Default)]
struct Making {
    class: Class,
    /// The first character of a range whose last one comes next.
    range: Option<char>,
}

impl Making {
    fn item(&mut self, from: char, to: char) {
        self.class.items.push(Item::Range(from.into(), to.into()));
    }
}

impl Parser<'_> {
    /// Reads over a set.
    pub(in super::super) fn skip_class(&mut self) -> Read<()> {
        // What is wrong in it is found when it is read for good; here it ends where it can.
        let start = self.at;
        if self.class_until_end(true).is_err() {
            self.at = start;
            while let Some(c) = self.bump()
                && c != ']'
            {
                if c == '\\' {
                    self.bump();
                }
            }
        }
        Ok(())
    }

    /// A set from behind its `[` on.
    pub(super) fn class(&mut self) -> Read<Class> {
        self.class_until_end(false)
    }

    fn class_until_end(&mut self, skim: bool) -> Read<Class> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("Too many nested groups.".to_owned());
        }
        let class = Class { negated: self.eat('^'), ignore_case: self.is(IGNORE_CASE), ..Class::default() };
        let mut making = Making { class, range: None };
        let mut first = true;
        loop {
            let Some(c) = self.bump() else { return Err("Unterminated [] set.".to_owned()) };
            if c == ']' && !first {
                break;
            }
            self.class_part(&mut making, c, first, skim)?;
            first = false;
        }
        self.depth -= 1;
        Ok(making.class)
    }

    fn class_part(&mut self, making: &mut Making, c: char, first: bool, skim: bool) -> Read<()> {
        let mut c = c;
        let mut escaped = false;
        if c == '\\' && self.left() > 0 {
            let letter = self.peek().unwrap_or('\\');
            if let Some((set, negated)) = self.named_set(letter)? {
                if making.range.is_some() && !skim {
                    return Err(format!("Cannot include class \\{letter} in character range."));
                }
                making.class.items.push(Item::Named { set, negated });
                return Ok(());
            }
            if self.eat('-') {
                making.item('-', '-');
                return Ok(());
            }
            c = self.escaped_char()?;
            escaped = true;
        } else if c == '[' && making.range.is_none() {
            self.posix_name();
        }
        self.class_char(making, c, Place { first, escaped, skim })
    }

    fn class_char(&mut self, making: &mut Making, c: char, place: Place) -> Read<()> {
        let Place { first, escaped, skim } = place;
        if let Some(from) = making.range.take() {
            if c == '[' && !escaped && !first {
                making.item(from, from);
                return self.subtraction(making);
            }
            if from > c && !skim {
                return Err("[x-y] range in reverse order.".to_owned());
            }
            making.item(from, c);
        } else if self.peek() == Some('-') && self.peek_at(1).is_some_and(|next| next != ']') {
            making.range = Some(c);
            self.bump();
        } else if c == '-' && !escaped && !first && self.eat('[') {
            return self.subtraction(making);
        } else {
            making.item(c, c);
        }
        Ok(())
    }

    /// `[:alpha:]` is read over, and means nothing in .NET.
    fn posix_name(&mut self) {
        let start = self.at;
        if self.eat(':') {
            self.name();
            if !(self.eat(':') && self.eat(']')) {
                self.at = start;
            }
        }
    }

    fn subtraction(&mut self, making: &mut Making) -> Read<()> {
        making.class.minus = Some(Box::new(self.class_until_end(false)?));
        match self.peek() {
            Some(']') | None => Ok(()),
            Some(_) => Err("A subtraction must be the last element in a character class.".to_owned()),
        }
    }
}

/// Where a character of a set stands.
#[derive(Clone, Copy)]
struct Place {
    first: bool,
    escaped: bool,
    /// Only its end is wanted.
    skim: bool,
}
