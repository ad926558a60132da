//! The open connections of a server: how many there are, what each is doing, and how to end them.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::task::Waker;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::turns::Turn;
use crate::metrics::{ListenMetrics, OneConnection};

/// How far the end of a server has come.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum Stage {
    Open = 0,
    /// No new requests; those that run may end.
    Draining = 1,
    /// Nothing may go on.
    Cut = 2,
}

/// All open connections of a server.
pub(super) struct Registry {
    limit: usize,
    stage: AtomicU8,
    next: AtomicU64,
    tickets: Mutex<HashMap<u64, Arc<Ticket>>>,
    emptied: Notify,
}

impl Registry {
    pub(super) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self {
            limit,
            stage: AtomicU8::new(Stage::Open as u8),
            next: AtomicU64::new(0),
            tickets: Mutex::default(),
            emptied: Notify::new(),
        })
    }

    /// A place for one more connection, unless there are enough.
    pub(super) fn enter(self: &Arc<Self>, metrics: &ListenMetrics) -> Option<Place> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let ticket = Arc::new(Ticket::new());
        let mut tickets = self.tickets.lock();
        if tickets.len() >= self.limit {
            return None;
        }
        tickets.insert(id, Arc::clone(&ticket));
        drop(tickets);
        let counted = Some(metrics.connection());
        Some(Place { registry: Arc::clone(self), id, ticket, counted })
    }

    pub(super) fn stage(&self) -> Stage {
        match self.stage.load(Ordering::Acquire) {
            0 => Stage::Open,
            1 => Stage::Draining,
            _ => Stage::Cut,
        }
    }

    /// Moves on to a stage and tells every connection.
    pub(super) fn advance(&self, stage: Stage) {
        self.stage.fetch_max(stage as u8, Ordering::AcqRel);
        let tickets: Vec<Arc<Ticket>> = self.tickets.lock().values().cloned().collect();
        tickets.iter().for_each(|ticket| ticket.wake());
    }

    pub(super) fn open(&self) -> usize {
        self.tickets.lock().len()
    }

    /// Waits until no connection is open.
    pub(super) async fn emptied(&self) {
        loop {
            let emptied = self.emptied.notified();
            if self.open() == 0 {
                return;
            }
            emptied.await;
        }
    }
}

/// A connection's place among the open ones, until it is dropped.
pub(super) struct Place {
    registry: Arc<Registry>,
    id: u64,
    pub(super) ticket: Arc<Ticket>,
    counted: Option<OneConnection>,
}

impl Place {
    /// Has this waker woken when the stage changes.
    pub(super) fn watch(&self, waker: &Waker) {
        *self.ticket.waker.lock() = Some(waker.clone());
    }

    pub(super) fn stage(&self) -> Stage {
        self.registry.stage()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // First, so that whoever waits for the last place sees the last connection counted off.
        self.counted = None;
        let mut tickets = self.registry.tickets.lock();
        tickets.remove(&self.id);
        let is_last = tickets.is_empty();
        drop(tickets);
        if is_last {
            self.registry.emptied.notify_waiters();
        }
    }
}

/// What a connection is doing; written by its socket and its requests, read when its timer fires.
pub(super) struct Ticket {
    /// Of the connection's task; kept when it is used, since the task says it once only.
    waker: Mutex<Option<Waker>>,
    in_flight: AtomicUsize,
    /// Whose turn it is; HTTP/1.1 only.
    pub(super) turn: Turn,
    /// Whether the socket waits for the end of the last request.
    held: AtomicBool,
    /// When the last request ended, or the first bytes of the next one's head came.
    since: Mutex<Since>,
}

#[derive(Clone, Copy)]
enum Since {
    /// Nothing was received since then.
    Idle(Instant),
    /// A head began then, and has not ended.
    Head(Instant),
}

impl Ticket {
    fn new() -> Self {
        // A new connection owes us a head.
        let since = Mutex::new(Since::Head(Instant::now()));
        Self {
            waker: Mutex::new(None),
            in_flight: AtomicUsize::new(0),
            turn: Turn::default(),
            held: AtomicBool::new(false),
            since,
        }
    }

    fn wake(&self) {
        if let Some(waker) = &*self.waker.lock() {
            waker.wake_by_ref();
        }
    }

    /// A request has come; it ends when the guard is dropped.
    pub(super) fn begin(self: &Arc<Self>, metrics: &ListenMetrics) -> InFlight {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        self.turn.answer();
        metrics.counted().in_flight.inc();
        InFlight { ticket: Arc::clone(self), metrics: metrics.clone() }
    }

    /// Whether the answer that was owed has been made in full.
    pub(super) fn is_answered(&self) -> bool {
        self.turn.is_answer() && self.in_flight.load(Ordering::Relaxed) == 0
    }

    /// The socket waits, or not, for the end of the last request.
    pub(super) fn hold(&self, held: bool) {
        self.held.store(held, Ordering::Relaxed);
    }

    /// Bytes have come.
    pub(super) fn received(&self) {
        if self.in_flight.load(Ordering::Relaxed) > 0 {
            return;
        }
        let mut since = self.since.lock();
        if let Since::Idle(_) = *since {
            *since = Since::Head(Instant::now());
        }
    }

    /// When the connection will have been silent for too long; none while it has requests.
    pub(super) fn expires(&self, head: Duration, idle: Duration) -> Option<Instant> {
        if self.in_flight.load(Ordering::Relaxed) > 0 {
            return None;
        }
        Some(match *self.since.lock() {
            Since::Idle(since) => since + idle,
            Since::Head(since) => since + head,
        })
    }
}

/// A request that is being answered.
pub(super) struct InFlight {
    ticket: Arc<Ticket>,
    metrics: ListenMetrics,
}

impl InFlight {
    /// The answer switches the connection to another protocol.
    pub(super) fn switches(&self) {
        self.ticket.turn.switch();
    }

    pub(super) fn metrics(&self) -> &ListenMetrics {
        &self.metrics
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.metrics.counted().in_flight.dec();
        if self.ticket.in_flight.load(Ordering::Relaxed) == 1 {
            *self.ticket.since.lock() = Since::Idle(Instant::now());
        }
        self.ticket.in_flight.fetch_sub(1, Ordering::Relaxed);
        if self.ticket.held.load(Ordering::Relaxed) {
            self.ticket.wake();
        }
    }
}
