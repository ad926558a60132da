//! Replacements such as `${year}-$1`.
//!
//! <https://learn.microsoft.com/dotnet/standard/base-types/substitutions-in-regular-expressions>

use super::class::is_word;
use super::{Found, Pattern};

/// A replacement ready to use.
#[derive(Debug)]
pub(crate) struct Replacement {
    parts: Vec<Part>,
}

#[derive(Debug)]
enum Part {
    Text(String),
    Group(usize),
    Before,
    Behind,
    LastGroup,
    All,
}

impl Replacement {
    /// Reads a replacement; what refers to no group of the pattern is text.
    pub(crate) fn new(replacement: &str, pattern: &Pattern) -> Self {
        let mut parts = Vec::new();
        let mut rest = replacement;
        while let Some((before, found)) = rest.find('$').and_then(|at| rest.split_at_checked(at)) {
            parts.push(Part::Text(before.to_owned()));
            let (part, length) = reference(found, pattern).unwrap_or((Part::Text("$".to_owned()), 1));
            parts.push(part);
            rest = found.get(length..).unwrap_or("");
        }
        parts.push(Part::Text(rest.to_owned()));
        Self { parts }
    }

    /// Appends what stands in the place of a match.
    pub(crate) fn append(&self, out: &mut String, text: &str, found: &Found) {
        let (start, end) = found.whole();
        for part in &self.parts {
            out.push_str(match part {
                Part::Text(text) => text,
                Part::Group(slot) => found.text(*slot, text).unwrap_or(""),
                Part::Before => text.get(..start).unwrap_or(""),
                Part::Behind => text.get(end..).unwrap_or(""),
                Part::LastGroup => found.text(found.captures.len() - 1, text).unwrap_or(""),
                Part::All => text,
            });
        }
    }
}

/// What the `$…` at the beginning of a text means, and its length.
fn reference(text: &str, pattern: &Pattern) -> Option<(Part, usize)> {
    let rest = text.get(1..)?;
    let part = match rest.chars().next()? {
        '$' => Part::Text("$".to_owned()),
        '&' => Part::Group(0),
        '`' => Part::Before,
        '\'' => Part::Behind,
        '+' => Part::LastGroup,
        '_' => Part::All,
        '{' => {
            let name = rest.get(1..rest.find('}')?)?;
            let slot = if name.bytes().all(|byte| byte.is_ascii_digit()) {
                pattern.slot_of_number(name.parse().ok()?)
            } else {
                pattern.slot_of_name(name).filter(|_| name.chars().all(is_word))
            };
            return slot.map(|slot| (Part::Group(slot), name.len() + 3));
        }
        '0'..='9' => return numbered(rest, pattern),
        _ => return None,
    };
    Some((part, 2))
}

/// All digits are the number; with `ECMAScript`, as many as there is a group for.
fn numbered(rest: &str, pattern: &Pattern) -> Option<(Part, usize)> {
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let fewest = if pattern.is_ecma() { 1 } else { digits };
    (fewest..=digits).rev().find_map(|length| {
        let slot = pattern.slot_of_number(rest.get(..length)?.parse().ok()?)?;
        Some((Part::Group(slot), length + 1))
    })
}
