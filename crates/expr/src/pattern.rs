//! Regular expressions as .NET has them: a backtracking matcher with lookaround, backreferences and lazy quantifiers.
//!
//! ```text
//! let pattern = Pattern::new(r"(?<year>\d{4})-\1?", 0)?;
//! let found = pattern.find("in 2024", 0, &mut budget)?;
//! ```
//!
//! Policies bring their own patterns, and so may callers by way of data; a pattern may take exponential time. Each step of
//! the matcher costs a unit of a budget, and the memory for backtracking is bounded.
//! <https://learn.microsoft.com/dotnet/standard/base-types/regular-expression-language-quick-reference>
//!
//! Not here: balancing groups, right-to-left matching and named Unicode blocks; they are refused.
//! Positions are bytes of UTF-8; the library converts them to UTF-16.

mod class;
mod compile;
mod parse;
mod replace;
mod run;

use std::collections::HashMap;

pub(crate) use replace::Replacement;
pub(crate) use run::{Budget, Exhausted, Found};

/// `RegexOptions`, by their numbers.
pub(crate) mod option {
    pub(crate) const IGNORE_CASE: i32 = 1;
    pub(crate) const MULTILINE: i32 = 2;
    pub(crate) const EXPLICIT_CAPTURE: i32 = 4;
    pub(crate) const SINGLELINE: i32 = 16;
    pub(crate) const IGNORE_WHITE_SPACE: i32 = 32;
    pub(crate) const RIGHT_TO_LEFT: i32 = 64;
    pub(crate) const ECMA_SCRIPT: i32 = 256;
}

/// A pattern ready to run.
#[derive(Debug)]
pub(crate) struct Pattern {
    program: compile::Program,
    /// Numbers of groups by name.
    names: HashMap<String, usize>,
    /// How many groups there are, the whole match included.
    groups: usize,
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// What is wrong with it, as .NET's `ArgumentException` says it.
    pub(crate) fn new(pattern: &str, options: i32) -> Result<Self, String> {
        let wrong = |message: String| format!("parsing \"{pattern}\" - {message}");
        if options & option::RIGHT_TO_LEFT != 0 {
            return Err(wrong("RightToLeft is not supported.".to_owned()));
        }
        let parsed = parse::parse(pattern, options).map_err(wrong)?;
        let program = compile::compile(&parsed.node, parsed.groups).map_err(wrong)?;
        Ok(Self { program, names: parsed.names, groups: parsed.groups })
    }

    /// The first match that begins at `from` or behind it.
    pub(crate) fn find(
        &self,
        text: &str,
        from: usize,
        budget: &mut Budget,
    ) -> Result<Option<Found>, Exhausted> {
        run::find(&self.program, text, from, budget)
    }

    /// All matches, each behind the one before; behind an empty one the next begins one character further.
    pub(crate) fn find_all(&self, text: &str, budget: &mut Budget) -> Result<Vec<Found>, Exhausted> {
        let mut list = Vec::new();
        let mut from = 0;
        while let Some(found) = self.find(text, from, budget)? {
            let (start, end) = found.whole();
            from = if end > start { end } else { end + char_length(text, end) };
            list.push(found);
            if from > text.len() {
                break;
            }
        }
        Ok(list)
    }

    /// The number of a group given by number or name.
    pub(crate) fn group(&self, name: &str) -> Option<usize> {
        let by_name = self.names.get(name).copied();
        by_name.or_else(|| name.parse().ok().filter(|&number| number < self.groups))
    }

    /// How many groups there are, the whole match included.
    pub(crate) fn group_count(&self) -> usize {
        self.groups
    }

    /// The name of a group: its number when it has none.
    pub(crate) fn group_name(&self, number: usize) -> String {
        let named = self.names.iter().find(|&(_, &own)| own == number);
        named.map_or_else(|| number.to_string(), |(name, _)| name.clone())
    }
}

/// The bytes of the character at a place; 1 at the end.
fn char_length(text: &str, at: usize) -> usize {
    text.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8)
}

/// `Regex.Unescape`: the characters that escapes stand for.
///
/// # Errors
/// What is wrong with it, as .NET's `ArgumentException` says it.
pub(crate) fn unescape(text: &str) -> Result<String, String> {
    parse::unescape(text).map_err(|message| format!("parsing \"{text}\" - {message}"))
}

#[cfg(test)]
mod tests;
