//! What is wrong with a text, and where.

use source::{Code, Diagnostic, Location, Span};

/// One problem of a parsed text: a lower-case sentence without full stop, its place, and help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Stable name of the kind of problem, such as `csharp-apostrophe-string`.
    pub code: Code,
    /// What is wrong. Ends with the C# compiler's code in parentheses where it has one: `; expected (CS1002)`.
    pub message: String,
    /// Where, as a byte range of the text that was parsed.
    pub span: Span,
    /// What to do.
    pub help: Option<String>,
}

impl Problem {
    pub(crate) fn new(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), span, help: None }
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// As a diagnostic of a document, at the place to which the caller mapped [`Problem::span`].
    pub fn diagnostic(&self, at: Location) -> Diagnostic {
        Diagnostic::error(self.code, self.message.clone()).at(at).maybe_help(self.help.clone())
    }
}

/// A tree and what is wrong with its text. The tree is complete when there are no problems.
#[derive(Clone, Debug, PartialEq)]
pub struct Parsed<T> {
    /// The tree.
    pub tree: T,
    /// What is wrong, in the order of the text.
    pub problems: Vec<Problem>,
}

/// How much a text may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most levels of brackets, operators and statements inside each other.
    pub nesting: u32,
    /// Most nodes on a path from the root of the tree to a leaf: nesting plus the lengths of chains such as
    /// `a + b + c` and `a.b.c`, which grow the tree without brackets.
    pub height: u32,
    /// Most problems reported; the rest is counted as one more.
    pub problems: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { nesting: 200, height: 500, problems: 50 }
    }
}
