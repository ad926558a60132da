//! `System.Char`.

use crate::{Text, Value};

use super::arguments::{arg, character};
use super::{TypeSpec, constant, member};

pub(super) const TYPES: &[TypeSpec] = &[TypeSpec {
    members: &[
        constant("static char MaxValue", || Value::Char(u16::MAX)),
        constant("static char MinValue", || Value::Char(0)),
        member("static bool IsDigit(char c)", |_, a| is(a, |c| c.is_ascii_digit())),
        member("static bool IsNumber(char c)", |_, a| is(a, char::is_numeric)),
        member("static bool IsLetter(char c)", |_, a| is(a, char::is_alphabetic)),
        member("static bool IsLetterOrDigit(char c)", |_, a| is(a, |c| c.is_alphabetic() || c.is_ascii_digit())),
        member("static bool IsUpper(char c)", |_, a| is(a, char::is_uppercase)),
        member("static bool IsLower(char c)", |_, a| is(a, char::is_lowercase)),
        member("static bool IsWhiteSpace(char c)", |_, a| is(a, char::is_whitespace)),
        member("static bool IsControl(char c)", |_, a| is(a, char::is_control)),
        member("static bool IsPunctuation(char c)", |_, a| {
            is(a, |c| c.is_ascii_punctuation() && !"$+<=>^`|~".contains(c))
        }),
        member("static bool IsSymbol(char c)", |_, a| is(a, |c| "$+<=>^`|~".contains(c))),
        member("static char ToLower(char c)", |_, a| map(a, super::string::lower)),
        member("static char ToLowerInvariant(char c)", |_, a| map(a, super::string::lower)),
        member("static char ToUpper(char c)", |_, a| map(a, super::string::upper)),
        member("static char ToUpperInvariant(char c)", |_, a| map(a, super::string::upper)),
        member("static string ToString(char c)", |_, a| Ok(Value::Text(Text::from_units(&[character(a, 0)])))),
        member("static double GetNumericValue(char c)", |_, a| {
            let digit = char_of(a).to_digit(10);
            Ok(Value::Double(digit.map_or(-1.0, f64::from)))
        }),
        member("static char Parse(string s)", |_, a| {
            super::convert::text_to_char(super::arguments::text(a, 0, "s")?)
        }),
        member("int CompareTo(char value)", |_, a| {
            Ok(Value::Int32(i32::from(character(a, 0)) - i32::from(character(a, 1))))
        }),
        member("bool Equals(char obj)", |_, a| Ok(Value::Bool(arg(a, 0) == arg(a, 1)))),
    ],
    unbuilt: &["ConvertFromUtf32", "ConvertToUtf32", "GetUnicodeCategory", "IsSurrogate", "IsHighSurrogate", "IsLowSurrogate", "IsSurrogatePair", "IsSeparator", "TryParse"],
    ..TypeSpec::structure("System.Char", "api/system.char")
}];

fn char_of(args: &[Value]) -> char {
    char::from_u32(character(args, 0).into()).unwrap_or(char::REPLACEMENT_CHARACTER)
}

fn is(args: &[Value], test: impl Fn(char) -> bool) -> crate::eval::Eval {
    Ok(Value::Bool(test(char_of(args))))
}

fn map(args: &[Value], with: fn(&str) -> String) -> crate::eval::Eval {
    let mapped = Text::from(with(char_of(args).encode_utf8(&mut [0; 4])));
    Ok(Value::Char(mapped.unit(0).unwrap_or_default()))
}
