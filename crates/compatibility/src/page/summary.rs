//! The first page: how much is the same, what differs on purpose, what was decided.

use std::fmt::Write as _;

use super::table::Table;
use crate::notes::Note;
use crate::policies::{Judged, Words};
use crate::resources::JudgedResource;
use crate::verdict::{Counts, Verdict};

const HEAD: &str = "<!-- Written from crates/compatibility: change facts/ and verdicts/ there. -->
# Compatibility with Azure API Management

Cardea runs policy documents of API Management unchanged and reads configurations in the layout of APIOps. These pages hold it
against Microsoft's reference, fact by fact: what is the same, what differs and how, what is refused. The rows are transcribed
from the reference; the verdicts come from what the program declares and does.

- [Policies](compatibility/policies.md): each attribute, child element and documented failure.
- [Resources](compatibility/resources.md): each property of the published contracts.

| verdict | meaning |
| --- | --- |
| same | as API Management does |
| differs | in another way, which stands beside it |
| no effect | nothing acts on it; what the folder says is kept |
| refused | a configuration with it is refused when it is loaded, with the place; nothing is skipped |

";

const ELSEWHERE: &str = "
What differs for one policy stands [there](compatibility/policies.md) and on the page of the policy. What a document may look
like, and where Cardea is more lenient, stands in
[policy documents](policy-documents.md#where-cardea-is-more-lenient-than-api-management). In the code such places have a comment
that begins with `COMPAT:`. \"Documented\" means Microsoft's documentation of API Management, \"resource model\" its published REST
and Bicep definitions.
";

pub(super) fn page(
    words: &Words,
    judged: &[Judged],
    steps: &[Judged],
    resources: &[JudgedResource],
    notes: (&[Note], &[Note]),
) -> String {
    let (differences, decisions) = notes;
    let mut out = HEAD.to_owned();
    out.push_str(&counts(judged, steps, resources));
    let extensions: Vec<String> =
        words.extensions.keys().map(|name| format!("[`{name}`](policies/{name}.md)")).collect();
    let _ = writeln!(out, "\nOnly in Cardea: {}.", extensions.join(", "));
    out.push_str(ELSEWHERE);
    out.push_str("\n## Declared differences\n\n");
    let mut table = Table::new(&["topic", "API Management", "Cardea", "why"]);
    for note in differences {
        table.row(&[&note.topic, &note.apim, &note.cardea, &note.why]);
    }
    out.push_str(&table.text());
    out.push_str("\n## Decided where the documentation is silent or contradicts itself\n\n");
    let mut table = Table::new(&["topic", "what we do", "source, or why"]);
    for note in decisions {
        table.row(&[&note.topic, &note.cardea, &note.why]);
    }
    out.push_str(&table.text());
    out
}

fn counts(judged: &[Judged], steps: &[Judged], resources: &[JudgedResource]) -> String {
    let mut table = Table::new(&["", "all", "same", "differs", "no effect", "refused"]);
    let mut row = |name: &str, verdicts: Vec<&Verdict>| {
        let counts = Counts::of(verdicts);
        let numbers = [counts.all(), counts.same, counts.differs, counts.no_effect, counts.refused];
        let mut cells = vec![name.to_owned()];
        cells.extend(numbers.map(|number| number.to_string()));
        table.row(&cells);
    };
    let whole: Vec<Verdict> = judged.iter().map(Judged::verdict).collect();
    row("policies", whole.iter().collect());
    let rows = |kind: fn(&str) -> bool| {
        let rows = judged.iter().flat_map(|each| &each.rows);
        rows.filter(move |row| kind(&row.key)).map(|row| &row.verdict).collect()
    };
    row("their attributes", rows(|key| key.starts_with('@')));
    row(
        "their child elements",
        rows(|key| !key.starts_with(['@', '!']) && !["where", "text"].contains(&key)),
    );
    row("their documented failures", rows(|key| key.starts_with('!')));
    row(
        "failures of built-in steps",
        steps.iter().flat_map(|each| &each.rows).map(|row| &row.verdict).collect(),
    );
    let whole: Vec<Verdict> = resources.iter().map(JudgedResource::verdict).collect();
    row("kinds of resources", whole.iter().collect());
    row("their properties", resources.iter().flat_map(|each| &each.rows).map(|row| &row.verdict).collect());
    table.text()
}
