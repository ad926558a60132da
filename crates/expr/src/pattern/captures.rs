//! Numbers and names of groups, found before the pattern is read: unnamed groups first, then named ones.

use super::option::{EXPLICIT_CAPTURE, IGNORE_WHITE_SPACE};
use super::parse::{Parser, Read};

/// The groups of a pattern.
#[derive(Clone, Debug, Default)]
pub(crate) struct Groups {
    /// Their numbers, ascending; 0 is the whole match.
    pub(crate) numbers: Vec<u32>,
    /// Names and numbers, in the order of the pattern.
    pub(crate) names: Vec<(String, u32)>,
}

impl Groups {
    /// Where a number stands among all.
    pub(crate) fn slot(&self, number: u32) -> Option<usize> {
        self.numbers.binary_search(&number).ok()
    }

    /// The number of a name.
    pub(crate) fn number(&self, name: &str) -> Option<u32> {
        self.names.iter().find(|(own, _)| own == name).map(|(_, number)| *number)
    }

    fn note(&mut self, number: u32) {
        if let Err(at) = self.numbers.binary_search(&number) {
            self.numbers.insert(at, number);
        }
    }
}

/// Finds all groups.
pub(super) fn count(chars: &[char], options: i32) -> Read<Groups> {
    let mut counter = Counter {
        parser: Parser::new(chars, options, Groups::default()),
        stack: Vec::new(),
        groups: Groups { numbers: vec![0], names: Vec::new() },
        next: 1,
        skip: false,
    };
    while let Some(c) = counter.parser.bump() {
        counter.character(c)?;
    }
    counter.name_numbers();
    Ok(counter.groups)
}

struct Counter<'p> {
    parser: Parser<'p>,
    /// Options of the groups around.
    stack: Vec<i32>,
    groups: Groups,
    /// The number of the next unnamed group.
    next: u32,
    /// The next parenthesis is a condition: it does not capture.
    skip: bool,
}

impl Counter<'_> {
    fn character(&mut self, c: char) -> Read<()> {
        match c {
            '\\' => {
                self.parser.bump();
            }
            '#' if self.parser.is(IGNORE_WHITE_SPACE) => {
                self.parser.back();
                self.parser.blanks()?;
            }
            '[' => {
                self.parser.skip_class()?;
            }
            ')' => {
                if let Some(options) = self.stack.pop() {
                    self.parser.options = options;
                }
            }
            '(' if self.parser.looking_at("?#") => {
                self.parser.back();
                self.parser.blanks()?;
            }
            '(' => self.open()?,
            _ => {}
        }
        Ok(())
    }

    fn open(&mut self) -> Read<()> {
        let condition = std::mem::take(&mut self.skip);
        self.stack.push(self.parser.options);
        if !self.parser.eat('?') {
            if !self.parser.is(EXPLICIT_CAPTURE) && !condition {
                self.groups.note(self.next);
                self.next += 1;
            }
            return Ok(());
        }
        if matches!(self.parser.peek(), Some('<' | '\'')) && self.parser.left() > 1 {
            self.parser.bump();
            match self.parser.peek() {
                Some('1'..='9') => {
                    let number = self.parser.decimal()?;
                    self.groups.note(number);
                }
                Some(c) if c != '0' && super::class::is_word(c) => {
                    let name = self.parser.name();
                    if self.groups.number(&name).is_none() {
                        self.groups.names.push((name, 0));
                    }
                }
                _ => {}
            }
            return Ok(());
        }
        self.parser.inline_options();
        match self.parser.peek() {
            // Options given alone stay.
            Some(')') => {
                self.parser.bump();
                self.stack.pop();
            }
            Some('(') => self.skip = true,
            _ => {}
        }
        Ok(())
    }

    /// Names get the numbers behind those of the unnamed groups that are free.
    fn name_numbers(&mut self) {
        let mut next = self.next;
        for index in 0..self.groups.names.len() {
            while self.groups.slot(next).is_some() {
                next += 1;
            }
            if let Some((_, number)) = self.groups.names.get_mut(index) {
                *number = next;
            }
            self.groups.note(next);
            next += 1;
        }
    }
}
