//! How a request walks through the gateway: one room after another, in one direction.
//!
//! [`Walk::walk`] is the table of contents. Rooms pass values, not callbacks; rooms before the policies know nothing of
//! policies, the rooms of the policies know nothing but a pipeline, and the last rooms know bytes and records.

mod admit;
mod continues;
mod destinations;
mod events;
mod failed;
mod forward;
mod identify;
mod left_behind;
mod member;
mod on_error;
mod outgoing;
mod preflight;
mod redirect;
mod relay;
mod repeat;
mod replay;
mod rotated;
mod route;
mod settle;
mod teller;
mod upgrade;

pub use destinations::Destinations;
pub use forward::Forwarder;
pub use relay::Relay;
pub use settle::{Ended, Settled, Sink};
pub use upgrade::{Passed, Reason as WebSocketEndReason, Sockets, WebSocketEnd, WebSocketLimits};

use std::sync::Arc;

use arc_swap::ArcSwap;
use http::{Request, Response, request};
use policy::{Exchange, Fault, FaultKind, Flow, Pipeline, Ports, Section, UsedSecret, execute};

use crate::callers::Callers;
use crate::listen::{CallerBody, Connection, Handler, Refusal};
use crate::snapshot::Snapshot;
use settle::{About, Running};
use upgrade::Asked;

/// What all requests share.
#[derive(Debug)]
pub struct Walk {
    /// The configuration of this moment.
    pub snapshot: ArcSwap<Snapshot>,
    /// The callers of this moment.
    pub callers: ArcSwap<Callers>,
    /// Time, randomness, the call to the backend.
    pub ports: Arc<Ports>,
    /// Where each request is settled.
    pub sink: Arc<dyn Sink>,
    /// The WebSockets that are open.
    pub sockets: Arc<Sockets>,
}

/// Where the walk has come to when a room fails: which `on-error` is in effect.
struct Failed {
    fault: Fault,
    pipeline: Option<Arc<Pipeline>>,
}

/// What a room gives, or why it fails.
type Room<T> = Result<T, Box<Failed>>;

/// Before which room a request was stopped.
enum Stopped {
    /// There is no operation for it.
    WithoutRoute(Box<Failed>),
    /// There is one.
    Later(Box<Failed>),
}

impl Failed {
    fn new(fault: Fault, pipeline: Option<Arc<Pipeline>>) -> Box<Self> {
        Box::new(Self { fault, pipeline })
    }
}

impl Walk {
    /// Takes one request from its head to the head of its answer; the answer's body carries the rest.
    ///
    /// What waits for nothing is in functions of its own, and what few requests come to behind pointers: everything else is
    /// part of the future of each request, which is moved before it begins.
    pub(crate) async fn walk(
        &self,
        request: Request<CallerBody>,
        connection: Arc<Connection>,
    ) -> Response<Relay> {
        let (snapshot, asked, mut running) = self.enter(request, &connection);
        let is_stream = asked.as_ref().is_some_and(Asked::is_stream);
        if let Err(failed) = self.process(&snapshot, &mut running.exchange, asked).await {
            Box::pin(on_error::run(*failed, &mut running.exchange, &self.ports)).await;
        }
        upgrade::check_status(is_stream, &mut running.exchange);
        relay::relay(running, &connection)
    }

    fn enter(
        &self,
        mut request: Request<CallerBody>,
        connection: &Connection,
    ) -> (Arc<Snapshot>, Option<Asked>, Running) {
        let asked = Asked::of(&mut request);
        let snapshot = self.snapshot.load_full();
        let about = About::new(request.version(), connection, &snapshot.edition);
        let exchange = admit::admit(request, connection, &snapshot, &self.ports);
        let running = Running::begin(exchange, about, &self.sink);
        (snapshot, asked, running)
    }

    async fn process(&self, snapshot: &Snapshot, exchange: &mut Exchange, asked: Option<Asked>) -> Room<()> {
        let pipeline = match self.find_policies(snapshot, exchange, asked) {
            Ok(pipeline) => pipeline,
            Err(Stopped::WithoutRoute(failed)) => {
                return Box::pin(self.maybe_preflight(snapshot, exchange, failed)).await;
            }
            Err(Stopped::Later(failed)) => return Err(failed),
        };
        let run = run_sections(&pipeline, exchange, &self.ports).await;
        run.map_err(|fault| Failed::new(fault, Some(pipeline)))
    }

    /// The rooms before the policies.
    fn find_policies(
        &self,
        snapshot: &Snapshot,
        exchange: &mut Exchange,
        asked: Option<Asked>,
    ) -> Result<Arc<Pipeline>, Stopped> {
        let routed = route::route(snapshot, exchange).map_err(Stopped::WithoutRoute)?;
        let pipeline = identify::identify(&self.callers.load(), &routed, exchange).map_err(Stopped::Later)?;
        if let Err(fault) = upgrade::begin(routed.entry.api.kind, asked, &self.sockets, exchange) {
            return Err(Stopped::Later(Failed::new(fault, Some(pipeline))));
        }
        if let Some(slots) = pipeline.rotating() {
            exchange.rotating = slots.iter().map(UsedSecret::of).collect();
        }
        exchange.ends_with_call = pipeline.ends_with_call();
        Ok(pipeline)
    }

    /// A cross-origin preflight matches no operation of its own; `cors` may answer it.
    async fn maybe_preflight(
        &self,
        snapshot: &Snapshot,
        exchange: &mut Exchange,
        failed: Box<Failed>,
    ) -> Room<()> {
        match preflight::answer(snapshot, exchange).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(failed),
            Err(fault) => Err(Failed::new(fault, failed.pipeline)),
        }
    }
}

/// Inbound, backend, outbound. A policy that responds ends it.
async fn run_sections(pipeline: &Pipeline, exchange: &mut Exchange, ports: &Ports) -> Result<(), Fault> {
    for section in [Section::Inbound, Section::Backend, Section::Outbound] {
        exchange.section = section;
        if execute(pipeline.section(section), exchange, ports).await? == Flow::Respond {
            return Ok(());
        }
    }
    // COMPAT: when nothing was forwarded the caller gets 200 without a body (`policies-b.md` 0).
    let _begun = exchange.response_mut();
    Ok(())
}

impl Handler for Arc<Walk> {
    type Body = Relay;

    fn handle(
        &self,
        request: Request<CallerBody>,
        connection: Arc<Connection>,
    ) -> impl Future<Output = Response<Relay>> + Send {
        self.walk(request, connection)
    }

    fn refuse(&self, why: Refusal, head: &request::Parts, connection: &Connection) -> Response<Relay> {
        let snapshot = self.snapshot.load_full();
        let about = About::new(head.version, connection, &snapshot.edition);
        let exchange = admit::refused(head, connection, &snapshot, &self.ports);
        let mut running = Running::begin(exchange, about, &self.sink);
        let fault = Fault::new(match why {
            Refusal::Panic => FaultKind::Internal,
            _ => FaultKind::BadRequest,
        })
        .status(why.status().as_u16())
        .detail(why.label());
        on_error::refuse(&fault, &mut running.exchange);
        relay::relay(running, connection)
    }
}
