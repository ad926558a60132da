//! `Expect: 100-continue` towards a backend: the body waits until the backend asks for it, or the time is up.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use policy::{Body, BodyError};
use tokio::sync::oneshot;
use tokio::time::{Sleep, sleep};

/// A body that waits for a sign before its first frame.
pub(super) struct Outgoing {
    body: Body,
    gate: Option<Gate>,
}

struct Gate {
    asked: oneshot::Receiver<()>,
    limit: Pin<Box<Sleep>>,
}

impl Outgoing {
    /// A body that is sent at once.
    pub(super) fn at_once(body: Body) -> Self {
        Self { body, gate: None }
    }

    /// A body that waits for the sign, at most so long. The sign is the interim response `100`.
    pub(super) fn waiting(body: Body, limit: Duration) -> (Self, oneshot::Sender<()>) {
        let (sign, asked) = oneshot::channel();
        (Self { body, gate: Some(Gate { asked, limit: Box::pin(sleep(limit)) }) }, sign)
    }
}

impl Gate {
    fn is_open(&mut self, cx: &mut Context<'_>) -> bool {
        Pin::new(&mut self.asked).poll(cx).is_ready() || self.limit.as_mut().poll(cx).is_ready()
    }
}

impl HttpBody for Outgoing {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        if let Some(gate) = &mut self.gate {
            if !gate.is_open(cx) {
                return Poll::Pending;
            }
            self.gate = None;
        }
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
