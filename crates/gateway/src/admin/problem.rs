//! A diagnostic as the admin listener shows it.

use serde::Serialize;
use source::Diagnostic;

/// One problem of the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// `error` or `warning`.
    pub severity: String,
    /// The stable code.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// The file, as the configuration names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// From 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// From 1, in characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
    /// What to do.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub help: Vec<String>,
}

impl From<&Diagnostic> for Problem {
    fn from(diagnostic: &Diagnostic) -> Self {
        let at = diagnostic.at.as_ref();
        let place = at.map(|at| at.file.line_column(at.span.start));
        Self {
            severity: diagnostic.severity.to_string(),
            code: diagnostic.code,
            message: diagnostic.message.clone(),
            file: at.map(|at| at.file.name().to_owned()),
            line: place.map(|place| place.line),
            column: place.map(|place| place.column),
            help: diagnostic.help.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use source::{Location, SourceFile, Span};

    use super::*;

    #[test]
    fn a_problem_names_file_line_and_column() {
        let file = SourceFile::new("apis/echo/policy.xml", "<policies>\n  <nonsense />\n");
        let diagnostic = Diagnostic::error("unknown-policy", "`nonsense` is not a policy")
            .at(Location::new(&file, Span::new(14, 22)))
            .help("remove it");
        let problem = Problem::from(&diagnostic);
        assert_eq!((problem.line, problem.column), (Some(2), Some(4)));
        assert_eq!(problem.file.as_deref(), Some("apis/echo/policy.xml"));
        assert_eq!((problem.severity.as_str(), problem.code), ("error", "unknown-policy"));
    }
}
