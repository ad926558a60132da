//! Strings, characters, and the wrong quotes that people use for them.

use super::{Hole, Lexer, Quoting};
use crate::scan::{closes_typographic, is_line_end};
use crate::token::TokenKind;

impl Lexer<'_> {
    /// `"…"`
    pub(super) fn regular_string(&mut self, start: usize) {
        self.at += 1;
        let closed = self.skip_quoted(b'"');
        if !closed {
            self.unclosed_string(start);
        }
        self.push(TokenKind::Str, start);
        if closed && self.at == start + 2 && self.peek() == Some(b'"') {
            let message = "a raw string `\"\"\"` needs C# 11, expressions have C# 7";
            let help = "write a verbatim string: `@\"…\"`, each `\"` in it doubled";
            self.report(self.problem("csharp-newer", start, message).help(help));
        }
    }

    /// `'a'`, or the string that somebody put in apostrophes, as other languages do.
    pub(super) fn character(&mut self, start: usize) {
        self.at += 1;
        if !self.skip_quoted(b'\'') {
            let message = "this character literal is not closed (CS1010)";
            self.report(self.problem("csharp-unclosed-character", start, message));
        }
        self.push(TokenKind::Char, start);
    }

    /// Skips to behind the closing quote; false at the end of the line.
    fn skip_quoted(&mut self, quote: u8) -> bool {
        while let Some(byte) = self.peek() {
            match byte {
                _ if byte == quote => {
                    self.at += 1;
                    return true;
                }
                b'\\' => {
                    self.at += 1;
                    self.skip_in_line();
                }
                b'\n' | b'\r' => return false,
                0..=127 => self.at += 1,
                _ if self.skip_in_line() => {}
                _ => return false,
            }
        }
        false
    }

    /// Skips a character that does not end the line.
    fn skip_in_line(&mut self) -> bool {
        match self.peek_char() {
            Some(c) if !is_line_end(c) => {
                self.at += c.len_utf8();
                true
            }
            _ => false,
        }
    }

    pub(super) fn unclosed_string(&mut self, start: usize) {
        let message = "this string is not closed (CS1010)";
        let help = "end it with `\"`; a string over several lines is written `@\"…\"`";
        self.report(self.problem("csharp-unclosed-string", start, message).help(help));
    }

    /// `@"…"`, `@$"…"`, `@name`.
    pub(super) fn at_sign(&mut self, start: usize) {
        match (self.peek_at(1), self.peek_at(2)) {
            (Some(b'"'), _) => {
                self.at += 2;
                if !self.skip_verbatim() {
                    let message = "this verbatim string is not closed (CS1039)";
                    self.report(
                        self.problem("csharp-unclosed-string", start, message).help("end it with `\"`"),
                    );
                }
                self.push(TokenKind::VerbatimStr, start);
            }
            (Some(b'$'), Some(b'"')) => self.begin_interpolated(start, Quoting::Verbatim),
            (Some(next), _)
                if next.is_ascii_alphabetic() || matches!(next, b'_' | b'\\') || !next.is_ascii() =>
            {
                self.at += 1;
                let name = self.at;
                self.skip_word();
                if self.at == name {
                    return self.unexpected(start, '@');
                }
                self.push(TokenKind::Name, start);
            }
            _ => self.unexpected(start, '@'),
        }
    }

    /// Skips to behind the quote that is not doubled.
    fn skip_verbatim(&mut self) -> bool {
        while let Some(length) = self.rest().find('"') {
            self.at += length + 1;
            if self.peek() != Some(b'"') {
                return true;
            }
            self.at += 1;
        }
        self.at = self.text.len();
        false
    }

    /// `$"…"`, `$@"…"`.
    pub(super) fn dollar(&mut self, start: usize) {
        match (self.peek_at(1), self.peek_at(2)) {
            (Some(b'"'), _) => self.begin_interpolated(start, Quoting::Regular),
            (Some(b'@'), Some(b'"')) => self.begin_interpolated(start, Quoting::Verbatim),
            _ => self.unexpected(start, '$'),
        }
    }

    fn begin_interpolated(&mut self, start: usize, quoting: Quoting) {
        let (kind, length) = match quoting {
            Quoting::Regular => (TokenKind::InterpolatedStart, 2),
            Quoting::Verbatim => (TokenKind::VerbatimInterpolatedStart, 3),
        };
        self.at += length;
        self.push(kind, start);
        self.interpolated_text(quoting, start);
    }

    /// The text up to the next hole, which is then open, or to the end of the string.
    fn interpolated_text(&mut self, quoting: Quoting, string: usize) {
        let start = self.at;
        let stop = self.skip_interpolated_text(quoting);
        if self.at > start {
            self.push(TokenKind::InterpolatedText, start);
        }
        let sign = self.at;
        match stop {
            Stop::Hole => {
                self.at += 1;
                self.push(TokenKind::HoleOpen, sign);
                self.holes.push(Hole { quoting, string, outside: self.open.len(), broken: false });
            }
            Stop::Quote => {
                self.at += 1;
                self.push(TokenKind::InterpolatedEnd, sign);
            }
            Stop::End => {
                self.unclosed_string(string);
                self.push(TokenKind::InterpolatedEnd, sign);
            }
        }
    }

    fn skip_interpolated_text(&mut self, quoting: Quoting) -> Stop {
        while let Some(byte) = self.peek() {
            match (byte, self.peek_at(1), quoting) {
                (b'{', Some(b'{'), _) | (b'"', Some(b'"'), Quoting::Verbatim) => self.at += 2,
                (b'{', ..) => return Stop::Hole,
                (b'"', ..) => return Stop::Quote,
                (b'\\', _, Quoting::Regular) => {
                    self.at += 1;
                    self.skip_in_line();
                }
                (b'\n' | b'\r', _, Quoting::Regular) => return Stop::End,
                (0..=127, ..) | (_, _, Quoting::Verbatim) => {
                    self.at += self.peek_char().map_or(1, char::len_utf8)
                }
                _ if self.skip_in_line() => {}
                _ => return Stop::End,
            }
        }
        Stop::End
    }

    /// `:N2`, up to the brace that closes the hole.
    pub(super) fn hole_format(&mut self, colon: usize) {
        let Some(hole) = self.holes.last() else { return };
        let (quoting, string) = (hole.quoting, hole.string);
        self.at = colon + 1;
        let start = self.at;
        let closed = self.skip_format(quoting);
        self.push(TokenKind::HoleFormat, start);
        if closed {
            return self.close_hole(self.at);
        }
        self.unclosed_string(string);
        self.holes.pop();
        self.push(TokenKind::HoleClose, self.at);
        self.push(TokenKind::InterpolatedEnd, self.at);
    }

    /// Skips a format up to the brace that is not doubled.
    fn skip_format(&mut self, quoting: Quoting) -> bool {
        while let Some(byte) = self.peek() {
            match (byte, self.peek_at(1), quoting) {
                (b'}', Some(b'}'), _) | (b'"', Some(b'"'), Quoting::Verbatim) => self.at += 2,
                (b'}', ..) => return true,
                (b'"', ..) | (b'\n' | b'\r', _, Quoting::Regular) => return false,
                (b'\\', _, Quoting::Regular) => {
                    self.at += 1;
                    self.bump_char();
                }
                (_, _, Quoting::Verbatim) => self.at += self.peek_char().map_or(1, char::len_utf8),
                _ if self.skip_in_line() => {}
                _ => return false,
            }
        }
        false
    }

    /// At the `}` of a hole: closes it and reads on in its string.
    pub(super) fn close_hole(&mut self, start: usize) {
        let Some(hole) = self.holes.pop() else { return };
        self.at = start + 1;
        self.push(TokenKind::HoleClose, start);
        self.interpolated_text(hole.quoting, hole.string);
    }

    /// A quote that a word processor made. With its closing partner on the same line it is one string in wrong quotes.
    pub(super) fn typographic(&mut self, start: usize, quote: char) {
        self.at += quote.len_utf8();
        while let Some(c) = self.peek_char().filter(|&c| !is_line_end(c)) {
            self.at += c.len_utf8();
            if closes_typographic(quote, c) {
                break;
            }
        }
        let message = format!("`{quote}` is a typographic quote, not a quote of C# (CS1056)");
        let end = std::mem::replace(&mut self.at, start + quote.len_utf8());
        let help = "replace it and its partner by `\"`; word processors and web pages change quotes";
        self.report(self.problem("csharp-typographic-quote", start, message).help(help));
        self.at = end;
        self.push(TokenKind::BadString, start);
    }
}

/// Why the text of an interpolated string stops.
enum Stop {
    Hole,
    Quote,
    End,
}
