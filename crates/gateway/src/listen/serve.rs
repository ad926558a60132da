//! One connection, from its first byte to its last.

use std::io;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt as _;
use http::header::{CONNECTION, CONTENT_LENGTH, EXPECT, TRAILER, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Version};
use http_body::Body;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use super::alone::Alone;
use super::answer::Answer;
use super::body::CallerBody;
use super::conformance::{Refusal, objection};
use super::connection::{Connection, TlsInfo};
use super::forwarding::Forwarding;
use super::guarded::Guarded;
use super::lent::{Lender, Lent, Rest};
use super::networks::Networks;
use super::parked::Waiting;
use super::preface::{self, Ends};
use super::registry::{InFlight, Parked, Place, Registry, Stage};
use super::settings::Limits;
use super::stream::{Protocol, Stream};
use super::watched::{Unasked, Watched};
use super::words::Refuser;
use super::{Endings, Handler};
use crate::metrics::{ListenMetrics, Timeout};

/// Header fields that the HTTP library reads unless told otherwise.
const USUAL_HEADERS: usize = 100;

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
    pub(super) proxy_protocol_from: Networks,
    pub(super) forwarding: Arc<Forwarding>,
    pub(super) registry: Arc<Registry>,
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
    let opened = Watched::new(unasked, |_| {}, &place, serving.rules(peer)).await.flatten();
    let Some(Ok((stream, protocol, connection))) = opened else { return };
    let (connection, place) = (Arc::new(connection), Arc::new(place));
    match protocol {
        Protocol::Http1 => serve_http1(serving, stream, connection, place).await,
        Protocol::Http2 => serve_http2(serving, stream, connection, place).await,
    }
}

/// From a socket to HTTP: the header of the PROXY protocol, the TLS handshake, or the first bytes.
async fn open<H>(
    serving: &Serving<H>,
    mut tcp: TcpStream,
    peer: SocketAddr,
    tls: Option<TlsAcceptor>,
) -> io::Result<(Stream, Protocol, Connection)> {
    let Ends { caller: peer, called: local } = ends(serving, &mut tcp, peer).await?;
    let forwarding = serving.forwarding.trusts(peer.ip()).then(|| Arc::clone(&serving.forwarding));
    let mut connection =
        Connection { peer, local, forwarding, tls: None, endings: Endings::of(&serving.registry) };
    let Some(acceptor) = tls else {
        let (stream, protocol) = Stream::plain(tcp).await?;
        return Ok((stream, protocol, connection));
    };
    let accepted = within(serving, (Timeout::Tls, peer), acceptor.accept(tcp)).await.inspect_err(|_| {
        serving.metrics.counted().tls_failures.inc();
    })?;
    connection.tls = Some(TlsInfo::of(accepted.get_ref().1));
    let (stream, protocol) = Stream::tls(accepted);
    Ok((stream, protocol, connection))
}

/// The two ends of a connection. Where a load balancer says who they are, it must.
async fn ends<H>(serving: &Serving<H>, tcp: &mut TcpStream, peer: SocketAddr) -> io::Result<Ends> {
    let own = Ends { caller: peer, called: tcp.local_addr()? };
    if !serving.proxy_protocol_from.contain(peer.ip()) {
        return Ok(own);
    }
    let said =
        within(serving, (Timeout::ProxyProtocol, peer), preface::read(tcp)).await.inspect_err(|_| {
            serving.metrics.counted().proxy_protocol_failures.inc();
        })?;
    Ok(said.unwrap_or(own))
}

async fn within<H, T>(
    serving: &Serving<H>,
    (what, caller): (Timeout, SocketAddr),
    work: impl Future<Output = io::Result<T>>,
) -> io::Result<T> {
    tokio::time::timeout(serving.limits.tls_timeout, work).await.unwrap_or_else(|_| {
        serving.metrics.timed_out(what, caller.ip().to_canonical());
        Err(io::ErrorKind::TimedOut.into())
    })
}

async fn serve_http1<H: Handler>(
    serving: Arc<Serving<H>>,
    stream: Stream,
    connection: Arc<Connection>,
    place: Arc<Place>,
) {
    let mut stream = stream.watched_by(Arc::clone(&place.ticket));
    let lender = Lender::new(Arc::clone(&place.ticket));
    loop {
        if requests(&serving, stream, &connection, &lender, &place).await.is_some() {
            return;
        }
        let Some(parked) = place.ticket.parked() else { return };
        let next = match lender.back() {
            Some(rest) => alone(&serving, parked, rest, connection.peer, &place).await,
            None => resting(&serving, parked, connection.peer, &place).await,
        };
        let Some(next) = next else { return };
        stream = next;
    }
}

/// Waits for bytes of the next request.
async fn resting<H>(serving: &Serving<H>, parked: Parked, peer: SocketAddr, place: &Place) -> Option<Stream> {
    let waiting = Unasked { opening: Box::pin(Waiting::new(parked.stream)), place };
    serving.metrics.counted().resting.inc();
    let next = Watched::new(waiting, |_| {}, place, serving.rules(peer)).await.flatten();
    serving.metrics.counted().resting.dec();
    next?.ok()
}

/// Writes what is left of a long answer.
async fn alone<H: Handler>(
    serving: &Serving<H>,
    parked: Parked,
    rest: Rest<H::Body>,
    peer: SocketAddr,
    place: &Place,
) -> Option<Stream> {
    let alone = Alone::new(parked, rest, Arc::clone(&place.ticket));
    Watched::new(alone, |alone| alone.get_mut().finish(), place, serving.rules(peer)).await.flatten()
}

/// Requests of HTTP/1.1, until the connection ends, which gives something, or is put aside.
async fn requests<H: Handler>(
    serving: &Arc<Serving<H>>,
    stream: Stream,
    connection: &Arc<Connection>,
    lender: &Arc<Lender<H::Body>>,
    place: &Arc<Place>,
) -> Option<hyper::Result<()>> {
    let limits = &serving.limits;
    let refuser = Refuser { serving: Arc::clone(serving), connection: Arc::clone(connection) };
    let stream = Guarded::new(stream, Arc::clone(&place.ticket), refuser);
    let peer = connection.peer;
    let (own, shared, connection) = (Arc::clone(place), Arc::clone(serving), Arc::clone(connection));
    let lender = Arc::clone(lender);
    let service = service_fn(move |mut request| {
        // At once: from now on an answer is owed.
        let in_flight = own.ticket.begin(&shared.metrics, Protocol::Http1);
        keep_place(&own, &mut request);
        // The library has a place for it as long as the connection lives, and moves it there: so it is a small thing.
        let lender = (request.version() == Version::HTTP_11).then(|| Arc::clone(&lender));
        Box::pin(answer(Arc::clone(&shared), request, Arc::clone(&connection), in_flight, lender))
    });
    let mut http = http1::Builder::new();
    // Its head timeout allocates a timer for each request; `Watched` has one for the connection.
    http.header_read_timeout(None)
        .max_header_size(limits.head_bytes)
        .max_buf_size(limits.head_bytes.max(READ_BUFFER));
    // Asked for by name, even the library's own number costs it 3,600 instructions a request.
    if limits.headers != USUAL_HEADERS {
        http.max_headers(limits.headers);
    }
    let http = http.serve_connection(TokioIo::new(stream), service).with_upgrades();
    Watched::new(http, |http| http.graceful_shutdown(), place, serving.rules(peer)).parking().await
}

async fn serve_http2<H: Handler>(
    serving: Arc<Serving<H>>,
    stream: Stream,
    connection: Arc<Connection>,
    place: Arc<Place>,
) {
    let shared = Arc::clone(&serving);
    let limits = &shared.limits;
    let stream = stream.watched_by(Arc::clone(&place.ticket));
    let (own, peer) = (Arc::clone(&place), connection.peer);
    let service = service_fn(move |mut request| {
        let in_flight = own.ticket.begin(&serving.metrics, Protocol::Http2);
        keep_place(&own, &mut request);
        answer(Arc::clone(&serving), request, Arc::clone(&connection), in_flight, None)
    });
    let http = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.http2_streams)
        .max_pending_accept_reset_streams(limits.http2_pending_resets)
        .max_header_list_size(u32::try_from(limits.head_bytes).unwrap_or(u32::MAX))
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buf_size(SEND_BUFFER)
        // RFC 8441: WebSockets on streams.
        .enable_connect_protocol()
        .serve_connection(TokioIo::new(stream), service);
    let ended = Watched::new(http, |http| http.graceful_shutdown(), &place, shared.rules(peer)).await;
    if let Some(Err(error)) = ended
        && is_flood(&error)
    {
        shared.metrics.limited("http2-pending-resets", peer.ip().to_canonical());
    }
}

/// Whether HTTP/2's library has had enough: streams that are reset as soon as they are opened (CVE-2023-44487), heads
/// without an end.
fn is_flood(error: &hyper::Error) -> bool {
    let cause = std::error::Error::source(error).and_then(|cause| cause.downcast_ref::<h2::Error>());
    cause.is_some_and(|cause| cause.is_library() && cause.reason() == Some(h2::Reason::ENHANCE_YOUR_CALM))
}

/// Keeps the place of a connection for a request that may become a WebSocket.
fn keep_place(place: &Arc<Place>, request: &mut Request<Incoming>) {
    if request.headers().contains_key(UPGRADE) || request.method() == Method::CONNECT {
        request.extensions_mut().insert(place.hold());
    }
}

/// Answers one request: by the handler, unless the head is refused or the handler panics.
async fn answer<H: Handler>(
    serving: Arc<Serving<H>>,
    request: Request<Incoming>,
    connection: Arc<Connection>,
    in_flight: InFlight,
    lender: Option<Arc<Lender<H::Body>>>,
) -> Result<Response<Lent<H::Body>>, std::convert::Infallible> {
    let version = request.version();
    let asks_to_close = closes(request.headers());
    let expects = request.headers().contains_key(EXPECT);
    let mut response = match objection(&request, serving.limits.headers, expects) {
        Some(why) => refuse_whole(&serving, why, request, &connection),
        None => handle(&serving, request, connection).await,
    };
    // RFC 9110 10.1.1: who hears no instead of `100 Continue` may keep its body to itself, or send it. Nobody knows
    // whether what comes next is that body or another request.
    if expects
        && version == Version::HTTP_11
        && (response.status().is_client_error() || response.status().is_server_error())
    {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        in_flight.switches();
    } else if version <= Version::HTTP_11 && serving.registry.stage() != Stage::Open {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    let lender = lender.filter(|_| is_of_chunks(&response));
    let keep_alive = !asks_to_close && !closes(response.headers());
    Ok(response.map(|body| {
        let answer = Answer::new(body, in_flight);
        match lender {
            Some(lender) => Lent::by(lender, Rest { answer, keep_alive }),
            None => Lent::given(answer),
        }
    }))
}

/// Whether the connection ends after this message (RFC 9112 section 9.6).
fn closes(headers: &HeaderMap) -> bool {
    let values = headers.get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|option| option.trim().eq_ignore_ascii_case("close"))
}

/// Whether the HTTP library writes an answer to HTTP/1.1 in chunks, and no trailers behind them.
fn is_of_chunks<B: Body>(response: &Response<B>) -> bool {
    let framed = [CONTENT_LENGTH, TRANSFER_ENCODING, TRAILER, UPGRADE];
    response.status().is_success()
        && response.body().size_hint().exact().is_none()
        && !framed.iter().any(|name| response.headers().contains_key(name))
}

async fn handle<H: Handler>(
    serving: &Serving<H>,
    request: Request<Incoming>,
    connection: Arc<Connection>,
) -> Response<H::Body> {
    let (pace, caller) = (serving.limits.pace(), connection.peer.ip());
    let request = request.map(|body| CallerBody::new(body, pace, serving.metrics.clone(), caller));
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
