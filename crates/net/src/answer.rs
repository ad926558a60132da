//! The body of an answer.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::error::{Error, ErrorKind, Retry};
use crate::pool::{Permit, StreamGuard};
use crate::timeouts::Timeouts;

/// The body of an answer, frame by frame as it arrives. Dropping it before its end cancels the call.
///
/// It fails when no byte comes within [`Timeouts::gap`] of being asked for, or when it is not complete within
/// [`Timeouts::total`]; the call is cancelled then.
#[derive(Debug)]
pub struct Incoming {
    body: hyper::body::Incoming,
    wait: Wait,
    /// Counts the call on its HTTP/2 connection until the body is gone.
    stream: Option<StreamGuard>,
    /// Counts the call at its destination.
    permit: Permit,
}

/// An answer that has begun was asked for.
const AGAIN: Retry = Retry::IfIdempotent;

/// A longer wait is none; keeps moments within what clocks can tell.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3_600);

/// What the wait for bytes is bounded by. Nothing runs while bytes come as fast as they are asked for.
#[derive(Debug)]
struct Wait {
    gap: Duration,
    ends: Option<Instant>,
    /// Since when nothing has come.
    since: Option<Instant>,
    /// Left running between frames: it fires at the end of this wait, or of one before it.
    timer: Option<Pin<Box<Sleep>>>,
    /// Who is woken when it fires.
    waker: Option<Waker>,
    over: bool,
}

impl Wait {
    fn new(timeouts: &Timeouts) -> Self {
        let ends = timeouts.total.and_then(|total| Instant::now().checked_add(total));
        Self { gap: timeouts.gap.min(LONGEST), ends, since: None, timer: None, waker: None, over: false }
    }

    /// What has run out while nothing comes.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<ErrorKind> {
        let since = *self.since.get_or_insert_with(Instant::now);
        if self.is_waited_for(cx.waker()) {
            return Poll::Pending;
        }
        self.waker = Some(cx.waker().clone());
        loop {
            let (silent, ends) = (since + self.gap, self.ends);
            let due = ends.map_or(silent, |ends| ends.min(silent));
            let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(due)));
            if timer.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            // It may have been set for a wait that is over.
            if Instant::now() >= due {
                let is_silence = due == silent;
                return Poll::Ready(if is_silence { ErrorKind::GapTimeout } else { ErrorKind::TotalTimeout });
            }
            timer.as_mut().reset(due);
        }
    }

    /// Whether the timer runs and will wake this one: it need not be touched then, which costs as much as a frame does.
    fn is_waited_for(&self, waker: &Waker) -> bool {
        self.timer.as_ref().is_some_and(|timer| !timer.is_elapsed())
            && self.waker.as_ref().is_some_and(|known| known.will_wake(waker))
    }

    /// Bytes have come; says whether they came too late.
    fn heard(&mut self) -> bool {
        self.since = None;
        self.ends.is_some_and(|ends| Instant::now() >= ends)
    }
}

impl Incoming {
    pub(crate) fn new(
        body: hyper::body::Incoming,
        timeouts: &Timeouts,
        stream: Option<StreamGuard>,
        permit: Permit,
    ) -> Self {
        Self { body, wait: Wait::new(timeouts), stream, permit }
    }

    /// What has run out while nothing comes. A connection that several share is doubted where that is silence.
    fn poll_wait(&mut self, cx: &mut Context<'_>) -> Poll<ErrorKind> {
        let Some(stream) = &mut self.stream else { return self.wait.poll(cx) };
        if self.wait.since.is_none() {
            stream.wait();
        }
        let polled = self.wait.poll(cx);
        if polled == Poll::Ready(ErrorKind::GapTimeout) {
            stream.waited_in_vain();
        }
        polled
    }

    /// Whether a body of HTTP/2 that says no more has not said that it has ended. The library takes RST_STREAM and GOAWAY
    /// with `NO_ERROR` for an end (RFC 9113 section 8.1 allows them after the whole answer only).
    fn was_reset_in_peace(&self) -> bool {
        self.stream.is_some() && !self.body.is_end_stream()
    }
}

impl Body for Incoming {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if self.wait.over {
            return Poll::Ready(None);
        }
        let this = &mut *self;
        let failed = match Pin::new(&mut this.body).poll_frame(cx) {
            Poll::Ready(Some(_)) if this.wait.heard() => Error::new(ErrorKind::TotalTimeout, AGAIN),
            Poll::Ready(Some(Err(error))) => Error::from_hyper(error),
            Poll::Ready(None) if this.was_reset_in_peace() => Error::new(ErrorKind::Reset, AGAIN),
            Poll::Ready(frame) => return Poll::Ready(frame.map(|frame| frame.map_err(Error::from_hyper))),
            Poll::Pending => match this.poll_wait(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(kind) => Error::new(kind, AGAIN),
            },
        };
        this.wait.over = true;
        this.permit.note(&failed);
        Poll::Ready(Some(Err(failed)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
