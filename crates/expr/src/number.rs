//! Texts of floating-point numbers as .NET Framework writes them (`decisions.md` 14).

/// `double.NaN`: the one that the processor makes, with its sign.
pub(crate) const NAN: f64 = f64::from_bits(0xFFF8_0000_0000_0000);
/// `float.NaN`.
pub(crate) const NAN_SINGLE: f32 = f32::from_bits(0xFFC0_0000);

/// `double.ToString()`: the general format with 15 digits.
pub(crate) fn general(value: f64) -> String {
    significant(value, 15)
}

/// `float.ToString()`: the general format with 7 digits.
pub(crate) fn general_single(value: f32) -> String {
    significant(f64::from(value), 7)
}

/// `double.ToString("R")`: 15 digits when they are enough to read the same number back, 17 otherwise.
pub(crate) fn round_trip(value: f64) -> String {
    let short = significant(value, 15);
    if short.parse::<f64>() == Ok(value) || !value.is_finite() { short } else { significant(value, 17) }
}

/// `float.ToString("R")`: 7 digits when they are enough, 9 otherwise.
pub(crate) fn round_trip_single(value: f32) -> String {
    let short = general_single(value);
    if short.parse::<f32>() == Ok(value) || !value.is_finite() {
        short
    } else {
        significant(f64::from(value), 9)
    }
}

/// The general format with a number of significant digits: scientific when the exponent is below -4 or not below the
/// number of digits.
pub(crate) fn significant(value: f64, digits: usize) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    if value == 0.0 {
        return "0".to_owned();
    }
    let (figures, exponent) = figures(value.abs(), digits);
    let sign = if value < 0.0 { "-" } else { "" };
    sign.to_owned() + &place(&figures, exponent, i32::try_from(digits).unwrap_or(i32::MAX))
}

/// The significant digits of a positive number without zeros at the end, and the exponent of the first one.
///
/// The shortest digits that read back are the right ones when they are few enough, and are found much faster. Half is
/// rounded up, as by .NET Framework.
pub(crate) fn figures(value: f64, most: usize) -> (String, i32) {
    let (mut figures, mut exponent) = parts(&format!("{value:e}"));
    // 16 and 17 digits show what the number is exactly, not the digits it was written with; so do fewer of a number so
    // small that it has fewer.
    if figures.len() > most || most > 15 || value < f64::MIN_POSITIVE {
        (figures, exponent) = parts(&format!("{value:.34e}"));
        let up = figures.as_bytes().get(most).is_some_and(|digit| *digit >= b'5');
        figures.truncate(most);
        if up && increment(&mut figures) {
            exponent += 1;
        }
    }
    figures.truncate(figures.trim_end_matches('0').len());
    (figures, exponent)
}

fn parts(scientific: &str) -> (String, i32) {
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    (mantissa.chars().filter(|c| *c != '.').collect(), exponent.parse().unwrap_or(0))
}

/// Adds one to the last digit; whether that made one digit more.
fn increment(figures: &mut String) -> bool {
    let kept = figures.trim_end_matches('9').len();
    figures.truncate(kept);
    match figures.pop() {
        Some(last) => {
            figures.push(char::from_u32(u32::from(last) + 1).unwrap_or('9'));
            false
        }
        None => {
            figures.push('1');
            true
        }
    }
}

fn place(figures: &str, exponent: i32, digits: i32) -> String {
    if exponent >= digits || exponent < -4 {
        let (first, rest) = figures.split_at_checked(1).unwrap_or((figures, ""));
        let point = if rest.is_empty() { "" } else { "." };
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{first}{point}{rest}E{sign}{:02}", exponent.abs());
    }
    if exponent < 0 {
        let zeroes = "0".repeat(usize::try_from(-exponent - 1).unwrap_or(0));
        return format!("0.{zeroes}{figures}");
    }
    let whole = usize::try_from(exponent + 1).unwrap_or(1);
    match figures.split_at_checked(whole) {
        Some((whole, "")) => whole.to_owned(),
        Some((whole, fraction)) => format!("{whole}.{fraction}"),
        None => format!("{figures}{}", "0".repeat(whole - figures.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected texts: "Standard numeric format strings", the general and round-trip specifiers, .NET Framework notes.
    #[test]
    fn numbers_are_written_as_by_net_framework() {
        for (value, text) in [
            (1.0, "1"),
            (0.1 + 0.2, "0.3"),
            (1e15, "1E+15"),
            (123_456_789_012_345.0, "123456789012345"),
            (0.0001, "0.0001"),
            (0.00001, "1E-05"),
            (-1.5e300, "-1.5E+300"),
            (100.0, "100"),
        ] {
            assert_eq!(general(value), text);
        }
        assert_eq!(round_trip(0.1 + 0.2), "0.30000000000000004");
        assert_eq!(general_single(0.1), "0.1");
    }
}
