//! `System.Math`.

use std::cmp::Ordering;

use rust_decimal::Decimal;

use crate::eval::{Cx, Eval, from_integer};
use crate::types::Scalar;
use crate::{Exception, Text, Value};

use super::arguments::{arg, double, int, long, member as number_of};
use super::decimal::{decimal, rounded};
use super::sequence::compare_values;
use super::{Row, TypeSpec, constant, member};

pub(super) const TYPES: &[TypeSpec] =
    &[TypeSpec { members: ROWS, ..TypeSpec::statics("System.Math", "api/system.math") }];

/// The table: what each type of number has, functions of a `double`, and rows of their own.
macro_rules! rows {
    (
        numbers: $($number:literal)*;
        signed: $($signed:literal)*;
        functions: $($name:literal $function:expr),*;
        $($row:expr),* $(,)?
    ) => {
        &[
            $(
                member(concat!("static ", $number, " Max(", $number, " val1, ", $number, " val2)"), max),
                member(concat!("static ", $number, " Min(", $number, " val1, ", $number, " val2)"), min),
            )*
            $(
                member(concat!("static ", $signed, " Abs(", $signed, " value)"), abs),
                member(concat!("static int Sign(", $signed, " value)"), sign),
            )*
            $(
                member(concat!("static double ", $name, "(double d)"), |_, a| {
                    let function: fn(f64) -> f64 = $function;
                    Ok(Value::Double(function(double(a, 0))))
                }),
            )*
            $($row),*
        ]
    };
}

const ROWS: &[Row] = rows! {
    numbers: "int" "long" "double" "decimal" "float" "byte" "sbyte" "short" "ushort" "uint" "ulong";
    signed: "int" "long" "double" "decimal" "float" "short" "sbyte";
    functions: "Ceiling" f64::ceil, "Floor" f64::floor, "Truncate" f64::trunc, "Sqrt" f64::sqrt, "Exp" f64::exp,
        "Log" f64::ln, "Log10" f64::log10, "Sin" f64::sin, "Cos" f64::cos, "Tan" f64::tan, "Asin" f64::asin,
        "Acos" f64::acos, "Atan" f64::atan, "Sinh" f64::sinh, "Cosh" f64::cosh, "Tanh" f64::tanh;
    constant("static double PI", || Value::Double(std::f64::consts::PI)),
    constant("static double E", || Value::Double(std::f64::consts::E)),
    member("static double Pow(double x, double y)", |_, a| Ok(Value::Double(power(double(a, 0), double(a, 1))))),
    member("static double Atan2(double y, double x)", |_, a| Ok(Value::Double(double(a, 0).atan2(double(a, 1))))),
    member("static double Log(double a, double newBase)", |_, a| {
        Ok(Value::Double(logarithm(double(a, 0), double(a, 1))))
    }),
    member("static double IEEERemainder(double x, double y)", |_, a| {
        Ok(Value::Double(remainder(double(a, 0), double(a, 1))))
    }),
    member("static decimal Ceiling(decimal d)", |_, a| Ok(Value::Decimal(decimal(a).ceil()))),
    member("static decimal Floor(decimal d)", |_, a| Ok(Value::Decimal(decimal(a).floor()))),
    member("static decimal Truncate(decimal d)", |_, a| Ok(Value::Decimal(decimal(a).trunc()))),
    member("static double Round(double a)", |_, a| Ok(Value::Double(double(a, 0).round_ties_even()))),
    member("static double Round(double value, int digits)", |_, a| round(a, int(a, 1), 0)),
    member("static double Round(double value, MidpointRounding mode)", |_, a| round(a, 0, number_of(a, 1))),
    member("static double Round(double value, int digits, MidpointRounding mode)", |_, a| {
        round(a, int(a, 1), number_of(a, 2))
    }),
    member("static decimal Round(decimal d)", |_, a| rounded(a, 0, 0)),
    member("static decimal Round(decimal d, int decimals)", |_, a| rounded(a, int(a, 1), 0)),
    member("static decimal Round(decimal d, MidpointRounding mode)", |_, a| rounded(a, 0, number_of(a, 1))),
    member("static decimal Round(decimal d, int decimals, MidpointRounding mode)", |_, a| {
        rounded(a, int(a, 1), number_of(a, 2))
    }),
    member("static int DivRem(int a, int b, out int result)", |cx, a| divide(cx, a, Scalar::Int32)),
    member("static long DivRem(long a, long b, out long result)", |cx, a| divide(cx, a, Scalar::Int64)),
    member("static long BigMul(int a, int b)", |_, a| {
        Ok(Value::Int64(i64::from(int(a, 0)) * i64::from(int(a, 1))))
    }),
};

/// The larger of two numbers of one type; not a number when one is none.
fn max(_: &mut Cx<'_>, args: &[Value]) -> Eval {
    choose(args, Ordering::Greater)
}

fn min(_: &mut Cx<'_>, args: &[Value]) -> Eval {
    choose(args, Ordering::Less)
}

fn choose(args: &[Value], wanted: Ordering) -> Eval {
    let (a, b) = (arg(args, 0), arg(args, 1));
    let nan = |value: &Value| match value {
        Value::Double(number) => number.is_nan(),
        Value::Single(number) => number.is_nan(),
        _ => false,
    };
    let first = nan(a)
        || !nan(b) && {
            let order = compare_values(a, b)?;
            order == wanted || order.is_eq() && wanted.is_gt()
        };
    Ok(if first { a.clone() } else { b.clone() })
}

fn abs(_: &mut Cx<'_>, args: &[Value]) -> Eval {
    let value = arg(args, 0);
    let smallest =
        || Exception::overflow("Negating the minimum value of a twos complement number is invalid.");
    Ok(match value {
        Value::Double(number) => Value::Double(number.abs()),
        Value::Single(number) => Value::Single(number.abs()),
        Value::Decimal(number) => Value::Decimal(number.abs()),
        Value::Int32(number) => Value::Int32(number.checked_abs().ok_or_else(smallest)?),
        Value::Int64(number) => Value::Int64(number.checked_abs().ok_or_else(smallest)?),
        Value::Int16(number) => Value::Int16(number.checked_abs().ok_or_else(smallest)?),
        Value::SByte(number) => Value::SByte(number.checked_abs().ok_or_else(smallest)?),
        other => other.clone(),
    })
}

fn sign(_: &mut Cx<'_>, args: &[Value]) -> Eval {
    let order = match arg(args, 0) {
        Value::Double(number) => number.partial_cmp(&0.0),
        Value::Single(number) => number.partial_cmp(&0.0),
        Value::Decimal(number) => Some(number.cmp(&Decimal::ZERO)),
        other => other.as_integer().map(|number| number.cmp(&0)),
    };
    let order = order.ok_or_else(|| {
        let message = "Function does not accept floating point Not-a-Number values.";
        Exception::new("System.ArithmeticException", Text::from_static(message))
    })?;
    Ok(Value::Int32(order as i32))
}

/// COMPAT: .NET Framework differs from IEEE where -1 is raised to an infinite power: not a number.
fn power(x: f64, y: f64) -> f64 {
    if x.is_nan() || y.is_nan() || (x == -1.0 && y.is_infinite()) { crate::number::NAN } else { x.powf(y) }
}

/// `Math.IEEERemainder`, without the error of dividing first.
fn remainder(x: f64, y: f64) -> f64 {
    let rest = x % y;
    if rest.is_nan() {
        return crate::number::NAN;
    }
    if rest == 0.0 && x.is_sign_negative() {
        return -0.0;
    }
    let other = rest - y.abs() * x.signum();
    match other.abs().total_cmp(&rest.abs()) {
        Ordering::Less => other,
        Ordering::Greater => rest,
        // Halfway: the one whose quotient is even.
        Ordering::Equal => {
            let quotient = x / y;
            if quotient.round_ties_even().abs() > quotient.abs() { other } else { rest }
        }
    }
}

/// `Math.Log(a, newBase)`, with the special cases of its table of remarks.
fn logarithm(value: f64, base: f64) -> f64 {
    if value.is_nan() || base.is_nan() || base == 1.0 {
        return crate::number::NAN;
    }
    if value != 1.0 && (base == 0.0 || base == f64::INFINITY) {
        return crate::number::NAN;
    }
    value.ln() / base.ln()
}

/// `Math.Round(double, int, MidpointRounding)`: to even at the midpoint, or away from zero (1).
fn round(args: &[Value], digits: i32, mode: i32) -> Eval {
    if !(0..=15).contains(&digits) {
        let message = "Rounding digits must be between 0 and 15, inclusive.";
        return Err(Exception::out_of_range(message, "digits"));
    }
    if !(0..=1).contains(&mode) {
        return Err(super::double::bad_mode(mode));
    }
    let value = double(args, 0);
    if value.is_nan() || value.abs() >= 1e16 {
        return Ok(Value::Double(value));
    }
    let power = 10_f64.powi(digits);
    let scaled = value * power;
    let whole = if mode == 1 { scaled.round() } else { scaled.round_ties_even() };
    Ok(Value::Double(whole / power))
}

/// `Math.DivRem`: the quotient; the remainder goes out.
fn divide(cx: &mut Cx<'_>, args: &[Value], ty: Scalar) -> Eval {
    let (a, b) = (i128::from(long(args, 0)), i128::from(long(args, 1)));
    let (Some(quotient), Some(remainder)) = (a.checked_div(b), a.checked_rem(b)) else {
        let message = Text::from_static("Attempted to divide by zero.");
        return Err(Exception::new("System.DivideByZeroException", message));
    };
    cx.outs.push(from_integer(remainder, ty, true)?);
    from_integer(quotient, ty, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Examples of Math.Round, Math.Max, Math.Log at learn.microsoft.com.
    #[test]
    fn rounding_and_choosing_are_nets() {
        let rounded = |value: f64, digits, mode| round(&[Value::Double(value)], digits, mode).unwrap();
        assert_eq!(rounded(3.45, 1, 0), Value::Double(3.4));
        assert_eq!(rounded(3.45, 1, 1), Value::Double(3.5));
        assert_eq!(rounded(-2.5, 0, 0), Value::Double(-2.0));
        assert_eq!(rounded(-2.5, 0, 1), Value::Double(-3.0));
        assert!(round(&[Value::Double(1.0)], 16, 0).is_err());
        let nan =
            choose(&[Value::Double(1.0), Value::Double(crate::number::NAN)], Ordering::Greater).unwrap();
        assert!(matches!(nan, Value::Double(number) if number.is_nan()));
        assert_eq!(choose(&[Value::Int32(1), Value::Int32(2)], Ordering::Greater), Ok(Value::Int32(2)));
        assert!(logarithm(8.0, 2.0) == 3.0 && logarithm(2.0, 1.0).is_nan());
    }
}
