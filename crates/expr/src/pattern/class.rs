//! Sets of characters: `[a-z-[aeiou]]`, `\d`, `\p{Lu}`, `\p{IsGreek}`.

use std::sync::LazyLock;

use regex::Regex;

use super::blocks::{CATEGORIES, block};

/// A set of characters.
#[derive(Clone, Debug, Default)]
pub(crate) struct Class {
    pub(crate) negated: bool,
    pub(crate) items: Vec<Item>,
    pub(crate) minus: Option<Box<Class>>,
    pub(crate) ignore_case: bool,
    /// Which of the first 128 characters are in it, once that is known.
    pub(crate) ascii: Option<u128>,
}

/// A part of a set.
#[derive(Clone, Debug)]
pub(crate) enum Item {
    /// The numbers of the first and the last character.
    Range(u32, u32),
    /// `\d`, `\w`, `\s`, `\p{…}`, or one of them negated.
    Named { set: Set, negated: bool },
}

/// A set with a name.
#[derive(Clone, Debug)]
pub(crate) enum Set {
    Digit,
    Word,
    Space,
    AsciiDigit,
    AsciiWord,
    AsciiSpace,
    /// `\p{Lu}`, as the inside of a set of the `regex` crate, and ready to run.
    Category(String, Regex),
    Block(u32, u32),
}

impl Class {
    pub(crate) fn named(set: Set, negated: bool) -> Self {
        Self { items: vec![Item::Named { set, negated }], ..Self::default() }
    }

    /// The same set, quicker to ask.
    pub(crate) fn ready(mut self) -> Self {
        let bits = (0..128_u8).filter(|&byte| self.test(char::from(byte))).map(|byte| 1_u128 << byte);
        self.ascii = Some(bits.fold(0, |all, bit| all | bit));
        self
    }

    pub(crate) fn contains(&self, c: char) -> bool {
        match self.ascii {
            Some(bits) if c.is_ascii() => bits >> u32::from(c) & 1 == 1,
            _ => self.test(c),
        }
    }

    fn test(&self, c: char) -> bool {
        let direct = self.has(c);
        let folded =
            || self.ignore_case && (self.has(fold(c)) || upper(fold(c)).is_some_and(|c| self.has(c)));
        let inside = (direct || folded()) != self.negated;
        inside && !self.minus.as_ref().is_some_and(|minus| minus.contains(c))
    }

    fn has(&self, c: char) -> bool {
        self.items.iter().any(|item| match item {
            Item::Range(from, to) => (*from..=*to).contains(&u32::from(c)),
            Item::Named { set, negated } => set.contains(c) != *negated,
        })
    }
}

impl Set {
    fn contains(&self, c: char) -> bool {
        static DIGIT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^\p{Nd}$").ok());
        static WORD: LazyLock<Option<Regex>> =
            LazyLock::new(|| Regex::new(r"^[\p{L}\p{Mn}\p{Nd}\p{Pc}]$").ok());
        match self {
            Self::AsciiDigit => c.is_ascii_digit(),
            Self::AsciiWord => c.is_ascii_alphanumeric() || c == '_',
            Self::AsciiSpace => matches!(c, ' ' | '\t'..='\r'),
            Self::Digit if c.is_ascii() => c.is_ascii_digit(),
            Self::Word if c.is_ascii() => c.is_ascii_alphanumeric() || c == '_',
            Self::Digit => matches(DIGIT.as_ref(), c),
            Self::Word => matches(WORD.as_ref(), c),
            Self::Space => c.is_whitespace(),
            Self::Category(_, category) => matches(Some(category), c),
            Self::Block(first, last) => (*first..=*last).contains(&u32::from(c)),
        }
    }

    /// The inside of a set of the `regex` crate that means the same.
    pub(crate) fn linear(&self) -> String {
        match self {
            Self::AsciiDigit => "0-9".to_owned(),
            Self::AsciiWord => "0-9A-Za-z_".to_owned(),
            Self::AsciiSpace => r" \t-\r".to_owned(),
            Self::Digit => r"\p{Nd}".to_owned(),
            Self::Word => r"\p{L}\p{Mn}\p{Nd}\p{Pc}".to_owned(),
            Self::Space => r"\p{White_Space}".to_owned(),
            Self::Category(name, _) => name.clone(),
            Self::Block(first, last) => range(*first, *last),
        }
    }
}

/// A range as the `regex` crate writes it, without surrogates.
pub(crate) fn range(from: u32, to: u32) -> String {
    let part =
        |from: u32, to: u32| if from <= to { format!(r"\x{{{from:X}}}-\x{{{to:X}}}") } else { String::new() };
    if to < 0xD800 || from > 0xDFFF {
        return part(from, to);
    }
    part(from, 0xD7FF.min(to)) + &part(0xE000.max(from), to)
}

fn matches(set: Option<&Regex>, c: char) -> bool {
    set.is_some_and(|set| set.is_match(c.encode_utf8(&mut [0; 4])))
}

/// The category or block of a name such as `Lu` or `IsGreek`; none when there is no such. Without regard to case, capitals,
/// small letters and title case are one category.
pub(crate) fn property(name: &str, ignore_case: bool) -> Option<Set> {
    if let Some((first, last)) = block(name) {
        return Some(Set::Block(first, last));
    }
    if !CATEGORIES.contains(&name) {
        return None;
    }
    let inside = if ignore_case && matches!(name, "Lu" | "Ll" | "Lt") {
        r"\p{Lu}\p{Ll}\p{Lt}".to_owned()
    } else {
        format!(r"\p{{gc={name}}}")
    };
    let regex = Regex::new(&format!("^[{inside}]$")).ok()?;
    Some(Set::Category(inside, regex))
}

/// Whether a character belongs to a word, for `\b`.
pub(crate) fn is_word(c: char) -> bool {
    Set::Word.contains(c) || matches!(c, '\u{200C}' | '\u{200D}')
}

/// A character without case.
pub(crate) fn fold(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    let mut lower = c.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(lower), None) => lower,
        _ => c,
    }
}

/// The capital of a character where that is one character.
pub(crate) fn upper(c: char) -> Option<char> {
    let mut upper = c.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(upper), None) => Some(upper),
        _ => None,
    }
}
