//! Problems as one JSON document.
//!
//! ```json
//! {"problems": [{"severity": "error", "code": "unknown-policy", "message": "`set-heder` is not a policy",
//!   "help": ["did you mean `set-header`?"], "file": "apim/policy.xml", "line": 3, "column": 6, "endLine": 3,
//!   "endColumn": 15, "related": []}],
//!  "counts": {"apis": 1, "operations": 2, "products": 0, "errors": 1, "warnings": 0, "notes": 0}}
//! ```
//!
//! With `--evaluate` there is a member `evaluation` too: `documents` and `expressions` in figures, and `results`, each with its
//! place in a file, the element and attribute, and `outcome`: `value` with `type` and `value`, `exception` with `class` and
//! `message`, `refused` with `problems`.
//!
//! A problem of the folder as a whole has none of the members from `file` to `endColumn`.

use evaluation::{Outcome, Report};
use serde::Serialize;
use source::{Diagnostic, Diagnostics};

use super::{Base, Counts, Place};

/// The whole document.
#[derive(Serialize)]
struct Document<'a> {
    problems: Vec<Problem>,
    counts: Counts,
    #[serde(skip_serializing_if = "Option::is_none")]
    evaluation: Option<Evaluation<'a>>,
}

/// What came of the expressions.
#[derive(Serialize)]
struct Evaluation<'a> {
    documents: evaluation::Documents,
    expressions: evaluation::Expressions,
    results: Vec<Evaluated<'a>>,
}

/// What came of one expression.
#[derive(Serialize)]
struct Evaluated<'a> {
    #[serde(flatten)]
    at: Place,
    place: &'a str,
    #[serde(flatten)]
    outcome: &'a Outcome,
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
pub(crate) fn render(
    problems: &Diagnostics,
    counts: Counts,
    report: Option<&Report>,
    base: &Base,
) -> anyhow::Result<String> {
    let problems = problems.iter().map(|each| problem(each, base)).collect();
    let evaluation = report.map(|report| evaluation(report, base));
    Ok(serde_json::to_string_pretty(&Document { problems, counts, evaluation })? + "\n")
}

fn evaluation<'a>(report: &'a Report, base: &Base) -> Evaluation<'a> {
    let evaluated = |each: &'a evaluation::Result| Evaluated {
        at: Place::of(&each.at, base),
        place: &each.place,
        outcome: &each.outcome,
    };
    Evaluation {
        documents: report.documents,
        expressions: report.expressions,
        results: report.results.iter().map(evaluated).collect(),
    }
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
