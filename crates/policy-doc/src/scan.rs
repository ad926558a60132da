//! Where an expression ends: just as much of C#'s lexical rules as is needed to find the closing bracket.

use std::iter::Peekable;

use source::Span;

use crate::decode::{Entity, entity};

/// Deepest nesting of brackets and interpolation holes.
const DEEPEST: usize = 256;

/// A character of C# and where it stands.
type Item = (Span, char);

/// Why no end was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The string that begins here is not closed on its line.
    Newline(Span),
    /// The text ended inside of what began here.
    Open(Span),
    /// This closing bracket does not fit the opening one.
    Mismatch { open: Span, close: Span },
    /// The brackets are nested too deeply.
    TooDeep(Span),
}

/// Where a placeholder for a secret stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In a string literal, interpolated ones included.
    String,
    /// In a comment.
    Comment,
    /// Anywhere else.
    Code,
}

/// The characters that a part of the file stands for, entities decoded, with their places.
pub(crate) fn characters(text: &str, from: usize, decode: Decode) -> impl Iterator<Item = Item> {
    let mut at = from;
    std::iter::from_fn(move || {
        let rest = text.get(at..)?;
        let mut character = rest.chars().next()?;
        let mut length = character.len_utf8();
        if character == '&'
            && decode == Decode::Entities
            && let Entity::Character(decoded, written) = entity(rest)
        {
            (character, length) = (decoded, written);
        }
        let span = Span::between(at, at + length);
        at += length;
        Some((span, character))
    })
}

/// Whether entities are decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decode {
    /// Yes.
    Entities,
    /// No: in CDATA, and in text that is decoded already.
    Nothing,
}

/// What was learned of an expression.
#[derive(Debug)]
pub(crate) struct Scanned {
    /// Past the closing bracket, or what is wrong.
    pub(crate) end: Result<usize, Trouble>,
    /// The places of the characters U+FDD0, in order.
    pub(crate) placeholders: Vec<Place>,
}

/// Scans from the opening bracket (behind the `@`) to the closing one.
pub(crate) fn scan(characters: impl Iterator<Item = Item>) -> Scanned {
    let mut scanner = Scanner {
        input: characters.peekable(),
        frames: Vec::new(),
        place: Place::Code,
        placeholders: Vec::new(),
    };
    let end = scanner.run();
    Scanned { end, placeholders: scanner.placeholders }
}

/// What is open.
struct Frame {
    at: Span,
    close: char,
    /// Set for an interpolation hole: whether its string is verbatim.
    hole: Option<bool>,
}

struct Scanner<I: Iterator<Item = Item>> {
    input: Peekable<I>,
    frames: Vec<Frame>,
    place: Place,
    placeholders: Vec<Place>,
}

impl<I: Iterator<Item = Item>> Scanner<I> {
    fn run(&mut self) -> Result<usize, Trouble> {
        while let Some((at, c)) = self.next() {
            match c {
                '(' => self.push(at, ')', None)?,
                '[' => self.push(at, ']', None)?,
                '{' => self.push(at, '}', None)?,
                ')' | ']' | '}' => self.pop(at, c)?,
                '"' => self.within(Place::String, |it| it.regular(at))?,
                '\'' => self.character(at)?,
                '/' => self.slash(at)?,
                '@' | '$' => self.prefixed(at, c)?,
                _ => {}
            }
            if self.frames.is_empty() {
                return Ok(at.end as usize);
            }
        }
        Err(Trouble::Open(self.frames.last().map_or_else(Span::default, |frame| frame.at)))
    }

    fn next(&mut self) -> Option<Item> {
        let item = self.input.next();
        if let Some((_, '\u{FDD0}')) = item {
            self.placeholders.push(self.place);
        }
        item
    }

    fn take(&mut self, expected: char) -> bool {
        self.input.next_if(|&(_, c)| c == expected).is_some()
    }

    fn within<T>(&mut self, place: Place, read: impl FnOnce(&mut Self) -> T) -> T {
        self.place = place;
        let result = read(self);
        self.place = Place::Code;
        result
    }

    fn push(&mut self, at: Span, close: char, hole: Option<bool>) -> Result<(), Trouble> {
        self.frames.push(Frame { at, close, hole });
        if self.frames.len() > DEEPEST { Err(Trouble::TooDeep(at)) } else { Ok(()) }
    }

    fn pop(&mut self, at: Span, c: char) -> Result<(), Trouble> {
        let Some(frame) = self.frames.pop() else { return Ok(()) };
        if frame.close != c {
            return Err(Trouble::Mismatch { open: frame.at, close: at });
        }
        let Some(verbatim) = frame.hole else { return Ok(()) };
        self.within(Place::String, |it| it.interpolated(frame.at, verbatim))
    }

    /// A `"` string, behind its quote.
    fn regular(&mut self, open: Span) -> Result<(), Trouble> {
        while let Some((_, c)) = self.next() {
            match c {
                '"' => return Ok(()),
                '\n' | '\r' => return Err(Trouble::Newline(open)),
                '\\' => drop(self.next()),
                _ => {}
            }
        }
        Err(Trouble::Open(open))
    }

    /// A `@"` string, behind its quote.
    fn verbatim(&mut self, open: Span) -> Result<(), Trouble> {
        while let Some((_, c)) = self.next() {
            if c == '"' && !self.take('"') {
                return Ok(());
            }
        }
        Err(Trouble::Open(open))
    }

    /// The text of an interpolated string, up to its end or into the next hole.
    fn interpolated(&mut self, open: Span, verbatim: bool) -> Result<(), Trouble> {
        while let Some((at, c)) = self.next() {
            match c {
                '"' if verbatim && self.take('"') => {}
                '"' => return Ok(()),
                '{' if self.take('{') => {}
                '{' => return self.push(at, '}', Some(verbatim)),
                '\n' | '\r' if !verbatim => return Err(Trouble::Newline(open)),
                '\\' if !verbatim => drop(self.next()),
                _ => {}
            }
        }
        Err(Trouble::Open(open))
    }

    /// A `'` literal, behind its quote. A missing end is C#'s business: it is looked for on this line only.
    fn character(&mut self, open: Span) -> Result<(), Trouble> {
        while let Some((_, c)) = self.next() {
            match c {
                '\'' => return Ok(()),
                '\n' | '\r' => return Err(Trouble::Newline(open)),
                '\\' => drop(self.next()),
                _ => {}
            }
        }
        Err(Trouble::Open(open))
    }

    fn slash(&mut self, at: Span) -> Result<(), Trouble> {
        if self.take('/') {
            self.within(Place::Comment, Self::line_comment);
        } else if self.take('*') {
            return self.within(Place::Comment, |it| it.block_comment(at));
        }
        Ok(())
    }

    fn line_comment(&mut self) {
        while let Some((_, c)) = self.next() {
            if matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}') {
                return;
            }
        }
    }

    fn block_comment(&mut self, open: Span) -> Result<(), Trouble> {
        while let Some((_, c)) = self.next() {
            if c == '*' && self.take('/') {
                return Ok(());
            }
        }
        Err(Trouble::Open(open))
    }

    /// `@"`, `$"`, `$@"`, `@$"`; anything else behind `@` or `$` is plain code.
    fn prefixed(&mut self, at: Span, c: char) -> Result<(), Trouble> {
        let other = if c == '@' { '$' } else { '@' };
        let both = self.take(other);
        if !self.take('"') {
            return Ok(());
        }
        let (interpolated, verbatim) = (both || c == '$', both || c == '@');
        self.within(
            Place::String,
            |it| if interpolated { it.interpolated(at, verbatim) } else { it.verbatim(at) },
        )
    }
}
