//! When the configuration that is served is saved: in the background, some time after it took effect.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use policy::Clock as _;
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::Running;
use super::renew::Cause;
use super::saved::{Candidate, Recalled, SavedError};
use crate::system::SystemClock;

/// How long changes that never end keep it from being saved, in multiples of the quiet that is waited for.
const PATIENCE: u32 = 10;

/// How long a saving is followed by a pause at the least, in multiples of the time that it took: of one core it takes a
/// tenth at the most.
const REST: u32 = 9;

/// What is to be saved, and what was.
#[derive(Debug, Default)]
pub(super) struct SavingState {
    /// How long nothing must have changed; none when nothing is saved.
    quiet: Option<Duration>,
    candidate: Mutex<Option<Candidate>>,
    news: Notify,
    last: Mutex<Option<Last>>,
}

/// What became of the latest saving, or what the process began with.
#[derive(Clone, Debug)]
struct Last {
    revision: String,
    at: jiff::Timestamp,
    /// Why the one after it was not saved.
    failed: Option<String>,
    /// Whether secrets have other values by now.
    is_outdated: bool,
}

impl std::fmt::Debug for Candidate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Candidate").field("revision", &self.revision).finish_non_exhaustive()
    }
}

impl SavingState {
    /// `quiet` is how long nothing must have changed; none when nothing is saved.
    pub(super) fn new(quiet: Option<Duration>) -> Self {
        Self { quiet, ..Self::default() }
    }

    /// Whether anything is saved.
    pub(super) fn is_on(&self) -> bool {
        self.quiet.is_some()
    }

    /// What is served from now on is to be saved.
    pub(super) fn offer(&self, candidate: Candidate) {
        *self.candidate.lock() = Some(candidate);
        self.news.notify_one();
    }

    /// What the state directory held when the process began. What another program has saved is saved anew.
    pub(super) fn begin(&self, recalled: Option<&Recalled>) {
        let Some(recalled) = recalled.filter(|recalled| recalled.is_own()) else { return };
        let (revision, at) = (recalled.head.revision.clone(), recalled.head.at);
        *self.last.lock() = Some(Last { revision, at, failed: None, is_outdated: false });
    }

    /// Secrets were rotated while no process ran: what was saved is saved anew, though the folder is the same.
    pub(super) fn outdated(&self) {
        if let Some(last) = &mut *self.last.lock() {
            last.is_outdated = true;
        }
    }

    /// For operators.
    pub(super) fn shown(&self) -> Value {
        match &*self.last.lock() {
            None => Value::Null,
            Some(last) => {
                json!({ "revision": last.revision, "at": last.at.to_string(), "failed": last.failed })
            }
        }
    }

    fn is_saved(&self, revision: &str) -> bool {
        let is_it = |last: &Last| last.revision == revision && last.failed.is_none() && !last.is_outdated;
        self.last.lock().as_ref().is_some_and(is_it)
    }
}

impl Running {
    /// Saves what is served, again and again.
    pub(super) async fn keep_saved(self: Arc<Self>) {
        let Some(quiet) = self.saving.quiet else { return };
        loop {
            self.saving.news.notified().await;
            self.until_saving_is_due(quiet).await;
            let Some(candidate) = self.saving.candidate.lock().take() else { continue };
            let began = Instant::now();
            let running = Arc::clone(&self);
            let saved = tokio::task::spawn_blocking(move || running.save(&candidate)).await;
            if let Err(error) = saved {
                tracing::error!(%error, "the configuration cannot be saved");
            }
            tokio::time::sleep(began.elapsed() * REST).await;
        }
    }

    async fn until_saving_is_due(&self, quiet: Duration) {
        let end = tokio::time::sleep(quiet * PATIENCE);
        tokio::pin!(end);
        loop {
            tokio::select! {
                biased;
                () = &mut end => return,
                () = self.saving.news.notified() => {}
                () = tokio::time::sleep(quiet) => return,
            }
        }
    }

    fn save(&self, candidate: &Candidate) {
        let Some(store) = &self.store else { return };
        let (began, at) = (Instant::now(), SystemClock.now());
        // What cannot be read is written anew.
        let before = Recalled::read(store).ok().flatten();
        match candidate.save(store, before.as_ref().map(|before| &before.packed), at) {
            Ok(bytes) => {
                let milliseconds = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
                tracing::info!(revision = candidate.revision, bytes, milliseconds, "configuration saved");
                self.metrics.configuration.saved(at.as_second());
                let revision = candidate.revision.clone();
                *self.saving.last.lock() = Some(Last { revision, at, failed: None, is_outdated: false });
            }
            Err(error) => self.not_saved(candidate, &error),
        }
    }

    fn not_saved(&self, candidate: &Candidate, error: &SavedError) {
        if let SavedError::Unreadable(catalog::Unreadable::Changed(_)) = error {
            // What comes next is saved.
            tracing::debug!(%error, revision = candidate.revision, "the folder has changed before it was saved");
            return;
        }
        tracing::error!(%error, revision = candidate.revision, "the configuration cannot be saved");
        self.metrics.configuration.not_saved();
        let mut last = self.saving.last.lock();
        let none = Last { revision: String::new(), at: SystemClock.now(), failed: None, is_outdated: false };
        last.get_or_insert(none).failed = Some(error.to_string());
    }

    /// Has a configuration saved, unless it is already. What goes on in a last good version is not what the folder's files
    /// say: the one before stays saved.
    pub(super) fn offer_for_saving(&self, cause: Cause, edition: &gateway::Edition, kept: bool) {
        let revision = &*edition.revision;
        let is_sealed = self.store.as_ref().is_some_and(store::Store::sealed);
        let is_there = cause == Cause::Start && self.saving.is_saved(revision);
        if !is_sealed || is_there || cause == Cause::Saved || self.saving.quiet.is_none() {
            return;
        }
        if kept {
            tracing::info!(
                revision,
                "the configuration is not saved while APIs go on in their last good version"
            );
            return;
        }
        let Some(moment) = self.loader.catalog.moment() else { return };
        let library = self.loader.library.lock().clone();
        let secrets = Arc::clone(&self.latest.read().secrets);
        let (revision, commit) = (revision.to_owned(), edition.commit.clone());
        self.saving.offer(Candidate { moment, library, revision, commit, secrets });
    }
}
