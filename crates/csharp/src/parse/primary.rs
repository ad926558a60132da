//! What operators and members apply to: literals, names, parentheses, and words with a meaning of their own.

use source::Span;

use super::Parser;
use super::skip::predefined;
use super::types::TypeAt;
use crate::Problem;
use crate::ast::{ArgMode, Args, Expr, ExprKind, Literal, TupleItem};
use crate::token::{Keyword as K, Token, TokenKind as T};
use crate::value::{self, Style};

impl Parser<'_> {
    pub(super) fn primary(&mut self) -> Expr {
        let token = self.token();
        match token.kind {
            T::Name => self.name_expr(),
            T::Str | T::VerbatimStr => self.string_literal(),
            T::InterpolatedStart | T::VerbatimInterpolatedStart => self.interpolated(),
            T::Int => self.number(value::int),
            T::Real => self.number(value::real),
            T::Char => self.character(),
            T::OpenParen => self.paren_or_tuple(),
            T::Keyword(keyword) => self.keyword_expr(keyword),
            T::Bad | T::BadString | T::Ellipsis => self.bad(),
            T::OpenBracket => self.collection_expression(),
            _ => self.no_value(),
        }
    }

    fn literal(&mut self, literal: Literal) -> Expr {
        let span = self.bump().span;
        Expr { kind: ExprKind::Literal(literal), span }
    }

    fn number(&mut self, read: impl FnOnce(&str, Span) -> Result<Literal, Problem>) -> Expr {
        let token = self.bump();
        let kind = match read(self.text_of(token), token.span) {
            Ok(literal) => ExprKind::Literal(literal),
            Err(problem) => {
                self.report(problem);
                ExprKind::Error
            }
        };
        Expr { kind, span: token.span }
    }

    fn character(&mut self) -> Expr {
        let token = self.token();
        let literal = value::character(self.text_of(token), token.span, &mut self.problems);
        self.literal(literal)
    }

    fn string_literal(&mut self) -> Expr {
        let token = self.bump();
        let (style, quote) = match token.kind {
            T::VerbatimStr => (Style::Verbatim, 2),
            _ => (Style::Regular, 1),
        };
        let text = self.text_of(token);
        let inside = text.get(quote..).unwrap_or("");
        let inside = inside.strip_suffix('"').unwrap_or(inside);
        let start = token.span.start + u32::try_from(quote).unwrap_or(0);
        let value = value::string(inside, start, style, &mut self.problems);
        self.adjacent_strings(token);
        Expr { kind: ExprKind::Literal(Literal::Str(value)), span: token.span }
    }

    /// `"a"""`: two strings that touch, where a quote was to be part of one string.
    fn adjacent_strings(&mut self, first: Token) {
        let touches = |parser: &Self| parser.kind() == T::Str && parser.touches_previous(parser.at);
        if !touches(self) {
            return;
        }
        while touches(self) {
            self.bump();
        }
        // `"""` has been reported as a raw string.
        if self.text_of(first) != "\"\"" {
            let message = "two strings stand next to each other (CS1003)";
            let help = "a quote inside of a string is written `\\\"`; in `@\"…\"` it is doubled";
            self.report(Problem::new("csharp-adjacent-strings", self.since(first.span), message).help(help));
        }
    }

    fn name_expr(&mut self) -> Expr {
        if self.peek(1) == T::ColonColon {
            return self.alias();
        }
        if self.is_word("nameof") && self.peek(1) == T::OpenParen {
            return self.name_of();
        }
        let name = self.simple_name();
        let span = name.span;
        Expr { kind: ExprKind::Name(name), span }
    }

    fn alias(&mut self) -> Expr {
        let alias = self.name();
        let start = alias.span;
        self.bump();
        let name = self.simple_name();
        Expr { kind: ExprKind::Alias { alias, name }, span: self.since(start) }
    }

    fn name_of(&mut self) -> Expr {
        let start = self.bump().span;
        let args = self.args(T::CloseParen);
        let span = self.since(start);
        let kind = match sole(args) {
            Some(value) => ExprKind::NameOf(Box::new(value)),
            None => {
                self.report(Problem::new("csharp-name-of", span, "`nameof` takes one name (CS1501)"));
                ExprKind::Error
            }
        };
        Expr { kind, span }
    }

    fn keyword_expr(&mut self, keyword: K) -> Expr {
        match keyword {
            K::True => self.literal(Literal::Bool(true)),
            K::False => self.literal(Literal::Bool(false)),
            K::Null => self.literal(Literal::Null),
            K::New => self.creation(),
            K::Typeof => self.of_type(ExprKind::TypeOf),
            K::Sizeof => self.of_type(ExprKind::SizeOf),
            K::Default if self.peek(1) == T::OpenParen => self.of_type(ExprKind::Default),
            K::Default => Expr { kind: ExprKind::DefaultLiteral, span: self.bump().span },
            K::Checked | K::Unchecked => self.checked(keyword == K::Checked),
            K::Delegate => self.anonymous_method(),
            K::Throw => self.misplaced_throw(),
            K::This | K::Base | K::Ref | K::Stackalloc => self.refused_keyword(keyword),
            _ => match predefined(keyword) {
                Some(ty) => self.predefined_expr(ty),
                None => self.no_value(),
            },
        }
    }

    /// `int` in `int.Parse`.
    fn predefined_expr(&mut self, ty: crate::ast::Predefined) -> Expr {
        if self.peek(1) != T::Dot {
            return self.type_for_value(ty);
        }
        Expr { kind: ExprKind::Predefined(ty), span: self.bump().span }
    }

    fn type_for_value(&mut self, ty: crate::ast::Predefined) -> Expr {
        let name = self.skip_type_and_name(self.at);
        let message = format!("`{}` is a type, a value is expected (CS1525)", ty.keyword());
        if !self.quiet() {
            let problem = Problem::new("csharp-type-for-value", self.span(), message);
            let help = "variables are declared in `@{ … }`, each declaration ends in `;`";
            self.report(if name.is_some() { problem.help(help) } else { problem });
        }
        let start = self.bump().span;
        if let Some(name) = name {
            self.at = name + 1;
            self.quiet_at = self.at;
        }
        Expr { kind: ExprKind::Error, span: self.since(start) }
    }

    /// `typeof(T)` and its like.
    fn of_type(&mut self, make: impl FnOnce(crate::ast::Type) -> ExprKind) -> Expr {
        let start = self.bump().span;
        let open = self.at;
        if !self.expect(T::OpenParen) {
            return self.error_here();
        }
        let ty = self.ty(TypeAt::Plain);
        self.close(open, T::CloseParen);
        Expr { kind: make(ty), span: self.since(start) }
    }

    fn checked(&mut self, checked: bool) -> Expr {
        let start = self.bump().span;
        let open = self.at;
        if !self.expect(T::OpenParen) {
            return self.error_here();
        }
        let value = Box::new(self.expr());
        self.close(open, T::CloseParen);
        Expr { kind: ExprKind::Checked { checked, value }, span: self.since(start) }
    }

    fn misplaced_throw(&mut self) -> Expr {
        let message =
            "`throw` can stand behind `??`, in a branch of `?:` and as the body of a lambda only (CS8115)";
        self.problem("csharp-misplaced-throw", message);
        self.expr_or_throw()
    }

    fn paren_or_tuple(&mut self) -> Expr {
        let open = self.at;
        let start = self.bump().span;
        let mut items = vec![self.tuple_item()];
        while self.eat(T::Comma) {
            items.push(self.tuple_item());
        }
        self.close(open, T::CloseParen);
        let span = self.since(start);
        let named = items.iter().any(|item| item.name.is_some());
        let kind = match items.pop() {
            Some(item) if items.is_empty() && !named => ExprKind::Paren(Box::new(item.value)),
            last => {
                items.extend(last);
                ExprKind::Tuple(items)
            }
        };
        if let ExprKind::Tuple(items) = &kind
            && items.len() < 2
        {
            self.report(Problem::new("csharp-tuple", span, "a tuple has at least two items (CS8124)"));
        }
        Expr { kind, span }
    }

    fn tuple_item(&mut self) -> TupleItem {
        let name = (self.kind() == T::Name && self.peek(1) == T::Colon).then(|| self.name());
        if name.is_some() {
            self.bump();
        }
        let value = if self.is_declared_item() { self.declared_variable() } else { self.expr() };
        TupleItem { name, value }
    }

    /// `int a` or `var (a, b)` in a deconstruction.
    fn is_declared_item(&self) -> bool {
        let behind = match self.skip_type_and_name(self.at) {
            Some(name) => name + 1,
            None if self.is_word("var") && self.peek(1) == T::OpenParen => match self.mate(self.at + 1) {
                Some(close) => close + 1,
                None => return false,
            },
            None => return false,
        };
        matches!(self.kind_at(behind), T::Comma | T::CloseParen)
    }

    /// Something that was reported by the lexer.
    fn bad(&mut self) -> Expr {
        let start = self.bump().span;
        while matches!(self.kind(), T::Bad | T::BadString) {
            self.bump();
        }
        self.quiet_at = self.at;
        Expr { kind: ExprKind::Error, span: self.since(start) }
    }

    /// No value begins here.
    fn no_value(&mut self) -> Expr {
        if let Some(help) = self.statement_help() {
            if !self.quiet() {
                let message = format!("{} is a statement, a value is expected (CS1525)", self.shown());
                self.report(Problem::new("csharp-statement", self.span(), message).help(help));
            }
            return self.error_here();
        }
        let message = match self.kind() {
            T::End => "a value expected at the end (CS1733)".to_owned(),
            _ => format!("a value expected, found {} (CS1525)", self.shown()),
        };
        self.problem("csharp-expected-value", message);
        self.error_here()
    }

    /// What to do when the token here begins a statement.
    pub(super) fn statement_help(&self) -> Option<&'static str> {
        let T::Keyword(keyword) = self.kind() else { return None };
        let statement =
            matches!(keyword, K::Return | K::If | K::For | K::Foreach | K::While | K::Do | K::Try)
                || matches!(keyword, K::Switch | K::Using | K::Const | K::Break | K::Continue);
        statement.then_some("an expression has no statements; write them as `@{ … return …; }`")
    }
}

/// The only argument, without name and mode.
fn sole(args: Args) -> Option<Expr> {
    let mut list = args.list.into_iter();
    match (list.next(), list.next()) {
        (Some(arg), None) if arg.name.is_none() && arg.mode == ArgMode::Value => Some(arg.value),
        _ => None,
    }
}
