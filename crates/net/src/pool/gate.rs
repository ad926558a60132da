//! How many requests and connections a destination has at once, over all runtimes.
//!
//! A request takes a permit and gives it back when its answer's body is gone. When there is none it waits in a queue that
//! is bounded in length and time; beyond that it fails at once, so that a slow backend costs its own callers and nobody
//! else.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use tokio::sync::Notify;

use crate::error::{Error, ErrorKind, Retry};
use crate::failures::Failures;
use crate::settings::Bounds;

/// The counts of one destination, shared by the runtimes.
pub(super) struct Gate {
    bounds: Bounds,
    requests: usize,
    running: AtomicUsize,
    waiting: AtomicUsize,
    connections: AtomicUsize,
    left: Notify,
}

/// A runtime's own way to the gate, so that permits count their references on that runtime alone.
pub(super) struct Door {
    gate: Arc<Gate>,
    failures: Arc<Failures>,
}

/// One request's place; given back when dropped.
pub(crate) struct Permit(Arc<Door>);

/// A place in the queue.
struct Place<'a>(&'a Gate);

/// Counts a connection until its task has ended.
pub(super) struct Counted(Arc<Gate>);

impl Gate {
    /// `requests` is the limit of requests at once.
    pub(super) fn new(bounds: Bounds, requests: usize) -> Arc<Self> {
        Arc::new(Self {
            bounds,
            requests: requests.max(1),
            running: AtomicUsize::new(0),
            waiting: AtomicUsize::new(0),
            connections: AtomicUsize::new(0),
            left: Notify::new(),
        })
    }

    fn try_enter(&self) -> bool {
        let one_more = |running| (running < self.requests).then_some(running + 1);
        self.running.fetch_update(SeqCst, SeqCst, one_more).is_ok()
    }

    fn leave(&self) {
        self.running.fetch_sub(1, SeqCst);
        // INVARIANT: whoever waits counts itself first and then tries once more, so either it sees the place that was
        // given back here, or it is seen here.
        if self.waiting.load(SeqCst) > 0 {
            self.left.notify_one();
        }
    }

    /// A place in the queue, if it is not full.
    fn queue(&self) -> Option<Place<'_>> {
        let place = Place(self);
        let ahead = self.waiting.fetch_add(1, SeqCst);
        (ahead < self.bounds.queue).then_some(place)
    }

    async fn wait(&self) {
        loop {
            let mut left = pin!(self.left.notified());
            left.as_mut().enable();
            if self.try_enter() {
                return;
            }
            left.await;
        }
    }

    /// Whether another connection is one too many.
    pub(super) fn is_full(&self) -> bool {
        self.connections.load(SeqCst) >= self.bounds.connections
    }

    pub(super) fn count(self: &Arc<Self>) -> Counted {
        self.connections.fetch_add(1, SeqCst);
        Counted(Arc::clone(self))
    }

    pub(super) fn requests(&self) -> usize {
        self.running.load(SeqCst)
    }

    /// Requests, waiting requests, connections.
    #[cfg(test)]
    pub(super) fn loads(&self) -> (usize, usize, usize) {
        (self.running.load(SeqCst), self.waiting.load(SeqCst), self.connections.load(SeqCst))
    }
}

impl Door {
    pub(super) fn to(gate: Arc<Gate>, failures: Arc<Failures>) -> Arc<Self> {
        Arc::new(Self { gate, failures })
    }

    pub(super) fn gate(&self) -> &Arc<Gate> {
        &self.gate
    }

    /// A permit, if one is free. Nobody who waits is overtaken for long: each permit that is given back wakes one.
    pub(super) fn try_enter(self: &Arc<Self>) -> Option<Permit> {
        self.gate.try_enter().then(|| Permit(Arc::clone(self)))
    }

    /// A permit, waited for in the queue.
    pub(super) async fn enter(self: &Arc<Self>, host: &str) -> Result<Permit, Error> {
        let refused = |kind| Error::new(kind, Retry::Safe).at(host);
        let Some(place) = self.gate.queue() else { return Err(refused(ErrorKind::Full)) };
        let waited = tokio::time::timeout(self.gate.bounds.queue_wait, self.gate.wait()).await;
        drop(place);
        match waited {
            Ok(()) => Ok(Permit(Arc::clone(self))),
            Err(_) => Err(refused(ErrorKind::QueueTimeout)),
        }
    }
}

impl Permit {
    /// Counts a failure of the answer's body.
    pub(crate) fn note(&self, error: &Error) {
        self.0.failures.note(error);
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.gate.leave();
    }
}

impl std::fmt::Debug for Permit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Permit")
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, SeqCst);
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.connections.fetch_sub(1, SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn door(requests: usize, queue: usize) -> Arc<Door> {
        let bounds = Bounds { queue, queue_wait: Duration::from_secs(3), ..Bounds::default() };
        Door::to(Gate::new(bounds, requests), Arc::default())
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_gets_the_place_that_is_given_back() {
        let door = door(1, 2);
        let first = door.try_enter().unwrap();
        assert!(door.try_enter().is_none());
        let (waiting, other) = (door.enter("host"), door.enter("host"));
        let given_back = async {
            tokio::task::yield_now().await;
            assert_eq!(door.gate().loads().1, 2);
            let full = door.enter("host").await.err().unwrap();
            assert_eq!((full.kind(), full.retry()), (ErrorKind::Full, Retry::Safe));
            drop(first);
        };
        let (second, third, ()) = tokio::join!(waiting, async { other.await.map(drop) }, given_back);
        // One got it and holds it; the other waited in vain.
        assert!(second.is_ok() && third.is_err() || second.is_err() && third.is_ok());
        drop(second);
        assert_eq!(door.gate().loads(), (0, 0, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn who_gives_up_leaves_no_trace() {
        let door = door(1, 1);
        let first = door.try_enter().unwrap();
        let before = tokio::time::Instant::now();
        assert_eq!(door.enter("host").await.err().unwrap().kind(), ErrorKind::QueueTimeout);
        assert_eq!(before.elapsed().as_secs(), 3);
        drop(tokio::time::timeout(Duration::from_millis(1), door.enter("host")).await);
        drop(first);
        assert_eq!(door.gate().loads(), (0, 0, 0));
        assert!(door.try_enter().is_some());
    }
}
