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
        if !self.in_flight.asked() {
            return Poll::Pending;
        }
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

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::task::Waker;

    use http_body_util::Full;

    use super::super::registry::Registry;
    use super::super::stream::Protocol;
    use super::*;
    use crate::metrics::ListenMetrics;

    /// Whether an answer gives its piece while the socket is full.
    fn gives_to_a_full_socket(protocol: Protocol) -> bool {
        let metrics = ListenMetrics::default();
        let place = Registry::new(1, 0).enter(Ipv4Addr::LOCALHOST.into(), &metrics).unwrap();
        let mut answer =
            Answer::new(Full::new(Bytes::from_static(b"piece")), place.ticket.begin(&metrics, protocol));
        let mut cx = Context::from_waker(Waker::noop());
        place.ticket.is_blocked(true);
        let given = Pin::new(&mut answer).poll_frame(&mut cx).is_ready();
        place.ticket.is_blocked(false);
        assert!(Pin::new(&mut answer).poll_frame(&mut cx).is_ready());
        given
    }

    #[test]
    fn nothing_more_is_taken_from_a_backend_while_the_callers_socket_is_full() {
        assert!(!gives_to_a_full_socket(Protocol::Http1));
        // Its streams have windows of their own, and the library looks at those.
        assert!(gives_to_a_full_socket(Protocol::Http2));
    }
}
