//! Files that never change, such as those that are part of the program.

use std::sync::Arc;

use artifacts::{Entry, EntryKind, FolderError, FolderSource, MemoryFolder, Stamp};

use crate::version::{Digest, Sum, digest};
use crate::watch::Nothing;
use crate::{CannotWatch, Catalog, Reading, Revision, Scope, Told, Unreadable, Version, Watching};

/// Files that never change.
#[derive(Clone, Debug)]
pub struct Fixed(Arc<MemoryFolder>);

impl Fixed {
    /// These files.
    #[must_use]
    pub fn new(files: MemoryFolder) -> Self {
        Self(Arc::new(files))
    }
}

impl Catalog for Fixed {
    fn begin(&self, _scope: Scope) -> Result<Box<dyn Reading>, Unreadable> {
        Ok(Box::new(self.clone()))
    }

    fn differs(&self, _scope: Scope) -> Result<Option<Stamp>, Unreadable> {
        Ok(None)
    }

    fn watch(&self, _told: Told) -> Result<Box<dyn Watching>, CannotWatch> {
        Ok(Box::new(Nothing))
    }
}

impl Reading for Fixed {
    fn finish(self: Box<Self>) -> Result<Version, Unreadable> {
        Ok(Version { revision: Revision::of(directory(&self.0, "")?), commit: None })
    }
}

/// INVARIANT: paths in memory are as deep as the program made them.
fn directory(files: &MemoryFolder, path: &str) -> Result<Digest, FolderError> {
    let mut sum = Sum::new();
    for Entry { name, kind } in files.list(path)? {
        let own = crate::scan::join(path, &name);
        sum.add(name.as_bytes());
        sum.add(&match kind {
            EntryKind::Directory => directory(files, &own)?,
            EntryKind::File => digest(&[&files.read(&own)?.unwrap_or_default()]),
        });
    }
    Ok(sum.end())
}

impl FolderSource for Fixed {
    fn list(&self, directory: &str) -> Result<Vec<Entry>, FolderError> {
        self.0.list(directory)
    }

    fn read(&self, file: &str) -> Result<Option<Vec<u8>>, FolderError> {
        self.0.read(file)
    }
}
