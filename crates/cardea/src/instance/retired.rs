//! Configurations that are served no longer, until the last request that began on them has ended.
//!
//! A request does not free a whole configuration when it ends: that is done on the runtime for the rest.

use std::sync::Arc;

use gateway::Snapshot;
use parking_lot::Mutex;
use tokio::sync::Notify;

/// Configurations that requests may still use.
#[derive(Debug, Default)]
pub(super) struct Retired {
    snapshots: Mutex<Vec<Arc<Snapshot>>>,
    news: Notify,
}

impl Retired {
    /// Takes one that is served no longer.
    pub(super) fn add(&self, snapshot: Arc<Snapshot>) {
        self.snapshots.lock().push(snapshot);
        self.news.notify_one();
    }

    /// Frees those that nobody uses any more; gives the generations of the others.
    pub(super) fn sweep(&self) -> Vec<u64> {
        let (used, unused): (Vec<_>, Vec<_>) = {
            let mut all = self.snapshots.lock();
            let (used, unused): (Vec<_>, Vec<_>) =
                all.drain(..).partition(|snapshot| Arc::strong_count(snapshot) > 1);
            all.clone_from(&used);
            (used.iter().map(|snapshot| snapshot.edition.generation).collect(), unused)
        };
        drop(unused);
        used
    }

    /// Waits until there may be something to free.
    pub(super) async fn news(&self) {
        self.news.notified().await;
    }
}
