//! An HTTP/1.1 connection whose bytes are looked at before the HTTP library gets them.
//!
//! The library gets one request at a time: what a caller sends ahead waits here until the answer was sent. So it is
//! always known whether the library may speak. A head that is refused, by [`Heads`] or by the library, is answered as
//! the handler answers refusals: in the place of the few words that the library has for it.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf as _, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

use super::conformance::Refusal;
use super::heads::{Heads, Seen};
use super::registry::{Parked, Ticket};
use super::stream::Stream;

/// Nothing that the library would take: RFC 9110 5.5 forbids NUL everywhere in a head. It ends the head, so that the
/// library looks at it.
const POISON: &[u8] = b"\0\r\n\r\n";

/// How many bytes of a refused caller are read before its connection is closed, lest a reset overtake the answer.
const LINGER: usize = 64 * 1024;

/// The same of a caller that was answered before it had sent all of its body: how many bytes, and how long.
/// RFC 9112 section 9.6: the server closes its side, and goes on reading until the caller has closed its own.
const FAREWELL: usize = 16 * 1024 * 1024;
const FAREWELL_TIME: Duration = Duration::from_secs(5);

/// Writes the answer to a head that is refused.
pub(super) trait Refuse {
    /// The whole answer. What the library said in its place is `said`; it has the date.
    fn refuse(&self, why: Refusal, said: &[u8]) -> Bytes;
}

/// A connection and what is known of its requests.
pub(super) struct Guarded<R: Refuse> {
    stream: Stream,
    ticket: Arc<Ticket>,
    refuse: R,
    heads: Heads,
    /// What came before it was due.
    ahead: Bytes,
    objection: Option<Refusal>,
    /// What takes the place of the library's words; empty when it was sent.
    instead: Option<Bytes>,
    /// Whether something was written since the last request was read.
    spoken: bool,
    /// Whether the library has all of the request that it reads.
    ended: bool,
    /// What is still read of a request that was answered early, once our side is closed.
    farewell: Option<Farewell>,
    /// What the library writes while its answer is taken back.
    unsent: Vec<u8>,
}

/// What is left of reading without need.
struct Farewell {
    bytes: usize,
    end: Pin<Box<Sleep>>,
}

impl Default for Farewell {
    fn default() -> Self {
        Self { bytes: FAREWELL, end: Box::pin(tokio::time::sleep(FAREWELL_TIME)) }
    }
}

impl<R: Refuse> Guarded<R> {
    pub(super) fn new(stream: Stream, ticket: Arc<Ticket>, refuse: R) -> Self {
        Self {
            stream,
            ticket,
            refuse,
            heads: Heads::default(),
            ahead: Bytes::new(),
            objection: None,
            instead: None,
            spoken: false,
            ended: false,
            farewell: None,
            unsent: Vec::new(),
        }
    }

    /// Reads and forgets what a caller goes on sending, until it ends its side.
    fn poll_farewell(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let farewell = self.farewell.get_or_insert_default();
        let mut room = [0; 8192];
        while farewell.bytes > 0 && farewell.end.as_mut().poll(cx).is_pending() {
            let mut buf = ReadBuf::new(&mut room);
            match ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buf)) {
                Ok(()) if !buf.filled().is_empty() => {
                    farewell.bytes = farewell.bytes.saturating_sub(buf.filled().len());
                }
                _ => break,
            }
        }
        Poll::Ready(())
    }

    /// Bytes that came ahead, or from the socket.
    fn poll_bytes(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.ahead.is_empty() {
            return Pin::new(&mut self.stream).poll_read(cx, buf);
        }
        let length = self.ahead.len().min(buf.remaining());
        buf.put_slice(self.ahead.get(..length).unwrap_or_default());
        self.ahead.advance(length);
        Poll::Ready(Ok(()))
    }

    /// Whether the next request's bytes may go to the library; if not, it is woken when they may.
    fn may_begin(&self) -> bool {
        let turn = &self.ticket.turn;
        let may = !self.heads.is_between() || turn.is_rest() || turn.is_head() && !self.ended;
        self.ticket.hold(!may);
        may
    }

    /// Takes back what is not due yet.
    fn hold(&mut self, buf: &mut ReadBuf<'_>, from: usize) {
        let kept = buf.filled().get(from..).unwrap_or_default();
        if !kept.is_empty() {
            // What was ahead of it is used up, or is a later part of the same bytes.
            self.ahead = if self.ahead.is_empty() {
                Bytes::copy_from_slice(kept)
            } else {
                [kept, &*self.ahead].concat().into()
            };
        }
        buf.set_filled(from);
    }

    /// Looks at what has come since `before`, and leaves there what the library may have.
    fn look(&mut self, buf: &mut ReadBuf<'_>, before: usize) -> io::Result<()> {
        let came = buf.filled().get(before..).unwrap_or_default();
        if came.is_empty() {
            return Ok(());
        }
        self.ticket.received();
        self.ticket.may_park(false);
        if self.heads.is_between() {
            self.ticket.turn.head();
            (self.spoken, self.ended) = (false, false);
        }
        match self.heads.look(came) {
            Seen::Within => {}
            Seen::Ended(end) => {
                self.ended = true;
                self.hold(buf, before + end);
            }
            Seen::Refused(why) => {
                self.objection = Some(why);
                self.ahead = Bytes::new();
                buf.set_filled(before);
                buf.put_slice(POISON.get(..buf.remaining()).unwrap_or(POISON));
            }
            Seen::Broken(0) => return Err(io::Error::new(io::ErrorKind::InvalidData, "broken chunks")),
            Seen::Broken(good) => {
                self.ahead = Bytes::new();
                self.hold(buf, before + good);
            }
        }
        Ok(())
    }

    /// The answer to a refused head, in the place of what the library said.
    fn say_instead(&mut self, said: &[u8]) -> usize {
        if self.instead.is_none() {
            let why = self.objection.unwrap_or_else(|| why(said));
            self.instead = Some(self.refuse.refuse(why, said));
        }
        said.len()
    }

    fn poll_instead(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(answer) = self.instead.as_mut().filter(|answer| !answer.is_empty()) {
            let written = ready!(Pin::new(&mut self.stream).poll_write(cx, answer))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            answer.advance(written);
        }
        Poll::Ready(Ok(()))
    }

    /// Reads what is there already and forgets it.
    fn linger(&mut self, cx: &mut Context<'_>) {
        let mut room = [0; 2048];
        for _ in 0..LINGER / room.len() {
            let mut buf = ReadBuf::new(&mut room);
            let read = Pin::new(&mut self.stream).poll_read(cx, &mut buf);
            if !matches!(read, Poll::Ready(Ok(()))) || buf.filled().is_empty() {
                return;
            }
        }
    }
}

impl<R: Refuse> Drop for Guarded<R> {
    fn drop(&mut self) {
        let (stream, ahead, unsent) = (&mut self.stream, &mut self.ahead, &mut self.unsent);
        self.ticket.park(|| {
            let mut stream = stream.take();
            stream.put_back(std::mem::take(ahead));
            Parked { stream, unsent: std::mem::take(unsent).into() }
        });
    }
}

fn joined(bufs: &[io::IoSlice<'_>]) -> Vec<u8> {
    bufs.iter().flat_map(|buf| buf.iter().copied()).collect()
}

/// What the library objects to, from the status that it says.
fn why(said: &[u8]) -> Refusal {
    match said.get(9..12) {
        Some(b"431") => Refusal::Head,
        Some(b"414") => Refusal::Target,
        _ => Refusal::Syntax,
    }
}

impl<R: Refuse + Unpin> AsyncRead for Guarded<R> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.ticket.turn.is_switched() {
            return this.poll_bytes(cx, buf);
        }
        if this.objection.is_some() || !this.ahead.is_empty() && !this.may_begin() {
            return Poll::Pending;
        }
        // INVARIANT: having all of a request, the library reads on only when it has no more use for what it has.
        if this.ended && this.ticket.turn.is_answer() {
            this.ticket.lends.read();
        }
        let before = buf.filled().len();
        ready!(this.poll_bytes(cx, buf))?;
        if buf.filled().len() > before && !this.may_begin() {
            this.hold(buf, before);
            return Poll::Pending;
        }
        Poll::Ready(this.look(buf, before))
    }
}

impl<R: Refuse + Unpin> AsyncWrite for Guarded<R> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.ticket.turn.is_head() {
            return Poll::Ready(Ok(this.say_instead(buf)));
        }
        this.spoken = true;
        if this.ticket.lends.is_taking_back() {
            this.unsent.extend_from_slice(buf);
            return Poll::Ready(Ok(buf.len()));
        }
        Pin::new(&mut this.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.ticket.turn.is_head() {
            return Poll::Ready(Ok(this.say_instead(&joined(bufs))));
        }
        this.spoken = true;
        if this.ticket.lends.is_taking_back() {
            let said = joined(bufs);
            this.unsent.extend_from_slice(&said);
            return Poll::Ready(Ok(said.len()));
        }
        Pin::new(&mut this.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.ticket.lends.is_taking_back() {
            return Poll::Ready(Ok(()));
        }
        ready!(this.poll_instead(cx))?;
        ready!(Pin::new(&mut this.stream).poll_flush(cx))?;
        if this.spoken && this.ticket.is_answered() {
            this.spoken = false;
            this.ticket.turn.rest();
            this.ticket.may_park(this.ended && this.ahead.is_empty());
            if !this.ahead.is_empty() {
                cx.waker().wake_by_ref();
            }
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_instead(cx))?;
        if this.instead.is_some() {
            ready!(Pin::new(&mut this.stream).poll_flush(cx))?;
            this.linger(cx);
        }
        if this.farewell.is_none() {
            ready!(Pin::new(&mut this.stream).poll_shutdown(cx))?;
        }
        if this.instead.is_none() && !this.ended && !this.heads.is_between() {
            ready!(this.poll_farewell(cx));
        }
        Poll::Ready(Ok(()))
    }
}
