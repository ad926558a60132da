//! The integer types: `SByte` to `UInt64`.

use crate::eval::{Cx, Eval};
use crate::types::Scalar;
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
        None => crate::eval::default_value(&crate::Type::Scalar(ty)),
    });
    Ok(Value::Bool(parsed.is_some()))
}

/// `ToString(format)` of a number.
pub(crate) fn to_string(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let format = super::arguments::text_or_empty(args, 1);
    super::format::formatted(cx, arg(args, 0), format).map(Value::Text)
}

/// `CompareTo` of a number.
pub(crate) fn compare_to(_: &mut Cx<'_>, args: &[Value]) -> Eval {
    compare_values(arg(args, 0), arg(args, 1)).map(|order| Value::Int32(order as i32))
}
