//! What stands in parentheses.

use super::super::class::is_word;
use super::super::option::{EXPLICIT_CAPTURE, IGNORE_CASE, IGNORE_WHITE_SPACE, MULTILINE, SINGLELINE};
use super::escape::undefined;
use super::{DEEPEST, Node, Parser, Read, Unit};

/// What a parenthesis begins.
enum Opened {
    Plain,
    Capture {
        slot: Option<usize>,
        release: Option<usize>,
    },
    Look {
        behind: bool,
        negated: bool,
    },
    Atomic,
    IfGroup(usize),
    IfLook,
    /// `(?i)`.
    Options,
}

fn unrecognized() -> String {
    "Unrecognized grouping construct.".to_owned()
}

fn bad_name() -> String {
    "Invalid group name: Group names must begin with a word character.".to_owned()
}

impl Parser<'_> {
    /// A group from behind its `(` on.
    pub(super) fn group(&mut self) -> Read<Unit> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("Too many nested groups.".to_owned());
        }
        let options = self.options;
        let opened = self.open()?;
        if matches!(opened, Opened::Options) {
            self.depth -= 1;
            return Ok(Unit::Nothing);
        }
        let node = self.body(opened)?;
        self.options = options;
        self.depth -= 1;
        Ok(Unit::Node(node))
    }

    fn body(&mut self, opened: Opened) -> Read<Node> {
        Ok(match opened {
            Opened::Plain | Opened::Options => match self.inside()? {
                Node::Empty => Node::All(Vec::new()),
                node => node,
            },
            Opened::Capture { slot, release } => {
                Node::Capture { slot, release, node: Box::new(self.inside()?) }
            }
            Opened::Look { behind, negated } => {
                Node::Look { node: Box::new(self.inside()?), behind, negated }
            }
            Opened::Atomic => Node::Atomic(Box::new(self.inside()?)),
            Opened::IfGroup(slot) => {
                let (yes, no) = self.branches()?;
                Node::IfGroup { slot, yes, no }
            }
            Opened::IfLook => {
                let test = match self.atom()? {
                    Unit::Node(node) => Box::new(node),
                    Unit::Nothing => Box::new(Node::Empty),
                };
                let (yes, no) = self.branches()?;
                Node::IfLook { test, yes, no }
            }
        })
    }

    /// Up to the closing parenthesis.
    fn inside(&mut self) -> Read<Node> {
        let node = self.either()?;
        if self.eat(')') { Ok(node) } else { Err("Not enough )'s.".to_owned()) }
    }

    /// `yes|no)` of a condition.
    fn branches(&mut self) -> Read<(Box<Node>, Box<Node>)> {
        let (yes, no) = match self.inside()? {
            Node::Either(branches) if branches.len() > 2 => return Err("Too many | in (?()|).".to_owned()),
            Node::Either(branches) => {
                let mut branches = branches.into_iter();
                (branches.next().unwrap_or(Node::Empty), branches.next().unwrap_or(Node::Empty))
            }
            node => (node, Node::Empty),
        };
        Ok((Box::new(yes), Box::new(no)))
    }

    fn open(&mut self) -> Read<Opened> {
        if self.peek() != Some('?') || self.peek_at(1) == Some(')') {
            if std::mem::take(&mut self.condition) || self.is(EXPLICIT_CAPTURE) {
                return Ok(Opened::Plain);
            }
            let slot = self.groups.slot(self.next);
            self.next += 1;
            return Ok(Opened::Capture { slot, release: None });
        }
        self.bump();
        let Some(c) = self.bump() else { return Err(unrecognized()) };
        match c {
            ':' => Ok(Opened::Plain),
            '=' => Ok(Opened::Look { behind: false, negated: false }),
            '!' => Ok(Opened::Look { behind: false, negated: true }),
            '>' => Ok(Opened::Atomic),
            '<' if self.eat('=') => Ok(Opened::Look { behind: true, negated: false }),
            '<' if self.eat('!') => Ok(Opened::Look { behind: true, negated: true }),
            '<' => self.named_group('>'),
            '\'' => self.named_group('\''),
            '(' => self.conditional(),
            _ => {
                self.back();
                self.option_group()
            }
        }
    }

    /// `(?i)`, `(?i-s:…)`.
    fn option_group(&mut self) -> Read<Opened> {
        self.inline_options();
        match self.bump() {
            Some(')') => Ok(Opened::Options),
            Some(':') => Ok(Opened::Plain),
            _ => Err(unrecognized()),
        }
    }

    /// Letters of options, as far as they go.
    pub(in super::super) fn inline_options(&mut self) {
        let mut on = true;
        while let Some(c) = self.peek() {
            let option = match c.to_ascii_lowercase() {
                '-' | '+' => {
                    on = c == '+';
                    self.bump();
                    continue;
                }
                'i' => IGNORE_CASE,
                'm' => MULTILINE,
                'n' => EXPLICIT_CAPTURE,
                's' => SINGLELINE,
                'x' => IGNORE_WHITE_SPACE,
                _ => return,
            };
            self.options = if on { self.options | option } else { self.options & !option };
            self.bump();
        }
    }

    /// `name>`, `name-other>`, `-other>`.
    fn named_group(&mut self, close: char) -> Read<Opened> {
        let mut slot = None;
        match self.peek() {
            None => return Err(unrecognized()),
            Some(c) if c.is_ascii_digit() => {
                let number = self.decimal()?;
                slot = self.groups.slot(number);
                self.ends_name(close, true)?;
                if number == 0 {
                    return Err("Capture number cannot be zero.".to_owned());
                }
            }
            Some(c) if is_word(c) => {
                let name = self.name();
                slot = self.slot_of(&name);
                self.ends_name(close, true)?;
            }
            Some('-') => {}
            Some(_) => return Err(bad_name()),
        }
        let release = if self.eat('-') { Some(self.released(close)?) } else { None };
        if (slot.is_some() || release.is_some()) && self.eat(close) {
            return Ok(Opened::Capture { slot, release });
        }
        Err(unrecognized())
    }

    /// The group that a balancing group gives up.
    fn released(&mut self, close: char) -> Read<usize> {
        match self.peek() {
            Some(c) if c.is_ascii_digit() => {
                let number = self.decimal()?;
                let slot = self.groups.slot(number).ok_or_else(|| undefined(number))?;
                self.ends_name(close, false)?;
                Ok(slot)
            }
            Some(c) if is_word(c) => {
                let name = self.name();
                let unknown = || format!("Reference to undefined group name {name}.");
                let slot = self.slot_of(&name).ok_or_else(unknown)?;
                self.ends_name(close, false)?;
                Ok(slot)
            }
            _ => Err(bad_name()),
        }
    }

    fn ends_name(&self, close: char, dash: bool) -> Read<()> {
        match self.peek() {
            None => Ok(()),
            Some(c) if c == close || dash && c == '-' => Ok(()),
            Some(_) => Err(bad_name()),
        }
    }

    /// `(?(1)…)`, `(?(name)…)`, or a condition that is a pattern, from behind its parenthesis on.
    fn conditional(&mut self) -> Read<Opened> {
        let start = self.at;
        match self.peek() {
            Some(c) if c.is_ascii_digit() => {
                let number = self.decimal()?;
                if !self.eat(')') {
                    return Err(format!("(?({number}) ) malformed."));
                }
                let slot = self.groups.slot(number);
                return slot
                    .map(Opened::IfGroup)
                    .ok_or_else(|| format!("(?({number}) ) reference to undefined group."));
            }
            Some(c) if is_word(c) => {
                let name = self.name();
                if let Some(slot) = self.slot_of(&name)
                    && self.eat(')')
                {
                    return Ok(Opened::IfGroup(slot));
                }
            }
            _ => {}
        }
        self.at = start - 1;
        self.condition = true;
        if self.peek_at(1) == Some('?') {
            match (self.peek_at(2), self.peek_at(3)) {
                (Some('#'), _) => return Err("Alternation conditions cannot be comments.".to_owned()),
                (Some('\''), _) => return Err(captures()),
                (Some('<'), Some(next)) if next != '!' && next != '=' => return Err(captures()),
                _ => {}
            }
        }
        Ok(Opened::IfLook)
    }
}

fn captures() -> String {
    "Alternation conditions do not capture and cannot be named.".to_owned()
}
