//! Characters as .NET classifies and maps them: by single UTF-16 units.
//!
//! Categories are Unicode's with the exceptions that .NET Framework keeps in Latin-1. Upper and lower case in the invariant
//! culture go one unit to one unit, and only where the way back leads to the same character: `ß`, `ı`, `ς` and `µ` stay.

use icu_properties::CodePointMapData;
use icu_properties::props::GeneralCategory;

/// `System.Globalization.UnicodeCategory`, by its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Category(i32);

/// Names and numbers of the categories.
pub(crate) const CATEGORIES: &[(&str, i32)] = &[
    ("UppercaseLetter", 0),
    ("LowercaseLetter", 1),
    ("TitlecaseLetter", 2),
    ("ModifierLetter", 3),
    ("OtherLetter", 4),
    ("NonSpacingMark", 5),
    ("SpacingCombiningMark", 6),
    ("EnclosingMark", 7),
    ("DecimalDigitNumber", 8),
    ("LetterNumber", 9),
    ("OtherNumber", 10),
    ("SpaceSeparator", 11),
    ("LineSeparator", 12),
    ("ParagraphSeparator", 13),
    ("Control", 14),
    ("Format", 15),
    ("Surrogate", 16),
    ("PrivateUse", 17),
    ("ConnectorPunctuation", 18),
    ("DashPunctuation", 19),
    ("OpenPunctuation", 20),
    ("ClosePunctuation", 21),
    ("InitialQuotePunctuation", 22),
    ("FinalQuotePunctuation", 23),
    ("OtherPunctuation", 24),
    ("MathSymbol", 25),
    ("CurrencySymbol", 26),
    ("ModifierSymbol", 27),
    ("OtherSymbol", 28),
    ("OtherNotAssigned", 29),
];

impl Category {
    /// The category of a code point.
    pub(crate) fn of(code: u32) -> Self {
        // COMPAT: the table for Latin-1 in .NET Framework is older than Unicode's of today.
        match code {
            0xA7 | 0xB6 => return Self(28),
            0xAA | 0xBA => return Self(1),
            0xAD => return Self(19),
            _ => {}
        }
        use GeneralCategory as G;
        Self(match CodePointMapData::<GeneralCategory>::new().get32(code) {
            G::UppercaseLetter => 0,
            G::LowercaseLetter => 1,
            G::TitlecaseLetter => 2,
            G::ModifierLetter => 3,
            G::OtherLetter => 4,
            G::NonspacingMark => 5,
            G::SpacingMark => 6,
            G::EnclosingMark => 7,
            G::DecimalNumber => 8,
            G::LetterNumber => 9,
            G::OtherNumber => 10,
            G::SpaceSeparator => 11,
            G::LineSeparator => 12,
            G::ParagraphSeparator => 13,
            G::Control => 14,
            G::Format => 15,
            G::Surrogate => 16,
            G::PrivateUse => 17,
            G::ConnectorPunctuation => 18,
            G::DashPunctuation => 19,
            G::OpenPunctuation => 20,
            G::ClosePunctuation => 21,
            G::InitialPunctuation => 22,
            G::FinalPunctuation => 23,
            G::OtherPunctuation => 24,
            G::MathSymbol => 25,
            G::CurrencySymbol => 26,
            G::ModifierSymbol => 27,
            G::OtherSymbol => 28,
            _ => 29,
        })
    }

    pub(crate) const fn number(self) -> i32 {
        self.0
    }

    const fn is_within(self, first: i32, last: i32) -> bool {
        first <= self.0 && self.0 <= last
    }

    pub(crate) const fn is_letter(self) -> bool {
        self.is_within(0, 4)
    }

    pub(crate) const fn is_upper(self) -> bool {
        self.0 == 0
    }

    pub(crate) const fn is_lower(self) -> bool {
        self.0 == 1
    }

    pub(crate) const fn is_digit(self) -> bool {
        self.0 == 8
    }

    pub(crate) const fn is_number(self) -> bool {
        self.is_within(8, 10)
    }

    pub(crate) const fn is_letter_or_digit(self) -> bool {
        self.is_letter() || self.is_digit()
    }

    pub(crate) const fn is_separator(self) -> bool {
        self.is_within(11, 13)
    }

    pub(crate) const fn is_control(self) -> bool {
        self.0 == 14
    }

    pub(crate) const fn is_punctuation(self) -> bool {
        self.is_within(18, 24)
    }

    pub(crate) const fn is_symbol(self) -> bool {
        self.is_within(25, 28)
    }
}

/// `char.IsWhiteSpace`.
pub(crate) fn is_white(c: char) -> bool {
    c.is_whitespace()
}

/// The numeric value of a character: `½` is 0.5; -1 where there is none.
pub(crate) fn numeric_value(code: u32) -> f64 {
    let Some(c) = char::from_u32(code) else { return -1.0 };
    if let Some(digit) = c.to_digit(10) {
        return digit.into();
    }
    let offset = |first: u32, value: u32| f64::from(code - first + value);
    match code {
        0xB2 | 0xB3 => offset(0xB2, 2),
        0xB9 => 1.0,
        0xBC => 0.25,
        0xBD => 0.5,
        0xBE => 0.75,
        0x2070 | 0x2074..=0x2079 => offset(0x2070, 0),
        0x2080..=0x2089 => offset(0x2080, 0),
        0x2153 => 1.0 / 3.0,
        0x2154 => 2.0 / 3.0,
        0x2155..=0x2158 => offset(0x2155, 1) / 5.0,
        0x2159 => 1.0 / 6.0,
        0x215A => 5.0 / 6.0,
        0x215B => 0.125,
        0x215C => 0.375,
        0x215D => 0.625,
        0x215E => 0.875,
        0x2160..=0x216B => offset(0x2160, 1),
        0x2170..=0x217B => offset(0x2170, 1),
        0x2460..=0x2473 => offset(0x2460, 1),
        0x2474..=0x2487 => offset(0x2474, 1),
        0x3007 => 0.0,
        0x3021..=0x3029 => offset(0x3021, 1),
        _ if Category::of(code).is_digit() => f64::from(decimal_digit(code)),
        _ => -1.0,
    }
}

/// The digit of a script: decimal digits stand in rows of ten.
fn decimal_digit(code: u32) -> u32 {
    let before = (1..=9).take_while(|back| Category::of(code - back).is_digit()).count();
    u32::try_from(before).unwrap_or(0) % 10
}

/// Scripts whose case pairs are newer than .NET Framework's tables.
const fn is_newer(code: u32) -> bool {
    matches!(code, 0x10A0..=0x10FF | 0x13A0..=0x13FF | 0x1C80..=0x1CBF | 0xAB70..=0xABBF)
}

/// The invariant upper case of a character.
pub(crate) fn upper(c: char) -> char {
    let code = u32::from(c);
    if c.is_ascii() {
        return c.to_ascii_uppercase();
    }
    if code > 0xFFFF || is_newer(code) {
        return c;
    }
    let mut mapped = c.to_uppercase();
    match (mapped.len(), mapped.next()) {
        (1, Some(up)) if single_lower(up) == Some(c) => up,
        (1, _) => c,
        // Greek with iota below: the capital is one character, though Unicode's upper case is two.
        _ => (8..=9)
            .filter_map(|by| char::from_u32(code + by))
            .find(|up| single_lower(*up) == Some(c))
            .unwrap_or(c),
    }
}

fn single_lower(c: char) -> Option<char> {
    let mut mapped = c.to_lowercase();
    (mapped.len() == 1).then(|| mapped.next()).flatten()
}

/// The invariant lower case of a character.
pub(crate) fn lower(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    match single_lower(c) {
        Some(low) if u32::from(c) <= 0xFFFF && low != c && upper(low) == c => low,
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values that a .NET program gave.
    #[test]
    fn case_goes_one_to_one_and_back() {
        let upper: String = "straße ıµςéſ\u{1F80}ω".chars().map(upper).collect();
        assert_eq!(upper, "STRAßE ıµςÉſ\u{1F88}Ω");
        let lower: String = "İÉΣǅ".chars().map(lower).collect();
        assert_eq!(lower, "İéσǅ");
        assert!(Category::of(0x41).is_upper() && Category::of(0xAD).is_punctuation());
        assert_eq!((numeric_value(0xBD), numeric_value(0x663), numeric_value(0x41)), (0.5, 3.0, -1.0));
    }
}
