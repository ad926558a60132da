//! Anonymous functions and parameters.

use super::Parser;
use super::types::TypeAt;
use crate::Problem;
use crate::ast::{Expr, ExprKind, Lambda, LambdaBody, Param, ParamMode};
use crate::token::{Keyword as K, TokenKind as T};

impl Parser<'_> {
    /// A lambda or a query, when one begins here.
    pub(super) fn lambda_or_query(&mut self) -> Option<Expr> {
        if self.begins_lambda() {
            return Some(self.lambda());
        }
        match self.kind() {
            T::Name if self.begins_async() => Some(self.refused_async()),
            T::Name if self.begins_query() => Some(self.query()),
            _ => None,
        }
    }

    /// Whether a lambda begins at the current token: `x =>`, `(…) =>`.
    pub(super) fn begins_lambda(&self) -> bool {
        self.begins_lambda_at(self.at)
    }

    pub(super) fn begins_lambda_at(&self, index: usize) -> bool {
        match self.kind_at(index) {
            T::Name => self.kind_at(index + 1) == T::Arrow,
            T::OpenParen => self.mate(index).is_some_and(|close| self.kind_at(close + 1) == T::Arrow),
            _ => false,
        }
    }

    pub(super) fn lambda(&mut self) -> Expr {
        let start = self.span();
        let params = if self.kind() == T::OpenParen {
            self.params(Self::lambda_param)
        } else {
            let name = self.name();
            let span = name.span;
            vec![Param { mode: ParamMode::Value, ty: None, name, default: None, span }]
        };
        let body = self.arrow_body();
        let lambda = Lambda { params: Some(params), body };
        Expr { kind: ExprKind::Lambda(Box::new(lambda)), span: self.since(start) }
    }

    /// From `=>` on.
    pub(super) fn arrow_body(&mut self) -> LambdaBody {
        self.expect(T::Arrow);
        if self.kind() == T::OpenBrace {
            LambdaBody::Block(self.block())
        } else {
            LambdaBody::Expr(self.expr_or_throw())
        }
    }

    /// `delegate (int x) { … }`, `delegate { … }`.
    pub(super) fn anonymous_method(&mut self) -> Expr {
        let start = self.bump().span;
        let params = (self.kind() == T::OpenParen).then(|| self.params(Self::typed_param));
        if self.kind() != T::OpenBrace {
            self.expect(T::OpenBrace);
            return self.error_here();
        }
        let lambda = Lambda { params, body: LambdaBody::Block(self.block()) };
        Expr { kind: ExprKind::Lambda(Box::new(lambda)), span: self.since(start) }
    }

    /// Parameters in parentheses.
    pub(super) fn params(&mut self, read: fn(&mut Self) -> Param) -> Vec<Param> {
        let open = self.at;
        self.bump();
        let mut list = Vec::new();
        while !matches!(self.kind(), T::CloseParen | T::End) {
            list.push(read(self));
            if !self.eat(T::Comma) {
                break;
            }
        }
        self.close(open, T::CloseParen);
        let typed = list.iter().filter(|param: &&Param| param.ty.is_some()).count();
        if typed != 0 && typed != list.len() {
            let span = list.first().map(|param| param.span).unwrap_or_default();
            let message = "either all parameters have a type or none (CS0748)";
            self.report(Problem::new("csharp-mixed-parameters", span, message));
        }
        list
    }

    fn lambda_param(&mut self) -> Param {
        let untyped = self.kind() == T::Name && matches!(self.peek(1), T::Comma | T::CloseParen);
        if !untyped {
            return self.typed_param();
        }
        let name = self.name();
        let span = name.span;
        Param { mode: ParamMode::Value, ty: None, name, default: None, span }
    }

    pub(super) fn typed_param(&mut self) -> Param {
        let start = self.span();
        let mode = self.param_mode();
        let ty = Some(self.ty(TypeAt::Plain));
        let name = self.name();
        let default = self.eat(T::Equal).then(|| self.expr());
        Param { mode, ty, name, default, span: self.since(start) }
    }

    fn param_mode(&mut self) -> ParamMode {
        let mode = match self.kind() {
            T::Keyword(K::Out) => ParamMode::Out,
            T::Keyword(K::Ref) => ParamMode::Ref,
            T::Keyword(K::In) => ParamMode::In,
            T::Keyword(K::Params) => ParamMode::Params,
            _ => return ParamMode::Value,
        };
        self.bump();
        mode
    }
}
