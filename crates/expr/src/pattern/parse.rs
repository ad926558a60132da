//! Patterns to trees, in .NET's dialect and with .NET's messages for what is wrong.

mod escape;
mod group;
mod set;

use super::captures::Groups;
use super::class::Class;
use super::option::{IGNORE_CASE, IGNORE_WHITE_SPACE, MULTILINE, SINGLELINE};

/// Deepest nesting of groups.
const DEEPEST: u32 = 100;

/// A part of a pattern.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    Empty,
    Char {
        c: char,
        ignore_case: bool,
    },
    /// `.`: without `Singleline` not a line feed.
    Any {
        line_feed: bool,
    },
    Class(Class),
    Assert(Assertion),
    /// A group that captures into a slot, and may give up the last capture of another one.
    Capture {
        slot: Option<usize>,
        release: Option<usize>,
        node: Box<Node>,
    },
    All(Vec<Node>),
    Either(Vec<Node>),
    Repeat {
        node: Box<Node>,
        least: u32,
        most: Option<u32>,
        lazy: bool,
    },
    Same {
        slot: usize,
        ignore_case: bool,
        /// A group that has no capture matches nothing: `ECMAScript`.
        lenient: bool,
    },
    Look {
        node: Box<Node>,
        behind: bool,
        negated: bool,
    },
    Atomic(Box<Node>),
    /// `(?(1)yes|no)`.
    IfGroup {
        slot: usize,
        yes: Box<Node>,
        no: Box<Node>,
    },
    /// `(?(test)yes|no)`.
    IfLook {
        test: Box<Node>,
        yes: Box<Node>,
        no: Box<Node>,
    },
}

/// A place in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Assertion {
    TextStart,
    LineStart,
    /// `$` and `\Z`: the end, or before a line feed at the end.
    TextEndOrLast,
    LineEnd,
    TextEnd,
    WordEdge,
    NotWordEdge,
    AsciiWordEdge,
    NotAsciiWordEdge,
    /// `\G`: where the search began.
    SearchStart,
}

pub(crate) type Read<T> = Result<T, String>;

/// Reads a pattern whose groups are known.
pub(crate) fn parse(chars: &[char], options: i32, groups: &Groups) -> Read<Node> {
    let mut parser = Parser::new(chars, options, groups.clone());
    let node = parser.either()?;
    if parser.left() > 0 {
        return Err("Too many )'s.".to_owned());
    }
    Ok(node)
}

/// The text with its escapes resolved.
pub(crate) fn unescape(text: &str) -> Read<String> {
    let chars: Vec<char> = text.chars().collect();
    let mut parser = Parser::new(&chars, 0, Groups::default());
    let mut out = String::with_capacity(text.len());
    while let Some(c) = parser.bump() {
        // A backslash at the end stands for nothing.
        match c {
            '\\' if parser.left() == 0 => {}
            '\\' => out.push(parser.escaped_char()?),
            c => out.push(c),
        }
    }
    Ok(out)
}

/// What stands at one place of a sequence.
enum Unit {
    /// Something that a quantifier can follow.
    Node(Node),
    /// Nothing: options, an empty place.
    Nothing,
}

pub(super) struct Parser<'p> {
    chars: &'p [char],
    at: usize,
    pub(super) options: i32,
    /// The number of the next unnamed group.
    next: u32,
    groups: Groups,
    depth: u32,
    /// The next parenthesis is a condition: it does not capture.
    condition: bool,
}

impl<'p> Parser<'p> {
    pub(super) fn new(chars: &'p [char], options: i32, groups: Groups) -> Self {
        Self { chars, at: 0, options, next: 1, groups, depth: 0, condition: false }
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.peek_at(0)
    }

    fn peek_at(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    pub(super) fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += 1;
        Some(c)
    }

    pub(super) fn back(&mut self) {
        self.at = self.at.saturating_sub(1);
    }

    pub(super) fn left(&self) -> usize {
        self.chars.len().saturating_sub(self.at)
    }

    pub(super) fn eat(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    pub(super) fn looking_at(&self, wanted: &str) -> bool {
        wanted.chars().enumerate().all(|(ahead, c)| self.peek_at(ahead) == Some(c))
    }

    pub(super) fn is(&self, option: i32) -> bool {
        self.options & option != 0
    }

    fn either(&mut self) -> Read<Node> {
        let mut branches = vec![self.all()?];
        while self.eat('|') {
            branches.push(self.all()?);
        }
        Ok(match branches.pop() {
            Some(only) if branches.is_empty() => only,
            last => {
                branches.extend(last);
                Node::Either(branches)
            }
        })
    }

    fn all(&mut self) -> Read<Node> {
        let mut list = Vec::new();
        let mut quantified = false;
        loop {
            self.blanks()?;
            match self.peek() {
                None | Some('|' | ')') => break,
                Some(c) if matches!(c, '*' | '+' | '?') || self.at_quantifier() => {
                    return Err(if quantified {
                        format!("Nested quantifier {c}.")
                    } else {
                        "Quantifier {x,y} following nothing.".to_owned()
                    });
                }
                Some(_) => quantified = self.unit(&mut list)?,
            }
        }
        Ok(if list.is_empty() { Node::Empty } else { Node::All(list) })
    }

    /// One unit with its quantifier; whether it had one.
    fn unit(&mut self, list: &mut Vec<Node>) -> Read<bool> {
        let Unit::Node(node) = self.atom()? else { return Ok(false) };
        self.blanks()?;
        let Some((least, most)) = self.quantifier()? else {
            list.push(node);
            return Ok(false);
        };
        self.blanks()?;
        let lazy = self.eat('?');
        if most.is_some_and(|most| most < least) {
            return Err("Illegal {x,y} with x > y.".to_owned());
        }
        list.push(Node::Repeat { node: Box::new(node), least, most, lazy });
        Ok(true)
    }

    /// Comments `(?#…)`, and with `x` white space and `#…`.
    pub(super) fn blanks(&mut self) -> Read<()> {
        loop {
            match self.peek() {
                Some('(') if self.looking_at("(?#") => {
                    while let Some(c) = self.peek()
                        && c != ')'
                    {
                        self.at += 1;
                    }
                    if !self.eat(')') {
                        return Err("Unterminated (?#...) comment.".to_owned());
                    }
                }
                Some('#') if self.is(IGNORE_WHITE_SPACE) => {
                    while let Some(c) = self.peek()
                        && c != '\n'
                    {
                        self.at += 1;
                    }
                }
                Some(' ' | '\t' | '\n' | '\x0C' | '\r') if self.is(IGNORE_WHITE_SPACE) => self.at += 1,
                _ => return Ok(()),
            }
        }
    }

    fn char(&self, c: char) -> Node {
        Node::Char { c, ignore_case: self.is(IGNORE_CASE) }
    }

    fn atom(&mut self) -> Read<Unit> {
        let Some(c) = self.bump() else { return Ok(Unit::Nothing) };
        let node = match c {
            '(' => return self.group(),
            '[' => Node::Class(self.class()?),
            '\\' => self.escape()?,
            '.' => Node::Any { line_feed: self.is(SINGLELINE) },
            '^' if self.is(MULTILINE) => Node::Assert(Assertion::LineStart),
            '^' => Node::Assert(Assertion::TextStart),
            '$' if self.is(MULTILINE) => Node::Assert(Assertion::LineEnd),
            '$' => Node::Assert(Assertion::TextEndOrLast),
            c => self.char(c),
        };
        Ok(Unit::Node(node))
    }

    /// Whether `{n}`, `{n,}` or `{n,m}` follows.
    fn at_quantifier(&self) -> bool {
        self.peek() == Some('{') && self.counts().is_some()
    }

    fn quantifier(&mut self) -> Read<Option<(u32, Option<u32>)>> {
        let counts = match self.peek() {
            Some('*') => (0, None),
            Some('+') => (1, None),
            Some('?') => (0, Some(1)),
            Some('{') => {
                let Some((least, most, length)) = self.counts() else { return Ok(None) };
                self.at += length;
                let number = |digits: &str| digits.parse::<u32>().ok().filter(|number| *number < 0x8000_0000);
                let least = number(&least).ok_or_else(too_large)?;
                let most = match most.as_deref() {
                    None => Some(least),
                    Some("") => None,
                    Some(digits) => Some(number(digits).ok_or_else(too_large)?),
                };
                return Ok(Some((least, most)));
            }
            _ => return Ok(None),
        };
        self.at += 1;
        Ok(Some(counts))
    }

    /// The digits of `{n}`, `{n,}`, `{n,m}`, and how long that is.
    fn counts(&self) -> Option<(String, Option<String>, usize)> {
        let digits = |from: usize| -> String {
            (from..).map_while(|ahead| self.peek_at(ahead).filter(char::is_ascii_digit)).collect()
        };
        let least = digits(1);
        if least.is_empty() {
            return None;
        }
        let at = 1 + least.len();
        match self.peek_at(at)? {
            '}' => Some((least, None, at + 1)),
            ',' => {
                let most = digits(at + 1);
                let end = at + 1 + most.len();
                (self.peek_at(end)? == '}').then_some((least, Some(most), end + 1))
            }
            _ => None,
        }
    }

    /// A number.
    pub(super) fn decimal(&mut self) -> Read<u32> {
        let mut number: u32 = 0;
        while let Some(digit) = self.peek().and_then(|c| c.to_digit(10)) {
            self.at += 1;
            let next = number.checked_mul(10).and_then(|number| number.checked_add(digit));
            number = next.filter(|number| *number < 0x8000_0000).ok_or_else(too_large)?;
        }
        Ok(number)
    }

    /// A name, as far as it goes.
    pub(super) fn name(&mut self) -> String {
        let mut name = String::new();
        while let Some(c) = self.peek().filter(|c| super::class::is_word(*c)) {
            name.push(c);
            self.at += 1;
        }
        name
    }
}

fn too_large() -> String {
    "Capture group numbers must be less than or equal to Int32.MaxValue.".to_owned()
}
