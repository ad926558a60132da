//! A connection's bytes, with or without TLS.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};
use tokio_rustls::client::TlsStream;

/// A connection whose other side must take what is sent.
pub(crate) struct Stream {
    bytes: Bytes,
    /// For how long the other side may take nothing.
    patience: Duration,
    /// Runs while bytes wait to be taken.
    waiting: Option<Pin<Box<Sleep>>>,
    portions: Arc<Portions>,
}

/// How many bytes are read at once.
///
/// Each piece of an answer is held by the buffer that it was read into, and some of them wait while a caller is slow: one
/// in front of the socket, one at the connection to the backend. What the HTTP library reads at once grows with what there is,
/// unless a read gives less than it has room for, which is 8 KiB at first.
#[derive(Debug)]
pub(crate) struct Portions {
    most: AtomicUsize,
    /// How often anything was read, so that whoever waits can tell whether the other side has said anything meanwhile.
    reads: AtomicUsize,
}

impl Portions {
    /// Before an answer's head is there.
    const HEAD: usize = 8 * 1024 - 1;
    /// Of answers whose length is known: few reads where there is much.
    const SIZED: usize = 16 * 1024 - 1;
    /// Of streams, whose pieces are small and whose callers may be slow for long: a page of memory.
    const STREAM: usize = 4 * 1024;

    pub(crate) fn of_head(&self) {
        self.most.store(Self::HEAD, Ordering::Relaxed);
    }

    /// An answer has begun; its length may be known.
    pub(crate) fn of_body(&self, length: Option<u64>) {
        let most = if length.is_some() { Self::SIZED } else { Self::STREAM };
        self.most.store(most, Ordering::Relaxed);
    }

    /// Nothing is held back.
    pub(crate) fn any(&self) {
        self.most.store(usize::MAX, Ordering::Relaxed);
    }

    fn most(&self) -> u64 {
        self.most.load(Ordering::Relaxed) as u64
    }

    /// How often anything was read so far.
    pub(crate) fn reads(&self) -> usize {
        self.reads.load(Ordering::Relaxed)
    }

    /// Only the connection's task reads, so nothing is lost between looking and writing.
    fn count_read(&self) {
        self.reads.store(self.reads().wrapping_add(1), Ordering::Relaxed);
    }
}

/// A TCP connection, plain or wrapped in TLS.
pub(crate) enum Bytes {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// The other side took nothing for too long.
#[derive(Debug, thiserror::Error)]
#[error("the other side takes no bytes")]
pub(crate) struct Stalled;

impl Stream {
    pub(crate) fn new(bytes: Bytes, patience: Duration) -> Self {
        let portions = Portions { most: AtomicUsize::new(usize::MAX), reads: AtomicUsize::new(0) };
        Self { bytes, patience, waiting: None, portions: Arc::new(portions) }
    }

    /// How much it reads at once; as much as there is, until told otherwise.
    pub(crate) fn portions(&self) -> Arc<Portions> {
        Arc::clone(&self.portions)
    }

    /// Whether the TLS handshake settled on HTTP/2.
    pub(crate) fn chose_http2(&self) -> bool {
        match &self.bytes {
            Bytes::Plain(_) => false,
            Bytes::Tls(tls) => tls.get_ref().1.alpn_protocol() == Some(b"h2"),
        }
    }

    /// The other end.
    pub(crate) fn peer(&self) -> Option<std::net::IpAddr> {
        let tcp = match &self.bytes {
            Bytes::Plain(tcp) => tcp,
            Bytes::Tls(tls) => tls.get_ref().0,
        };
        tcp.peer_addr().ok().map(|address| address.ip())
    }

    /// Ends a wait that is too long.
    fn patiently<T>(&mut self, polled: Poll<io::Result<T>>, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        if polled.is_ready() {
            self.waiting = None;
            return polled;
        }
        let waiting = self.waiting.get_or_insert_with(|| Box::pin(sleep(self.patience)));
        match waiting.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, Stalled))),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let most = this.portions.most();
        let polled = match &mut this.bytes {
            Bytes::Plain(tcp) => Pin::new(&mut tcp.take(most)).poll_read(cx, buf),
            Bytes::Tls(tls) => Pin::new(&mut tls.take(most)).poll_read(cx, buf),
        };
        if polled.is_ready() {
            this.portions.count_read();
        }
        polled
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let polled = match &mut this.bytes {
            Bytes::Plain(tcp) => Pin::new(tcp).poll_write(cx, buf),
            Bytes::Tls(tls) => Pin::new(tls).poll_write(cx, buf),
        };
        this.patiently(polled, cx)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let polled = match &mut this.bytes {
            Bytes::Plain(tcp) => Pin::new(tcp).poll_write_vectored(cx, bufs),
            Bytes::Tls(tls) => Pin::new(tls).poll_write_vectored(cx, bufs),
        };
        this.patiently(polled, cx)
    }

    fn is_write_vectored(&self) -> bool {
        match &self.bytes {
            Bytes::Plain(tcp) => tcp.is_write_vectored(),
            Bytes::Tls(tls) => tls.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let polled = match &mut this.bytes {
            Bytes::Plain(tcp) => Pin::new(tcp).poll_flush(cx),
            Bytes::Tls(tls) => Pin::new(tls).poll_flush(cx),
        };
        this.patiently(polled, cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().bytes {
            Bytes::Plain(tcp) => Pin::new(tcp).poll_shutdown(cx),
            Bytes::Tls(tls) => Pin::new(tls).poll_shutdown(cx),
        }
    }
}
