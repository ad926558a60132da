//! Where number literals end; their values are read by [`crate::value`].

use super::Lexer;
use crate::token::TokenKind;

impl Lexer<'_> {
    pub(super) fn number(&mut self, start: usize) {
        let radix = match (self.peek(), self.peek_at(1)) {
            (Some(b'0'), Some(b'x' | b'X')) => 16,
            (Some(b'0'), Some(b'b' | b'B')) => 2,
            _ => 10,
        };
        let kind = if radix == 10 {
            self.decimal()
        } else {
            self.at += 2;
            self.digits(radix);
            TokenKind::Int
        };
        let kind = self.suffix(kind, radix);
        self.push(kind, start);
    }

    /// Digits, fraction and exponent.
    fn decimal(&mut self) -> TokenKind {
        let mut kind = TokenKind::Int;
        self.digits(10);
        if self.peek() == Some(b'.') && self.peek_at(1).is_some_and(|next| next.is_ascii_digit()) {
            kind = TokenKind::Real;
            self.at += 1;
            self.digits(10);
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(self.peek_at(1), Some(b'+' | b'-')));
            if self.peek_at(1 + sign).is_some_and(|next| next.is_ascii_digit()) {
                kind = TokenKind::Real;
                self.at += 1 + sign;
                self.digits(10);
            }
        }
        kind
    }

    fn digits(&mut self, radix: u32) {
        while self.peek().is_some_and(|byte| char::from(byte).is_digit(radix) || byte == b'_') {
            self.at += 1;
        }
    }

    fn suffix(&mut self, kind: TokenKind, radix: u32) -> TokenKind {
        match (self.peek(), self.peek_at(1)) {
            (Some(b'f' | b'F' | b'd' | b'D' | b'm' | b'M'), _) if radix == 10 => {
                self.at += 1;
                TokenKind::Real
            }
            (Some(b'u' | b'U'), Some(b'l' | b'L')) | (Some(b'l' | b'L'), Some(b'u' | b'U'))
                if kind == TokenKind::Int =>
            {
                self.at += 2;
                kind
            }
            (Some(b'u' | b'U' | b'l' | b'L'), _) if kind == TokenKind::Int => {
                self.at += 1;
                kind
            }
            _ => kind,
        }
    }
}
