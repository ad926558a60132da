//! The files of a folder in few bytes, so that a configuration outlives its folder and the process that read it.
//!
//! [`Moment::pack`] reads the files of a moment again and packs them: names, stamps and digests as a tree, bytes in
//! groups of neighbours, each deflated for itself. [`Packed::reading`] reads them like a folder, and gives a moment to a
//! [`crate::FolderCatalog`] that then knows which files have not changed since ([`crate::Catalog::recall`]).
//!
//! It does not seal: whoever writes the bytes to a disk does, because folders hold more than their authors believe.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::fmt;
use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use artifacts::saved::{Damaged, Reader, Writer};
use artifacts::{Entry, FolderError, FolderSource, Stamp};
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use rayon::prelude::*;
use source::Elsewhere;

use crate::folder::{file_bytes, listed};
use crate::tree::{self, Directory, File};
use crate::version::Sum;
use crate::{Reading, Revision, Unreadable, Version};

/// One in so many directories of resources begins a new group. Which ones is a matter of their names, so that a change
/// of one changes no other group.
const EACH: u8 = 32;

/// Files of one group at most.
const FILES: usize = 1024;

/// Bytes of all files at most: several times what 10,000 APIs need.
const MOST: u64 = 1024 * 1024 * 1024;

/// Bytes of a section, about.
const SECTION: usize = 4 * 1024 * 1024;

/// What a folder was when it was read to its end.
#[derive(Clone)]
pub struct Moment {
    pub(crate) root: PathBuf,
    pub(crate) tree: Arc<Directory>,
}

impl fmt::Debug for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Moment").field("root", &self.root).finish_non_exhaustive()
    }
}

/// All files of a folder at a moment. Cloning shares them.
#[derive(Clone)]
pub struct Packed(Arc<Contents>);

struct Contents {
    tree: Arc<Directory>,
    revision: Revision,
    groups: Vec<Arc<Group>>,
}

impl fmt::Debug for Packed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Packed({}, {} groups)", self.0.revision, self.0.groups.len())
    }
}

/// Files that stand beside each other.
struct Group {
    /// Of their paths and bytes.
    key: u128,
    /// The path of the first of them.
    first: Box<str>,
    /// How many bytes it expands to.
    length: usize,
    deflated: Box<[u8]>,
}

/// The files of a group, by path.
type Files = HashMap<Box<str>, Box<[u8]>>;

impl Moment {
    /// The revision of the files.
    #[must_use]
    pub fn revision(&self) -> Option<Revision> {
        self.tree.digest().map(Revision::of)
    }

    /// Packs the files, taking from `before` what has not changed.
    ///
    /// # Errors
    /// [`Unreadable::Changed`] when a file is not what it was at that moment, [`Unreadable::TooBig`] when there is too
    /// much.
    pub fn pack(&self, before: Option<&Packed>) -> Result<Packed, Unreadable> {
        let changed = || Unreadable::Changed(self.root.display().to_string());
        let revision = self.revision().ok_or_else(changed)?;
        let known: HashMap<u128, &Arc<Group>> =
            before.iter().flat_map(|packed| &packed.0.groups).map(|group| (group.key, group)).collect();
        let plans = plans(&self.tree);
        let group = |plan: &Plan<'_>| match known.get(&plan.key()) {
            Some(group) => Ok(Arc::clone(group)),
            None => plan.pack(&self.root).map(Arc::new),
        };
        let groups: Vec<Arc<Group>> = plans.par_iter().map(group).collect::<Result<_, Unreadable>>()?;
        let bytes: u64 = groups.iter().map(|group| group.length as u64).sum();
        if bytes > MOST {
            return Err(Unreadable::TooBig(usize::try_from(MOST).unwrap_or(usize::MAX)));
        }
        Ok(Packed(Arc::new(Contents { tree: Arc::clone(&self.tree), revision, groups })))
    }
}

/// A group that is to be.
struct Plan<'a> {
    files: Vec<(String, &'a Arc<File>)>,
}

impl Plan<'_> {
    fn key(&self) -> u128 {
        let mut sum = Sum::new();
        for (path, file) in &self.files {
            sum.add(path.as_bytes());
            sum.add(file.digest.get().map_or(&[], |digest| digest.as_slice()));
        }
        u128::from_le_bytes(sum.end())
    }

    fn pack(&self, root: &std::path::Path) -> Result<Group, Unreadable> {
        let mut writer = Writer::default();
        writer.count(self.files.len());
        for (path, file) in &self.files {
            let bytes = file_bytes(&root.join(path), file.digest.get());
            writer.text(path);
            writer.bytes(&bytes.ok_or_else(|| Unreadable::Changed(path.clone()))?);
        }
        let bytes = writer.into_bytes();
        let mut encoder = DeflateEncoder::new(Vec::with_capacity(bytes.len() / 4), Compression::fast());
        let deflated = encoder.write_all(&bytes).and_then(|()| encoder.finish());
        let failed = |why: std::io::Error| FolderError { path: String::new(), why: why.to_string() };
        Ok(Group {
            key: self.key(),
            first: self.files.first().map_or("", |(path, _)| path).into(),
            length: bytes.len(),
            deflated: deflated.map_err(failed)?.into(),
        })
    }
}

/// The files that can be read, in groups, in the order of their paths.
fn plans(tree: &Arc<Directory>) -> Vec<Plan<'_>> {
    let mut plans: Vec<Plan<'_>> = Vec::new();
    let mut last = String::new();
    let mut open: Vec<(String, &tree::Entry)> = beneath("", tree);
    while let Some((path, entry)) = open.pop() {
        match entry {
            tree::Entry::Directory(directory) => open.extend(beneath(&path, directory)),
            tree::Entry::File(file) if file.meta.is_ok() => {
                let begins = begins_group(&path, &mut last);
                match plans.last_mut().filter(|plan| !begins && plan.files.len() < FILES) {
                    Some(plan) => plan.files.push((path, file)),
                    None => plans.push(Plan { files: vec![(path, file)] }),
                }
            }
            tree::Entry::File(_) => {}
        }
    }
    plans
}

/// What is in a directory, the first one last.
fn beneath<'a>(path: &str, directory: &'a Arc<Directory>) -> Vec<(String, &'a tree::Entry)> {
    let entries = directory.entries.iter().rev();
    entries.map(|(name, entry)| (crate::scan::join(path, name), entry)).collect()
}

/// Whether a file is the first of a directory of a resource whose name begins a group.
fn begins_group(path: &str, last: &mut String) -> bool {
    let ends = path.match_indices('/').map(|(at, _)| at);
    let unit = ends.take(2).last().and_then(|end| path.get(..end)).unwrap_or("");
    if unit == last.as_str() {
        return false;
    }
    unit.clone_into(last);
    crate::version::digest(&[unit.as_bytes()]).first().is_some_and(|byte| byte % EACH == 0)
}

impl Group {
    fn files(&self) -> Result<Files, Damaged> {
        let mut bytes = Vec::with_capacity(self.length);
        let decoder = DeflateDecoder::new(&*self.deflated);
        decoder.take(self.length as u64 + 1).read_to_end(&mut bytes).map_err(|_| Damaged)?;
        let mut reader = Reader::new(&bytes);
        let files = reader.list(|reader| Ok((reader.text()?.into(), reader.bytes()?.into())))?;
        Ok(files.into_iter().collect())
    }
}

/// The order in which directories are walked through, their entries sorted by name.
fn by_parts(one: &str, other: &str) -> Ordering {
    one.split('/').cmp(other.split('/'))
}

impl Packed {
    /// Gives what was packed to `put`, section by section; how many there were.
    ///
    /// # Errors
    /// What `put` says.
    pub fn write<E>(&self, mut put: impl FnMut(Vec<u8>) -> Result<(), E>) -> Result<usize, E> {
        let mut tree = Writer::default();
        self.0.tree.write(&mut tree);
        put(tree.into_bytes())?;
        let mut sections = 2;
        let mut writer = Writer::default();
        for group in &self.0.groups {
            writer.wide(group.key);
            writer.text(&group.first);
            writer.count(group.length);
            writer.bytes(&group.deflated);
            if writer.len() >= SECTION {
                put(std::mem::take(&mut writer).into_bytes())?;
                sections += 1;
            }
        }
        put(writer.into_bytes())?;
        Ok(sections)
    }

    /// Reads what was written; `open` gives each of that many sections.
    ///
    /// # Errors
    /// [`Damaged`] when it is something else.
    pub fn read<S: AsRef<[u8]>>(
        sections: usize,
        open: impl Fn(usize) -> Result<S, Damaged> + Sync,
    ) -> Result<Self, Damaged> {
        let (tree, groups) = rayon::join(
            || Directory::read(&mut Reader::new(open(0)?.as_ref())).map(Arc::new),
            || (1..sections).map(|at| read_groups(open(at)?.as_ref())).collect::<Result<Vec<_>, _>>(),
        );
        let tree = tree?;
        let revision = tree.digest().map(Revision::of).ok_or(Damaged)?;
        let groups = groups?.into_iter().flatten().collect();
        Ok(Self(Arc::new(Contents { tree, revision, groups })))
    }

    /// The revision of the files.
    #[must_use]
    pub fn revision(&self) -> &Revision {
        &self.0.revision
    }

    /// The moment at which the folder was this.
    #[must_use]
    pub fn moment(&self) -> Moment {
        Moment { root: PathBuf::new(), tree: Arc::clone(&self.0.tree) }
    }

    /// Reads the files as if the folder were still there. `commit` is the one that it was made of.
    #[must_use]
    pub fn reading(&self, commit: Option<Arc<str>>) -> Box<dyn Reading> {
        let opened = self.0.groups.iter().map(|_| OnceLock::new()).collect();
        Box::new(PackedReading { packed: self.clone(), commit, opened })
    }

    /// The place of the group in which a file is, if it is there.
    fn group_of(&self, path: &str) -> Option<usize> {
        let groups = &self.0.groups;
        groups.partition_point(|group| by_parts(&group.first, path) != Ordering::Greater).checked_sub(1)
    }
}

fn read_groups(bytes: &[u8]) -> Result<Vec<Arc<Group>>, Damaged> {
    let mut reader = Reader::new(bytes);
    let mut groups = Vec::new();
    while reader.left() > 0 {
        groups.push(Arc::new(Group {
            key: reader.wide()?,
            first: reader.text()?.into(),
            length: usize::try_from(reader.number()?).ok().filter(|it| *it as u64 <= MOST).ok_or(Damaged)?,
            deflated: reader.bytes()?.into(),
        }));
    }
    Ok(groups)
}

impl Elsewhere for Packed {
    fn text(&self, name: &str, key: u128) -> Option<String> {
        let group = self.0.groups.get(self.group_of(name)?)?;
        let bytes = group.files().ok()?.remove(name)?;
        if u128::from_le_bytes(crate::version::digest(&[&bytes])) != key {
            return None;
        }
        let text = String::from_utf8(bytes.into()).ok()?;
        Some(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
    }
}

/// Packed files, read as a folder. What was unpacked is held until its end: neighbours are read one after the other.
struct PackedReading {
    packed: Packed,
    commit: Option<Arc<str>>,
    opened: Box<[OnceLock<Result<Files, Damaged>>]>,
}

impl fmt::Debug for PackedReading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.packed.fmt(f)
    }
}

impl Reading for PackedReading {
    fn finish(self: Box<Self>) -> Result<Version, Unreadable> {
        Ok(Version { revision: self.packed.0.revision.clone(), commit: self.commit })
    }
}

impl FolderSource for PackedReading {
    fn list(&self, directory: &str) -> Result<Vec<Entry>, FolderError> {
        listed(&self.packed.0.tree, directory)
    }

    fn read(&self, file: &str) -> Result<Option<Vec<u8>>, FolderError> {
        let failed = |why: &str| FolderError { path: file.to_owned(), why: why.to_owned() };
        let found = match self.packed.0.tree.entry(file) {
            None => return Ok(None),
            Some(tree::Entry::Directory(_)) => return Err(failed("it is a directory")),
            Some(tree::Entry::File(found)) => found,
        };
        found.meta.map_err(failed)?;
        let at = self.packed.group_of(file);
        let group = at.and_then(|at| Some((self.packed.0.groups.get(at)?, self.opened.get(at)?)));
        let files = group.map(|(group, opened)| opened.get_or_init(|| group.files()));
        match files {
            Some(Ok(files)) => {
                files.get(file).map(|bytes| Some(bytes.to_vec())).ok_or_else(|| failed("it is lost"))
            }
            _ => Err(failed("it is damaged")),
        }
    }

    fn stamp(&self, path: &str) -> Option<Stamp> {
        self.packed.0.tree.stamp_of(path)
    }

    fn digest(&self, file: &str) -> Option<u128> {
        self.packed.0.tree.digest_of(file)
    }

    fn again(&self) -> Option<Arc<dyn Elsewhere>> {
        Some(Arc::new(self.packed.clone()))
    }
}
