//! Answers that say so when the end of their server ends them.
//!
//! Such an answer holds a [`Closing`]; the server waits for it when the time of those that run is up, as it does for
//! WebSockets.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Waker};

use super::registry::{Registry, Stage};

/// How the requests of a connection hear of the end of their server.
#[derive(Clone)]
pub(super) struct Endings(Arc<Registry>);

impl Endings {
    pub(super) fn of(registry: &Arc<Registry>) -> Self {
        Self(Arc::clone(registry))
    }

    pub(super) fn closing(&self) -> Closing {
        self.0.streams.fetch_add(1, Ordering::AcqRel);
        Closing { registry: Arc::clone(&self.0), reached: None, known: None }
    }
}

/// Tells an answer that the time of those that run is up. The server waits until it is dropped, for a moment.
pub(crate) struct Closing {
    registry: Arc<Registry>,
    /// Begun by the first who waits.
    reached: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    /// Who waits: the stage says the rest without being asked through a lock at each event.
    known: Option<Waker>,
}

impl Closing {
    /// Of a server that does not end.
    #[cfg(test)]
    pub(crate) fn never() -> Self {
        Endings::of(&Registry::new(1, 0)).closing()
    }

    /// Ready once it is.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.registry.stage() >= Stage::Closing {
            return Poll::Ready(());
        }
        if self.known.as_ref().is_some_and(|known| known.will_wake(cx.waker())) {
            return Poll::Pending;
        }
        self.known = Some(cx.waker().clone());
        let registry = Arc::clone(&self.registry);
        let begin = || -> Pin<Box<dyn Future<Output = ()> + Send>> {
            Box::pin(async move { registry.closing().await })
        };
        self.reached.get_or_insert_with(begin).as_mut().poll(cx)
    }
}

impl Drop for Closing {
    fn drop(&mut self) {
        if self.registry.streams.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.registry.changed.notify_waiters();
        }
    }
}

impl fmt::Debug for Endings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Endings")
    }
}

impl fmt::Debug for Closing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Closing")
    }
}
