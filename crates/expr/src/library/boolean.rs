//! `System.Boolean`.

use crate::eval::Eval;
use crate::{Exception, Value};

use super::arguments::{arg, boolean, text};
use super::integers::{compare_to_object, type_code};
use super::{TypeSpec, constant, member};

pub(super) const TYPES: &[TypeSpec] = &[TypeSpec {
    members: &[
        constant("static string TrueString", || Value::text("True")),
        constant("static string FalseString", || Value::text("False")),
        member("static bool Parse(string value)", |_, a| parse(text(a, 0, "value")?.as_str())),
        member("static bool TryParse(string value, out bool result)", |cx, a| {
            let parsed = a.first().and_then(Value::as_text).and_then(|text| parse(text.as_str()).ok());
            cx.outs.push(parsed.clone().unwrap_or(Value::Bool(false)));
            Ok(Value::Bool(parsed.is_some()))
        }),
        member("int CompareTo(bool value)", |_, a| {
            Ok(Value::Int32(boolean(a, 0).cmp(&boolean(a, 1)) as i32))
        }),
        member("int CompareTo(object obj)", compare_to_object),
        member("TypeCode GetTypeCode()", type_code),
        member("bool Equals(bool obj)", |_, a| Ok(Value::Bool(arg(a, 0) == arg(a, 1)))),
    ],
    ..TypeSpec::structure("System.Boolean", "api/system.boolean")
}];

/// `bool.Parse`: `True` or `False` in any case, with white space around.
pub(crate) fn parse(text: &str) -> Eval {
    let word = text.trim_matches(|c: char| c.is_whitespace() || c == '\0');
    if word.eq_ignore_ascii_case("true") {
        return Ok(Value::Bool(true));
    }
    if word.eq_ignore_ascii_case("false") {
        return Ok(Value::Bool(false));
    }
    Err(Exception::format("String was not recognized as a valid Boolean."))
}
