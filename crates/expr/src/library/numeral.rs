//! Numbers read from text, as `Parse` of the numeric types does it in the invariant culture.
//!
//! ```text
//! " -1,234.50 "  -> negative, digits 123450, scale 4
//! ```
//!
//! Source: "NumberStyles" of the .NET documentation and running examples. Each type has one style here: `Integer` for the
//! integer types, `Number` for `decimal`, `Float | AllowThousands` for `double` and `float`.

/// What a text may hold beside digits and a sign in front.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// `NumberStyles.Integer`.
    Integer,
    /// `NumberStyles.Number`: a sign behind, thousands, a fraction.
    Number,
    /// `NumberStyles.Float | NumberStyles.AllowThousands`: thousands, a fraction, an exponent.
    Float,
}

/// A number that was read: `0.digits` times ten to the power `scale`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Numeral {
    pub(crate) negative: bool,
    /// Digits as written, without zeros in front; zeros at the end of a fraction are kept.
    pub(crate) digits: String,
    /// How many digits stand before the point; negative when zeros follow it.
    pub(crate) scale: i32,
}

/// Reads a number; none when the text is not one.
pub(crate) fn read(text: &str, style: Style) -> Option<Numeral> {
    let mut reader = Reader { rest: text.trim_start_matches(is_white) };
    let sign = reader.sign();
    let mut numeral = Numeral { negative: sign == Some('-'), digits: String::new(), scale: 0 };
    reader.digits(style, &mut numeral)?;
    if style == Style::Float {
        reader.exponent(&mut numeral);
    }
    // A sign behind may have blanks before it.
    reader.rest = reader.rest.trim_start_matches(is_white);
    if style == Style::Number && sign.is_none() && reader.sign() == Some('-') {
        numeral.negative = true;
    }
    // What follows may be white space and, at the very end, zero characters.
    let rest = reader.rest.trim_start_matches(is_white);
    rest.bytes().all(|b| b == 0).then_some(numeral)
}

fn is_white(c: char) -> bool {
    matches!(c, '\t'..='\r' | ' ')
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn sign(&mut self) -> Option<char> {
        let sign = self.rest.chars().next().filter(|c| matches!(c, '+' | '-'))?;
        self.rest = self.rest.get(1..).unwrap_or_default();
        Some(sign)
    }

    /// The digits with separators; none without a digit.
    fn digits(&mut self, style: Style, numeral: &mut Numeral) -> Option<()> {
        let (mut seen, mut pointed) = (false, false);
        for (at, c) in self.rest.char_indices() {
            match c {
                '0'..='9' => {
                    seen = true;
                    // Zeros in front count only for the place of the point.
                    if c == '0' && numeral.digits.is_empty() {
                        numeral.scale -= i32::from(pointed);
                    } else {
                        numeral.digits.push(c);
                        numeral.scale += i32::from(!pointed);
                    }
                }
                '.' if style != Style::Integer && !pointed => pointed = true,
                ',' if style != Style::Integer && seen && !pointed => {}
                _ => {
                    self.rest = self.rest.get(at..).unwrap_or_default();
                    return seen.then_some(());
                }
            }
        }
        self.rest = "";
        seen.then_some(())
    }

    /// `e+5`; what only begins like an exponent is left.
    fn exponent(&mut self, numeral: &mut Numeral) {
        let Some(after) = self.rest.strip_prefix(['e', 'E']) else { return };
        let mut inner = Reader { rest: after };
        let sign = inner.sign();
        let end = inner.rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(inner.rest.len());
        let (digits, rest) = inner.rest.split_at_checked(end).unwrap_or_default();
        if digits.is_empty() {
            return;
        }
        let power = digits.parse::<i32>().unwrap_or(9999).min(9999);
        numeral.scale = numeral.scale.saturating_add(if sign == Some('-') { -power } else { power });
        self.rest = rest;
    }
}

impl Numeral {
    /// As Rust reads real numbers.
    pub(crate) fn scientific(&self) -> String {
        let sign = if self.negative { "-" } else { "" };
        let digits = if self.digits.is_empty() { "0" } else { &self.digits };
        format!("{sign}0.{digits}e{}", self.scale)
    }

    /// The value of a whole number; none when it is not whole or beyond 38 digits.
    pub(crate) fn integer(&self) -> Option<i128> {
        if self.digits.is_empty() {
            return Some(0);
        }
        let whole =
            usize::try_from(self.scale).ok().filter(|scale| *scale == self.digits.len() && *scale <= 38)?;
        let number: i128 = self.digits.get(..whole)?.parse().ok()?;
        Some(if self.negative { -number } else { number })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styles_differ_in_what_they_allow() {
        let digits = |text, style| read(text, style).map(|numeral| (numeral.digits, numeral.scale));
        assert_eq!(digits(" 0012 ", Style::Integer), Some(("12".to_owned(), 2)));
        assert_eq!(digits("1,234.50", Style::Number), Some(("123450".to_owned(), 4)));
        assert_eq!(digits(".005e2", Style::Float), Some(("5".to_owned(), 0)));
        assert_eq!(digits("1.5", Style::Integer), None);
        assert_eq!(digits("1e5", Style::Number), None);
        assert!(read("5-", Style::Number).is_some_and(|numeral| numeral.negative));
        assert_eq!(digits("5-", Style::Float), None);
        assert_eq!(digits("", Style::Float), None);
    }
}
