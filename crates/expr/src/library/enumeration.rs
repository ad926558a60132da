//! `System.Enum`: what enum types have in common. APIM allows `Parse`, `TryParse` and `ToString`.

use crate::eval::{Cx, Eval, default_value};
use crate::library::Kind;
use crate::registry::registry;
use crate::types::{ClassId, Type};
use crate::value::EnumValue;
use crate::{Exception, Text, Value};

use super::arguments::{arg, boolean, text};
use super::reflection::named_type;
use super::{TypeSpec, member};

pub(super) const TYPES: &[TypeSpec] = &[TypeSpec {
    members: &[
        member("static object Parse(Type enumType, string value)", |cx, a| parse_type(cx, a, false)),
        member("static object Parse(Type enumType, string value, bool ignoreCase)", |cx, a| {
            parse_type(cx, a, boolean(a, 2))
        }),
        member("static bool TryParse<TEnum>(string value, out TEnum result)", |cx, a| {
            try_parse(cx, a, false)
        }),
        member("static bool TryParse<TEnum>(string value, bool ignoreCase, out TEnum result)", |cx, a| {
            try_parse(cx, a, boolean(a, 1))
        }),
        member("string ToString()", |cx, a| cx.display(arg(a, 0)).map(Value::Text)),
        member("string ToString(string format)", super::integers::to_string),
    ],
    ..TypeSpec::class("System.Enum", "api/system.enum")
}];

/// The enum that a type is.
fn enum_class(ty: &Type) -> Option<ClassId> {
    match ty {
        Type::Class(id, _) if matches!(registry().class(*id).kind(), Kind::Enum(_)) => Some(*id),
        _ => None,
    }
}

fn parse_type(cx: &mut Cx<'_>, args: &[Value], ignore_case: bool) -> Eval {
    let ty = named_type(cx, args, 0).ok_or_else(|| Exception::argument_null("enumType"))?;
    let class =
        enum_class(&ty).ok_or_else(|| Exception::argument("Type provided must be an Enum.", "enumType"))?;
    parse(class, text(args, 1, "value")?, ignore_case)
}

fn try_parse(cx: &mut Cx<'_>, args: &[Value], ignore_case: bool) -> Eval {
    let ty = cx.type_arg(0);
    let class =
        enum_class(&ty).ok_or_else(|| Exception::argument("Type provided must be an Enum.", "enumType"))?;
    let parsed = arg(args, 0).as_text().and_then(|text| parse(class, text, ignore_case).ok());
    let found = parsed.is_some();
    cx.outs.push(parsed.unwrap_or_else(|| default_value(&ty)));
    Ok(Value::Bool(found))
}

/// A number, or names with commas between.
fn parse(class: ClassId, text: &Text, ignore_case: bool) -> Eval {
    let word = text.as_str().trim();
    if word.is_empty() {
        let message = Text::from_static("Must specify valid information for parsing in the string.");
        return Err(Exception::new("System.ArgumentException", message));
    }
    if word.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-')) {
        match super::integers::parse(word, crate::Scalar::Int32) {
            Ok(Value::Int32(number)) => return Ok(Value::Enum(EnumValue { class, number })),
            Err(exception) if exception.class() == "System.OverflowException" => return Err(exception),
            _ => {}
        }
    }
    let members = registry().class(class).enum_members();
    let mut number = 0;
    for name in word.split(',').map(str::trim) {
        let same = |own: &str| if ignore_case { own.eq_ignore_ascii_case(name) } else { own == name };
        let found = members.iter().find(|(own, _)| same(own)).map(|(_, number)| number);
        number |= found.ok_or_else(|| {
            let message = format!("Requested value '{word}' was not found.");
            Exception::new("System.ArgumentException", message)
        })?;
    }
    Ok(Value::Enum(EnumValue { class, number }))
}
