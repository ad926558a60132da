//! Work that may take long is done apart from the threads that serve requests (`decisions.md` 17).
//!
//! ```text
//! request's thread   ── exchange ──▶ queue ──▶ thread of the pool: evaluates
//!        │ serves others                                │
//!        ◀───────────────── exchange, result ───────────┘
//! ```
//!
//! The exchange itself travels: a program sees the same request wherever it runs. While it is away a stand-in keeps its
//! place, so that a caller who leaves meanwhile is settled like any other. A queue that is full is an error of the
//! expression, never a thread that waits. Nobody waits longer than the limit of time: work that did not begin by then
//! is not begun, and work that runs is ended between two steps.

use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Poll, Waker};
use std::time::Duration;

use expr::{Exception, Facts};
use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;

use crate::{Clock, Exchange, Fault, FaultKind, MessageBody};

/// Threads for work that may take long.
pub trait Compute: Send + Sync + fmt::Debug {
    /// A place in the queue; none when the queue is full.
    fn place(&self) -> Option<Place>;
}

/// A place in the queue: takes the work. Dropped, it is free again.
pub type Place = Box<dyn FnOnce(Job) + Send>;

/// Work.
pub type Job = Box<dyn FnOnce() + Send>;

/// Does all work at once, where it is asked for: for tools that serve nobody else.
#[derive(Clone, Copy, Debug, Default)]
pub struct AtOnce;

impl Compute for AtOnce {
    fn place(&self) -> Option<Place> {
        Some(Box::new(|job| job()))
    }
}

/// The time of an evaluation, and whether anybody waits for it.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    /// When it has to be done. Work in line gets its moment when it is first asked about.
    deadline: Option<Timestamp>,
    /// Whether whoever waits for it has left.
    left: Option<Arc<AtomicBool>>,
}

impl Watch {
    /// Evaluation begins. Work in line gets the time that it needs anew each time; work of the pool has all of its time
    /// since it was asked for.
    pub(crate) fn begin(&mut self) {
        if self.left.is_none() {
            self.deadline = None;
        }
    }

    /// Whether evaluation may go on.
    pub(crate) fn check(&mut self, clock: &dyn Clock, limit: Duration) -> Result<(), Exception> {
        if self.left.as_ref().is_some_and(|left| left.load(Ordering::Relaxed)) {
            return Err(Exception::limit("The caller went away."));
        }
        let now = clock.now();
        match self.deadline {
            None => self.deadline = Some(after(now, limit)),
            Some(deadline) if now < deadline => {}
            Some(_) => return Err(Exception::limit(LATE)),
        }
        Ok(())
    }
}

const LATE: &str = "The expression takes longer than it may.";

fn after(now: Timestamp, limit: Duration) -> Timestamp {
    let limit = SignedDuration::try_from(limit).unwrap_or(SignedDuration::MAX);
    now.checked_add(limit).unwrap_or(Timestamp::MAX)
}

/// Whether a step with these facts may take long for this request: it has loops and the like, or reads a body that is
/// not small.
#[must_use]
pub fn is_heavy(facts: Facts, exchange: &Exchange) -> bool {
    let large = |body: &MessageBody| match body {
        MessageBody::Held(bytes) => bytes.len() > exchange.limits.body_in_line,
        _ => false,
    };
    facts.contains(Facts::HEAVY)
        || (facts.contains(Facts::REQUEST_BODY) && large(&exchange.request.body))
        || (facts.contains(Facts::RESPONSE_BODY)
            && exchange.response.as_ref().is_some_and(|response| large(&response.body)))
}

/// Does work on an exchange: in line, or apart from this thread when what it evaluates may take long.
///
/// # Errors
/// The fault of the work; when it is done apart, also those of [`apart`].
pub async fn anywhere<T, W>(facts: Facts, exchange: &mut Exchange, work: W) -> Result<T, Fault>
where
    T: Send + 'static,
    W: FnOnce(&mut Exchange) -> Result<T, Fault> + Send + 'static,
{
    if is_heavy(facts, exchange) { apart(exchange, work).await } else { work(exchange) }
}

/// Does work on an exchange apart from the thread that serves it.
///
/// # Errors
/// The fault of the work; when the queue is full, or the work could not begin in time.
pub async fn apart<T, W>(exchange: &mut Exchange, work: W) -> Result<T, Fault>
where
    T: Send + 'static,
    W: FnOnce(&mut Exchange) -> Result<T, Fault> + Send + 'static,
{
    let Some(place) = exchange.ports.compute.place() else {
        return Err(Fault::expression("Too many expressions that may take long are waiting."));
    };
    let left = Arc::new(AtomicBool::new(false));
    let stand_in = exchange.stand_in();
    let mut away = Box::new(std::mem::replace(exchange, stand_in));
    away.watch = Watch {
        deadline: Some(after(away.ports.clock.now(), away.limits.evaluation)),
        left: Some(Arc::clone(&left)),
    };
    let hand_back = Arc::new(HandBack::default());
    let waiting = Waiting { left, hand_back: Arc::clone(&hand_back) };
    let sender = Sender(hand_back);
    place(Box::new(move || {
        let result = begin(&mut away).and_then(|()| work(&mut away));
        away.watch = Watch::default();
        sender.send((away, result));
    }));
    let Some((back, result)) = waiting.result().await else {
        return Err(Fault::new(FaultKind::Internal).detail("an evaluation ended without a result"));
    };
    *exchange = *back;
    result
}

/// Work that waited too long, or that nobody waits for, is not begun.
fn begin(away: &mut Exchange) -> Result<(), Fault> {
    let limit = away.limits.evaluation;
    let ports = Arc::clone(&away.ports);
    away.watch.check(&*ports.clock, limit).map_err(|exception| crate::setting::thrown(&exception))
}

/// Where the result is put.
#[derive(Debug)]
struct HandBack<T>(Mutex<Handed<T>>);

#[derive(Debug)]
enum Handed<T> {
    NotYet(Option<Waker>),
    Done(T),
    /// There will be none.
    Never,
}

impl<T> Default for HandBack<T> {
    fn default() -> Self {
        Self(Mutex::new(Handed::NotYet(None)))
    }
}

impl<T> HandBack<T> {
    fn put(&self, handed: Handed<T>) {
        let before = std::mem::replace(&mut *self.0.lock(), handed);
        if let Handed::NotYet(Some(waker)) = before {
            waker.wake();
        }
    }
}

/// The side of the pool; dropped without a result, it says that there is none.
struct Sender<T>(Arc<HandBack<T>>);

impl<T> Sender<T> {
    fn send(self, value: T) {
        self.0.put(Handed::Done(value));
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        let missing = matches!(*self.0.0.lock(), Handed::NotYet(_));
        if missing {
            self.0.put(Handed::Never);
        }
    }
}

/// The side of the request; dropped, it says that nobody waits any more.
struct Waiting<T> {
    left: Arc<AtomicBool>,
    hand_back: Arc<HandBack<T>>,
}

impl<T> Waiting<T> {
    async fn result(&self) -> Option<T> {
        poll_fn(|cx| {
            let mut handed = self.hand_back.0.lock();
            match std::mem::replace(&mut *handed, Handed::Never) {
                Handed::NotYet(_) => {
                    *handed = Handed::NotYet(Some(cx.waker().clone()));
                    Poll::Pending
                }
                Handed::Done(value) => Poll::Ready(Some(value)),
                Handed::Never => Poll::Ready(None),
            }
        })
        .await
    }
}

impl<T> Drop for Waiting<T> {
    fn drop(&mut self) {
        self.left.store(true, Ordering::Relaxed);
    }
}
