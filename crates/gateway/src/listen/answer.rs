//! An answer's body as it leaves: it tells when the answer ended, and a panic inside it ends only itself.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use super::BoxError;
use super::registry::InFlight;

/// A body that counts as a request in flight until it is dropped.
pub(super) struct Answer<B> {
    body: B,
    in_flight: InFlight,
}

impl<B> Answer<B> {
    pub(super) fn new(body: B, in_flight: InFlight) -> Self {
        Self { body, in_flight }
    }
}

impl<B> Body for Answer<B>
where
    B: Body<Data = Bytes, Error: Into<BoxError>> + Unpin,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        self.in_flight.asked();
        let body = Pin::new(&mut self.body);
        // After an error the library drops the body: nothing looks at what the panic left behind.
        let polled = catch_unwind(AssertUnwindSafe(|| body.poll_frame(cx)));
        match polled {
            Ok(polled) => {
                if polled.is_ready() {
                    self.in_flight.gave();
                }
                polled.map_err(Into::into)
            }
            Err(_) => {
                self.in_flight.metrics().counted().panics.inc();
                Poll::Ready(Some(Err("the answer's body panicked".into())))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
