//! Conditions: `&&`, `||`, `!`, and what is assigned when they are true and when they are false.

use csharp::ast::{BinaryOp, Expr};
use source::Span;

use crate::Value;
use crate::code::Node;
use crate::types::Type;

use super::flow::State;
use super::{Binder, Bound};

impl Binder<'_> {
    /// Binds a condition: its value, the state when it is true, the state when it is false.
    pub(super) fn condition(&mut self, expr: &Expr) -> (Bound, State, State) {
        let bound = self.unjoined(expr);
        let split = self.split.take();
        let bound = self.convert(bound, &Type::BOOL);
        let (when_true, when_false) = split.unwrap_or_else(|| (self.state.clone(), self.state.clone()));
        match &bound.constant {
            Some(Value::Bool(true)) => (bound, when_true, State { dead: true, ..when_false }),
            Some(Value::Bool(false)) => (bound, State { dead: true, ..when_true }, when_false),
            _ => (bound, when_true, when_false),
        }
    }

    pub(super) fn not(&mut self, operand: &Expr, span: Span) -> Bound {
        let operand = self.unjoined(operand);
        let split = self.split.take();
        if *operand.ty.without_nullable() != Type::BOOL {
            if operand.ty != Type::Error {
                let message =
                    format!("operator `!` cannot be applied to an operand of type `{}` (CS0023)", operand.ty);
                self.error("csharp-operator", span, message);
            }
            return self.wrong(span);
        }
        self.split = split.map(|(when_true, when_false)| (when_false, when_true));
        if let Some(Value::Bool(value)) = operand.constant {
            return self.literal(Value::Bool(!value), Type::BOOL, span);
        }
        let node = self.emit(Node::Not(operand.node));
        self.bound(node, operand.ty, span)
    }

    pub(super) fn logical(&mut self, op: BinaryOp, left: &Expr, right: &Expr, span: Span) -> Bound {
        let and = op == BinaryOp::AndAlso;
        let (left, left_true, left_false) = self.logical_operand(op, left);
        self.go_on(if and { left_true.clone() } else { left_false.clone() });
        let (right, right_true, right_false) = self.logical_operand(op, right);
        let split = if and {
            (right_true, left_false.join(&right_false))
        } else {
            (left_true.join(&right_true), right_false)
        };
        self.state = split.0.join(&split.1);
        self.split = Some(split);
        if let (Some(Value::Bool(a)), Some(Value::Bool(b))) = (&left.constant, &right.constant) {
            let value = if and { *a && *b } else { *a || *b };
            return self.literal(Value::Bool(value), Type::BOOL, span);
        }
        let node =
            if and { Node::AndAlso(left.node, right.node) } else { Node::OrElse(left.node, right.node) };
        let node = self.emit(node);
        self.bound(node, Type::BOOL, span)
    }

    fn logical_operand(&mut self, op: BinaryOp, operand: &Expr) -> (Bound, State, State) {
        let bound = self.unjoined(operand);
        let split = self.split.take();
        if bound.ty != Type::BOOL && bound.ty != Type::Error {
            let message = format!(
                "operator `{}` cannot be applied to an operand of type `{}` (CS0019)",
                op.text(),
                bound.ty
            );
            self.error("csharp-operator", bound.span, message);
            if bound.ty == Type::nullable(Type::BOOL) {
                self.help("compare it: `x == true`");
            }
            let wrong = self.wrong(operand.span);
            return (wrong, self.state.clone(), self.state.clone());
        }
        let (when_true, when_false) = split.unwrap_or_else(|| (self.state.clone(), self.state.clone()));
        (bound, when_true, when_false)
    }
}
