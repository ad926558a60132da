//! The body of an answer, lent to the HTTP library, which must give it back when the connection goes on without it.
//!
//! The library keeps two buffers of 8 KiB for as long as an answer takes. A stream takes minutes: after a while
//! [`Alone`](super::alone::Alone) writes what is left of it.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use parking_lot::Mutex;

use super::BoxError;
use super::answer::Answer;
use super::registry::Ticket;

/// What is left of an answer.
pub(super) struct Rest<B> {
    pub(super) answer: Answer<B>,
    /// Whether another request may follow it.
    pub(super) keep_alive: bool,
}

/// Who lends the answers of a connection, one after the other.
pub(super) struct Lender<B> {
    ticket: Arc<Ticket>,
    back: Mutex<Option<Rest<B>>>,
}

impl<B> Lender<B> {
    pub(super) fn new(ticket: Arc<Ticket>) -> Arc<Self> {
        Arc::new(Self { ticket, back: Mutex::new(None) })
    }

    /// The answer that came back.
    pub(super) fn back(&self) -> Option<Rest<B>> {
        self.back.lock().take()
    }
}

/// An answer in the hands of the library.
pub(super) struct Lent<B> {
    rest: Option<Rest<B>>,
    /// Set when it may be taken back.
    lender: Option<Arc<Lender<B>>>,
}

impl<B> Lent<B> {
    /// One that the library keeps.
    pub(super) fn given(answer: Answer<B>) -> Self {
        Self { rest: Some(Rest { answer, keep_alive: false }), lender: None }
    }

    /// One that is written in chunks.
    pub(super) fn by(lender: Arc<Lender<B>>, rest: Rest<B>) -> Self {
        Self { rest: Some(rest), lender: Some(lender) }
    }
}

impl<B> Drop for Lent<B> {
    fn drop(&mut self) {
        let Some(lender) = &self.lender else { return };
        if lender.ticket.lends.is_taking_back() {
            *lender.back.lock() = self.rest.take();
        }
    }
}

impl<B> Body for Lent<B>
where
    B: Body<Data = Bytes, Error: Into<BoxError>> + Unpin,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = &mut *self;
        if let Some(lender) = &this.lender
            && !lender.ticket.lends.asked()
        {
            return Poll::Pending;
        }
        this.rest.as_mut().map_or(Poll::Ready(None), |rest| Pin::new(&mut rest.answer).poll_frame(cx))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.as_ref().is_none_or(|rest| rest.answer.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        self.rest.as_ref().map_or_else(|| SizeHint::with_exact(0), |rest| rest.answer.size_hint())
    }
}
