//! Work under way that several callers wait for.

use tokio::sync::watch;

/// Work that runs on its own; whoever holds a clone can wait for what it gives. It goes on when those who wait go away,
/// so that one caller's hanging up does not undo what others wait for.
#[derive(Debug)]
pub(crate) struct Flight<T>(watch::Receiver<Option<T>>);

impl<T> Clone for Flight<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: Clone + Send + Sync + 'static> Flight<T> {
    /// Starts the work on the runtime of the caller.
    pub(crate) fn start(work: impl Future<Output = T> + Send + 'static) -> Self {
        let (tell, told) = watch::channel(None);
        tokio::spawn(async move {
            let outcome = work.await;
            // Nobody may be waiting any more.
            tell.send_replace(Some(outcome));
        });
        Self(told)
    }

    /// Whether the work ended without giving anything, as when its runtime was shut down.
    pub(crate) fn is_lost(&self) -> bool {
        self.0.has_changed().is_err() && self.0.borrow().is_none()
    }

    /// What the work gives; nothing if it was lost.
    pub(crate) async fn landed(mut self) -> Option<T> {
        self.0.wait_for(Option::is_some).await.ok()?.clone()
    }
}
