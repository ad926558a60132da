//! The last room: each admitted request is settled exactly once, whatever became of it.
//!
//! Until its answer's head is made a request is [`Running`]; then the answer's body carries a [`Settle`]. Whichever of
//! the two is dropped last settles it. What logs and counts it is a [`Sink`], which must not block.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use http::{Method, Version};
use http_body::Body as _;
use jiff::Timestamp;
use model::{Api, Product, Subscription, User};
use policy::trace::TraceRecord;
use policy::{
    BackendCall, Body, BodyError, BrokenAnswer, Clock, Exchange, Fault, FaultKind, LastError, ResponseOrigin,
    Section,
};
use uuid::Uuid;

use super::upgrade::{Reason, WebSocketEnd};
use crate::access_log::{LoggedUrl, Place};
use crate::listen::Connection;
use crate::snapshot::Edition;

/// The built-in step that hands an answer to the caller.
const TRANSFER: &str = "transfer-response";

/// Query parameters by which clients send credentials, be there a policy that looks for them or not. `access_token` is
/// where OAuth puts one (RFC 6750 section 2.3), `sig` where shared access signatures stand.
const SECRET_PARAMETERS: [&str; 7] =
    ["subscription-key", "api-key", "access_token", "id_token", "client_secret", "client_assertion", "sig"];

/// Takes the record of each request. Must not block.
pub trait Sink: Send + Sync + fmt::Debug {
    /// Takes the record of a request that has ended.
    fn settle(&self, settled: &Settled);
}

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The answer reached the caller in full, as far as we can see.
    Complete,
    /// The caller went away before the answer's head.
    BeforeHead,
    /// The caller went away, or stopped reading, within the answer's body.
    WithinBody,
    /// The backend's body broke off.
    BrokenBackend,
}

/// Everything that logs, metrics and meters want to know of a request.
#[derive(Debug)]
pub struct Settled {
    /// `context.RequestId`, the correlation id.
    pub id: Uuid,
    /// When its head had arrived.
    pub received: Timestamp,
    /// From the head's arrival to the end of the answer.
    pub total: Duration,
    /// How it ended.
    pub ended: Ended,
    /// Connection and configuration.
    pub about: About,
    /// The caller's address.
    pub caller_ip: Option<IpAddr>,
    /// The caller's method.
    pub method: Method,
    /// The URL that the caller used; a subscription key in it is masked.
    pub url: LoggedUrl,
    /// The status that the caller got; none when there was nobody to get it.
    pub status: Option<u16>,
    /// Whether the answer was the backend's.
    pub from_backend: bool,
    /// Length of the caller's body in bytes, as announced.
    pub request_bytes: Option<u64>,
    /// Bytes of the answer's body that were sent.
    pub response_bytes: u64,
    /// The API.
    pub api: Option<Arc<Api>>,
    /// The operation's place in the API's list.
    pub operation_index: Option<usize>,
    /// The product in whose context the call was made.
    pub product: Option<Arc<Product>>,
    /// The caller's subscription.
    pub subscription: Option<Arc<Subscription>>,
    /// The subscription's owner.
    pub user: Option<Arc<User>>,
    /// `oid` of the token that a policy verified.
    pub caller_oid: Option<Arc<str>>,
    /// `appid` of that token, or `azp`.
    pub caller_app_id: Option<Arc<str>>,
    /// The latest call to a backend.
    pub backend: Option<BackendCall>,
    /// The error that was handled.
    pub last_error: Option<LastError>,
    /// From the head's arrival to that error.
    pub failed_after: Duration,
    /// What `trace` policies said.
    pub trace: Vec<TraceRecord>,
    /// What became of the WebSocket; none where there was none.
    pub web_socket: Option<WebSocketEnd>,
}

/// What is known of a request besides its exchange.
#[derive(Clone, Debug)]
pub struct About {
    /// The protocol that the caller spoke.
    pub version: Version,
    /// The TLS version that the caller spoke.
    pub tls: Option<&'static str>,
    /// The configuration that the request ran under.
    pub edition: Arc<Edition>,
}

impl About {
    pub(super) fn new(version: Version, connection: &Connection, edition: &Arc<Edition>) -> Self {
        Self { version, tls: connection.tls.as_ref().map(|tls| tls.version), edition: Arc::clone(edition) }
    }
}

/// A request whose answer's head has not been made.
pub(super) struct Running {
    pub(super) exchange: Box<Exchange>,
    about: About,
    sink: Arc<dyn Sink>,
    answered: bool,
}

impl Running {
    pub(super) fn begin(exchange: Box<Exchange>, about: About, sink: &Arc<dyn Sink>) -> Self {
        Self { exchange, about, sink: Arc::clone(sink), answered: false }
    }

    /// The configuration that the request runs under.
    pub(super) fn edition(&self) -> &Edition {
        &self.about.edition
    }

    /// The head of the answer is made; its body carries the rest.
    pub(super) fn answered(mut self, body: &Body) -> Settle {
        self.answered = true;
        let ended = if body.is_end_stream() { Ended::Complete } else { Ended::WithinBody };
        let settled = record(&mut self.exchange, self.about.clone(), ended);
        let clock = Arc::clone(&self.exchange.ports.clock);
        Settle { settled: Some(Box::new(settled)), sink: Arc::clone(&self.sink), clock }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // After a panic the listener asks for a refusal, which is settled instead.
        if self.answered || std::thread::panicking() {
            return;
        }
        let mut settled = record(&mut self.exchange, self.about.clone(), Ended::BeforeHead);
        settled.status = None;
        settled.total = passed(settled.received, &*self.exchange.ports.clock);
        explain(&mut settled);
        self.sink.settle(&settled);
    }
}

/// An answer that did not reach its end is an error of somebody, though no policy has seen it: without a reason it
/// would look like a success in metrics and logs.
///
/// COMPAT: the reasons are those of the connections (`policies-a.md` 9.3), the step is `transfer-response`.
fn explain(settled: &mut Settled) {
    let (kind, message) = match settled.ended {
        Ended::Complete => return,
        Ended::BeforeHead | Ended::WithinBody => {
            (FaultKind::ClientConnectionFailure, "The caller went away before the answer was complete.")
        }
        // Told by whoever saw it break.
        Ended::BrokenBackend => return,
    };
    if settled.last_error.is_none() {
        let fault = Fault::with_message(kind, message).source(TRANSFER);
        let section = if settled.ended == Ended::BeforeHead { Section::Backend } else { Section::Outbound };
        settled.last_error = Some(LastError::of_gateway(&fault, None).in_section(section));
        settled.failed_after = settled.total;
    }
}

/// A request whose answer is on its way.
pub(super) struct Settle {
    settled: Option<Box<Settled>>,
    sink: Arc<dyn Sink>,
    clock: Arc<dyn Clock>,
}

impl Settle {
    /// Of a request that there is not: it settles nothing.
    #[cfg(test)]
    pub(super) fn unsettled() -> Self {
        #[derive(Debug)]
        struct Nowhere;
        impl Sink for Nowhere {
            fn settle(&self, _: &Settled) {}
        }
        impl Clock for Nowhere {
            fn now(&self) -> Timestamp {
                Timestamp::UNIX_EPOCH
            }
        }
        Self { settled: None, sink: Arc::new(Nowhere), clock: Arc::new(Nowhere) }
    }

    /// So many bytes of the answer were handed to the connection.
    pub(super) fn sent(&mut self, bytes: usize) {
        if let Some(settled) = &mut self.settled {
            settled.response_bytes += bytes as u64;
        }
    }

    /// The backend's body broke off.
    pub(super) fn broken(&mut self, error: &BodyError) {
        self.end(Ended::BrokenBackend);
        let passed = self.settled.as_ref().map(|settled| passed(settled.received, &*self.clock));
        if let (Some(settled), Some(passed)) = (&mut self.settled, passed)
            && settled.last_error.is_none()
        {
            let fault = BrokenAnswer::fault(error).source(TRANSFER);
            settled.last_error = Some(LastError::of_gateway(&fault, None).in_section(Section::Outbound));
            settled.failed_after = passed;
        }
    }

    /// The answer is complete.
    pub(super) fn complete(&mut self) {
        self.end(Ended::Complete);
    }

    /// A WebSocket has ended.
    pub(super) fn web_socket(&mut self, end: WebSocketEnd) {
        if let Some(settled) = &mut self.settled {
            settled.ended = match end.reason {
                Reason::Unopened => Ended::BeforeHead,
                Reason::CallerLeft | Reason::Cut => Ended::WithinBody,
                Reason::BackendLeft => Ended::BrokenBackend,
                _ => Ended::Complete,
            };
            if end.reason == Reason::BackendLeft && settled.last_error.is_none() {
                settled.last_error = Some(left());
            }
            settled.request_bytes = Some(end.from_caller.bytes);
            settled.response_bytes = end.from_backend.bytes;
            settled.web_socket = Some(end);
        }
    }

    /// A settle for whoever shares the request's answer and settles nothing.
    pub(super) fn nothing(&self) -> Self {
        Self { settled: None, sink: Arc::clone(&self.sink), clock: Arc::clone(&self.clock) }
    }

    fn end(&mut self, ended: Ended) {
        if let Some(settled) = &mut self.settled {
            settled.ended = ended;
        }
    }
}

/// A backend that was gone without a close frame.
#[cold]
fn left() -> LastError {
    let message = "The backend left the WebSocket without a close frame.";
    let fault = Fault::with_message(FaultKind::BackendConnectionFailure, message).source(TRANSFER);
    LastError::of_gateway(&fault, None).in_section(Section::Outbound)
}

impl Drop for Settle {
    fn drop(&mut self) {
        if let Some(mut settled) = self.settled.take() {
            settled.total = passed(settled.received, &*self.clock);
            explain(&mut settled);
            self.sink.settle(&settled);
        }
    }
}

impl fmt::Debug for Settle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Settle")
    }
}

fn passed(since: Timestamp, clock: &dyn Clock) -> Duration {
    between(since, clock.now())
}

fn between(start: Timestamp, end: Timestamp) -> Duration {
    Duration::try_from(end.duration_since(start)).unwrap_or_default()
}

/// The record of a request. The exchange is of no use to anybody afterwards: what the record has of it is taken.
fn record(exchange: &mut Exchange, about: About, ended: Ended) -> Settled {
    let url = logged_url(exchange);
    let response = exchange.response.as_ref();
    Settled {
        id: exchange.id,
        received: exchange.received,
        total: Duration::ZERO,
        ended,
        about,
        caller_ip: exchange.request.client_ip,
        method: exchange.request.original.method.clone(),
        url,
        status: response.map(|response| response.status.as_u16()),
        from_backend: response.is_some_and(|response| response.origin == ResponseOrigin::Backend),
        request_bytes: exchange.request_length,
        response_bytes: 0,
        operation_index: exchange.operation_index,
        product: exchange.caller.product.take(),
        subscription: exchange.caller.subscription.take(),
        user: exchange.caller.user.take(),
        caller_oid: exchange.caller.oid.take(),
        caller_app_id: exchange.caller.app_id.take(),
        api: exchange.api.take(),
        backend: exchange.backend_call.take(),
        last_error: exchange.last_error.take(),
        failed_after: exchange.failed_at.map(|at| between(exchange.received, at)).unwrap_or_default(),
        trace: std::mem::take(&mut exchange.trace),
        web_socket: None,
    }
}

/// The caller's URL with what may be a subscription key or a token masked, good or not.
fn logged_url(exchange: &Exchange) -> LoggedUrl {
    let original = &exchange.request.original;
    let port = (!original.is_usual_port()).then_some(original.port);
    let place = Place { scheme: original.scheme, host: host(original.host()), port };
    let own = exchange.api.as_ref().map(|api| &*api.key_names.query);
    LoggedUrl::new(place, original.path(), original.query(), |name| {
        let is_it = |secret: &str| secret.eq_ignore_ascii_case(name);
        SECRET_PARAMETERS.into_iter().any(is_it)
            // Where no API was found nobody knows under which name it would take its key.
            || own.is_none_or(is_it)
            || exchange.caller.token_parameters.iter().any(|secret| is_it(secret))
    })
}

/// A host that could be one; of refused requests it may be anything.
fn host(text: &str) -> &str {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'/' | b'?' | b'#' | b'"' | b'\\');
    if text.bytes().all(is_plain) { text } else { "" }
}
