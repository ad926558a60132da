//! Standard numeric formats: a letter and a precision, `F2`, `X8`, `N`.
//!
//! Source: "Standard numeric format strings" of the .NET documentation. What only .NET Framework does (15 digits of a
//! `double`, no sign for what is rounded to zero) is from the notes on that page and from running examples.

use crate::number;
use crate::{Exception, Value};

use super::digits::{Digits, exponent, grouped};
use super::picture;

/// `number.ToString(format)`.
///
/// # Errors
/// `System.FormatException` when the format does not exist.
pub(crate) fn format_number(value: &Value, format: &str) -> Result<String, Exception> {
    // COMPAT: .NET Framework reads a format up to a zero character.
    let format = match format.split('\0').next() {
        Some("") | None => "G",
        Some(format) => format,
    };
    if let Some((letter, precision)) = specifier(format) {
        return standard(value, letter, precision);
    }
    if let Some(symbol) = symbol(value) {
        return Ok(symbol);
    }
    Ok(picture::custom(Digits::of(value, default_digits(value)), format))
}

/// The letter and the precision; none for a custom format.
fn specifier(format: &str) -> Option<(char, Option<i32>)> {
    let mut chars = format.chars();
    let letter = chars.next().filter(char::is_ascii_alphabetic)?;
    let digits = chars.as_str();
    if digits.is_empty() {
        return Some((letter, None));
    }
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    // At most 99: a third digit makes it a custom format, zeros in front do not count.
    let precision = digits.parse().ok().filter(|precision| *precision <= 99)?;
    (digits.trim_start_matches('0').len() <= 2).then_some((letter, Some(precision)))
}

/// `NaN` and the infinities, which have no digits.
fn symbol(value: &Value) -> Option<String> {
    match value {
        Value::Double(number) if !number.is_finite() => Some(number::general(*number)),
        Value::Single(number) if !number.is_finite() => Some(number::general_single(*number)),
        _ => None,
    }
}

fn bad_specifier() -> Exception {
    Exception::format("Format specifier was invalid.")
}

/// Digits that a `double` and a `float` are computed from.
fn default_digits(value: &Value) -> usize {
    if matches!(value, Value::Single(_)) { 7 } else { 15 }
}

fn is_real(value: &Value) -> bool {
    matches!(value, Value::Double(_) | Value::Single(_))
}

/// More digits only where `E` and `G` ask for more than are kept by default.
fn digits_for(value: &Value, letter: char, precision: i32) -> usize {
    let (most, all) = if matches!(value, Value::Single(_)) { (7, 9) } else { (15, 17) };
    match letter {
        'E' if precision > most - 1 => all,
        'G' if precision > most => all,
        _ => default_digits(value),
    }
}

fn standard(value: &Value, letter: char, precision: Option<i32>) -> Result<String, Exception> {
    let upper = letter.to_ascii_uppercase();
    if is_real(value) {
        // A real number that is none is written whatever the letter, if it is one of a real number.
        if let Some(symbol) = symbol(value) {
            return Ok(symbol);
        }
    } else if !matches!(value, Value::Decimal(_)) {
        match upper {
            'X' => return Ok(hexadecimal(value, letter, precision.unwrap_or(1))),
            'D' => return Ok(decimal(value, precision.unwrap_or(1))),
            'G' if precision.unwrap_or(0) < 1 => return Ok(decimal(value, 1)),
            _ => {}
        }
    }
    let mut digits = Digits::of(value, digits_for(value, upper, precision.unwrap_or(-1)));
    let two = precision.unwrap_or(2);
    Ok(match upper {
        'F' => fixed(&mut digits, two, "-", ""),
        'N' => thousands(&mut digits, two, ["-", ""], ["", ""]),
        'C' => thousands(&mut digits, two, ["(¤", ")"], ["¤", ""]),
        'P' => {
            digits.scale += 2;
            thousands(&mut digits, two, ["-", " %"], ["", " %"])
        }
        'E' => scientific(&mut digits, letter, precision.unwrap_or(6)),
        'G' => general(value, digits, letter, precision),
        'R' => round_trip(value)?,
        _ => return Err(bad_specifier()),
    })
}

fn round_trip(value: &Value) -> Result<String, Exception> {
    match value {
        Value::Double(number) => Ok(number::round_trip(*number)),
        Value::Single(number) => Ok(number::round_trip_single(*number)),
        _ => Err(bad_specifier()),
    }
}

fn with_point(whole: &str, fraction: &str) -> String {
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{whole}{point}{fraction}")
}

fn fixed(digits: &mut Digits, decimals: i32, minus: &str, after: &str) -> String {
    digits.round(digits.scale.saturating_add(decimals));
    let sign = if digits.negative { minus } else { "" };
    format!("{sign}{}{after}", with_point(&digits.whole(), &digits.fraction(decimals)))
}

/// With groups, between what stands around negative and around other numbers.
fn thousands(digits: &mut Digits, decimals: i32, negative: [&str; 2], other: [&str; 2]) -> String {
    digits.round(digits.scale.saturating_add(decimals));
    let [before, after] = if digits.negative { negative } else { other };
    format!("{before}{}{after}", with_point(&grouped(&digits.whole()), &digits.fraction(decimals)))
}

fn scientific(digits: &mut Digits, letter: char, decimals: i32) -> String {
    digits.round(decimals.saturating_add(1));
    let power = if digits.is_zero() { 0 } else { digits.scale - 1 };
    let fraction: String = (1..=decimals).map(|place| digits.at(place)).collect();
    let sign = if digits.negative { "-" } else { "" };
    let first = digits.at(0).to_string();
    format!("{sign}{}{}", with_point(&first, &fraction), exponent(letter, power, 3, true))
}

/// The shorter of both notations.
fn general(value: &Value, mut digits: Digits, letter: char, precision: Option<i32>) -> String {
    let letter = if letter == 'g' { 'e' } else { 'E' };
    let precision = match (precision, value) {
        (Some(precision @ 1..), _) => precision,
        // All digits of a decimal, trailing zeros included, and never an exponent.
        (None, Value::Decimal(_)) => {
            let sign = if digits.negative { "-" } else { "" };
            return format!("{sign}{}", with_point(&digits.whole(), &digits.fraction(digits.decimals())));
        }
        (_, other) => default_precision(other),
    };
    digits.round(precision);
    let sign = if digits.negative { "-" } else { "" };
    if digits.scale > precision || digits.scale < -3 {
        let fraction: String = (1..)
            .map_while(|place| {
                (place < digits.digits.len()).then(|| digits.at(i32::try_from(place).unwrap_or(0)))
            })
            .collect();
        let first = digits.at(0).to_string();
        return format!(
            "{sign}{}{}",
            with_point(&first, &fraction),
            exponent(letter, digits.scale - 1, 2, true)
        );
    }
    format!("{sign}{}", with_point(&digits.whole(), &digits.fraction(digits.decimals())))
}

fn default_precision(value: &Value) -> i32 {
    match value {
        Value::Double(_) => 15,
        Value::Single(_) => 7,
        Value::Decimal(_) => 29,
        Value::Int64(_) => 19,
        Value::UInt64(_) => 20,
        _ => 10,
    }
}

fn decimal(value: &Value, width: i32) -> String {
    let number = value.as_integer().unwrap_or_default();
    let sign = if number < 0 { "-" } else { "" };
    let width = usize::try_from(width).unwrap_or(0);
    format!("{sign}{:0>width$}", number.unsigned_abs())
}

fn hexadecimal(value: &Value, letter: char, width: i32) -> String {
    let number = match value {
        Value::SByte(number) => u64::from(number.cast_unsigned()),
        Value::Int16(number) => u64::from(number.cast_unsigned()),
        Value::Int32(number) => u64::from(number.cast_unsigned()),
        Value::Int64(number) => number.cast_unsigned(),
        other => other.as_integer().and_then(|number| u64::try_from(number).ok()).unwrap_or_default(),
    };
    let width = usize::try_from(width).unwrap_or(0);
    if letter == 'X' { format!("{number:0width$X}") } else { format!("{number:0width$x}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Examples of "Standard numeric format strings" and "Custom numeric format strings".
    #[test]
    fn numbers_are_formatted_as_documented() {
        for (value, format, text) in [
            (Value::Double(1234.567), "F2", "1234.57"),
            (Value::Int32(1234), "F1", "1234.0"),
            (Value::Double(-1234.56), "F4", "-1234.5600"),
            (Value::Double(1234.567), "N", "1,234.57"),
            (Value::Int32(1234), "N1", "1,234.0"),
            (Value::Int32(-1234), "D6", "-001234"),
            (Value::Int32(255), "X", "FF"),
            (Value::Int32(-1), "x", "ffffffff"),
            (Value::Int32(255), "X4", "00FF"),
            (Value::Double(1_052.032_911_2), "E2", "1.05E+003"),
            (Value::Double(0.396_78), "P1", "39.7 %"),
            (Value::Double(1234.5678), "00000", "01235"),
            (Value::Double(0.456_78), "0.00", "0.46"),
            (Value::Double(1234.5678), "#####", "1235"),
            (Value::Double(0.456_78), "#.##", ".46"),
            (Value::Int32(2_147_483_647), "##,#", "2,147,483,647"),
            (Value::Int32(2_147_483_647), "#,#,,", "2,147"),
            (Value::Double(0.3697), "%#0.00", "%36.97"),
            (Value::Int32(987_654), "#0.0e0", "98.8e4"),
            (Value::Double(12.345), "#0.0#;(#0.0#);-0-", "12.35"),
            (Value::Int32(0), "#0.0#;(#0.0#);-0-", "-0-"),
            (Value::Double(-12.345), "#0.0#;(#0.0#);-0-", "(12.35)"),
        ] {
            assert_eq!(format_number(&value, format).unwrap(), text, "{value:?} {format}");
        }
    }
}
