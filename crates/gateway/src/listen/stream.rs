//! A caller's bytes, with or without TLS, and which HTTP version they begin with.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::{Buf as _, Bytes};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use super::registry::Ticket;

/// RFC 9113 3.4: what an HTTP/2 client sends first.
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// The socket of a connection.
pub(super) struct Stream {
    socket: Socket,
    /// What was read to find out the version.
    ahead: Bytes,
    /// Is told when the socket takes nothing.
    ticket: Option<Arc<Ticket>>,
    blocked: bool,
}

enum Socket {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
    /// Somebody else has it.
    Gone,
}

/// The HTTP version of a connection.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    Http1,
    Http2,
}

impl Socket {
    fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(tcp) => Pin::new(tcp).poll_read(cx, buf),
            Self::Tls(tls) => Pin::new(tls).poll_read(cx, buf),
            Self::Gone => Poll::Ready(Err(gone())),
        }
    }
}

impl Stream {
    /// A connection after its TLS handshake, which has settled the version.
    pub(super) fn tls(tls: TlsStream<TcpStream>) -> (Self, Protocol) {
        let is_http2 = tls.get_ref().1.alpn_protocol() == Some(b"h2");
        let protocol = if is_http2 { Protocol::Http2 } else { Protocol::Http1 };
        (
            Self { socket: Socket::Tls(Box::new(tls)), ahead: Bytes::new(), ticket: None, blocked: false },
            protocol,
        )
    }

    /// A connection without TLS.
    pub(super) fn of(tcp: TcpStream) -> Self {
        Self { socket: Socket::Plain(tcp), ahead: Bytes::new(), ticket: None, blocked: false }
    }

    /// A connection without TLS: its first bytes tell the version ("prior knowledge").
    pub(super) async fn plain(mut tcp: TcpStream) -> io::Result<(Self, Protocol)> {
        let mut read = Vec::with_capacity(PREFACE.len());
        let protocol = loop {
            let room = PREFACE.len() - read.len();
            let came = (&mut tcp).take(room as u64).read_buf(&mut read).await?;
            if came == 0 || !PREFACE.starts_with(&read) {
                break Protocol::Http1;
            }
            if read.len() == PREFACE.len() {
                break Protocol::Http2;
            }
        };
        let mut stream = Self::of(tcp);
        stream.put_back(read.into());
        Ok((stream, protocol))
    }

    /// Tells the ticket when the socket takes nothing, and when it does again.
    pub(super) fn watched_by(mut self, ticket: Arc<Ticket>) -> Self {
        self.ticket = Some(ticket);
        self
    }

    /// Gives the connection away.
    pub(super) fn take(&mut self) -> Self {
        let gone = Self { socket: Socket::Gone, ahead: Bytes::new(), ticket: None, blocked: false };
        std::mem::replace(self, gone)
    }

    /// The connection with these bytes, which came from it, before what will come.
    pub(super) fn beginning_with(mut self, came: Bytes) -> Self {
        self.ahead = came;
        self
    }

    /// Puts bytes that came from it before what will come.
    pub(super) fn put_back(&mut self, came: Bytes) {
        self.ahead = if self.ahead.is_empty() { came } else { [came, self.ahead.clone()].concat().into() };
    }

    /// Whether bytes have come that nobody has read.
    pub(super) fn is_ahead(&self) -> bool {
        !self.ahead.is_empty()
    }

    /// Notes whether a write waits.
    fn note<T>(&mut self, written: Poll<T>) -> Poll<T> {
        if written.is_pending() != self.blocked {
            self.blocked = written.is_pending();
            if let Some(ticket) = &self.ticket {
                ticket.is_blocked(self.blocked);
            }
        }
        written
    }

    fn take_ahead(&mut self, buf: &mut ReadBuf<'_>) {
        let length = self.ahead.len().min(buf.remaining());
        buf.put_slice(self.ahead.get(..length).unwrap_or_default());
        self.ahead.advance(length);
    }
}

fn gone() -> io::Error {
    io::ErrorKind::NotConnected.into()
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.ahead.is_empty() {
            return this.socket.poll_read(cx, buf);
        }
        this.take_ahead(buf);
        if this.ahead.is_empty() {
            // A head in two pieces would make the HTTP library double its buffer, for as long as the connection lives. What
            // goes wrong here goes wrong again when the rest is asked for.
            this.ahead = Bytes::new();
            let _more = this.socket.poll_read(cx, buf);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = match &mut this.socket {
            Socket::Plain(tcp) => Pin::new(tcp).poll_write(cx, buf),
            Socket::Tls(tls) => Pin::new(tls).poll_write(cx, buf),
            Socket::Gone => Poll::Ready(Err(gone())),
        };
        this.note(written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = match &mut this.socket {
            Socket::Plain(tcp) => Pin::new(tcp).poll_write_vectored(cx, bufs),
            Socket::Tls(tls) => Pin::new(tls).poll_write_vectored(cx, bufs),
            Socket::Gone => Poll::Ready(Err(gone())),
        };
        this.note(written)
    }

    fn is_write_vectored(&self) -> bool {
        match &self.socket {
            Socket::Plain(tcp) => tcp.is_write_vectored(),
            Socket::Tls(tls) => tls.is_write_vectored(),
            Socket::Gone => false,
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        match &mut this.socket {
            Socket::Plain(tcp) => Pin::new(tcp).poll_flush(cx),
            Socket::Tls(tls) => {
                let flushed = Pin::new(tls).poll_flush(cx);
                this.note(flushed)
            }
            Socket::Gone => Poll::Ready(Err(gone())),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().socket {
            Socket::Plain(tcp) => Pin::new(tcp).poll_shutdown(cx),
            Socket::Tls(tls) => Pin::new(tls).poll_shutdown(cx),
            Socket::Gone => Poll::Ready(Err(gone())),
        }
    }
}
