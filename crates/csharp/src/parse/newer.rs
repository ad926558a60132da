//! C# that expressions do not have, recognised and named.
//!
//! APIM documents C# 7. What came later is reported with the way to write it in C# 7, what has no place in an
//! expression with the reason; both are read over, so that one of them does not hide other problems.

use super::Parser;
use super::skip::{begins_expression, begins_value};
use crate::Problem;
use crate::ast::{Expr, ExprKind, PatternKind, StmtKind};
use crate::token::{Keyword as K, TokenKind as T};

impl Parser<'_> {
    /// The construct here came with C# `version`.
    pub(super) fn newer(&mut self, what: &str, version: u32, help: &str) {
        if !self.quiet() {
            let message = format!("{what} needs C# {version}, expressions have C# 7 (CS8370)");
            self.report(Problem::new("csharp-newer", self.span(), message).help(help));
        }
    }

    /// The construct here has no place in expressions.
    pub(super) fn refuse(&mut self, what: &str, help: &str) {
        if !self.quiet() {
            let message = format!("{what} cannot be used in expressions");
            let problem = Problem::new("csharp-refused", self.span(), message);
            self.report(if help.is_empty() { problem } else { problem.help(help) });
        }
    }

    fn error_from(&self, expr: &Expr) -> Expr {
        Expr { kind: ExprKind::Error, span: self.since(expr.span) }
    }

    // Values.

    /// `^1`, `..x`, `&x`, `*x`.
    pub(super) fn refused_prefix(&mut self) -> Expr {
        match self.kind() {
            T::Caret => self.newer("an index from the end `^`", 8, "write `x[x.Length - n]`"),
            T::DotDot => self.newer_range(),
            _ => self.refuse("a pointer", ""),
        }
        let start = self.bump().span;
        if begins_expression(self.kind()) {
            self.operand();
        }
        Expr { kind: ExprKind::Error, span: self.since(start) }
    }

    fn newer_range(&mut self) {
        self.newer("a range `..`", 8, "write `Substring`, or `Skip` and `Take`");
    }

    /// `a..b`
    pub(super) fn range(&mut self, left: Expr) -> Expr {
        self.newer_range();
        self.bump();
        if begins_expression(self.kind()) || self.kind() == T::Caret {
            self.operand();
        }
        self.error_from(&left)
    }

    pub(super) fn begins_await(&self) -> bool {
        let next = self.peek(1);
        self.is_word("await")
            && (begins_value(next) || matches!(next, T::Keyword(_)) && begins_expression(next))
    }

    pub(super) fn refused_await(&mut self) -> Expr {
        self.refuse("`await`", "expressions run to their end without waiting; use the policy `send-request`");
        let start = self.bump().span;
        self.operand();
        Expr { kind: ExprKind::Error, span: self.since(start) }
    }

    /// `async x =>`, `async (…) =>`.
    pub(super) fn begins_async(&self) -> bool {
        self.is_word("async") && self.begins_lambda_at(self.at + 1)
    }

    pub(super) fn refused_async(&mut self) -> Expr {
        self.refuse("`async`", "leave it out");
        self.bump();
        self.lambda()
    }

    /// `x->y`
    pub(super) fn pointer_member(&mut self, target: Expr) -> Expr {
        self.refuse("a pointer", "members stand behind `.`");
        self.bump();
        self.simple_name();
        self.error_from(&target)
    }

    pub(super) fn is_null_forgiving(&self) -> bool {
        !begins_expression(self.peek(1))
    }

    /// `x!`
    pub(super) fn null_forgiving(&mut self, operand: Expr) -> Expr {
        self.newer("`!` behind a value", 8, "leave it out");
        self.bump();
        operand
    }

    /// `x switch { … }`
    pub(super) fn switch_expression(&mut self, value: Expr) -> Expr {
        self.newer("a `switch` expression", 8, "write a `switch` statement in `@{ … }`, or `a ? b : c`");
        self.bump();
        self.skip_bracket();
        self.error_from(&value)
    }

    /// `x with { … }`
    pub(super) fn with_expression(&mut self, value: Expr) -> Expr {
        self.newer("`with`", 9, "create a new object");
        self.bump();
        self.skip_bracket();
        self.error_from(&value)
    }

    /// Skips the bracket here and what is in it.
    fn skip_bracket(&mut self) {
        self.at = match self.mate(self.at) {
            Some(mate) => mate + 1,
            None => self.tokens.len().saturating_sub(1),
        };
    }

    /// `new(…)`
    pub(super) fn target_typed_new(&mut self) -> ExprKind {
        self.newer("`new` without a type", 9, "write the type: `new T(…)`");
        self.args(T::CloseParen);
        if self.kind() == T::OpenBrace {
            self.initializer();
        }
        ExprKind::Error
    }

    /// `[a, b]`
    pub(super) fn collection_expression(&mut self) -> Expr {
        self.newer("a collection expression `[…]`", 12, "write `new[] { … }`");
        let start = self.span();
        self.skip_bracket();
        Expr { kind: ExprKind::Error, span: self.since(start) }
    }

    pub(super) fn refused_keyword(&mut self, keyword: K) -> Expr {
        match keyword {
            K::Ref => self.refuse("`ref` outside of arguments and parameters", "use the value itself"),
            K::Stackalloc => self.refuse("`stackalloc`", "write `new T[n]`"),
            K::Base => self.refuse("`base`", ""),
            _ => self.refuse("`this`", "the object that expressions work with is `context`"),
        }
        let start = self.bump().span;
        if let Some(end) = self.skip_type(self.at).filter(|_| keyword == K::Stackalloc) {
            self.at = end;
            self.args(T::CloseBracket);
        } else if begins_expression(self.kind()) {
            self.operand();
        }
        Expr { kind: ExprKind::Error, span: self.since(start) }
    }

    // Patterns.

    /// A pattern that C# 7 does not have.
    pub(super) fn refused_pattern(&mut self) -> Option<PatternKind> {
        match self.kind() {
            T::Name if self.is_word("not") && begins_pattern(self.peek(1)) => {
                self.newer("`not` in a pattern", 9, "write `!(x is …)`, or `x != null`");
                self.bump();
                self.is_pattern();
            }
            T::Less | T::LessEqual | T::Greater | T::GreaterEqual => {
                self.newer("a comparison in a pattern", 9, "write `x > 1` or `case int x when x > 1`");
                self.bump();
                self.constant();
            }
            T::OpenBrace => self.property_pattern(),
            T::OpenBracket => {
                self.newer("a list pattern", 11, "compare length and elements");
                self.skip_bracket();
            }
            _ => {
                let end = self.skip_type(self.at)?;
                if self.kind_at(end) != T::OpenBrace {
                    return None;
                }
                self.at = end;
                self.property_pattern();
            }
        }
        Some(PatternKind::Error)
    }

    /// `{ A: 1 }` behind `is`.
    fn property_pattern(&mut self) {
        self.newer("a property pattern `{ … }`", 8, "compare the properties: `x?.Y == 1`");
        self.skip_bracket();
        if self.kind() == T::Name && !self.is_combinator() && !self.is_word("when") {
            self.bump();
        }
    }

    /// Whether `or` or `and` between patterns stands here.
    pub(super) fn is_combinator(&self) -> bool {
        (self.is_word("or") || self.is_word("and")) && begins_pattern(self.peek(1))
    }

    /// `or b`, `and c` behind a pattern.
    pub(super) fn refused_combination(&mut self) {
        while self.is_combinator() {
            self.newer("`or` and `and` between patterns", 9, "write `x == a || x == b`");
            self.bump();
            self.is_pattern();
        }
    }

    /// The constant of a pattern.
    pub(super) fn constant(&mut self) -> Expr {
        let constant = self.nested(Self::error_here, Self::shift);
        if matches!(constant.kind, ExprKind::Tuple(_)) {
            self.quiet_at = usize::MAX;
            let message = "a pattern of several items needs C# 8, expressions have C# 7 (CS8370)";
            self.report(Problem::new("csharp-newer", constant.span, message).help("compare the items"));
        }
        constant
    }

    // Statements.

    /// A statement that expressions do not have.
    pub(super) fn refused_statement(&mut self) -> Option<StmtKind> {
        match self.kind() {
            T::Keyword(keyword) => self.refused_keyword_statement(keyword),
            T::OpenBracket => {
                self.refuse("an attribute", "");
                self.skip_bracket();
                Some(StmtKind::Error)
            }
            T::Name => self.refused_word_statement(),
            _ => None,
        }
    }

    fn refused_keyword_statement(&mut self, keyword: K) -> Option<StmtKind> {
        match keyword {
            K::Goto => self.refuse("`goto`", "use `if`, a loop or a local function"),
            K::Unsafe | K::Fixed => self.refuse("unsafe code", ""),
            K::Class | K::Struct | K::Interface | K::Enum | K::Namespace | K::Event => {
                self.refuse("a type declaration", "use an anonymous object, a tuple or a `JObject`");
            }
            K::Ref if self.is_keyword_at(self.at + 1, K::Readonly) => {
                self.refuse("a `ref readonly` variable", "leave `readonly` out");
            }
            K::Delegate if self.skip_type_and_name(self.at + 1).is_some() => {
                self.refuse("a type declaration", "`Func<…>` and `Action<…>` are there already");
            }
            _ => return self.modifiers(),
        }
        self.bump();
        self.skip_to_semicolon();
        Some(StmtKind::Error)
    }

    /// Words such as `static` before a declaration are reported and read over.
    fn modifiers(&mut self) -> Option<StmtKind> {
        let first = self.at;
        while let T::Keyword(keyword) = self.kind() {
            match keyword {
                K::Static => self.newer("a `static` local function", 8, "leave `static` out"),
                K::Public
                | K::Private
                | K::Internal
                | K::Protected
                | K::Readonly
                | K::Virtual
                | K::Override
                | K::Abstract
                | K::Sealed
                | K::Extern
                | K::Volatile => {
                    let message =
                        format!("{} cannot stand before a local declaration (CS0106)", self.shown());
                    if !self.quiet() {
                        let problem = Problem::new("csharp-modifier", self.span(), message);
                        self.report(problem.help("leave it out"));
                    }
                }
                _ => break,
            }
            self.bump();
        }
        // What follows is a statement of its own.
        if self.at == first { None } else { Some(self.statement().kind) }
    }

    fn refused_word_statement(&mut self) -> Option<StmtKind> {
        let next = self.peek(1);
        if self.is_word("yield") && matches!(next, T::Keyword(K::Return | K::Break)) {
            self.refuse("`yield`", "fill a `List<T>` and give it back");
        } else if self.is_word("await") && matches!(next, T::Keyword(K::Foreach | K::Using)) {
            self.refuse("`await`", "");
        } else if self.is_word("async") && self.skip_type_and_name(self.at + 1).is_some() {
            self.refuse("`async`", "leave it out");
            self.bump();
            return Some(self.statement().kind);
        } else if self.is_word("record")
            && next == T::Name
            && matches!(self.peek(2), T::OpenParen | T::OpenBrace)
        {
            self.newer("a record", 9, "use an anonymous object, a tuple or a `JObject`");
        } else if next == T::Colon {
            self.refuse("a label", "use `if`, a loop or a local function");
            self.bump();
            self.bump();
            return Some(StmtKind::Error);
        } else {
            return None;
        }
        self.bump();
        self.skip_to_semicolon();
        Some(StmtKind::Error)
    }

    /// `using var x = …;`, `using X;`.
    pub(super) fn refused_using(&mut self) -> Option<StmtKind> {
        match self.peek(1) {
            T::OpenParen => return None,
            T::Name if matches!(self.peek(2), T::Semicolon | T::Dot) => {
                self.refuse("a `using` directive", "the usual namespaces are open; write others in full");
            }
            _ => self.newer("a `using` declaration", 8, "write `using (var x = …) { … }`"),
        }
        self.bump();
        self.skip_to_semicolon();
        Some(StmtKind::Error)
    }

    /// `where T : …` behind the parameters of a local function.
    pub(super) fn refused_constraints(&mut self) {
        self.refuse("a constraint of a type parameter", "leave it out");
        while !matches!(self.kind(), T::OpenBrace | T::Arrow | T::Semicolon | T::End) {
            self.bump();
        }
    }
}

fn begins_pattern(kind: T) -> bool {
    begins_expression(kind)
        || matches!(kind, T::OpenBrace | T::Less | T::LessEqual | T::Greater | T::GreaterEqual)
}
