//! The body of a request on its way to a backend; with `Expect: 100-continue` it waits until the backend asks for it, or the
//! time is up.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use policy::{Body, BodyError};
use tokio::sync::oneshot;
use tokio::time::{Sleep, sleep};

/// A body as the connection gets it. It is small, because it travels with the head of its request.
pub(super) struct Outgoing(Option<Pin<Box<dyn HttpBody<Data = Bytes, Error = BodyError> + Send>>>);

/// A body that waits for a sign before its first frame.
struct Waiting {
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
        match body {
            Body::Stream(stream) => Self(Some(stream)),
            body if body.is_end_stream() => Self(None),
            body => Self(Some(Box::pin(body))),
        }
    }

    /// A body that waits for the sign, at most so long. The sign is the interim response `100`.
    pub(super) fn waiting(body: Body, limit: Duration) -> (Self, oneshot::Sender<()>) {
        let (sign, asked) = oneshot::channel();
        let gate = Gate { asked, limit: Box::pin(sleep(limit)) };
        (Self(Some(Box::pin(Waiting { body, gate: Some(gate) }))), sign)
    }
}

impl Gate {
    fn is_open(&mut self, cx: &mut Context<'_>) -> bool {
        Pin::new(&mut self.asked).poll(cx).is_ready() || self.limit.as_mut().poll(cx).is_ready()
    }
}

impl HttpBody for Waiting {
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

impl HttpBody for Outgoing {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match &mut self.0 {
            Some(body) => body.as_mut().poll_frame(cx),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.0.as_ref().is_none_or(|body| body.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        self.0.as_ref().map_or_else(|| SizeHint::with_exact(0), |body| body.size_hint())
    }
}
