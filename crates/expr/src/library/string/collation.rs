//! The order of text in the invariant culture, and searching by it.
//!
//! Text is compared in levels, each over the whole text: letters, digits and signs first; then accents; then case (lower
//! before upper); last hyphens and apostrophes ("word sort"). Some characters stand for several (`ß` is `ss`, `æ` is `ae`),
//! some for none (a soft hyphen). Signs come before digits, digits before letters; scripts follow each other in Unicode's order.
//!
//! Source: "CompareOptions" and "Best practices for comparing strings" of the .NET documentation, and the order that
//! running examples gave. Scripts without case or accents (Han, kana, ...) are ordered by code point, which .NET does in part.

use std::cmp::Ordering;
use std::fmt::Write as _;

use icu_normalizer::DecomposingNormalizerBorrowed;

use crate::library::unicode::{self, Category};

/// What a character weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Weight {
    primary: u32,
    accent: u32,
    case: u8,
}

const PLAIN: u32 = 2;
const LOWER: u8 = 2;
const UPPER: u8 = 18;

/// Blanks and punctuation in their order, then mathematical signs, then other signs.
const MARKS: &str = " \u{a0}\t\n\u{b}\u{c}\r\u{85}!\"#$%&()*,./:;?@[\\]^_`{|}~¡¦¨¯´¸¿";
const MATH: &str = "+<=>±«»×÷";
const SIGNS: &str = "¢£¤¥§©¬®°¶·";

/// Hyphens and apostrophes, which count last.
const fn special(c: char) -> Option<u8> {
    match c {
        '\'' => Some(0x80),
        '-' => Some(0x82),
        '\u{2010}'..='\u{2015}' => Some(0x84 + (c as u32 - 0x2010) as u8),
        _ => None,
    }
}

/// Characters that count for nothing.
fn is_ignorable(c: char) -> bool {
    matches!(c, '\0'..='\u{8}' | '\u{e}'..='\u{1f}' | '\u{7f}'..='\u{84}' | '\u{86}'..='\u{9f}' | '\u{ad}' | '\u{200b}'..='\u{200f}')
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

/// Letters that stand for two, in lower case.
const fn expansion(c: char) -> Option<[char; 2]> {
    Some(match c {
        'æ' => ['a', 'e'],
        'œ' => ['o', 'e'],
        'ß' => ['s', 's'],
        'þ' => ['t', 'h'],
        'ĳ' => ['i', 'j'],
        'ﬀ' => ['f', 'f'],
        'ﬁ' => ['f', 'i'],
        'ﬂ' => ['f', 'l'],
        'ǆ' | 'ǳ' => ['d', 'z'],
        'ǉ' => ['l', 'j'],
        'ǌ' => ['n', 'j'],
        _ => return None,
    })
}

/// Letters that are another one with a stroke or the like, which Unicode does not take apart.
const fn stroked(c: char) -> Option<(char, u32)> {
    Some(match c {
        'ø' => ('o', 0x21),
        'đ' => ('d', 0x1E),
        'ð' => ('d', 0x68),
        'ł' => ('l', 0x1F),
        'ħ' => ('h', 0x68),
        'ŧ' => ('t', 0x1E),
        'ŋ' => ('n', 0x80),
        'ı' => ('i', 0x03),
        'ſ' => ('s', 0x03),
        'ŉ' => ('n', 0x48),
        'ƒ' => ('f', 0x80),
        'µ' => ('μ', 0x03),
        _ => return None,
    })
}

/// How much an accent weighs.
const fn accent(mark: char) -> u32 {
    match mark {
        '\u{301}' => 0x0C,
        '\u{300}' => 0x0D,
        '\u{307}' => 0x0E,
        '\u{302}' => 0x10,
        '\u{308}' => 0x11,
        '\u{30c}' => 0x12,
        '\u{306}' => 0x13,
        '\u{304}' => 0x15,
        '\u{303}' => 0x17,
        '\u{30a}' => 0x18,
        '\u{328}' => 0x19,
        '\u{327}' => 0x1A,
        '\u{30b}' => 0x1B,
        other => 0x20 + (other as u32 & 0xFF),
    }
}

/// A character that is compared, and the marks on it.
struct Cluster {
    /// Where it begins, in bytes.
    start: usize,
    weights: Vec<Weight>,
}

/// Takes a text apart. Hyphens and apostrophes weigh like signs of their own here.
fn clusters(text: &str) -> Vec<Cluster> {
    let mut found: Vec<Cluster> = Vec::with_capacity(text.len());
    for (start, c) in text.char_indices() {
        if is_ignorable(c) {
            continue;
        }
        let mut weights = Vec::new();
        weigh(c, &mut weights);
        match (weights.first(), found.last_mut()) {
            // A mark belongs to the character before it.
            (Some(Weight { primary: 0, accent, .. }), Some(last)) => {
                if let Some(weight) = last.weights.last_mut() {
                    weight.accent += accent;
                }
            }
            _ => found.push(Cluster { start, weights }),
        }
    }
    found
}

fn weigh(c: char, out: &mut Vec<Weight>) {
    if let Some(weight) = special(c) {
        out.push(Weight { primary: SPECIAL | u32::from(weight), accent: PLAIN, case: LOWER });
        return;
    }
    if c.is_ascii() {
        out.push(plain(c));
        return;
    }
    // Cyrillic й is a letter of its own.
    if matches!(c, 'й' | 'Й') {
        out.push(letter(c));
        return;
    }
    let mut first = true;
    DecomposingNormalizerBorrowed::new_nfd().normalize_iter(std::iter::once(c)).for_each(|part| {
        if first || !matches!(Category::of(part.into()).number(), 5..=7) {
            base(part, out);
        } else if let Some(weight) = out.last_mut() {
            weight.accent += accent(part);
        }
        first = false;
    });
}

const SPECIAL: u32 = 1 << 24;

fn base(c: char, out: &mut Vec<Weight>) {
    let low = unicode::lower(c);
    let case = if low == c { LOWER } else { UPPER };
    if let Some(parts) = expansion(low) {
        out.extend(parts.map(|part| Weight { case, ..plain(part) }));
    } else if let Some((plain_letter, accent)) = stroked(low) {
        out.push(Weight { accent: PLAIN + accent, case, ..letter(plain_letter) });
    } else if matches!(Category::of(c.into()).number(), 5..=7) {
        // A mark without a character before it.
        out.push(Weight { primary: 0, accent: accent(c), case: LOWER });
    } else {
        out.push(plain(c));
    }
}

fn letter(c: char) -> Weight {
    let low = unicode::lower(c);
    Weight { primary: (6 << 24) | u32::from(low), accent: PLAIN, case: if low == c { LOWER } else { UPPER } }
}

fn plain(c: char) -> Weight {
    let at = |list: &str| list.chars().position(|own| own == c).and_then(|at| u32::try_from(at).ok());
    let sign = |class: u32, place: u32| Weight { primary: (class << 24) | place, accent: PLAIN, case: LOWER };
    if c.is_alphabetic() {
        return letter(c);
    }
    let value = unicode::numeric_value(c.into());
    if value >= 0.0 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "values are small and positive"
        )]
        let place = (value * 1000.0) as u32;
        // Superscripts and the like are variants of the digit.
        return Weight { case: if c.is_ascii() { LOWER } else { 14 }, ..sign(5, place) };
    }
    if let Some(at) = at(MARKS) {
        return sign(2, at);
    }
    if let Some(at) = at(MATH) {
        return sign(3, at);
    }
    if let Some(at) = at(SIGNS) {
        return sign(4, at);
    }
    sign(4, u32::from(c))
}

/// Order by the invariant culture.
pub(crate) fn compare(a: &str, b: &str, ignore_case: bool) -> Ordering {
    if a == b {
        return Ordering::Equal;
    }
    if let Some(order) = compare_plain(a.as_bytes(), b.as_bytes(), ignore_case) {
        return order;
    }
    let (a, b) = (Levels::of(a), Levels::of(b));
    let case =
        || if ignore_case { Ordering::Equal } else { trimmed(&a.cases, LOWER).cmp(trimmed(&b.cases, LOWER)) };
    a.primaries
        .cmp(&b.primaries)
        .then_with(|| trimmed(&a.accents, PLAIN).cmp(trimmed(&b.accents, PLAIN)))
        .then_with(case)
        .then_with(|| a.specials.cmp(&b.specials))
}

/// ASCII letters and digits, which is most of what is compared: no lists are made.
fn compare_plain(a: &[u8], b: &[u8], ignore_case: bool) -> Option<Ordering> {
    if !a.iter().chain(b).all(u8::is_ascii_alphanumeric) {
        return None;
    }
    let main = a.iter().map(u8::to_ascii_lowercase).cmp(b.iter().map(u8::to_ascii_lowercase));
    let case = || a.iter().map(u8::is_ascii_uppercase).cmp(b.iter().map(u8::is_ascii_uppercase));
    Some(if ignore_case { main } else { main.then_with(case) })
}

/// The weights of a text, level by level.
struct Levels {
    primaries: Vec<u32>,
    accents: Vec<u32>,
    cases: Vec<u8>,
    /// Hyphens and apostrophes with how much stands before them.
    specials: Vec<(usize, u32)>,
}

impl Levels {
    fn of(text: &str) -> Self {
        let mut levels =
            Self { primaries: Vec::new(), accents: Vec::new(), cases: Vec::new(), specials: Vec::new() };
        for weight in clusters(text).into_iter().flat_map(|cluster| cluster.weights) {
            if weight.primary >> 24 == 1 {
                levels.specials.push((levels.primaries.len(), weight.primary));
            } else {
                levels.primaries.push(weight.primary);
                levels.accents.push(weight.accent);
                levels.cases.push(weight.case);
            }
        }
        levels
    }
}

/// A text that is equal for all texts that are equal in the culture: the levels one after the other.
pub(crate) fn key(text: &str, ignore_case: bool) -> String {
    let levels = Levels::of(text);
    let mut key = String::with_capacity(text.len() * 4);
    let _ = write!(key, "{:x?}{:x?}", levels.primaries, trimmed(&levels.accents, PLAIN));
    if !ignore_case {
        let _ = write!(key, "{:x?}", trimmed(&levels.cases, LOWER));
    }
    let _ = write!(key, "{:x?}", levels.specials);
    key
}

/// Without what is usual at the end.
fn trimmed<T: PartialEq + Copy>(weights: &[T], usual: T) -> &[T] {
    let end = weights.iter().rposition(|weight| *weight != usual).map_or(0, |at| at + 1);
    weights.get(..end).unwrap_or_default()
}

/// Where a text begins and ends in another one, in bytes, by the invariant culture: from the first or from the last.
pub(crate) fn find(hay: &str, needle: &str, ignore_case: bool, from_end: bool) -> Option<(usize, usize)> {
    let mut wanted: Vec<Weight> = clusters(needle).into_iter().flat_map(|cluster| cluster.weights).collect();
    let mut parts = clusters(hay);
    if ignore_case {
        wanted.iter_mut().for_each(|weight| weight.case = LOWER);
        parts.iter_mut().flat_map(|part| &mut part.weights).for_each(|weight| weight.case = LOWER);
    }
    let mut starts: Vec<usize> = (0..parts.len()).collect();
    if from_end {
        starts.reverse();
    }
    starts.into_iter().find_map(|first| {
        let count = matching(parts.get(first..)?, &wanted)?;
        let end = parts.get(first + count).map_or(hay.len(), |part| part.start);
        Some((parts.get(first)?.start, end))
    })
}

/// How many characters at the beginning weigh the same as the text that is looked for; only whole ones count.
fn matching(parts: &[Cluster], wanted: &[Weight]) -> Option<usize> {
    let mut rest = wanted;
    for (at, part) in parts.iter().enumerate() {
        if rest.is_empty() {
            return Some(at);
        }
        rest = rest.strip_prefix(part.weights.as_slice())?;
    }
    rest.is_empty().then_some(parts.len())
}

/// Whether a text consists of characters that count for nothing.
pub(crate) fn is_nothing(text: &str) -> bool {
    text.chars().all(is_ignorable)
}

/// Whether searching a text by the culture is the same as searching it character by character.
pub(crate) fn is_simple(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\t'..=b'\r'))
}

/// Whether a text begins with another one.
pub(crate) fn starts_with(hay: &str, needle: &str, ignore_case: bool) -> bool {
    // What counts for nothing may stand before it.
    find(hay, needle, ignore_case, false).is_some_and(|(start, _)| hay.get(..start).is_some_and(is_nothing))
}

/// Whether a text ends with another one.
pub(crate) fn ends_with(hay: &str, needle: &str, ignore_case: bool) -> bool {
    find(hay, needle, ignore_case, true).is_some_and(|(_, end)| hay.get(end..).is_some_and(is_nothing))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Orders that a .NET program gave.
    #[test]
    fn text_is_ordered_by_letters_then_accents_then_case_then_hyphens() {
        let order =
            ["", "$", "_", "+", "1", "10", "2", "a", "A", "á", "ab", "a-b", "aB", "co-op", "z", "α", "б"];
        let mut sorted = order;
        sorted.reverse();
        sorted.sort_by(|a, b| compare(a, b, false));
        assert_eq!(sorted, order);
        assert_eq!(compare("straße", "strasse", false), Ordering::Equal);
        assert_eq!(compare("co\u{ad}op", "coop", false), Ordering::Equal);
        assert_eq!(compare("É", "e\u{301}", true), Ordering::Equal);
        assert_eq!(compare("a", "B", false), Ordering::Less);
        assert_eq!(compare("a", "A", false), Ordering::Less);
    }

    #[test]
    fn only_whole_characters_are_found() {
        assert_eq!(find("Straße", "ss", false, false), Some((4, 6)));
        assert_eq!(find("aße", "s", false, false), None);
        assert_eq!(find("xe\u{301}y", "e", false, false), None);
        assert_eq!(find("xe\u{301}y", "é", false, false), Some((1, 4)));
        assert_eq!(find("a\u{ad}b ab", "ab", false, true), Some((5, 7)));
        assert!(starts_with("\u{feff}ab", "AB", true) && ends_with("ab\u{ad}", "b", false));
    }
}
