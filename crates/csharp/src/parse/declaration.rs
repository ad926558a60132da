//! Declarations of variables and local functions, and telling them from expressions.

use super::Parser;
use super::types::TypeAt;
use crate::Problem;
use crate::ast::{
    Declarator, Expr, ExprKind, Init, LambdaBody, Local, LocalFunction, Name, StmtKind, TypeKind,
};
use crate::token::{Keyword as K, TokenKind as T};

/// What stands before the type of a declaration.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Modifier {
    None,
    Const,
    Ref,
}

impl Parser<'_> {
    pub(super) fn declaration_or_expression(&mut self) -> StmtKind {
        if self.begins_local_function() {
            return StmtKind::LocalFunction(Box::new(self.local_function()));
        }
        if self.begins_local() {
            let local = self.local(Modifier::None);
            self.semicolon();
            return StmtKind::Local(local);
        }
        if self.is_word("var") && self.begins_deconstruction() {
            return self.deconstruction();
        }
        self.expression_statement()
    }

    /// Whether a type and a name stand here, and what follows fits a declaration.
    pub(super) fn begins_local(&self) -> bool {
        let Some(name) = self.skip_type_and_name(self.at) else { return false };
        // `a ? b : c` is no declaration of `b`.
        let conditional = self.kind_at(name - 1) == T::Question;
        !conditional
            || matches!(self.kind_at(name + 1), T::Equal | T::Semicolon | T::Comma | T::Keyword(K::In))
    }

    fn begins_local_function(&self) -> bool {
        let Some(name) = self.skip_type_and_name(self.at) else { return false };
        let open = match self.kind_at(name + 1) {
            T::Less => self.skip_type_args(name + 1),
            _ => Some(name + 1),
        };
        let Some(open) = open.filter(|&open| self.kind_at(open) == T::OpenParen) else { return false };
        let Some(close) = self.mate(open) else { return false };
        matches!(self.kind_at(close + 1), T::OpenBrace | T::Arrow) || self.is_word_at(close + 1, "where")
    }

    pub(super) fn constant_declaration(&mut self) -> StmtKind {
        self.bump();
        let local = self.local(Modifier::Const);
        self.semicolon();
        StmtKind::Local(local)
    }

    /// `ref int x = ref y;`
    pub(super) fn reference_declaration(&mut self) -> StmtKind {
        self.bump();
        if self.begins_local_function() {
            self.refuse(
                "a function that gives a reference",
                "give the value itself, or take a `ref` parameter",
            );
            return StmtKind::LocalFunction(Box::new(self.local_function()));
        }
        let local = self.local(Modifier::Ref);
        self.semicolon();
        StmtKind::Local(local)
    }

    /// A declaration without its `;`.
    pub(super) fn local(&mut self, modifier: Modifier) -> Local {
        let ty = self.ty(TypeAt::Plain);
        let mut declarators = vec![self.declarator()];
        while self.eat(T::Comma) {
            declarators.push(self.declarator());
        }
        if ty.kind == TypeKind::Var {
            self.check_implicit(&declarators);
        }
        let (constant, by_ref) = (modifier == Modifier::Const, modifier == Modifier::Ref);
        Local { constant, by_ref, ty, declarators }
    }

    fn declarator(&mut self) -> Declarator {
        let name = self.name();
        let start = name.span;
        let init = self.eat(T::Equal).then(|| self.init());
        Declarator { name, init, span: self.since(start) }
    }

    /// What `var` does not allow.
    fn check_implicit(&mut self, declarators: &[Declarator]) {
        if let [_, second, ..] = declarators {
            let message = "`var` declares one variable at a time (CS0819)";
            self.report(Problem::new("csharp-implicit-type", second.span, message));
        }
        for each in declarators {
            let message = match each.init {
                Some(Init::Expr(_)) => continue,
                Some(Init::List(_)) => "`var` cannot take its type from `{ … }` (CS0820)",
                None if self.quiet_at == self.at => continue,
                None => "`var` needs a value to take its type from (CS0818)",
            };
            let help = "write the type instead of `var`";
            self.report(Problem::new("csharp-implicit-type", each.span, message).help(help));
        }
    }

    fn local_function(&mut self) -> LocalFunction {
        let result = self.ty(TypeAt::Plain);
        let name = self.name();
        let type_params = if self.kind() == T::Less { self.type_params() } else { Vec::new() };
        let params = self.params(Self::typed_param);
        if self.is_word("where") {
            self.refused_constraints();
        }
        let body = self.function_body();
        LocalFunction { result, name, type_params, params, body }
    }

    fn type_params(&mut self) -> Vec<Name> {
        self.bump();
        let mut list = vec![self.name()];
        while self.eat(T::Comma) {
            list.push(self.name());
        }
        self.expect(T::Greater);
        list
    }

    fn function_body(&mut self) -> LambdaBody {
        if self.kind() == T::OpenBrace {
            return LambdaBody::Block(self.block());
        }
        let body = self.arrow_body();
        self.semicolon();
        body
    }

    /// `var (…) =`.
    fn begins_deconstruction(&self) -> bool {
        let close = if self.peek(1) == T::OpenParen { self.mate(self.at + 1) } else { None };
        close.is_some_and(|close| self.kind_at(close + 1) == T::Equal)
    }

    /// `var (a, b) = x;`
    fn deconstruction(&mut self) -> StmtKind {
        let start = self.span();
        let target = Box::new(self.declared_variable());
        self.expect(T::Equal);
        let value = Box::new(self.expr());
        let kind = ExprKind::Assign { op: None, target, value };
        let expr = Expr { kind, span: self.since(start) };
        self.semicolon();
        StmtKind::Expr(expr)
    }
}
