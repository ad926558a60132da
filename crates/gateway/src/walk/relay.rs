//! The room of the answer: its head for the wire, its body byte by byte.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{self, HeaderMap};
use http::{HeaderValue, Method, Response, StatusCode};
use http_body::{Body as HttpBody, Frame, SizeHint};
use policy::{Body, BodyError, BrokenAnswer, Existing, FinalHeader};

use super::outgoing::remove_hop_by_hop;
use super::settle::{Running, Settle};
use super::teller::{End, Teller};
use super::upgrade;
use crate::listen::Connection;
use crate::snapshot::EDITION_HEADER;

/// The body of an answer on its way to the caller. The request is settled when it ends, or is dropped.
#[derive(Debug)]
pub struct Relay {
    body: Body,
    settle: Settle,
    /// For few streams only.
    teller: Option<Box<Teller>>,
}

impl Relay {
    /// The body of an answer that ends with its head; who settles the request is another.
    pub(super) fn nothing(settle: &Settle) -> Self {
        Self { body: Body::Empty, settle: settle.nothing(), teller: None }
    }
}

/// What the library of the caller's connection is told when an answer breaks off. It has no cause: the code of the backend's
/// RST_STREAM would go out as ours, and `PROTOCOL_ERROR` or `REFUSED_STREAM` say of the caller what only concerns the backend.
#[derive(Debug, thiserror::Error)]
#[error("the answer of the backend broke off")]
struct BrokeOff;

/// The answer of an exchange.
pub(super) fn relay(mut running: Running, connection: &Connection) -> Response<Relay> {
    let edition = running.edition().header();
    let exchange = &mut running.exchange;
    let switch = upgrade::take(exchange);
    let late = std::mem::take(&mut exchange.final_headers);
    let head_only = exchange.request.original.method == Method::HEAD;
    let response = exchange.response_mut();
    let status = response.status;
    let mut headers = std::mem::take(&mut response.headers);
    let mut body = response.body.take();
    let reason = response.reason.clone();
    for header in late {
        put(&mut headers, header);
    }
    remove_hop_by_hop(&mut headers);
    if let Some(edition) = edition {
        headers.insert(EDITION_HEADER, edition);
    }
    if let Some(switch) = switch {
        return upgrade::open(running, headers, switch.keeping(body));
    }
    upgrade::finish(status, &mut headers);
    if without_body(status) || head_only {
        frame_without_body(status, &mut headers, &body, head_only);
        body = Body::Empty;
    } else {
        headers.remove(header::CONTENT_LENGTH);
    }
    let teller = Teller::of(&running.exchange, &headers, &body, connection);
    let settle = running.answered(&body);
    let mut answer = Response::new(Relay { body, settle, teller });
    *answer.status_mut() = status;
    *answer.headers_mut() = headers;
    if reason.as_str() != status.canonical_reason().unwrap_or("")
        && let Ok(phrase) = hyper::ext::ReasonPhrase::try_from(reason.to_bytes())
    {
        answer.extensions_mut().insert(phrase);
    }
    answer
}

/// 1xx, 204 and 304 have no body whatever a policy set (RFC 9110 section 6.4.1).
fn without_body(status: StatusCode) -> bool {
    status.is_informational() || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
}

/// The answer to HEAD says how long the body would be, if that is known; 204 says nothing (RFC 9110 section 8.6).
fn frame_without_body(status: StatusCode, headers: &mut HeaderMap, body: &Body, head_only: bool) {
    if status.is_informational() || status == StatusCode::NO_CONTENT {
        headers.remove(header::CONTENT_LENGTH);
        return;
    }
    if head_only
        && let Some(length) = body.size_hint().exact()
        && length > 0
    {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
}

fn put(headers: &mut HeaderMap, header: FinalHeader) {
    let Some(value) = header.value else {
        headers.remove(header.name);
        return;
    };
    match header.existing {
        Existing::Replaced => {
            headers.insert(header.name, value);
        }
        Existing::Joined => join(headers, &header.name, &value),
    }
}

/// Adds a value to a comma-separated list, once.
fn join(headers: &mut HeaderMap, name: &http::HeaderName, value: &HeaderValue) {
    let there: Vec<String> =
        headers.get_all(name).iter().filter_map(|value| value.to_str().ok().map(str::to_owned)).collect();
    let text = value.to_str().unwrap_or("");
    let known =
        there.iter().flat_map(|line| line.split(',')).any(|part| part.trim().eq_ignore_ascii_case(text));
    if known {
        return;
    }
    let joined = there.into_iter().chain([text.to_owned()]).collect::<Vec<_>>().join(", ");
    if let Ok(value) = HeaderValue::from_str(&joined) {
        headers.insert(name, value);
    }
}

impl HttpBody for Relay {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = &mut *self;
        if this.teller.is_some() {
            return this.poll_told(cx);
        }
        let polled = Pin::new(&mut this.body).poll_frame(cx);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                this.settle.sent(frame.data_ref().map_or(0, Bytes::len));
                // The connection asks no further when it knows that this was the last.
                if this.body.is_end_stream() {
                    this.settle.complete();
                }
            }
            Poll::Ready(Some(Err(error))) => {
                this.settle.broken(error);
                return Poll::Ready(Some(Err(BrokeOff.into())));
            }
            Poll::Ready(None) => this.settle.complete(),
            Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        match &self.teller {
            None => self.body.is_end_stream(),
            Some(teller) => teller.is_empty() && (teller.end() != End::No || self.body.is_end_stream()),
        }
    }

    fn size_hint(&self) -> SizeHint {
        if self.teller.is_some() { SizeHint::default() } else { self.body.size_hint() }
    }
}

impl Relay {
    /// The next frame of a stream that ends with a word of ours if it must.
    fn poll_told(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        loop {
            let Some(teller) = &mut self.teller else { return Poll::Ready(None) };
            if let Some(frame) = teller.next() {
                return Poll::Ready(Some(Ok(self.counted(frame))));
            }
            match teller.end() {
                End::No => {}
                End::Whole => {
                    self.settle.complete();
                    return Poll::Ready(None);
                }
                End::Told => return Poll::Ready(None),
            }
            if teller.poll_closing(cx).is_ready() {
                self.body = Body::Empty;
                continue;
            }
            match Pin::new(&mut self.body).poll_frame(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(None) => teller.finish(),
                Poll::Ready(Some(Ok(frame))) => teller.take(frame),
                Poll::Ready(Some(Err(error))) => {
                    self.settle.broken(&error);
                    if !teller.tell(&BrokenAnswer::fault(&error)) {
                        return Poll::Ready(Some(Err(BrokeOff.into())));
                    }
                }
            }
        }
    }

    fn counted(&mut self, frame: Frame<Bytes>) -> Frame<Bytes> {
        self.settle.sent(frame.data_ref().map_or(0, Bytes::len));
        let is_told = self.teller.as_ref().is_some_and(|teller| teller.end() == End::Told);
        if !is_told && self.is_end_stream() {
            self.settle.complete();
        }
        frame
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzzing::{Chance, FACTOR};
    use http_body_util::{BodyExt as _, StreamBody};
    use model::ErrorDialect;

    /// The frames that come out when these go in.
    fn relayed(frames: &[Bytes]) -> Vec<Bytes> {
        let input: Vec<Result<Frame<Bytes>, BodyError>> =
            frames.iter().map(|each| Ok(Frame::data(each.clone()))).collect();
        let body = Body::stream(StreamBody::new(futures_util::stream::iter(input)));
        let mut relay = Relay { body, settle: Settle::unsettled(), teller: None };
        let mut output = Vec::new();
        while let Some(Some(Ok(frame))) = futures_util::FutureExt::now_or_never(relay.frame()) {
            output.extend(frame.into_data());
        }
        output
    }

    /// What comes out of a stream that breaks off after these pieces, and whether it then ends as it should.
    fn told(dialect: ErrorDialect, pieces: &[&str]) -> (String, bool) {
        let data = |piece: &&str| Ok(Frame::data(Bytes::copy_from_slice(piece.as_bytes())));
        let input: Vec<Result<Frame<Bytes>, BodyError>> =
            pieces.iter().map(data).chain([Err("gone".into())]).collect();
        let body = Body::stream(StreamBody::new(futures_util::stream::iter(input)));
        let teller = Some(Teller::speaking(dialect));
        let mut relay = Relay { body, settle: Settle::unsettled(), teller };
        let mut output = Vec::new();
        while let Some(Some(frame)) = futures_util::FutureExt::now_or_never(relay.frame()) {
            match frame {
                Ok(frame) => output.extend(frame.into_data().unwrap()),
                Err(_) => return (String::from_utf8(output).unwrap(), false),
            }
        }
        assert!(relay.is_end_stream());
        (String::from_utf8(output).unwrap(), true)
    }

    /// What clients of OpenAI and Anthropic raise (`ai-gateway.md` 7, 14.1). A begun event would be read as part of it.
    #[test]
    fn a_stream_that_breaks_off_ends_with_an_event_after_whole_ones() {
        let id = "00000000-0000-0000-0000-000000000000";
        let openai = format!(
            "data: {{\"error\":{{\"message\":\"Internal server error (activityId: {id})\",\
             \"type\":\"server_error\",\"param\":null,\"code\":null}}}}\n\n"
        );
        let anthropic = format!(
            "event: error\ndata: {{\"type\":\"error\",\"error\":{{\"type\":\"api_error\",\
             \"message\":\"Internal server error\"}},\"request_id\":\"{id}\"}}\n\n"
        );
        for (dialect, last) in [(ErrorDialect::OpenAi, openai), (ErrorDialect::Anthropic, anthropic)] {
            let whole = format!("data: {{}}\n\n{last}");
            assert_eq!(told(dialect, &["data: {}\n\n"]), (whole.clone(), true));
            assert_eq!(told(dialect, &["data: {}\n\nda", "ta: {\"a"]), (whole, true));
            assert_eq!(told(dialect, &[]), (last, true));
        }
    }

    #[test]
    fn a_stream_that_has_said_its_end_breaks_off() {
        let end = "data: {}\n\ndata: [DONE]\n\n";
        assert_eq!(told(ErrorDialect::OpenAi, &[end]), (end.to_owned(), false));
    }

    #[test]
    fn a_stream_that_ends_within_an_event_ends_as_the_backend_ended_it() {
        let pieces = ["data: {}\n\nda", "ta: x"];
        let input: Vec<Result<Frame<Bytes>, BodyError>> =
            pieces.iter().map(|piece| Ok(Frame::data(Bytes::from_static(piece.as_bytes())))).collect();
        let body = Body::stream(StreamBody::new(futures_util::stream::iter(input)));
        let teller = Some(Teller::speaking(ErrorDialect::OpenAi));
        let relay = Relay { body, settle: Settle::unsettled(), teller };
        let whole = futures_util::FutureExt::now_or_never(relay.collect()).unwrap().unwrap().to_bytes();
        assert_eq!(whole, "data: {}\n\ndata: x");
    }

    /// Events of `ai-gateway.md` 7.9: all line ends, comments, a BOM, several `data` lines, split anywhere, broken bytes.
    #[test]
    fn fuzz_event_streams_pass_byte_for_byte_and_frame_by_frame() {
        let events = "\u{feff}data: {\"a\":1}\n\n: ping\r\n\r\nevent: x\rdata: \u{e4}\u{1f600}\rdata:second\r\rdata: [DONE]\n\n";
        let mut chance = Chance::new();
        for _ in 0..2_000 * FACTOR {
            let times = 1 + chance.below(3);
            let bytes = chance.mutated(events.repeat(times).as_bytes());
            let frames: Vec<Bytes> =
                chance.pieces(&bytes, 40).into_iter().map(Bytes::copy_from_slice).collect();
            let output = relayed(&frames);
            assert_eq!(output, frames);
            assert_eq!(output.concat(), bytes);
        }
    }
}
