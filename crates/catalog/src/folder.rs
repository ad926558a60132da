//! A directory that others write to.

use std::fmt;
use std::fs::Metadata;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use artifacts::{Entry, EntryKind, FolderError, FolderSource, Stamp};
use parking_lot::Mutex;
use source::Elsewhere;

use crate::checkout::Checkout;
use crate::meta::Meta;
use crate::place::resolve;
use crate::scan::{Changes, Look, scan};
use crate::tree::{self, Directory, File};
use crate::version::{Digest, digest};
use crate::{CannotWatch, Catalog, Moment, Reading, Revision, Scope, Told, Unreadable, Version, Watching};

/// Largest file that is read, in bytes. API Management takes definitions of 4 MB.
const LARGEST: u64 = 32 * 1024 * 1024;

/// How many changes are remembered one by one; beyond it everything is looked at.
const MOST_CHANGES: usize = 10_000;

/// The file in the folder whose text names the commit that the folder was made of.
const COMMIT_FILE: &str = "COMMIT_ID";

/// Longest text that names a commit, in characters.
const LONGEST_COMMIT: usize = 64;

/// Waits until everything is told that has happened so far; whether that succeeded.
pub(crate) type Teller = Arc<dyn Fn() -> bool + Send + Sync>;

/// Tells the time, to tell whether a change to a file is so new that another one may go unnoticed.
pub type Now = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// A directory. It may be a link, lie below links, or be a volume of Kubernetes, and any of those may come to lead
/// elsewhere.
#[derive(Clone)]
pub struct FolderCatalog(Arc<Shared>);

struct Shared {
    folder: PathBuf,
    now: Now,
    /// The commit of the files that were there at the start, where the environment says it.
    commit: Option<Arc<str>>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// What was seen last.
    seen: Option<Seen>,
    /// What is said to have changed since; none when that is not known.
    changes: Option<Changes>,
    /// Whoever tells of changes; none when nobody does.
    teller: Option<Teller>,
    /// What was read first.
    first: Option<Revision>,
}

/// What was seen of a folder at a moment.
#[derive(Clone, Debug)]
struct Seen {
    root: PathBuf,
    tree: Arc<Directory>,
}

impl fmt::Debug for FolderCatalog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FolderCatalog").field(&self.0.folder).finish()
    }
}

impl FolderCatalog {
    /// The directory at a path. `commit` names the commit of the files that are there now, unless a file `COMMIT_ID`
    /// among them does, or git.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>, commit: Option<Arc<str>>, now: Now) -> Self {
        let commit = commit.as_deref().and_then(commit_name);
        Self(Arc::new(Shared { folder: folder.into(), now, commit, state: Mutex::default() }))
    }

    /// Promises that all changes from now on are told at once; without that promise [`Scope::Changed`] is everything.
    pub fn expect_changes(&self) {
        self.expect_changes_of(Some(Arc::new(|| true)));
    }

    /// The same, by somebody who may have to be waited for; none ends the promise.
    pub(crate) fn expect_changes_of(&self, teller: Option<Teller>) {
        let mut state = self.0.state.lock();
        state.teller = teller;
        state.changes = None;
    }

    /// Tells what has changed: a path, relative to the resolved folder, of a file or directory that was made, written,
    /// renamed or removed. [`Scope::Changed`] looks there only.
    pub fn changed(&self, path: &str) {
        let mut state = self.0.state.lock();
        if let Some(changes) = &mut state.changes {
            changes.add(path);
            if path.is_empty() || changes.len() > MOST_CHANGES {
                state.changes = None;
            }
        }
    }

    /// Tells that anything may have changed: [`Scope::Changed`] looks at everything once.
    pub fn changed_somehow(&self) {
        self.0.state.lock().changes = None;
    }

    /// Where the folder was when it was read to its end last, and what was in it.
    pub(crate) fn seen(&self) -> Option<(PathBuf, Arc<Directory>)> {
        let state = self.0.state.lock();
        // What an earlier process has seen is nowhere until it was looked at.
        let seen = state.seen.as_ref().filter(|seen| !seen.root.as_os_str().is_empty());
        seen.map(|seen| (seen.root.clone(), Arc::clone(&seen.tree)))
    }

    /// The folder as its path was given.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0.folder
    }
}

impl Shared {
    fn look(&self, scope: Scope) -> Result<(Seen, Look), Unreadable> {
        let root = resolve(&self.folder)?;
        self.until_told();
        let (seen, changes) = {
            let mut state = self.state.lock();
            let next = state.teller.as_ref().map(|_| Changes::default());
            (state.seen.clone(), std::mem::replace(&mut state.changes, next))
        };
        let look = match (scope, changes, &seen) {
            (Scope::Changed, Some(changes), Some(seen)) if seen.root == root => Look::At(changes),
            _ => Look::Everywhere,
        };
        let had_files = seen.as_ref().is_some_and(|seen| !seen.tree.is_empty());
        let scanned = scan(&root, seen.as_ref().map(|seen| &seen.tree), &look, (self.now)());
        let scanned = scanned.and_then(|tree| match had_files && tree.is_empty() {
            true => Err(Unreadable::Empty(self.folder.clone())),
            false => Ok(tree),
        });
        match scanned {
            Ok(tree) => Ok((Seen { root, tree }, look)),
            Err(why) => {
                self.look_again(look);
                Err(why)
            }
        }
    }

    /// Waits until everything that has happened so far was told.
    fn until_told(&self) {
        let teller = self.state.lock().teller.clone();
        if teller.is_some_and(|teller| !teller()) {
            self.state.lock().changes = None;
        }
    }

    /// Where it was looked, and where something has changed since: what belongs to one moment is the same in both.
    fn once_more(&self, look: &Look) -> Look {
        self.until_told();
        match (look, &self.state.lock().changes) {
            (Look::At(looked), Some(changes)) => {
                let mut both = looked.clone();
                both.append(changes.clone());
                Look::At(both)
            }
            _ => Look::Everywhere,
        }
    }

    /// What was looked at came to nothing: it is looked at once more.
    fn look_again(&self, look: Look) {
        let mut state = self.state.lock();
        match look {
            Look::Everywhere => state.changes = None,
            Look::At(earlier) => {
                if let Some(changes) = &mut state.changes {
                    changes.append(earlier);
                }
            }
        }
    }

    /// The commit of the environment, which knows nothing of files that came later.
    fn told(&self, revision: &Revision) -> Option<Arc<str>> {
        let state = self.state.lock();
        let is_first = state.first.as_ref().is_none_or(|first| first == revision);
        self.commit.clone().filter(|_| is_first)
    }

    /// Fails while git is writing.
    fn checkout(&self, root: &Path) -> Result<Option<Checkout>, Unreadable> {
        let checkout = Checkout::of(root);
        match checkout.as_ref().and_then(Checkout::lock) {
            Some(lock) => Err(Unreadable::CheckingOut(lock)),
            None => Ok(checkout),
        }
    }
}

impl Catalog for FolderCatalog {
    fn differs(&self, scope: Scope) -> Result<Option<Stamp>, Unreadable> {
        let (now, look) = self.0.look(scope)?;
        let is_same = |seen: &Seen| seen.tree.stamp == now.tree.stamp;
        if self.0.state.lock().seen.as_ref().is_some_and(is_same) {
            return Ok(None);
        }
        self.0.look_again(look);
        Ok(Some(Stamp::new(now.tree.stamp)))
    }

    fn watch(&self, told: Told) -> Result<Box<dyn Watching>, CannotWatch> {
        #[cfg(target_os = "linux")]
        return Ok(Box::new(crate::inotify::FolderWatch::new(self.clone(), told)?));
        #[cfg(not(target_os = "linux"))]
        Err(CannotWatch("this system is not watched".to_owned()))
    }

    fn begin(&self, scope: Scope) -> Result<Box<dyn Reading>, Unreadable> {
        let before = self.0.state.lock().seen.as_ref().map(|seen| seen.tree.stamp);
        let (seen, look) = self.0.look(scope)?;
        if let Err(why) = self.0.checkout(&seen.root) {
            self.0.look_again(look);
            return Err(why);
        }
        let changed = OnceLock::new();
        let again = Arc::new(Again { root: seen.root.clone() });
        Ok(Box::new(FolderReading { shared: Arc::clone(&self.0), seen, before, look, again, changed }))
    }

    fn moment(&self) -> Option<Moment> {
        self.seen().map(|(root, tree)| Moment { root, tree })
    }

    fn recall(&self, moment: &Moment) {
        let seen = Seen { root: moment.root.clone(), tree: Arc::clone(&moment.tree) };
        self.0.state.lock().seen.get_or_insert(seen);
    }
}

/// A folder at one moment. What is listed is what was there when the reading began.
struct FolderReading {
    shared: Arc<Shared>,
    seen: Seen,
    /// The stamp of what had been read to its end before this reading began.
    before: Option<u128>,
    look: Look,
    again: Arc<Again>,
    /// The first file that was not as it had been seen.
    changed: OnceLock<String>,
}

impl fmt::Debug for FolderReading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FolderReading").field("root", &self.seen.root).finish_non_exhaustive()
    }
}

impl Reading for FolderReading {
    fn finish(self: Box<Self>) -> Result<Version, Unreadable> {
        let finished = self.read_rest().and_then(|()| self.unchanged());
        match finished {
            Ok(version) => {
                let mut state = self.shared.state.lock();
                state.seen = Some(self.seen.clone());
                state.first.get_or_insert_with(|| version.revision.clone());
                Ok(version)
            }
            Err(why) => {
                self.shared.look_again(self.look.clone());
                Err(why)
            }
        }
    }
}

impl FolderReading {
    /// Reads what nobody has asked for: it counts for the revision.
    fn read_rest(&self) -> Result<(), Unreadable> {
        let mut open: Vec<(String, &Arc<Directory>)> = vec![(String::new(), &self.seen.tree)];
        while let Some((path, directory)) = open.pop() {
            if directory.digest().is_some() {
                continue;
            }
            for (name, entry) in &directory.entries {
                let own = crate::scan::join(&path, name);
                match entry {
                    tree::Entry::Directory(directory) => open.push((own, directory)),
                    tree::Entry::File(file) if file.digest.get().is_none() => self.note(&own, file),
                    tree::Entry::File(_) => {}
                }
            }
        }
        Ok(())
    }

    /// Reads a file for its digest only. One that cannot be read counts with that it cannot.
    fn note(&self, path: &str, file: &Arc<File>) {
        if let Err(error) = self.bytes(path, file)
            && self.changed.get().is_none()
        {
            let _known = file.digest.set(digest(&[b"unreadable", error.why.as_bytes()]));
        }
    }

    /// Whether everything is still as it was when the reading began.
    fn unchanged(&self) -> Result<Version, Unreadable> {
        if let Some(path) = self.changed.get() {
            return Err(Unreadable::Changed(path.clone()));
        }
        let changed = |what: &Path| Unreadable::Changed(what.display().to_string());
        if resolve(&self.shared.folder)? != self.seen.root {
            return Err(changed(&self.shared.folder));
        }
        let checkout = self.shared.checkout(&self.seen.root)?;
        // What was read to its end before, and is the same again, has been proved to be of one moment.
        if self.before != Some(self.seen.tree.stamp) {
            let look = self.shared.once_more(&self.look);
            let now = scan(&self.seen.root, Some(&self.seen.tree), &look, (self.shared.now)())?;
            if let Some(path) = difference(&self.seen.tree, &now) {
                return Err(Unreadable::Changed(path));
            }
        }
        let Some(digest) = self.seen.tree.digest() else { return Err(changed(&self.seen.root)) };
        let revision = Revision::of(digest);
        let of_git = || checkout.and_then(|checkout| checkout.commit());
        let commit = self.named().or_else(of_git).or_else(|| self.shared.told(&revision));
        Ok(Version { revision, commit })
    }

    /// The commit that a file of the folder names.
    fn named(&self) -> Option<Arc<str>> {
        commit_name(&String::from_utf8(self.read(COMMIT_FILE).ok()??).ok()?)
    }

    /// The bytes of a file that is as it was seen.
    fn bytes(&self, path: &str, file: &Arc<File>) -> Result<Vec<u8>, FolderError> {
        let failed = |why: String| FolderError { path: path.to_owned(), why };
        let meta = file.meta.map_err(|why| failed(why.to_owned()))?;
        let mut open = match std::fs::File::open(self.seen.root.join(path)) {
            Ok(open) => open,
            Err(why) => {
                if why.kind() == io::ErrorKind::NotFound {
                    self.is_changed(path);
                }
                return Err(failed(why.to_string()));
            }
        };
        let about = open.metadata().map_err(|why| failed(why.to_string()))?;
        self.compare(path, meta, &about)?;
        if about.len() > LARGEST {
            return Err(failed(format!("it has more than {LARGEST} bytes")));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(about.len()).unwrap_or(0));
        let read = open.by_ref().take(LARGEST + 1).read_to_end(&mut bytes);
        read.map_err(|why| failed(why.to_string()))?;
        let about = open.metadata().map_err(|why| failed(why.to_string()))?;
        self.compare(path, meta, &about)?;
        let own = digest(&[&bytes]);
        if file.digest.get_or_init(|| own) != &own {
            return Err(self.is_changed(path));
        }
        Ok(bytes)
    }

    fn compare(&self, path: &str, seen: Meta, about: &Metadata) -> Result<(), FolderError> {
        if Meta::of(about) == seen { Ok(()) } else { Err(self.is_changed(path)) }
    }

    fn is_changed(&self, path: &str) -> FolderError {
        let _first = self.changed.set(path.to_owned());
        FolderError { path: path.to_owned(), why: "it changed while it was read".to_owned() }
    }
}

impl FolderSource for FolderReading {
    fn list(&self, directory: &str) -> Result<Vec<Entry>, FolderError> {
        listed(&self.seen.tree, directory)
    }

    fn read(&self, file: &str) -> Result<Option<Vec<u8>>, FolderError> {
        match self.seen.tree.entry(file) {
            None => Ok(None),
            Some(tree::Entry::File(found)) => self.bytes(file, found).map(Some),
            Some(tree::Entry::Directory(_)) => {
                Err(FolderError { path: file.to_owned(), why: "it is a directory".to_owned() })
            }
        }
    }

    fn stamp(&self, path: &str) -> Option<Stamp> {
        self.seen.tree.stamp_of(path)
    }

    fn digest(&self, file: &str) -> Option<u128> {
        self.seen.tree.digest_of(file)
    }

    fn again(&self) -> Option<Arc<dyn Elsewhere>> {
        Some(Arc::clone(&self.again) as _)
    }
}

/// What a directory of a tree holds.
pub(crate) fn listed(tree: &Arc<Directory>, directory: &str) -> Result<Vec<Entry>, FolderError> {
    let Some(found) = tree.below(directory) else { return Ok(Vec::new()) };
    if let Some(why) = &found.unreadable {
        return Err(FolderError { path: directory.to_owned(), why: why.to_string() });
    }
    let kind = |entry: &tree::Entry| match entry {
        tree::Entry::Directory(_) => EntryKind::Directory,
        tree::Entry::File(_) => EntryKind::File,
    };
    let entries = found.entries.iter();
    Ok(entries.map(|(name, own)| Entry { name: name.to_string(), kind: kind(own) }).collect())
}

/// The bytes of a file, if they have this digest.
pub(crate) fn file_bytes(path: &Path, digest: Option<&Digest>) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(path).ok()?.take(LARGEST + 1).read_to_end(&mut bytes).ok()?;
    (digest == Some(&crate::version::digest(&[&bytes]))).then_some(bytes)
}

/// Texts of files that were read before and are read again when somebody asks, which is hardly ever: to show a line.
/// A file that has changed since has no text.
#[derive(Debug)]
struct Again {
    root: PathBuf,
}

impl Elsewhere for Again {
    fn text(&self, name: &str, key: u128) -> Option<String> {
        let bytes = file_bytes(&self.root.join(name), Some(&key.to_le_bytes()))?;
        let text = String::from_utf8(bytes).ok()?;
        Some(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
    }
}

/// A commit's name, which goes into logs and headers as it is.
fn commit_name(text: &str) -> Option<Arc<str>> {
    let text = text.trim();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | '+');
    let is_name = !text.is_empty() && text.len() <= LONGEST_COMMIT && text.chars().all(is_plain);
    is_name.then(|| text.into())
}

/// The first path at which two moments differ.
fn difference(one: &Arc<Directory>, other: &Arc<Directory>) -> Option<String> {
    let mut path = String::new();
    let (mut one, mut other) = (one, other);
    while one.stamp != other.stamp {
        let names = one.entries.iter().chain(&other.entries).map(|(name, _)| name);
        let stamp = |directory: &Directory, name: &str| directory.get(name).map(tree::Entry::stamp);
        let first = names.filter(|name| stamp(one, name) != stamp(other, name)).min();
        let Some(first) = first else { return Some(path) };
        path = crate::scan::join(&path, first);
        match (one.get(first), other.get(first)) {
            (Some(tree::Entry::Directory(first)), Some(tree::Entry::Directory(second))) => {
                (one, other) = (first, second);
            }
            _ => return Some(path),
        }
    }
    (!path.is_empty()).then_some(path)
}
