//! The integer types: `SByte` to `UInt64`.

use crate::eval::{Cx, Eval, runtime_type};
use crate::types::{Scalar, Type};
use crate::value::EnumValue;
use crate::{Exception, Value};

use super::arguments::{arg, text};
use super::numeral::{self, Style};
use super::sequence::compare_values;
use super::{TypeSpec, constant, member};

macro_rules! integer {
    ($net:literal, $keyword:literal, $variant:ident, $rust:ident, $scalar:ident) => {
        TypeSpec {
            members: &[
                constant(concat!("static ", $keyword, " MaxValue"), || Value::$variant($rust::MAX)),
                constant(concat!("static ", $keyword, " MinValue"), || Value::$variant($rust::MIN)),
                member(concat!("static ", $keyword, " Parse(string s)"), |_, a| {
                    parse(text(a, 0, "s")?.as_str(), Scalar::$scalar)
                }),
                member(concat!("static bool TryParse(string s, out ", $keyword, " result)"), |cx, a| {
                    try_parse(cx, a, Scalar::$scalar)
                }),
                member("string ToString(string format)", to_string),
                member(concat!("int CompareTo(", $keyword, " value)"), compare_to),
                member("int CompareTo(object value)", compare_to_object),
                member("TypeCode GetTypeCode()", type_code),
                member(concat!("bool Equals(", $keyword, " obj)"), |_, a| {
                    Ok(Value::Bool(arg(a, 0) == arg(a, 1)))
                }),
            ],
            ..TypeSpec::structure(concat!("System.", $net), concat!("api/system.", $keyword))
        }
    };
}

pub(super) const TYPES: &[TypeSpec] = &[
    integer!("SByte", "sbyte", SByte, i8, SByte),
    integer!("Byte", "byte", Byte, u8, Byte),
    integer!("Int16", "short", Int16, i16, Int16),
    integer!("UInt16", "ushort", UInt16, u16, UInt16),
    integer!("Int32", "int", Int32, i32, Int32),
    integer!("UInt32", "uint", UInt32, u32, UInt32),
    integer!("Int64", "long", Int64, i64, Int64),
    integer!("UInt64", "ulong", UInt64, u64, UInt64),
    TypeSpec::enumeration("System.TypeCode", TYPE_CODES, "api/system.typecode"),
];

const TYPE_CODES: &[(&str, i32)] = &[
    ("Empty", 0),
    ("Object", 1),
    ("DBNull", 2),
    ("Boolean", 3),
    ("Char", 4),
    ("SByte", 5),
    ("Byte", 6),
    ("Int16", 7),
    ("UInt16", 8),
    ("Int32", 9),
    ("UInt32", 10),
    ("Int64", 11),
    ("UInt64", 12),
    ("Single", 13),
    ("Double", 14),
    ("Decimal", 15),
    ("DateTime", 16),
    ("String", 18),
];

/// `Parse` with `NumberStyles.Integer`: white space around, a sign in front.
pub(crate) fn parse(text: &str, ty: Scalar) -> Eval {
    let numeral = numeral::read(text, Style::Integer)
        .ok_or_else(|| Exception::format("Input string was not in a correct format."))?;
    let number = numeral.integer().unwrap_or(i128::MAX);
    crate::eval::from_integer(number, ty, true).map_err(|_| crate::eval::integer_overflow(ty))
}

fn try_parse(cx: &mut Cx<'_>, args: &[Value], ty: Scalar) -> Eval {
    let parsed = args.first().and_then(Value::as_text).and_then(|text| parse(text.as_str(), ty).ok());
    cx.outs.push(match &parsed {
        Some(number) => number.clone(),
        None => crate::eval::default_value(&Type::Scalar(ty)),
    });
    Ok(Value::Bool(parsed.is_some()))
}

/// `ToString(format)` of a number.
pub(crate) fn to_string(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let format = super::arguments::text_or_empty(args, 1);
    super::format::formatted(cx, arg(args, 0), format).map(Value::Text)
}

/// `CompareTo` of a number. The small types give the difference.
pub(crate) fn compare_to(_: &mut Cx<'_>, args: &[Value]) -> Eval {
    let (a, b) = (arg(args, 0), arg(args, 1));
    if let (
        Value::Byte(_) | Value::SByte(_) | Value::Int16(_) | Value::UInt16(_) | Value::Char(_),
        Some(x),
        Some(y),
    ) = (a, a.as_integer(), b.as_integer())
    {
        return Ok(Value::Int32(i32::try_from(x - y).unwrap_or(0)));
    }
    compare_values(a, b).map(|order| Value::Int32(order as i32))
}

/// `CompareTo(object)`: null is less than everything, another type is refused.
pub(crate) fn compare_to_object(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let (own, other) = (arg(args, 0), arg(args, 1));
    if other.is_null() {
        return Ok(Value::Int32(1));
    }
    let ty = runtime_type(cx.heap, own);
    if runtime_type(cx.heap, other) != ty {
        let name = ty.net_name();
        let name = name.strip_prefix("System.").unwrap_or(&name);
        return Err(Exception::new("System.ArgumentException", format!("Object must be of type {name}.")));
    }
    compare_to(cx, args)
}

/// `GetTypeCode()`.
pub(crate) fn type_code(_: &mut Cx<'_>, args: &[Value]) -> Eval {
    Ok(code_of(arg(args, 0)))
}

/// The `TypeCode` of a value.
pub(crate) fn code_of(value: &Value) -> Value {
    let number = match value {
        Value::Null => 0,
        Value::Bool(_) => 3,
        Value::Char(_) => 4,
        Value::SByte(_) => 5,
        Value::Byte(_) => 6,
        Value::Int16(_) => 7,
        Value::UInt16(_) => 8,
        Value::Int32(_) | Value::Enum(_) => 9,
        Value::UInt32(_) => 10,
        Value::Int64(_) => 11,
        Value::UInt64(_) => 12,
        Value::Single(_) => 13,
        Value::Double(_) => 14,
        Value::Decimal(_) => 15,
        Value::DateTime(_) => 16,
        Value::Text(_) => 18,
        _ => 1,
    };
    match super::natives::named("TypeCode") {
        Type::Class(class, _) => Value::Enum(EnumValue { class, number }),
        _ => Value::Null,
    }
}
