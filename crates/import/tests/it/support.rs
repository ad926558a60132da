//! A folder in memory, imports into it, and what comes of them.

use std::collections::BTreeMap;

use artifacts::MemoryFolder;
use import::Note;
use import::openapi::{Outcome, Request, plan};
use source::{SourceFile, render_all};

/// The files of a folder.
#[derive(Clone, Debug, Default)]
pub(crate) struct Files(pub(crate) BTreeMap<String, String>);

impl Files {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        Self(files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect())
    }

    pub(crate) fn folder(&self) -> MemoryFolder {
        MemoryFolder::new(self.0.clone())
    }

    pub(crate) fn text(&self, path: &str) -> &str {
        self.0.get(path).map_or("", String::as_str)
    }

    /// What an import would do.
    pub(crate) fn plan(&self, name: &str, definition: &str, request: &Request) -> Outcome {
        let planned = plan(&SourceFile::new(name, definition), request, &self.folder());
        planned.unwrap_or_else(|problems| panic!("{}", render_all(&problems)))
    }

    /// Why an import is refused.
    pub(crate) fn refused(&self, definition: &str, request: &Request) -> String {
        match plan(&SourceFile::new("a.yaml", definition), request, &self.folder()) {
            Ok(outcome) => panic!("not refused: {outcome:?}"),
            Err(problems) => render_all(&problems),
        }
    }

    /// Does it.
    pub(crate) fn import(&mut self, definition: &str, request: &Request) -> Outcome {
        let outcome = self.plan("a.yaml", definition, request);
        for file in &outcome.plan.files {
            self.0.insert(file.path.clone(), String::from_utf8(file.bytes.clone()).unwrap());
        }
        for path in &outcome.plan.removed {
            self.0.remove(path);
        }
        outcome
    }
}

/// The notes, each as `kind code`.
pub(crate) fn codes(outcome: &Outcome) -> Vec<String> {
    outcome.plan.notes.iter().map(|note| format!("{} {}", note.kind.as_str(), note.code)).collect()
}

/// The note of a code.
pub(crate) fn note<'o>(outcome: &'o Outcome, code: &str) -> &'o Note {
    let found = outcome.plan.notes.iter().find(|note| note.code == code);
    found.unwrap_or_else(|| panic!("no note `{code}`: {:?}", outcome.plan.notes))
}

/// A definition with these servers, paths and more.
pub(crate) fn definition(servers: &str, paths: &str) -> String {
    format!(
        "openapi: 3.0.1\ninfo: {{title: Pet Store, description: All about pets}}\nservers: {servers}\npaths:\n{paths}"
    )
}
