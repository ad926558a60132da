//! A folder as it would be: a plan's files over those that are there.

use std::collections::{BTreeMap, BTreeSet};

use artifacts::{Entry, FolderError, FolderSource, MemoryFolder};

use crate::Plan;

/// A folder with a plan's changes, or without them, of which only some of the APIs are shown.
pub(crate) struct Planned<'a> {
    base: &'a dyn FolderSource,
    files: MemoryFolder,
    removed: BTreeSet<String>,
    /// APIs that are shown with all their revisions, as [`root_of`] names them: reading the others would say nothing
    /// about the plan.
    apis: &'a BTreeSet<String>,
}

impl<'a> Planned<'a> {
    pub(crate) fn before(base: &'a dyn FolderSource, apis: &'a BTreeSet<String>) -> Self {
        Self { base, files: MemoryFolder::default(), removed: BTreeSet::new(), apis }
    }

    pub(crate) fn after(base: &'a dyn FolderSource, plan: &Plan, apis: &'a BTreeSet<String>) -> Self {
        let files: BTreeMap<String, Vec<u8>> =
            plan.files.iter().map(|file| (file.path.clone(), file.bytes.clone())).collect();
        Self { base, files: MemoryFolder::new(files), removed: plan.removed.iter().cloned().collect(), apis }
    }
}

impl FolderSource for Planned<'_> {
    fn list(&self, directory: &str) -> Result<Vec<Entry>, FolderError> {
        let path = |entry: &Entry| match directory {
            "" => entry.name.clone(),
            _ => format!("{directory}/{}", entry.name),
        };
        let shown =
            |entry: &Entry| directory != "apis" || self.apis.contains(&entry.name.to_ascii_lowercase());
        let there = self.base.list(directory)?.into_iter().chain(self.files.list(directory)?);
        let all: BTreeSet<Entry> =
            there.filter(|entry| shown(entry) && !self.removed.contains(&path(entry))).collect();
        Ok(all.into_iter().collect())
    }

    fn read(&self, file: &str) -> Result<Option<Vec<u8>>, FolderError> {
        if self.removed.contains(file) {
            return Ok(None);
        }
        match self.files.read(file)? {
            Some(bytes) => Ok(Some(bytes)),
            None => self.base.read(file),
        }
    }
}

/// The name that all revisions of an API share, in lower case.
pub(crate) fn root_of(directory: &str) -> String {
    directory.split(";rev=").next().unwrap_or_default().to_ascii_lowercase()
}
