//! One connection, from its first byte to its last.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::FutureExt as _;
use http::header::CONNECTION;
use http::{HeaderValue, Request, Response, StatusCode, Version};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep_until};
use tokio_rustls::TlsAcceptor;

use super::Handler;
use super::answer::Answer;
use super::conformance::{Refusal, objection};
use super::connection::{Connection, TlsInfo};
use super::guarded::Guarded;
use super::registry::{InFlight, Place, Stage};
use super::settings::Limits;
use super::stream::{Protocol, Stream};
use super::words::Refuser;
use crate::metrics::ListenMetrics;

/// HTTP/2 flow control: bytes of a request's body that we take before somebody reads them.
const STREAM_WINDOW: u32 = 256 * 1024;
/// For all streams of a connection together.
const CONNECTION_WINDOW: u32 = 4 * 1024 * 1024;
/// Bytes of an answer that wait inside an HTTP/2 stream for a slow reader.
const SEND_BUFFER: usize = 64 * 1024;
/// HTTP/1.1's read buffer may grow to this, or to a head's limit.
const READ_BUFFER: usize = 64 * 1024;

/// What all connections of a listener share.
pub(super) struct Serving<H> {
    pub(super) handler: Arc<H>,
    pub(super) limits: Limits,
    pub(super) metrics: ListenMetrics,
}

/// Serves a connection until it ends, for whatever reason.
pub(super) async fn serve<H: Handler>(
    serving: Arc<Serving<H>>,
    tcp: TcpStream,
    peer: SocketAddr,
    tls: Option<TlsAcceptor>,
    place: Place,
) {
    let unasked = Unasked { opening: Box::pin(open(&serving, tcp, peer, tls)), place: &place };
    let opened = Watched::new(unasked, |_| {}, &place, serving.limits()).await.flatten();
    let Some(Ok((stream, protocol, connection))) = opened else { return };
    let connection = Arc::new(connection);
    match protocol {
        Protocol::Http1 => serve_http1(serving, stream, connection, place).await,
        Protocol::Http2 => serve_http2(serving, stream, connection, place).await,
    }
}

/// From a socket to HTTP: the TLS handshake, or the first bytes.
async fn open<H>(
    serving: &Serving<H>,
    tcp: TcpStream,
    peer: SocketAddr,
    tls: Option<TlsAcceptor>,
) -> io::Result<(Stream, Protocol, Connection)> {
    let local = tcp.local_addr()?;
    let Some(acceptor) = tls else {
        let (stream, protocol) = Stream::plain(tcp).await?;
        return Ok((stream, protocol, Connection { peer, local, tls: None }));
    };
    let handshake = tokio::time::timeout(serving.limits.tls_timeout, acceptor.accept(tcp)).await;
    let handshake = handshake.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
    let accepted = handshake.inspect_err(|_| {
        serving.metrics.counted().tls_failures.inc();
    })?;
    let info = TlsInfo::of(accepted.get_ref().1);
    let (stream, protocol) = Stream::tls(accepted);
    Ok((stream, protocol, Connection { peer, local, tls: Some(info) }))
}

async fn serve_http1<H: Handler>(
    serving: Arc<Serving<H>>,
    stream: Stream,
    connection: Arc<Connection>,
    place: Place,
) {
    let limits = serving.limits().clone();
    let refuser = Refuser { serving: Arc::clone(&serving), connection: Arc::clone(&connection) };
    let stream = Guarded::new(stream, Arc::clone(&place.ticket), refuser);
    let ticket = Arc::clone(&place.ticket);
    let service = service_fn(move |request| {
        // At once: from now on an answer is owed.
        let in_flight = ticket.begin(&serving.metrics);
        answer(Arc::clone(&serving), request, Arc::clone(&connection), in_flight)
    });
    let http = http1::Builder::new()
        // Its head timeout allocates a timer for each request; `Watched` has one for the connection.
        .header_read_timeout(None)
        .max_headers(limits.headers)
        .max_header_size(limits.head_bytes)
        .max_buf_size(limits.head_bytes.max(READ_BUFFER))
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    Watched::new(http, |http| http.graceful_shutdown(), &place, &limits).await;
}

async fn serve_http2<H: Handler>(
    serving: Arc<Serving<H>>,
    stream: Stream,
    connection: Arc<Connection>,
    place: Place,
) {
    let limits = serving.limits().clone();
    let ticket = Arc::clone(&place.ticket);
    let service = service_fn(move |request| {
        let in_flight = ticket.begin(&serving.metrics);
        answer(Arc::clone(&serving), request, Arc::clone(&connection), in_flight)
    });
    let http = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.http2_streams)
        .max_pending_accept_reset_streams(limits.http2_pending_resets)
        .max_header_list_size(u32::try_from(limits.head_bytes).unwrap_or(u32::MAX))
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buf_size(SEND_BUFFER)
        .serve_connection(TokioIo::new(stream), service);
    Watched::new(http, |http| http.graceful_shutdown(), &place, &limits).await;
}

/// Answers one request: by the handler, unless the head is refused or the handler panics.
async fn answer<H: Handler>(
    serving: Arc<Serving<H>>,
    request: Request<Incoming>,
    connection: Arc<Connection>,
    in_flight: InFlight,
) -> Result<Response<Answer<H::Body>>, std::convert::Infallible> {
    let response = match objection(&request) {
        Some(why) => refuse_whole(&serving, why, request, &connection),
        None => handle(&serving, request, connection).await,
    };
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        in_flight.switches();
    }
    Ok(response.map(|body| Answer::new(body, in_flight)))
}

async fn handle<H: Handler>(
    serving: &Serving<H>,
    request: Request<Incoming>,
    connection: Arc<Connection>,
) -> Response<H::Body> {
    let known = Arc::clone(&connection);
    // The head is needed only after a panic; what it takes to rebuild one is kept small.
    let (method, uri, version) = (request.method().clone(), request.uri().clone(), request.version());
    let handling = AssertUnwindSafe(serving.handler.handle(request, connection)).catch_unwind();
    match handling.await {
        Ok(response) => response,
        Err(_) => {
            serving.metrics.counted().panics.inc();
            let (mut head, ()) = Request::new(()).into_parts();
            (head.method, head.uri, head.version) = (method, uri, version);
            refuse(serving, Refusal::Panic, &head, &known)
        }
    }
}

/// Refuses a request that the library has read.
fn refuse_whole<H: Handler>(
    serving: &Serving<H>,
    why: Refusal,
    request: Request<Incoming>,
    connection: &Connection,
) -> Response<H::Body> {
    let head = request.into_parts().0;
    let mut response = refuse(serving, why, &head, connection);
    if why.ends_connection() && head.version <= Version::HTTP_11 {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

pub(super) fn refuse<H: Handler>(
    serving: &Serving<H>,
    why: Refusal,
    head: &http::request::Parts,
    connection: &Connection,
) -> Response<H::Body> {
    serving.metrics.refused(why);
    serving.handler.refuse(why, head, connection)
}

/// A connection on which nobody has asked for anything yet: a drain ends it at once.
struct Unasked<'a, F> {
    opening: Pin<Box<F>>,
    place: &'a Place,
}

impl<F: Future> Future for Unasked<'_, F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // Looked at first: a request whose bytes are there already is answered.
        if let Poll::Ready(opened) = self.opening.as_mut().poll(cx) {
            return Poll::Ready(Some(opened));
        }
        if self.place.stage() == Stage::Open { Poll::Pending } else { Poll::Ready(None) }
    }
}

/// A connection's future, ended by the drain, by its deadline, or by silence.
struct Watched<'a, F, G> {
    inner: Pin<Box<F>>,
    /// Asks the connection to end after the requests that run.
    finish: G,
    finishing: bool,
    place: &'a Place,
    limits: &'a Limits,
    silence: Pin<Box<Sleep>>,
    /// Whether timer and stage know whom to wake. INVARIANT: one task polls this from first to last.
    known: bool,
}

impl<'a, F, G> Watched<'a, F, G>
where
    F: Future,
    G: FnMut(Pin<&mut F>) + Unpin,
{
    fn new(inner: F, finish: G, place: &'a Place, limits: &'a Limits) -> Self {
        let first = tokio::time::Instant::now() + limits.head_timeout;
        let silence = Box::pin(sleep_until(first));
        Self { inner: Box::pin(inner), finish, finishing: false, place, limits, silence, known: false }
    }

    fn finish(&mut self) {
        if !self.finishing {
            self.finishing = true;
            (self.finish)(self.inner.as_mut());
        }
    }

    /// Looks at the connection's timer. It is set anew only when it fires, so that a request costs nothing here.
    /// True when the connection has been silent for too long.
    fn is_silent(&mut self, cx: &mut Context<'_>) -> bool {
        if self.known && !self.silence.is_elapsed() {
            return false;
        }
        while self.silence.as_mut().poll(cx).is_ready() {
            let now = tokio::time::Instant::now();
            let expires = self.place.ticket.expires(self.limits.head_timeout, self.limits.idle_timeout);
            match expires {
                Some(at) if at <= now => return true,
                Some(at) => self.silence.as_mut().reset(at),
                None => self.silence.as_mut().reset(now + self.limits.head_timeout),
            }
        }
        false
    }
}

impl<F, G> Future for Watched<'_, F, G>
where
    F: Future,
    G: FnMut(Pin<&mut F>) + Unpin,
{
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        if !this.known {
            this.place.watch(cx.waker());
        }
        match this.place.stage() {
            Stage::Open => {}
            Stage::Draining => this.finish(),
            Stage::Cut => return Poll::Ready(None),
        }
        if let Poll::Ready(done) = this.inner.as_mut().poll(cx) {
            return Poll::Ready(Some(done));
        }
        if this.is_silent(cx) {
            return Poll::Ready(None);
        }
        this.known = true;
        Poll::Pending
    }
}
