//! The answer to a head that the HTTP library never hands over, written out.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, DATE, TRANSFER_ENCODING};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body::Body;
use memchr::memmem;

use super::conformance::Refusal;
use super::connection::Connection;
use super::guarded::Refuse;
use super::serve::{Serving, refuse};
use super::{BoxError, Handler};

/// Bytes of such an answer's body at most.
const LONGEST: usize = 64 * 1024;

/// Has the handler answer heads of one connection that are refused.
pub(super) struct Refuser<H> {
    pub(super) serving: Arc<Serving<H>>,
    pub(super) connection: Arc<Connection>,
}

impl<H: Handler> Refuse for Refuser<H> {
    fn refuse(&self, why: Refusal, said: &[u8]) -> Bytes {
        let (mut head, ()) = Request::new(()).into_parts();
        // What method it was nobody knows for sure; access logs write it so.
        head.method = Method::from_bytes(b"-").unwrap_or_default();
        let response = refuse(&self.serving, why, &head, &self.connection);
        written(response, said).into()
    }
}

/// The answer as bytes. Its body must be there already, as those of refusals are.
fn written<B>(response: Response<B>, said: &[u8]) -> Vec<u8>
where
    B: Body<Data = Bytes, Error: Into<BoxError>> + Unpin,
{
    let (head, body) = response.into_parts();
    let body = whole(body);
    let mut text = first_line(head.status);
    fields(&head.headers, &mut text);
    text.extend(date(said));
    text.extend(format!("connection: close\r\ncontent-length: {}\r\n\r\n", body.len()).bytes());
    text.extend(body);
    text
}

fn first_line(status: StatusCode) -> Vec<u8> {
    let reason = status.canonical_reason().unwrap_or_default();
    format!("HTTP/1.1 {} {reason}\r\n", status.as_u16()).into_bytes()
}

fn fields(headers: &HeaderMap, text: &mut Vec<u8>) {
    let ours = [CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING, DATE];
    for (name, value) in headers.iter().filter(|(name, _)| !ours.contains(name)) {
        text.extend(name.as_str().bytes());
        text.extend(b": ");
        text.extend(value.as_bytes());
        text.extend(b"\r\n");
    }
}

/// The line of the date: the library keeps one that is right.
fn date(said: &[u8]) -> &[u8] {
    let line = memmem::find(said, b"\r\ndate: ").and_then(|at| said.get(at + 2..)).unwrap_or_default();
    let end = memmem::find(line, b"\r\n").map_or(0, |end| end + 2);
    line.get(..end).unwrap_or_default()
}

fn whole<B>(mut body: B) -> Vec<u8>
where
    B: Body<Data = Bytes, Error: Into<BoxError>> + Unpin,
{
    let mut whole = Vec::new();
    let mut cx = Context::from_waker(Waker::noop());
    while whole.len() < LONGEST
        && let Poll::Ready(Some(Ok(frame))) = Pin::new(&mut body).poll_frame(&mut cx)
    {
        whole.extend(frame.into_data().unwrap_or_default());
    }
    whole
}
