//! What an import says: notes, what changes for callers, and what changes on disk.

use import::openapi::{CallChangeKind, Outcome};
use import::{Change, ChangeKind, Note};
use serde_json::json;
use source::Diagnostics;

use crate::cli::import::Writing;

/// Changed operations that are listed; of more it is said how many there are.
const LISTED: usize = 60;

/// How it ended.
pub(super) struct End<'a> {
    /// Nothing was written because of the problems.
    pub(super) refused: bool,
    /// Something was written.
    pub(super) writes: bool,
    /// Where and how.
    pub(super) writing: &'a Writing,
    /// Errors that the folder would have, or has now.
    pub(super) problems: &'a Diagnostics,
}

/// The report for people.
pub(super) fn text(outcome: &Outcome, changes: &[Change], end: &End<'_>) -> String {
    let mut text = format!("{}\n", head(outcome));
    for note in &outcome.plan.notes {
        text.push_str(&note_text(note));
    }
    text.push_str(&callers(outcome));
    for change in changes.iter().filter(|change| super::files::is_change(change)) {
        text.push_str(&change_text(change));
    }
    text.push_str(&format!("\n{}\n", tail(outcome, changes, end)));
    text
}

fn head(outcome: &Outcome) -> String {
    let operations = match outcome.operations {
        1 => "1 operation".to_owned(),
        number => format!("{number} operations"),
    };
    let what = if outcome.is_new { "is new" } else { "is there already and is brought up to date" };
    format!("The API `{}` {what}: {operations}.", outcome.api)
}

fn note_text(note: &Note) -> String {
    let mut text = format!("\n{}: {}\n", note.kind.as_str(), note.text);
    for line in note.more.iter().flat_map(|more| more.lines()) {
        text.push_str(&format!("    {line}\n"));
    }
    text
}

/// What changes for callers; of a new API everything is new.
fn callers(outcome: &Outcome) -> String {
    if outcome.is_new {
        return String::new();
    }
    let mut lines: Vec<String> = Vec::new();
    for setting in &outcome.settings {
        let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".to_owned());
        lines.push(format!("  ~ {}: {} -> {}", setting.name, shown(&setting.before), shown(&setting.after)));
    }
    for change in outcome.calls.iter().take(LISTED) {
        let before = change.before.as_deref().unwrap_or_default();
        lines.push(match change.kind {
            CallChangeKind::Added => format!("  + {} ({})", change.call, change.operation),
            CallChangeKind::Removed => format!("  - {} ({})", change.call, change.operation),
            CallChangeKind::Changed => {
                format!("  ~ {} ({}), before: {before}", change.call, change.operation)
            }
            CallChangeKind::Renamed => {
                format!("  = {} is now `{}`, before: `{before}`", change.call, change.operation)
            }
        });
    }
    if outcome.calls.len() > LISTED {
        lines.push(format!("  and {} more", outcome.calls.len() - LISTED));
    }
    match lines.is_empty() {
        true => "\nNothing changes for callers.\n".to_owned(),
        false => format!("\nFor callers:\n{}\n", lines.join("\n")),
    }
}

/// A file that is new is told of by its name; of the definition only how many lines change, because what that means was
/// told before.
fn change_text(change: &Change) -> String {
    let mut text = format!("\n{} {}", change.kind.as_str(), change.path);
    let diff = change.diff();
    let count = |mark: char| diff.lines().filter(|line| line.starts_with(mark)).count();
    let is_definition = change.path.rsplit('/').next().is_some_and(|name| name.starts_with("specification."));
    match (change.kind, is_definition) {
        (ChangeKind::Changed, true) => text.push_str(&format!(": +{} -{} lines\n", count('+'), count('-'))),
        (ChangeKind::Removed, _) | (_, true) => text.push('\n'),
        _ => {
            text.push('\n');
            diff.lines().for_each(|line| text.push_str(&format!("  {line}\n")));
        }
    }
    text
}

fn tail(outcome: &Outcome, changes: &[Change], end: &End<'_>) -> String {
    let into = end.writing.into.display();
    let orphans = match outcome.orphans.as_slice() {
        [] => String::new(),
        names => format!(
            "The policies of {} belong to no operation any more: remove them, or give their operations back.\n",
            names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
        ),
    };
    let what = if end.refused {
        "Nothing was written: the folder would have the errors below. `--force` writes all the same."
            .to_owned()
    } else if end.writes {
        format!("Written to {into}.")
    } else if changes.iter().any(super::files::is_change) {
        format!("Nothing was written to {into}: this was a dry run.")
    } else {
        format!("Nothing to do: {into} is as the definition says.")
    };
    format!("{orphans}{what}")
}

/// The report for programs, on one line.
pub(super) fn json(outcome: &Outcome, changes: &[Change], end: &End<'_>) -> String {
    let calls: Vec<_> = outcome
        .calls
        .iter()
        .map(|each| {
            json!({ "change": each.kind.as_str(), "operation": each.operation, "call": each.call, "before": each.before })
        })
        .collect();
    let settings: Vec<_> = outcome
        .settings
        .iter()
        .map(|each| json!({ "name": each.name, "before": each.before, "after": each.after }))
        .collect();
    let notes: Vec<_> = outcome
        .plan
        .notes
        .iter()
        .map(|each| json!({ "kind": each.kind.as_str(), "code": each.code, "text": each.text, "more": each.more }))
        .collect();
    let files: Vec<_> =
        changes.iter().map(|each| json!({ "path": each.path, "change": each.kind.as_str() })).collect();
    let problems: Vec<_> = end
        .problems
        .iter()
        .map(|each| json!({ "code": each.code, "message": each.message, "at": each.at.as_ref().map(ToString::to_string) }))
        .collect();
    json!({
        "api": outcome.api.as_str(),
        "new": outcome.is_new,
        "operations": outcome.operations,
        "calls": calls,
        "settings": settings,
        "notes": notes,
        "files": files,
        "orphans": outcome.orphans,
        "problems": problems,
        "written": end.writes,
    })
    .to_string()
}
