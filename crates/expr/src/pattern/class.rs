//! Sets of characters: `[a-z-[aeiou]]`, `\d`, `\p{Lu}`.

use std::sync::LazyLock;

use regex::Regex;

/// A set of characters.
#[derive(Clone, Debug, Default)]
pub(crate) struct Class {
    pub(crate) negated: bool,
    pub(crate) items: Vec<Item>,
    pub(crate) minus: Option<Box<Class>>,
    pub(crate) ignore_case: bool,
}

/// A part of a set.
#[derive(Clone, Debug)]
pub(crate) enum Item {
    Range(char, char),
    /// `\d`, `\w`, `\s`, or one of them negated.
    Named {
        set: Set,
        negated: bool,
    },
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
    /// `\p{…}`.
    Category(Regex),
}

impl Class {
    pub(crate) fn named(set: Set, negated: bool) -> Self {
        Self { items: vec![Item::Named { set, negated }], ..Self::default() }
    }

    pub(crate) fn contains(&self, c: char) -> bool {
        let direct = self.has(c);
        let folded = || self.ignore_case && (self.has(fold(c)) || upper(c).is_some_and(|c| self.has(c)));
        let inside = (direct || folded()) != self.negated;
        inside && !self.minus.as_ref().is_some_and(|minus| minus.contains(c))
    }

    fn has(&self, c: char) -> bool {
        self.items.iter().any(|item| match item {
            Item::Range(from, to) => (*from..=*to).contains(&c),
            Item::Named { set, negated } => set.contains(c) != *negated,
        })
    }
}

impl Set {
    fn contains(&self, c: char) -> bool {
        static DIGIT: LazyLock<Option<Regex>> = LazyLock::new(|| category("Nd"));
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
            Self::Category(category) => matches(Some(category), c),
        }
    }
}

fn matches(set: Option<&Regex>, c: char) -> bool {
    set.is_some_and(|set| set.is_match(c.encode_utf8(&mut [0; 4])))
}

/// The Unicode general category of a name such as `Lu`; none when there is no such category.
pub(crate) fn category(name: &str) -> Option<Regex> {
    let valid = (1..=2).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphabetic());
    valid.then(|| Regex::new(&format!(r"^\p{{gc={name}}}$")).ok())?
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

fn upper(c: char) -> Option<char> {
    let mut upper = c.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(upper), None) => Some(upper),
        _ => None,
    }
}
