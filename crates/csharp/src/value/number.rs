//! Numbers.

use source::Span;

use crate::Problem;
use crate::ast::{IntBase, IntSuffix, Literal};

/// The value of an integer literal.
pub(crate) fn int(text: &str, span: Span) -> Result<Literal, Problem> {
    let digits = text.trim_end_matches(['u', 'U', 'l', 'L']);
    let suffix = suffix(text.get(digits.len()..).unwrap_or(""));
    let (base, radix, digits) = match digits.get(..2) {
        Some("0x" | "0X") => (IntBase::Hexadecimal, 16, digits.get(2..).unwrap_or("")),
        Some("0b" | "0B") => (IntBase::Binary, 2, digits.get(2..).unwrap_or("")),
        _ => (IntBase::Decimal, 10, digits),
    };
    if digits.is_empty() || digits.ends_with('_') {
        return Err(invalid(text, span));
    }
    let value = u64::from_str_radix(&digits.replace('_', ""), radix);
    let value = value.map_err(|_| {
        let message = format!("the number `{}` is larger than any integer type holds (CS1021)", short(text));
        Problem::new("csharp-number-too-large", span, message)
    })?;
    Ok(Literal::Int { value, suffix, base })
}

fn suffix(text: &str) -> IntSuffix {
    let unsigned = text.contains(['u', 'U']);
    match (unsigned, text.contains(['l', 'L'])) {
        (false, false) => IntSuffix::None,
        (true, false) => IntSuffix::U,
        (false, true) => IntSuffix::L,
        (true, true) => IntSuffix::Ul,
    }
}

/// The value of a literal with fraction, exponent or a suffix of a real type.
pub(crate) fn real(text: &str, span: Span) -> Result<Literal, Problem> {
    let digits = text.trim_end_matches(['f', 'F', 'd', 'D', 'm', 'M']);
    let misplaced = ["_.", "_e", "_E"].iter().any(|each| digits.contains(each)) || digits.ends_with('_');
    if misplaced {
        return Err(invalid(text, span));
    }
    let plain = digits.replace('_', "");
    let literal = match text.get(digits.len()..) {
        Some("m" | "M") => return Ok(Literal::Decimal(plain.into())),
        Some("f" | "F") => plain.parse().ok().filter(|value: &f32| value.is_finite()).map(Literal::Float),
        _ => plain.parse().ok().filter(|value: &f64| value.is_finite()).map(Literal::Double),
    };
    literal.ok_or_else(|| {
        let message = format!("the number `{}` is outside of what its type holds (CS0594)", short(text));
        Problem::new("csharp-number-too-large", span, message)
    })
}

fn invalid(text: &str, span: Span) -> Problem {
    Problem::new("csharp-number", span, format!("`{}` is not a number (CS1013)", short(text)))
}

fn short(text: &str) -> String {
    if text.len() <= 30 { text.to_owned() } else { format!("{}…", text.get(..30).unwrap_or("")) }
}

#[cfg(test)]
mod tests {
    use super::{int, real};
    use crate::ast::{IntBase, IntSuffix, Literal};
    use source::Span;

    /// C# specification 6.4.5.3 and 6.4.5.4.
    #[test]
    fn numbers_have_bases_suffixes_and_separators() {
        let integer = |text| int(text, Span::default()).map_err(|problem| problem.message);
        let some = |value, suffix, base| Ok(Literal::Int { value, suffix, base });
        assert_eq!(integer("1_000"), some(1000, IntSuffix::None, IntBase::Decimal));
        assert_eq!(integer("0xFFuL"), some(255, IntSuffix::Ul, IntBase::Hexadecimal));
        assert_eq!(integer("0b_101L"), some(5, IntSuffix::L, IntBase::Binary));
        assert_eq!(integer("18446744073709551615"), some(u64::MAX, IntSuffix::None, IntBase::Decimal));
        assert!(integer("18446744073709551616").unwrap_err().contains("CS1021"));
        assert!(integer("1_").unwrap_err().contains("CS1013"));
        assert!(integer("0x").unwrap_err().contains("CS1013"));

        let float = |text| real(text, Span::default()).map_err(|problem| problem.message);
        assert_eq!(float("1_0.5e-1"), Ok(Literal::Double(1.05)));
        assert_eq!(float("2f"), Ok(Literal::Float(2.0)));
        assert_eq!(float("1.50m"), Ok(Literal::Decimal("1.50".into())));
        assert!(float("1e999").unwrap_err().contains("CS0594"));
        assert!(float("1e39f").unwrap_err().contains("CS0594"));
    }
}
