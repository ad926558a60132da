//! What an import would do to a folder.

use std::collections::{BTreeSet, HashSet};

use artifacts::{FolderError, FolderSource, Options, load};
use source::{Diagnostics, Severity};

use crate::planned::{Planned, root_of};
use crate::{Note, diff};

/// The files that an import would write and take away.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// Files to write, in the order in which they are to appear. Paths are relative to the folder, with `/`.
    pub files: Vec<File>,
    /// Files to take away.
    pub removed: Vec<String>,
    /// What to tell.
    pub notes: Vec<Note>,
}

/// A file to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Where.
    pub path: String,
    /// What.
    pub bytes: Vec<u8>,
}

/// What a plan does to one file.
#[derive(Clone, Debug)]
pub struct Change {
    /// The file.
    pub path: String,
    /// What happens to it.
    pub kind: ChangeKind,
    before: Vec<u8>,
    after: Vec<u8>,
}

/// What happens to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// It was not there.
    Created,
    /// It gets another content.
    Changed,
    /// It is taken away.
    Removed,
    /// It is there as it should be.
    Same,
}

impl ChangeKind {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Changed => "changed",
            Self::Removed => "removed",
            Self::Same => "same",
        }
    }
}

impl Plan {
    /// Adds a file to write.
    pub fn write(&mut self, path: impl Into<String>, bytes: impl Into<Vec<u8>>) {
        self.files.push(File { path: path.into(), bytes: bytes.into() });
    }

    /// Adds a note.
    pub fn note(&mut self, note: Note) {
        self.notes.push(note);
    }

    /// What it would do to each of its files, compared with what is there.
    ///
    /// # Errors
    /// [`FolderError`] when a file cannot be read.
    pub fn changes(&self, folder: &dyn FolderSource) -> Result<Vec<Change>, FolderError> {
        let mut changes = Vec::new();
        for File { path, bytes } in &self.files {
            let (kind, before) = match folder.read(path)? {
                None => (ChangeKind::Created, Vec::new()),
                Some(before) if before == *bytes => (ChangeKind::Same, before),
                Some(before) => (ChangeKind::Changed, before),
            };
            changes.push(Change { path: path.clone(), kind, before, after: bytes.clone() });
        }
        for path in &self.removed {
            if let Some(before) = folder.read(path)? {
                let kind = ChangeKind::Removed;
                changes.push(Change { path: path.clone(), kind, before, after: Vec::new() });
            }
        }
        Ok(changes)
    }

    /// The errors that the folder would have with the plan and does not have without it.
    #[must_use]
    pub fn problems(&self, folder: &dyn FolderSource) -> Diagnostics {
        let paths = self.files.iter().map(|file| &file.path).chain(&self.removed);
        let names = paths.filter_map(|path| path.strip_prefix("apis/")?.split('/').next());
        let apis: BTreeSet<String> = names.map(root_of).collect();
        let errors = |folder: &dyn FolderSource| {
            let (_, problems) = load(folder, &Options::default());
            let all: Vec<_> =
                problems.iter().filter(|each| each.severity == Severity::Error).cloned().collect();
            all
        };
        // Without places: lines move when a file is written anew.
        let before = errors(&Planned::before(folder, &apis));
        let known: HashSet<(&str, &str)> =
            before.iter().map(|each| (each.code, each.message.as_str())).collect();
        let after = errors(&Planned::after(folder, self, &apis));
        after.into_iter().filter(|each| !known.contains(&(each.code, each.message.as_str()))).collect()
    }
}

impl Change {
    /// The lines that differ, with a few around them; how many lines there are when they are too many to compare, and
    /// nothing for a file that stays as it is.
    #[must_use]
    pub fn diff(&self) -> String {
        if self.kind == ChangeKind::Same {
            return String::new();
        }
        let (before, after) = (String::from_utf8_lossy(&self.before), String::from_utf8_lossy(&self.after));
        match diff::lines(&before, &after) {
            Some(lines) => diff::shown(&lines),
            None => format!(" {} lines before, {} after\n", before.lines().count(), after.lines().count()),
        }
    }
}
