//! HTTP/2 connections: many requests at a time.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use http::{Request, Response};
use hyper::client::conn::http2::{Builder, Connection, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use parking_lot::Mutex;
use tokio::time::Instant;

use super::gate::Counted;
use super::host::Host;
use super::life::Life;
use super::{Failed, Opening, Outgoing, Permit};
use crate::answer::Incoming;
use crate::destination::Inner;
use crate::error::{Error, ErrorKind, Retry};
use crate::prepare;
use crate::settings::ClientSettings;
use crate::stream::Stream;

/// Bytes of an answer that may be on their way or waiting to be read.
const STREAM_WINDOW: u32 = 128 * 1024;

/// How many requests a connection carries, and how many it may.
struct Load {
    streams: AtomicUsize,
    /// The server's limit, as it last said.
    limit: AtomicUsize,
    idle_since: Mutex<Instant>,
}

/// A connection that requests share.
pub(super) struct Shared<B> {
    sender: SendRequest<B>,
    load: Arc<Load>,
    life: Life,
}

impl<B> Shared<B> {
    /// Whether it takes further requests.
    pub(super) fn is_open(&self, now: Instant) -> bool {
        !self.sender.is_closed() && !self.life.is_over(now)
    }

    pub(super) fn life(&self) -> &Life {
        &self.life
    }

    pub(super) fn load(&self) -> usize {
        self.load.streams.load(Ordering::Relaxed)
    }

    pub(super) fn limit(&self) -> usize {
        self.load.limit.load(Ordering::Relaxed).max(1)
    }

    pub(super) fn is_idle_since(&self, now: Instant, limit: Duration) -> bool {
        self.load() == 0 && now.duration_since(*self.load.idle_since.lock()) >= limit
    }

    pub(super) fn lease(&self, permit: Permit) -> Lease<B> {
        Lease { sender: self.sender.clone(), stream: StreamGuard::new(&self.load), reused: true, permit }
    }
}

/// Counts a call on its HTTP/2 connection, from before it is sent until its answer's body is gone.
pub(crate) struct StreamGuard(Arc<Load>);

impl StreamGuard {
    fn new(load: &Arc<Load>) -> Self {
        load.streams.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(load))
    }
}

impl std::fmt::Debug for StreamGuard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StreamGuard")
    }
}

impl Drop for StreamGuard {
    fn drop(&mut self) {
        if self.0.streams.fetch_sub(1, Ordering::Relaxed) == 1 {
            *self.0.idle_since.lock() = Instant::now();
        }
    }
}

/// A place on a connection for one request.
pub(crate) struct Lease<B> {
    sender: SendRequest<B>,
    stream: StreamGuard,
    pub(super) reused: bool,
    permit: Permit,
}

impl<B: Outgoing> Lease<B> {
    pub(super) async fn send(
        mut self,
        to: &Inner,
        mut request: Request<B>,
    ) -> Result<Response<Incoming>, Failed<B>> {
        prepare::for_http2(&mut request, to).map_err(|error| Failed { error, unsent: None })?;
        match self.sender.try_send_request(request).await {
            Ok(response) => Ok(response
                .map(|body| Incoming::new(body, &to.options.timeouts, Some(self.stream), self.permit))),
            Err(failed) => Err(Failed::of(failed, to, self.reused)),
        }
    }
}

/// Starts HTTP/2 on a fresh connection and shares it.
pub(super) async fn open<B: Outgoing>(
    stream: Stream,
    host: &Arc<Host<B>>,
    opening: Opening<'_>,
) -> Result<Lease<B>, Error> {
    let Opening { to, permit, counted } = opening;
    let life = Life::of(&host.settings, &stream);
    let started = builder(&host.settings).handshake(TokioIo::new(stream)).await;
    let (sender, connection) = started.map_err(|error| {
        Error::new(ErrorKind::Connect, Retry::Safe).at(to.authority.as_str()).because(error)
    })?;
    let load = Arc::new(Load {
        streams: AtomicUsize::new(0),
        limit: AtomicUsize::new(usize::MAX),
        idle_since: Mutex::new(Instant::now()),
    });
    tokio::spawn(Task { connection, load: Arc::clone(&load), _counted: counted });
    let shared = Shared { sender, load, life };
    let lease = Lease { reused: false, ..shared.lease(permit) };
    host.share(shared);
    Ok(lease)
}

fn builder(settings: &ClientSettings) -> Builder<TokioExecutor> {
    let (every, within) = settings.http2_probe;
    let streams = u32::try_from(settings.max_streams_per_connection).unwrap_or(u32::MAX);
    let head = u32::try_from(settings.max_head_bytes).unwrap_or(u32::MAX);
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .initial_stream_window_size(STREAM_WINDOW)
        // INVARIANT: room for every stream's window, so that answers nobody reads do not hold up the others.
        .initial_connection_window_size(STREAM_WINDOW.saturating_mul(streams).min(i32::MAX.unsigned_abs()))
        .max_header_list_size(head)
        .keep_alive_interval(every)
        .keep_alive_timeout(within);
    builder
}

/// Moves a connection's bytes and reads what limit the server sets; ends when the connection does.
struct Task<B: Outgoing> {
    connection: Connection<TokioIo<Stream>, B, TokioExecutor>,
    load: Arc<Load>,
    _counted: Counted,
}

impl<B: Outgoing> Future for Task<B> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let polled = Pin::new(&mut self.connection).poll(cx).map(|_| ());
        if polled.is_pending() {
            self.load.limit.store(self.connection.current_max_send_streams(), Ordering::Relaxed);
        }
        polled
    }
}
