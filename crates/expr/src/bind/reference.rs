//! What is passed by reference: `out x`, `out var x`, `ref x`, `ref array[i]`.
//!
//! A function that the author wrote gets the cell of the variable; one of the library gets the value, and what it gives back
//! is assigned when it returns.

use csharp::ast::{Args, Designation, Expr, ExprKind};
use source::Span;

use crate::Value;
use crate::code::{Node, NodeId, Slot};
use crate::types::Type;

use super::overload::{Argument, ArgumentValue};
use super::{Binder, Bound};

impl Binder<'_> {
    /// The type of what is passed by reference; [`Type::Error`] with a problem reported when it cannot be.
    pub(super) fn reference_type(&mut self, target: &Expr) -> Type {
        match &target.kind {
            ExprKind::Paren(inner) => self.reference_type(inner),
            ExprKind::Name(name) => self.variable_reference(name.text(), target),
            ExprKind::Index { target: object, .. } => {
                let problems = self.problems.len();
                let state = self.state.clone();
                let object = self.expr(object);
                self.problems.truncate(problems);
                self.state = state;
                match object.ty {
                    Type::Array(element) => element.as_ref().clone(),
                    Type::Error => Type::Error,
                    _ => self.no_reference(target.span, "CS0206"),
                }
            }
            kind => {
                let code = if matches!(kind, ExprKind::Member { .. }) { "CS0206" } else { "CS1510" };
                self.expr(target);
                self.no_reference(target.span, code)
            }
        }
    }

    fn no_reference(&mut self, span: Span, code: &str) -> Type {
        let message =
            format!("a variable or an element of an array is wanted behind `ref` and `out` ({code})");
        self.error("csharp-reference", span, message);
        self.help("put the value into a variable of its own");
        Type::Error
    }

    fn variable_reference(&mut self, name: &str, target: &Expr) -> Type {
        let Some(slot) = self.find_var(name) else {
            let problems = self.problems.len();
            self.expr(target);
            if self.problems.len() == problems {
                return self.no_reference(target.span, "CS1510");
            }
            return Type::Error;
        };
        let Some(var) = self.var(slot).cloned() else { return Type::Error };
        if let Some(what) = var.fixed {
            let message = format!("`{name}` cannot be passed by reference because it is {what} (CS1657)");
            self.error("csharp-read-only", target.span, message);
            self.help("copy it into a variable of its own");
            return Type::Error;
        }
        var.ty
    }

    /// What is passed to a function that the author wrote: a cell.
    pub(super) fn reference_to(&mut self, target: &Expr, ty: &Type, out: bool) -> NodeId {
        match &target.kind {
            ExprKind::Paren(inner) => self.reference_to(inner, ty, out),
            ExprKind::Index { target: object, args } => self.element_reference(object, args, target.span),
            _ => {
                let slot = self.referred(target, ty, out);
                if let Some(var) = self.var_mut(slot) {
                    var.captured = true;
                }
                if out {
                    self.state.assign(slot);
                }
                self.emit(Node::Raw(slot))
            }
        }
    }

    /// The variable that is passed, declared if need be; one of its own for a discard.
    fn referred(&mut self, target: &Expr, ty: &Type, out: bool) -> Slot {
        let named = match &target.kind {
            ExprKind::Declare { designation: Designation::Variable(name), .. } => {
                Some(self.declare(&name.text, ty.clone(), name.span))
            }
            ExprKind::Name(name) => self.find_var(name.text()),
            _ => None,
        };
        match named {
            Some(slot) => {
                if !out {
                    self.check_assigned(slot, target.span);
                }
                slot
            }
            None => self.temporary(ty.clone()),
        }
    }

    /// Reports a variable that is read before it has a value.
    pub(super) fn check_assigned(&mut self, slot: Slot, span: Span) {
        let Some(var) = self.var(slot).cloned() else { return };
        if self.is_assigned(slot) || var.ty == Type::Error {
            return;
        }
        let out = self.functions.last().is_some_and(|function| function.outs.contains(&slot));
        let message = if out {
            format!("use of unassigned `out` parameter `{}` (CS0269)", var.name)
        } else {
            format!("use of unassigned local variable `{}` (CS0165)", var.name)
        };
        self.error("csharp-unassigned", span, message);
        self.help(if out { "assign it first" } else { "give it a value where it is declared" });
        self.state.assign(slot);
    }

    pub(super) fn element_reference(&mut self, object: &Expr, args: &Args, span: Span) -> NodeId {
        let array = self.expr(object);
        let index = self.array_index(args, span);
        self.emit(Node::ElementRef { array: array.node, index: index.node })
    }

    /// An `out` or `ref` argument of a library function: what is passed, where the new value lands, and the assignment from
    /// there.
    pub(super) fn out_argument(&mut self, argument: &Argument<'_>, ty: &Type) -> (NodeId, Slot, NodeId) {
        let landing = self.temporary(ty.clone());
        let value = self.read(landing);
        let (target, by_ref) = match &argument.value {
            ArgumentValue::Out(target, _) => (*target, false),
            ArgumentValue::Ref(target, _) => (*target, true),
            _ => return (self.constant_node(Value::Null), landing, value),
        };
        if let ExprKind::Index { target: object, args } = &target.kind {
            let reference = self.element_reference(object, args, target.span);
            let slot = self.reference(ty.clone());
            let keep = self.emit(Node::SetRaw(slot, reference));
            let old = if by_ref { self.read(slot) } else { self.constant_node(Value::Null) };
            let before = self.sequence(&[keep, old]);
            let assign = self.write(slot, value);
            return (before, landing, assign);
        }
        let slot = self.declare_out(target, ty);
        let before = match slot {
            Some(slot) if by_ref => {
                self.check_assigned(slot, target.span);
                self.read(slot)
            }
            _ => self.constant_node(Value::Null),
        };
        let assign = slot.map_or(value, |slot| self.write(slot, value));
        if let Some(slot) = slot {
            self.state.assign(slot);
        }
        (before, landing, assign)
    }

    /// The variable behind `out`, declared if need be; none for a discard.
    pub(super) fn declare_out(&mut self, target: &Expr, ty: &Type) -> Option<Slot> {
        match &target.kind {
            ExprKind::Declare { designation: Designation::Variable(name), .. } => {
                let slot = self.declare(&name.text, ty.clone(), name.span);
                self.state.assign(slot);
                Some(slot)
            }
            ExprKind::Name(name) => {
                let slot = self.find_var(name.text());
                if *ty == Type::Error
                    && let Some(slot) = slot
                {
                    self.state.assign(slot);
                }
                slot
            }
            ExprKind::Paren(inner) => self.declare_out(inner, ty),
            _ => None,
        }
    }

    /// `default`, of a type.
    pub(super) fn default_literal(&mut self, ty: &Type, span: Span) -> Bound {
        if matches!(ty, Type::Tuple(_)) {
            let index = self.type_index(ty);
            let node = self.emit(Node::Default(index));
            return self.bound(node, ty.clone(), span);
        }
        self.literal(crate::eval::default_value(ty), ty.clone(), span)
    }
}
