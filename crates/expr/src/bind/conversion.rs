//! Conversions: implicit, explicit, of constants, and those that types define.
//!
//! Source: C# specification, chapter 10.

use std::sync::Arc;

use source::Span;

use crate::Value;
use crate::code::{Node, NodeId, Site};
use crate::eval::{convert_number, in_range, reference_converts};
use crate::library::signature::MemberKind;
use crate::library::{Call, Kind, NativeFn};
use crate::registry::{Action, bases_of, class_of, known, registry};
use crate::types::{Scalar, TupleShape, Type};

use super::{Binder, Bound};

/// How a value becomes one of another type.
#[derive(Clone, Debug)]
pub(super) enum Conversion {
    /// Nothing happens: same type, boxing, a base type, a nullable from its value.
    None,
    /// Between numbers.
    Number(Scalar),
    /// A constant that fits.
    Constant(Value),
    /// A check of the object's type: unboxing, a derived type.
    Check,
    /// The value of a nullable, then another conversion.
    NotNull(Box<Conversion>),
    /// A number to an enum.
    ToEnum,
    /// An operator that a type defines, and the conversions before and after.
    Operator { function: NativeFn, to: Type, before: Box<Conversion>, after: Box<Conversion> },
    /// Item by item: the tuple's own type, and for each item its new type and how it becomes one.
    Tuple(Type, Vec<(Type, Conversion)>),
}

/// Implicit numeric conversions (10.2.3).
pub(super) fn widens(from: Scalar, to: Scalar) -> bool {
    use Scalar::{Byte, Char, Decimal, Double, Int16, Int32, Int64, SByte, Single, UInt16, UInt32, UInt64};
    match from {
        SByte => matches!(to, Int16 | Int32 | Int64 | Single | Double | Decimal),
        Byte => matches!(to, Int16 | UInt16 | Int32 | UInt32 | Int64 | UInt64 | Single | Double | Decimal),
        Int16 => matches!(to, Int32 | Int64 | Single | Double | Decimal),
        UInt16 => matches!(to, Int32 | UInt32 | Int64 | UInt64 | Single | Double | Decimal),
        Int32 => matches!(to, Int64 | Single | Double | Decimal),
        UInt32 => matches!(to, Int64 | UInt64 | Single | Double | Decimal),
        Int64 | UInt64 => matches!(to, Single | Double | Decimal),
        Char => matches!(to, UInt16 | Int32 | UInt32 | Int64 | UInt64 | Single | Double | Decimal),
        Single => to == Double,
        Double | Decimal | Scalar::Bool => false,
    }
}

/// Whether a type is a reference type.
pub(super) fn is_reference(ty: &Type) -> bool {
    !ty.is_value_type() && !matches!(ty, Type::Nullable(_) | Type::Void | Type::Param(_) | Type::Opaque(_))
}

fn is_enum(ty: &Type) -> bool {
    matches!(ty, Type::Class(id, _) if matches!(registry().class(*id).kind(), Kind::Enum(_)))
}

/// An implicit conversion, if there is one. Conversions that types define are tried last.
pub(super) fn implicit(from: &Type, constant: Option<&Value>, to: &Type) -> Option<Conversion> {
    standard(from, constant, to).or_else(|| user_defined(from, constant, to, false))
}

/// An implicit conversion that no type defines.
pub(super) fn standard(from: &Type, constant: Option<&Value>, to: &Type) -> Option<Conversion> {
    if from == to || matches!(from, Type::Error) || matches!(to, Type::Error) {
        return Some(Conversion::None);
    }
    match (from, to) {
        (Type::Void, _) | (_, Type::Void) => None,
        (Type::Null, to) => to.accepts_null().then_some(Conversion::None),
        (_, Type::Object) => Some(Conversion::None),
        (Type::Scalar(a), Type::Scalar(b)) if widens(*a, *b) => Some(match constant {
            Some(value) => folded(value, *b).unwrap_or(Conversion::Number(*b)),
            None => Conversion::Number(*b),
        }),
        (Type::Scalar(a), Type::Scalar(b)) => constant_fits(*a, constant?, *b),
        (Type::Scalar(Scalar::Int32), to) if is_enum(to) => zero_to_enum(constant?, to),
        (Type::Nullable(a), Type::Nullable(b)) => match standard(a, None, b)? {
            // A number or null: the conversion leaves null alone.
            conversion @ (Conversion::None | Conversion::Number(_)) => Some(conversion),
            _ => None,
        },
        (from, Type::Nullable(inner)) => standard(from, constant, inner),
        (Type::Tuple(a), Type::Tuple(b)) => items(from, a, b, &|from, to| implicit(from, None, to)),
        (from, to) if is_reference(to) && reference_converts(from, to) => Some(Conversion::None),
        _ => None,
    }
}

/// A conversion of a tuple, by its items (10.2.13).
fn items(
    from: &Type,
    own: &TupleShape,
    wanted: &TupleShape,
    convert: &dyn Fn(&Type, &Type) -> Option<Conversion>,
) -> Option<Conversion> {
    if own.items.len() != wanted.items.len() {
        return None;
    }
    let pairs = own.items.iter().zip(&wanted.items);
    let items: Option<Vec<_>> = pairs.map(|(from, to)| Some((to.clone(), convert(from, to)?))).collect();
    Some(Conversion::Tuple(from.clone(), items?))
}

fn folded(value: &Value, to: Scalar) -> Option<Conversion> {
    convert_number(value, to, true).ok().map(Conversion::Constant)
}

/// A constant `int` converts to a smaller type that holds it, a constant `long` to `ulong` (10.2.11).
fn constant_fits(from: Scalar, value: &Value, to: Scalar) -> Option<Conversion> {
    let number = value.as_integer()?;
    let allowed = match from {
        Scalar::Int32 => to.is_integral() && to != Scalar::Char,
        Scalar::Int64 => to == Scalar::UInt64,
        _ => false,
    };
    (allowed && in_range(number, to)).then(|| folded(value, to))?
}

fn zero_to_enum(value: &Value, to: &Type) -> Option<Conversion> {
    let Type::Class(class, _) = to else { return None };
    (value.as_integer() == Some(0))
        .then_some(Conversion::Constant(Value::Enum(crate::value::EnumValue { class: *class, number: 0 })))
}

/// An explicit conversion, if there is one (10.3).
pub(super) fn explicit(from: &Type, constant: Option<&Value>, to: &Type) -> Option<Conversion> {
    if let Some(conversion) = standard(from, constant, to) {
        return Some(conversion);
    }
    standard_explicit(from, to).or_else(|| user_defined(from, constant, to, true))
}

fn standard_explicit(from: &Type, to: &Type) -> Option<Conversion> {
    match (from, to) {
        (Type::Scalar(a), Type::Scalar(b)) if a.is_numeric() && b.is_numeric() => {
            Some(Conversion::Number(*b))
        }
        (Type::Scalar(a), to) if a.is_numeric() && is_enum(to) => Some(Conversion::ToEnum),
        (from, Type::Scalar(b)) if is_enum(from) && b.is_numeric() => Some(Conversion::Number(*b)),
        (from, to) if is_enum(from) && is_enum(to) => Some(Conversion::ToEnum),
        (Type::Nullable(a), Type::Nullable(b)) => standard_explicit(a, b).or_else(|| standard(a, None, b)),
        (from, Type::Nullable(inner)) if !is_reference(from) => standard_explicit(from, inner),
        (Type::Nullable(inner), to) if to.is_value_type() => {
            let inner = if **inner == *to {
                Conversion::None
            } else {
                standard_explicit(inner, to).or_else(|| standard(inner, None, to))?
            };
            Some(Conversion::NotNull(Box::new(inner)))
        }
        (Type::Tuple(a), Type::Tuple(b)) => items(from, a, b, &|from, to| explicit(from, None, to)),
        // Unboxing, and down from `object`.
        (Type::Object, _) => Some(Conversion::Check),
        (from, to) if is_reference(from) && is_reference(to) => {
            related(from, to).then_some(Conversion::Check)
        }
        (from, to) if is_reference(from) && is_interface(from) && !is_reference(to) => {
            Some(Conversion::Check)
        }
        _ => None,
    }
}

fn is_interface(ty: &Type) -> bool {
    matches!(ty, Type::Class(id, _) if matches!(registry().class(*id).kind(), Kind::Interface))
}

/// Whether an object of one type may be of the other as well.
pub(super) fn related(a: &Type, b: &Type) -> bool {
    if reference_converts(a, b) || reference_converts(b, a) {
        return true;
    }
    let open = |ty: &Type| is_interface(ty) && !matches!(ty, Type::String);
    let sealed =
        |ty: &Type| matches!(ty, Type::String | Type::Array(_) | Type::MultiArray(..) | Type::Anonymous(_));
    (open(a) && !sealed(b)) || (open(b) && !sealed(a))
}

/// Conversion operators of both types and their bases (10.5).
fn user_defined(from: &Type, constant: Option<&Value>, to: &Type, explicitly: bool) -> Option<Conversion> {
    let mut best: Option<(u32, Conversion)> = None;
    for ty in [from, to] {
        for owner in self_and_bases(ty) {
            operators_of(&owner, from, constant, to, explicitly, &mut best);
        }
    }
    best.map(|(_, conversion)| conversion)
}

pub(super) fn self_and_bases(ty: &Type) -> Vec<Type> {
    let mut all = vec![ty.clone()];
    let mut at = 0;
    while let Some(next) = all.get(at).cloned() {
        for base in bases_of(&next) {
            if !all.contains(&base) {
                all.push(base);
            }
        }
        at += 1;
    }
    all
}

fn operators_of(
    owner: &Type,
    from: &Type,
    constant: Option<&Value>,
    to: &Type,
    explicitly: bool,
    best: &mut Option<(u32, Conversion)>,
) {
    let Some(class) = class_of(owner) else { return };
    let class = registry().class(class);
    let implicit = class.conversions(MemberKind::Implicit);
    let explicit = class.conversions(MemberKind::Explicit).filter(|_| explicitly);
    for member in implicit.chain(explicit) {
        let Some(param) = member.signature.params.first() else { continue };
        let Action::Library(Call::Function(function)) = member.call else { continue };
        let result = &member.signature.result;
        let Some((cost_in, before)) = cost(from, constant, &param.ty, explicitly) else { continue };
        let Some((cost_out, after)) = cost(result, None, to, explicitly) else { continue };
        let total = cost_in * 4 + cost_out;
        if best.as_ref().is_none_or(|(other, _)| total < *other) {
            let conversion = Conversion::Operator {
                function,
                to: result.clone(),
                before: Box::new(before),
                after: Box::new(after),
            };
            *best = Some((total, conversion));
        }
    }
}

/// How far a type is from another: 0 for the same. The nearest operator wins, as "most specific" does.
fn cost(from: &Type, constant: Option<&Value>, to: &Type, explicitly: bool) -> Option<(u32, Conversion)> {
    if from == to {
        return Some((0, Conversion::None));
    }
    if matches!(from, Type::Null) {
        return None;
    }
    if let Some(conversion) = standard(from, constant, to) {
        let rank = match (from, to) {
            (Type::Scalar(a), Type::Scalar(b)) => (*b as u32).abs_diff(*a as u32),
            (_, Type::Nullable(_)) => 20,
            (_, Type::Object) => 40,
            _ => 1,
        };
        return Some((rank.max(1), conversion));
    }
    match (from, to) {
        // `(JTokenType)`-like chains are not wanted; an enum or number behind an operator is.
        (Type::Scalar(a), Type::Scalar(b)) if explicitly && a.is_numeric() && b.is_numeric() => {
            Some((60, Conversion::Number(*b)))
        }
        _ => None,
    }
}

impl Binder<'_> {
    /// Converts a value, or reports that it cannot be (CS0029, CS0266).
    pub(super) fn convert(&mut self, value: Bound, to: &Type) -> Bound {
        match implicit(&value.ty, value.constant.as_ref(), to) {
            Some(conversion) => self.apply(value, &conversion, to),
            None => self.not_convertible(value, to),
        }
    }

    fn not_convertible(&mut self, value: Bound, to: &Type) -> Bound {
        let span = value.span;
        let from = value.ty.clone();
        if matches!(from, Type::Null) {
            let message =
                format!("cannot convert null to `{to}` because it is a non-nullable value type (CS0037)");
            self.error("csharp-null-to-value", span, message);
            return self.wrong(span);
        }
        let suffix = match to {
            Type::Scalar(Scalar::Single) => Some("F"),
            Type::Scalar(Scalar::Decimal) => Some("M"),
            _ => None,
        };
        if let (Some(Value::Double(_)), Some(suffix)) = (&value.constant, suffix) {
            let message =
                format!("a literal of type `double` cannot be converted to `{to}` implicitly (CS0664)");
            self.error("csharp-needs-cast", span, message);
            self.help(format!("write `{suffix}` behind the number"));
            return self.wrong(span);
        }
        if explicit(&from, value.constant.as_ref(), to).is_some() {
            let message = format!(
                "cannot implicitly convert type `{from}` to `{to}`; an explicit conversion exists (CS0266)"
            );
            self.error("csharp-needs-cast", span, message);
            self.help(format!("write `({to})` before it"));
        } else {
            self.error(
                "csharp-no-conversion",
                span,
                format!("cannot implicitly convert type `{from}` to `{to}` (CS0029)"),
            );
            if matches!(to, Type::String) && !matches!(from, Type::Void) {
                self.help("call `.ToString()` on it");
            }
        }
        self.wrong(span)
    }

    /// A cast.
    pub(super) fn cast(&mut self, value: Bound, to: &Type, span: Span) -> Bound {
        if let (Some(constant), Type::Scalar(scalar)) = (&value.constant, to)
            && let Type::Scalar(_) = value.ty
            && *scalar != Scalar::Bool
            && value.ty != Type::BOOL
        {
            return match convert_number(constant, *scalar, self.folds_checked()) {
                Ok(constant) => self.literal(constant, to.clone(), span),
                Err(_) => {
                    let message = format!("the constant value cannot be converted to `{to}` (CS0221)");
                    self.error("csharp-constant-overflow", span, message);
                    self.help("use `unchecked(…)` to keep the low bits");
                    self.wrong(span)
                }
            };
        }
        match explicit(&value.ty, value.constant.as_ref(), to) {
            Some(conversion) => {
                let mut bound = self.apply(value, &conversion, to);
                bound.span = span;
                bound
            }
            None if matches!(value.ty, Type::Null) => self.not_convertible(value, to),
            None => {
                let from = value.ty.clone();
                self.error(
                    "csharp-no-cast",
                    span,
                    format!("cannot convert type `{from}` to `{to}` (CS0030)"),
                );
                self.wrong(span)
            }
        }
    }

    /// Emits a conversion.
    pub(super) fn apply(&mut self, value: Bound, conversion: &Conversion, to: &Type) -> Bound {
        let span = value.span;
        if matches!(value.ty, Type::Error) {
            // Reported already, or a `throw`: it goes for a value of any type.
            return Bound { ty: to.clone(), constant: None, ..value };
        }
        match conversion {
            Conversion::None if matches!(value.ty, Type::Tuple(_)) && !matches!(to, Type::Tuple(_)) => {
                let settled = self.settled(value);
                Bound { ty: to.clone(), ..settled }
            }
            Conversion::None => Bound { ty: to.clone(), ..value },
            Conversion::Constant(constant) => self.literal(constant.clone(), to.clone(), span),
            other => {
                let node = self.convert_node(value.node, other, to);
                let mut bound = self.bound(node, to.clone(), span);
                bound.origin = value.origin;
                bound
            }
        }
    }

    fn convert_node(&mut self, value: NodeId, conversion: &Conversion, to: &Type) -> NodeId {
        match conversion {
            Conversion::None => value,
            Conversion::Constant(constant) => self.constant_node(constant.clone()),
            Conversion::Number(scalar) => {
                let checked = self.checked;
                self.emit(Node::Number { to: *scalar, checked, value })
            }
            Conversion::Check => {
                let ty = self.type_index(to);
                self.emit(Node::Cast { value, ty })
            }
            Conversion::NotNull(inner) => {
                let value = self.emit(Node::NotNull(value));
                self.convert_node(value, inner, to)
            }
            Conversion::ToEnum => {
                let ty = self.type_index(to.without_nullable());
                self.emit(Node::ToEnum { value, ty })
            }
            Conversion::Tuple(from, items) => self.convert_items(value, from, items, to),
            Conversion::Operator { function, to: result, before, after } => {
                let value = self.convert_node(value, before, result);
                let types = Arc::from([result.clone()]);
                let site = self.site(Site { function: *function, instance: false, types, outs: Vec::new() });
                let args = self.node_list(&[value]);
                let value = self.emit(Node::Call { site, args });
                self.convert_node(value, after, to)
            }
        }
    }

    /// Whether constants are folded with overflow checks: everywhere but in `unchecked`.
    pub(super) fn folds_checked(&self) -> bool {
        !self.unchecked
    }

    /// The type that two values have in common, as `?:` and arrays need it; none when there is none.
    pub(super) fn common(&self, a: &Bound, b: &Bound) -> Option<Type> {
        if matches!((&a.ty, &b.ty), (Type::Null, Type::Null)) {
            return None;
        }
        if a.ty == b.ty || matches!(b.ty, Type::Error) {
            return Some(a.ty.clone());
        }
        if matches!(a.ty, Type::Error) {
            return Some(b.ty.clone());
        }
        let to_b = implicit(&a.ty, a.constant.as_ref(), &b.ty).is_some();
        let to_a = implicit(&b.ty, b.constant.as_ref(), &a.ty).is_some();
        match (to_a, to_b) {
            (true, false) => Some(a.ty.clone()),
            (false, true) => Some(b.ty.clone()),
            // Both ways: a constant that fits either, or types that convert into each other.
            (true, true) => Some(if widened(&a.ty, &b.ty) { b.ty.clone() } else { a.ty.clone() }),
            (false, false) => None,
        }
    }
}

fn widened(a: &Type, b: &Type) -> bool {
    matches!((a, b), (Type::Scalar(a), Type::Scalar(b)) if widens(*a, *b))
        || (*b == Type::class(known().jtoken) && *a != *b)
}
