//! `System.Char`, `System.Globalization.UnicodeCategory`.

use crate::eval::{Cx, Eval};
use crate::value::EnumValue;
use crate::{Exception, Text, Value};

use super::arguments::{arg, character, int, text};
use super::integers::{compare_to_object, type_code};
use super::unicode::{self, CATEGORIES, Category};
use super::{Row, TypeSpec, constant, member};

pub(super) const TYPES: &[TypeSpec] = &[
    TypeSpec { members: ROWS, ..TypeSpec::structure("System.Char", "api/system.char") },
    TypeSpec::enumeration(
        "System.Globalization.UnicodeCategory",
        CATEGORIES,
        "api/system.globalization.unicodecategory",
    ),
];

/// A question about a character, asked of a `char` or of a place in text, and rows of their own.
macro_rules! rows {
    ($($name:literal $test:expr),*; units: $($unit:literal $unit_test:expr),*; $($row:expr),* $(,)?) => {
        &[
            $(
                member(concat!("static bool ", $unit, "(char c)"), |_, a| {
                    let test: fn(u32) -> bool = $unit_test;
                    Ok(Value::Bool(test(character(a, 0).into())))
                }),
                member(concat!("static bool ", $unit, "(string s, int index)"), |_, a| {
                    let test: fn(u32) -> bool = $unit_test;
                    unit_at(a).map(|unit| Value::Bool(test(unit.into())))
                }),
            )*
            $(
                member(concat!("static bool ", $name, "(char c)"), |_, a| {
                    let test: fn(u32) -> bool = $test;
                    Ok(Value::Bool(test(character(a, 0).into())))
                }),
                member(concat!("static bool ", $name, "(string s, int index)"), |_, a| {
                    let test: fn(u32) -> bool = $test;
                    point_at(a).map(|code| Value::Bool(test(code)))
                }),
            )*
            $($row),*
        ]
    };
}

const ROWS: &[Row] = rows! {
    "IsControl" |code| Category::of(code).is_control(),
    "IsDigit" |code| Category::of(code).is_digit(),
    "IsLetter" |code| Category::of(code).is_letter(),
    "IsLetterOrDigit" |code| Category::of(code).is_letter_or_digit(),
    "IsLower" |code| Category::of(code).is_lower(),
    "IsNumber" |code| Category::of(code).is_number(),
    "IsPunctuation" |code| Category::of(code).is_punctuation(),
    "IsSeparator" |code| Category::of(code).is_separator(),
    "IsSymbol" |code| Category::of(code).is_symbol(),
    "IsUpper" |code| Category::of(code).is_upper(),
    "IsWhiteSpace" |code| char::from_u32(code).is_some_and(unicode::is_white);
    units: "IsHighSurrogate" is_high, "IsLowSurrogate" is_low, "IsSurrogate" |code| is_high(code) || is_low(code);
    constant("static char MaxValue", || Value::Char(u16::MAX)),
    constant("static char MinValue", || Value::Char(0)),
    member("static char ToLower(char c)", |_, a| map(a, unicode::lower)),
    member("static char ToLowerInvariant(char c)", |_, a| map(a, unicode::lower)),
    member("static char ToUpper(char c)", |_, a| map(a, unicode::upper)),
    member("static char ToUpperInvariant(char c)", |_, a| map(a, unicode::upper)),
    member("static string ToString(char c)", |_, a| Ok(Value::Text(Text::from_units(&[character(a, 0)])))),
    member("static double GetNumericValue(char c)", |_, a| {
        Ok(Value::Double(unicode::numeric_value(character(a, 0).into())))
    }),
    member("static double GetNumericValue(string s, int index)", |_, a| {
        point_at(a).map(|code| Value::Double(unicode::numeric_value(code)))
    }),
    member("static UnicodeCategory GetUnicodeCategory(char c)", |_, a| Ok(category(character(a, 0).into()))),
    member("static UnicodeCategory GetUnicodeCategory(string s, int index)", |_, a| point_at(a).map(category)),
    member("static bool IsSurrogatePair(char highSurrogate, char lowSurrogate)", |_, a| {
        Ok(Value::Bool(is_high(character(a, 0).into()) && is_low(character(a, 1).into())))
    }),
    member("static bool IsSurrogatePair(string s, int index)", |_, a| {
        point_at(a).map(|code| Value::Bool(code > 0xFFFF))
    }),
    member("static string ConvertFromUtf32(int utf32)", from_code_point),
    member("static int ConvertToUtf32(char highSurrogate, char lowSurrogate)", to_code_point),
    member("static int ConvertToUtf32(string s, int index)", |_, a| {
        let text = text(a, 0, "s")?;
        if usize::try_from(int(a, 1)).map_or(true, |at| at >= text.length()) {
            let message = "Index was out of range. Must be non-negative and less than the size of the collection.";
            return Err(Exception::out_of_range(message, "index"));
        }
        let code = point_at(a)?;
        if is_high(code) || is_low(code) {
            let which = if is_high(code) { "high" } else { "low" };
            let message = format!("Found a {which} surrogate char without a preceding {} surrogate at index: {}. The input may not be in this encoding, or may not contain valid Unicode (UTF-16) characters.", if is_high(code) { "low" } else { "high" }, int(a, 1));
            return Err(Exception::argument(&message, "s"));
        }
        Ok(Value::Int32(code.cast_signed()))
    }),
    member("static char Parse(string s)", |_, a| super::convert::text_to_char(text(a, 0, "s")?)),
    member("static bool TryParse(string s, out char result)", |cx, a| {
        let unit = arg(a, 0).as_text().filter(|text| text.length() == 1).and_then(|text| text.unit(0));
        cx.outs.push(Value::Char(unit.unwrap_or(0)));
        Ok(Value::Bool(unit.is_some()))
    }),
    member("int CompareTo(char value)", |_, a| {
        Ok(Value::Int32(i32::from(character(a, 0)) - i32::from(character(a, 1))))
    }),
    member("int CompareTo(object value)", compare_to_object),
    member("bool Equals(char obj)", |_, a| Ok(Value::Bool(arg(a, 0) == arg(a, 1)))),
    member("TypeCode GetTypeCode()", type_code),
};

const fn is_high(code: u32) -> bool {
    matches!(code, 0xD800..=0xDBFF)
}

const fn is_low(code: u32) -> bool {
    matches!(code, 0xDC00..=0xDFFF)
}

fn unit_at(args: &[Value]) -> Result<u16, Exception> {
    let text = text(args, 0, "s")?;
    let unit = usize::try_from(int(args, 1)).ok().and_then(|at| text.unit(at));
    let message = "Specified argument was out of the range of valid values.";
    unit.ok_or_else(|| Exception::out_of_range(message, "index"))
}

/// The character at a place in text: both halves of a surrogate pair when it begins there.
fn point_at(args: &[Value]) -> Result<u32, Exception> {
    let unit = unit_at(args)?;
    let next = usize::try_from(int(args, 1)).ok().and_then(|at| text(args, 0, "s").ok()?.unit(at + 1));
    Ok(next.and_then(|next| joined(unit, next)).unwrap_or(unit.into()))
}

fn joined(high: u16, low: u16) -> Option<u32> {
    let both = is_high(high.into()) && is_low(low.into());
    both.then(|| 0x1_0000 + ((u32::from(high) - 0xD800) << 10) + (u32::from(low) - 0xDC00))
}

fn category(code: u32) -> Value {
    match super::natives::named("UnicodeCategory") {
        crate::Type::Class(class, _) => Value::Enum(EnumValue { class, number: Category::of(code).number() }),
        _ => Value::Null,
    }
}

fn map(args: &[Value], with: fn(char) -> char) -> Eval {
    let unit = character(args, 0);
    let mapped = char::from_u32(unit.into()).and_then(|c| u16::try_from(u32::from(with(c))).ok());
    Ok(Value::Char(mapped.unwrap_or(unit)))
}

fn from_code_point(_: &mut Cx<'_>, args: &[Value]) -> Eval {
    let c = u32::try_from(int(args, 0)).ok().and_then(char::from_u32);
    let c = c.ok_or_else(|| {
        let message = "A valid UTF32 value is between 0x000000 and 0x10ffff, inclusive, and should not include surrogate codepoint values (0x00d800 ~ 0x00dfff).";
        Exception::out_of_range(message, "utf32")
    })?;
    Ok(Value::text(c.encode_utf8(&mut [0; 4])))
}

fn to_code_point(_: &mut Cx<'_>, args: &[Value]) -> Eval {
    let (high, low) = (character(args, 0), character(args, 1));
    if !is_high(high.into()) {
        let message = "A valid high surrogate character is between 0xd800 and 0xdbff, inclusive.";
        return Err(Exception::out_of_range(message, "highSurrogate"));
    }
    let code = joined(high, low).ok_or_else(|| {
        let message = "A valid low surrogate character is between 0xdc00 and 0xdfff, inclusive.";
        Exception::out_of_range(message, "lowSurrogate")
    })?;
    Ok(Value::Int32(code.cast_signed()))
}
