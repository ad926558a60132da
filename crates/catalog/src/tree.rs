//! A folder's files and directories at one moment: their names and stamps, and digests of the bytes that were read.
//!
//! Directories that did not change are shared between one moment and the next.

use std::sync::{Arc, OnceLock};

use artifacts::Stamp;
use artifacts::saved::{Damaged, Reader, Writer};

use crate::meta::Meta;
use crate::version::{Digest, Sum, digest};

/// Why a name is no file that can be read.
pub(crate) const NO_TEXT: &str = "its name is not UTF-8 text";
pub(crate) const NO_TARGET: &str = "it leads to nothing that can be looked at";
pub(crate) const NO_FILE: &str = "it is not a regular file";
const SPECIAL: [&str; 3] = [NO_TEXT, NO_TARGET, NO_FILE];

/// Directories within each other at most. APIOps folders have five; workspaces two more.
pub(crate) const DEEPEST: usize = 32;

/// A directory and everything beneath it.
#[derive(Debug, Default)]
pub(crate) struct Directory {
    /// In the order of names.
    pub(crate) entries: Vec<(Arc<str>, Entry)>,
    /// Why it cannot be listed.
    pub(crate) unreadable: Option<Box<str>>,
    pub(crate) stamp: u128,
    /// By which the system knows it.
    pub(crate) number: u64,
    digest: OnceLock<Digest>,
}

/// What is in a directory.
#[derive(Clone, Debug)]
pub(crate) enum Entry {
    Directory(Arc<Directory>),
    File(Arc<File>),
}

/// A file.
#[derive(Debug)]
pub(crate) struct File {
    /// What the system said of it, or why it is no file that can be read.
    pub(crate) meta: Result<Meta, &'static str>,
    /// Whether another state of it may look the same.
    pub(crate) in_doubt: bool,
    pub(crate) stamp: u128,
    /// Of its bytes, once they were read.
    pub(crate) digest: OnceLock<Digest>,
}

impl File {
    /// A name that cannot be read as a file.
    pub(crate) fn special(why: &'static str) -> Self {
        let sum = digest(&[b"special", why.as_bytes()]);
        Self { meta: Err(why), in_doubt: false, stamp: u128::from_le_bytes(sum), digest: OnceLock::from(sum) }
    }
}

impl File {
    fn write(&self, writer: &mut Writer) {
        match self.meta {
            Ok(meta) => {
                writer.number(0);
                writer.wide(meta.value());
                writer.maybe((self.stamp != meta.value()).then_some(self.stamp), Writer::wide);
                writer.flag(self.in_doubt);
                let digest = self.digest.get().copied();
                writer.maybe(digest, |writer, digest| writer.wide(u128::from_le_bytes(digest)));
            }
            Err(why) => writer.count(SPECIAL.iter().position(|each| *each == why).unwrap_or(0) + 1),
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Damaged> {
        if let Some(why) = (reader.small()? as usize).checked_sub(1) {
            return SPECIAL.get(why).map(|why| Self::special(why)).ok_or(Damaged);
        }
        let meta = reader.wide()?;
        let stamp = reader.maybe(Reader::wide)?.unwrap_or(meta);
        let in_doubt = reader.flag()?;
        let digest = reader.maybe(Reader::wide)?.map(|digest| OnceLock::from(digest.to_le_bytes()));
        Ok(Self { meta: Ok(Meta::known(meta)), in_doubt, stamp, digest: digest.unwrap_or_default() })
    }
}

impl Entry {
    pub(crate) fn stamp(&self) -> Stamp {
        Stamp::new(match self {
            Self::Directory(directory) => directory.stamp,
            Self::File(file) => file.stamp,
        })
    }

    /// Whether it is the very same, known by everything that was read of it.
    pub(crate) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Directory(one), Self::Directory(other)) => Arc::ptr_eq(one, other),
            (Self::File(one), Self::File(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }

    fn digest(&self) -> Option<Digest> {
        match self {
            Self::Directory(directory) => directory.digest(),
            Self::File(file) => file.digest.get().copied(),
        }
    }
}

impl Directory {
    /// A directory that holds these, sorted by name.
    pub(crate) fn of(number: u64, entries: Vec<(Arc<str>, Entry)>) -> Self {
        let mut sum = Sum::new();
        for (name, entry) in &entries {
            sum.add(name.as_bytes());
            sum.add(&entry.stamp().value().to_le_bytes());
        }
        let stamp = u128::from_le_bytes(sum.end());
        Self { entries, unreadable: None, stamp, number, digest: OnceLock::new() }
    }

    /// A directory that cannot be listed.
    pub(crate) fn unreadable(why: &str) -> Self {
        let sum = digest(&[b"unreadable", why.as_bytes()]);
        Self {
            unreadable: Some(why.into()),
            stamp: u128::from_le_bytes(sum),
            digest: OnceLock::from(sum),
            entries: Vec::new(),
            number: 0,
        }
    }

    /// What is there under a name.
    pub(crate) fn get(&self, name: &str) -> Option<&Entry> {
        self.named(name).map(|(_, entry)| entry)
    }

    /// The same, with the name.
    pub(crate) fn named(&self, name: &str) -> Option<&(Arc<str>, Entry)> {
        let at = self.entries.binary_search_by(|(known, _)| (**known).cmp(name)).ok()?;
        self.entries.get(at)
    }

    /// The directory at a path; the empty path is this one.
    pub(crate) fn below(self: &Arc<Self>, path: &str) -> Option<&Arc<Self>> {
        let mut at = self;
        for name in parts(path) {
            let Some(Entry::Directory(next)) = at.get(name) else { return None };
            at = next;
        }
        Some(at)
    }

    /// What is at a path that is not empty.
    pub(crate) fn entry(self: &Arc<Self>, path: &str) -> Option<&Entry> {
        let path = path.trim_matches('/');
        let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
        self.below(directory)?.get(name)
    }

    /// The digest of all names and bytes beneath it; none while some file was not read. Empty directories do not count:
    /// git does not keep them.
    pub(crate) fn digest(&self) -> Option<Digest> {
        if let Some(known) = self.digest.get() {
            return Some(*known);
        }
        let mut sum = Sum::new();
        for (name, entry) in &self.entries {
            if matches!(entry, Entry::Directory(directory) if directory.is_empty()) {
                continue;
            }
            sum.add(name.as_bytes());
            sum.add(&entry.digest()?);
        }
        Some(*self.digest.get_or_init(|| sum.end()))
    }

    /// The stamp of what is at a path; of this directory for the empty one.
    pub(crate) fn stamp_of(self: &Arc<Self>, path: &str) -> Option<Stamp> {
        if parts(path).next().is_none() {
            return Some(Stamp::new(self.stamp));
        }
        self.entry(path).map(Entry::stamp)
    }

    /// The digest of the bytes of a file that were read.
    pub(crate) fn digest_of(self: &Arc<Self>, path: &str) -> Option<u128> {
        match self.entry(path)? {
            Entry::File(file) if file.meta.is_ok() => file.digest.get().copied().map(u128::from_le_bytes),
            _ => None,
        }
    }

    /// Writes it, with stamps and digests: it need not be looked at to be read again.
    pub(crate) fn write(&self, writer: &mut Writer) {
        writer.maybe(self.unreadable.as_deref(), Writer::text);
        writer.number(self.number);
        writer.wide(self.stamp);
        writer.maybe(self.digest(), |writer, digest| writer.wide(u128::from_le_bytes(digest)));
        writer.list(&self.entries, |writer, (name, entry)| {
            writer.text(name);
            match entry {
                Entry::Directory(directory) => {
                    writer.flag(true);
                    directory.write(writer);
                }
                Entry::File(file) => {
                    writer.flag(false);
                    file.write(writer);
                }
            }
        });
    }

    /// Reads what was written.
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, Damaged> {
        Self::read_at(reader, 0)
    }

    /// INVARIANT: it calls itself [`DEEPEST`] times at most.
    fn read_at(reader: &mut Reader<'_>, depth: usize) -> Result<Self, Damaged> {
        if depth > DEEPEST {
            return Err(Damaged);
        }
        let unreadable = reader.maybe(Reader::text)?.map(Box::from);
        let (number, stamp) = (reader.number()?, reader.wide()?);
        let digest = reader.maybe(Reader::wide)?;
        let entries = reader.list(|reader| {
            let name = reader.text()?.into();
            let entry = match reader.flag()? {
                true => Entry::Directory(Arc::new(Self::read_at(reader, depth + 1)?)),
                false => Entry::File(Arc::new(File::read(reader)?)),
            };
            Ok((name, entry))
        })?;
        if !entries.is_sorted_by(|(one, _), (other, _)| one < other) {
            return Err(Damaged);
        }
        let digest = digest.map(|digest| OnceLock::from(digest.to_le_bytes())).unwrap_or_default();
        Ok(Self { entries, unreadable, stamp, number, digest })
    }

    /// Whether there is no file beneath it.
    pub(crate) fn is_empty(&self) -> bool {
        let is_empty = |entry: &Entry| matches!(entry, Entry::Directory(directory) if directory.is_empty());
        self.unreadable.is_none() && self.entries.iter().all(|(_, entry)| is_empty(entry))
    }
}

/// The names of a path.
pub(crate) fn parts(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|name| !name.is_empty())
}
