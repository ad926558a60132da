//! The index of all policies: those that run, those that do not yet, and where we differ.

use std::fmt::Write as _;

use policy::Registry;

use super::page::sections;
use super::table::{Table, code};

pub(super) fn index(registry: &Registry) -> String {
    let mut out =
        "<!-- Written from the list in crates/policies/src/lib.rs: change it there. -->\n".to_owned();
    out.push_str("# Policies\n\n");
    out.push_str(
        "These policies run. A document that holds any other is refused when it is loaded, with the place of the \
         policy: it is never run without it. A schema for editors is `docs/schemas/policies.xsd`; how documents are \
         read is told in [policy documents](../policy-documents.md), what can fail in [errors](../errors.md).\n\n",
    );
    let mut table = Table::new(&["Policy", "What it does", "Sections"]);
    for entry in registry.policies {
        let spec = entry.spec;
        let link = format!("[{0}]({0}.md)", spec.element);
        table.row(&[&link, spec.summary, &sections(spec.sections)]);
    }
    out.push_str(&table.text());
    let _ = write!(out, "\n## Not yet supported\n\n{}.\n", code(registry.planned.iter().copied()));
    out.push_str("\n## Differences from API Management\n\n");
    for entry in registry.policies {
        for difference in entry.spec.differences {
            let _ = writeln!(out, "- `{}`: {difference}", entry.spec.element);
        }
    }
    out
}
