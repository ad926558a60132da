//! Operators and brackets.

use super::Lexer;
use crate::token::{Token, TokenKind as T};

impl Lexer<'_> {
    pub(super) fn symbol(&mut self, start: usize, byte: u8) {
        if let Some(kind) = bracket(byte) {
            return self.bracket(start, kind);
        }
        let (kind, length) = match byte {
            b';' => (T::Semicolon, 1),
            b',' => (T::Comma, 1),
            b'~' => (T::Tilde, 1),
            b'\x0B' | b'\x0C' => {
                self.at += 1;
                return;
            }
            b'.' => self.dots(),
            _ => self.operator(byte),
        };
        if length == 0 {
            return self.unexpected(start, char::from(byte));
        }
        self.at += length;
        if kind == T::Ellipsis {
            return self.ellipsis(start);
        }
        self.push(kind, start);
    }

    fn dots(&self) -> (T, usize) {
        match (self.peek_at(1), self.peek_at(2)) {
            (Some(b'.'), Some(b'.')) => (T::Ellipsis, 3),
            (Some(b'.'), _) => (T::DotDot, 2),
            _ => (T::Dot, 1),
        }
    }

    fn operator(&self, byte: u8) -> (T, usize) {
        let (next, third) = (self.peek_at(1), self.peek_at(2));
        match (byte, next, third) {
            (b'?', Some(b'?'), Some(b'=')) => (T::QuestionQuestionEqual, 3),
            (b'<', Some(b'<'), Some(b'=')) => (T::LessLessEqual, 3),
            (_, Some(next), _) => two(byte, next).map_or_else(|| one(byte), |kind| (kind, 2)),
            _ => one(byte),
        }
    }

    /// A bracket; a closing one finds its mate and leaves unclosed ones of other kinds inside without.
    fn bracket(&mut self, start: usize, kind: T) {
        if kind == T::CloseBrace && self.directly_in_hole() {
            return self.close_hole(start);
        }
        self.at += 1;
        let index = u32::try_from(self.tokens.len()).unwrap_or(Token::NO_MATE);
        match opening(kind) {
            None => self.open.push(index),
            Some(open) => self.close(open, index),
        }
        self.push(kind, start);
    }

    fn close(&mut self, open: T, index: u32) {
        let outside = self.holes.last().map_or(0, |hole| hole.outside);
        // Only the nearest few are looked at, which keeps hostile text linear.
        let near = self.open.iter().enumerate().skip(outside).rev().take(16);
        let kind_of = |at: u32| self.tokens.get(at as usize).map(|token| token.kind);
        let found = near.filter(|&(_, &at)| kind_of(at) == Some(open)).map(|(depth, &at)| (depth, at)).next();
        let Some((depth, at)) = found else { return };
        self.open.truncate(depth);
        if let Some(token) = self.tokens.get_mut(at as usize) {
            token.mate = index;
        }
    }

    pub(super) fn directly_in_hole(&self) -> bool {
        self.holes.last().is_some_and(|hole| hole.outside >= self.open.len())
    }
}

fn bracket(byte: u8) -> Option<T> {
    Some(match byte {
        b'(' => T::OpenParen,
        b')' => T::CloseParen,
        b'[' => T::OpenBracket,
        b']' => T::CloseBracket,
        b'{' => T::OpenBrace,
        b'}' => T::CloseBrace,
        _ => return None,
    })
}

fn opening(close: T) -> Option<T> {
    match close {
        T::CloseParen => Some(T::OpenParen),
        T::CloseBracket => Some(T::OpenBracket),
        T::CloseBrace => Some(T::OpenBrace),
        _ => None,
    }
}

fn two(first: u8, second: u8) -> Option<T> {
    Some(match (first, second) {
        (b':', b':') => T::ColonColon,
        (b'?', b'?') => T::QuestionQuestion,
        (b'=', b'>') => T::Arrow,
        (b'-', b'>') => T::PointerArrow,
        (b'=', b'=') => T::EqualEqual,
        (b'!', b'=') => T::NotEqual,
        (b'+', b'+') => T::PlusPlus,
        (b'+', b'=') => T::PlusEqual,
        (b'-', b'-') => T::MinusMinus,
        (b'-', b'=') => T::MinusEqual,
        (b'*', b'=') => T::StarEqual,
        (b'/', b'=') => T::SlashEqual,
        (b'%', b'=') => T::PercentEqual,
        (b'&', b'&') => T::AndAnd,
        (b'&', b'=') => T::AndEqual,
        (b'|', b'|') => T::OrOr,
        (b'|', b'=') => T::OrEqual,
        (b'^', b'=') => T::CaretEqual,
        (b'<', b'<') => T::LessLess,
        (b'<', b'=') => T::LessEqual,
        (b'>', b'=') => T::GreaterEqual,
        _ => return None,
    })
}

/// The token of one character; length 0 when there is none.
fn one(byte: u8) -> (T, usize) {
    let kind = match byte {
        b':' => T::Colon,
        b'?' => T::Question,
        b'=' => T::Equal,
        b'!' => T::Not,
        b'+' => T::Plus,
        b'-' => T::Minus,
        b'*' => T::Star,
        b'/' => T::Slash,
        b'%' => T::Percent,
        b'&' => T::And,
        b'|' => T::Or,
        b'^' => T::Caret,
        b'<' => T::Less,
        b'>' => T::Greater,
        _ => return (T::Bad, 0),
    };
    (kind, 1)
}
