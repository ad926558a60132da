//! Where artifact files come from: a directory, or files that are part of the program.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use source::Elsewhere;

/// Largest file that is read, in bytes. API Management takes definitions of 4 MB.
const LARGEST: u64 = 32 * 1024 * 1024;

/// A folder of artifacts. Paths are relative, with `/` between their parts; the empty path is the folder itself.
/// Several may read it at once.
pub trait FolderSource: Send + Sync {
    /// What a directory holds, in the order of names; nothing when there is no such directory.
    ///
    /// # Errors
    /// [`FolderError`] when it cannot be read.
    fn list(&self, directory: &str) -> Result<Vec<Entry>, FolderError>;

    /// The bytes of a file; none when there is no such file.
    ///
    /// # Errors
    /// [`FolderError`] when it cannot be read.
    fn read(&self, file: &str) -> Result<Option<Vec<u8>>, FolderError>;

    /// The stamp of a file, or of a directory with everything beneath it, without reading anything. None when there is
    /// nothing at that path, or when the source keeps no stamps: then whoever wants to know must read.
    fn stamp(&self, _path: &str) -> Option<Stamp> {
        None
    }

    /// The digest of the bytes of a file that were read; none when they were not, or when the source keeps none.
    fn digest(&self, _file: &str) -> Option<u128> {
        None
    }

    /// Where the text of a file that was read can be had later, by its path and [`FolderSource::digest`].
    fn again(&self) -> Option<Arc<dyn Elsewhere>> {
        None
    }
}

/// What a file, or a directory with everything beneath it, was at a moment: two equal stamps of one path mean equal
/// bytes, and what was made of those need not be made again. Bytes that were written anew may have another stamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stamp(u128);

impl Stamp {
    /// A stamp of this value.
    #[must_use]
    pub const fn new(value: u128) -> Self {
        Self(value)
    }

    /// Its value, such as for a file that keeps it.
    #[must_use]
    pub const fn value(self) -> u128 {
        self.0
    }
}

/// One name in a directory.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// The name, without its directory.
    pub name: String,
    /// What it names.
    pub kind: EntryKind,
}

/// What a name in a directory names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryKind {
    /// A directory.
    Directory,
    /// A file.
    File,
}

/// A part of a folder cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{path}` cannot be read: {why}")]
pub struct FolderError {
    /// Which part.
    pub path: String,
    /// What the system says.
    pub why: String,
}

/// A directory on disk.
#[derive(Clone, Debug)]
pub struct DiskFolder {
    root: PathBuf,
}

impl DiskFolder {
    /// The directory at `root`.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    fn failed(path: &str, why: &std::io::Error) -> FolderError {
        FolderError { path: path.to_owned(), why: why.to_string() }
    }
}

impl FolderSource for DiskFolder {
    fn list(&self, directory: &str) -> Result<Vec<Entry>, FolderError> {
        let failed = |why: std::io::Error| Self::failed(directory, &why);
        let path = self.root.join(directory);
        if !directory.is_empty() && !path.is_dir() {
            return Ok(Vec::new());
        }
        let mut entries = Vec::new();
        for entry in std::fs::read_dir(&path).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            // Follows links: Kubernetes mounts configuration as links.
            let kind = match entry.path().is_dir() {
                true => EntryKind::Directory,
                false => EntryKind::File,
            };
            entries.push(Entry { name, kind });
        }
        entries.sort();
        Ok(entries)
    }

    fn read(&self, file: &str) -> Result<Option<Vec<u8>>, FolderError> {
        let path = self.root.join(file);
        let size = match std::fs::metadata(&path) {
            Ok(about) => about.len(),
            Err(why) if why.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(why) => return Err(Self::failed(file, &why)),
        };
        if size > LARGEST {
            return Err(FolderError {
                path: file.to_owned(),
                why: format!("it has more than {LARGEST} bytes"),
            });
        }
        std::fs::read(&path).map(Some).map_err(|why| Self::failed(file, &why))
    }
}

/// Files in memory, such as the examples that are part of the program.
#[derive(Clone, Debug, Default)]
pub struct MemoryFolder {
    files: BTreeMap<String, Vec<u8>>,
}

impl MemoryFolder {
    /// Takes files by their paths.
    pub fn new<P: Into<String>, T: Into<Vec<u8>>>(files: impl IntoIterator<Item = (P, T)>) -> Self {
        Self { files: files.into_iter().map(|(path, text)| (path.into(), text.into())).collect() }
    }
}

impl FolderSource for MemoryFolder {
    fn list(&self, directory: &str) -> Result<Vec<Entry>, FolderError> {
        let prefix = if directory.is_empty() { String::new() } else { format!("{directory}/") };
        let below = self.files.range(prefix.clone()..).map_while(|(path, _)| path.strip_prefix(&prefix));
        let entry = |rest: &str| match rest.split_once('/') {
            Some((name, _)) => Entry { name: name.to_owned(), kind: EntryKind::Directory },
            None => Entry { name: rest.to_owned(), kind: EntryKind::File },
        };
        Ok(below.map(entry).collect::<BTreeSet<_>>().into_iter().collect())
    }

    fn read(&self, file: &str) -> Result<Option<Vec<u8>>, FolderError> {
        Ok(self.files.get(file).cloned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_in_memory_have_directories() {
        let folder =
            MemoryFolder::new([("a/b c/x.json", "1"), ("a/b c/y.json", "2"), ("ab", "3"), ("a/z", "4")]);
        let names = |of: &str| folder.list(of).unwrap().into_iter().map(|each| each.name).collect::<Vec<_>>();
        assert_eq!(names(""), ["a", "ab"]);
        assert_eq!(names("a"), ["b c", "z"]);
        assert_eq!(names("a/b c"), ["x.json", "y.json"]);
        assert!(names("none").is_empty());
    }
}
