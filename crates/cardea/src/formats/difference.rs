//! A difference, and a table of access, as JSON.
//!
//! ```json
//! {"changes": [{"code": "api-changed", "weight": "opens", "what": "API `echo`", "property": "subscription requirement",
//!   "before": "a key is required", "after": "no key is required", "details": [], "reaches": [],
//!   "file": "apim/apis/echo/apiInformation.json", "line": 2, "column": 17, "endLine": 6, "endColumn": 4}],
//!  "counts": {"opens": 1, "breaks": 0, "alters": 0, "adds": 0}, "problems": {"a": [], "b": []}}
//! ```
//!
//! What is not there is left out. The place of what was removed is one in A.

use plan::{Change, Difference, How, Row, Spot, Weight};
use serde::Serialize;
use serde_json::json;
use source::Diagnostics;

use super::json::{Problem, problem};
use super::{Base, Place};

#[derive(Serialize)]
struct Shown<'a> {
    code: String,
    weight: &'static str,
    what: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    property: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<&'a str>,
    details: Vec<Detail<'a>>,
    reaches: &'a [String],
    #[serde(flatten)]
    at: Option<Place>,
}

#[derive(Serialize)]
struct Detail<'a> {
    what: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<&'a str>,
}

/// All changes, and the problems of both sides.
///
/// # Errors
/// None that can happen: every part has a text.
pub(crate) fn difference(
    difference: &Difference,
    (a, b): (&Diagnostics, &Diagnostics),
    (base_a, base_b): (&Base, &Base),
) -> anyhow::Result<String> {
    let base = |change: &Change| if change.how == How::Removed { base_a } else { base_b };
    let changes: Vec<Shown<'_>> =
        difference.changes.iter().map(|change| shown(change, base(change))).collect();
    let counts: serde_json::Map<String, serde_json::Value> = Weight::ALL
        .iter()
        .map(|weight| (weight.name().to_owned(), json!(difference.count(*weight))))
        .collect();
    let problems = json!({ "a": problems(a, base_a), "b": problems(b, base_b) });
    let document = json!({ "changes": changes, "counts": counts, "problems": problems });
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

fn problems(problems: &Diagnostics, base: &Base) -> Vec<Problem> {
    problems.iter().map(|each| problem(each, base)).collect()
}

fn shown<'a>(change: &'a Change, base: &Base) -> Shown<'a> {
    let detail = |detail: &'a plan::Detail| Detail {
        what: &detail.what,
        before: detail.before.as_deref(),
        after: detail.after.as_deref(),
    };
    Shown {
        code: change.code(),
        weight: change.weight.name(),
        what: &change.what,
        property: change.property,
        before: change.before.as_deref(),
        after: change.after.as_deref(),
        details: change.details.iter().map(detail).collect(),
        reaches: &change.reaches,
        at: change.at.as_ref().map(|at| Place::of(at, base)),
    }
}

/// The table of access, and the problems of its folder.
///
/// # Errors
/// None that can happen: every part has a text.
pub(crate) fn access(rows: &[Row], found: &Diagnostics, base: &Base) -> anyhow::Result<String> {
    let spot =
        |spot: &Spot| json!({ "policy": spot.policy, "file": base.path(&spot.file), "line": spot.line });
    let row = |row: &Row| {
        let (answer, decided_by) = match &row.certainty {
            plan::Certainty::Yes => ("yes", Vec::new()),
            plan::Certainty::Decided(spots) => ("decided", spots.iter().map(spot).collect()),
        };
        json!({
            "caller": row.caller,
            "api": row.api,
            "operations": row.operations,
            "backend": row.backend,
            "deployment": row.deployment.to_string(),
            "answer": answer,
            "decidedBy": decided_by,
        })
    };
    let rows: Vec<_> = rows.iter().map(row).collect();
    let document = json!({ "access": rows, "problems": problems(found, base) });
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}
