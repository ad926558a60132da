//! HTTP/1.1 connections: one request at a time.
//!
//! When the head of an answer has come, its connection is still busy with the body. Its handle is parked where the
//! connection's own task finds it, and that task puts it among the idle ones as soon as the body has ended. So no
//! further task and no wrapped body is needed to learn when that is.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};

use http::{Request, Response};
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;

use super::gate::Counted;
use super::host::Host;
use super::life::Life;
use super::{Failed, Opening, Outgoing, Permit};
use crate::answer::Incoming;
use crate::destination::Inner;
use crate::error::{Error, ErrorKind, Retry};
use crate::prepare;
use crate::stream::Stream;

/// Header fields that the HTTP library reads unless told otherwise.
const USUAL_HEADERS: usize = 100;

/// A connection's handle, and where it waits while its answer's body is read.
pub(super) struct Connection<B> {
    sender: SendRequest<B>,
    parked: Arc<Parked<B>>,
}

/// What is known of a connection besides.
struct Parked<B> {
    slot: Mutex<Option<SendRequest<B>>>,
    life: Life,
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

impl<B: Outgoing> Lease<B> {
    pub(super) async fn send(
        mut self,
        to: &Inner,
        mut request: Request<B>,
    ) -> Result<Response<Incoming>, Failed<B>> {
        prepare::for_http1(&mut request, to).map_err(|error| Failed { error, unsent: None })?;
        match self.connection.sender.try_send_request(request).await {
            Ok(response) => {
                let permit = self.park();
                Ok(response.map(|body| Incoming::new(body, &to.options.timeouts, None, permit)))
            }
            Err(failed) => Err(Failed::of(failed, to, self.reused)),
        }
    }

    /// Leaves the connection to its task until the body has ended; or keeps it at once if that is so already.
    fn park(self) -> Permit {
        let Connection { sender, parked } = self.connection;
        // INVARIANT: the task looks into the slot after every step it makes. Either this check comes after the step
        // that ended the body, and sees it; or the task's look comes after this, and finds the handle.
        let mut slot = parked.slot.lock();
        if sender.is_ready() {
            drop(slot);
            self.host.put(Connection { sender, parked });
        } else if !sender.is_closed() {
            *slot = Some(sender);
        }
        self.permit
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
    let life = Life::of(settings, &stream);
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
    let parked = Arc::new(Parked { slot: Mutex::new(None), life });
    let task = Task {
        connection: connection.with_upgrades(),
        parked: Arc::clone(&parked),
        host: Arc::downgrade(host),
        _counted: counted,
    };
    tokio::spawn(task);
    Ok(Lease { connection: Connection { sender, parked }, host: Arc::clone(host), reused: false, permit })
}

/// Moves a connection's bytes; ends when the connection does.
struct Task<C, B> {
    connection: C,
    parked: Arc<Parked<B>>,
    host: Weak<Host<B>>,
    _counted: Counted,
}

impl<C, B: Outgoing> Future for Task<C, B>
where
    C: Future<Output = hyper::Result<()>> + Unpin,
{
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        // A failure is told to the request that it hits.
        let polled = Pin::new(&mut self.connection).poll(cx).map(|_| ());
        if polled.is_pending() {
            self.release();
        }
        polled
    }
}

impl<C, B: Outgoing> Task<C, B> {
    /// Puts a parked connection whose answer is complete among the idle ones.
    fn release(&self) {
        let mut slot = self.parked.slot.lock();
        let Some(sender) = slot.take_if(|sender| sender.is_ready()) else { return };
        drop(slot);
        if let Some(host) = self.host.upgrade() {
            host.put(Connection { sender, parked: Arc::clone(&self.parked) });
        }
    }
}
