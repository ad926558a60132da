//! The rest of an answer in chunks (RFC 9112 section 7.1), written without the HTTP library.
//!
//! ```text
//! library:  HTTP/1.1 200 … transfer-encoding: chunked … 6⏎data:⏎⏎ …
//! alone:    7⏎data: x⏎⏎ …  0⏎⏎
//! ```
//!
//! It holds nothing while it waits for the next piece. What the caller sends meanwhile is the next request's, for the
//! library again; a caller that leaves ends the answer.

use std::future::Future;
use std::io::{self, Write as _};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes};
use http_body::{Body, Frame};
use tokio::io::{AsyncRead as _, AsyncWrite as _, ReadBuf};

use super::BoxError;
use super::answer::Answer;
use super::lent::Rest;
use super::registry::{Parked, Ticket};
use super::stream::Stream;

/// The last chunk, without trailers.
const END: &[u8] = b"0\r\n\r\n";

/// Bytes that are read of what a caller sends ahead.
const AHEAD: usize = 512;

/// An answer on its way; gives the connection when another request may follow.
pub(super) struct Alone<B> {
    stream: Option<Stream>,
    ticket: Arc<Ticket>,
    /// None when all of it is in `out`.
    answer: Option<Answer<B>>,
    out: Bytes,
    keep_alive: bool,
}

impl<B> Alone<B> {
    pub(super) fn new(parked: Parked, rest: Rest<B>, ticket: Arc<Ticket>) -> Self {
        ticket.hold(false);
        ticket.lends.begin();
        Self {
            stream: Some(parked.stream),
            ticket,
            answer: Some(rest.answer),
            out: parked.unsent,
            keep_alive: rest.keep_alive,
        }
    }

    /// No other request follows.
    pub(super) fn finish(&mut self) {
        self.keep_alive = false;
    }

    fn poll_out(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let stream = self.stream.as_mut().ok_or(io::ErrorKind::NotConnected)?;
        while !self.out.is_empty() {
            let written = ready!(Pin::new(&mut *stream).poll_write(cx, &self.out))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.out.advance(written);
        }
        self.out = Bytes::new();
        Pin::new(stream).poll_flush(cx)
    }

    /// Whether the caller has closed its side. One request's beginning is read ahead, no more.
    fn has_left(&mut self, cx: &mut Context<'_>) -> bool {
        let Some(stream) = self.stream.as_mut().filter(|stream| !stream.is_ahead()) else { return false };
        let mut room = [0; AHEAD];
        let mut buf = ReadBuf::new(&mut room);
        match Pin::new(&mut *stream).poll_read(cx, &mut buf) {
            Poll::Pending => false,
            Poll::Ready(Ok(())) if !buf.filled().is_empty() => {
                stream.put_back(Bytes::copy_from_slice(buf.filled()));
                false
            }
            Poll::Ready(_) => true,
        }
    }
}

impl<B> Alone<B>
where
    B: Body<Data = Bytes, Error: Into<BoxError>> + Unpin,
{
    fn poll_answer(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        loop {
            ready!(self.poll_out(cx))?;
            let Some(answer) = &mut self.answer else { return Poll::Ready(Ok(())) };
            let frame = ready!(Pin::new(&mut *answer).poll_frame(cx)).transpose()?;
            let is_last = frame.is_none() || answer.is_end_stream();
            self.out = chunk(frame, is_last);
            if is_last {
                self.answer = None;
            }
        }
    }

    /// The end of the connection, or its next request.
    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<Option<Stream>> {
        if !self.keep_alive
            && let Some(stream) = &mut self.stream
        {
            let _closed = ready!(Pin::new(stream).poll_shutdown(cx));
            return Poll::Ready(None);
        }
        let stream = self.stream.take();
        self.ticket.turn.rest();
        self.ticket.may_park(stream.as_ref().is_some_and(|stream| !stream.is_ahead()));
        Poll::Ready(stream)
    }
}

/// A piece as a chunk. Trailers that no head announced are left out, as the library does.
fn chunk(frame: Option<Frame<Bytes>>, is_last: bool) -> Bytes {
    let data = frame.and_then(|frame| frame.into_data().ok()).unwrap_or_default();
    let mut out = Vec::with_capacity(data.len() + 24);
    // A chunk of no bytes would be the last.
    if !data.is_empty() {
        // INVARIANT: writing into memory does not fail.
        let _written = write!(out, "{:X}\r\n", data.len());
        out.extend_from_slice(&data);
        out.extend_from_slice(b"\r\n");
    }
    if is_last {
        out.extend_from_slice(END);
    }
    out.into()
}

impl<B> Future for Alone<B>
where
    B: Body<Data = Bytes, Error: Into<BoxError>> + Unpin,
{
    type Output = Option<Stream>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Stream>> {
        let this = &mut *self;
        match this.poll_answer(cx) {
            Poll::Ready(Ok(())) => this.poll_end(cx),
            Poll::Ready(Err(_)) => Poll::Ready(None),
            Poll::Pending if this.has_left(cx) => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use http_body_util::{BodyExt as _, Full, StreamBody};
    use tokio::io::AsyncReadExt as _;
    use tokio::net::{TcpListener, TcpStream};

    use super::super::registry::{Place, Registry};
    use super::super::stream::Protocol;
    use super::*;
    use crate::fuzzing::{Chance, FACTOR};
    use crate::metrics::ListenMetrics;

    async fn pair() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let caller = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        (caller, listener.accept().await.unwrap().0)
    }

    fn alone<B>(ours: TcpStream, unsent: Bytes, body: B, keep_alive: bool) -> (Alone<B>, Place) {
        let metrics = ListenMetrics::default();
        let place = Registry::new(1, 0).enter(Ipv4Addr::LOCALHOST.into(), &metrics).unwrap();
        let answer = Answer::new(body, place.ticket.begin(&metrics, Protocol::Http1));
        let stream = Stream::of(ours).watched_by(Arc::clone(&place.ticket));
        let rest = Rest { answer, keep_alive };
        (Alone::new(Parked { stream, unsent }, rest, Arc::clone(&place.ticket)), place)
    }

    /// What a library that others have written reads of chunks.
    async fn read(bytes: &[u8]) -> Bytes {
        let mut wire = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
        wire.extend_from_slice(bytes);
        let (mut far, near) = pair().await;
        let sending = tokio::spawn(async move {
            let mut asked = [0; 4096];
            let _came = far.read(&mut asked).await;
            tokio::io::AsyncWriteExt::write_all(&mut far, &wire).await.unwrap();
            far
        });
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(hyper_util::rt::TokioIo::new(near)).await.unwrap();
        let connection = tokio::spawn(connection);
        let request = http::Request::get("/").header("host", "a").body(Full::new(Bytes::new())).unwrap();
        let body = sender.send_request(request).await.unwrap().into_body().collect().await.unwrap();
        drop((sending, connection));
        body.to_bytes()
    }

    #[tokio::test]
    async fn fuzz_pieces_of_any_length_arrive_whole_at_a_reader_of_any_pace() {
        let mut chance = Chance::new();
        for _ in 0..20 * FACTOR {
            let lengths: Vec<usize> =
                (0..chance.below(9)).map(|_| [0, 1, 15, 16, 300, 70_000][chance.below(6)]).collect();
            let pieces: Vec<Bytes> =
                lengths.iter().map(|length| Bytes::from(vec![chance.byte(); *length])).collect();
            let frames: Vec<Result<Frame<Bytes>, BoxError>> =
                pieces.iter().map(|piece| Ok(Frame::data(piece.clone()))).collect();
            let (mut caller, ours) = pair().await;
            let body = StreamBody::new(futures_util::stream::iter(frames));
            // The library had begun a chunk.
            let (alone, place) = alone(ours, Bytes::from_static(b"ab\r\n"), body, false);
            let reading = async {
                let (mut all, mut room) = (Vec::new(), vec![0; 1 + chance.below(5_000)]);
                while let came @ 1.. = caller.read(&mut room).await.unwrap() {
                    all.extend_from_slice(&room[..came]);
                }
                all
            };
            let (left, all) = tokio::join!(alone, reading);
            assert!(left.is_none());
            let chunks = [b"2\r\n", &*all].concat();
            assert_eq!(read(&chunks).await, [b"ab", &*pieces.concat()].concat());
            drop(place);
        }
    }

    #[tokio::test]
    async fn an_answer_that_breaks_off_has_no_last_chunk() {
        let frames: [Result<Frame<Bytes>, BoxError>; 2] =
            [Ok(Frame::data(Bytes::from_static(b"x"))), Err("broken".into())];
        let (mut caller, ours) = pair().await;
        let body = StreamBody::new(futures_util::stream::iter(frames));
        let (alone, _place) = alone(ours, Bytes::new(), body, true);
        assert!(alone.await.is_none());
        let mut all = Vec::new();
        caller.read_to_end(&mut all).await.unwrap();
        assert_eq!(all, b"1\r\nx\r\n");
    }
}
