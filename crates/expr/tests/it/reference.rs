//! The list of types under `docs/`, made of the library's declarations.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

const UPDATE: &str = "CARDEA_UPDATE";

fn page() -> String {
    let mut text = String::from(
        "# Types and members in expressions\n\n\
         Generated from the declarations of the library (`CARDEA_UPDATE=1 cargo test -p expr`). \
         How expressions work is told in [expressions](expressions.md).\n\n\
         A member that is not listed does not exist or is not allowed by API Management. What it allows and what is not built yet \
         is listed as *not yet*: a document that uses it is refused.\n",
    );
    let mut entries = expr::reference();
    entries.sort_by_key(|entry| entry.name);
    for entry in entries.iter().filter(|entry| entry.built && !entry.name.starts_with("Cardea.")) {
        write_entry(&mut text, entry);
    }
    text.push_str("\n## Extension methods of API Management\n\n");
    for entry in entries.iter().filter(|entry| entry.name.starts_with("Cardea.")) {
        for member in &entry.members {
            let _ = writeln!(text, "- `{member}`");
        }
    }
    text.push_str("\n## Types that are not yet built\n\n");
    let open: Vec<String> =
        entries.iter().filter(|entry| !entry.built).map(|entry| format!("`{}`", entry.name)).collect();
    let _ = writeln!(text, "{}", open.join(", "));
    text
}

fn write_entry(text: &mut String, entry: &expr::ReferenceEntry) {
    let _ = writeln!(text, "\n## `{}`\n", entry.name);
    let properties = host_properties(entry.name);
    for member in properties.iter().chain(&entry.members) {
        let _ = writeln!(text, "- `{}`", member);
    }
    if !entry.unbuilt.is_empty() {
        let _ = writeln!(text, "- *not yet*: {}", entry.unbuilt.join(", "));
    }
}

/// The properties of a host interface, which come from the catalogue.
fn host_properties(name: &str) -> Vec<&'static str> {
    let types = expr::HOST_TYPES.iter().filter(|ty| ty.name == name);
    types.flat_map(|ty| ty.members.iter().map(|row| row.declaration)).collect()
}

#[test]
fn the_checked_in_page_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/expressions-library.md");
    let text = page();
    if std::env::vars().any(|(name, _)| name == UPDATE) {
        fs::write(&path, &text).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    assert!(found == text, "docs/expressions-library.md is stale: run `{UPDATE}=1 cargo test -p expr`");
}
