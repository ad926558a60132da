//! `System.Double`, `System.Single`, `System.MidpointRounding`.

use rust_decimal::Decimal;

use crate::eval::{Cx, Eval};
use crate::number;
use crate::{Exception, Type, Value};

use super::arguments::{arg, double, text};
use super::integers::{compare_to, compare_to_object, to_string, type_code};
use super::numeral::{self, Style};
use super::{TypeSpec, constant, member};

pub(super) const TYPES: &[TypeSpec] = &[
    TypeSpec {
        members: &[
            constant("static double MaxValue", || Value::Double(f64::MAX)),
            constant("static double MinValue", || Value::Double(f64::MIN)),
            constant("static double Epsilon", || Value::Double(f64::from_bits(1))),
            constant("static double NaN", || Value::Double(number::NAN)),
            constant("static double PositiveInfinity", || Value::Double(f64::INFINITY)),
            constant("static double NegativeInfinity", || Value::Double(f64::NEG_INFINITY)),
            member("static bool IsNaN(double d)", |_, a| Ok(Value::Bool(double(a, 0).is_nan()))),
            member("static bool IsInfinity(double d)", |_, a| Ok(Value::Bool(double(a, 0).is_infinite()))),
            member("static bool IsPositiveInfinity(double d)", |_, a| {
                Ok(Value::Bool(double(a, 0) == f64::INFINITY))
            }),
            member("static bool IsNegativeInfinity(double d)", |_, a| {
                Ok(Value::Bool(double(a, 0) == f64::NEG_INFINITY))
            }),
            member("static double Parse(string s)", |_, a| parse(text(a, 0, "s")?.as_str())),
            member("static bool TryParse(string s, out double result)", |cx, a| {
                try_parse(cx, a, parse, &Type::DOUBLE)
            }),
            member("string ToString(string format)", to_string),
            member("int CompareTo(double value)", compare_to),
            member("int CompareTo(object value)", compare_to_object),
            member("bool Equals(double obj)", same_real),
            member("TypeCode GetTypeCode()", type_code),
        ],
        ..TypeSpec::structure("System.Double", "api/system.double")
    },
    TypeSpec {
        members: &[
            constant("static float MaxValue", || Value::Single(f32::MAX)),
            constant("static float MinValue", || Value::Single(f32::MIN)),
            constant("static float Epsilon", || Value::Single(f32::from_bits(1))),
            constant("static float NaN", || Value::Single(number::NAN_SINGLE)),
            constant("static float PositiveInfinity", || Value::Single(f32::INFINITY)),
            constant("static float NegativeInfinity", || Value::Single(f32::NEG_INFINITY)),
            member("static bool IsNaN(float f)", |_, a| Ok(Value::Bool(single(a).is_nan()))),
            member("static bool IsInfinity(float f)", |_, a| Ok(Value::Bool(single(a).is_infinite()))),
            member("static bool IsPositiveInfinity(float f)", |_, a| {
                Ok(Value::Bool(single(a) == f32::INFINITY))
            }),
            member("static bool IsNegativeInfinity(float f)", |_, a| {
                Ok(Value::Bool(single(a) == f32::NEG_INFINITY))
            }),
            member("static float Parse(string s)", |_, a| parse_single(text(a, 0, "s")?.as_str())),
            member("static bool TryParse(string s, out float result)", |cx, a| {
                try_parse(cx, a, parse_single, &Type::Scalar(crate::Scalar::Single))
            }),
            member("string ToString(string format)", to_string),
            member("int CompareTo(float value)", compare_to),
            member("int CompareTo(object value)", compare_to_object),
            member("bool Equals(float obj)", same_real),
            member("TypeCode GetTypeCode()", type_code),
        ],
        ..TypeSpec::structure("System.Single", "api/system.single")
    },
    TypeSpec::enumeration(
        "System.MidpointRounding",
        &[("ToEven", 0), ("AwayFromZero", 1)],
        "api/system.midpointrounding",
    ),
];

fn bad_format() -> Exception {
    Exception::format("Input string was not in a correct format.")
}

/// `double.Parse`.
pub(crate) fn parse(text: &str) -> Eval {
    match real(text)? {
        number if number.is_infinite() && numeral::read(text, Style::Float).is_some() => {
            Err(Exception::overflow("Value was either too large or too small for a Double."))
        }
        number => Ok(Value::Double(number)),
    }
}

/// A real number; infinite when it is too large.
fn real(text: &str) -> Result<f64, Exception> {
    if let Some(numeral) = numeral::read(text, Style::Float) {
        return numeral.scientific().parse().map_err(|_| bad_format());
    }
    match text.trim() {
        "NaN" => Ok(number::NAN),
        "Infinity" => Ok(f64::INFINITY),
        "-Infinity" => Ok(f64::NEG_INFINITY),
        _ => Err(bad_format()),
    }
}

/// `float.Parse`: a `double` first, then rounded.
pub(crate) fn parse_single(text: &str) -> Eval {
    let number = real(text)?;
    #[expect(clippy::cast_possible_truncation, reason = "a conversion to float rounds")]
    let single = number as f32;
    if single.is_infinite() && numeral::read(text, Style::Float).is_some() {
        return Err(Exception::overflow("Value was either too large or too small for a Single."));
    }
    Ok(Value::Single(single))
}

/// `decimal.Parse`.
pub(crate) fn parse_decimal(text: &str) -> Eval {
    let numeral = numeral::read(text, Style::Number).ok_or_else(bad_format)?;
    decimal_of(&numeral).map(Value::Decimal)
}

/// `(decimal)x` of a real number, given by the digits that count.
pub(crate) fn decimal_of_figures(text: &str) -> Eval {
    let numeral = numeral::read(text, Style::Float).ok_or_else(decimal_overflow)?;
    let number = decimal_of(&numeral)?;
    Ok(Value::Decimal(if number.is_zero() { Decimal::ZERO } else { number }))
}

/// Digits behind what a decimal can hold are rounded, half to even.
fn decimal_of(numeral: &numeral::Numeral) -> Result<Decimal, Exception> {
    if numeral.scale > 40 && !numeral.digits.is_empty() {
        return Err(decimal_overflow());
    }
    let scale = usize::try_from(numeral.scale).unwrap_or(0);
    let sign = if numeral.negative { "-" } else { "" };
    let whole = numeral.digits.get(..scale).unwrap_or(&numeral.digits);
    let missing = "0".repeat(scale.saturating_sub(numeral.digits.len()).min(40));
    let zeros = "0".repeat(usize::try_from(-numeral.scale).unwrap_or(0).min(40));
    let fraction = numeral.digits.get(scale..).unwrap_or_default();
    let text = format!("{sign}0{whole}{missing}.{zeros}{fraction}");
    text.trim_end_matches('.').parse().map_err(|_| decimal_overflow())
}

pub(crate) fn decimal_overflow() -> Exception {
    Exception::overflow("Value was either too large or too small for a Decimal.")
}

pub(crate) fn try_parse(cx: &mut Cx<'_>, args: &[Value], parse: fn(&str) -> Eval, ty: &Type) -> Eval {
    let parsed = args.first().and_then(Value::as_text).and_then(|text| parse(text.as_str()).ok());
    cx.outs.push(parsed.clone().unwrap_or_else(|| crate::eval::default_value(ty)));
    Ok(Value::Bool(parsed.is_some()))
}

fn single(args: &[Value]) -> f32 {
    match arg(args, 0) {
        Value::Single(number) => *number,
        _ => 0.0,
    }
}

/// `Equals` of a real number: what is not a number equals itself.
fn same_real(_: &mut Cx<'_>, args: &[Value]) -> Eval {
    let nan = |value: &Value| match value {
        Value::Double(number) => number.is_nan(),
        Value::Single(number) => number.is_nan(),
        _ => false,
    };
    let (a, b) = (arg(args, 0), arg(args, 1));
    Ok(Value::Bool(a == b || nan(a) && nan(b)))
}

/// The exception for a `MidpointRounding` that does not exist.
pub(crate) fn bad_mode(mode: i32) -> Exception {
    let message = format!("The value '{mode}' is not valid for this usage of the type MidpointRounding.");
    Exception::argument(&message, "mode")
}

/// Rounds to even at the midpoint, or away from zero.
pub(crate) fn round(number: Decimal, decimals: i32, mode: i32) -> Decimal {
    use rust_decimal::RoundingStrategy::{MidpointAwayFromZero, MidpointNearestEven};
    let strategy = if mode == 1 { MidpointAwayFromZero } else { MidpointNearestEven };
    let decimals = u32::try_from(decimals).unwrap_or(0).min(28);
    let mut rounded = number.round_dp_with_strategy(decimals, strategy);
    // What is rounded to zero keeps its decimals.
    if rounded.is_zero() && number.scale() > decimals {
        rounded.rescale(decimals);
    }
    rounded
}
