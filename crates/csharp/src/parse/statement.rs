//! Statements.

use source::Span;

use super::Parser;
use super::declaration::Modifier;
use super::types::TypeAt;
use crate::Problem;
use crate::ast::{
    BinaryOp, Block, Catch, Expr, ExprKind, ForInit, Foreach, ForeachTarget, Stmt, StmtKind, Try,
    UsingSubject,
};
use crate::token::{Keyword as K, TokenKind as T};

impl Parser<'_> {
    /// A statement; takes at least one token.
    pub(super) fn statement(&mut self) -> Stmt {
        let (start, first) = (self.span(), self.at);
        let kind = self.nested(|_| StmtKind::Error, Self::statement_kind);
        if self.at == first {
            self.bump();
        }
        Stmt { kind, span: self.since(start) }
    }

    fn statement_kind(&mut self) -> StmtKind {
        if let Some(refused) = self.refused_statement() {
            return refused;
        }
        match self.kind() {
            T::Keyword(keyword) => self.keyword_statement(keyword),
            T::OpenBrace => StmtKind::Block(self.block()),
            T::Semicolon => {
                self.bump();
                StmtKind::Empty
            }
            T::CloseBrace | T::CloseParen | T::CloseBracket => self.stray_bracket(),
            _ => self.declaration_or_expression(),
        }
    }

    fn keyword_statement(&mut self, keyword: K) -> StmtKind {
        match keyword {
            K::If => self.if_statement(),
            K::While => self.while_statement(),
            K::Do => self.do_statement(),
            K::For => self.for_statement(),
            K::Foreach => self.foreach_statement(),
            K::Switch => self.switch_statement(),
            K::Try => self.try_statement(),
            K::Using => self.using_statement(),
            K::Return => self.with_value(StmtKind::Return),
            K::Throw => self.with_value(StmtKind::Throw),
            K::Break => self.sole_keyword(StmtKind::Break),
            K::Continue => self.sole_keyword(StmtKind::Continue),
            K::Lock => self.lock_statement(),
            K::Ref if self.skip_type_and_name(self.at + 1).is_some() => self.reference_declaration(),
            K::Const => self.constant_declaration(),
            K::Checked | K::Unchecked if self.peek(1) == T::OpenBrace => {
                self.bump();
                StmtKind::Checked { checked: keyword == K::Checked, body: self.block() }
            }
            K::Else => self.stray_keyword("`else` without `if` (CS8641)"),
            K::Catch | K::Finally => self.stray_keyword("`catch` or `finally` without `try` (CS1003)"),
            K::Case => self.stray_keyword("`case` outside of `switch` (CS1003)"),
            _ => self.declaration_or_expression(),
        }
    }

    fn stray_keyword(&mut self, message: &str) -> StmtKind {
        self.problem("csharp-unexpected", message);
        self.bump();
        StmtKind::Error
    }

    fn stray_bracket(&mut self) -> StmtKind {
        let message = format!("{} closes nothing (CS1022)", self.shown());
        self.problem("csharp-unexpected", message);
        self.bump();
        StmtKind::Error
    }

    /// `{ … }`; without `{`, nothing is taken.
    pub(super) fn block(&mut self) -> Block {
        let (start, open) = (self.span(), self.at);
        if !self.expect(T::OpenBrace) {
            return Block { statements: Vec::new(), span: self.behind() };
        }
        let mut statements = Vec::new();
        while !matches!(self.kind(), T::CloseBrace | T::End) {
            statements.push(self.statement());
        }
        self.close(open, T::CloseBrace);
        Block { statements, span: self.since(start) }
    }

    /// `return x;` and `throw x;`.
    fn with_value(&mut self, make: fn(Option<Expr>) -> StmtKind) -> StmtKind {
        self.bump();
        let value = (self.kind() != T::Semicolon && self.kind() != T::CloseBrace && self.kind() != T::End)
            .then(|| self.expr());
        self.semicolon();
        make(value)
    }

    fn sole_keyword(&mut self, kind: StmtKind) -> StmtKind {
        self.bump();
        self.semicolon();
        kind
    }

    /// `;`, after skipping what could not be read of the statement.
    pub(super) fn semicolon(&mut self) {
        if self.eat(T::Semicolon) {
            return;
        }
        self.expected("`;`", "CS1002");
        if !self.begins_line() {
            self.skip_to_semicolon();
        }
    }

    /// Whether the current token may well begin the next statement, so that only the `;` is missing.
    fn begins_line(&self) -> bool {
        let gap = Span::new(self.behind().end, self.span().start);
        if self.statement_help().is_some() || self.is_keyword(K::Throw) {
            return true;
        }
        let continues = matches!(self.kind(), T::CloseParen | T::CloseBracket | T::Comma | T::Colon);
        gap.of(self.text).contains('\n') && !continues
    }

    pub(super) fn skip_to_semicolon(&mut self) {
        loop {
            match self.kind() {
                T::End | T::CloseBrace => return,
                T::Semicolon => {
                    self.bump();
                    return;
                }
                // A block ends a statement too: whatever came before it could not be read.
                T::OpenBrace => match self.mate(self.at) {
                    Some(mate) => {
                        self.at = mate + 1;
                        return;
                    }
                    None => self.at += 1,
                },
                T::OpenParen | T::OpenBracket => self.at = self.mate(self.at).unwrap_or(self.at) + 1,
                _ => self.at += 1,
            }
        }
    }

    /// A condition in parentheses.
    fn condition(&mut self) -> Expr {
        let open = self.at;
        if !self.expect(T::OpenParen) {
            return self.error_here();
        }
        let condition = self.expr();
        self.close(open, T::CloseParen);
        condition
    }

    /// The statement that belongs to `if`, `while` and so on, where a declaration cannot stand.
    fn embedded(&mut self) -> Stmt {
        let body = self.statement();
        if matches!(body.kind, StmtKind::Local(_) | StmtKind::LocalFunction(_)) {
            let message = "a declaration cannot stand here without braces (CS1023)";
            self.report(
                Problem::new("csharp-embedded-declaration", body.span, message).help("put it in `{ }`"),
            );
        }
        body
    }

    fn if_statement(&mut self) -> StmtKind {
        self.bump();
        let condition = self.condition();
        let then = Box::new(self.embedded());
        let otherwise = self.eat_keyword(K::Else).then(|| Box::new(self.embedded()));
        StmtKind::If { condition, then, otherwise }
    }

    fn while_statement(&mut self) -> StmtKind {
        self.bump();
        let condition = self.condition();
        StmtKind::While { condition, body: Box::new(self.embedded()) }
    }

    fn lock_statement(&mut self) -> StmtKind {
        self.bump();
        let subject = self.condition();
        StmtKind::Lock { subject, body: Box::new(self.embedded()) }
    }

    fn do_statement(&mut self) -> StmtKind {
        self.bump();
        let body = Box::new(self.embedded());
        self.expect(T::Keyword(K::While));
        let condition = self.condition();
        self.semicolon();
        StmtKind::Do { body, condition }
    }

    fn for_statement(&mut self) -> StmtKind {
        self.bump();
        let open = self.at;
        if !self.expect(T::OpenParen) {
            self.skip_to_semicolon();
            return StmtKind::Error;
        }
        let init = if self.begins_local() {
            ForInit::Local(self.local(Modifier::None))
        } else {
            ForInit::Exprs(self.exprs_until(T::Semicolon))
        };
        self.expect(T::Semicolon);
        let condition = (self.kind() != T::Semicolon).then(|| self.expr());
        self.expect(T::Semicolon);
        let step = self.exprs_until(T::CloseParen);
        self.close(open, T::CloseParen);
        StmtKind::For { init, condition, step, body: Box::new(self.embedded()) }
    }

    fn exprs_until(&mut self, end: T) -> Vec<Expr> {
        let mut list = Vec::new();
        if self.kind() == end {
            return list;
        }
        loop {
            let expr = self.expr();
            self.check_statement_expr(&expr);
            list.push(expr);
            if !self.eat(T::Comma) {
                return list;
            }
        }
    }

    fn foreach_statement(&mut self) -> StmtKind {
        self.bump();
        let open = self.at;
        if !self.expect(T::OpenParen) {
            self.skip_to_semicolon();
            return StmtKind::Error;
        }
        let target = match self.skip_type_and_name(self.at) {
            Some(_) => ForeachTarget::Variable { ty: self.ty(TypeAt::Plain), name: self.name() },
            None if self.is_word("var") => ForeachTarget::Deconstruct(self.declared_variable()),
            None => ForeachTarget::Deconstruct(self.operand()),
        };
        self.expect(T::Keyword(K::In));
        let source = self.expr();
        self.close(open, T::CloseParen);
        let body = self.embedded();
        StmtKind::Foreach(Box::new(Foreach { target, source, body }))
    }

    fn using_statement(&mut self) -> StmtKind {
        if let Some(refused) = self.refused_using() {
            return refused;
        }
        self.bump();
        let open = self.at;
        if !self.expect(T::OpenParen) {
            self.skip_to_semicolon();
            return StmtKind::Error;
        }
        let subject = if self.begins_local() {
            UsingSubject::Local(self.local(Modifier::None))
        } else {
            UsingSubject::Expr(self.expr())
        };
        self.close(open, T::CloseParen);
        StmtKind::Using { subject, body: Box::new(self.embedded()) }
    }

    fn try_statement(&mut self) -> StmtKind {
        let start = self.bump().span;
        let body = self.block();
        let mut catches = Vec::new();
        while self.is_keyword(K::Catch) {
            catches.push(self.catch());
        }
        let finally = self.eat_keyword(K::Finally).then(|| self.block());
        if catches.is_empty() && finally.is_none() && !self.quiet() {
            let message = "`try` needs a `catch` or a `finally` (CS1524)";
            self.report(Problem::new("csharp-try-alone", start, message));
        }
        StmtKind::Try(Box::new(Try { body, catches, finally }))
    }

    fn catch(&mut self) -> Catch {
        let start = self.bump().span;
        let open = self.at;
        let (mut ty, mut name) = (None, None);
        if self.eat(T::OpenParen) {
            ty = Some(self.ty(TypeAt::Plain));
            name = (self.kind() == T::Name).then(|| self.name());
            self.close(open, T::CloseParen);
        }
        let filter = self.eat_word("when").then(|| self.condition());
        let body = self.block();
        Catch { ty, name, filter, body, span: self.since(start) }
    }

    pub(super) fn expression_statement(&mut self) -> StmtKind {
        let expr = self.expr();
        self.check_statement_expr(&expr);
        self.semicolon();
        StmtKind::Expr(expr)
    }

    /// Calls, assignments and so on may be statements; a value alone does nothing.
    fn check_statement_expr(&mut self, expr: &Expr) {
        if does_something(expr) || self.quiet_at == self.at {
            return;
        }
        let message = "only an assignment, a call, `++`, `--` or `new` can be a statement (CS0201)";
        let problem = Problem::new("csharp-idle-statement", expr.span, message);
        self.report(match expr.kind {
            ExprKind::Binary { op: BinaryOp::Equal, .. } => problem.help("an assignment is written `=`"),
            _ => problem.help("to give a value back, write `return …;`"),
        });
    }
}

fn does_something(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::NullConditional { access, .. } => does_something(access),
        ExprKind::Error
        | ExprKind::Call { .. }
        | ExprKind::Assign { .. }
        | ExprKind::Step { .. }
        | ExprKind::New(_)
        | ExprKind::Throw(_) => true,
        _ => false,
    }
}
