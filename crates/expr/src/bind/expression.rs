//! Expressions by kind.

use csharp::ast::{Expr, ExprKind, UnaryOp};
use source::Span;

use crate::Value;
use crate::code::Node;
use crate::types::Type;

use super::{Binder, Bound};

impl Binder<'_> {
    /// Binds an expression as a value.
    pub(super) fn expr(&mut self, expr: &Expr) -> Bound {
        let bound = self.unjoined(expr);
        if let Some((when_true, when_false)) = self.split.take() {
            self.state = when_true.join(&when_false);
        }
        bound
    }

    /// Binds an expression; a condition leaves its two states in `split`.
    pub(super) fn unjoined(&mut self, expr: &Expr) -> Bound {
        self.split = None;
        self.deeper(expr.span, |binder| binder.expr_kind(expr), |binder| binder.wrong(expr.span))
    }

    fn expr_kind(&mut self, expr: &Expr) -> Bound {
        let span = expr.span;
        match &expr.kind {
            ExprKind::Error => self.wrong(span),
            ExprKind::Literal(literal) => self.literal_expr(literal, span),
            ExprKind::Interpolated(parts) => self.interpolated(parts, span),
            ExprKind::Paren(inner) => self.paren(inner, span),
            ExprKind::Name(_)
            | ExprKind::Member { .. }
            | ExprKind::Predefined(_)
            | ExprKind::Alias { .. } => self.named_value(expr),
            ExprKind::NullConditional { target, access } => self.null_conditional(target, access, span),
            ExprKind::Receiver => self.receiver(span),
            ExprKind::Call { target, args } => self.call(target, args, span),
            ExprKind::Index { target, args } => self.index(target, args, span),
            ExprKind::Cast { ty, value } => self.cast_expr(ty, value, span),
            ExprKind::Conditional { condition, then, otherwise } => {
                self.conditional(condition, then, otherwise, span)
            }
            ExprKind::Unary { op, operand } => self.unary(*op, operand, span),
            ExprKind::Binary { op, op_span, left, right } => self.binary(*op, *op_span, left, right, span),
            ExprKind::Assign { op, target, value } => self.assign(*op, target, value, span),
            ExprKind::Step { op, prefix, operand } => self.step(*op, *prefix, operand, span),
            _ => self.rarer(expr),
        }
    }

    fn rarer(&mut self, expr: &Expr) -> Bound {
        let span = expr.span;
        match &expr.kind {
            ExprKind::New(new) => self.new_object(new, span),
            ExprKind::NewAnonymous(members) => self.new_anonymous(members, span),
            ExprKind::NewArray(new) => self.new_array(new, span),
            ExprKind::NewImplicitArray { rank: 1, init } => self.implicit_array(init, span),
            ExprKind::NewImplicitArray { rank, init } => self.implicit_multi_array(*rank, init, span),
            ExprKind::As { value, ty } => self.as_expr(value, ty, span),
            ExprKind::Is { value, pattern } => self.is_expr(value, pattern, span),
            ExprKind::Checked { checked, value } => self.checked_expr(*checked, value),
            ExprKind::Default(ty) => self.default_of(ty, span),
            ExprKind::NameOf(value) => self.name_of(value, span),
            ExprKind::Throw(value) => self.throw_expr(value, span),
            ExprKind::Lambda(_) => {
                let message =
                    "a lambda stands where no delegate type is wanted, so that it has no type (CS1660)";
                self.error("csharp-lambda-type", span, message);
                self.help("pass it to a method, or declare the variable with its `Func<…>` type");
                self.wrong(span)
            }
            ExprKind::DefaultLiteral => {
                self.error(
                    "csharp-default-type",
                    span,
                    "there is no target type for the default literal (CS8716)",
                );
                self.help("write `default(T)`");
                self.wrong(span)
            }
            ExprKind::Tuple(items) => self.tuple(items, span),
            ExprKind::TypeOf(ty) => self.type_of(ty, span),
            ExprKind::SizeOf(ty) => self.size_of(ty, span),
            ExprKind::Query(query) => self.query(query, span),
            ExprKind::Ref(_) => {
                let message = "a reference can be the value of a `ref` variable only (CS8171)";
                self.error("csharp-reference", span, message);
                self.help("leave `ref` out, or declare the variable with `ref`");
                self.wrong(span)
            }
            ExprKind::Declare { .. } => {
                self.error(
                    "csharp-declaration",
                    span,
                    "a variable can be declared behind `out`, in a pattern and in a deconstruction only (CS8185)",
                );
                self.wrong(span)
            }
            _ => self.wrong(span),
        }
    }

    fn paren(&mut self, inner: &Expr, span: Span) -> Bound {
        let mut bound = self.unjoined(inner);
        bound.span = span;
        bound
    }

    fn cast_expr(&mut self, ty: &csharp::ast::Type, value: &Expr, span: Span) -> Bound {
        let to = self.ty(ty);
        if let ExprKind::DefaultLiteral = value.kind {
            return self.default_literal(&to, span);
        }
        if let Some(bound) = self.delegate_to(value, &to) {
            return bound;
        }
        let value = self.expr(value);
        let value = self.something(value);
        if to == Type::Error || value.ty == Type::Error {
            return self.wrong(span);
        }
        self.cast(value, &to, span)
    }

    fn conditional(&mut self, condition: &Expr, then: &Expr, otherwise: &Expr, span: Span) -> Bound {
        let (condition, when_true, when_false) = self.condition(condition);
        self.go_on(when_true);
        let then = self.expr(then);
        let then = self.something(then);
        let after_then = self.state.clone();
        self.go_on(when_false);
        let otherwise = self.expr(otherwise);
        let otherwise = self.something(otherwise);
        let state = after_then.join(&self.state);
        self.go_on(state);
        let Some(ty) = self.common(&then, &otherwise) else {
            let message = format!(
                "the type of the conditional expression cannot be found: there is no implicit conversion between `{}` and `{}` (CS0173)",
                then.ty, otherwise.ty
            );
            self.error("csharp-conditional-type", span, message);
            self.help("cast one of them");
            return self.wrong(span);
        };
        let (then, otherwise) = (self.convert(then, &ty), self.convert(otherwise, &ty));
        if let (Some(Value::Bool(chosen)), Some(a), Some(b)) =
            (&condition.constant, &then.constant, &otherwise.constant)
        {
            let value = if *chosen { a.clone() } else { b.clone() };
            return self.literal(value, ty, span);
        }
        let node = self.emit(Node::Conditional(condition.node, then.node, otherwise.node));
        self.bound(node, ty, span)
    }

    fn as_expr(&mut self, value: &Expr, ty: &csharp::ast::Type, span: Span) -> Bound {
        let value = self.expr(value);
        let value = self.something(value);
        let to = self.ty(ty);
        if to == Type::Error || value.ty == Type::Error {
            return self.wrong(span);
        }
        if to.is_value_type() {
            let message = format!("`as` needs a type that can be null; `{to}` cannot (CS0077)");
            self.error("csharp-as-value-type", span, message);
            self.help(format!("write `as {to}?`"));
            return self.wrong(span);
        }
        if !self.may_be(&value.ty, &to) {
            let message = format!("cannot convert type `{}` to `{to}` (CS0039)", value.ty);
            self.error("csharp-no-cast", span, message);
            return self.wrong(span);
        }
        let index = self.type_index(&to);
        let node = self.emit(Node::As { value: value.node, ty: index });
        let mut bound = self.bound(node, to, span);
        bound.origin = self.origin_of_stored();
        bound
    }

    /// Whether a value of a type may be of another at run time.
    pub(super) fn may_be(&self, from: &Type, to: &Type) -> bool {
        let (from, to) = (from.without_nullable(), to.without_nullable());
        from == to
            || matches!(from, Type::Object | Type::Null)
            || matches!(to, Type::Object)
            || matches!(from, Type::Opaque(_))
            || matches!(to, Type::Opaque(_))
            || super::conversion::related(from, to)
    }

    fn checked_expr(&mut self, checked: bool, value: &Expr) -> Bound {
        let before = (self.checked, self.unchecked);
        (self.checked, self.unchecked) = (checked, !checked);
        let bound = self.unjoined(value);
        (self.checked, self.unchecked) = before;
        bound
    }

    fn default_of(&mut self, ty: &csharp::ast::Type, span: Span) -> Bound {
        let ty = self.ty(ty);
        self.default_literal(&ty, span)
    }

    fn type_of(&mut self, ty: &csharp::ast::Type, span: Span) -> Bound {
        let ty = self.ty(ty);
        if ty == Type::Error {
            return self.wrong(span);
        }
        let index = self.type_index(&ty);
        let node = self.emit(Node::TypeOf(index));
        self.bound(node, Type::class(crate::registry::known().type_object), span)
    }

    /// `sizeof(T)` of a type whose size C# knows (12.8.24).
    fn size_of(&mut self, ty: &csharp::ast::Type, span: Span) -> Bound {
        use crate::types::Scalar;
        let ty = self.ty(ty);
        let size = match &ty {
            Type::Error => return self.wrong(span),
            Type::Scalar(Scalar::Bool | Scalar::SByte | Scalar::Byte) => 1,
            Type::Scalar(Scalar::Char | Scalar::Int16 | Scalar::UInt16) => 2,
            Type::Scalar(Scalar::Int32 | Scalar::UInt32 | Scalar::Single) => 4,
            Type::Scalar(Scalar::Int64 | Scalar::UInt64 | Scalar::Double) => 8,
            Type::Scalar(Scalar::Decimal) => 16,
            other => {
                let message =
                    format!("`{other}` has no size that is known; `sizeof` needs unsafe code (CS0233)");
                self.error("csharp-refused", span, message);
                return self.wrong(span);
            }
        };
        self.literal(Value::Int32(size), Type::INT, span)
    }

    fn name_of(&mut self, value: &Expr, span: Span) -> Bound {
        let name = match &value.kind {
            ExprKind::Name(name) | ExprKind::Member { name, .. } | ExprKind::Alias { name, .. } => {
                name.text().to_owned()
            }
            _ => {
                self.error("csharp-nameof", span, "`nameof` needs a name (CS8081)");
                return self.wrong(span);
            }
        };
        self.check_named(value);
        self.literal(Value::text(&name), Type::String, span)
    }

    /// What `nameof` names has to exist; it is not evaluated, so that it needs no value.
    fn check_named(&mut self, value: &Expr) {
        let problems = self.problems.len();
        let (facts, state) = (self.facts, self.state.clone());
        self.state.dead = true;
        let named = self.named(value);
        let instance_of_type = matches!(named, super::name::Named::Wrong) && self.is_member_of_type(value);
        (self.facts, self.state) = (facts, state);
        if instance_of_type {
            self.problems.truncate(problems);
        }
    }

    /// `nameof(JObject.Count)`: a member of the objects of a type.
    fn is_member_of_type(&mut self, value: &Expr) -> bool {
        let ExprKind::Member { target, name } = &value.kind else { return false };
        let problems = self.problems.len();
        let target = self.named(target);
        self.problems.truncate(problems);
        let super::name::Named::Type(ty) = target else { return false };
        !super::lookup::members(&ty, name.text()).is_empty()
    }

    pub(super) fn throw_expr(&mut self, value: &Expr, span: Span) -> Bound {
        let value = self.expr(value);
        let exception = Type::class(crate::registry::known().exception);
        let thrown =
            matches!(value.ty, Type::Error | Type::Null) || crate::registry::derives(&value.ty, &exception);
        if !thrown {
            let message =
                format!("a value of type `{}` cannot be thrown: it is no exception (CS0155)", value.ty);
            self.error("csharp-throw", value.span, message);
            self.help("write `throw new Exception(\"…\")`");
        }
        let node = self.emit(Node::Throw(value.node));
        self.stop();
        // It has no value, so it converts to whatever is wanted.
        self.bound(node, Type::Error, span)
    }

    /// `a?.b`.
    fn null_conditional(&mut self, target: &Expr, access: &Expr, span: Span) -> Bound {
        let target = self.expr(target);
        let target = self.something(target);
        if target.ty == Type::Error {
            return self.wrong(span);
        }
        if target.ty.is_value_type() {
            let message = format!("`?` cannot be applied to a value of type `{}` (CS0023)", target.ty);
            self.error("csharp-null-conditional", span, message);
            self.help("write `.` instead of `?.`: it is never null");
            return self.wrong(span);
        }
        let slot = self.temporary(target.ty.clone());
        let inside = target.ty.without_nullable().clone();
        let before = self.state.clone();
        let node = self.read(slot);
        let mut receiver = self.bound(node, inside, target.span);
        receiver.origin = target.origin;
        self.receivers.push(receiver);
        let access = self.expr(access);
        self.receivers.pop();
        self.state = before;
        let node = self.emit(Node::Guard { target: target.node, slot, access: access.node });
        let ty = Type::nullable(access.ty);
        let mut bound = self.bound(node, ty, span);
        bound.origin = access.origin;
        bound
    }

    fn receiver(&mut self, span: Span) -> Bound {
        match self.receivers.last().cloned() {
            Some(receiver) => receiver,
            None => self.wrong(span),
        }
    }

    fn unary(&mut self, op: UnaryOp, operand: &Expr, span: Span) -> Bound {
        if op == UnaryOp::Minus
            && let ExprKind::Literal(literal) = &operand.kind
            && let Some(lowest) = self.lowest(literal, span)
        {
            return lowest;
        }
        if op == UnaryOp::Not {
            return self.not(operand, span);
        }
        let operand = self.expr(operand);
        self.unary_number(op, operand, span)
    }
}
