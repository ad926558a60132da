//! HTTP/2 connections: many requests at a time.
//!
//! A connection on which a request waited in vain, and on which nothing at all was read meanwhile, is doubted: it gets no
//! further requests until something is read, if only the answer to a PING. Those that are on it go on. One that refused
//! a request gets others only where there is no other, until it answers one.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use http::{Request, Response};
use hyper::client::conn::TrySendError;
use hyper::client::conn::http2::{Builder, Connection, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use parking_lot::Mutex;
use tokio::time::Instant;

use super::gate::Counted;
use super::host::Host;
use super::life::Life;
use super::progress::{self, Metered};
use super::{Failed, Opening, Outgoing, Permit};
use crate::answer::Incoming;
use crate::destination::Inner;
use crate::error::{Error, ErrorKind, Retry};
use crate::prepare;
use crate::settings::ClientSettings;
use crate::stream::{Portions, Stream};

/// Bytes of an answer that may be on their way or waiting to be read.
const STREAM_WINDOW: u32 = 128 * 1024;

/// How many requests a connection carries, and how many it may.
struct Load {
    streams: AtomicUsize,
    /// The server's limit, as it last said.
    limit: AtomicUsize,
    idle_since: Mutex<Instant>,
    portions: Arc<Portions>,
    /// One more than what had been read when it was doubted; 0 when it never was.
    doubted_at: AtomicUsize,
    /// Whether the last that was heard of a request is that it was refused.
    refuses: AtomicBool,
}

impl Load {
    fn new(portions: Arc<Portions>) -> Arc<Self> {
        Arc::new(Self {
            streams: AtomicUsize::new(0),
            limit: AtomicUsize::new(usize::MAX),
            idle_since: Mutex::new(Instant::now()),
            portions,
            doubted_at: AtomicUsize::new(0),
            refuses: AtomicBool::new(false),
        })
    }

    fn is_doubted(&self) -> bool {
        self.doubted_at.load(Ordering::Relaxed) == self.portions.reads().wrapping_add(1)
    }

    /// What became of a request.
    fn note(&self, failure: Option<&Error>) {
        let is_refusal = failure.is_some_and(Error::is_unprocessed);
        if self.refuses.load(Ordering::Relaxed) != is_refusal {
            self.refuses.store(is_refusal, Ordering::Relaxed);
        }
    }
}

/// A connection that requests share.
pub(super) struct Shared<B> {
    sender: SendRequest<Metered<B>>,
    load: Arc<Load>,
    life: Life,
}

impl<B> Shared<B> {
    /// Whether it takes further requests.
    pub(super) fn is_open(&self, now: Instant) -> bool {
        let is_lost = self.load() == 0 && self.is_doubted();
        !self.sender.is_closed() && !self.life.is_over(now) && !is_lost
    }

    /// Whether somebody waited in vain, and nothing was read since.
    pub(super) fn is_doubted(&self) -> bool {
        self.load.is_doubted()
    }

    /// Whether the server refused a request and has answered none since.
    pub(super) fn refuses(&self) -> bool {
        self.load.refuses.load(Ordering::Relaxed)
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
pub(crate) struct StreamGuard {
    load: Arc<Load>,
    /// What had been read of the connection when the wait began that is under way.
    reads: usize,
    /// Until when the head of the answer is waited for; none when it is there.
    due: Option<Instant>,
}

impl StreamGuard {
    fn new(load: &Arc<Load>) -> Self {
        load.streams.fetch_add(1, Ordering::Relaxed);
        Self { load: Arc::clone(load), reads: load.portions.reads(), due: None }
    }

    /// A wait for the other side begins.
    pub(crate) fn wait(&mut self) {
        self.reads = self.load.portions.reads();
    }

    /// The wait was in vain.
    pub(crate) fn waited_in_vain(&self) {
        if self.load.portions.reads() == self.reads {
            self.load.doubted_at.store(self.reads.wrapping_add(1), Ordering::Relaxed);
        }
    }
}

impl std::fmt::Debug for StreamGuard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StreamGuard")
    }
}

impl Drop for StreamGuard {
    fn drop(&mut self) {
        if self.due.is_some_and(|due| Instant::now() >= due) {
            self.waited_in_vain();
        }
        if self.load.streams.fetch_sub(1, Ordering::Relaxed) == 1 {
            *self.load.idle_since.lock() = Instant::now();
        }
    }
}

/// A place on a connection for one request.
pub(crate) struct Lease<B> {
    sender: SendRequest<Metered<B>>,
    stream: StreamGuard,
    pub(super) reused: bool,
    permit: Permit,
}

impl<B: Outgoing> Lease<B> {
    pub(super) async fn send(
        mut self,
        to: &Inner,
        mut request: Request<B>,
        due: Option<Instant>,
    ) -> Result<Response<Incoming>, Failed<B>> {
        prepare::for_http2(&mut request, to).map_err(|error| Failed { error, unsent: None })?;
        let (request, watch) = progress::of(request, to.options.timeouts.sending);
        self.stream.due = due;
        self.stream.wait();
        let answer = self.sender.try_send_request(request);
        let sent = match watch {
            None => answer.await.map_err(|failed| self.failed(failed, to)),
            Some(watch) => tokio::select! {
                biased;
                answer = answer => answer.map_err(|failed| self.failed(failed, to)),
                () = watch => Err(self.stalled(to)),
            },
        };
        self.stream.due = None;
        let response = sent?;
        self.stream.load.note(None);
        Ok(response.map(|body| Incoming::new(body, &to.options.timeouts, Some(self.stream), self.permit)))
    }

    #[cold]
    fn failed(&self, mut failed: TrySendError<Request<Metered<B>>>, to: &Inner) -> Failed<B> {
        let unsent = failed.take_message().map(|request| request.map(Metered::into_inner));
        let failed = Failed::of(failed.into_error(), unsent, to, self.reused);
        self.stream.load.note(Some(&failed.error));
        failed
    }

    /// The other side has taken nothing of the request's body for too long.
    #[cold]
    fn stalled(&self, to: &Inner) -> Failed<B> {
        self.stream.waited_in_vain();
        let error = Error::new(ErrorKind::SendingTimeout, Retry::IfIdempotent).at(to.authority.as_str());
        Failed { error, unsent: None }
    }
}

/// Starts HTTP/2 on a fresh connection and shares it.
pub(super) async fn open<B: Outgoing>(
    stream: Stream,
    host: &Arc<Host<B>>,
    opening: Opening<'_>,
) -> Result<Lease<B>, Error> {
    let Opening { to, permit, counted } = opening;
    let (life, portions) = (Life::of(&host.settings, &stream), stream.portions());
    let started = builder(&host.settings).handshake(TokioIo::new(stream)).await;
    let (sender, connection) = started.map_err(|error| {
        Error::new(ErrorKind::Connect, Retry::Safe).at(to.authority.as_str()).because(error)
    })?;
    let load = Load::new(portions);
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
    connection: Connection<TokioIo<Stream>, Metered<B>, TokioExecutor>,
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
