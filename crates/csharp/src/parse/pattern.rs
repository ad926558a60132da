//! Patterns behind `is` and `case`.

use super::Parser;
use super::skip::begins_expression;
use super::types::TypeAt;
use crate::ast::{Pattern, PatternKind, TypeKind};
use crate::token::{Keyword as K, TokenKind as T};

impl Parser<'_> {
    pub(super) fn is_pattern(&mut self) -> Pattern {
        self.pattern(Self::is_type)
    }

    pub(super) fn case_pattern(&mut self) -> Pattern {
        self.pattern(|parser| parser.skip_type_and_name(parser.at).is_some() && !parser.is_guard())
    }

    fn pattern(&mut self, is_type: fn(&Self) -> bool) -> Pattern {
        let start = self.span();
        let otherwise = |_: &Self| PatternKind::Error;
        let kind = self.nested(otherwise, |parser| {
            if let Some(refused) = parser.refused_pattern() {
                return refused;
            }
            if is_type(parser) { parser.type_pattern() } else { parser.constant_pattern() }
        });
        self.refused_combination();
        Pattern { kind, span: self.since(start) }
    }

    /// Whether what stands behind `is` begins as a type, which a constant name does too.
    fn is_type(&self) -> bool {
        match self.skip_type(self.at) {
            // `x is T ? (a) : b`: the `?` is the operator's.
            Some(end) if self.kind_at(end - 1) == T::Question && begins_expression(self.kind_at(end)) => true,
            // `x is a + 1` and `x is f(1)` are constants, if anything.
            Some(end) if self.kind() == T::Name => {
                !matches!(self.kind_at(end), T::OpenParen | T::OpenBracket)
            }
            Some(_) => self.kind() != T::OpenParen || !self.begins_cast(),
            None => false,
        }
    }

    /// Whether the name behind a `case` type is `when`: `case A.B when x`.
    fn is_guard(&self) -> bool {
        let name = self.skip_type_and_name(self.at);
        name.is_some_and(|at| self.is_word_at(at, "when") && begins_expression(self.kind_at(at + 1)))
    }

    fn type_pattern(&mut self) -> PatternKind {
        let ty = self.ty(TypeAt::Operand);
        let named = self.kind() == T::Name && !self.is_combinator();
        if ty.kind == TypeKind::Var {
            return PatternKind::Var(self.designation(&ty));
        }
        if named && !(self.is_word("when") && begins_expression(self.peek(1))) {
            let designation = self.designation(&ty);
            return PatternKind::Declaration { ty, designation };
        }
        PatternKind::Type(ty)
    }

    fn constant_pattern(&mut self) -> PatternKind {
        if matches!(self.kind(), T::Keyword(K::Null | K::True | K::False)) || begins_expression(self.kind()) {
            return PatternKind::Constant(self.constant());
        }
        self.expected("a type or a constant", "CS1525");
        PatternKind::Error
    }
}
