//! Every case file under `tests/cases`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::case_file::{self, Case};
use crate::compare::differences;
use crate::documents;
use crate::script::{Then, When};
use crate::walk;

/// The folder of the case files.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases")
}

/// All case files, sorted.
pub(crate) fn files() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder()).into_iter().flatten().flatten() {
        let inner = fs::read_dir(entry.path()).into_iter().flatten().flatten();
        found.extend(
            inner.map(|file| file.path()).filter(|path| path.extension().is_some_and(|end| end == "md")),
        );
    }
    found.sort();
    found
}

/// What is wrong with a case, if anything.
fn failures(case: &Case) -> Result<Vec<String>, String> {
    if case.source.is_empty() {
        return Err("the case names no source".to_owned());
    }
    let when = When::read(case.when.as_deref().unwrap_or("> GET /"))?;
    let (walked, problems) = walk::run(&case.documents, &when)?;
    let told = documents::show(&problems);
    let mut failures = Vec::new();
    if told.trim() != case.problems.as_deref().unwrap_or("").trim() {
        failures.push(format!("problems:\n{told}"));
    }
    match (walked, &case.then) {
        (Some(walked), Some(then)) => failures.extend(differences(&Then::read(then)?, &walked)),
        (None, None) => {}
        (Some(_), None) => failures.push("the documents are not refused".to_owned()),
        (None, Some(_)) => failures.push("the documents are refused".to_owned()),
    }
    Ok(failures)
}

#[test]
fn every_case_file_holds() {
    let mut report = String::new();
    for path in files() {
        let name = path.strip_prefix(folder()).unwrap_or(&path).display().to_string();
        let text = fs::read_to_string(&path).expect("a case file can be read");
        match case_file::read(&text) {
            Ok(cases) => cases.iter().for_each(|case| note(&name, case, &mut report)),
            Err(why) => report.push_str(&format!("{name}: {why}\n")),
        }
    }
    assert!(report.is_empty(), "\n{report}");
}

fn note(file: &str, case: &Case, report: &mut String) {
    let failures = failures(case).unwrap_or_else(|why| vec![why]);
    if !failures.is_empty() {
        report.push_str(&format!("{file}: {}\n  {}\n", case.title, failures.join("\n  ")));
    }
}
