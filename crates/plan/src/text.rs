//! A difference, and a table of access, for people.

use std::fmt::Write as _;

use crate::access::Row;
use crate::change::{Change, Detail, Difference, How, Kind, Weight};

/// The changes in groups, the most dangerous first, and how many there are; a sentence when there are none.
#[must_use]
pub fn difference_text(difference: &Difference) -> String {
    if difference.is_empty() {
        return "nothing changes for callers\n".to_owned();
    }
    let mut out = String::new();
    for weight in Weight::ALL {
        let mut group = difference.changes.iter().filter(|change| change.weight == weight).peekable();
        if group.peek().is_some() {
            let _ = writeln!(out, "{}", heading(weight));
        }
        group.for_each(|change| one(&mut out, change));
    }
    let counts = Weight::ALL.map(|weight| format!("{} {}", difference.count(weight), counted(weight)));
    let _ = writeln!(out, "{}", counts.join(", "));
    out
}

fn heading(weight: Weight) -> &'static str {
    match weight {
        Weight::Opens => "Lets somebody in, or checks differently",
        Weight::Breaks => "Breaks calls",
        Weight::Alters => "Answers calls in another way",
        Weight::Adds => "Adds",
    }
}

fn counted(weight: Weight) -> &'static str {
    match weight {
        Weight::Opens => "that let in or check differently",
        Weight::Breaks => "that break calls",
        Weight::Alters => "that answer in another way",
        Weight::Adds => "added",
    }
}

fn one(out: &mut String, change: &Change) {
    let _ = writeln!(out, "  {}", line(change));
    for detail in &change.details {
        let _ = writeln!(out, "      {}", told(detail));
    }
    for reached in &change.reaches {
        let _ = writeln!(out, "      {reached}");
    }
    if let Some(at) = &change.at {
        let _ = writeln!(out, "      --> {at}");
    }
    out.push('\n');
}

fn line(change: &Change) -> String {
    let what = match change.property {
        Some(property) => format!("{}: {property}", change.what),
        None => change.what.clone(),
    };
    let verb = match (change.kind, change.how) {
        (Kind::Access, How::Added) => "gain access",
        (Kind::Access, _) => "lose access",
        (_, How::Added) => "added",
        (_, How::Removed) => "removed",
        (_, How::Changed) => "changed",
    };
    match (&change.before, &change.after) {
        (Some(before), Some(after)) if change.how == How::Changed => format!("{what}: {before} -> {after}"),
        (Some(before), Some(after)) if change.kind == Kind::Access => {
            format!("{verb}: {what}: {before} -> {after}")
        }
        (Some(before), Some(after)) => format!("{what} {verb}: {before} -> {after}"),
        (Some(only), None) | (None, Some(only)) => format!("{what} {verb}: {only}"),
        (None, None) => format!("{what} {verb}"),
    }
}

fn told(detail: &Detail) -> String {
    match (&detail.before, &detail.after) {
        (Some(before), Some(after)) => format!("{}: `{before}` -> `{after}`", detail.what),
        (Some(before), None) if before != "there" => format!("{} removed: `{before}`", detail.what),
        (Some(_), None) => format!("{} removed", detail.what),
        (None, Some(after)) if after != "there" => format!("{} added: `{after}`", detail.what),
        (None, Some(_)) => format!("{} added", detail.what),
        (None, None) => format!("{} changed", detail.what),
    }
}

/// Who can reach what: callers, and below each what they reach.
#[must_use]
pub fn access_text(rows: &[Row]) -> String {
    let mut out = String::new();
    let mut last: Option<&str> = None;
    for row in rows {
        if last != Some(&row.caller) {
            let gap = if last.is_some() { "\n" } else { "" };
            let _ = writeln!(out, "{gap}{}", row.caller);
            last = Some(&row.caller);
        }
        let _ = writeln!(out, "  {}: {}", row.api, row.operations);
        let _ = writeln!(out, "      {}, {}: {}", row.backend, row.deployment, row.certainty);
    }
    if rows.is_empty() {
        out.push_str("nobody can reach anything\n");
    }
    out
}
