//! LINQ query syntax.

use super::Parser;
use super::skip::predefined;
use super::types::TypeAt;
use crate::ast::{Clause, Expr, ExprKind, Join, Name, Ordering, Query, QueryBody, QueryEnd, Type};
use crate::token::{Keyword as K, TokenKind as T};

impl Parser<'_> {
    /// `from x in`, `from T x in`; `from` is a name elsewhere.
    pub(super) fn begins_query(&self) -> bool {
        if !self.is_word("from") {
            return false;
        }
        match self.peek(1) {
            T::Name if self.peek(2) == T::Keyword(K::In) => true,
            T::Name => self.skip_type_and_name(self.at + 1).is_some(),
            T::Keyword(keyword) => predefined(keyword).is_some(),
            _ => false,
        }
    }

    pub(super) fn query(&mut self) -> Expr {
        let start = self.span();
        let from = self.source_clause();
        let body = self.query_body();
        Expr { kind: ExprKind::Query(Box::new(Query { from, body })), span: self.since(start) }
    }

    fn source_clause(&mut self) -> Clause {
        self.bump();
        let (ty, name) = self.range_variable();
        self.expect(T::Keyword(K::In));
        Clause::From { ty, name, source: self.expr() }
    }

    /// `x`, `T x`.
    fn range_variable(&mut self) -> (Option<Type>, Name) {
        let untyped = self.kind() == T::Name && self.peek(1) == T::Keyword(K::In);
        let ty = (!untyped).then(|| self.ty(TypeAt::Plain));
        (ty, self.name())
    }

    fn query_body(&mut self) -> QueryBody {
        let otherwise = |_: &Self| QueryBody { clauses: Vec::new(), end: QueryEnd::Error, into: None };
        self.nested(otherwise, |parser| {
            let mut clauses = Vec::new();
            while let Some(clause) = parser.clause() {
                clauses.push(clause);
            }
            let end = parser.query_end();
            let into = parser.eat_word("into").then(|| (parser.name(), Box::new(parser.query_body())));
            QueryBody { clauses, end, into }
        })
    }

    fn clause(&mut self) -> Option<Clause> {
        if self.is_word("from") {
            return Some(self.source_clause());
        }
        if self.eat_word("let") {
            let name = self.name();
            self.expect(T::Equal);
            return Some(Clause::Let { name, value: self.expr() });
        }
        if self.eat_word("where") {
            return Some(Clause::Where(self.expr()));
        }
        if self.eat_word("join") {
            return Some(self.join());
        }
        self.eat_word("orderby").then(|| self.order_by())
    }

    fn join(&mut self) -> Clause {
        let (ty, name) = self.range_variable();
        self.expect(T::Keyword(K::In));
        let source = self.expr();
        self.expect_word("on");
        let left = self.expr();
        self.expect_word("equals");
        let right = self.expr();
        let into = self.eat_word("into").then(|| self.name());
        Clause::Join(Box::new(Join { ty, name, source, left, right, into }))
    }

    fn order_by(&mut self) -> Clause {
        let mut orderings = Vec::new();
        loop {
            let key = self.expr();
            let descending = self.eat_word("descending");
            if !descending {
                self.eat_word("ascending");
            }
            orderings.push(Ordering { key, descending });
            if !self.eat(T::Comma) {
                return Clause::OrderBy(orderings);
            }
        }
    }

    fn query_end(&mut self) -> QueryEnd {
        if self.eat_word("select") {
            return QueryEnd::Select(self.expr());
        }
        if self.eat_word("group") {
            let value = self.expr();
            self.expect_word("by");
            return QueryEnd::Group { value, key: self.expr() };
        }
        self.expected("`select` or `group`", "CS0742");
        QueryEnd::Error
    }

    fn expect_word(&mut self, word: &str) {
        if !self.eat_word(word) {
            let code = match word {
                "by" => "CS0745",
                "on" => "CS0743",
                "equals" => "CS0744",
                _ => "CS1003",
            };
            self.expected(&format!("`{word}`"), code);
        }
    }
}
