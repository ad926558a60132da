//! Operators, from assignment down to unary ones.

use super::Parser;
use super::types::TypeAt;
use crate::Problem;
use crate::ast::{BinaryOp, Expr, ExprKind, StepOp, UnaryOp};
use crate::token::{Keyword as K, TokenKind as T};

/// How tightly an operator binds; `??` least.
type Precedence = u8;

const COALESCE: Precedence = 1;
const RELATIONAL: Precedence = 8;

/// What may stand between two operands.
enum Infix {
    Binary(BinaryOp),
    Is,
    As,
}

impl Parser<'_> {
    /// An expression of any kind but `throw`.
    pub(super) fn expr(&mut self) -> Expr {
        self.nested(Self::error_here, Self::assignment)
    }

    fn assignment(&mut self) -> Expr {
        if let Some(special) = self.lambda_or_query() {
            return special;
        }
        let target = self.conditional();
        let Some((op, length)) = self.assignment_operator() else { return target };
        self.at += length;
        let value = if op.is_none() { self.expr_or_ref() } else { self.expr() };
        let span = target.span.to(value.span);
        let kind = ExprKind::Assign { op, target: Box::new(target), value: Box::new(value) };
        Expr { kind, span }
    }

    /// The assignment operator here, and of how many tokens it is.
    fn assignment_operator(&mut self) -> Option<(Option<BinaryOp>, usize)> {
        let op = match self.kind() {
            T::Equal => return Some((None, 1)),
            T::PlusEqual => BinaryOp::Add,
            T::MinusEqual => BinaryOp::Subtract,
            T::StarEqual => BinaryOp::Multiply,
            T::SlashEqual => BinaryOp::Divide,
            T::PercentEqual => BinaryOp::Remainder,
            T::AndEqual => BinaryOp::And,
            T::OrEqual => BinaryOp::Or,
            T::CaretEqual => BinaryOp::Xor,
            T::LessLessEqual => BinaryOp::ShiftLeft,
            T::Greater if self.peek(1) == T::GreaterEqual && self.touches_previous(self.at + 1) => {
                return Some((Some(BinaryOp::ShiftRight), 2));
            }
            T::QuestionQuestionEqual => {
                self.newer("`??=`", 8, "write `x = x ?? y`");
                BinaryOp::Coalesce
            }
            _ => return None,
        };
        Some((Some(op), 1))
    }

    fn conditional(&mut self) -> Expr {
        let condition = self.binary(COALESCE);
        if self.kind() != T::Question {
            return condition;
        }
        self.bump();
        let then = self.expr_or_throw();
        self.conditional_colon();
        let otherwise = self.expr_or_throw();
        let span = condition.span.to(otherwise.span);
        let kind = ExprKind::Conditional {
            condition: Box::new(condition),
            then: Box::new(then),
            otherwise: Box::new(otherwise),
        };
        Expr { kind, span }
    }

    /// The `:` of `?:`. Directly in a hole of a string, C# takes it for the beginning of a format.
    fn conditional_colon(&mut self) {
        if self.kind() != T::HoleFormat {
            self.expect(T::Colon);
            return;
        }
        let message = "`?:` in a hole of a string has to stand in parentheses (CS8361)";
        let help = "write `{(a ? b : c)}`: a `:` directly in the hole begins a format";
        self.report(Problem::new("csharp-conditional-in-hole", self.span(), message).help(help));
        self.quiet_at = self.at;
    }

    /// Operators that bind at least as tightly as `least`.
    fn binary(&mut self, least: Precedence) -> Expr {
        let before = self.begin_chain();
        let mut left = self.unary();
        while let Some((infix, precedence, length)) = self.infix() {
            if precedence < least || !self.link() {
                break;
            }
            left = self.infix_with(left, &infix, precedence, length);
        }
        self.end_chain(before);
        left
    }

    fn infix_with(&mut self, left: Expr, infix: &Infix, precedence: Precedence, length: usize) -> Expr {
        let op_span = self.span().to(self.token_at(self.at + length - 1).span);
        self.at += length;
        let start = left.span;
        let kind = match *infix {
            Infix::As => ExprKind::As { value: Box::new(left), ty: self.ty(TypeAt::Operand) },
            Infix::Is => ExprKind::Is { value: Box::new(left), pattern: Box::new(self.is_pattern()) },
            Infix::Binary(op) => {
                let right = self.right_operand(op, precedence);
                ExprKind::Binary { op, op_span, left: Box::new(left), right: Box::new(right) }
            }
        };
        Expr { kind, span: self.since(start) }
    }

    fn right_operand(&mut self, op: BinaryOp, precedence: Precedence) -> Expr {
        if op != BinaryOp::Coalesce {
            return self.nested(Self::error_here, |parser| parser.binary(precedence + 1));
        }
        if self.is_keyword(K::Throw) {
            self.expr_or_throw()
        } else {
            self.nested(Self::error_here, |parser| parser.binary(COALESCE))
        }
    }

    /// The operator here, how tightly it binds, and of how many tokens it is.
    fn infix(&self) -> Option<(Infix, Precedence, usize)> {
        let (op, precedence) = match self.kind() {
            T::QuestionQuestion => (BinaryOp::Coalesce, COALESCE),
            T::OrOr => (BinaryOp::OrElse, 2),
            T::AndAnd => (BinaryOp::AndAlso, 3),
            T::Or => (BinaryOp::Or, 4),
            T::Caret => (BinaryOp::Xor, 5),
            T::And => (BinaryOp::And, 6),
            T::EqualEqual => (BinaryOp::Equal, 7),
            T::NotEqual => (BinaryOp::NotEqual, 7),
            T::Keyword(K::Is) => return Some((Infix::Is, RELATIONAL, 1)),
            T::Keyword(K::As) => return Some((Infix::As, RELATIONAL, 1)),
            T::Less => (BinaryOp::Less, RELATIONAL),
            T::LessEqual => (BinaryOp::LessOrEqual, RELATIONAL),
            T::Greater => return self.greater(),
            T::GreaterEqual => (BinaryOp::GreaterOrEqual, RELATIONAL),
            T::LessLess => (BinaryOp::ShiftLeft, 9),
            T::Plus => (BinaryOp::Add, 10),
            T::Minus => (BinaryOp::Subtract, 10),
            T::Star => (BinaryOp::Multiply, 11),
            T::Slash => (BinaryOp::Divide, 11),
            T::Percent => (BinaryOp::Remainder, 11),
            _ => return None,
        };
        Some((Infix::Binary(op), precedence, 1))
    }

    /// `>`, `>>`, or the `>>=` of an assignment, which is none of these.
    fn greater(&self) -> Option<(Infix, Precedence, usize)> {
        let touches = self.touches_previous(self.at + 1);
        match self.peek(1) {
            T::Greater if touches => Some((Infix::Binary(BinaryOp::ShiftRight), 9, 2)),
            T::GreaterEqual if touches => None,
            _ => Some((Infix::Binary(BinaryOp::Greater), RELATIONAL, 1)),
        }
    }

    /// An operand of a comparison, such as the constant of a pattern.
    pub(super) fn shift(&mut self) -> Expr {
        self.binary(RELATIONAL + 1)
    }

    fn unary(&mut self) -> Expr {
        let op = match self.kind() {
            T::Plus => UnaryOp::Plus,
            T::Minus => UnaryOp::Minus,
            T::Not => UnaryOp::Not,
            T::Tilde => UnaryOp::Complement,
            T::PlusPlus => return self.prefix_step(StepOp::Increment),
            T::MinusMinus => return self.prefix_step(StepOp::Decrement),
            T::OpenParen if self.begins_cast() && !self.begins_lambda() => return self.cast(),
            T::Caret | T::And | T::Star | T::DotDot => return self.refused_prefix(),
            T::Name if self.begins_await() => return self.refused_await(),
            _ => return self.postfix(),
        };
        let start = self.bump().span;
        let operand = self.operand();
        let kind = ExprKind::Unary { op, operand: Box::new(operand) };
        Expr { kind, span: self.since(start) }
    }

    /// What a unary operator is applied to.
    pub(super) fn operand(&mut self) -> Expr {
        self.nested(Self::error_here, Self::unary)
    }

    fn prefix_step(&mut self, op: StepOp) -> Expr {
        let start = self.bump().span;
        let operand = self.operand();
        let kind = ExprKind::Step { op, prefix: true, operand: Box::new(operand) };
        Expr { kind, span: self.since(start) }
    }

    fn cast(&mut self) -> Expr {
        let start = self.bump().span;
        let ty = self.ty(TypeAt::Plain);
        self.expect(T::CloseParen);
        let value = self.operand();
        Expr { kind: ExprKind::Cast { ty, value: Box::new(value) }, span: self.since(start) }
    }

    /// An expression, or `throw x` in its place.
    /// A value, or `ref x`.
    pub(super) fn expr_or_ref(&mut self) -> Expr {
        if !self.is_keyword(K::Ref) {
            return self.expr();
        }
        let start = self.bump().span;
        let value = self.expr();
        Expr { kind: ExprKind::Ref(Box::new(value)), span: self.since(start) }
    }

    pub(super) fn expr_or_throw(&mut self) -> Expr {
        if !self.is_keyword(K::Throw) {
            return self.expr();
        }
        let start = self.bump().span;
        let value = self.expr();
        Expr { kind: ExprKind::Throw(Box::new(value)), span: self.since(start) }
    }
}
