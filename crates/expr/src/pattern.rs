//! Regular expressions as .NET has them: lookaround, references, lazy and atomic parts, conditions, balancing groups, from
//! left to right and from right to left.
//!
//! ```text
//! let pattern = Pattern::new(r"(?<year>\d{4})-\1?", 0)?;
//! let found = pattern.find("in 2024", pattern.start_of("in 2024"), &mut budget)?;
//! ```
//!
//! Policies bring their own patterns, and so may callers by way of data; a pattern may take exponential time. Each step of
//! the matcher costs a unit of a budget, and the memory for steps back is bounded. When matching takes long and the
//! pattern allows it, an engine that needs linear time goes on ([`linear`]).
//! <https://learn.microsoft.com/dotnet/standard/base-types/regular-expression-language-quick-reference>
//!
//! Positions are bytes of UTF-8; the library converts them to UTF-16. A character outside of the basic plane is one
//! character here, two in .NET.

mod blocks;
mod captures;
mod class;
mod compile;
mod linear;
mod parse;
mod replace;
mod run;

use std::sync::OnceLock;

use captures::Groups;
use linear::Linear;
pub(crate) use replace::Replacement;
pub(crate) use run::{Budget, Exhausted, Found, Start};

/// `RegexOptions`, by their numbers.
pub(crate) mod option {
    pub(crate) const IGNORE_CASE: i32 = 1;
    pub(crate) const MULTILINE: i32 = 2;
    pub(crate) const EXPLICIT_CAPTURE: i32 = 4;
    pub(crate) const COMPILED: i32 = 8;
    pub(crate) const SINGLELINE: i32 = 16;
    pub(crate) const IGNORE_WHITE_SPACE: i32 = 32;
    pub(crate) const RIGHT_TO_LEFT: i32 = 64;
    pub(crate) const ECMA_SCRIPT: i32 = 256;
    pub(crate) const CULTURE_INVARIANT: i32 = 512;

    /// Whether options can be used together.
    pub(crate) fn are_valid(options: i32) -> bool {
        let with_ecma = IGNORE_CASE | MULTILINE | COMPILED | CULTURE_INVARIANT | ECMA_SCRIPT;
        (0..1024).contains(&options) && (options & ECMA_SCRIPT == 0 || options & !with_ecma == 0)
    }
}

/// How many steps one search may take before the linear engine is asked.
const PATIENCE: u64 = 20_000;

/// A pattern ready to run.
#[derive(Debug)]
pub(crate) struct Pattern {
    node: parse::Node,
    program: compile::Program,
    groups: Groups,
    options: i32,
    linear: OnceLock<Option<Linear>>,
}

/// Whether a pattern can be searched for in linear time, so that no search takes long.
pub(crate) fn is_linear(pattern: &str) -> bool {
    Pattern::new(pattern, 0).is_ok_and(|pattern| Linear::new(&pattern.node).is_some())
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// What is wrong with it, as .NET's `ArgumentException` says it.
    pub(crate) fn new(pattern: &str, options: i32) -> Result<Self, String> {
        let wrong = |message: String| format!("parsing \"{pattern}\" - {message}");
        let chars: Vec<char> = pattern.chars().collect();
        let groups = captures::count(&chars, options).map_err(wrong)?;
        let node = parse::parse(&chars, options, &groups).map_err(wrong)?;
        let back = options & option::RIGHT_TO_LEFT != 0;
        let program = compile::compile(&node, groups.numbers.len(), back).map_err(wrong)?;
        Ok(Self { node, program, groups, options, linear: OnceLock::new() })
    }

    /// Whether it is searched for from the end of the text on.
    pub(crate) fn goes_back(&self) -> bool {
        self.program.back
    }

    fn is_ecma(&self) -> bool {
        self.options & option::ECMA_SCRIPT != 0
    }

    /// Where the search in a text begins.
    pub(crate) fn start_of(&self, text: &str) -> Start {
        let at = if self.goes_back() { text.len() } else { 0 };
        Start { at, anchor: at }
    }

    /// The first match from a place on.
    pub(crate) fn find(
        &self,
        text: &str,
        start: Start,
        budget: &mut Budget,
    ) -> Result<Option<Found>, Exhausted> {
        let mut few = Budget { steps: PATIENCE.min(budget.steps) };
        let before = few.steps;
        let tried = run::find(&self.program, text, start, &mut few);
        budget.steps = budget.steps.saturating_sub(before - few.steps);
        match tried {
            Ok(found) => Ok(found),
            Err(Exhausted) => match self.linear(text) {
                Some(linear) => self.find_linear(linear, text, start, budget),
                None => run::find(&self.program, text, start, budget),
            },
        }
    }

    fn linear(&self, text: &str) -> Option<&Linear> {
        let linear =
            self.linear.get_or_init(|| if self.goes_back() { None } else { Linear::new(&self.node) });
        linear.as_ref().filter(|linear| linear.takes(text))
    }

    /// The linear engine finds the place, the matcher the groups in it.
    fn find_linear(
        &self,
        linear: &Linear,
        text: &str,
        start: Start,
        budget: &mut Budget,
    ) -> Result<Option<Found>, Exhausted> {
        let cost = (text.len() - start.at.min(text.len())) as u64;
        budget.steps = budget.steps.checked_sub(cost).ok_or(Exhausted)?;
        let Some((from, to)) = linear.find(text, start.at) else { return Ok(None) };
        if self.groups.numbers.len() == 1 {
            return Ok(Some(Found::of(from, to, 1)));
        }
        run::find_at(&self.program, text, Start { at: from, anchor: start.anchor }, budget)
    }

    /// Where the search for the next match begins: behind an empty match, one character on.
    pub(crate) fn after(&self, text: &str, found: &Found) -> Option<Start> {
        let (start, end) = found.whole();
        let anchor = if self.goes_back() { start } else { end };
        if start != end {
            return Some(Start { at: anchor, anchor });
        }
        run::next_place(text, anchor, self.goes_back()).map(|at| Start { at, anchor })
    }

    /// At most so many matches, one after the other.
    pub(crate) fn find_all(
        &self,
        text: &str,
        start: Start,
        most: usize,
        budget: &mut Budget,
    ) -> Result<Vec<Found>, Exhausted> {
        let mut list = Vec::new();
        let mut next = Some(start);
        while let Some(start) = next
            && list.len() < most
        {
            let Some(found) = self.find(text, start, budget)? else { break };
            next = self.after(text, &found);
            list.push(found);
        }
        Ok(list)
    }

    /// The place of a group among all, by its name; a number is a name.
    pub(crate) fn slot_of_name(&self, name: &str) -> Option<usize> {
        match self.groups.number(name) {
            Some(number) => self.groups.slot(number),
            None => self.slot_of_number(name.parse().ok()?),
        }
    }

    /// The place of a group among all, by its number.
    pub(crate) fn slot_of_number(&self, number: u32) -> Option<usize> {
        self.groups.slot(number)
    }
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
