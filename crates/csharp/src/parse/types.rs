//! Types, and names with type arguments.

use source::Span;

use super::Parser;
use super::skip::{begins_expression, predefined};
use crate::Problem;
use crate::ast::{QualifiedName, SimpleName, TupleTypeItem, Type, TypeKind};
use crate::token::TokenKind as T;

/// What a `?` or `[` behind a type may be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum TypeAt {
    /// Of the type: declarations, casts, type arguments.
    Plain,
    /// Behind `is` and `as`, where `?` may be the conditional operator.
    Operand,
    /// Behind `new`, where `[` may hold lengths.
    New,
}

impl Parser<'_> {
    /// A type; `var` counts as one.
    pub(super) fn ty(&mut self, place: TypeAt) -> Type {
        let otherwise = |parser: &Self| Type { kind: TypeKind::Error, span: parser.behind() };
        self.nested(otherwise, |parser| parser.type_with_suffixes(place))
    }

    fn type_with_suffixes(&mut self, place: TypeAt) -> Type {
        let start = self.span();
        let kind = self.core_type();
        let mut ty = Type { kind, span: self.since(start) };
        if self.kind() == T::Question && self.is_nullable_here(place) {
            self.bump();
            ty = Type { kind: TypeKind::Nullable(Box::new(ty)), span: self.since(start) };
        }
        if place != TypeAt::New && self.skip_ranks(self.at).is_some() {
            ty = self.array_type(ty, start);
        }
        ty
    }

    /// Whether the `?` here belongs to the type.
    fn is_nullable_here(&self, place: TypeAt) -> bool {
        match place {
            // `*` and `&` count too, as for pointers: `x as int? * 2` is read as a conditional that lacks its `:`.
            TypeAt::Operand => {
                let next = self.peek(1);
                !begins_expression(next) && !matches!(next, T::Dot | T::Star | T::And)
            }
            TypeAt::Plain | TypeAt::New => true,
        }
    }

    /// The array that `[]`, `[,]` behind `element` make: `int[][,]` is an array of two-dimensional ones.
    pub(super) fn array_type(&mut self, element: Type, start: Span) -> Type {
        let mut ranks = Vec::new();
        while let Some(end) = self.skip_ranks(self.at) {
            ranks.push(u8::try_from(end - self.at - 1).unwrap_or(u8::MAX));
            self.at = end;
            if ranks.len() > self.limits.nesting as usize {
                self.stop(format!("more than {} levels of arrays", self.limits.nesting));
            }
        }
        let span = self.since(start);
        let array = |element, rank: &u8| {
            let kind = TypeKind::Array { element: Box::new(element), rank: *rank };
            Type { kind, span }
        };
        ranks.iter().rev().fold(element, array)
    }

    fn core_type(&mut self) -> TypeKind {
        match self.kind() {
            T::Name if self.is_word("var") && !matches!(self.peek(1), T::Dot | T::Less | T::ColonColon) => {
                self.bump();
                TypeKind::Var
            }
            T::Name => TypeKind::Name(self.qualified_name()),
            T::Keyword(keyword) => match predefined(keyword) {
                Some(ty) => {
                    self.bump();
                    TypeKind::Predefined(ty)
                }
                None => self.no_type(),
            },
            T::OpenParen => self.tuple_type(),
            _ => self.no_type(),
        }
    }

    fn no_type(&mut self) -> TypeKind {
        self.expected("a type", "CS1031");
        TypeKind::Error
    }

    fn qualified_name(&mut self) -> QualifiedName {
        let mut alias = None;
        if self.peek(1) == T::ColonColon {
            alias = Some(self.name());
            self.bump();
        }
        let mut parts = vec![self.simple_type_name()];
        while self.eat(T::Dot) {
            parts.push(self.simple_type_name());
        }
        QualifiedName { alias, parts }
    }

    fn simple_type_name(&mut self) -> SimpleName {
        let name = self.name();
        let start = name.span;
        let args = (self.kind() == T::Less).then(|| self.type_args());
        SimpleName { name, args, span: self.since(start) }
    }

    /// `<int, string>`; `<,>` in `typeof`.
    pub(super) fn type_args(&mut self) -> Vec<Type> {
        self.bump();
        let mut args = Vec::new();
        loop {
            if matches!(self.kind(), T::Comma | T::Greater) {
                args.push(Type { kind: TypeKind::Omitted, span: self.behind() });
            } else {
                args.push(self.ty(TypeAt::Plain));
            }
            if !self.eat(T::Comma) {
                break;
            }
        }
        self.expect(T::Greater);
        args
    }

    fn tuple_type(&mut self) -> TypeKind {
        let open = self.at;
        let start = self.span();
        self.bump();
        let mut items = Vec::new();
        loop {
            let ty = self.ty(TypeAt::Plain);
            let name = (self.kind() == T::Name).then(|| self.name());
            items.push(TupleTypeItem { ty, name });
            if !self.eat(T::Comma) {
                break;
            }
        }
        self.close(open, T::CloseParen);
        if items.len() < 2 {
            let message = "a tuple has at least two items (CS8124)";
            self.report(Problem::new("csharp-tuple", self.since(start), message));
        }
        TypeKind::Tuple(items)
    }
}
