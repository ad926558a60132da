//! The `switch` statement.

use super::Parser;
use crate::Problem;
use crate::ast::{Case, Label, StmtKind};
use crate::token::{Keyword as K, TokenKind as T};

impl Parser<'_> {
    pub(super) fn switch_statement(&mut self) -> StmtKind {
        self.bump();
        let open = self.at;
        if !self.expect(T::OpenParen) {
            self.skip_to_semicolon();
            return StmtKind::Error;
        }
        let value = self.expr();
        self.close(open, T::CloseParen);
        let body = self.at;
        if !self.expect(T::OpenBrace) {
            return StmtKind::Error;
        }
        let mut cases = Vec::new();
        while self.begins_label() {
            cases.push(self.case());
        }
        self.close(body, T::CloseBrace);
        StmtKind::Switch { value, cases }
    }

    fn begins_label(&self) -> bool {
        self.is_keyword(K::Case) || self.is_default_label()
    }

    fn is_default_label(&self) -> bool {
        self.is_keyword(K::Default) && self.peek(1) == T::Colon
    }

    fn case(&mut self) -> Case {
        let start = self.span();
        let mut labels = Vec::new();
        while self.begins_label() {
            labels.push(self.label());
        }
        let mut body = Vec::new();
        while !self.begins_label() && !matches!(self.kind(), T::CloseBrace | T::End) {
            body.push(self.statement());
        }
        let span = self.since(start);
        if body.is_empty() && !self.quiet() {
            let message = "this section of the `switch` has no statements (CS1522)";
            self.report(Problem::new("csharp-empty-case", span, message).help("end it with `break;`"));
        }
        Case { labels, body, span }
    }

    fn label(&mut self) -> Label {
        if self.is_default_label() {
            let span = self.bump().span;
            self.bump();
            return Label::Default(span);
        }
        self.bump();
        let pattern = self.case_pattern();
        let guard = self.eat_word("when").then(|| self.expr());
        if !self.eat(T::Colon) {
            self.case_colon();
        }
        Label::Case { pattern, guard }
    }

    fn case_colon(&mut self) {
        if self.kind() == T::Arrow {
            self.newer("`case … =>`", 8, "write `case …:` and end the section with `break;` or `return`");
            self.bump();
            return;
        }
        self.expect(T::Colon);
    }
}
