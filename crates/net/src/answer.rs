//! The body of an answer.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use crate::error::Error;
use crate::pool::StreamGuard;

/// The body of an answer, frame by frame as it arrives. Dropping it before its end cancels the call.
#[derive(Debug)]
pub struct Incoming {
    body: hyper::body::Incoming,
    /// Counts the call on its HTTP/2 connection until the body is gone.
    _stream: Option<StreamGuard>,
}

impl Incoming {
    pub(crate) fn new(body: hyper::body::Incoming, stream: Option<StreamGuard>) -> Self {
        Self { body, _stream: stream }
    }
}

impl Body for Incoming {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        Pin::new(&mut self.body).poll_frame(cx).map_err(Error::from_hyper)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
