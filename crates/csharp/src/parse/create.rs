//! `new`: objects, arrays, anonymous objects, and their initialisers.

use source::Span;

use super::Parser;
use super::types::TypeAt;
use crate::Problem;
use crate::ast::{
    AnonymousMember, Element, Expr, ExprKind, Init, Initializer, New, NewArray, Type, TypeKind,
};
use crate::token::TokenKind as T;

impl Parser<'_> {
    pub(super) fn creation(&mut self) -> Expr {
        let start = self.bump().span;
        let kind = match self.kind() {
            T::OpenBrace => self.anonymous_object(),
            T::OpenBracket => self.implicit_array(),
            T::OpenParen if self.skip_type(self.at).is_none() => self.target_typed_new(),
            _ => self.typed_creation(),
        };
        Expr { kind, span: self.since(start) }
    }

    fn typed_creation(&mut self) -> ExprKind {
        let start = self.span();
        let ty = self.ty(TypeAt::New);
        match self.kind() {
            T::OpenBracket => self.array(ty, start),
            T::OpenParen | T::OpenBrace => self.object(ty),
            _ if ty.kind == TypeKind::Error => ExprKind::Error,
            _ => {
                let message = "`new` needs `(…)`, `[…]` or `{ … }` behind the type (CS1526)";
                self.problem("csharp-incomplete-new", message);
                ExprKind::Error
            }
        }
    }

    fn object(&mut self, ty: Type) -> ExprKind {
        let args = (self.kind() == T::OpenParen).then(|| self.args(T::CloseParen));
        let init = (self.kind() == T::OpenBrace).then(|| self.initializer());
        ExprKind::New(Box::new(New { ty, args, init }))
    }

    /// From the first `[` on.
    fn array(&mut self, element: Type, start: Span) -> ExprKind {
        if let Some(end) = self.skip_ranks(self.at) {
            let rank = u8::try_from(end - self.at - 1).unwrap_or(u8::MAX);
            self.at = end;
            let element = self.array_type(element, start);
            if self.kind() != T::OpenBrace {
                self.problem("csharp-array-size", "an array needs a length or `{ … }` (CS1586)");
                return ExprKind::Error;
            }
            let init = Some(self.initializer());
            return ExprKind::NewArray(Box::new(NewArray { element, rank, lengths: Vec::new(), init }));
        }
        let lengths: Vec<Expr> = self.args(T::CloseBracket).list.into_iter().map(|arg| arg.value).collect();
        let rank = u8::try_from(lengths.len()).unwrap_or(u8::MAX);
        let element = self.array_type(element, start);
        if self.kind() == T::OpenBracket {
            let message = "only `[]` and `[,]` can stand behind the length of an array (CS0178)";
            let problem = Problem::new("csharp-array-size", self.span(), message);
            self.report(problem.help("put `new T[n]` in parentheses to read an element: `(new T[n])[i]`"));
            self.args(T::CloseBracket);
            return ExprKind::Error;
        }
        let init = (self.kind() == T::OpenBrace).then(|| self.initializer());
        ExprKind::NewArray(Box::new(NewArray { element, rank, lengths, init }))
    }

    /// `new[] { … }`.
    fn implicit_array(&mut self) -> ExprKind {
        let Some(end) = self.skip_ranks(self.at) else {
            self.problem(
                "csharp-array-size",
                "`new[` takes no length; write the type, as in `new int[2]` (CS0178)",
            );
            self.args(T::CloseBracket);
            return ExprKind::Error;
        };
        let rank = u8::try_from(end - self.at - 1).unwrap_or(u8::MAX);
        self.at = end;
        if self.kind() != T::OpenBrace {
            self.expect(T::OpenBrace);
            return ExprKind::Error;
        }
        ExprKind::NewImplicitArray { rank, init: self.initializer() }
    }

    /// `{ … }` from its brace on.
    pub(super) fn initializer(&mut self) -> Initializer {
        let start = self.span();
        let otherwise = |parser: &Self| Initializer { elements: Vec::new(), span: parser.behind() };
        self.nested(otherwise, |parser| {
            let elements = parser.braced(Self::element);
            Initializer { elements, span: parser.since(start) }
        })
    }

    /// Things with commas between them in braces; a comma may follow the last one.
    fn braced<E>(&mut self, read: fn(&mut Self) -> E) -> Vec<E> {
        let open = self.at;
        self.bump();
        let mut list = Vec::new();
        while !matches!(self.kind(), T::CloseBrace | T::End) {
            list.push(read(self));
            if !self.eat(T::Comma) {
                break;
            }
        }
        self.close(open, T::CloseBrace);
        list
    }

    fn element(&mut self) -> Element {
        match self.kind() {
            T::OpenBrace => Element::Group(self.initializer()),
            T::OpenBracket => {
                let args = self.args(T::CloseBracket);
                self.expect(T::Equal);
                Element::Index { args, value: self.init() }
            }
            T::Name if self.peek(1) == T::Equal => {
                let name = self.name();
                self.bump();
                Element::Member { name, value: self.init() }
            }
            _ => Element::Value(self.expr()),
        }
    }

    /// What stands behind `=`: a value, or `{ … }`.
    pub(super) fn init(&mut self) -> Init {
        if self.kind() == T::OpenBrace {
            Init::List(self.initializer())
        } else {
            Init::Expr(self.expr_or_ref())
        }
    }

    fn anonymous_object(&mut self) -> ExprKind {
        let list = self.nested(|_| Vec::new(), |parser| parser.braced(Self::anonymous_member));
        ExprKind::NewAnonymous(list)
    }

    fn anonymous_member(&mut self) -> AnonymousMember {
        let name = (self.kind() == T::Name && self.peek(1) == T::Equal).then(|| self.name());
        if name.is_some() {
            self.bump();
        }
        let value = self.expr();
        if name.is_none() && !names_itself(&value) {
            let message = "this member of an anonymous object needs a name (CS0746)";
            let problem = Problem::new("csharp-unnamed-member", value.span, message);
            self.report(problem.help("write `name = …`"));
        }
        AnonymousMember { name, value }
    }
}

/// Whether a member of an anonymous object can take its name from its value.
fn names_itself(value: &Expr) -> bool {
    match &value.kind {
        ExprKind::Error | ExprKind::Name(_) | ExprKind::Member { .. } => true,
        ExprKind::NullConditional { access, .. } => names_itself(access),
        _ => false,
    }
}
