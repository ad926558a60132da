//! `System.Convert`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::eval::{Cx, Eval, convert_number, default_value};
use crate::types::{Scalar, Type};
use crate::{Exception, Text, Value};

use super::arguments::{arg, bytes, int, text, text_or_empty};
use super::{Row, TypeSpec, member};

macro_rules! conversions {
    ($name:literal, $keyword:literal, $scalar:ident) => {
        member(concat!("static ", $keyword, " ", $name, "(object value)"), |cx, a| {
            convert(cx, arg(a, 0), Scalar::$scalar)
        })
    };
}

pub(super) const TYPES: &[TypeSpec] = &[TypeSpec {
    members: ROWS,
    unbuilt: &["ChangeType", "GetTypeCode", "IsDBNull", "ToBase64CharArray", "FromBase64CharArray"],
    ..TypeSpec::statics("System.Convert", "api/system.convert")
}];

const ROWS: &[Row] = &[
    conversions!("ToSByte", "sbyte", SByte),
    conversions!("ToByte", "byte", Byte),
    conversions!("ToInt16", "short", Int16),
    conversions!("ToUInt16", "ushort", UInt16),
    conversions!("ToInt32", "int", Int32),
    conversions!("ToUInt32", "uint", UInt32),
    conversions!("ToInt64", "long", Int64),
    conversions!("ToUInt64", "ulong", UInt64),
    conversions!("ToSingle", "float", Single),
    conversions!("ToDouble", "double", Double),
    conversions!("ToDecimal", "decimal", Decimal),
    conversions!("ToChar", "char", Char),
    member("static byte ToByte(string value, int fromBase)", |_, a| from_base(a, Scalar::Byte)),
    member("static short ToInt16(string value, int fromBase)", |_, a| from_base(a, Scalar::Int16)),
    member("static int ToInt32(string value, int fromBase)", |_, a| from_base(a, Scalar::Int32)),
    member("static uint ToUInt32(string value, int fromBase)", |_, a| from_base(a, Scalar::UInt32)),
    member("static long ToInt64(string value, int fromBase)", |_, a| from_base(a, Scalar::Int64)),
    member("static ulong ToUInt64(string value, int fromBase)", |_, a| from_base(a, Scalar::UInt64)),
    member("static bool ToBoolean(object value)", |cx, a| {
        let value = unwrapped(cx, arg(a, 0));
        if value.is_null() { Ok(Value::Bool(false)) } else { to_boolean(&value) }
    }),
    member("static DateTime ToDateTime(string value)", |_, a| {
        super::dates::parse(text(a, 0, "value")?).map(Value::DateTime)
    }),
    member("static string ToString(object value)", |cx, a| {
        if arg(a, 0).is_null() { Ok(Value::Text(Text::EMPTY)) } else { cx.display(arg(a, 0)).map(Value::Text) }
    }),
    member("static string ToString(string value)", |_, a| Ok(arg(a, 0).clone())),
    member("static string ToString(byte value, int toBase)", to_base),
    member("static string ToString(short value, int toBase)", to_base),
    member("static string ToString(int value, int toBase)", to_base),
    member("static string ToString(long value, int toBase)", to_base),
    member("static string ToBase64String(byte[] inArray)", to_base64),
    member("static string ToBase64String(byte[] inArray, Base64FormattingOptions options)", to_base64_lines),
    member("static string ToBase64String(byte[] inArray, int offset, int length)", to_base64_part),
    member("static byte[] FromBase64String(string s)", |cx, a| {
        let bytes = from_base64(text(a, 0, "s")?.as_str())?;
        cx.heap.charge(bytes.len())?;
        cx.heap.bytes(bytes)
    }),
];

/// A JSON value or a property counts as the value that it holds.
fn unwrapped(cx: &Cx<'_>, value: &Value) -> Value {
    crate::json::inner_value(cx.heap, value).unwrap_or_else(|| value.clone())
}

fn convert(cx: &mut Cx<'_>, value: &Value, scalar: Scalar) -> Eval {
    let value = unwrapped(cx, value);
    match (&value, scalar) {
        (Value::Null, Scalar::Char) => Ok(Value::Char(0)),
        (Value::Null, _) => Ok(default_value(&Type::Scalar(scalar))),
        (Value::Text(text), Scalar::Char) => text_to_char(text),
        _ => to_number(&value, scalar),
    }
}

/// `Convert.ToInt32(x)` and its like: real numbers are rounded to even, text is parsed.
pub(crate) fn to_number(value: &Value, scalar: Scalar) -> Eval {
    match value {
        Value::Text(text) => match scalar {
            Scalar::Double => super::double::parse(text.as_str()),
            Scalar::Single => convert_number(&super::double::parse(text.as_str())?, scalar, false),
            Scalar::Decimal => super::double::parse_decimal(text.as_str()),
            Scalar::Bool => super::boolean::parse(text.as_str()),
            _ => super::integers::parse(text.as_str(), scalar),
        },
        Value::Bool(value) => convert_number(&Value::Int32(i32::from(*value)), scalar, true),
        Value::Double(number) if scalar.is_integral() => {
            rounded(number.round_ties_even(), scalar)
        }
        Value::Single(number) if scalar.is_integral() => rounded(f64::from(*number).round_ties_even(), scalar),
        Value::Decimal(number) if scalar.is_integral() => {
            let number = super::double::round(*number, 0, 0);
            convert_number(&Value::Decimal(number), scalar, true)
        }
        Value::Ref(_) | Value::Host(_) | Value::Guid(_) | Value::DateTime(_) | Value::TimeSpan(_) => {
            Err(Exception::new(
                "System.InvalidCastException",
                Text::from_static("Unable to cast object to type 'System.IConvertible'."),
            ))
        }
        number => convert_number(number, scalar, true).map_err(|_| crate::eval::integer_overflow(scalar)),
    }
}

fn rounded(number: f64, scalar: Scalar) -> Eval {
    convert_number(&Value::Double(number), scalar, true).map_err(|_| crate::eval::integer_overflow(scalar))
}

/// `Convert.ToBoolean`.
pub(crate) fn to_boolean(value: &Value) -> Eval {
    match value {
        Value::Bool(_) => Ok(value.clone()),
        Value::Text(text) => super::boolean::parse(text.as_str()),
        Value::Double(number) => Ok(Value::Bool(*number != 0.0)),
        Value::Single(number) => Ok(Value::Bool(*number != 0.0)),
        Value::Decimal(number) => Ok(Value::Bool(!number.is_zero())),
        other => match other.as_integer() {
            Some(number) => Ok(Value::Bool(number != 0)),
            None => Err(Exception::invalid_cast()),
        },
    }
}

/// `Convert.ToChar` of text: exactly one unit.
pub(crate) fn text_to_char(text: &Text) -> Eval {
    match (text.length(), text.unit(0)) {
        (1, Some(unit)) => Ok(Value::Char(unit)),
        _ => Err(Exception::format("String must be exactly one character long.")),
    }
}

/// A `Guid` from text.
pub(crate) fn to_guid(value: &Value) -> Eval {
    match value {
        Value::Text(text) => super::guid::parse(text.as_str()).map(Value::Guid),
        Value::Guid(_) => Ok(value.clone()),
        _ => Err(Exception::invalid_cast()),
    }
}

/// Text as a scalar type, as for the keys of a dictionary read from JSON.
pub(crate) fn to_type(value: &Value, ty: &Type) -> Eval {
    match ty {
        Type::Scalar(scalar) => to_number(value, *scalar),
        _ => Ok(value.clone()),
    }
}

fn from_base(args: &[Value], scalar: Scalar) -> Eval {
    let radix = match int(args, 1) {
        radix @ (2 | 8 | 10 | 16) => radix.cast_unsigned(),
        _ => return Err(Exception::new("System.ArgumentException", Text::from_static("Invalid Base."))),
    };
    let text = text_or_empty(args, 0);
    if arg(args, 0).is_null() {
        return convert_number(&Value::Int32(0), scalar, false);
    }
    if radix == 10 {
        return super::integers::parse(text, scalar);
    }
    let digits = if radix == 16 { text.trim_start_matches("0x").trim_start_matches("0X") } else { text };
    if digits.is_empty() {
        return Err(Exception::out_of_range("Index was out of range. Must be non-negative and less than the size of the collection.", "startIndex"));
    }
    let number = u64::from_str_radix(digits, radix);
    let number = number.map_err(|_| Exception::format("Could not find any recognizable digits."))?;
    // The digits are the bits: `FFFFFFFF` is -1 as an `int`.
    let bits = match scalar {
        Scalar::Byte | Scalar::SByte => 8,
        Scalar::Int16 | Scalar::UInt16 => 16,
        Scalar::Int32 | Scalar::UInt32 => 32,
        _ => 64,
    };
    if bits < 64 && number >> bits != 0 {
        return Err(crate::eval::integer_overflow(scalar));
    }
    convert_number(&Value::UInt64(number), scalar, false)
}

fn to_base(_: &mut Cx<'_>, args: &[Value]) -> Eval {
    let bits = match arg(args, 0) {
        Value::Byte(number) => u64::from(*number),
        Value::Int16(number) => u64::from(number.cast_unsigned()),
        Value::Int32(number) => u64::from(number.cast_unsigned()),
        Value::Int64(number) => number.cast_unsigned(),
        _ => 0,
    };
    Ok(Value::Text(Text::from(match int(args, 1) {
        2 => format!("{bits:b}"),
        8 => format!("{bits:o}"),
        10 => crate::eval::plain_text(arg(args, 0)),
        16 => format!("{bits:x}"),
        _ => return Err(Exception::new("System.ArgumentException", Text::from_static("Invalid Base."))),
    })))
}

/// Standard base64.
pub(crate) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// `Convert.FromBase64String`: white space is skipped.
pub(crate) fn from_base64(text: &str) -> Result<Vec<u8>, Exception> {
    let bad = || {
        Exception::format(
            "The input is not a valid Base-64 string as it contains a non-base 64 character, more than two padding characters, or an illegal character among the padding characters. ",
        )
    };
    let cleaned: Vec<u8> = text.bytes().filter(|b| !matches!(b, b' ' | b'\t' | b'\r' | b'\n')).collect();
    if !cleaned.len().is_multiple_of(4) {
        return Err(Exception::format("Invalid length for a Base-64 char array or string."));
    }
    // .NET does not look at the bits that the last character has left over.
    let lenient = base64::engine::GeneralPurpose::new(
        &base64::alphabet::STANDARD,
        base64::engine::GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
    );
    lenient.decode(cleaned).map_err(|_| bad())
}

fn to_base64(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let text = base64(bytes(cx.heap, args, 0, "inArray")?);
    cx.grow(text.len())?;
    Ok(Value::Text(text.into()))
}

fn to_base64_part(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let all = bytes(cx.heap, args, 0, "inArray")?;
    let range = usize::try_from(int(args, 1)).ok().zip(usize::try_from(int(args, 2)).ok());
    let part = range.and_then(|(from, length)| all.get(from..from.checked_add(length)?));
    let part = part.ok_or_else(|| {
        Exception::out_of_range("Offset and length must refer to a position in the string.", "offset")
    })?;
    let text = base64(part);
    cx.grow(text.len())?;
    Ok(Value::Text(text.into()))
}

fn to_base64_lines(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let text = base64(bytes(cx.heap, args, 0, "inArray")?);
    cx.grow(text.len())?;
    if super::arguments::member(args, 1) == 0 {
        return Ok(Value::Text(text.into()));
    }
    let lines: Vec<&str> = text.as_bytes().chunks(76).filter_map(|line| std::str::from_utf8(line).ok()).collect();
    Ok(Value::Text(lines.join("\r\n").into()))
}
