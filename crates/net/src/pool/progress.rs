//! How far a request's body has come over HTTP/2.
//!
//! Over HTTP/1.1 a model that takes nothing shows at the socket. Over HTTP/2 the socket stays writable while the window of
//! one stream is shut, so each body counts what it gave and what of that was written:
//!
//! ```text
//! body ── frames ──▶ HTTP library: waits for a window ── Portion::advance ──▶ socket
//! ```
//!
//! Whoever waits for the answer's head waits for the [`Watch`] beside it. After the head nobody watches: from there on the
//! times of the answer hold.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf, Bytes};
use http::Request;
use http_body::{Body, Frame, SizeHint};
use parking_lot::Mutex;
use tokio::time::{Instant, Sleep, sleep};

use super::Outgoing;

/// What is known of a body on its way.
#[derive(Default)]
struct Meter(Mutex<State>);

#[derive(Default)]
struct State {
    /// When anything last happened; none until the HTTP library has taken the request.
    moved: Option<Instant>,
    /// Bytes that were given and are not written.
    unwritten: usize,
    /// Whether the HTTP library waits for the body, and not for the other side.
    is_awaited: bool,
    has_ended: bool,
}

/// What a wait is for.
enum Stage {
    /// For the other side, since then.
    Taking(Instant),
    /// For the caller's bytes, or for a turn.
    Giving,
    /// Everything is written.
    Over,
}

impl Meter {
    /// INVARIANT: the HTTP library asks whether a body has ended when it takes the request, so a request that waits for
    /// its turn does not count as one that the other side does not take.
    fn begin(&self) {
        let mut state = self.0.lock();
        if state.moved.is_none() {
            state.moved = Some(Instant::now());
        }
    }

    fn stage(&self) -> Stage {
        let state = self.0.lock();
        match state.moved {
            _ if state.has_ended && state.unwritten == 0 => Stage::Over,
            Some(moved) if state.unwritten > 0 || !state.is_awaited => Stage::Taking(moved),
            _ => Stage::Giving,
        }
    }

    fn awaits_body(&self) {
        self.0.lock().is_awaited = true;
    }

    fn ends(&self) {
        self.0.lock().has_ended = true;
    }

    fn gives(&self, bytes: usize) {
        let mut state = self.0.lock();
        state.unwritten += bytes;
        // A caller that keeps sending does not hide a window that stays shut.
        if state.is_awaited || state.unwritten == bytes {
            state.moved = Some(Instant::now());
        }
        state.is_awaited = false;
    }

    fn writes(&self, bytes: usize) {
        let mut state = self.0.lock();
        state.unwritten = state.unwritten.saturating_sub(bytes);
        state.moved = Some(Instant::now());
    }
}

/// A body that counts, if there is anything of it.
pub(super) struct Metered<B> {
    body: B,
    /// INVARIANT: it is there, or the body has no frames.
    meter: Option<Ending>,
}

/// Tells that the body is gone, whole or not.
struct Ending(Arc<Meter>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.ends();
    }
}

/// Bytes of a body that tell when they are written.
pub(super) struct Portion {
    bytes: Bytes,
    meter: Option<Arc<Meter>>,
}

/// A request whose body counts, and what is over when the other side has taken nothing of it for so long.
pub(super) fn of<B: Outgoing>(
    request: Request<B>,
    patience: Duration,
) -> (Request<Metered<B>>, Option<Watch>) {
    if request.body().is_end_stream() {
        return (request.map(|body| Metered { body, meter: None }), None);
    }
    let meter = Arc::new(Meter::default());
    let watch = Watch { meter: Arc::clone(&meter), patience, timer: Box::pin(sleep(patience)) };
    (request.map(|body| Metered { body, meter: Some(Ending(meter)) }), Some(watch))
}

impl<B> Metered<B> {
    pub(super) fn into_inner(self) -> B {
        self.body
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for Metered<B> {
    type Data = Portion;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Portion>, B::Error>>> {
        let this = &mut *self;
        let polled = Pin::new(&mut this.body).poll_frame(cx);
        let meter = this.meter.as_ref().map(|ending| &ending.0);
        if let Some(meter) = meter {
            match &polled {
                Poll::Pending => meter.awaits_body(),
                Poll::Ready(Some(Ok(frame))) => meter.gives(frame.data_ref().map_or(0, Bytes::len)),
                Poll::Ready(_) => meter.ends(),
            }
        }
        polled.map_ok(|frame| frame.map_data(|bytes| Portion { bytes, meter: meter.cloned() }))
    }

    fn is_end_stream(&self) -> bool {
        if let Some(Ending(meter)) = &self.meter {
            meter.begin();
        }
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Buf for Portion {
    fn remaining(&self) -> usize {
        self.bytes.remaining()
    }

    fn chunk(&self) -> &[u8] {
        self.bytes.chunk()
    }

    fn advance(&mut self, count: usize) {
        self.bytes.advance(count);
        if let Some(meter) = &self.meter {
            meter.writes(count);
        }
    }
}

impl Drop for Portion {
    fn drop(&mut self) {
        if let Some(meter) = self.meter.as_ref().filter(|_| self.bytes.has_remaining()) {
            meter.writes(self.bytes.remaining());
        }
    }
}

/// Ends when the other side has taken nothing for too long while there was something to take.
pub(super) struct Watch {
    meter: Arc<Meter>,
    patience: Duration,
    timer: Pin<Box<Sleep>>,
}

impl Future for Watch {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        loop {
            if this.timer.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            let now = Instant::now();
            let since = match this.meter.stage() {
                Stage::Over => return Poll::Pending,
                Stage::Giving => now,
                Stage::Taking(since) => since,
            };
            match since.checked_add(this.patience) {
                Some(due) if due <= now && since < now => return Poll::Ready(()),
                Some(due) => this.timer.as_mut().reset(due),
                None => return Poll::Pending,
            }
        }
    }
}
