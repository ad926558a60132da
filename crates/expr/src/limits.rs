//! How much one evaluation may cost.

/// The bounds of one evaluation. Exceeding one throws an exception that C# code cannot catch.
///
/// Time is bounded by the host: see [`Host::may_go_on`](crate::Host::may_go_on).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Steps: each node of a program, each turn of a loop and each element of a sequence costs at least one.
    pub fuel: u64,
    /// Nesting of calls and expressions.
    pub depth: u32,
    /// Longest text that an operation may produce, in bytes of UTF-8.
    pub text: usize,
    /// Steps of one search with a regular expression; eight of them also count as one step of the evaluation.
    pub regex: u64,
}

impl Default for Limits {
    /// One million steps, 400 levels, 16 MiB of text, eight million steps of a search: some twenty milliseconds at most.
    fn default() -> Self {
        Self { fuel: 1_000_000, depth: 400, text: 16 * 1024 * 1024, regex: 8_000_000 }
    }
}
