//! Files of a folder, written so that nobody who reads the folder meanwhile sees half of one.
//!
//! A file is written beside its place and then put there. A directory of a resource that is new (`apis/<name>`) is
//! written under a hidden name, which readers of folders pass over, and then put in its place as a whole.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use artifacts::{DiskFolder, FolderSource, MemoryFolder};
use import::{Change, ChangeKind, File, Plan};

/// The folder at a path; an empty one when there is none yet.
///
/// # Errors
/// When the path is a file.
pub(in crate::cmd) fn folder(path: &Path) -> anyhow::Result<Box<dyn FolderSource>> {
    if path.is_dir() {
        return Ok(Box::new(DiskFolder::new(path)));
    }
    if path.exists() {
        bail!("`{}` is not a directory", path.display());
    }
    Ok(Box::new(MemoryFolder::default()))
}

/// Whether a file would not stay as it is.
pub(in crate::cmd) fn is_change(change: &Change) -> bool {
    change.kind != ChangeKind::Same
}

/// Writes what changes, then takes away what goes.
///
/// # Errors
/// When a file cannot be written; those that were not put in their place are cleared away.
pub(in crate::cmd) fn write(root: &Path, plan: &Plan, changes: &[Change]) -> anyhow::Result<()> {
    let is_changed = |file: &&File| {
        changes.iter().any(|change| {
            change.path == file.path && matches!(change.kind, ChangeKind::Created | ChangeKind::Changed)
        })
    };
    let mut staged = Staged::default();
    let written = plan.files.iter().filter(is_changed).try_for_each(|file| {
        staged.add(root, file).with_context(|| format!("`{}` cannot be written", file.path))
    });
    let written = written.and_then(|()| staged.put());
    if written.is_err() {
        staged.clear();
    }
    written?;
    for path in &plan.removed {
        remove(root, path)?;
    }
    Ok(())
}

/// What was written and is not in its place yet, with the places, in order.
#[derive(Default)]
struct Staged {
    files: Vec<(PathBuf, PathBuf)>,
    directories: BTreeMap<PathBuf, PathBuf>,
}

impl Staged {
    fn add(&mut self, root: &Path, file: &File) -> std::io::Result<()> {
        let place = root.join(&file.path);
        let mut parts = file.path.splitn(3, '/');
        let top = match (parts.next(), parts.next(), parts.next()) {
            (Some(kind), Some(name), Some(rest)) => Some((root.join(kind), name, rest)),
            _ => None,
        };
        match top.filter(|(kind, name, _)| !kind.join(name).exists()) {
            Some((kind, name, rest)) => {
                let hidden = kind.join(format!(".{name}.{}", std::process::id()));
                self.directories.insert(kind.join(name), hidden.clone());
                fill(&hidden.join(rest), &file.bytes)
            }
            None => {
                let name = place.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let hidden = place.with_file_name(format!(".{name}.{}", std::process::id()));
                self.files.push((hidden.clone(), place));
                fill(&hidden, &file.bytes)
            }
        }
    }

    /// New directories first: what is there already may refer to them.
    fn put(&mut self) -> anyhow::Result<()> {
        let directories = self.directories.iter().map(|(place, hidden)| (hidden, place));
        for (hidden, place) in directories.chain(self.files.iter().map(|(hidden, place)| (hidden, place))) {
            std::fs::rename(hidden, place)
                .with_context(|| format!("`{}` cannot be written", place.display()))?;
        }
        Ok(())
    }

    fn clear(&self) {
        // What cannot be cleared away is hidden, and the error that led here is the one to tell.
        for (hidden, _) in &self.files {
            let _cleared = std::fs::remove_file(hidden);
        }
        for hidden in self.directories.values() {
            let _cleared = std::fs::remove_dir_all(hidden);
        }
    }
}

fn fill(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    let mut file = std::fs::File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn remove(root: &Path, path: &str) -> anyhow::Result<()> {
    let place = root.join(path);
    match std::fs::remove_file(&place) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("`{path}` cannot be removed"))
        }
        _ => {
            // The directory of an operation that held nothing else goes too; one that holds something stays.
            let _emptied = place.parent().map(std::fs::remove_dir);
            Ok(())
        }
    }
}
