//! Looks at the files and directories of a folder without reading them.
//!
//! What was known before is taken over where it did not change: files in doubt are read and compared, and with
//! [`Look::At`] directories in which nothing is said to have changed are not even listed.

use std::collections::BTreeSet;
use std::fs::{DirEntry, Metadata};
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use rayon::prelude::*;

use crate::Unreadable;
use crate::meta::{Meta, is_in_doubt};
use crate::tree::{DEEPEST, Directory, Entry, File, NO_FILE, NO_TARGET, NO_TEXT};
use crate::version::{Digest, digest};

/// Files and directories at most: several times what 10,000 APIs with 100,000 operations need.
const MOST: usize = 2_000_000;

/// Largest file that is compared when it is in doubt, in bytes; a larger one counts as changed.
const LARGEST: u64 = 32 * 1024 * 1024;

/// Directories with more names than this are looked at on all cores.
const MANY: usize = 64;

/// Where a scan looks.
#[derive(Clone, Debug)]
pub(crate) enum Look {
    /// Everywhere.
    Everywhere,
    /// Where something has changed: names in these directories, and everything beneath these paths.
    At(Changes),
}

/// Paths, relative to the folder, at which something has changed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Changes {
    paths: BTreeSet<String>,
}

impl Changes {
    /// Something became of the file or directory at this path: it was made, written, renamed or removed.
    pub(crate) fn add(&mut self, path: &str) {
        self.paths.insert(path.to_owned());
    }

    pub(crate) fn append(&mut self, mut more: Self) {
        self.paths.append(&mut more.paths);
    }

    pub(crate) fn len(&self) -> usize {
        self.paths.len()
    }

    fn has(&self, path: &str) -> bool {
        self.paths.contains(path)
    }

    /// Whether a name of this directory is said to have changed.
    fn is_in(&self, directory: &str) -> bool {
        let prefix = if directory.is_empty() { String::new() } else { format!("{directory}/") };
        let below = self.paths.range(prefix.clone()..).map_while(|path| path.strip_prefix(&prefix));
        below.into_iter().any(|rest| !rest.contains('/'))
    }

    /// The names in a directory of those beneath which there is a change.
    fn directories_beneath(&self, directory: &str) -> BTreeSet<&str> {
        let prefix = if directory.is_empty() { String::new() } else { format!("{directory}/") };
        let below = self.paths.range(prefix.clone()..);
        let below = below.map_while(|path| path.strip_prefix(prefix.as_str()));
        below.filter_map(|rest| Some(rest.split_once('/')?.0)).collect()
    }

    /// Whether there is a change anywhere beneath a directory.
    fn is_beneath(&self, directory: &str) -> bool {
        if directory.is_empty() {
            return !self.paths.is_empty();
        }
        let prefix = format!("{directory}/");
        self.paths.range(prefix.clone()..).next().is_some_and(|first| first.starts_with(&prefix))
    }
}

/// Looks at a folder. `previous` is what it was when it was looked at last.
///
/// # Errors
/// When its root cannot be listed, or it is too big.
pub(crate) fn scan(
    root: &Path,
    previous: Option<&Arc<Directory>>,
    look: &Look,
    now: SystemTime,
) -> Result<Arc<Directory>, Unreadable> {
    let missing = |why: io::Error| Unreadable::Missing { folder: root.to_owned(), why: why.to_string() };
    let about = std::fs::metadata(root).map_err(missing)?;
    let _listing = std::fs::read_dir(root).map_err(missing)?;
    let scan = Scan { look, now, seen: AtomicUsize::new(0) };
    let at = Place { on_disk: root, path: "", above: &Above::NOTHING };
    scan.directory(&at, &about, previous, look.is_everywhere())
}

impl Look {
    fn is_everywhere(&self) -> bool {
        matches!(self, Self::Everywhere)
    }
}

/// What a directory holds, or why it cannot be listed; the outer error ends the scan.
type Listed = Result<Result<Vec<(Arc<str>, Entry)>, io::Error>, Unreadable>;

struct Scan<'a> {
    look: &'a Look,
    now: SystemTime,
    /// How many files and directories were looked at.
    seen: AtomicUsize,
}

/// The directories that a scan is in: one, and those above it.
struct Above<'a> {
    /// Device and number of the innermost one.
    own: (u64, u64),
    depth: usize,
    outer: Option<&'a Self>,
}

impl Above<'_> {
    const NOTHING: Self = Self { own: (0, 0), depth: 0, outer: None };

    fn contains(&self, directory: (u64, u64)) -> bool {
        let mut at = Some(self).filter(|at| at.depth > 0);
        while let Some(above) = at {
            if above.own == directory {
                return true;
            }
            at = above.outer.filter(|outer| outer.depth > 0);
        }
        false
    }
}

/// Where a file or directory is, and in what.
struct Place<'a> {
    on_disk: &'a Path,
    path: &'a str,
    above: &'a Above<'a>,
}

impl Scan<'_> {
    /// A directory. INVARIANT: it calls itself [`DEEPEST`] times at most.
    fn directory(
        &self,
        at: &Place<'_>,
        about: &Metadata,
        previous: Option<&Arc<Directory>>,
        is_new: bool,
    ) -> Result<Arc<Directory>, Unreadable> {
        let own = (about.dev(), about.ino());
        if at.above.contains(own) {
            return Ok(unreadable(previous, "it leads back to a directory that it is in"));
        }
        if at.above.depth >= DEEPEST {
            return Ok(unreadable(previous, "it is too deep"));
        }
        let above = Above { own, depth: at.above.depth + 1, outer: Some(at.above) };
        let inside = Place { above: &above, ..*at };
        let entries = match (self.look, previous) {
            (Look::At(changes), Some(known)) if !is_new && !changes.is_in(at.path) => {
                self.deeper(&inside, known)
            }
            _ => self.listed(&inside, previous, is_new),
        };
        Ok(match entries? {
            Ok(entries) => taken_over(Directory::of(about.ino(), entries), previous),
            Err(why) => unreadable(previous, &why.to_string()),
        })
    }

    /// The entries of a directory whose own names are not said to have changed.
    fn deeper(&self, inside: &Place<'_>, known: &Arc<Directory>) -> Listed {
        let mut entries = known.entries.clone();
        let Look::At(changes) = self.look else { return Ok(Ok(entries)) };
        for name in changes.directories_beneath(inside.path) {
            let found = entries.binary_search_by(|(known, _)| (**known).cmp(name)).ok();
            if let Some((_, Entry::Directory(directory))) = found.and_then(|found| entries.get_mut(found)) {
                let (on_disk, path) = (inside.on_disk.join(name), join(inside.path, name));
                let at = Place { on_disk: &on_disk, path: &path, above: inside.above };
                *directory = self.known_directory(&at, directory)?;
            }
        }
        Ok(Ok(entries))
    }

    /// The entries of a directory that is listed.
    fn listed(&self, inside: &Place<'_>, previous: Option<&Arc<Directory>>, is_new: bool) -> Listed {
        let names = match self.names(inside.on_disk)? {
            Ok(names) => names,
            Err(why) => return Ok(Err(why)),
        };
        let own = |entry: DirEntry| self.named(inside, &entry, previous, is_new);
        let found: Result<Vec<_>, Unreadable> = match names.len() > MANY {
            true => names.into_par_iter().map(own).collect(),
            false => names.into_iter().map(own).collect(),
        };
        let mut entries: Vec<_> = found?.into_iter().flatten().collect();
        entries.sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(Ok(entries))
    }

    /// The names in a directory, but for hidden ones.
    fn names(&self, on_disk: &Path) -> Result<Result<Vec<DirEntry>, io::Error>, Unreadable> {
        let listing = match std::fs::read_dir(on_disk) {
            Ok(listing) => listing,
            Err(why) => return Ok(Err(why)),
        };
        let mut names = Vec::new();
        for entry in listing {
            let entry = match entry {
                Ok(entry) => entry,
                Err(why) => return Ok(Err(why)),
            };
            if entry.file_name().as_encoded_bytes().starts_with(b".") {
                continue;
            }
            if self.seen.fetch_add(1, Ordering::Relaxed) >= MOST {
                return Err(Unreadable::TooBig(MOST));
            }
            names.push(entry);
        }
        Ok(Ok(names))
    }

    /// What is under a name of a directory.
    fn named(
        &self,
        inside: &Place<'_>,
        listed: &DirEntry,
        previous: Option<&Arc<Directory>>,
        is_new: bool,
    ) -> Result<Option<(Arc<str>, Entry)>, Unreadable> {
        let name = listed.file_name();
        let Some(text) = name.to_str() else {
            let special = File::special(NO_TEXT);
            return Ok(Some((name.to_string_lossy().into(), Entry::File(Arc::new(special)))));
        };
        // The name of before, if there was one: very many names are held once then.
        let before = previous.and_then(|previous| previous.named(text));
        let (on_disk, path) = (inside.on_disk.join(text), join(inside.path, text));
        let at = Place { on_disk: &on_disk, path: &path, above: inside.above };
        let own = self.entry(&at, listed, before.map(|(_, entry)| entry), is_new)?;
        let shown = before.map_or_else(|| text.into(), |(name, _)| Arc::clone(name));
        Ok(own.map(|own| (shown, own)))
    }

    /// One name of a directory; none when it vanished.
    fn entry(
        &self,
        at: &Place<'_>,
        listed: &DirEntry,
        before: Option<&Entry>,
        is_new: bool,
    ) -> Result<Option<Entry>, Unreadable> {
        let is_new = is_new || self.is_said_to_be_new(at.path);
        if let Some(Entry::Directory(known)) = before
            && !is_new
        {
            return self.known_directory(at, known).map(|it| Some(Entry::Directory(it)));
        }
        let about = match metadata(listed, at.on_disk) {
            Ok(about) => about,
            // A link may be there though what it leads to is not.
            Err(_) if std::fs::symlink_metadata(at.on_disk).is_err() => return Ok(None),
            Err(_) => {
                let special = File::special(NO_TARGET);
                return Ok(Some(Entry::File(Arc::new(special))));
            }
        };
        if about.is_dir() {
            let known = match before {
                Some(Entry::Directory(known)) => Some(known),
                _ => None,
            };
            return self
                .directory(at, &about, known, is_new)
                .map(|directory| Some(Entry::Directory(directory)));
        }
        let known = match before {
            Some(Entry::File(known)) => Some(known),
            _ => None,
        };
        Ok(Some(Entry::File(self.file(at.on_disk, &about, known))))
    }

    /// A directory that was there before and is not said to be another one.
    fn known_directory(&self, at: &Place<'_>, known: &Arc<Directory>) -> Result<Arc<Directory>, Unreadable> {
        let changes_beneath = match self.look {
            Look::Everywhere => true,
            Look::At(changes) => changes.is_beneath(at.path),
        };
        if !changes_beneath {
            return Ok(Arc::clone(known));
        }
        match std::fs::metadata(at.on_disk) {
            Ok(about) if about.is_dir() => self.directory(at, &about, Some(known), false),
            // It has just gone or become something else, which whoever says what changed will say.
            _ => Ok(Arc::clone(known)),
        }
    }

    fn is_said_to_be_new(&self, path: &str) -> bool {
        match self.look {
            Look::Everywhere => true,
            Look::At(changes) => changes.has(path),
        }
    }

    fn file(&self, on_disk: &Path, about: &Metadata, known: Option<&Arc<File>>) -> Arc<File> {
        if !about.is_file() {
            return Arc::new(File::special(NO_FILE));
        }
        let meta = Meta::of(about);
        let in_doubt = is_in_doubt(about, self.now);
        let fresh = |stamp, bytes: Option<Digest>| {
            let digest = bytes.map(OnceLock::from).unwrap_or_default();
            Arc::new(File { meta: Ok(meta), in_doubt, stamp, digest })
        };
        let Some(known) = known else { return fresh(meta.value(), None) };
        let looks_same = known.meta == Ok(meta);
        let before = known.digest.get();
        if looks_same && !known.in_doubt || before.is_none() && !looks_same {
            return if looks_same { Arc::clone(known) } else { fresh(meta.value(), None) };
        }
        // It looks the same but may be another one, or looks different and may be the same, such as in a new checkout.
        let now = bytes_of(on_disk, about).map(|bytes| digest(&[&bytes]));
        match (before, now) {
            (Some(before), Some(now)) if *before == now && looks_same && in_doubt => Arc::clone(known),
            (Some(before), Some(now)) if *before == now => fresh(known.stamp, Some(now)),
            // What cannot be read is an error for whoever reads it.
            (_, None) if looks_same => Arc::clone(known),
            (_, now) if looks_same => fresh(salted(meta, now), now),
            (_, now) => fresh(meta.value(), now),
        }
    }
}

/// What the system says of a name, or of what it leads to if it is a link. Looked for in its directory, which is much
/// quicker than by its whole path.
fn metadata(listed: &DirEntry, on_disk: &Path) -> io::Result<Metadata> {
    let about = listed.metadata()?;
    if about.is_symlink() { std::fs::metadata(on_disk) } else { Ok(about) }
}

/// A stamp for other bytes than those that had this look before.
fn salted(meta: Meta, bytes: Option<Digest>) -> u128 {
    u128::from_le_bytes(digest(&[&meta.value().to_le_bytes(), &bytes.unwrap_or_default()]))
}

fn bytes_of(path: &Path, about: &Metadata) -> Option<Vec<u8>> {
    if about.len() > LARGEST {
        return None;
    }
    let mut bytes = Vec::new();
    std::fs::File::open(path).ok()?.take(LARGEST).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

fn unreadable(previous: Option<&Arc<Directory>>, why: &str) -> Arc<Directory> {
    taken_over(Directory::unreadable(why), previous)
}

/// The directory of before, if it is the same: what was made of it is then found again.
fn taken_over(fresh: Directory, previous: Option<&Arc<Directory>>) -> Arc<Directory> {
    let is_same = |previous: &&Arc<Directory>| {
        previous.stamp == fresh.stamp
            && previous.number == fresh.number
            && previous.entries.len() == fresh.entries.len()
            && previous.entries.iter().zip(&fresh.entries).all(|((_, one), (_, other))| one.is(other))
    };
    match previous.filter(is_same) {
        Some(previous) => Arc::clone(previous),
        None => Arc::new(fresh),
    }
}

pub(crate) fn join(directory: &str, name: &str) -> String {
    if directory.is_empty() { name.to_owned() } else { format!("{directory}/{name}") }
}
