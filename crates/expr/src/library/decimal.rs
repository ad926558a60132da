//! `System.Decimal`.

use rust_decimal::Decimal;

use crate::code::Arithmetic;
use crate::eval::{Cx, Eval, arithmetic, convert_number, from_integer, negate};
use crate::types::Scalar;
use crate::{Exception, Text, Type, Value};

use super::arguments::{arg, boolean, int, items, long, member as number_of, text};
use super::double::{decimal_overflow, parse_decimal, round, try_parse};
use super::integers::{compare_to, compare_to_object, to_string, type_code};
use super::{Row, TypeSpec, constant, member};

pub(super) const TYPES: &[TypeSpec] =
    &[TypeSpec { members: ROWS, ..TypeSpec::structure("System.Decimal", "api/system.decimal") }];

/// Constructors from numbers, conversions to numbers, arithmetic as methods, and rows of their own.
macro_rules! rows {
    (
        from: $($from:literal)*;
        to: $($name:literal $to:literal $scalar:ident $param:literal),*;
        arithmetic: $($method:literal $op:ident),*;
        $($row:expr),* $(,)?
    ) => {
        &[
            $(member(concat!("new(", $from, " value)"), |_, a| convert_number(arg(a, 0), Scalar::Decimal, true)),)*
            $(
                member(concat!("static ", $to, " ", $name, "(decimal ", $param, ")"), |_, a| {
                    convert_number(arg(a, 0), Scalar::$scalar, true)
                }),
            )*
            $(
                member(concat!("static decimal ", $method, "(decimal d1, decimal d2)"), |_, a| {
                    arithmetic(Arithmetic::$op, true, arg(a, 0), arg(a, 1))
                }),
            )*
            $($row),*
        ]
    };
}

const ROWS: &[Row] = rows! {
    from: "int" "uint" "long" "ulong" "float" "double";
    to: "ToByte" "byte" Byte "value", "ToSByte" "sbyte" SByte "value", "ToInt16" "short" Int16 "value",
        "ToUInt16" "ushort" UInt16 "value", "ToInt32" "int" Int32 "d", "ToUInt32" "uint" UInt32 "d",
        "ToInt64" "long" Int64 "d", "ToUInt64" "ulong" UInt64 "d", "ToDouble" "double" Double "d",
        "ToSingle" "float" Single "d";
    arithmetic: "Add" Add, "Subtract" Subtract, "Multiply" Multiply, "Divide" Divide, "Remainder" Remainder;
    constant("static decimal MaxValue", || Value::Decimal(Decimal::MAX)),
    constant("static decimal MinValue", || Value::Decimal(Decimal::MIN)),
    constant("static decimal Zero", || Value::Decimal(Decimal::ZERO)),
    constant("static decimal One", || Value::Decimal(Decimal::ONE)),
    constant("static decimal MinusOne", || Value::Decimal(Decimal::NEGATIVE_ONE)),
    member("new(int lo, int mid, int hi, bool isNegative, byte scale)", from_parts),
    member("new(int[] bits)", from_bits),
    member("static int[] GetBits(decimal d)", bits),
    member("static decimal Parse(string s)", |_, a| parse_decimal(text(a, 0, "s")?.as_str())),
    member("static bool TryParse(string s, out decimal result)", |cx, a| {
        try_parse(cx, a, parse_decimal, &Type::Scalar(Scalar::Decimal))
    }),
    member("static decimal Round(decimal d)", |_, a| rounded(a, 0, 0)),
    member("static decimal Round(decimal d, int decimals)", |_, a| rounded(a, int(a, 1), 0)),
    member("static decimal Round(decimal d, MidpointRounding mode)", |_, a| rounded(a, 0, number_of(a, 1))),
    member("static decimal Round(decimal d, int decimals, MidpointRounding mode)", |_, a| {
        rounded(a, int(a, 1), number_of(a, 2))
    }),
    member("static decimal Floor(decimal d)", |_, a| Ok(Value::Decimal(decimal(a).floor()))),
    member("static decimal Ceiling(decimal d)", |_, a| Ok(Value::Decimal(decimal(a).ceil()))),
    member("static decimal Truncate(decimal d)", |_, a| Ok(Value::Decimal(decimal(a).trunc()))),
    member("static decimal Negate(decimal d)", |_, a| negate(true, arg(a, 0))),
    member("static int Compare(decimal d1, decimal d2)", compare_to),
    member("static bool Equals(decimal d1, decimal d2)", |_, a| Ok(Value::Bool(arg(a, 0) == arg(a, 1)))),
    member("static decimal FromOACurrency(long cy)", |_, a| {
        let number = Decimal::try_from_i128_with_scale(long(a, 0).into(), 4).map_err(|_| decimal_overflow())?;
        Ok(Value::Decimal(if number.is_zero() { number } else { number.normalize() }))
    }),
    member("static long ToOACurrency(decimal value)", |_, a| {
        let scaled = decimal(a).checked_mul(Decimal::from(10_000)).ok_or_else(currency_overflow)?;
        convert_number(&Value::Decimal(round(scaled, 0, 0)), Scalar::Int64, true).map_err(|_| currency_overflow())
    }),
    member("string ToString(string format)", to_string),
    member("int CompareTo(decimal value)", compare_to),
    member("int CompareTo(object value)", compare_to_object),
    member("bool Equals(decimal value)", |_, a| Ok(Value::Bool(arg(a, 0) == arg(a, 1)))),
    member("TypeCode GetTypeCode()", type_code),
};

/// The number; zero is what a missing one is.
pub(crate) fn decimal(args: &[Value]) -> Decimal {
    match arg(args, 0) {
        Value::Decimal(number) => *number,
        _ => Decimal::ZERO,
    }
}

fn currency_overflow() -> Exception {
    Exception::overflow("Value was either too large or too small for a Currency.")
}

/// `Math.Round` and `decimal.Round`.
pub(crate) fn rounded(args: &[Value], decimals: i32, mode: i32) -> Eval {
    if !(0..=28).contains(&decimals) {
        let message = "Decimal can only round to between 0 and 28 digits of precision.";
        return Err(Exception::out_of_range(message, "decimals"));
    }
    if !(0..=1).contains(&mode) {
        return Err(super::double::bad_mode(mode));
    }
    Ok(Value::Decimal(round(decimal(args), decimals, mode)))
}

fn from_parts(_: &mut Cx<'_>, args: &[Value]) -> Eval {
    let scale = arg(args, 4).as_integer().unwrap_or(0);
    if scale > 28 {
        let message = "Decimal's scale value must be between 0 and 28, inclusive.";
        return Err(Exception::out_of_range(message, "scale"));
    }
    let part = |index| int(args, index).cast_unsigned();
    let scale = u32::try_from(scale).unwrap_or(0);
    Ok(Value::Decimal(Decimal::from_parts(part(0), part(1), part(2), boolean(args, 3), scale)))
}

fn from_bits(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    if arg(args, 0).is_null() {
        return Err(Exception::argument_null("bits"));
    }
    let wrong = || {
        let message =
            "Decimal byte array constructor requires an array of length four containing valid decimal bytes.";
        Exception::new("System.ArgumentException", Text::from_static(message))
    };
    let [Value::Int32(lo), Value::Int32(mid), Value::Int32(hi), Value::Int32(flags)] =
        items(cx.heap, arg(args, 0))
    else {
        return Err(wrong());
    };
    let scale = (flags >> 16) & 0xFF;
    if flags & 0x7F00_FFFF != 0 || scale > 28 {
        return Err(wrong());
    }
    let part = |number: &i32| number.cast_unsigned();
    let scale = u32::try_from(scale).unwrap_or(0);
    Ok(Value::Decimal(Decimal::from_parts(part(lo), part(mid), part(hi), *flags < 0, scale)))
}

/// The three words of the whole number, and sign and scale in a fourth.
fn bits(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let number = decimal(args);
    let whole = number.mantissa().unsigned_abs();
    let word = |shift: u32| {
        from_integer(i128::try_from(whole >> shift & 0xFFFF_FFFF).unwrap_or(0), Scalar::Int32, false)
    };
    let flags = (number.scale() << 16) | (u32::from(number.is_sign_negative()) << 31);
    let words = vec![word(0)?, word(32)?, word(64)?, Value::Int32(flags.cast_signed())];
    cx.heap.array(Type::INT, words)
}
