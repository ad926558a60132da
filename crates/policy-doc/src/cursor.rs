//! A position in a text and the small steps that the reader takes from it.

use source::Span;

use crate::name::{continues_name, starts_name};

/// A position in a text. It never leaves the text and always stands between two characters.
#[derive(Clone, Copy)]
pub(crate) struct Cursor<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Cursor<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// Goes to a place, which must stand between two characters; otherwise to the end.
    pub(crate) fn go_to(&mut self, at: usize) {
        self.at = if self.text.is_char_boundary(at) { at } else { self.text.len() };
    }

    pub(crate) fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or("")
    }

    pub(crate) fn is_at_end(&self) -> bool {
        self.at >= self.text.len()
    }

    pub(crate) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(crate) fn starts_with(&self, expected: &str) -> bool {
        self.rest().starts_with(expected)
    }

    /// Steps over `expected` if it stands here.
    pub(crate) fn take(&mut self, expected: &str) -> bool {
        let found = self.starts_with(expected);
        if found {
            self.at += expected.len();
        }
        found
    }

    /// Steps over one character.
    pub(crate) fn skip_char(&mut self) {
        self.at += self.peek().map_or(0, char::len_utf8);
    }

    /// Steps over all characters that are of a kind; gives where they stood.
    pub(crate) fn skip_while(&mut self, is: impl Fn(char) -> bool) -> Span {
        let start = self.at;
        let rest = self.rest();
        self.at += rest.find(|c| !is(c)).unwrap_or(rest.len());
        self.span_from(start)
    }

    /// Steps over white space, of which U+00A0 is a part: published samples contain it.
    pub(crate) fn skip_blank(&mut self) -> Span {
        self.skip_while(char::is_whitespace)
    }

    /// Steps over a name if one begins here.
    pub(crate) fn take_name(&mut self) -> Option<Span> {
        self.peek().filter(|&c| starts_name(c))?;
        Some(self.skip_while(continues_name))
    }

    /// Where `needle` next stands.
    pub(crate) fn find(&self, needle: &str) -> Option<usize> {
        memchr::memmem::find(self.rest().as_bytes(), needle.as_bytes()).map(|found| self.at + found)
    }

    /// Where the byte `needle`, which must be ASCII, next stands.
    pub(crate) fn find_byte(&self, needle: u8) -> Option<usize> {
        memchr::memchr(needle, self.rest().as_bytes()).map(|found| self.at + found)
    }

    pub(crate) fn span_from(&self, start: usize) -> Span {
        Span::between(start, self.at)
    }
}
