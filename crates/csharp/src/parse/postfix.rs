//! What stands behind a value: members, calls, indexers, `?.`, `++`.

use source::Span;

use super::Parser;
use crate::Problem;
use crate::ast::{Arg, ArgMode, Args, Designation, Expr, ExprKind, SimpleName, StepOp, Type};
use crate::parse::types::TypeAt;
use crate::token::{Keyword as K, TokenKind as T};

impl Parser<'_> {
    pub(super) fn postfix(&mut self) -> Expr {
        let before = self.begin_chain();
        let first = self.primary();
        let expr = self.chain(first);
        self.end_chain(before);
        expr
    }

    /// Members, calls and so on behind `expr`.
    fn chain(&mut self, mut expr: Expr) -> Expr {
        loop {
            let next = match self.kind() {
                T::Dot => Self::member,
                T::OpenParen => Self::call,
                T::OpenBracket => Self::index,
                T::Question if matches!(self.peek(1), T::Dot | T::OpenBracket) => Self::null_conditional,
                T::PlusPlus | T::MinusMinus => Self::postfix_step,
                T::PointerArrow => Self::pointer_member,
                T::DotDot => Self::range,
                T::Not if self.is_null_forgiving() => Self::null_forgiving,
                T::Keyword(K::Switch) if self.peek(1) == T::OpenBrace => Self::switch_expression,
                T::Name if self.is_word("with") && self.peek(1) == T::OpenBrace => Self::with_expression,
                _ => return expr,
            };
            if !self.link() {
                return expr;
            }
            expr = next(self, expr);
        }
    }

    fn member(&mut self, target: Expr) -> Expr {
        self.bump();
        let start = target.span;
        let name = self.simple_name();
        Expr { kind: ExprKind::Member { target: Box::new(target), name }, span: self.since(start) }
    }

    /// A name with type arguments if there are any.
    pub(super) fn simple_name(&mut self) -> SimpleName {
        let name = self.name();
        let start = name.span;
        let args = self.begins_type_args(self.at).then(|| self.type_args());
        SimpleName { name, args, span: self.since(start) }
    }

    fn call(&mut self, target: Expr) -> Expr {
        let start = target.span;
        let args = self.args(T::CloseParen);
        Expr { kind: ExprKind::Call { target: Box::new(target), args }, span: self.since(start) }
    }

    fn index(&mut self, target: Expr) -> Expr {
        let start = target.span;
        let args = self.args(T::CloseBracket);
        if args.list.is_empty() && !self.stopped {
            self.report(Problem::new("csharp-expected", args.span, "an index expected (CS0443)"));
        }
        Expr { kind: ExprKind::Index { target: Box::new(target), args }, span: self.since(start) }
    }

    /// `?.b.c(d)`: everything behind it belongs to what happens when the target is not null.
    fn null_conditional(&mut self, target: Expr) -> Expr {
        let start = target.span;
        self.bump();
        let access = self.nested(Self::error_here, |parser| {
            let receiver = Expr { kind: ExprKind::Receiver, span: parser.behind() };
            let before = parser.begin_chain();
            let access = parser.chain(receiver);
            parser.end_chain(before);
            access
        });
        let kind = ExprKind::NullConditional { target: Box::new(target), access: Box::new(access) };
        Expr { kind, span: self.since(start) }
    }

    fn postfix_step(&mut self, operand: Expr) -> Expr {
        let start = operand.span;
        let op = if self.bump().kind == T::PlusPlus { StepOp::Increment } else { StepOp::Decrement };
        let kind = ExprKind::Step { op, prefix: false, operand: Box::new(operand) };
        Expr { kind, span: self.since(start) }
    }

    /// Arguments from their opening bracket on.
    pub(super) fn args(&mut self, end: T) -> Args {
        let open = self.at;
        let start = self.bump().span;
        let mut list = Vec::new();
        while self.kind() != end && self.kind() != T::End {
            if self.kind() == T::Comma {
                self.problem("csharp-expected", "an argument expected before `,` (CS0839)");
            }
            list.push(self.arg());
            if !self.eat(T::Comma) {
                break;
            }
            if self.kind() == end {
                self.problem("csharp-expected", "an argument expected behind `,` (CS1525)");
            }
        }
        self.close(open, end);
        Args { list, span: self.since(start) }
    }

    fn arg(&mut self) -> Arg {
        let name = (self.kind() == T::Name && self.peek(1) == T::Colon).then(|| self.name());
        if name.is_some() {
            self.bump();
        }
        let mode = match self.kind() {
            T::Keyword(K::Out) => ArgMode::Out,
            T::Keyword(K::Ref) => ArgMode::Ref,
            T::Keyword(K::In) => ArgMode::In,
            _ => ArgMode::Value,
        };
        if mode != ArgMode::Value {
            self.bump();
        }
        let value = match self.skip_type_and_name(self.at) {
            Some(_) if mode == ArgMode::Out => self.declared_variable(),
            _ => self.expr(),
        };
        Arg { name, mode, value }
    }

    /// `var x`, `int x`, `int _`.
    pub(super) fn declared_variable(&mut self) -> Expr {
        let start = self.span();
        let ty = self.ty(TypeAt::Plain);
        let designation = self.designation(&ty);
        Expr { kind: ExprKind::Declare { ty, designation }, span: self.since(start) }
    }

    /// `x`, `_`, and behind `var` also `(a, b)`.
    pub(super) fn designation(&mut self, ty: &Type) -> Designation {
        if self.kind() == T::OpenParen && ty.kind == crate::ast::TypeKind::Var {
            return self
                .nested(|parser| Designation::Discard(parser.behind()), |parser| parser.designations(ty));
        }
        if self.is_word("_") {
            return Designation::Discard(self.bump().span);
        }
        Designation::Variable(self.name())
    }

    fn designations(&mut self, ty: &Type) -> Designation {
        let open = self.at;
        let start: Span = self.bump().span;
        let mut list = vec![self.designation(ty)];
        while self.eat(T::Comma) {
            list.push(self.designation(ty));
        }
        self.close(open, T::CloseParen);
        Designation::Tuple(list, self.since(start))
    }
}
