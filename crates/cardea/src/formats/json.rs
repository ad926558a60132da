//! Problems as one JSON document.
//!
//! ```json
//! {"problems": [{"severity": "error", "code": "unknown-policy", "message": "`set-heder` is not a policy",
//!   "help": ["did you mean `set-header`?"], "file": "apim/policy.xml", "line": 3, "column": 6, "endLine": 3,
//!   "endColumn": 15, "related": []}],
//!  "counts": {"apis": 1, "operations": 2, "products": 0, "errors": 1, "warnings": 0, "notes": 0}}
//! ```
//!
//! A problem of the folder as a whole has none of the members from `file` to `endColumn`.

use serde::Serialize;
use source::{Diagnostic, Diagnostics};

use super::{Base, Counts, Place};

/// The whole document.
#[derive(Serialize)]
struct Document {
    problems: Vec<Problem>,
    counts: Counts,
}

/// One problem.
#[derive(Serialize)]
pub(crate) struct Problem {
    severity: String,
    code: &'static str,
    message: String,
    help: Vec<String>,
    #[serde(flatten)]
    at: Option<Place>,
    related: Vec<Related>,
}

/// Another place that explains a problem.
#[derive(Serialize)]
struct Related {
    message: String,
    #[serde(flatten)]
    at: Place,
}

/// All problems and what was counted.
///
/// # Errors
/// None that can happen: every part has a text.
pub(crate) fn render(problems: &Diagnostics, counts: Counts, base: &Base) -> anyhow::Result<String> {
    let problems = problems.iter().map(|each| problem(each, base)).collect();
    Ok(serde_json::to_string_pretty(&Document { problems, counts })? + "\n")
}

/// One problem.
pub(crate) fn problem(diagnostic: &Diagnostic, base: &Base) -> Problem {
    let related =
        |label: &source::Label| Related { message: label.text.clone(), at: Place::of(&label.at, base) };
    Problem {
        severity: diagnostic.severity.to_string(),
        code: diagnostic.code,
        message: diagnostic.message.clone(),
        help: diagnostic.help.clone(),
        at: diagnostic.at.as_ref().map(|at| Place::of(at, base)),
        related: diagnostic.labels.iter().map(related).collect(),
    }
}
