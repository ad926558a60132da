//! `System.Convert`, `System.Base64FormattingOptions`, `System.DBNull`.

mod base64;
mod radix;

use crate::eval::{Cx, Eval, convert_number, default_value, runtime_type};
use crate::object::NativeObject;
use crate::types::{Scalar, Type};
use crate::{Exception, Text, Value};

use super::arguments::{arg, member as number_of};
use super::natives::{made, named};
use super::reflection::named_type;
use super::{Row, TypeSpec, member};

pub(crate) use base64::{base64, from_base64};

macro_rules! conversions {
    ($name:literal, $keyword:literal, $scalar:ident) => {
        member(concat!("static ", $keyword, " ", $name, "(object value)"), |cx, a| {
            convert(cx, arg(a, 0), Scalar::$scalar)
        })
    };
}

pub(super) const TYPES: &[TypeSpec] = &[
    TypeSpec {
        members: ROWS,
        more: &[base64::ROWS, radix::ROWS],
        ..TypeSpec::statics("System.Convert", "api/system.convert")
    },
    TypeSpec::flags(
        "System.Base64FormattingOptions",
        &[("None", 0), ("InsertLineBreaks", 1)],
        "api/system.base64formattingoptions",
    ),
    TypeSpec {
        members: &[member("static DBNull Value", |cx, _| made(cx, DbNull))],
        ..TypeSpec::class("System.DBNull", "api/system.dbnull")
    },
];

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
    conversions!("ToBoolean", "bool", Bool),
    // Null text is not null for this one.
    member("static char ToChar(string value)", |_, a| {
        super::arguments::text(a, 0, "value").and_then(text_to_char)
    }),
    member("static DateTime ToDateTime(DateTime value)", |_, a| Ok(arg(a, 0).clone())),
    member("static DateTime ToDateTime(object value)", |cx, a| to_date(cx, arg(a, 0))),
    member("static string ToString(object value)", |cx, a| {
        if arg(a, 0).is_null() {
            Ok(Value::Text(Text::EMPTY))
        } else {
            cx.display(arg(a, 0)).map(Value::Text)
        }
    }),
    member("static string ToString(string value)", |_, a| Ok(arg(a, 0).clone())),
    member("static object ChangeType(object value, TypeCode typeCode)", change_to_code),
    member("static object ChangeType(object value, Type conversionType)", change_type),
    member("static TypeCode GetTypeCode(object value)", |cx, a| {
        let value = unwrapped(cx, arg(a, 0));
        Ok(super::integers::code_of(&value))
    }),
    member("static object DBNull", |cx, _| made(cx, DbNull)),
    member("static bool IsDBNull(object value)", |cx, a| {
        Ok(Value::Bool(cx.heap.native::<DbNull>(arg(a, 0)).is_some()))
    }),
];

/// `DBNull.Value`.
#[derive(Debug)]
struct DbNull;

impl NativeObject for DbNull {
    fn class(&self) -> Type {
        named("DBNull")
    }

    fn text(&self) -> Option<Text> {
        Some(Text::EMPTY)
    }

    fn key(&self, _: &crate::Heap) -> Option<crate::object::Key> {
        Some(crate::object::Key::Null)
    }
}

/// A JSON value or a property counts as the value that it holds.
fn unwrapped(cx: &Cx<'_>, value: &Value) -> Value {
    crate::json::inner_value(cx.heap, value).unwrap_or_else(|| value.clone())
}

fn convert(cx: &mut Cx<'_>, value: &Value, scalar: Scalar) -> Eval {
    let value = unwrapped(cx, value);
    match (&value, scalar) {
        (Value::Null, _) => Ok(default_value(&Type::Scalar(scalar))),
        (Value::Text(text), Scalar::Char) => text_to_char(text),
        (
            Value::Ref(_) | Value::Host(_) | Value::Guid(_) | Value::TimeSpan(_) | Value::DateTimeOffset(_),
            _,
        ) => Err(not_convertible(cx, &value)),
        _ => to_number(&value, scalar),
    }
}

fn not_convertible(cx: &Cx<'_>, value: &Value) -> Exception {
    let name = runtime_type(cx.heap, value).net_name();
    let message = format!("Unable to cast object of type '{name}' to type 'System.IConvertible'.");
    Exception::new("System.InvalidCastException", message)
}

/// The exception of a conversion that there is none of: `Invalid cast from 'DateTime' to 'Int32'.`
fn invalid(from: &str, to: &str) -> Exception {
    Exception::new("System.InvalidCastException", format!("Invalid cast from '{from}' to '{to}'."))
}

const fn scalar_of(value: &Value) -> Option<Scalar> {
    Some(match value {
        Value::Bool(_) => Scalar::Bool,
        Value::Char(_) => Scalar::Char,
        Value::Single(_) => Scalar::Single,
        Value::Double(_) => Scalar::Double,
        Value::Decimal(_) => Scalar::Decimal,
        _ => return None,
    })
}

/// Conversions between simple types that .NET does not have.
const fn is_refused(from: Scalar, to: Scalar) -> bool {
    matches!(
        (from, to),
        (Scalar::Char, Scalar::Bool | Scalar::Single | Scalar::Double | Scalar::Decimal)
            | (Scalar::Bool | Scalar::Single | Scalar::Double | Scalar::Decimal, Scalar::Char)
    )
}

/// `Convert.ToInt32(x)` and its like: real numbers are rounded to even, text is parsed.
pub(crate) fn to_number(value: &Value, scalar: Scalar) -> Eval {
    if let Some(from) = scalar_of(value)
        && is_refused(from, scalar)
    {
        return Err(invalid(from.class(), scalar.class()));
    }
    match value {
        Value::Text(text) => match scalar {
            Scalar::Double => super::double::parse(text.as_str()),
            Scalar::Single => super::double::parse_single(text.as_str()),
            Scalar::Decimal => super::double::parse_decimal(text.as_str()),
            Scalar::Bool => super::boolean::parse(text.as_str()),
            Scalar::Char => text_to_char(text),
            _ => super::integers::parse(text.as_str(), scalar),
        },
        _ if scalar == Scalar::Bool => to_boolean(value),
        Value::Bool(value) => convert_number(&Value::Int32(i32::from(*value)), scalar, true),
        Value::Double(number) if scalar.is_integral() => rounded(number.round_ties_even(), scalar),
        Value::Single(number) if scalar.is_integral() => {
            rounded(f64::from(*number).round_ties_even(), scalar)
        }
        Value::Decimal(number) if scalar.is_integral() => {
            let number = super::double::round(*number, 0, 0);
            convert_number(&Value::Decimal(number), scalar, true)
        }
        Value::DateTime(_) => Err(invalid("DateTime", scalar.class())),
        Value::Ref(_) | Value::Host(_) | Value::Guid(_) | Value::TimeSpan(_) => Err(Exception::new(
            "System.InvalidCastException",
            Text::from_static("Unable to cast object to type 'System.IConvertible'."),
        )),
        number => convert_number(number, scalar, true).map_err(|exception| match scalar {
            Scalar::Decimal => exception,
            _ => crate::eval::integer_overflow(scalar),
        }),
    }
}

fn rounded(number: f64, scalar: Scalar) -> Eval {
    let value = Value::Double(number);
    // The small types are converted by way of `int`.
    if matches!(scalar, Scalar::SByte | Scalar::Byte | Scalar::Int16 | Scalar::UInt16) {
        convert_number(&value, Scalar::Int32, true)
            .map_err(|_| crate::eval::integer_overflow(Scalar::Int32))?;
    }
    convert_number(&value, scalar, true).map_err(|exception| match scalar {
        // The 64-bit types are converted by checked arithmetic.
        Scalar::Int64 | Scalar::UInt64 => exception,
        _ => crate::eval::integer_overflow(scalar),
    })
}

/// `Convert.ToBoolean`.
pub(crate) fn to_boolean(value: &Value) -> Eval {
    match value {
        Value::Bool(_) => Ok(value.clone()),
        Value::Text(text) => super::boolean::parse(text.as_str()),
        Value::Double(number) => Ok(Value::Bool(*number != 0.0)),
        Value::Single(number) => Ok(Value::Bool(*number != 0.0)),
        Value::Decimal(number) => Ok(Value::Bool(!number.is_zero())),
        Value::Enum(member) => Ok(Value::Bool(member.number != 0)),
        Value::DateTime(_) => Err(invalid("DateTime", "Boolean")),
        other => match other.as_integer() {
            Some(number) => Ok(Value::Bool(number != 0)),
            None => Err(Exception::invalid_cast()),
        },
    }
}

fn to_date(cx: &mut Cx<'_>, value: &Value) -> Eval {
    let value = unwrapped(cx, value);
    match &value {
        Value::Null => Ok(default_value(&named("DateTime"))),
        Value::DateTime(_) => Ok(value),
        Value::Text(text) => super::dates::parse(text).map(Value::DateTime),
        Value::Ref(_) | Value::Host(_) | Value::Guid(_) | Value::TimeSpan(_) | Value::DateTimeOffset(_) => {
            Err(not_convertible(cx, &value))
        }
        other => {
            let name = runtime_type(cx.heap, other).net_name();
            Err(invalid(name.strip_prefix("System.").unwrap_or(&name), "DateTime"))
        }
    }
}

fn change_to_code(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let code = number_of(args, 1);
    let ty = match code {
        1 => Type::Object,
        16 => named("DateTime"),
        18 => Type::String,
        3..=15 => match Scalar::ALL.get(usize::try_from(code - 3).unwrap_or(0)) {
            Some(scalar) => Type::Scalar(*scalar),
            None => Type::Object,
        },
        0 | 2 => {
            let name = if code == 0 { "Empty" } else { "DBNull" };
            if arg(args, 0).is_null() && code == 0 {
                return Ok(Value::Null);
            }
            let message = format!("Object cannot be cast to {name}.");
            return Err(Exception::new("System.InvalidCastException", message));
        }
        _ => {
            let message = Text::from_static("Unknown TypeCode value.");
            return Err(Exception::new("System.ArgumentException", message));
        }
    };
    if arg(args, 0).is_null() && matches!(ty, Type::Object | Type::String) {
        return Ok(Value::Null);
    }
    change(cx, arg(args, 0), &ty)
}

fn change_type(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let ty = named_type(cx, args, 1).ok_or_else(|| Exception::argument_null("conversionType"))?;
    change(cx, arg(args, 0), &ty)
}

fn change(cx: &mut Cx<'_>, value: &Value, ty: &Type) -> Eval {
    let own = unwrapped(cx, value);
    if own.is_null() {
        if ty.is_value_type() {
            let message = Text::from_static("Null object cannot be converted to a value type.");
            return Err(Exception::new("System.InvalidCastException", message));
        }
        return Ok(Value::Null);
    }
    if crate::eval::is_instance(cx.heap, value, ty) && !matches!(ty, Type::Object) {
        return Ok(value.clone());
    }
    let is_convertible = matches!(own, Value::Text(_) | Value::DateTime(_) | Value::Enum(_))
        || own.as_integer().is_some()
        || scalar_of(&own).is_some();
    if !is_convertible {
        let message = Text::from_static("Object must implement IConvertible.");
        return Err(Exception::new("System.InvalidCastException", message));
    }
    match ty {
        Type::Scalar(scalar) => convert(cx, &own, *scalar),
        Type::String => cx.display(&own).map(Value::Text),
        Type::Object => Ok(value.clone()),
        other if *other == named("DateTime") => to_date(cx, &own),
        other => Err(invalid(&runtime_type(cx.heap, &own).net_name(), &other.net_name())),
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
