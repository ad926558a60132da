//! Problems, and the limits that keep hostile text from doing harm.

use source::Code;

use super::Parser;
use crate::Problem;
use crate::token::{Keyword, TokenKind as T};

impl Parser<'_> {
    pub(super) fn report(&mut self, problem: Problem) {
        if !self.stopped {
            self.problems.push(problem);
        }
    }

    /// Whether a problem at the current token would only repeat one; from now on it would.
    pub(super) fn quiet(&mut self) -> bool {
        let known = matches!(self.kind(), T::Bad | T::BadString | T::Ellipsis);
        let consequence = self.unclosed && self.kind() == T::End;
        let quiet = self.stopped || known || consequence || self.quiet_at == self.at;
        self.quiet_at = self.at;
        quiet
    }

    /// Reports at the current token, unless something was reported there.
    pub(super) fn problem(&mut self, code: Code, message: impl Into<String>) {
        if !self.quiet() {
            self.report(Problem::new(code, self.span(), message));
        }
    }

    /// Something is missing behind the token read last.
    pub(super) fn expected(&mut self, what: &str, cs: &str) {
        if !self.quiet() {
            let message = format!("{what} expected ({cs})");
            self.report(Problem::new("csharp-expected", self.behind(), message));
        }
    }

    pub(super) fn expect(&mut self, kind: T) -> bool {
        let found = self.eat(kind);
        if !found {
            let (what, cs) = describe(kind);
            self.expected(what, cs);
        }
        found
    }

    /// Closes the bracket at token `open`: skips what is left in it, after a problem.
    pub(super) fn close(&mut self, open: usize, kind: T) {
        if self.eat(kind) {
            return;
        }
        let (what, cs) = describe(kind);
        self.expected(what, cs);
        if let Some(mate) = self.mate(open).filter(|&mate| mate >= self.at) {
            self.at = mate + 1;
        }
    }

    pub(super) fn end_of_expression(&mut self) {
        if self.kind() == T::End || self.quiet_at == self.at {
            return;
        }
        if self.kind() == T::Semicolon {
            let help = "delete the `;`, or write `@{ return …; }`";
            let message = "`@( )` holds an expression without `;` (CS1026)";
            return self.report(Problem::new("csharp-semicolon", self.span(), message).help(help));
        }
        self.unexpected();
    }

    /// The current token does not belong here.
    pub(super) fn unexpected(&mut self) {
        if let Some(help) = self.statement_help() {
            let message = "`@( )` holds an expression, not statements (CS1026)";
            if !self.quiet() {
                self.report(Problem::new("csharp-statement", self.span(), message).help(help));
            }
            return;
        }
        let text = self.shown();
        self.problem("csharp-unexpected", format!("unexpected {text} (CS1003)"));
    }

    /// The current token as messages show it.
    pub(super) fn shown(&self) -> String {
        match self.text_of(self.token()) {
            "" => "end".into(),
            text if text.chars().count() > 40 => "text".into(),
            text => format!("`{text}`"),
        }
    }
}

/// Levels.
impl Parser<'_> {
    /// Reads something one level deeper; `otherwise` when that is too deep.
    pub(super) fn nested<R>(
        &mut self,
        otherwise: impl FnOnce(&Self) -> R,
        read: impl FnOnce(&mut Self) -> R,
    ) -> R {
        if self.depth >= self.limits.nesting {
            self.stop(format!("more than {} levels of brackets and operators", self.limits.nesting));
            return otherwise(self);
        }
        self.depth += 1;
        self.peak = self.peak.max(self.depth);
        let result = read(self);
        self.depth -= 1;
        result
    }

    /// Begins a chain such as `a.b.c` or `a + b + c`, each link of which puts a node above all before it.
    pub(super) fn begin_chain(&mut self) -> u32 {
        std::mem::replace(&mut self.peak, self.depth)
    }

    /// One more link; false when the tree would become too high.
    pub(super) fn link(&mut self) -> bool {
        self.peak += 1;
        let fits = self.peak <= self.limits.height;
        if !fits {
            self.stop(format!("more than {} operators or members in a chain", self.limits.height));
        }
        fits
    }

    pub(super) fn end_chain(&mut self, before: u32) {
        self.peak = self.peak.max(before);
    }

    /// Gives up: nothing behind this place is read.
    pub(super) fn stop(&mut self, message: String) {
        let help = "split it up with local variables in `@{ … }`";
        self.report(Problem::new("csharp-too-deep", self.span(), message).help(help));
        self.stopped = true;
        self.at = self.tokens.len().saturating_sub(1);
    }
}

const fn describe(kind: T) -> (&'static str, &'static str) {
    match kind {
        T::Semicolon => ("`;`", "CS1002"),
        T::OpenParen => ("`(`", "CS1003"),
        T::CloseParen => ("`)`", "CS1026"),
        T::OpenBracket => ("`[`", "CS1003"),
        T::CloseBracket => ("`]`", "CS1003"),
        T::OpenBrace => ("`{`", "CS1514"),
        T::CloseBrace => ("`}`", "CS1513"),
        T::Colon => ("`:`", "CS1003"),
        T::Comma => ("`,`", "CS1003"),
        T::Equal => ("`=`", "CS1003"),
        T::Greater => ("`>`", "CS1003"),
        T::Arrow => ("`=>`", "CS1003"),
        T::Keyword(Keyword::In) => ("`in`", "CS1515"),
        T::Keyword(Keyword::While) => ("`while`", "CS1003"),
        _ => ("something else", "CS1003"),
    }
}
