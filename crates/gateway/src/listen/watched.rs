//! A connection's end: by a drain, by its deadline, or by a limit of time.

use std::net::IpAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::time::{Instant, Sleep, sleep_until};

use super::parked;
use super::registry::{Place, Stage};
use super::settings::Limits;
use crate::metrics::{ListenMetrics, Timeout};

/// What a connection is held to, and where it is counted when it is ended.
#[derive(Clone, Copy)]
pub(super) struct Rules<'a> {
    pub(super) limits: &'a Limits,
    pub(super) metrics: &'a ListenMetrics,
    /// Whose connection it is.
    pub(super) caller: IpAddr,
}

/// A connection on which nobody has asked for anything yet: a drain ends it at once.
pub(super) struct Unasked<'a, F> {
    pub(super) opening: Pin<Box<F>>,
    pub(super) place: &'a Place,
}

impl<F: Future> Future for Unasked<'_, F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // Looked at first: a request whose bytes are there already is answered.
        if let Poll::Ready(opened) = self.opening.as_mut().poll(cx) {
            return Poll::Ready(Some(opened));
        }
        if self.place.stage() < Stage::Draining { Poll::Pending } else { Poll::Ready(None) }
    }
}

/// A connection's future, ended by the drain, by its deadline, or by silence.
pub(super) struct Watched<'a, F, G> {
    inner: Pin<Box<F>>,
    /// Asks the connection to end after the requests that run.
    finish: G,
    finishing: bool,
    place: &'a Place,
    rules: Rules<'a>,
    silence: Pin<Box<Sleep>>,
    /// Whether it is left when it may be put aside.
    parks: bool,
    /// Whether timer and stage know whom to wake. INVARIANT: one task polls this from first to last.
    known: bool,
}

impl<'a, F, G> Watched<'a, F, G>
where
    F: Future,
    G: FnMut(Pin<&mut F>) + Unpin,
{
    pub(super) fn new(inner: F, finish: G, place: &'a Place, rules: Rules<'a>) -> Self {
        let limits = rules.limits;
        let first = limits.head_timeout.min(limits.idle_timeout).min(limits.write_gap);
        let silence = Box::pin(sleep_until(Instant::now() + first));
        Self {
            inner: Box::pin(inner),
            finish,
            finishing: false,
            place,
            rules,
            silence,
            parks: false,
            known: false,
        }
    }

    /// Ends, too, when the connection may be put aside, or goes on alone.
    pub(super) fn parking(mut self) -> Self {
        self.parks = true;
        self.silence.as_mut().reset(Instant::now() + parked::AFTER);
        self
    }

    /// When a connection without a request is put aside, if it may be.
    fn parks_at(&self, idle_ends: Instant) -> Option<Instant> {
        let since = idle_ends.checked_sub(self.rules.limits.idle_timeout)?;
        self.parks.then(|| since + parked::AFTER)
    }

    fn finish(&mut self) {
        if !self.finishing {
            self.finishing = true;
            (self.finish)(self.inner.as_mut());
        }
    }

    /// Looks at the connection's timer. It is set anew only when it fires, so that a request costs nothing here.
    /// True when the connection is to be left.
    fn is_over(&mut self, cx: &mut Context<'_>) -> bool {
        if self.known && !self.silence.is_elapsed() {
            return false;
        }
        let limits = self.rules.limits;
        let look = if self.parks { parked::LOOK } else { limits.head_timeout };
        while self.silence.as_mut().poll(cx).is_ready() {
            let now = Instant::now();
            let next = match self.place.ticket.expires(limits) {
                Some((at, limit)) if at <= now => {
                    self.rules.metrics.timed_out(limit, self.rules.caller);
                    return true;
                }
                Some((at, Timeout::Idle)) => match self.parks_at(at) {
                    Some(parks) if parks > now => parks.min(at),
                    Some(_) if self.place.ticket.wants_to_park() => return true,
                    _ => at,
                },
                Some((at, _)) => at,
                None => now + look.min(limits.write_gap),
            };
            if self.parks && self.place.ticket.wants_to_go_on_alone() {
                return false;
            }
            // A request may come and go before that.
            let next = if self.parks { next.min(now + look) } else { next };
            self.silence.as_mut().reset(next);
        }
        false
    }
}

impl<F, G> Future for Watched<'_, F, G>
where
    F: Future,
    G: FnMut(Pin<&mut F>) + Unpin,
{
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        if !this.known {
            this.place.watch(cx.waker());
        }
        match this.place.stage() {
            Stage::Open | Stage::Leaving => {}
            Stage::Draining | Stage::Closing => this.finish(),
            Stage::Cut => return Poll::Ready(None),
        }
        if let Poll::Ready(done) = this.inner.as_mut().poll(cx) {
            return Poll::Ready(Some(done));
        }
        if this.is_over(cx) {
            return Poll::Ready(None);
        }
        if this.place.ticket.lends.is_taking_back() {
            // Once more, for what it still writes.
            let polled = this.inner.as_mut().poll(cx);
            return Poll::Ready(if let Poll::Ready(done) = polled { Some(done) } else { None });
        }
        this.known = true;
        Poll::Pending
    }
}
