//! What became of each setting.

/// What became of a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its line in the file, from 1.
    pub line: u32,
    /// Its path, such as `router_settings.num_retries`.
    pub setting: String,
    /// Whether there is an equivalent.
    pub verdict: Verdict,
    /// What it became, or what to do.
    pub what: String,
}

/// Whether a setting has an equivalent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The result does the same.
    Same,
    /// The result does nearly the same.
    Nearest,
    /// The result does nothing of it.
    None,
}

impl Verdict {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Nearest => "nearest",
            Self::None => "no equivalent",
        }
    }
}

/// Rows under way.
#[derive(Debug, Default)]
pub(super) struct Rows(pub(super) Vec<Row>);

impl Rows {
    pub(super) fn same(&mut self, line: u32, setting: impl Into<String>, what: impl Into<String>) {
        self.0.push(Row { line, setting: setting.into(), verdict: Verdict::Same, what: what.into() });
    }

    pub(super) fn nearest(&mut self, line: u32, setting: impl Into<String>, what: impl Into<String>) {
        self.0.push(Row { line, setting: setting.into(), verdict: Verdict::Nearest, what: what.into() });
    }

    pub(super) fn none(&mut self, line: u32, setting: &str, what: impl Into<String>) {
        self.0.push(Row { line, setting: setting.to_owned(), verdict: Verdict::None, what: what.into() });
    }
}
