//! Pages and a schema, written from the list of policies and from the table of failures.
//!
//! [`files`] gives everything that is checked in under `docs/`; a test compares. To write it anew, run
//! `CARDEA_UPDATE=1 cargo test -p policies`.
//!
//! Nothing here knows a policy by name: what a page says is what the policy's declaration says.

mod failures;
mod index;
mod page;
mod schema;
mod table;

use policy::Registry;

/// A file of the documentation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Where it stands, from the root of the repository.
    pub path: String,
    /// All of its text.
    pub text: String,
}

/// Every file that is written from a list of policies: a page for each, an index, the schema, the page of failures.
#[must_use]
pub fn files(registry: &Registry) -> Vec<File> {
    let file = |path: &str, text: String| File { path: path.to_owned(), text };
    let pages = registry.policies.iter().map(|entry| {
        let path = format!("docs/policies/{}.md", entry.spec.element);
        file(&path, page::page(entry.spec))
    });
    let mut files: Vec<File> = pages.collect();
    files.push(file("docs/policies/README.md", index::index(registry)));
    files.push(file("docs/schemas/policies.xsd", schema::schema(registry)));
    files.push(file("docs/errors.md", failures::page()));
    files
}
