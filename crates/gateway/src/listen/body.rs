//! A caller's body: it ends with an error when the caller keeps whoever reads it waiting.
//!
//! Time counts only while somebody waits for bytes: a caller is not to blame while a slow backend takes none. Most
//! bodies are there when they are asked for and cost no timer.

use std::net::IpAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use policy::CallerBroke;
use tokio::time::{Instant, Sleep, sleep_until};

use super::BoxError;
use crate::metrics::{ListenMetrics, Timeout};

/// How long a caller's body may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// Between two pieces.
    pub(super) gap: Duration,
    /// All of it.
    pub(super) total: Option<Duration>,
}

/// The body of a caller's request.
#[derive(Debug)]
pub struct CallerBody {
    incoming: Incoming,
    pace: Pace,
    metrics: ListenMetrics,
    caller: IpAddr,
    /// Since when somebody waits for the next piece.
    since: Option<Instant>,
    /// When all of it must have come.
    ends: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl CallerBody {
    pub(super) fn new(incoming: Incoming, pace: Pace, metrics: ListenMetrics, caller: IpAddr) -> Self {
        Self { incoming, pace, metrics, caller, since: None, ends: None, timer: None }
    }

    /// Nothing has come; how long may it take?
    fn poll_late(&mut self, cx: &mut Context<'_>) -> Poll<CallerBroke> {
        let now = Instant::now();
        let pace = self.pace;
        let ends = pace.total.map(|total| *self.ends.get_or_insert(now + total));
        let gap = *self.since.get_or_insert(now) + pace.gap;
        let due = ends.map_or(gap, |ends| ends.min(gap));
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(due)));
        // Set anew only when it fires too early: pieces that come cost nothing here.
        while timer.as_mut().poll(cx).is_ready() {
            if due <= Instant::now() {
                let is_total = due < gap;
                let limit = if is_total { Timeout::Body } else { Timeout::BodyGap };
                self.metrics.timed_out(limit, self.caller.to_canonical());
                let allowed = if is_total { pace.total.unwrap_or_default() } else { pace.gap };
                return Poll::Ready(CallerBroke::Slow { is_total, allowed });
            }
            timer.as_mut().reset(due);
        }
        Poll::Pending
    }
}

impl Body for CallerBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = &mut *self;
        match Pin::new(&mut this.incoming).poll_frame(cx) {
            Poll::Ready(frame) => {
                this.since = None;
                Poll::Ready(frame.map(|frame| frame.map_err(why)))
            }
            Poll::Pending => this.poll_late(cx).map(|late| Some(Err(late.into()))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}

/// What the caller did wrong, if it did not just leave.
fn why(error: hyper::Error) -> BoxError {
    let mut cause = std::error::Error::source(&error);
    while let Some(inner) = cause {
        if inner.downcast_ref::<std::io::Error>().is_some_and(is_malformed) {
            return CallerBroke::Malformed.into();
        }
        cause = inner.source();
    }
    error.into()
}

fn is_malformed(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::InvalidData | std::io::ErrorKind::InvalidInput)
}
