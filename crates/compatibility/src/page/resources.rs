//! The page of resources: one table each.

use std::fmt::Write as _;

use super::table::Table;
use crate::facts::resources::PropertyFact;
use crate::resources::JudgedResource;
use crate::verdict::Counts;

const HEAD: &str = "<!-- Written from crates/compatibility: change facts/ and verdicts/ there. -->
# Compatibility: resources

Every kind of resource of the reference with the properties of its published contract (2024-05-01; previews are marked). What is
meant by the verdicts stands in [compatibility](../compatibility.md), how a folder is read in [the artifact
folder](../artifact-folder.md).

What can be seen of a verdict is tested by a probe: a folder with the property is read, and another one in which its name means
nothing. If both give the same, the property was left alone: it is kept, as members that nobody knows are.

";

pub(super) fn page(resources: &[JudgedResource]) -> String {
    let mut out = HEAD.to_owned();
    let mut table =
        Table::new(&["resource", "verdict", "same", "differs", "no effect", "refused", "in the layout"]);
    for resource in resources {
        let counts = Counts::of(resource.rows.iter().map(|row| &row.verdict));
        let number = |number: usize| if number == 0 { String::new() } else { number.to_string() };
        let file = resource
            .facts
            .file
            .as_ref()
            .map_or(String::new(), |file| format!("`{}`", file.replace("{}", "<id>")));
        table.row(&[
            format!("[{}](#{})", resource.facts.title, resource.facts.name),
            resource.verdict().word().to_owned(),
            number(counts.same),
            number(counts.differs),
            number(counts.no_effect),
            number(counts.refused),
            file,
        ]);
    }
    out.push_str(&table.text());
    for resource in resources {
        section(resource, &mut out);
    }
    out
}

fn section(resource: &JudgedResource, out: &mut String) {
    let facts = &resource.facts;
    let title = &facts.title;
    let _ = write!(out, "\n## {}\n\n", facts.name);
    let _ = writeln!(
        out,
        "{}{}; `{}`.\n",
        title.chars().take(1).flat_map(char::to_uppercase).collect::<String>(),
        title.chars().skip(1).collect::<String>(),
        facts.path.replace("{}", "<id>")
    );
    if resource.rows.is_empty() {
        let verdict = resource.verdict();
        let _ = writeln!(out, "{}: {}.", verdict.word(), verdict.why());
        return;
    }
    let mut table = Table::new(&["property", "verdict", "probe", "type", "how, or why"]);
    for row in &resource.rows {
        table.row(&[
            &format!("`{}`", row.fact.path),
            row.verdict.word(),
            &row.seen.as_ref().map(ToString::to_string).unwrap_or_default(),
            &shown(&row.fact),
            row.verdict.why(),
        ]);
    }
    out.push_str(&table.text());
}

fn shown(fact: &PropertyFact) -> String {
    let mut parts = match fact.ty.contains('|') {
        true => fact.ty.split('|').map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", "),
        false => fact.ty.clone(),
    };
    if fact.required {
        parts.push_str("; required");
    }
    if fact.read_only {
        parts.push_str("; read-only");
    }
    if let Some(remark) = &fact.remark {
        let _ = write!(parts, " ({remark})");
    }
    parts
}
