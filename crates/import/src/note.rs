//! What an import has to say about what it did, besides the files.

use source::{Diagnostic, Severity};

/// Something that whoever imports should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What it is.
    pub kind: NoteKind,
    /// A stable name of the kind of note, such as `several-servers`.
    pub code: &'static str,
    /// One sentence without a full stop.
    pub text: String,
    /// What to do, or lines to copy.
    pub more: Option<String>,
}

/// What a note is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoteKind {
    /// Good to know.
    Remark,
    /// Something that the source has and the result has not, or that will not work as it is.
    Warning,
    /// Something that the import could do, and does only when it is told to.
    Proposal,
}

impl NoteKind {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Remark => "note",
            Self::Warning => "warning",
            Self::Proposal => "proposal",
        }
    }
}

impl Note {
    /// Something that is good to know.
    #[must_use]
    pub fn remark(code: &'static str, text: impl Into<String>) -> Self {
        Self { kind: NoteKind::Remark, code, text: text.into(), more: None }
    }

    /// Something that is missing.
    #[must_use]
    pub fn warning(code: &'static str, text: impl Into<String>) -> Self {
        Self { kind: NoteKind::Warning, ..Self::remark(code, text) }
    }

    /// Something that could be done.
    #[must_use]
    pub fn proposal(code: &'static str, text: impl Into<String>) -> Self {
        Self { kind: NoteKind::Proposal, ..Self::remark(code, text) }
    }

    /// The same with what to do, or with lines to copy.
    #[must_use]
    pub fn with(mut self, more: impl Into<String>) -> Self {
        self.more = Some(more.into());
        self
    }
}

impl From<&Diagnostic> for Note {
    /// What a reader remarked, with its place in words.
    fn from(problem: &Diagnostic) -> Self {
        let kind = match problem.severity {
            Severity::Note => NoteKind::Remark,
            Severity::Warning | Severity::Error => NoteKind::Warning,
        };
        let place = problem.at.as_ref().map(|at| format!(" ({at})")).unwrap_or_default();
        let more = (!problem.help.is_empty()).then(|| problem.help.join("; "));
        Self { kind, code: problem.code, text: format!("{}{place}", problem.message), more }
    }
}
