//! Operators and numeric conversions on values whose types the binder settled.
//!
//! An operand that is null is a nullable without value: arithmetic gives null, an order gives false.

use rust_decimal::Decimal;
use rust_decimal::prelude::{FromPrimitive, ToPrimitive};

use crate::code::{Arithmetic, Compare};
use crate::types::Scalar;
use crate::{Exception, Value};

use super::Eval;

/// `a op b` for two operands of one type; the right operand of a shift is an `int`.
pub(crate) fn arithmetic(op: Arithmetic, checked: bool, left: &Value, right: &Value) -> Eval {
    if matches!(op, Arithmetic::ShiftLeft | Arithmetic::ShiftRight) {
        return Ok(shift(op, left, right));
    }
    match (left, right) {
        (Value::Int32(a), Value::Int32(b)) => integer(op, checked, (*a).into(), (*b).into(), Scalar::Int32),
        (Value::Int64(a), Value::Int64(b)) => integer(op, checked, (*a).into(), (*b).into(), Scalar::Int64),
        (Value::UInt32(a), Value::UInt32(b)) => {
            integer(op, checked, (*a).into(), (*b).into(), Scalar::UInt32)
        }
        (Value::UInt64(a), Value::UInt64(b)) => {
            integer(op, checked, (*a).into(), (*b).into(), Scalar::UInt64)
        }
        (Value::Double(a), Value::Double(b)) => Ok(Value::Double(float(op, *a, *b))),
        #[expect(clippy::cast_possible_truncation, reason = "a float operation computes in single precision")]
        (Value::Single(a), Value::Single(b)) => {
            Ok(Value::Single(float(op, f64::from(*a), f64::from(*b)) as f32))
        }
        (Value::Decimal(a), Value::Decimal(b)) => decimal(op, *a, *b),
        (Value::Bool(a), Value::Bool(b)) => Ok(Value::Bool(logic(op, *a, *b))),
        (Value::Enum(a), Value::Enum(b)) => {
            let number = match op {
                Arithmetic::And => a.number & b.number,
                Arithmetic::Xor => a.number ^ b.number,
                _ => a.number | b.number,
            };
            Ok(Value::Enum(crate::value::EnumValue { class: a.class, number }))
        }
        _ => Ok(lifted_logic(op, left, right)),
    }
}

/// `bool?` has its own rules: `false & null` is false, `true | null` is true.
fn lifted_logic(op: Arithmetic, left: &Value, right: &Value) -> Value {
    match (op, left, right) {
        (Arithmetic::And, Value::Bool(false), _) | (Arithmetic::And, _, Value::Bool(false)) => {
            Value::Bool(false)
        }
        (Arithmetic::Or, Value::Bool(true), _) | (Arithmetic::Or, _, Value::Bool(true)) => Value::Bool(true),
        _ => Value::Null,
    }
}

fn logic(op: Arithmetic, a: bool, b: bool) -> bool {
    match op {
        Arithmetic::And => a & b,
        Arithmetic::Xor => a ^ b,
        _ => a | b,
    }
}

fn integer(op: Arithmetic, checked: bool, a: i128, b: i128, ty: Scalar) -> Eval {
    let result = match op {
        Arithmetic::Add => a + b,
        Arithmetic::Subtract => a - b,
        Arithmetic::Multiply => match a.checked_mul(b) {
            Some(product) => product,
            None if checked => return Err(overflow()),
            None => a.wrapping_mul(b),
        },
        Arithmetic::Divide | Arithmetic::Remainder if b == 0 => {
            return Err(Exception::new(
                "System.DivideByZeroException",
                crate::Text::from_static("Attempted to divide by zero."),
            ));
        }
        // `int.MinValue / -1` and its remainder overflow, checked or not.
        Arithmetic::Divide | Arithmetic::Remainder if b == -1 && !in_range(-a, ty) => {
            return Err(overflow());
        }
        Arithmetic::Divide => a / b,
        Arithmetic::Remainder => a % b,
        Arithmetic::And => a & b,
        Arithmetic::Or => a | b,
        Arithmetic::Xor => a ^ b,
        Arithmetic::ShiftLeft | Arithmetic::ShiftRight => a,
    };
    from_integer(result, ty, checked)
}

fn float(op: Arithmetic, a: f64, b: f64) -> f64 {
    match op {
        Arithmetic::Add => a + b,
        Arithmetic::Subtract => a - b,
        Arithmetic::Multiply => a * b,
        Arithmetic::Divide => a / b,
        _ => a % b,
    }
}

fn decimal(op: Arithmetic, a: Decimal, b: Decimal) -> Eval {
    let result = match op {
        Arithmetic::Add => a.checked_add(b),
        Arithmetic::Subtract => a.checked_sub(b),
        // Of small numbers, zero keeps the decimals of both.
        Arithmetic::Multiply if a.is_zero() || b.is_zero() => {
            let small = |number: Decimal| number.mantissa().unsigned_abs() >> 32 == 0;
            let decimals = if small(a) && small(b) { (a.scale() + b.scale()).min(28) } else { 0 };
            Some(scaled(Decimal::ZERO, decimals))
        }
        Arithmetic::Multiply => a.checked_mul(b),
        _ if b.is_zero() => {
            return Err(Exception::new(
                "System.DivideByZeroException",
                crate::Text::from_static("Attempted to divide by zero."),
            ));
        }
        Arithmetic::Divide => quotient(a, b),
        _ => a.checked_rem(b),
    };
    result.map(Value::Decimal).ok_or_else(decimal_overflow)
}

/// .NET keeps as many decimals as the dividend has more than the divisor, and more only as far as they are needed.
fn quotient(a: Decimal, b: Decimal) -> Option<Decimal> {
    let quotient = a.checked_div(b)?;
    if quotient.is_zero() && !a.is_zero() {
        return Some(Decimal::ZERO);
    }
    let least = a.scale().saturating_sub(b.scale());
    let short = quotient.normalize();
    Some(scaled(short, short.scale().max(least)))
}

/// The number with so many decimals.
fn scaled(mut number: Decimal, decimals: u32) -> Decimal {
    number.rescale(decimals);
    number
}

fn shift(op: Arithmetic, left: &Value, right: &Value) -> Value {
    let Value::Int32(count) = right else { return Value::Null };
    let left_shift = op == Arithmetic::ShiftLeft;
    match *left {
        Value::Int32(a) => {
            let by = count.cast_unsigned() & 31;
            Value::Int32(if left_shift { a << by } else { a >> by })
        }
        Value::UInt32(a) => {
            let by = count.cast_unsigned() & 31;
            Value::UInt32(if left_shift { a << by } else { a >> by })
        }
        Value::Int64(a) => {
            let by = count.cast_unsigned() & 63;
            Value::Int64(if left_shift { a << by } else { a >> by })
        }
        Value::UInt64(a) => {
            let by = count.cast_unsigned() & 63;
            Value::UInt64(if left_shift { a << by } else { a >> by })
        }
        _ => Value::Null,
    }
}

/// `-x`.
pub(crate) fn negate(checked: bool, operand: &Value) -> Eval {
    match *operand {
        Value::Int32(a) => from_integer(-i128::from(a), Scalar::Int32, checked),
        Value::Int64(a) => from_integer(-i128::from(a), Scalar::Int64, checked),
        Value::Double(a) => Ok(Value::Double(-a)),
        Value::Single(a) => Ok(Value::Single(-a)),
        Value::Decimal(a) => Ok(Value::Decimal(-a)),
        _ => Ok(Value::Null),
    }
}

/// `~x`.
pub(crate) fn complement(operand: &Value) -> Value {
    match *operand {
        Value::Int32(a) => Value::Int32(!a),
        Value::UInt32(a) => Value::UInt32(!a),
        Value::Int64(a) => Value::Int64(!a),
        Value::UInt64(a) => Value::UInt64(!a),
        Value::Enum(a) => Value::Enum(crate::value::EnumValue { class: a.class, number: !a.number }),
        _ => Value::Null,
    }
}

/// `a < b` and so on, for two operands of one type.
pub(crate) fn compare(op: Compare, left: &Value, right: &Value) -> bool {
    use std::cmp::Ordering::{Equal, Greater, Less};
    let order = match (left, right) {
        (Value::Int32(a), Value::Int32(b)) => Some(a.cmp(b)),
        (Value::Double(a), Value::Double(b)) => a.partial_cmp(b),
        (Value::Single(a), Value::Single(b)) => a.partial_cmp(b),
        (Value::Decimal(a), Value::Decimal(b)) => Some(a.cmp(b)),
        (Value::DateTime(a), Value::DateTime(b)) => Some(a.ticks.cmp(&b.ticks)),
        (Value::DateTimeOffset(a), Value::DateTimeOffset(b)) => Some(utc(*a).cmp(&utc(*b))),
        (Value::TimeSpan(a), Value::TimeSpan(b)) => Some(a.cmp(b)),
        (Value::Enum(a), Value::Enum(b)) => Some(a.number.cmp(&b.number)),
        (a, b) => a.as_integer().zip(b.as_integer()).map(|(a, b)| a.cmp(&b)),
    };
    matches!(
        (op, order),
        (Compare::Less, Some(Less))
            | (Compare::LessOrEqual, Some(Less | Equal))
            | (Compare::Greater, Some(Greater))
            | (Compare::GreaterOrEqual, Some(Greater | Equal))
    )
}

fn utc(date: crate::value::DateTimeOffset) -> i64 {
    date.ticks - i64::from(date.offset) * crate::time::MINUTE
}

/// `==` of values: numbers and text by value, objects by identity.
pub(crate) fn equal_values(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::DateTime(a), Value::DateTime(b)) => a.ticks == b.ticks,
        (Value::DateTimeOffset(a), Value::DateTimeOffset(b)) => utc(*a) == utc(*b),
        _ => left == right,
    }
}

const fn range(ty: Scalar) -> (i128, i128) {
    match ty {
        Scalar::SByte => (i8::MIN as i128, i8::MAX as i128),
        Scalar::Byte => (0, u8::MAX as i128),
        Scalar::Int16 => (i16::MIN as i128, i16::MAX as i128),
        Scalar::UInt16 | Scalar::Char => (0, u16::MAX as i128),
        Scalar::Int32 => (i32::MIN as i128, i32::MAX as i128),
        Scalar::UInt32 => (0, u32::MAX as i128),
        Scalar::UInt64 => (0, u64::MAX as i128),
        _ => (i64::MIN as i128, i64::MAX as i128),
    }
}

/// Whether a number is a value of an integer type.
pub(crate) const fn in_range(number: i128, ty: Scalar) -> bool {
    let (min, max) = range(ty);
    number >= min && number <= max
}

/// A number as an integer type; unchecked, its low bits.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an unchecked conversion keeps the low bits"
)]
pub(crate) fn from_integer(number: i128, ty: Scalar, checked: bool) -> Eval {
    if checked && !in_range(number, ty) {
        return Err(overflow());
    }
    Ok(match ty {
        Scalar::SByte => Value::SByte(number as i8),
        Scalar::Byte => Value::Byte(number as u8),
        Scalar::Int16 => Value::Int16(number as i16),
        Scalar::UInt16 => Value::UInt16(number as u16),
        Scalar::Char => Value::Char(number as u16),
        Scalar::Int32 => Value::Int32(number as i32),
        Scalar::UInt32 => Value::UInt32(number as u32),
        Scalar::Int64 => Value::Int64(number as i64),
        Scalar::UInt64 => Value::UInt64(number as u64),
        _ => Value::Null,
    })
}

/// `(T)x` between numbers, `char` and enums.
pub(crate) fn convert_number(value: &Value, to: Scalar, checked: bool) -> Eval {
    if value.is_null() {
        return Ok(Value::Null);
    }
    if let Value::Enum(member) = value {
        return convert_number(&Value::Int32(member.number), to, checked);
    }
    match (value.as_integer(), to) {
        (Some(number), Scalar::Double) => Ok(Value::Double(to_double(number))),
        #[expect(clippy::cast_precision_loss, reason = "a conversion to float rounds")]
        (Some(number), Scalar::Single) => Ok(Value::Single(number as f32)),
        (Some(number), Scalar::Decimal) => {
            Decimal::from_i128(number).map(Value::Decimal).ok_or_else(decimal_overflow)
        }
        (Some(number), _) => from_integer(number, to, checked),
        (None, _) => from_real(value, to, checked),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a conversion to double rounds")]
fn to_double(number: i128) -> f64 {
    number as f64
}

fn from_real(value: &Value, to: Scalar, checked: bool) -> Eval {
    match (value, to) {
        (Value::Double(a), Scalar::Double) => Ok(Value::Double(*a)),
        (Value::Single(a), Scalar::Double) => Ok(Value::Double((*a).into())),
        #[expect(clippy::cast_possible_truncation, reason = "a conversion to float rounds")]
        (Value::Double(a), Scalar::Single) => Ok(Value::Single(*a as f32)),
        (Value::Single(a), Scalar::Single) => Ok(Value::Single(*a)),
        (Value::Double(a), Scalar::Decimal) => real_to_decimal(*a),
        (Value::Single(a), Scalar::Decimal) => {
            crate::library::double::decimal_of_figures(&crate::number::general_single(*a))
        }
        (Value::Double(a), _) => truncated(*a, to, checked),
        (Value::Single(a), _) => truncated(f64::from(*a), to, checked),
        (Value::Decimal(a), _) => from_decimal(*a, to),
        _ => Ok(Value::Null),
    }
}

fn from_decimal(value: Decimal, to: Scalar) -> Eval {
    match to {
        Scalar::Decimal => Ok(Value::Decimal(value)),
        Scalar::Double => Ok(Value::Double(value.to_f64().unwrap_or(0.0))),
        Scalar::Single => Ok(Value::Single(value.to_f32().unwrap_or(0.0))),
        _ => {
            let whole = value.trunc().to_i128().unwrap_or(i128::MAX);
            // Conversions from decimal are checked always.
            from_integer(whole, to, true).map_err(|_| integer_overflow(to))
        }
    }
}

/// `(decimal)x` of a double keeps 15 digits, as .NET does.
fn real_to_decimal(value: f64) -> Eval {
    // 2 to the power of 96 is too large, though its 15 digits would fit.
    if value.abs() >= 79_228_162_514_264_337_593_543_950_336.0 {
        return Err(decimal_overflow());
    }
    crate::library::double::decimal_of_figures(&crate::number::general(value))
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the range is checked before, or the result is unspecified in C#"
)]
fn truncated(value: f64, to: Scalar, checked: bool) -> Eval {
    let whole = value.trunc();
    let fits = whole.is_finite() && in_range(whole as i128, to);
    if fits {
        return from_integer(whole as i128, to, false);
    }
    if checked {
        return Err(overflow());
    }
    // C# leaves the result open; .NET on x64 gives the lowest value of the wider register.
    let register = if matches!(to, Scalar::Int64 | Scalar::UInt64) {
        i128::from(i64::MIN)
    } else {
        i128::from(i32::MIN)
    };
    from_integer(register, to, false)
}

/// `System.OverflowException` of checked arithmetic.
pub(crate) fn overflow() -> Exception {
    Exception::overflow("Arithmetic operation resulted in an overflow.")
}

fn decimal_overflow() -> Exception {
    Exception::overflow("Value was either too large or too small for a Decimal.")
}

/// The message of a conversion whose result is too large for its type.
pub(crate) fn integer_overflow(ty: Scalar) -> Exception {
    Exception::overflow(match ty {
        Scalar::SByte => "Value was either too large or too small for a signed byte.",
        Scalar::Byte => "Value was either too large or too small for an unsigned byte.",
        Scalar::Int16 => "Value was either too large or too small for an Int16.",
        Scalar::UInt16 => "Value was either too large or too small for a UInt16.",
        Scalar::Char => "Value was either too large or too small for a character.",
        Scalar::Int32 => "Value was either too large or too small for an Int32.",
        Scalar::UInt32 => "Value was either too large or too small for a UInt32.",
        Scalar::Int64 => "Value was either too large or too small for an Int64.",
        Scalar::UInt64 => "Value was either too large or too small for a UInt64.",
        _ => "Value was either too large or too small.",
    })
}
