//! What an import says, whatever it imports: what it made, notes, what changes for callers, what changes on disk; and the
//! end of it, which writes the files.

use std::process::ExitCode;

use artifacts::FolderSource;
use import::{Change, ChangeKind, Note, Plan};
use serde_json::{Map, Value, json};
use source::{Diagnostics, render_all};

use super::files;
use crate::cli::import::Writing;
use crate::console;

/// What an import made of what it read.
pub(super) struct Told<'a> {
    /// The first line.
    pub(super) head: String,
    /// What changes for callers, in lines; nothing when there is nothing to say.
    pub(super) callers: String,
    /// What somebody has to do besides, in lines; nothing when there is nothing to do.
    pub(super) advice: String,
    /// Files and notes.
    pub(super) plan: &'a Plan,
    /// The same for programs: members of the report in JSON.
    pub(super) facts: Map<String, Value>,
}

/// How it ended.
struct End<'a> {
    /// Nothing was written because of the problems.
    refused: bool,
    /// Something was written.
    written: bool,
    writing: &'a Writing,
    /// Errors that the folder would have, or has now.
    problems: Diagnostics,
    changes: Vec<Change>,
}

/// Writes what was planned, unless it was a dry run or would break the folder, and says so.
///
/// # Errors
/// When the folder cannot be read or written.
pub(super) fn finish(
    told: &Told<'_>,
    writing: &Writing,
    folder: &dyn FolderSource,
) -> anyhow::Result<ExitCode> {
    let changes = told.plan.changes(folder)?;
    let problems = told.plan.problems(folder);
    let refused = problems.has_errors() && !writing.force;
    let written = !writing.dry_run && !refused && changes.iter().any(files::is_change);
    if written {
        files::write(&writing.into, told.plan, &changes)?;
    }
    let end = End { refused, written, writing, problems, changes };
    if writing.json {
        console::line(&end.json(told));
    } else {
        console::out(&end.text(told));
    }
    if !end.problems.is_empty() {
        console::err(&format!("{}\n", render_all(&end.problems)));
    }
    Ok(if refused { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

impl End<'_> {
    /// The report for people.
    fn text(&self, told: &Told<'_>) -> String {
        let mut text = format!("{}\n", told.head);
        for note in &told.plan.notes {
            text.push_str(&note_text(note));
        }
        text.push_str(&told.callers);
        for change in self.changes.iter().filter(|change| files::is_change(change)) {
            text.push_str(&change_text(change));
        }
        text.push_str(&format!("\n{}{}\n", told.advice, self.outcome()));
        text
    }

    fn outcome(&self) -> String {
        let into = self.writing.into.display();
        if self.refused {
            "Nothing was written: the folder would have the errors below. `--force` writes all the same."
                .to_owned()
        } else if self.written {
            format!("Written to {into}.")
        } else if self.changes.iter().any(files::is_change) {
            format!("Nothing was written to {into}: this was a dry run.")
        } else {
            format!("Nothing to do: {into} is as it should be.")
        }
    }

    /// The report for programs, on one line.
    fn json(&self, told: &Told<'_>) -> String {
        let note = |each: &Note| json!({ "kind": each.kind.as_str(), "code": each.code, "text": each.text, "more": each.more });
        let file = |each: &Change| json!({ "path": each.path, "change": each.kind.as_str() });
        let problem = |each: &source::Diagnostic| {
            let at = each.at.as_ref().map(ToString::to_string);
            json!({ "code": each.code, "message": each.message, "at": at })
        };
        let mut all = told.facts.clone();
        let mut put = |name: &str, value: Vec<Value>| all.insert(name.to_owned(), value.into());
        put("notes", told.plan.notes.iter().map(note).collect());
        put("files", self.changes.iter().map(file).collect());
        put("problems", self.problems.iter().map(problem).collect());
        all.insert("written".to_owned(), self.written.into());
        Value::Object(all).to_string()
    }
}

fn note_text(note: &Note) -> String {
    let mut text = format!("\n{}: {}\n", note.kind.as_str(), note.text);
    for line in note.more.iter().flat_map(|more| more.lines()) {
        text.push_str(&format!("    {line}\n"));
    }
    text
}

/// A file and the lines that differ; of a definition only how many, because what they mean was told before.
fn change_text(change: &Change) -> String {
    let mut text = format!("\n{} {}", change.kind.as_str(), change.path);
    let diff = change.diff();
    let count = |mark: char| diff.lines().filter(|line| line.starts_with(mark)).count();
    let is_definition = change.path.rsplit('/').next().is_some_and(|name| name.starts_with("specification."));
    match (change.kind, is_definition) {
        (ChangeKind::Changed, true) if count('+') + count('-') > 0 => {
            text.push_str(&format!(": +{} -{} lines\n", count('+'), count('-')));
        }
        (ChangeKind::Changed, true) => {
            text.push_str(&format!(":{}", diff.trim_end_matches('\n').to_owned() + "\n"))
        }
        (ChangeKind::Removed, _) | (_, true) => text.push('\n'),
        _ => {
            text.push('\n');
            diff.lines().for_each(|line| text.push_str(&format!("  {line}\n")));
        }
    }
    text
}
