//! The user page says the truth: its examples load, and it names every kind of problem.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use policy_doc::read;
use source::{Diagnostics, SourceFile, render_all};

use crate::cases::documents;
use crate::outline::{Names, outline};

fn page() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/policy-documents.md");
    fs::read_to_string(path).unwrap()
}

#[test]
fn the_examples_of_the_page_load() {
    let page = page();
    let names = Names::parse("host = h\ntoken = secret 1\nttl = 30");
    let examples: Vec<&str> =
        page.split("```xml\n").skip(1).filter_map(|part| part.split("```").next()).collect();
    assert!(examples.len() >= 4, "{} examples", examples.len());
    for example in examples {
        let text =
            if example.starts_with("<policies>") { example.to_owned() } else { format!("<x>{example}</x>") };
        let (document, mut problems) = read(&SourceFile::new("policy-documents.md", text));
        outline(&document, &names, &mut problems);
        assert!(problems.is_empty(), "{}", render_all(&problems));
    }
}

/// Every kind of problem that a case file shows is explained.
#[test]
fn the_page_names_every_kind_of_problem() {
    let page = page();
    let mut codes = BTreeSet::new();
    for document in documents() {
        let (document, problems) = read(&SourceFile::new("policy.xml", document));
        let mut later = Diagnostics::new();
        outline(&document, &Names::default(), &mut later);
        codes.extend(problems.iter().chain(later.iter()).map(|problem| problem.code));
    }
    let missing: Vec<_> = codes
        .into_iter()
        .filter(|code| !code.starts_with("csharp-") && !page.contains(&format!("`{code}`")))
        .collect();
    assert!(missing.is_empty(), "not on the page: {missing:?}");
}
