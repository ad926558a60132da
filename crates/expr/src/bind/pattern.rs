//! Patterns of C# 7: `is T`, `is T x`, `is null`, `is 1`.

use csharp::ast::{Designation, Expr, ExprKind, Pattern, PatternKind, TypeKind};
use source::Span;

use crate::Value;
use crate::code::{Node, NodeId};
use crate::types::Type;

use super::name::Named;
use super::{Binder, Bound};

impl Binder<'_> {
    pub(super) fn is_expr(&mut self, value: &Expr, pattern: &Pattern, span: Span) -> Bound {
        let value = self.expr(value);
        let value = self.something(value);
        let before = self.state.clone();
        let node = self.test(&value, pattern);
        let when_true = self.state.clone();
        // A pattern's variable is assigned only when the pattern matched.
        self.split = Some((when_true, before));
        match node {
            Some(node) => self.bound(node, Type::BOOL, span),
            None => Bound { ty: Type::BOOL, ..self.wrong(span) },
        }
    }

    /// The test of a value against a pattern; none when there is a problem.
    pub(super) fn test(&mut self, value: &Bound, pattern: &Pattern) -> Option<NodeId> {
        match &pattern.kind {
            PatternKind::Error => None,
            PatternKind::Type(ty) => self.type_test(value, ty, pattern.span),
            PatternKind::Declaration { ty, designation } => self.declaration(value, ty, designation),
            PatternKind::Var(designation) => {
                let kept = value.clone();
                self.keep(&kept, &value.ty.clone(), designation)
            }
            PatternKind::Constant(constant) => self.constant_test(value, constant),
        }
    }

    /// `is T`; the name may be a constant after all.
    fn type_test(&mut self, value: &Bound, ty: &csharp::ast::Type, span: Span) -> Option<NodeId> {
        if let TypeKind::Name(name) = &ty.kind {
            let expr = name_expr(name);
            if let (Some(expr), [.., last]) = (expr, name.parts.as_slice())
                && last.args.is_none()
                && self.is_value_name(&expr)
            {
                return self.constant_test(value, &expr);
            }
        }
        let ty = self.ty(ty);
        if ty != Type::Error && value.ty != Type::Error && !self.may_be(&value.ty, &ty) {
            let message = format!(
                "a value of type `{}` is never a `{ty}`: the test is always false (CS0184)",
                value.ty
            );
            self.warn("csharp-never", span, message);
            let never = self.constant_node(Value::Bool(false));
            return Some(self.sequence(&[value.node, never]));
        }
        self.is_node(value, &ty, span)
    }

    /// The constant that a dotted name in a pattern means; none when it is a type.
    pub(super) fn constant_of_type(&mut self, ty: &csharp::ast::Type) -> Option<Expr> {
        let TypeKind::Name(name) = &ty.kind else { return None };
        let plain = name.parts.last().is_some_and(|last| last.args.is_none());
        let expr = name_expr(name).filter(|_| plain)?;
        self.is_value_name(&expr).then_some(expr)
    }

    fn is_value_name(&mut self, expr: &Expr) -> bool {
        let problems = self.problems.len();
        let named = self.named(expr);
        self.problems.truncate(problems);
        matches!(named, Named::Value(_))
    }

    fn is_node(&mut self, value: &Bound, ty: &Type, span: Span) -> Option<NodeId> {
        if *ty == Type::Error || value.ty == Type::Error {
            return None;
        }
        if !self.may_be(&value.ty, ty) {
            let message = format!("a value of type `{}` is never a `{ty}` (CS8121)", value.ty);
            self.error("csharp-never", span, message);
            return None;
        }
        let ty = self.type_index(ty);
        Some(self.emit(Node::Is { value: value.node, ty }))
    }

    /// `is T x`: the value is kept, tested, and on success put into the variable.
    fn declaration(
        &mut self,
        value: &Bound,
        ty: &csharp::ast::Type,
        designation: &Designation,
    ) -> Option<NodeId> {
        let written = ty.span;
        let ty = self.ty(ty);
        if matches!(ty, Type::Nullable(_)) {
            self.error("csharp-nullable-pattern", written, "a pattern cannot have a nullable type (CS8116)");
            self.help("leave the `?` out: null does not match");
            return None;
        }
        if value.ty == Type::Null {
            self.error(
                "csharp-never",
                value.span,
                "a value of some type is wanted before `is`, found null (CS8117)",
            );
            return None;
        }
        let slot = self.temporary(value.ty.clone());
        let keep = self.write(slot, value.node);
        let read = self.read(slot);
        let kept = self.bound(keep, value.ty.clone(), value.span);
        let test = self.is_node(&kept, &ty, written);
        let read = self.bound(read, ty.clone(), value.span);
        let store = self.keep(&read, &ty, designation);
        Some(match store {
            Some(store) => self.emit(Node::AndAlso(test?, store)),
            None => test?,
        })
    }

    /// Puts a value into the pattern's variable; the node is true. None for a discard.
    fn keep(&mut self, value: &Bound, ty: &Type, designation: &Designation) -> Option<NodeId> {
        match designation {
            Designation::Variable(name) => {
                let slot = self.declare(&name.text, ty.clone(), name.span);
                self.state.assign(slot);
                let store = self.write(slot, value.node);
                let yes = self.constant_node(Value::Bool(true));
                Some(self.sequence(&[store, yes]))
            }
            Designation::Discard(_) => Some(self.constant_node(Value::Bool(true))),
            Designation::Tuple(_, span) => {
                let message = "a pattern of several items needs C# 8, expressions have C# 7 (CS8370)";
                self.error("csharp-newer", *span, message);
                self.help("write `var (a, b) = …;` as a statement of its own");
                None
            }
        }
    }

    fn constant_test(&mut self, value: &Bound, constant: &Expr) -> Option<NodeId> {
        let bound = self.expr(constant);
        let target = match (&value.ty, &bound.ty) {
            (_, Type::Error) => return None,
            // A boxed value has to be of the constant's own type.
            (Type::Object, _) | (_, Type::Null) => bound.ty.clone(),
            (ty, _) => ty.without_nullable().clone(),
        };
        if bound.constant.is_none() {
            self.error("csharp-constant-expected", bound.span, "a constant value is expected (CS0150)");
            return None;
        }
        let bound = if bound.ty == target { bound } else { self.convert(bound, &target) };
        Some(self.emit(Node::Equal { negated: false, left: value.node, right: bound.node }))
    }

    /// A switch label on a value that is kept in a variable.
    pub(super) fn label_test(
        &mut self,
        value: &Bound,
        pattern: &Pattern,
        guard: Option<&Expr>,
        span: Span,
    ) -> NodeId {
        let test = self.test(value, pattern).unwrap_or_else(|| self.wrong(span).node);
        match guard {
            None => test,
            Some(guard) => {
                let (guard, when_true, _) = self.condition(guard);
                self.go_on(when_true);
                self.emit(Node::AndAlso(test, guard.node))
            }
        }
    }
}

/// A dotted name as an expression.
fn name_expr(name: &csharp::ast::QualifiedName) -> Option<Expr> {
    let (first, rest) = name.parts.split_first()?;
    let mut expr = Expr { kind: ExprKind::Name(first.clone()), span: first.span };
    for part in rest {
        let span = Span::new(expr.span.start, part.span.end);
        expr = Expr { kind: ExprKind::Member { target: Box::new(expr), name: part.clone() }, span };
    }
    Some(expr)
}
