//! The page of policies: one table each for those that run, one table of those that do not.

use std::fmt::Write as _;

use super::table::Table;
use crate::policies::{Judged, Row, Words};
use crate::verdict::{Counts, Verdict};

const HEAD: &str = "<!-- Written from crates/compatibility: change facts/ and verdicts/ there. -->
# Compatibility: policies

Every policy of the reference, with its attributes, child elements and documented failures. What is meant by the verdicts, and
what differs beyond single policies, stands in [compatibility](../compatibility.md).

The declarations of the policies are compared with the facts by a test, and for each attribute there are cases that set it,
compute it, leave it out and give it wrong values.

";

pub(super) fn page(words: &Words, judged: &[Judged], steps: &[Judged]) -> String {
    let mut out = HEAD.to_owned();
    out.push_str(&overview(judged));
    for policy in judged.iter().filter(|each| each.spec.is_some()) {
        section(policy, &mut out);
    }
    out.push_str("\n## Built-in steps\n\nWhat fails before, between and around policies.\n\n");
    let mut table = Table::new(&["source", "reason", "verdict", "API Management"]);
    for step in steps {
        for row in &step.rows {
            table.row(&[&format!("`{}`", step.facts.name), &label(row), row.verdict.word(), &row.reference]);
        }
    }
    out.push_str(&table.text());
    out.push_str("\n## Only in Cardea\n\n");
    for (name, why) in &words.extensions {
        let _ = writeln!(out, "- [`{name}`](../policies/{name}.md): {why}.");
    }
    out.push_str("\n## Not yet supported\n\n");
    out.push_str(
        "A document with one of these is refused when it is loaded, with the place of the policy.\n\n",
    );
    out.push_str(&refused(judged));
    out
}

/// The policies that run, and what differs in each.
fn overview(judged: &[Judged]) -> String {
    let mut table = Table::new(&["policy", "verdict", "same", "differs", "refused"]);
    for policy in judged.iter().filter(|each| each.spec.is_some()) {
        let name = &policy.facts.name;
        let counts = Counts::of(policy.rows.iter().map(|row| &row.verdict));
        let number = |number: usize| if number == 0 { String::new() } else { number.to_string() };
        table.row(&[
            format!("[{name}](#{name})"),
            policy.verdict().word().to_owned(),
            number(counts.same),
            number(counts.differs),
            number(counts.refused),
        ]);
    }
    let refused = judged.iter().filter(|each| each.spec.is_none()).count();
    format!("{}\n{refused} more are [not yet supported](#not-yet-supported).\n", table.text())
}

fn section(policy: &Judged, out: &mut String) {
    let name = &policy.facts.name;
    let _ = write!(
        out,
        "\n## {name}\n\n[What it does](../policies/{name}.md). Facts: {}.\n\n",
        policy.facts.source
    );
    let mut table = Table::new(&["", "verdict", "API Management", "how, or why"]);
    for row in &policy.rows {
        table.row(&[&label(row), row.verdict.word(), &row.reference, row.verdict.why()]);
    }
    out.push_str(&table.text());
    let differences = policy.spec.map_or(&[][..], |spec| spec.differences);
    if !differences.is_empty() {
        out.push('\n');
    }
    for difference in differences {
        let _ = writeln!(out, "- {difference}");
    }
}

fn label(row: &Row) -> String {
    match (row.key.strip_prefix('@'), row.key.strip_prefix('!')) {
        (Some(path), _) => format!("`{path}`"),
        (_, Some(reason)) => format!("`{reason}`"),
        _ if ["where", "text"].contains(&row.key.as_str()) => row.key.clone(),
        _ => format!("`<{}>`", row.key),
    }
}

fn refused(judged: &[Judged]) -> String {
    let mut table = Table::new(&["policy", "verdict", "where", "attributes", "documented failures", "facts"]);
    for policy in judged.iter().filter(|each| each.spec.is_none()) {
        let facts = &policy.facts;
        let attributes = facts.attributes.iter().map(|fact| format!("`{}`", fact.path));
        let failures = facts.failures.iter().map(|fact| {
            let status = fact.status.map(|status| status.to_string());
            let reason = fact.reason.as_ref().map(|reason| format!("`{reason}`"));
            status.into_iter().chain(reason).collect::<Vec<_>>().join(" ")
        });
        let place = policy.rows.first().map_or("", |row| &row.reference);
        table.row(&[
            format!("`{}`", facts.name).as_str(),
            Verdict::Refused(String::new()).word(),
            place,
            &attributes.collect::<Vec<_>>().join(", "),
            &failures.collect::<Vec<_>>().join(", "),
            &facts.source,
        ]);
    }
    table.text()
}
