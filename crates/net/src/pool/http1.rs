//! HTTP/1.1 connections: one request at a time.
//!
//! When the head of an answer has come, its connection is still busy with the body. Its handle is parked where the
//! connection's own task finds it, and that task puts it among the idle ones as soon as the body has ended. So no
//! further task and no wrapped body is needed to learn when that is.
//!
//! That task also watches until when the head of an answer must have come. Its timer runs on from request to request and is
//! looked at when it fires: a request only writes down its moment.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};

use http::{Request, Response, StatusCode};
use http_body::Body as _;
use hyper::body::Incoming as HyperBody;
use hyper::client::conn::TrySendError;
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use tokio::time::{Instant, Sleep, sleep_until};

use super::gate::Counted;
use super::host::Host;
use super::life::Life;
use super::{Failed, Opening, Outgoing, Permit};
use crate::answer::Incoming;
use crate::destination::Inner;
use crate::error::{Error, ErrorKind, Retry};
use crate::prepare;
use crate::stream::{Portions, Stream};

/// Header fields that the HTTP library reads unless told otherwise.
const USUAL_HEADERS: usize = 100;

/// A connection's handle, and where it waits while its answer's body is read.
pub(super) struct Connection<B> {
    sender: SendRequest<B>,
    parked: Arc<Parked<B>>,
}

/// What is known of a connection besides.
struct Parked<B> {
    slot: Mutex<Slot<B>>,
    life: Life,
    portions: Arc<Portions>,
}

impl<B> Parked<B> {
    /// Reads the body of this answer as it is to be read.
    fn expect(&self, answer: &Response<HyperBody>) {
        match answer.status() {
            StatusCode::SWITCHING_PROTOCOLS => self.portions.any(),
            _ => self.portions.of_body(answer.body().size_hint().exact()),
        }
    }
}

/// What a connection's requests and its task tell one another.
struct Slot<B> {
    /// The handle, while an answer's body is read.
    sender: Option<SendRequest<B>>,
    /// Until when the head of an answer must have come.
    due: Option<Instant>,
    /// Whether the task ended the connection because it had not.
    is_overdue: bool,
}

impl<B> Connection<B> {
    pub(super) fn is_ready(&self) -> bool {
        self.sender.is_ready()
    }

    pub(super) fn life(&self) -> &Life {
        &self.parked.life
    }
}

/// A connection for one request.
pub(crate) struct Lease<B> {
    pub(super) connection: Connection<B>,
    pub(super) host: Arc<Host<B>>,
    pub(super) reused: bool,
    pub(super) permit: Permit,
}

/// A request that was handed to its connection.
pub(crate) struct Sent<B, F> {
    lease: Lease<B>,
    answer: F,
}

impl<B: Outgoing> Lease<B> {
    /// Hands the request to the connection at once. The head of the answer must have come by `due`, if that is given.
    #[expect(clippy::result_large_err, reason = "it carries the request, which is not sent")]
    pub(crate) fn start(
        mut self,
        to: &Inner,
        mut request: Request<B>,
        due: Option<Instant>,
    ) -> Result<Sent<B, impl Future<Output = Answered<B>> + use<B>>, Failed<B>> {
        prepare::for_http1(&mut request, to).map_err(|error| Failed { error, unsent: None })?;
        self.connection.parked.portions.of_head();
        if due.is_some() {
            self.connection.parked.slot.lock().due = due;
        }
        let answer = self.connection.sender.try_send_request(request);
        Ok(Sent { lease: self, answer })
    }

    pub(super) async fn send(self, to: &Inner, request: Request<B>) -> Result<Response<Incoming>, Failed<B>> {
        self.start(to, request, None)?.answer(to).await
    }

    /// Leaves the connection to its task until the body has ended; or keeps it at once if that is so already.
    fn park(self) -> Permit {
        let Connection { sender, parked } = self.connection;
        // INVARIANT: the task looks into the slot after every step it makes. Either this check comes after the step
        // that ended the body, and sees it; or the task's look comes after this, and finds the handle.
        let mut slot = parked.slot.lock();
        slot.due = None;
        if sender.is_ready() {
            drop(slot);
            self.host.put(Connection { sender, parked });
        } else if !sender.is_closed() {
            slot.sender = Some(sender);
        }
        self.permit
    }

    #[cold]
    fn failed(self, mut failed: TrySendError<Request<B>>, to: &Inner) -> Failed<B> {
        if self.connection.parked.slot.lock().is_overdue {
            let error = Error::new(ErrorKind::HeadTimeout, Retry::IfIdempotent).at(to.authority.as_str());
            return Failed { error, unsent: None };
        }
        let unsent = failed.take_message();
        Failed::of(failed.into_error(), unsent, to, self.reused)
    }
}

/// What the HTTP library gives for a request.
type Answered<B> = Result<Response<HyperBody>, TrySendError<Request<B>>>;

impl<B, F> Sent<B, F>
where
    B: Outgoing,
    F: Future<Output = Answered<B>>,
{
    /// The head of the answer.
    pub(crate) async fn answer(self, to: &Inner) -> Result<Response<Incoming>, Failed<B>> {
        let Self { lease, answer } = self;
        match answer.await {
            Ok(response) => {
                lease.connection.parked.expect(&response);
                let permit = lease.park();
                Ok(response.map(|body| Incoming::new(body, &to.options.timeouts, None, permit)))
            }
            Err(failed) => Err(lease.failed(failed, to)),
        }
    }
}

/// Starts HTTP/1.1 on a fresh connection.
pub(super) async fn open<B: Outgoing>(
    stream: Stream,
    host: &Arc<Host<B>>,
    opening: Opening<'_>,
) -> Result<Lease<B>, Error> {
    let Opening { to, permit, counted } = opening;
    let settings = &host.settings;
    let (life, portions) = (Life::of(settings, &stream), stream.portions());
    let mut builder = Builder::new();
    builder.max_buf_size(settings.max_head_bytes);
    // Asked for by name, even the library's own number costs it 3,600 instructions an answer.
    if settings.max_headers != USUAL_HEADERS {
        builder.max_headers(settings.max_headers);
    }
    let started = builder.handshake(TokioIo::new(stream)).await;
    let (sender, connection) = started.map_err(|error| {
        Error::new(ErrorKind::Connect, Retry::Safe).at(to.authority.as_str()).because(error)
    })?;
    let slot = Slot { sender: None, due: None, is_overdue: false };
    let parked = Arc::new(Parked { slot: Mutex::new(slot), life, portions });
    let task = Task {
        connection: connection.with_upgrades(),
        parked: Arc::clone(&parked),
        host: Arc::downgrade(host),
        timer: None,
        missed: None,
        _counted: counted,
    };
    tokio::spawn(task);
    Ok(Lease { connection: Connection { sender, parked }, host: Arc::clone(host), reused: false, permit })
}

/// Moves a connection's bytes; ends when the connection does, or when the head of an answer does not come in time.
struct Task<C, B> {
    connection: C,
    parked: Arc<Parked<B>>,
    host: Weak<Host<B>>,
    /// Fires at the moment of this request or of one before it.
    timer: Option<Pin<Box<Sleep>>>,
    /// A moment that has passed without a head that anybody took.
    missed: Option<Instant>,
    _counted: Counted,
}

impl<C, B: Outgoing> Future for Task<C, B>
where
    C: Future<Output = hyper::Result<()>> + Unpin,
{
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        // A failure is told to the request that it hits.
        if Pin::new(&mut self.connection).poll(cx).is_ready() {
            return Poll::Ready(());
        }
        match self.release() {
            Some(due) if self.is_over(due, cx) => {
                self.parked.slot.lock().is_overdue = true;
                Poll::Ready(())
            }
            _ => Poll::Pending,
        }
    }
}

impl<C, B: Outgoing> Task<C, B> {
    /// Puts a parked connection whose answer is complete among the idle ones. Gives until when the head of an answer must
    /// have come.
    fn release(&self) -> Option<Instant> {
        let mut slot = self.parked.slot.lock();
        let due = slot.due;
        let Some(sender) = slot.sender.take_if(|sender| sender.is_ready()) else { return due };
        drop(slot);
        if let Some(host) = self.host.upgrade() {
            host.put(Connection { sender, parked: Arc::clone(&self.parked) });
        }
        due
    }

    /// Whether a moment has passed, and whoever waits for the head has had a turn since to take one that came before it.
    fn is_over(&mut self, due: Instant, cx: &mut Context<'_>) -> bool {
        if !has_passed(&mut self.timer, due, cx) {
            return false;
        }
        if self.missed.replace(due) == Some(due) {
            return true;
        }
        cx.waker().wake_by_ref();
        false
    }
}

/// Whether it is later than `due`; sees to being woken then. The timer is not touched while it is to fire before that.
fn has_passed(timer: &mut Option<Pin<Box<Sleep>>>, due: Instant, cx: &mut Context<'_>) -> bool {
    let (timer, is_new) = match timer {
        Some(timer) => (timer, false),
        None => (timer.insert(Box::pin(sleep_until(due))), true),
    };
    if !is_new {
        if !timer.is_elapsed() && timer.deadline() <= due {
            return false;
        }
        if Instant::now() >= due {
            return true;
        }
        timer.as_mut().reset(due);
    }
    timer.as_mut().poll(cx).is_ready()
}
