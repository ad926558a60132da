//! Text to tokens. Never fails: what is not C# becomes a token of its own, and a problem.
//!
//! Interpolated strings are flat: `$"a{x:N2}"` gives the start, a text, the opening of a hole, `x`, a format, the
//! closing of the hole and the end, so that nested strings cost linear time. The rules where a string ends are those
//! of [`scan_code`](crate::scan_code); a test keeps both in step.

mod number;
mod string;
mod symbol;

use source::{Code, Span};

use crate::Problem;
use crate::placeholder;
use crate::scan::{is_line_end, is_typographic};
use crate::token::{Keyword, LONGEST_KEYWORD, Token, TokenKind};

/// The tokens of a text, [`TokenKind::End`] last, and what is wrong with it.
pub(crate) struct Lexed {
    pub(crate) tokens: Vec<Token>,
    pub(crate) problems: Vec<Problem>,
}

/// Reads all tokens of a text.
pub(crate) fn lex(text: &str) -> Lexed {
    let tokens = Vec::with_capacity(text.len() / 3 + 2);
    let mut lexer = Lexer { text, at: 0, tokens, problems: Vec::new(), open: Vec::new(), holes: Vec::new() };
    lexer.run();
    Lexed { tokens: lexer.tokens, problems: lexer.problems }
}

/// How a string treats lines, quotes and `\`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quoting {
    Regular,
    Verbatim,
}

/// A hole that is open.
struct Hole {
    quoting: Quoting,
    /// Where its string begins.
    string: usize,
    /// How many brackets were open outside of it.
    outside: usize,
    /// Whether a line break in it was reported.
    broken: bool,
}

struct Lexer<'t> {
    text: &'t str,
    /// Byte offset of what comes next; always on a character.
    at: usize,
    tokens: Vec<Token>,
    problems: Vec<Problem>,
    /// Indexes of the tokens of open brackets.
    open: Vec<u32>,
    holes: Vec<Hole>,
}

impl Lexer<'_> {
    fn run(&mut self) {
        while let Some(byte) = self.peek() {
            self.token(byte);
        }
        if let Some(hole) = self.holes.pop() {
            self.unclosed_string(hole.string);
        }
        self.stray_placeholders();
        self.push(TokenKind::End, self.at);
    }

    fn token(&mut self, byte: u8) {
        let start = self.at;
        match byte {
            b' ' | b'\t' => self.at += 1,
            b'\r' | b'\n' => self.line_end(start),
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => self.word(start),
            b'0'..=b'9' => self.number(start),
            b'.' if self.peek_at(1).is_some_and(|next| next.is_ascii_digit()) => self.number(start),
            b'"' => self.regular_string(start),
            b'\'' => self.character(start),
            b'@' => self.at_sign(start),
            b'\\' if matches!(self.peek_at(1), Some(b'u' | b'U')) => self.escaped_name(start),
            b'#' if self.begins_line(start) => self.directive(start),
            b'$' => self.dollar(start),
            b'/' => self.slash(start),
            b':' if self.directly_in_hole() => self.hole_format(start),
            0..=127 => self.symbol(start, byte),
            _ => self.beyond_ascii(start),
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn peek_at(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + ahead).copied()
    }

    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn peek_char(&self) -> Option<char> {
        match self.peek()? {
            byte @ 0..=127 => Some(char::from(byte)),
            _ => self.rest().chars().next(),
        }
    }

    fn bump_char(&mut self) -> Option<char> {
        let c = self.peek_char()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn push(&mut self, kind: TokenKind, start: usize) {
        self.tokens.push(Token::new(kind, Span::between(start, self.at)));
    }

    /// A problem that reaches from `start` to here.
    fn problem(&self, code: Code, start: usize, message: impl Into<String>) -> Problem {
        Problem::new(code, Span::between(start, self.at.max(start)), message)
    }

    fn report(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    fn word(&mut self, start: usize) {
        self.skip_word();
        let text = self.text.get(start..self.at).unwrap_or("");
        let keyword = if text.len() <= LONGEST_KEYWORD { Keyword::of(text) } else { None };
        self.push(keyword.map_or(TokenKind::Name, TokenKind::Keyword), start);
    }

    /// A name that begins with `\u0061`, which is never a keyword.
    fn escaped_name(&mut self, start: usize) {
        self.skip_word();
        if self.at == start {
            return self.unexpected(start, '\\');
        }
        self.push(TokenKind::Name, start);
    }

    /// Whether only white space stands before a place in its line.
    fn begins_line(&self, at: usize) -> bool {
        let before = self.text.get(..at).unwrap_or_default();
        let line = before.rsplit(is_line_end).next().unwrap_or(before);
        self.holes.is_empty() && line.trim().is_empty()
    }

    /// A directive takes its whole line. Those that only tell a compiler or an editor something mean nothing here.
    fn directive(&mut self, start: usize) {
        let rest = self.rest();
        let line = rest.get(..rest.find(is_line_end).unwrap_or(rest.len())).unwrap_or(rest);
        let after = line.trim_start_matches('#').trim_start();
        let word: String = after.chars().take_while(|c| c.is_ascii_alphabetic()).collect();
        self.at += line.len();
        if matches!(word.as_str(), "region" | "endregion" | "pragma" | "line" | "warning") {
            return;
        }
        let message = format!("the directive `#{word}` cannot be used in expressions (CS1024)");
        let help = "delete it, and the code that does not apply";
        self.report(self.problem("csharp-directive", start, message).help(help));
    }

    fn skip_word(&mut self) {
        while let Some(byte) = self.peek() {
            if byte.is_ascii_alphanumeric() || byte == b'_' {
                self.at += 1;
            } else if byte == b'\\' {
                match crate::value::name_escape(self.rest()) {
                    Some((_, length)) => self.at += length,
                    None => break,
                }
            } else if byte.is_ascii() || !self.peek_char().is_some_and(continues_name) {
                break;
            } else {
                self.bump_char();
            }
        }
    }

    fn line_end(&mut self, start: usize) {
        self.at += 1;
        let Some(hole) = self.holes.last_mut() else { return };
        if hole.quoting == Quoting::Regular && !std::mem::replace(&mut hole.broken, true) {
            let message = "a line break inside `{ }` of a string needs C# 11, expressions have C# 7 (CS8967)";
            let help = "write the hole in one line, or the string as `$@\"…\"`";
            self.report(self.problem("csharp-newer", start, message).help(help));
        }
    }

    /// A comment, or a sign.
    fn slash(&mut self, start: usize) {
        match self.peek_at(1) {
            Some(b'/') => {
                let comment = self.rest();
                self.at += comment.find(is_line_end).unwrap_or(comment.len());
                if self.holes.last().is_some_and(|hole| hole.quoting == Quoting::Regular) {
                    let message = "a `//` comment cannot stand inside `{ }` of a string (CS8077)";
                    self.report(self.problem("csharp-comment-in-hole", start, message));
                }
            }
            Some(b'*') => self.block_comment(start),
            _ => self.symbol(start, b'/'),
        }
    }

    fn block_comment(&mut self, start: usize) {
        let body = self.text.get(start + 2..).unwrap_or("");
        if let Some(length) = body.find("*/") {
            self.at = start + 2 + length + 2;
        } else {
            self.at = start + 2;
            let message = "this comment is not closed (CS1035)";
            self.report(self.problem("csharp-unclosed-comment", start, message).help("end it with `*/`"));
            self.at = self.text.len();
        }
    }

    fn beyond_ascii(&mut self, start: usize) {
        let Some(c) = self.peek_char() else { return };
        match c {
            _ if c.is_whitespace() => self.at += c.len_utf8(),
            _ if begins_name(c) => {
                self.bump_char();
                self.skip_word();
                self.push(TokenKind::Name, start);
            }
            _ if is_typographic(c) => self.typographic(start, c),
            '…' => {
                self.at += c.len_utf8();
                self.ellipsis(start);
            }
            placeholder::OPEN | placeholder::CLOSE => self.bare_placeholder(start),
            _ => self.unexpected(start, c),
        }
    }

    /// Three dots where code is expected: documentation leaves out something that the reader has to fill in.
    fn ellipsis(&mut self, start: usize) {
        let message = "`...` is not C#: something was left out here (CS1525)";
        let help = "put in what the example left for you to fill in";
        self.report(self.problem("csharp-ellipsis", start, message).help(help));
        self.push(TokenKind::Ellipsis, start);
    }

    fn bare_placeholder(&mut self, start: usize) {
        let Some((_, length)) = placeholder::leading(self.rest()) else {
            // Reported with all stray ones.
            self.bump_char();
            return self.push(TokenKind::Bad, start);
        };
        self.at += length;
        let message = "a secret named value stands outside of a string";
        self.report(self.problem("csharp-bare-secret", start, message).help("put it into quotes"));
        self.push(TokenKind::Bad, start);
    }

    fn unexpected(&mut self, start: usize, c: char) {
        self.at = start + c.len_utf8();
        let shown = if c.is_control() || is_invisible(c) { format!("U+{:04X}", c as u32) } else { c.into() };
        let help = match c {
            '@' => Some("inside of `@( )` and `@{ }` the C# stands without a further `@`"),
            '#' => Some("a directive such as `#region` stands alone in its line"),
            _ if is_invisible(c) => Some("delete this invisible character"),
            _ => None,
        };
        let message = format!("unexpected character `{shown}` (CS1056)");
        let problem = self.problem("csharp-unexpected-character", start, message);
        self.report(match help {
            Some(help) => problem.help(help),
            None => problem,
        });
        self.push(TokenKind::Bad, start);
    }

    /// U+FDD0 and U+FDD1 that do not form placeholders, wherever they stand.
    fn stray_placeholders(&mut self) {
        if !self.text.contains([placeholder::OPEN, placeholder::CLOSE]) {
            return;
        }
        let text = self.text;
        let mut closed = 0;
        for (at, c) in text.match_indices([placeholder::OPEN, placeholder::CLOSE]) {
            if let Some((_, length)) = placeholder::leading(text.get(at..).unwrap_or("")) {
                closed = at + length;
            } else if at + c.len() != closed {
                let span = Span::between(at, at + c.len());
                let message = "a noncharacter (U+FDD0 or U+FDD1) stands in the code";
                self.problems.push(Problem::new("csharp-noncharacter", span, message).help("delete it"));
            }
        }
    }
}

fn begins_name(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

fn continues_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '\u{300}'..='\u{36F}' | '\u{203F}' | '\u{2040}')
}

/// Format characters that come along when code is copied from a page.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use super::lex;
    use crate::token::{Keyword, TokenKind as T};

    fn kinds(text: &str) -> Vec<T> {
        let mut kinds: Vec<_> = lex(text).tokens.iter().map(|token| token.kind).collect();
        assert_eq!(kinds.pop(), Some(T::End));
        kinds
    }

    #[test]
    fn white_space_includes_the_no_break_space() {
        assert_eq!(kinds("a\u{A0}b\u{3000}// c\u{2028}d /* e */"), [T::Name, T::Name, T::Name]);
    }

    #[test]
    fn an_interpolated_string_is_flat() {
        let expected = [
            T::InterpolatedStart,
            T::InterpolatedText,
            T::HoleOpen,
            T::Name,
            T::Comma,
            T::Int,
            T::HoleFormat,
            T::HoleClose,
            T::InterpolatedEnd,
            T::Keyword(Keyword::Is),
        ];
        assert_eq!(kinds(r#"$"a{{{b,5:N2}" is"#), expected);
        assert_eq!(kinds(r#"$"{(a?b:c)}""#).len(), 11);
    }

    #[test]
    fn brackets_know_their_mates() {
        let tokens = lex("(a[1)]{}").tokens;
        let mates: Vec<_> = tokens.iter().filter(|t| t.mate != u32::MAX).map(|t| t.mate).collect();
        assert_eq!(mates, [4, 7], "`(` closes over the unclosed `[`; `]` has no mate");
    }
}
