//! A request's body that can be sent a second time, because what was sent of it is kept.
//!
//! ```text
//! caller ── frames ──▶ Replay ── first sending ──▶ backend: 401
//!                        │ kept
//!                        └────── second sending ─▶ backend: 200
//! ```
//!
//! The second sending gives the frames that are kept and goes on with those that have not arrived yet; the first one,
//! should anybody still ask it, breaks off. A body that is longer than the limit is no longer kept, and cannot be sent
//! again.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use parking_lot::Mutex;
use policy::{Body, BodyError, Buffers, Share};

/// The body of a call once more, if it comes to that.
#[derive(Default)]
pub(super) enum Spare {
    /// It is there whole, so a copy costs nothing.
    Copy(Body),
    /// What is sent of it is kept.
    Kept(Replay),
    /// It may be had once only.
    #[default]
    None,
}

impl Spare {
    /// The spare of a body that is sent as it is.
    pub(super) fn of(body: &Body) -> Self {
        match body {
            Body::Empty => Self::Copy(Body::Empty),
            Body::Whole(bytes) => Self::Copy(Body::Whole(bytes.clone())),
            Body::Stream(_) => Self::None,
        }
    }

    /// The same; a body on its way becomes one that is kept while it is sent, up to `limit` bytes.
    pub(super) fn keeping(body: &mut Body, limit: u64, buffers: &Arc<Buffers>) -> Self {
        if !matches!(body, Body::Stream(_)) {
            return Self::of(body);
        }
        let (replay, first) = Replay::of(std::mem::take(body), limit, buffers);
        *body = first;
        Self::Kept(replay)
    }

    pub(super) fn is_there(&self) -> bool {
        match self {
            Self::Copy(_) => true,
            Self::Kept(replay) => replay.0.lock().is_whole,
            Self::None => false,
        }
    }

    /// The body from its beginning; none when it cannot be sent again.
    pub(super) fn take(self) -> Option<Body> {
        match self {
            Self::Copy(body) => Some(body),
            Self::Kept(replay) => replay.again(),
            Self::None => None,
        }
    }
}

/// A handle to send the body again.
#[derive(Clone)]
pub(super) struct Replay(Arc<Mutex<State>>);

struct State {
    body: Body,
    /// What has arrived, from the beginning.
    frames: Vec<Bytes>,
    /// How many bytes that is, counted among those of all requests.
    share: Share,
    limit: u64,
    /// Whether all that has arrived is still there.
    is_whole: bool,
    /// Which sending may read on; others break off.
    sending: u32,
}

/// One sending of the body.
struct Sending {
    state: Arc<Mutex<State>>,
    number: u32,
    /// How many frames of those kept it has given.
    given: usize,
}

impl Replay {
    /// Keeps what is sent of a body, up to so many bytes and while all requests together have room; gives the body of the
    /// first sending.
    pub(super) fn of(body: Body, limit: u64, buffers: &Arc<Buffers>) -> (Self, Body) {
        let share = Share::none(buffers);
        let state = State { body, frames: Vec::new(), share, limit, is_whole: true, sending: 0 };
        let state = Arc::new(Mutex::new(state));
        let first = Sending { state: Arc::clone(&state), number: 0, given: 0 };
        (Self(state), Body::stream(first))
    }

    /// The body from its beginning; none when it is not kept whole.
    pub(super) fn again(&self) -> Option<Body> {
        let mut state = self.0.lock();
        if !state.is_whole {
            return None;
        }
        state.sending += 1;
        let number = state.sending;
        drop(state);
        Some(Body::stream(Sending { state: Arc::clone(&self.0), number, given: 0 }))
    }
}

impl State {
    fn keep(&mut self, frame: &Frame<Bytes>) {
        let Some(data) = frame.data_ref() else {
            // Trailers are not kept.
            self.forget();
            return;
        };
        if !self.is_whole {
            return;
        }
        let bytes = data.len() as u64;
        if self.share.bytes() + bytes > self.limit || !self.share.grow(bytes) {
            self.forget();
        } else {
            self.frames.push(data.clone());
        }
    }

    fn forget(&mut self) {
        self.is_whole = false;
        self.frames = Vec::new();
        self.share.release();
    }

    fn poll(
        &mut self,
        given: &mut usize,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        if let Some(kept) = self.frames.get(*given) {
            *given += 1;
            return Poll::Ready(Some(Ok(Frame::data(kept.clone()))));
        }
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                self.keep(frame);
                *given = self.frames.len();
            }
            Poll::Ready(Some(Err(_))) => self.forget(),
            Poll::Ready(None) | Poll::Pending => {}
        }
        polled
    }

    /// Bytes that are kept and that a sending has not given.
    fn ahead(&self, given: usize) -> u64 {
        self.frames.iter().skip(given).map(|frame| frame.len() as u64).sum()
    }
}

impl HttpBody for Sending {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = &mut *self;
        let mut state = this.state.lock();
        if state.sending != this.number {
            return Poll::Ready(Some(Err("the body is sent anew".into())));
        }
        state.poll(&mut this.given, cx)
    }

    fn is_end_stream(&self) -> bool {
        let state = self.state.lock();
        state.ahead(self.given) == 0 && state.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let state = self.state.lock();
        let (ahead, rest) = (state.ahead(self.given), state.body.size_hint());
        let mut hint = SizeHint::new();
        if let Some(upper) = rest.upper() {
            hint.set_upper(ahead + upper);
        }
        hint.set_lower(ahead + rest.lower());
        hint
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::{BodyExt as _, Full, StreamBody};

    fn body(frames: &[&'static str]) -> Body {
        let frames: Vec<Result<Frame<Bytes>, BodyError>> =
            frames.iter().map(|text| Ok(Frame::data(Bytes::from_static(text.as_bytes())))).collect();
        Body::stream(StreamBody::new(futures_util::stream::iter(frames)))
    }

    async fn rest(body: Body) -> Result<Bytes, BodyError> {
        body.collect().await.map(http_body_util::Collected::to_bytes)
    }

    #[tokio::test]
    async fn a_body_that_was_sent_in_part_is_sent_again_whole() {
        let (replay, mut first) = Replay::of(body(&["one ", "two ", "three"]), 100, &Buffers::new(1_000));
        assert_eq!(first.frame().await.unwrap().unwrap().into_data().unwrap(), "one ");
        let again = replay.again().unwrap();
        assert!(first.frame().await.unwrap().is_err(), "the first sending is over");
        assert_eq!(rest(again).await.unwrap(), "one two three");
        assert_eq!(rest(replay.again().unwrap()).await.unwrap(), "one two three");
    }

    #[tokio::test]
    async fn a_body_longer_than_the_limit_passes_and_is_not_kept() {
        let (replay, first) = Replay::of(body(&["one ", "two ", "three"]), 8, &Buffers::new(1_000));
        assert_eq!(rest(first).await.unwrap(), "one two three");
        assert!(replay.again().is_none());
    }

    #[tokio::test]
    async fn the_length_is_announced_both_times() {
        let (replay, mut first) =
            Replay::of(Body::stream(Full::new(Bytes::from_static(b"whole"))), 100, &Buffers::new(1_000));
        assert_eq!(first.size_hint().exact(), Some(5));
        let _frame = first.frame().await;
        assert!(first.is_end_stream());
        assert_eq!(replay.again().unwrap().size_hint().exact(), Some(5));
    }
}
