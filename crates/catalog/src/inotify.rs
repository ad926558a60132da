//! Changes of a folder as Linux tells them.
//!
//! Every directory of the folder is watched for itself, below the resolved root, and so are the directories of all links
//! on the way there: when one of them leads elsewhere, everything is looked at. What the system tells decides only where
//! the folder is looked at ([`crate::Scope::Changed`]); what it had to leave out (`IN_Q_OVERFLOW`) is looked for
//! everywhere. Reading is not asked for: looking at a big folder would tell of itself, and never end.
//!
//! Network file systems tell nothing of what other machines do (inotify(7), "Limitations and caveats").

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ::inotify::{Event, EventMask, Inotify, WatchDescriptor, WatchMask, Watches};
use parking_lot::{Condvar, Mutex, RwLock};

use crate::folder::FolderCatalog;
use crate::place::turns;
use crate::scan::join;
use crate::tree::{Directory, Entry};
use crate::{CannotWatch, Told, Watching};

/// What a directory is watched for.
const CHANGES: WatchMask = WatchMask::CREATE
    .union(WatchMask::DELETE)
    .union(WatchMask::MODIFY)
    .union(WatchMask::CLOSE_WRITE)
    .union(WatchMask::ATTRIB)
    .union(WatchMask::MOVED_FROM)
    .union(WatchMask::MOVED_TO)
    .union(WatchMask::DELETE_SELF)
    .union(WatchMask::MOVE_SELF)
    .union(WatchMask::ONLYDIR);

/// Bytes of events that are taken from the system at once.
const EVENTS: usize = 64 * 1024;

/// `ENOSPC`: this user may have no more watches.
const NO_MORE: i32 = 28;

/// A directory that is never watched for changes: the end of a watch on it is an event that comes after all those that
/// there were before.
const MARKER: &str = "/proc";

/// How long the system's events are waited for.
const PATIENCE: Duration = Duration::from_secs(2);

/// What is watched.
#[derive(Default)]
struct Known {
    /// Directories of the folder, by their paths in it.
    directories: HashMap<WatchDescriptor, Arc<str>>,
    /// Directories with links on the way to the folder.
    holders: HashMap<WatchDescriptor, PathBuf>,
    /// Paths that lead elsewhere when something becomes of them.
    turns: HashSet<PathBuf>,
}

/// Waits for events that have happened to be told.
#[derive(Default)]
struct Markers {
    /// Those whose event has not come yet.
    open: Mutex<HashSet<WatchDescriptor>>,
    come: Condvar,
}

impl Markers {
    /// Whether everything came in time that had happened before this was called.
    fn wait(&self, mut watches: Watches) -> bool {
        // One at a time: a second watch on the same directory would be the same.
        let mut open = self.open.lock();
        let Ok(marker) = watches.add(MARKER, WatchMask::DELETE_SELF) else { return false };
        open.insert(marker.clone());
        if watches.remove(marker.clone()).is_err() {
            return false;
        }
        while open.contains(&marker) {
            if self.come.wait_for(&mut open, PATIENCE).timed_out() {
                return false;
            }
        }
        true
    }

    fn has_come(&self, marker: &WatchDescriptor) {
        if self.open.lock().remove(marker) {
            self.come.notify_all();
        }
    }
}

/// A directory of the folder that is watched.
struct Watched {
    descriptor: WatchDescriptor,
}

/// A path, and the directory that is there: before and now.
type Compared<'a> = (Arc<str>, Option<&'a Arc<Directory>>, Option<&'a Arc<Directory>>);

/// The directories in a directory, before and now, but for those that are the same.
fn beneath<'a>(
    path: &str,
    before: Option<&'a Arc<Directory>>,
    now: Option<&'a Arc<Directory>>,
) -> Vec<Compared<'a>> {
    let inside = |directory: Option<&'a Arc<Directory>>, name: &str| match directory?.get(name)? {
        Entry::Directory(inside) => Some(inside),
        Entry::File(_) => None,
    };
    let mut found = Vec::new();
    for (name, entry) in now.iter().flat_map(|now| &now.entries) {
        let Entry::Directory(own) = entry else { continue };
        let before = inside(before, name);
        if !before.is_some_and(|before| Arc::ptr_eq(before, own)) {
            found.push((join(path, name).into(), before, Some(own)));
        }
    }
    for (name, entry) in before.iter().flat_map(|before| &before.entries) {
        let Entry::Directory(own) = entry else { continue };
        if inside(now, name).is_none() {
            found.push((join(path, name).into(), Some(own), None));
        }
    }
    found
}

/// A folder that is watched.
pub(crate) struct FolderWatch {
    catalog: FolderCatalog,
    told: Told,
    watches: Watches,
    known: Arc<RwLock<Known>>,
    root: PathBuf,
    /// What is watched.
    tree: Option<Arc<Directory>>,
    directories: HashMap<Arc<str>, Watched>,
    markers: Arc<Markers>,
    is_over: Arc<AtomicBool>,
}

impl fmt::Debug for FolderWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FolderWatch").field("directories", &self.directories.len()).finish_non_exhaustive()
    }
}

impl FolderWatch {
    pub(crate) fn new(catalog: FolderCatalog, told: Told) -> Result<Self, CannotWatch> {
        let inotify = Inotify::init().map_err(|error| cannot(&error))?;
        let mut watch = Self {
            catalog: catalog.clone(),
            told: Arc::clone(&told),
            watches: inotify.watches(),
            known: Arc::default(),
            root: PathBuf::new(),
            tree: None,
            directories: HashMap::new(),
            markers: Arc::default(),
            is_over: Arc::default(),
        };
        let listener = Listener {
            catalog,
            told,
            known: Arc::clone(&watch.known),
            markers: Arc::clone(&watch.markers),
            is_over: Arc::clone(&watch.is_over),
        };
        let thread = std::thread::Builder::new().name("folder-changes".to_owned());
        thread.spawn(move || listener.listen(inotify)).map_err(|error| cannot(&error))?;
        watch.renew()?;
        // Nobody told of what happened before.
        let (markers, watches) = (Arc::clone(&watch.markers), watch.watches.clone());
        watch.catalog.expect_changes_of(Some(Arc::new(move || markers.wait(watches.clone()))));
        (watch.told)();
        Ok(watch)
    }

    /// Watches where links on the way to the folder are. What of that cannot be watched is looked at now and then.
    fn hold(&mut self, turns: HashSet<PathBuf>) {
        let places: HashSet<&Path> = turns.iter().filter_map(|turn| turn.parent()).collect();
        let mut holders = HashMap::new();
        for place in places {
            if let Ok(descriptor) = self.watches.add(place, CHANGES) {
                holders.insert(descriptor, place.to_owned());
            }
        }
        let mut known = self.known.write();
        let gone: Vec<WatchDescriptor> = known
            .holders
            .keys()
            .filter(|it| !holders.contains_key(*it) && !known.directories.contains_key(*it))
            .cloned()
            .collect();
        known.holders = holders;
        known.turns = turns;
        drop(known);
        gone.into_iter().for_each(|descriptor| self.forget(descriptor));
    }

    fn forget(&mut self, descriptor: WatchDescriptor) {
        let _it_may_be_gone = self.watches.remove(descriptor);
    }

    /// Watches the directories of the folder, and those only. What is the same as before is not looked at.
    fn follow(&mut self, root: &Path, tree: &Arc<Directory>) -> Result<(), CannotWatch> {
        let followed = self.tree.replace(Arc::clone(tree)).filter(|_| self.root == root);
        root.clone_into(&mut self.root);
        let mut gone = match followed {
            Some(_) => HashMap::new(),
            None => std::mem::take(&mut self.directories),
        };
        let mut open: Vec<Compared<'_>> = vec![("".into(), followed.as_ref(), Some(tree))];
        while let Some((path, before, now)) = open.pop() {
            if before.zip(now).is_some_and(|(before, now)| Arc::ptr_eq(before, now)) {
                continue;
            }
            let number = |directory: &Arc<Directory>| directory.number;
            if before.map(number) != now.map(number) {
                gone.extend(self.directories.remove_entry(&path));
            }
            open.extend(beneath(&path, before, now));
            let is_watched = self.directories.contains_key(&path);
            if now.is_some_and(|now| !is_watched && now.unreadable.is_none()) {
                self.watch(root, path)?;
            }
        }
        self.leave(gone);
        Ok(())
    }

    fn watch(&mut self, root: &Path, path: Arc<str>) -> Result<(), CannotWatch> {
        match self.watches.add(root.join(&*path), CHANGES) {
            Ok(descriptor) => {
                self.known.write().directories.insert(descriptor.clone(), Arc::clone(&path));
                // Between being looked at and being watched anything may have happened in it.
                self.catalog.changed(&path);
                (self.told)();
                self.directories.insert(path, Watched { descriptor });
                Ok(())
            }
            Err(error) if error.raw_os_error() == Some(NO_MORE) => Err(cannot(&error)),
            // It has gone meanwhile, of which the directory that it was in tells.
            Err(_) => Ok(()),
        }
    }

    /// Watches these no longer.
    fn leave(&mut self, directories: HashMap<Arc<str>, Watched>) {
        let mut known = self.known.write();
        let mut gone = Vec::new();
        for (path, Watched { descriptor }) in directories {
            if self.directories.get(&path).is_some_and(|now| now.descriptor == descriptor) {
                continue;
            }
            // A directory that was moved is watched under its new path.
            if known.directories.get(&descriptor) == Some(&path) {
                known.directories.remove(&descriptor);
                if !known.holders.contains_key(&descriptor) {
                    gone.push(descriptor);
                }
            }
        }
        drop(known);
        gone.into_iter().for_each(|descriptor| self.forget(descriptor));
    }
}

impl Watching for FolderWatch {
    fn renew(&mut self) -> Result<(), CannotWatch> {
        let Some((root, tree)) = self.catalog.seen() else { return Ok(()) };
        self.hold(turns(self.catalog.path(), &root));
        self.follow(&root, &tree)
    }
}

impl Drop for FolderWatch {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        self.catalog.expect_changes_of(None);
        // The end of a watch is an event, which wakes whoever waits for events.
        if let Ok(descriptor) = self.watches.add(MARKER, WatchMask::DELETE_SELF) {
            self.forget(descriptor);
        }
    }
}

fn cannot(error: &io::Error) -> CannotWatch {
    CannotWatch(match error.raw_os_error() {
        Some(NO_MORE) => {
            "this user may watch no more directories: raise `fs.inotify.max_user_watches`".to_owned()
        }
        _ => error.to_string(),
    })
}

/// Takes what the system tells.
struct Listener {
    catalog: FolderCatalog,
    told: Told,
    known: Arc<RwLock<Known>>,
    markers: Arc<Markers>,
    is_over: Arc<AtomicBool>,
}

impl Listener {
    fn listen(self, mut inotify: Inotify) {
        let mut buffer = vec![0; EVENTS];
        loop {
            let events = inotify.read_events_blocking(&mut buffer);
            if self.is_over.load(Ordering::Relaxed) {
                return;
            }
            let Ok(events) = events else {
                // Nothing more will be told: whoever follows looks now and then.
                self.catalog.expect_changes_of(None);
                (self.told)();
                return;
            };
            if events.filter(|event| self.take(event)).count() > 0 {
                (self.told)();
            }
        }
    }

    /// Whether an event is one of the folder.
    fn take(&self, event: &Event<&OsStr>) -> bool {
        if event.mask.contains(EventMask::Q_OVERFLOW) {
            self.catalog.changed_somehow();
            return true;
        }
        if event.mask.contains(EventMask::IGNORED) {
            self.markers.has_come(&event.wd);
            return false;
        }
        let known = self.known.read();
        let name = event.name.unwrap_or_default();
        let is_turn = |holder: &PathBuf| known.turns.contains(&holder.join(name));
        if known.holders.get(&event.wd).is_some_and(is_turn) {
            self.catalog.changed_somehow();
            return true;
        }
        let Some(directory) = known.directories.get(&event.wd) else { return false };
        if name.as_encoded_bytes().starts_with(b".") {
            return false;
        }
        match name.to_str() {
            Some("") => self.catalog.changed(directory),
            Some(name) => self.catalog.changed(&join(directory, name)),
            None => self.catalog.changed_somehow(),
        }
        true
    }
}
