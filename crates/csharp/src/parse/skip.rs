//! Looking ahead: where would a type end that begins here?
//!
//! C# can often tell a type from an expression only by what follows it. These functions take no tokens and report
//! nothing; `None` means that no type begins at the token. The C# specification, 6.2.5 and 12.9.7, has the rules.

use super::Parser;
use crate::ast::Predefined;
use crate::token::{Keyword as K, TokenKind as T};

/// Deepest nesting of type arguments and tuple types that is looked through. It bounds how often a token is looked at.
const DEEPEST: u32 = 32;

impl Parser<'_> {
    /// Index of the token behind the type that begins at `index`.
    pub(super) fn skip_type(&self, index: usize) -> Option<usize> {
        self.skip_type_within(index, DEEPEST)
    }

    fn skip_type_within(&self, index: usize, levels: u32) -> Option<usize> {
        let levels = levels.checked_sub(1)?;
        let mut at = match self.kind_at(index) {
            T::Name => self.skip_dotted(index, levels)?,
            T::Keyword(keyword) => predefined(keyword).map(|_| index + 1)?,
            T::OpenParen => self.skip_tuple(index, levels)?,
            _ => return None,
        };
        loop {
            at = match self.kind_at(at) {
                T::Question if !matches!(self.kind_at(at + 1), T::Dot | T::OpenBracket) => at + 1,
                T::Question if self.skip_ranks(at + 1).is_some() => at + 1,
                T::OpenBracket => match self.skip_ranks(at) {
                    Some(end) => end,
                    None => return Some(at),
                },
                _ => return Some(at),
            };
        }
    }

    /// `[]`, `[,]`.
    pub(super) fn skip_ranks(&self, index: usize) -> Option<usize> {
        let mut at = index + 1;
        while self.kind_at(at) == T::Comma {
            at += 1;
        }
        let closed = self.kind_at(index) == T::OpenBracket && self.kind_at(at) == T::CloseBracket;
        closed.then_some(at + 1)
    }

    fn skip_dotted(&self, index: usize, levels: u32) -> Option<usize> {
        let mut at = index;
        loop {
            if self.kind_at(at) != T::Name {
                return None;
            }
            at += 1;
            if self.kind_at(at) == T::Less {
                at = self.skip_type_args_within(at, levels)?;
            }
            if !matches!(self.kind_at(at), T::Dot | T::ColonColon) {
                return Some(at);
            }
            at += 1;
        }
    }

    /// Index of the token behind the `>` of the type arguments whose `<` is at `index`.
    pub(super) fn skip_type_args(&self, index: usize) -> Option<usize> {
        self.skip_type_args_within(index, DEEPEST)
    }

    fn skip_type_args_within(&self, index: usize, levels: u32) -> Option<usize> {
        let mut at = index + 1;
        loop {
            at = self.skip_type_within(at, levels)?;
            match self.kind_at(at) {
                T::Comma => at += 1,
                T::Greater => return Some(at + 1),
                _ => return None,
            }
        }
    }

    fn skip_tuple(&self, index: usize, levels: u32) -> Option<usize> {
        let mut at = index + 1;
        let mut items = 0;
        loop {
            at = self.skip_type_within(at, levels)?;
            items += 1;
            if self.kind_at(at) == T::Name {
                at += 1;
            }
            match self.kind_at(at) {
                T::Comma => at += 1,
                T::CloseParen if items > 1 => return Some(at + 1),
                _ => return None,
            }
        }
    }

    /// Whether a type begins at `index` and a name follows it, as in a declaration; the index of the name.
    pub(super) fn skip_type_and_name(&self, index: usize) -> Option<usize> {
        let at = self.skip_type(index)?;
        (self.kind_at(at) == T::Name).then_some(at)
    }

    /// Whether `<` at `index`, behind a name of an expression, begins type arguments.
    pub(super) fn begins_type_args(&self, index: usize) -> bool {
        if self.kind_at(index) != T::Less {
            return false;
        }
        let Some(end) = self.skip_type_args(index) else { return false };
        matches!(
            self.kind_at(end),
            T::OpenParen
                | T::CloseParen
                | T::OpenBracket
                | T::CloseBracket
                | T::CloseBrace
                | T::HoleClose
                | T::HoleFormat
                | T::Colon
                | T::Semicolon
                | T::Comma
                | T::Dot
                | T::Question
                | T::QuestionQuestion
                | T::EqualEqual
                | T::NotEqual
                | T::And
                | T::AndAnd
                | T::Or
                | T::OrOr
                | T::Caret
                | T::Less
                | T::LessEqual
                | T::GreaterEqual
                | T::Keyword(K::Is | K::As)
                | T::End
        )
    }

    /// Whether the `(` at the current token begins a cast.
    pub(super) fn begins_cast(&self) -> bool {
        let Some(end) = self.skip_type(self.at + 1) else { return false };
        if self.kind_at(end) != T::CloseParen {
            return false;
        }
        let first = self.kind_at(self.at + 1);
        let last = self.kind_at(end - 1);
        // Neither of these can be an expression.
        let surely_type = matches!(first, T::Keyword(_)) || matches!(last, T::Question | T::CloseBracket);
        surely_type || follows_cast(self.kind_at(end + 1))
    }
}

/// Whether a token behind `(x)` makes it a cast: one that begins a value and is no binary operator.
fn follows_cast(kind: T) -> bool {
    match kind {
        T::Keyword(keyword) => !matches!(keyword, K::Is | K::As | K::In | K::Switch),
        kind => begins_value(kind),
    }
}

/// Whether a token can begin a value and nothing else.
pub(super) fn begins_value(kind: T) -> bool {
    matches!(
        kind,
        T::Name
            | T::Int
            | T::Real
            | T::Char
            | T::Str
            | T::VerbatimStr
            | T::InterpolatedStart
            | T::VerbatimInterpolatedStart
            | T::BadString
            | T::Ellipsis
            | T::OpenParen
            | T::Not
            | T::Tilde
    )
}

/// Whether a token can begin an expression.
pub(super) fn begins_expression(kind: T) -> bool {
    match kind {
        T::Keyword(keyword) => {
            predefined(keyword).is_some()
                || matches!(
                    keyword,
                    K::True | K::False | K::Null | K::New | K::Typeof | K::Sizeof | K::Default
                )
                || matches!(keyword, K::Checked | K::Unchecked | K::Delegate | K::This | K::Base | K::Throw)
        }
        T::Plus | T::PlusPlus | T::Minus | T::MinusMinus => true,
        kind => begins_value(kind),
    }
}

/// The type that a keyword names.
pub(super) fn predefined(keyword: K) -> Option<Predefined> {
    Some(match keyword {
        K::Bool => Predefined::Bool,
        K::Byte => Predefined::Byte,
        K::SByte => Predefined::SByte,
        K::Short => Predefined::Short,
        K::UShort => Predefined::UShort,
        K::Int => Predefined::Int,
        K::UInt => Predefined::UInt,
        K::Long => Predefined::Long,
        K::ULong => Predefined::ULong,
        K::Char => Predefined::Char,
        K::Float => Predefined::Float,
        K::Double => Predefined::Double,
        K::Decimal => Predefined::Decimal,
        K::String => Predefined::String,
        K::Object => Predefined::Object,
        K::Void => Predefined::Void,
        _ => return None,
    })
}
