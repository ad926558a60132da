//! What becomes of a call that failed: the fault that policies see, and whether the call is made again.

use http::header::RETRY_AFTER;
use http::{HeaderValue, Method};
use http_body::Body as _;
use http_body_util::BodyExt as _;
use net::{Error, ErrorKind, Incoming};
use policy::{Body, BodyError, BrokenAnswer, CallerBroke, Exchange, Fault, FaultKind, ForwardOptions};

/// Seconds after which a caller may come again when a backend is full: requests end all the time.
const COME_AGAIN: HeaderValue = HeaderValue::from_static("1");

/// A call without an answer.
pub(super) struct Failed {
    pub(super) fault: Fault,
    /// What the connection says of trying again, if it is one that had been used before and went away, or if the backend said
    /// that it has not looked at the request.
    again: Option<net::Retry>,
}

impl Failed {
    /// The fault of an error. Its message names what failed; hosts, which may be made of secrets, stand in the log only.
    pub(super) fn of(error: &Error, exchange: &Exchange, options: ForwardOptions) -> Self {
        if error.kind() == ErrorKind::HeadTimeout {
            return Self { fault: silent(options), again: None };
        }
        let may_be_again = error.is_stale_connection() || error.is_unprocessed();
        let again = may_be_again.then(|| error.retry());
        Self { fault: fault(error, exchange).detail(with_causes(error)), again }
    }

    /// Whether the call is made once more, if its body is there once more: a kept connection that the backend closed while
    /// the request was on its way, or one over HTTP/2 that refused it.
    ///
    /// INVARIANT: a request that may have been carried out is sent again only if doing it twice does no harm (RFC 9110
    /// section 9.2.2), and once in all (decision 19).
    pub(super) fn is_made_again(&self, exchange: &mut Exchange) -> bool {
        let is_safe = match self.again {
            Some(net::Retry::Safe) => true,
            Some(net::Retry::IfIdempotent) => is_idempotent(&exchange.request.method),
            Some(net::Retry::Never) | None => false,
        };
        is_safe && exchange.attempts.spend()
    }
}

/// The backend's answer did not begin in the time that `forward-request` gives it.
fn silent(options: ForwardOptions) -> Fault {
    let seconds = options.timeout.as_secs_f64();
    let message = format!("The backend did not begin to answer within {seconds} seconds.");
    Fault::with_message(FaultKind::Timeout, message)
}

impl From<Fault> for Failed {
    fn from(fault: Fault) -> Self {
        Self { fault, again: None }
    }
}

/// RFC 9110 section 9.2.2.
fn is_idempotent(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::PUT | Method::DELETE | Method::OPTIONS)
}

fn fault(error: &Error, exchange: &Exchange) -> Fault {
    if let Some(broke) = CallerBroke::among(error) {
        return broke.fault();
    }
    let what = match error.kind() {
        // Which of them it is depends on the moment; the log has it.
        ErrorKind::Closed | ErrorKind::Reset | ErrorKind::Canceled => "the connection broke off",
        kind => kind.sentence(),
    };
    match error.kind() {
        ErrorKind::RequestBody => {
            Fault::with_message(FaultKind::ClientConnectionFailure, "The request body broke off.")
        }
        ErrorKind::Full | ErrorKind::QueueTimeout => {
            let message = format!("{} cannot be called: {what}.", named(exchange));
            Fault::with_message(FaultKind::BackendOverloaded, message).header(RETRY_AFTER, COME_AGAIN)
        }
        // COMPAT: what keeps a connection from being made is a failure of the connection, slow or not
        // (`policies-a.md` 4.1).
        ErrorKind::SendingTimeout => {
            let message = format!("Error occurred while calling the backend service: {what}.");
            Fault::with_message(FaultKind::Timeout, message)
        }
        _ => {
            let message = format!("Error occurred while calling the backend service: {what}.");
            Fault::with_message(FaultKind::BackendConnectionFailure, message)
        }
    }
}

fn named(exchange: &Exchange) -> String {
    match exchange.target.backend() {
        Some(backend) => format!("The backend `{}`", backend.id),
        None => "The backend service".to_owned(),
    }
}

/// An error and what it came from, for the operator: "connection refused", "unknown issuer".
fn with_causes(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(each) = cause {
        text.push_str(&format!(": {each}"));
        cause = each.source();
    }
    text
}

/// The body of an answer, whose failures are those of the backend.
pub(super) fn answered(body: Incoming) -> Body {
    if body.is_end_stream() {
        return Body::Empty;
    }
    Body::Stream(Box::pin(body.map_err(broken)))
}

#[cold]
fn broken(error: Error) -> BodyError {
    let kind = match error.is_timeout() {
        true => FaultKind::Timeout,
        false => FaultKind::BackendConnectionFailure,
    };
    BodyError::from(BrokenAnswer { kind, what: error.kind().sentence(), source: error.into() })
}
