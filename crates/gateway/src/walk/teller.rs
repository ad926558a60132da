//! A stream of events on its way to the caller of an API with `errors = "openai"` or `"anthropic"`: when it cannot go on, it
//! ends with an event that says so, as the vendor's own streams do.
//!
//! Streams of all other APIs pass through [`super::relay`] alone, and break off.

use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap};
use http_body::{Body as HttpBody, Frame};
use model::ErrorDialect;
use policy::{Body, Exchange, Fault, FaultKind};
use uuid::Uuid;

use super::events::Events;
use crate::listen::{Closing, Connection};

/// What is between a backend's events and their caller.
#[derive(Debug)]
pub(super) struct Teller {
    dialect: ErrorDialect,
    id: Uuid,
    events: Events,
    /// Says when the time of those that run is up.
    closing: Closing,
    /// What goes out next, in this order.
    ready: Option<Bytes>,
    trailers: Option<HeaderMap>,
    end: End,
}

/// How a stream has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It has not.
    No,
    /// By itself.
    Whole,
    /// By an event of ours.
    Told,
}

impl Teller {
    /// For an answer that is a stream of events which nobody has compressed or measured, of an API that wants this.
    pub(super) fn of(
        exchange: &Exchange,
        headers: &HeaderMap,
        body: &Body,
        connection: &Connection,
    ) -> Option<Box<Self>> {
        let dialect = exchange.api.as_ref().map_or(ErrorDialect::Apim, |api| api.settings.errors);
        if dialect == ErrorDialect::Apim || !matches!(body, Body::Stream(_)) {
            return None;
        }
        // Where a length was announced there is no room for one event more.
        if !is_of_events(headers) || body.size_hint().exact().is_some() {
            return None;
        }
        Some(Box::new(Self {
            dialect,
            id: exchange.id,
            events: Events::default(),
            closing: connection.closing(),
            ready: None,
            trailers: None,
            end: End::No,
        }))
    }

    /// Of an answer that nothing else is known of.
    #[cfg(test)]
    pub(super) fn speaking(dialect: ErrorDialect) -> Box<Self> {
        Box::new(Self {
            dialect,
            id: Uuid::nil(),
            events: Events::default(),
            closing: Closing::never(),
            ready: None,
            trailers: None,
            end: End::No,
        })
    }

    /// How the stream has ended.
    pub(super) fn end(&self) -> End {
        self.end
    }

    /// What goes out next.
    pub(super) fn next(&mut self) -> Option<Frame<Bytes>> {
        let data = self.ready.take().map(Frame::data);
        data.or_else(|| self.trailers.take().map(Frame::trailers))
    }

    /// Whether there is nothing to go out.
    pub(super) fn is_empty(&self) -> bool {
        self.ready.is_none() && self.trailers.is_none() && self.events.is_empty()
    }

    /// Takes a frame of the backend's.
    pub(super) fn take(&mut self, frame: Frame<Bytes>) {
        match frame.into_data() {
            Ok(data) => self.ready = self.events.take(data),
            Err(frame) => {
                self.ready = self.events.rest();
                self.trailers = frame.into_trailers().ok();
            }
        }
    }

    /// The backend's stream has ended.
    pub(super) fn finish(&mut self) {
        self.ready = self.events.rest();
        self.end = End::Whole;
    }

    /// Ends the stream with an event, if one may follow what was sent. What there is of a begun one is not sent any more.
    pub(super) fn tell(&mut self, fault: &Fault) -> bool {
        let event = fault.event_in(self.dialect, &self.id.hyphenated());
        let Some(event) = event.filter(|_| self.events.takes_another()) else { return false };
        (self.ready, self.events) = (Some(event.into()), Events::default());
        self.end = End::Told;
        true
    }

    /// Ends the stream when the gateway ends and the time of those that run is up.
    pub(super) fn poll_closing(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.end != End::No || !self.events.takes_another() || self.closing.poll(cx).is_pending() {
            return Poll::Pending;
        }
        let fault = Fault::new(FaultKind::Internal).status(503).wire("The gateway is shutting down.");
        if self.tell(&fault) { Poll::Ready(()) } else { Poll::Pending }
    }
}

fn is_of_events(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = text(CONTENT_TYPE).split(';').next().unwrap_or_default().trim();
    let coding = text(CONTENT_ENCODING).trim();
    kind.eq_ignore_ascii_case("text/event-stream")
        && (coding.eq_ignore_ascii_case("identity") || !headers.contains_key(CONTENT_ENCODING))
}
