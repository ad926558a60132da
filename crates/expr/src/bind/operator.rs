//! Operators on values: numbers, text, enums, nullables, and those that types define.
//!
//! Source: C# specification, 12.4 (promotion, lifting) and 12.10 to 12.15.

use csharp::ast::{BinaryOp, Expr, ExprKind, UnaryOp};
use source::Span;

use crate::Value;
use crate::code::{Arithmetic, Compare, Node};
use crate::eval::{arithmetic, equal_values, less, negate};
use crate::library::Kind;
use crate::registry::{known, registry};
use crate::types::{Scalar, Type};

use super::conversion::{is_reference, related};
use super::{Binder, Bound};

fn arithmetic_of(op: BinaryOp) -> Option<Arithmetic> {
    Some(match op {
        BinaryOp::Add => Arithmetic::Add,
        BinaryOp::Subtract => Arithmetic::Subtract,
        BinaryOp::Multiply => Arithmetic::Multiply,
        BinaryOp::Divide => Arithmetic::Divide,
        BinaryOp::Remainder => Arithmetic::Remainder,
        BinaryOp::And => Arithmetic::And,
        BinaryOp::Or => Arithmetic::Or,
        BinaryOp::Xor => Arithmetic::Xor,
        BinaryOp::ShiftLeft => Arithmetic::ShiftLeft,
        BinaryOp::ShiftRight => Arithmetic::ShiftRight,
        _ => return None,
    })
}

fn compare_of(op: BinaryOp) -> Option<Compare> {
    Some(match op {
        BinaryOp::Less => Compare::Less,
        BinaryOp::LessOrEqual => Compare::LessOrEqual,
        BinaryOp::Greater => Compare::Greater,
        BinaryOp::GreaterOrEqual => Compare::GreaterOrEqual,
        _ => return None,
    })
}

/// Binary numeric promotion (12.4.7.3); none when the types do not go together.
fn promoted(a: &Bound, b: &Bound) -> Option<Scalar> {
    use Scalar::{Bool, Decimal, Double, Int32, Int64, Single, UInt32, UInt64};
    let (x, y) = (a.ty.without_nullable().scalar()?, b.ty.without_nullable().scalar()?);
    if x == Bool || y == Bool {
        return None;
    }
    let either = |kind| x == kind || y == kind;
    let signed = |ty: Scalar| matches!(ty, Scalar::SByte | Scalar::Int16 | Int32 | Int64);
    if either(Decimal) {
        return (!either(Double) && !either(Single)).then_some(Decimal);
    }
    if either(Double) {
        return Some(Double);
    }
    if either(Single) {
        return Some(Single);
    }
    if either(UInt64) {
        let fits = |bound: &Bound, ty: Scalar| {
            !signed(ty) || bound.constant.as_ref().and_then(Value::as_integer).is_some_and(|n| n >= 0)
        };
        return (fits(a, x) && fits(b, y)).then_some(UInt64);
    }
    if either(Int64) {
        return Some(Int64);
    }
    if either(UInt32) {
        let other = if x == UInt32 { (b, y) } else { (a, x) };
        let constant = other.0.constant.as_ref().and_then(Value::as_integer).is_some_and(|n| n >= 0);
        return Some(if signed(other.1) && !(constant && other.1 == Int32) { Int64 } else { UInt32 });
    }
    Some(Int32)
}

impl Binder<'_> {
    pub(super) fn binary(
        &mut self,
        op: BinaryOp,
        op_span: Span,
        left: &Expr,
        right: &Expr,
        span: Span,
    ) -> Bound {
        match op {
            BinaryOp::AndAlso | BinaryOp::OrElse => self.logical(op, left, right, span),
            BinaryOp::Coalesce => self.coalesce(left, right, span),
            _ => self.chain(op, op_span, left, right),
        }
    }

    /// `a + b + c + …`, however long, without recursion along its left edge.
    fn chain(&mut self, op: BinaryOp, op_span: Span, left: &Expr, right: &Expr) -> Bound {
        let mut rest = vec![(op, op_span, right)];
        let mut first = left;
        while let ExprKind::Binary { op, op_span, left, right } = &first.kind
            && !matches!(op, BinaryOp::AndAlso | BinaryOp::OrElse | BinaryOp::Coalesce)
        {
            rest.push((*op, *op_span, right));
            first = left;
        }
        let mut result = self.expr(first);
        for (op, op_span, right) in rest.into_iter().rev() {
            let right = self.expr(right);
            let span = Span::new(result.span.start, right.span.end);
            result = self.operate(op, op_span, result, right, span);
        }
        result
    }

    /// An operator on two values.
    pub(super) fn operate(
        &mut self,
        op: BinaryOp,
        op_span: Span,
        left: Bound,
        right: Bound,
        span: Span,
    ) -> Bound {
        let (left, right) = (self.something(left), self.something(right));
        if left.ty == Type::Error || right.ty == Type::Error {
            return self.wrong(span);
        }
        if matches!(op, BinaryOp::Equal | BinaryOp::NotEqual) {
            return self.equality(op, left, right, span);
        }
        // A `+` that the other type defines goes before concatenation: `XNamespace + string`.
        let defines = |ty: &Type| matches!(ty, Type::Class(..));
        if op == BinaryOp::Add
            && (defines(&left.ty) || defines(&right.ty))
            && let Some(bound) = self.defined_operator(op.text(), &[&left, &right], span)
        {
            return bound;
        }
        if op == BinaryOp::Add && (left.ty == Type::String || right.ty == Type::String) {
            return self.concatenation(left, right, span);
        }
        if let Some(bound) = self.defined_operator(op.text(), &[&left, &right], span) {
            return bound;
        }
        if let Some(compare) = compare_of(op) {
            return self.order(compare, op, left, right, span);
        }
        match arithmetic_of(op) {
            Some(kind) => self.numeric(kind, op, left, right, span),
            None => self.no_operator(op, op_span, &left, &right),
        }
    }

    fn no_operator(&mut self, op: BinaryOp, span: Span, left: &Bound, right: &Bound) -> Bound {
        let both_null = matches!((&left.ty, &right.ty), (Type::Null, Type::Null));
        let message = format!(
            "operator `{}` cannot be applied to operands of type `{}` and `{}` ({})",
            op.text(),
            left.ty,
            right.ty,
            if both_null { "CS0034" } else { "CS0019" }
        );
        self.error("csharp-operator", span, message);
        let loose = |ty: &Type| matches!(ty, Type::Object) || *ty == Type::class(known().jtoken);
        if loose(&left.ty) || loose(&right.ty) {
            self.help("cast the operand to the type that it has: `(string)x`, `(int)x`");
        }
        self.wrong(Span::new(left.span.start, right.span.end))
    }

    fn concatenation(&mut self, left: Bound, right: Bound, span: Span) -> Bound {
        if let (Some(a), Some(b)) = (&left.constant, &right.constant) {
            let shown = |value: &Value| crate::eval::plain_text(value);
            let text = shown(a) + &shown(b);
            return self.literal(Value::Text(text.into()), Type::String, span);
        }
        let mut parts = self.concat_parts(&left);
        parts.extend(self.concat_parts(&right));
        let list = self.node_list(&parts);
        let node = self.emit(Node::Concat(list));
        self.bound(node, Type::String, span)
    }

    /// The parts of a text that is a concatenation itself: `a + b + c` is made at once.
    fn concat_parts(&self, bound: &Bound) -> Vec<crate::code::NodeId> {
        match self.code.nodes.get(bound.node.0 as usize) {
            Some(Node::Concat(list)) if bound.ty == Type::String => self.code.list(*list).to_vec(),
            _ => vec![bound.node],
        }
    }

    fn numeric(&mut self, kind: Arithmetic, op: BinaryOp, left: Bound, right: Bound, span: Span) -> Bound {
        let (left, right) = lifted_null(left, right);
        if matches!(kind, Arithmetic::Add | Arithmetic::Subtract) && (is_enum(&left.ty) || is_enum(&right.ty))
        {
            return self.enum_arithmetic(kind, op, left, right, span);
        }
        let nullable = matches!(left.ty, Type::Nullable(_)) || matches!(right.ty, Type::Nullable(_));
        let bit = matches!(kind, Arithmetic::And | Arithmetic::Or | Arithmetic::Xor);
        let same = left.ty.without_nullable() == right.ty.without_nullable();
        let logical = *left.ty.without_nullable() == Type::BOOL || is_enum(left.ty.without_nullable());
        let ty = if matches!(kind, Arithmetic::ShiftLeft | Arithmetic::ShiftRight) {
            return self.shift(kind, op, left, right, span);
        } else if bit && same && logical {
            left.ty.without_nullable().clone()
        } else {
            match promoted(&left, &right) {
                Some(Scalar::Double | Scalar::Single | Scalar::Decimal) if bit => {
                    return self.no_operator(op, span, &left, &right);
                }
                Some(scalar) => Type::Scalar(scalar),
                None => return self.no_operator(op, span, &left, &right),
            }
        };
        let ty = if nullable { Type::nullable(ty) } else { ty };
        let (left, right) = (self.promote(left, &ty), self.promote(right, &ty));
        self.fold_or_emit(kind, left, right, ty, span)
    }

    /// `enum + number`, `number + enum`, `enum - number`, `enum - enum` (12.10.5, 12.10.6).
    fn enum_arithmetic(
        &mut self,
        kind: Arithmetic,
        op: BinaryOp,
        left: Bound,
        right: Bound,
        span: Span,
    ) -> Bound {
        let number = |bound: &Bound| {
            super::conversion::implicit(&bound.ty, bound.constant.as_ref(), &Type::INT).is_some()
                && !is_enum(&bound.ty)
        };
        let result = match (is_enum(&left.ty), is_enum(&right.ty)) {
            (true, true) if left.ty == right.ty && kind == Arithmetic::Subtract => Type::INT,
            (true, false) if number(&right) => left.ty.clone(),
            (false, true) if number(&left) && kind == Arithmetic::Add => right.ty.clone(),
            _ => return self.no_operator(op, span, &left, &right),
        };
        let (left, right) = (self.cast(left, &Type::INT, span), self.cast(right, &Type::INT, span));
        let value = self.fold_or_emit(kind, left, right, Type::INT, span);
        if result == Type::INT { value } else { self.cast(value, &result, span) }
    }

    /// Converts an operand to the type that an operator computes in.
    fn promote(&mut self, operand: Bound, ty: &Type) -> Bound {
        let target = match (&operand.ty, ty) {
            // A value that is not nullable stays so: the operator looks for null by itself.
            (own, Type::Nullable(inner)) if !matches!(own, Type::Nullable(_)) => inner.as_ref().clone(),
            _ => ty.clone(),
        };
        if operand.ty == target {
            return operand;
        }
        let span = operand.span;
        self.cast(operand, &target, span)
    }

    fn fold_or_emit(&mut self, kind: Arithmetic, left: Bound, right: Bound, ty: Type, span: Span) -> Bound {
        if let (Some(a), Some(b)) = (&left.constant, &right.constant) {
            return match arithmetic(kind, self.folds_checked(), a, b) {
                Ok(value) => self.literal(value, ty, span),
                Err(exception) if exception.class() == "System.DivideByZeroException" => {
                    self.error("csharp-divide-by-zero", span, "division by constant zero (CS0020)");
                    self.wrong(span)
                }
                Err(_) => {
                    self.error(
                        "csharp-constant-overflow",
                        span,
                        "the operation overflows at compile time (CS0220)",
                    );
                    self.help("use a `long`, or `unchecked(…)`");
                    self.wrong(span)
                }
            };
        }
        let checked = self.checked;
        let node = self.emit(Node::Arithmetic { op: kind, checked, left: left.node, right: right.node });
        self.bound(node, ty, span)
    }

    fn shift(&mut self, kind: Arithmetic, op: BinaryOp, left: Bound, right: Bound, span: Span) -> Bound {
        let scalar = match left.ty.without_nullable() {
            Type::Scalar(scalar @ (Scalar::UInt32 | Scalar::Int64 | Scalar::UInt64)) => *scalar,
            Type::Scalar(scalar) if scalar.is_integral() => Scalar::Int32,
            _ => return self.no_operator(op, span, &left, &right),
        };
        let nullable = matches!(left.ty, Type::Nullable(_));
        let ty = if nullable { Type::nullable(Type::Scalar(scalar)) } else { Type::Scalar(scalar) };
        let fits = |to: &Type| super::conversion::implicit(&right.ty, right.constant.as_ref(), to).is_some();
        let count = if fits(&Type::INT) {
            Type::INT
        } else if fits(&Type::nullable(Type::INT)) {
            Type::nullable(Type::INT)
        } else {
            return self.no_operator(op, span, &left, &right);
        };
        let ty = if matches!(count, Type::Nullable(_)) { Type::nullable(ty) } else { ty };
        let left = self.promote(left, &ty);
        let right = self.convert(right, &count);
        self.fold_or_emit(kind, left, right, ty, span)
    }

    fn order(&mut self, compare: Compare, op: BinaryOp, left: Bound, right: Bound, span: Span) -> Bound {
        let (a, b) = (left.ty.without_nullable(), right.ty.without_nullable());
        let ordered = |ty: &Type| {
            let known = known();
            is_enum(ty)
                || [known.date_time, known.date_time_offset, known.time_span]
                    .iter()
                    .any(|id| ty.is_class(*id))
        };
        let (left, right) = if a == b && ordered(a) {
            (left, right)
        } else if let Some(scalar) = promoted(&left, &right) {
            let nullable = matches!(left.ty, Type::Nullable(_)) || matches!(right.ty, Type::Nullable(_));
            let ty = Type::Scalar(scalar);
            let ty = if nullable { Type::nullable(ty) } else { ty };
            (self.promote(left, &ty), self.promote(right, &ty))
        } else if matches!(left.ty, Type::Null) || matches!(right.ty, Type::Null) {
            // `x < null` is false, with a warning in C#.
            return self.literal(Value::Bool(false), Type::BOOL, span);
        } else {
            return self.no_operator(op, span, &left, &right);
        };
        if let (Some(a), Some(b)) = (&left.constant, &right.constant) {
            return self.literal(Value::Bool(less(compare, a, b)), Type::BOOL, span);
        }
        let node = self.emit(Node::Compare { op: compare, left: left.node, right: right.node });
        self.bound(node, Type::BOOL, span)
    }

    fn equality(&mut self, op: BinaryOp, left: Bound, right: Bound, span: Span) -> Bound {
        let negated = op == BinaryOp::NotEqual;
        let (a, b) = (left.ty.clone(), right.ty.clone());
        if matches!((&a, &b), (Type::Tuple(_), Type::Tuple(_))) {
            return self.tuple_equality(op, left, right, span);
        }
        if a == Type::Null || b == Type::Null {
            return self.null_test(op, left, right, span);
        }
        if a == Type::String && b == Type::String {
            return self.equal_node(negated, left, right, span);
        }
        if let Some(bound) = self.defined_operator(op.text(), &[&left, &right], span) {
            return bound;
        }
        if let Some(scalar) = promoted(&left, &right) {
            let nullable = matches!(a, Type::Nullable(_)) || matches!(b, Type::Nullable(_));
            let ty = Type::Scalar(scalar);
            let ty = if nullable { Type::nullable(ty) } else { ty };
            let (left, right) = (self.promote(left, &ty), self.promote(right, &ty));
            return self.equal_node(negated, left, right, span);
        }
        if a.without_nullable() == b.without_nullable() && a.without_nullable().is_value_type() {
            return self.equal_node(negated, left, right, span);
        }
        let zero = |bound: &Bound| bound.constant.as_ref().and_then(Value::as_integer) == Some(0);
        let to_zero =
            (is_enum(a.without_nullable()) && zero(&right)) || (is_enum(b.without_nullable()) && zero(&left));
        if to_zero {
            let (left, right) = (self.promote_enum(left, &a, &b), self.promote_enum(right, &b, &a));
            return self.equal_node(negated, left, right, span);
        }
        if is_reference(&a) && is_reference(&b) && related(&a, &b) {
            return self.same_object(negated, left, right, span);
        }
        self.no_operator(op, span, &left, &right)
    }

    fn promote_enum(&mut self, operand: Bound, own: &Type, other: &Type) -> Bound {
        if is_enum(own.without_nullable()) {
            operand
        } else {
            self.convert(operand, other.without_nullable())
        }
    }

    fn null_test(&mut self, op: BinaryOp, left: Bound, right: Bound, span: Span) -> Bound {
        let other = if left.ty == Type::Null { &right } else { &left };
        if matches!(other.ty, Type::Tuple(_)) {
            return self.no_operator(op, span, &left, &right);
        }
        // `5 == null` is allowed with a warning: a value lifts to a nullable.
        if matches!(&other.ty, Type::Class(id, _) if registry().class(*id).is_value() && !is_enum(&other.ty) && !has_equality(&other.ty))
        {
            return self.no_operator(op, span, &left, &right);
        }
        if left.constant.is_some()
            && right.constant.is_some()
            && left.ty == Type::Null
            && right.ty == Type::Null
        {
            return self.literal(Value::Bool(op == BinaryOp::Equal), Type::BOOL, span);
        }
        self.equal_node(op == BinaryOp::NotEqual, left, right, span)
    }

    fn equal_node(&mut self, negated: bool, left: Bound, right: Bound, span: Span) -> Bound {
        if let (Some(a), Some(b)) = (&left.constant, &right.constant) {
            let equal = equal_values(a, b);
            return self.literal(Value::Bool(equal != negated), Type::BOOL, span);
        }
        let node = self.emit(Node::Equal { negated, left: left.node, right: right.node });
        self.bound(node, Type::BOOL, span)
    }

    /// `==` of objects: whether they are the same object, also when both are text.
    fn same_object(&mut self, negated: bool, left: Bound, right: Bound, span: Span) -> Bound {
        let same = crate::library::object::same;
        let node = self.call_native(same, &[left.node, right.node]);
        let node = if negated { self.emit(Node::Not(node)) } else { node };
        self.bound(node, Type::BOOL, span)
    }

    fn coalesce(&mut self, left: &Expr, right: &Expr, span: Span) -> Bound {
        let left = self.expr(left);
        let left = self.something(left);
        let before = self.state.clone();
        let right = self.expr(right);
        let right = self.something(right);
        let state = before.join(&self.state);
        self.go_on(state);
        if left.ty == Type::Error || (right.ty == Type::Error && !self.is_throw(&right)) {
            return self.wrong(span);
        }
        if left.ty == Type::Null && !self.is_throw(&right) {
            return right;
        }
        if left.ty.is_value_type() || left.ty == Type::Null {
            let message = format!(
                "operator `??` cannot be applied to operands of type `{}` and `{}` (CS0019)",
                left.ty, right.ty
            );
            self.error("csharp-operator", span, message);
            if left.ty != Type::Null {
                self.help("the left operand is never null: leave `??` and what follows out");
            }
            return self.wrong(span);
        }

        let inner = left.ty.without_nullable().clone();
        let fits = |to: &Type| super::conversion::implicit(&right.ty, right.constant.as_ref(), to).is_some();
        let ty = if fits(&inner) && right.ty != Type::Null {
            inner
        } else if fits(&left.ty) {
            left.ty.clone()
        } else if super::conversion::implicit(&inner, None, &right.ty).is_some() {
            right.ty.clone()
        } else {
            let message = format!(
                "operator `??` cannot be applied to operands of type `{}` and `{}` (CS0019)",
                left.ty, right.ty
            );
            self.error("csharp-operator", span, message);
            self.help("cast one of the operands to the type of the other");
            return self.wrong(span);
        };
        self.coalesced(left, right, ty, span)
    }

    fn is_throw(&self, bound: &Bound) -> bool {
        matches!(self.code.nodes.get(bound.node.0 as usize), Some(Node::Throw(_)))
    }

    /// The left operand is converted only when it is not null.
    fn coalesced(&mut self, left: Bound, right: Bound, ty: Type, span: Span) -> Bound {
        let right = self.convert(right, &ty);
        let own = left.ty.without_nullable().clone();
        let conversion = super::conversion::implicit(&own, None, &ty);
        let node = match conversion {
            None | Some(super::conversion::Conversion::None) => {
                self.emit(Node::Coalesce(left.node, right.node))
            }
            Some(conversion) => {
                let slot = self.temporary(left.ty.clone());
                let read = self.read(slot);
                let read = self.bound(read, own, left.span);
                let converted = self.apply(read, &conversion, &ty);
                let guarded = self.emit(Node::Guard { target: left.node, slot, access: converted.node });
                self.emit(Node::Coalesce(guarded, right.node))
            }
        };
        let mut bound = self.bound(node, ty, span);
        bound.origin = left.origin;
        bound
    }

    pub(super) fn unary_number(&mut self, op: UnaryOp, operand: Bound, span: Span) -> Bound {
        let operand = self.something(operand);
        if operand.ty == Type::Error {
            return self.wrong(span);
        }
        if let Some(bound) = self.defined_operator(op.text(), &[&operand], span) {
            return bound;
        }
        let scalar = match (op, operand.ty.without_nullable()) {
            (UnaryOp::Complement, ty) if is_enum(ty) => {
                let node = self.emit(Node::Complement(operand.node));
                return self.bound(node, operand.ty, span);
            }
            (
                UnaryOp::Complement,
                Type::Scalar(Scalar::Single | Scalar::Double | Scalar::Decimal | Scalar::Bool),
            )
            | (_, Type::Scalar(Scalar::Bool)) => None,
            (UnaryOp::Minus, Type::Scalar(Scalar::UInt32)) => Some(Scalar::Int64),
            (UnaryOp::Minus, Type::Scalar(Scalar::UInt64)) => None,
            (
                _,
                Type::Scalar(Scalar::SByte | Scalar::Byte | Scalar::Int16 | Scalar::UInt16 | Scalar::Char),
            ) => Some(Scalar::Int32),
            (_, Type::Scalar(scalar)) => Some(*scalar),
            _ => None,
        };
        let Some(scalar) = scalar else {
            let message = format!(
                "operator `{}` cannot be applied to an operand of type `{}` (CS0023)",
                op.text(),
                operand.ty
            );
            self.error("csharp-operator", span, message);
            return self.wrong(span);
        };
        let nullable = matches!(operand.ty, Type::Nullable(_));
        let ty = if nullable { Type::nullable(Type::Scalar(scalar)) } else { Type::Scalar(scalar) };
        let operand = self.promote(operand, &ty);
        self.unary_node(op, operand, ty, span)
    }

    fn unary_node(&mut self, op: UnaryOp, operand: Bound, ty: Type, span: Span) -> Bound {
        let checked = self.checked;
        let folded = operand.constant.as_ref().map(|value| match op {
            UnaryOp::Minus => negate(self.folds_checked(), value),
            UnaryOp::Complement => Ok(crate::eval::complement(value)),
            _ => Ok(value.clone()),
        });
        match (folded, op) {
            (Some(Ok(value)), _) => self.literal(value, ty, span),
            (Some(Err(_)), _) => {
                self.error(
                    "csharp-constant-overflow",
                    span,
                    "the operation overflows at compile time (CS0220)",
                );
                self.wrong(span)
            }
            (None, UnaryOp::Minus) => {
                let node = self.emit(Node::Negate { checked, operand: operand.node });
                self.bound(node, ty, span)
            }
            (None, UnaryOp::Complement) => {
                let node = self.emit(Node::Complement(operand.node));
                self.bound(node, ty, span)
            }
            (None, _) => Bound { span, ..operand },
        }
    }
}

/// `null` beside a number is a nullable of its type (12.4.8).
fn lifted_null(left: Bound, right: Bound) -> (Bound, Bound) {
    let beside = |other: &Bound| {
        let inner = other.ty.without_nullable();
        let lifts = matches!(inner, Type::Scalar(_)) || is_enum(inner);
        lifts.then(|| Type::nullable(inner.clone()))
    };
    match (&left.ty, &right.ty) {
        (Type::Null, _) => {
            let ty = beside(&right).unwrap_or(Type::Null);
            (Bound { ty, constant: None, ..left }, right)
        }
        (_, Type::Null) => {
            let ty = beside(&left).unwrap_or(Type::Null);
            (left, Bound { ty, constant: None, ..right })
        }
        _ => (left, right),
    }
}

pub(super) fn is_enum(ty: &Type) -> bool {
    matches!(ty, Type::Class(id, _) if matches!(registry().class(*id).kind(), Kind::Enum(_)))
}

/// Value types whose `==` lifts.
fn has_equality(ty: &Type) -> bool {
    let known = known();
    [known.date_time, known.date_time_offset, known.time_span, known.guid].iter().any(|id| ty.is_class(*id))
}
