//! What was read of a folder before, so that only what changed is read again.
//!
//! A unit is kept with the stamp of its directory ([`crate::FolderSource::stamp`]) and with what the overlay says about
//! it. Units with errors are always read again: an error may be about the moment. Where there are no stamps everything
//! is read.

use std::any::Any;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use super::assemble::KeptSubscriptions;
use super::unit::Unit;
use crate::overrides::OverrideFile;
use crate::{Overlay, Stamp};
use parking_lot::Mutex;

/// What was read of a folder before. Cloning shares it.
///
/// INVARIANT: it is what one moment of one folder gave, with the options of that reading.
#[derive(Clone, Default)]
pub struct Library {
    kinds: HashMap<String, Arc<dyn Any + Send + Sync>>,
    pub(crate) overlay: Option<KeptOverlay>,
    /// The override file of that reading.
    pub(crate) overrides: Option<OverrideFile>,
    /// By where the service or workspace stands in the folder.
    pub(super) subscriptions: HashMap<Arc<str>, Arc<KeptSubscriptions>>,
}

/// The overlay, and the stamps of its files.
#[derive(Clone, Debug)]
pub(crate) struct KeptOverlay {
    pub(crate) stamps: [Option<Stamp>; 2],
    pub(crate) overlay: Arc<Overlay>,
}

/// The units of one kind, in the order of their directories.
#[derive(Debug)]
pub(crate) struct Kind<R, K> {
    /// Of the directory that holds theirs; none when there is something to say about that.
    stamp: Option<Stamp>,
    pub(crate) units: Vec<KeptUnit<R, K>>,
    /// Whether none of them has an error.
    is_clean: bool,
}

/// A unit, and what it was made of.
#[derive(Debug)]
pub(crate) struct KeptUnit<R, K> {
    pub(crate) stamp: Option<Stamp>,
    /// What the overlay says.
    pub(crate) said: K,
    pub(crate) unit: Unit<R>,
}

impl<R, K: PartialEq> Kind<R, K> {
    pub(crate) fn new(stamp: Option<Stamp>, units: Vec<KeptUnit<R, K>>) -> Self {
        let is_clean = units.iter().all(|each| !each.unit.problems.has_errors());
        Self { stamp, units, is_clean }
    }

    /// The stamp of the directory that holds theirs.
    pub(crate) fn stamp(&self) -> Option<Stamp> {
        self.stamp
    }

    /// Whether all of them are as they were.
    pub(super) fn is_same(&self, stamp: Option<Stamp>, said: impl Fn(&str) -> K) -> bool {
        let same_said = |each: &KeptUnit<R, K>| said(each.name()) == each.said;
        // Of most kinds the overlay says nothing, and there may be very many of them.
        let nothing_said = size_of::<K>() == 0;
        self.is_clean && self.stamp == stamp && (nothing_said || self.units.iter().all(same_said))
    }

    /// The unit of a directory, if it is as it was.
    pub(super) fn same(&self, directory: &str, stamp: Stamp, said: &K) -> Option<&Unit<R>> {
        let at = self.units.binary_search_by(|each| (*each.unit.directory).cmp(directory)).ok()?;
        let kept = self.units.get(at)?;
        let same = kept.stamp == Some(stamp) && kept.said == *said && !kept.unit.problems.has_errors();
        same.then_some(&kept.unit)
    }

    /// The names of their directories.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.units.iter().map(KeptUnit::name)
    }

    /// The units.
    pub(super) fn shared(&self) -> Vec<Unit<R>> {
        self.units.iter().map(|each| each.unit.clone()).collect()
    }
}

impl<R, K> KeptUnit<R, K> {
    fn name(&self) -> &str {
        self.unit.directory.rsplit('/').next().unwrap_or("")
    }
}

impl Library {
    /// What it holds of one kind, by the directories that hold it, in the order of their names.
    pub(crate) fn all<T: Send + Sync + 'static>(&self) -> Vec<(&str, Arc<T>)> {
        let of_kind = self.kinds.iter();
        let of_kind = of_kind
            .filter_map(|(parent, kind)| Some((parent.as_str(), Arc::clone(kind).downcast::<T>().ok()?)));
        let mut all: Vec<_> = of_kind.collect();
        all.sort_by_key(|(parent, _)| *parent);
        all
    }

    /// Puts in what was read before of one kind.
    pub(crate) fn put<T: Send + Sync + 'static>(&mut self, parent: &str, kind: Arc<T>) {
        self.kinds.insert(parent.to_owned(), kind as _);
    }

    /// Nothing of what it knows of keys is taken over: they are all read again.
    pub fn forget_keys(&mut self) {
        self.subscriptions.clear();
    }
}

impl fmt::Debug for Library {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Library").field("kinds", &self.kinds.len()).finish_non_exhaustive()
    }
}

/// The library of the reading before, and that of the reading that goes on.
#[derive(Debug, Default)]
pub(crate) struct Shelf {
    before: Library,
    now: Mutex<Library>,
}

impl Shelf {
    /// Of a reading that goes on from `before`.
    pub(crate) fn after(before: Library) -> Self {
        Self { before, now: Mutex::default() }
    }

    /// What was read before.
    pub(super) fn before(&self) -> &Library {
        &self.before
    }

    /// Keeps something for the reading after this one.
    pub(super) fn keep(&self, put: impl FnOnce(&mut Library)) {
        put(&mut self.now.lock());
    }

    /// The units of a kind from before, by the directory that holds them.
    pub(super) fn kind<R: Send + Sync + 'static, K: Send + Sync + 'static>(
        &self,
        parent: &str,
    ) -> Option<Arc<Kind<R, K>>> {
        Arc::clone(self.before.kinds.get(parent)?).downcast().ok()
    }

    pub(super) fn keep_kind<R: Send + Sync + 'static, K: Send + Sync + 'static>(
        &self,
        parent: String,
        kind: &Arc<Kind<R, K>>,
    ) {
        self.now.lock().kinds.insert(parent, Arc::clone(kind) as _);
    }

    /// What the next reading goes on from.
    pub(crate) fn into_library(self) -> Library {
        self.now.into_inner()
    }
}
