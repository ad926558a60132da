//! Interpolated strings.

use super::Parser;
use crate::Problem;
use crate::ast::{Expr, ExprKind, InterpolatedPart};
use crate::token::TokenKind as T;
use crate::value::{self, Style};

impl Parser<'_> {
    pub(super) fn interpolated(&mut self) -> Expr {
        let start = self.bump();
        let style = match start.kind {
            T::VerbatimInterpolatedStart => Style::VerbatimInterpolated,
            _ => Style::Interpolated,
        };
        let mut parts = Vec::new();
        loop {
            match self.kind() {
                T::InterpolatedText => parts.push(self.interpolated_text(style)),
                T::HoleOpen => parts.push(self.hole(style)),
                _ => break,
            }
        }
        self.eat(T::InterpolatedEnd);
        Expr { kind: ExprKind::Interpolated(parts), span: self.since(start.span) }
    }

    fn interpolated_text(&mut self, style: Style) -> InterpolatedPart {
        let token = self.bump();
        let value = value::string(self.text_of(token), token.span.start, style, &mut self.problems);
        InterpolatedPart::Text { value, span: token.span }
    }

    fn hole(&mut self, style: Style) -> InterpolatedPart {
        let start = self.bump().span;
        let value = self.hole_expr();
        let alignment = self.eat(T::Comma).then(|| self.hole_expr());
        let format = (self.kind() == T::HoleFormat).then(|| {
            let token = self.bump();
            if matches!(self.text_of(token), "" | ":") {
                let message = "the format behind `:` is empty (CS8089)";
                self.report(
                    Problem::new("csharp-empty-format", token.span, message).help("leave the `:` out"),
                );
            }
            value::string(self.text_of(token), token.span.start, style, &mut self.problems)
        });
        self.end_hole();
        InterpolatedPart::Hole { value, alignment, format, span: self.since(start) }
    }

    fn hole_expr(&mut self) -> Expr {
        if self.kind() == T::HoleClose {
            self.expected("a value", "CS1733");
            return self.error_here();
        }
        self.expr()
    }

    /// Skips what is left in a hole after a problem; holes of strings inside of it are passed over.
    fn end_hole(&mut self) {
        if self.eat(T::HoleClose) {
            return;
        }
        self.expected("`}`", "CS1513");
        let mut inner = 0_usize;
        while self.kind() != T::End {
            match self.kind() {
                T::HoleOpen => inner += 1,
                T::HoleClose if inner == 0 => break,
                T::HoleClose => inner -= 1,
                _ => {}
            }
            self.bump();
        }
        self.eat(T::HoleClose);
    }
}
