//! Why a call failed, and whether it may be made again.
//!
//! A message names what failed and the host; it never contains a path, a query string or a header.

use std::error::Error as StdError;
use std::fmt;
use std::io;

use crate::stream::Stalled;

/// What went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// As many requests as the destination may have are under way, and as many as may wait for them.
    Full,
    /// The request waited for others to end, for as long as it may.
    QueueTimeout,
    /// The host's name has no address.
    Dns,
    /// The host's name was not looked up in time.
    DnsTimeout,
    /// No address of the host accepted a connection.
    Connect,
    /// The connection took longer than [`Timeouts::connect`](crate::Timeouts::connect).
    ConnectTimeout,
    /// The TLS handshake took longer than [`Timeouts::tls`](crate::Timeouts::tls).
    TlsTimeout,
    /// The other side took no byte of what is sent for [`Timeouts::sending`](crate::Timeouts::sending).
    SendingTimeout,
    /// The answer's head had not come within the limit of [`Client::send_within`](crate::Client::send_within).
    HeadTimeout,
    /// The other side sent no byte of the answer's body for [`Timeouts::gap`](crate::Timeouts::gap).
    GapTimeout,
    /// The answer took longer than [`Timeouts::total`](crate::Timeouts::total).
    TotalTimeout,
    /// The TLS handshake failed: certificate, name, version, or the HTTP version that was asked for.
    Tls,
    /// Every address of the host is one that the destination's guard refuses.
    Guarded,
    /// The other side closed the connection before the answer was complete.
    Closed,
    /// The other side reset the connection or the stream.
    Reset,
    /// What came back is not HTTP, or breaks its rules or our limits.
    Protocol,
    /// The request's own body failed while it was being sent.
    RequestBody,
    /// The request itself cannot be sent (its target is not a path).
    Request,
    /// The connection went away without the request having been sent.
    Canceled,
}

impl ErrorKind {
    /// Every kind.
    pub const ALL: [Self; 19] = [
        Self::Full,
        Self::QueueTimeout,
        Self::Dns,
        Self::DnsTimeout,
        Self::Connect,
        Self::ConnectTimeout,
        Self::Tls,
        Self::TlsTimeout,
        Self::Guarded,
        Self::SendingTimeout,
        Self::HeadTimeout,
        Self::GapTimeout,
        Self::TotalTimeout,
        Self::Closed,
        Self::Reset,
        Self::Protocol,
        Self::RequestBody,
        Self::Request,
        Self::Canceled,
    ];

    /// A stable word for metrics and logs.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::QueueTimeout => "queue-timeout",
            Self::Dns => "dns",
            Self::DnsTimeout => "dns-timeout",
            Self::Connect => "connect",
            Self::ConnectTimeout => "connect-timeout",
            Self::TlsTimeout => "tls-timeout",
            Self::SendingTimeout => "sending-timeout",
            Self::HeadTimeout => "head-timeout",
            Self::GapTimeout => "gap-timeout",
            Self::TotalTimeout => "total-timeout",
            Self::Tls => "tls",
            Self::Guarded => "guarded",
            Self::Closed => "closed",
            Self::Reset => "reset",
            Self::Protocol => "protocol",
            Self::RequestBody => "request-body",
            Self::Request => "request",
            Self::Canceled => "canceled",
        }
    }

    /// Whether the other side was too slow.
    #[must_use]
    pub fn is_timeout(self) -> bool {
        matches!(
            self,
            Self::DnsTimeout
                | Self::ConnectTimeout
                | Self::TlsTimeout
                | Self::SendingTimeout
                | Self::HeadTimeout
                | Self::GapTimeout
                | Self::TotalTimeout
        )
    }

    /// What it means, as part of a sentence.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Full => "too many requests to the host are under way",
            Self::QueueTimeout => "requests to the host did not end in time for this one",
            Self::Dns => "the host's name could not be resolved",
            Self::DnsTimeout => "the host's name was not resolved in time",
            Self::Connect => "no connection could be made",
            Self::ConnectTimeout => "the connection was not made in time",
            Self::TlsTimeout => "the TLS handshake was not done in time",
            Self::SendingTimeout => "the other side stopped to take what is sent",
            Self::HeadTimeout => "the answer did not begin in time",
            Self::GapTimeout => "the answer stopped",
            Self::TotalTimeout => "the answer was not complete in time",
            Self::Tls => "the TLS handshake failed",
            Self::Guarded => "the host's address is one that policies may not call",
            Self::Closed => "the connection was closed before the answer was complete",
            Self::Reset => "the connection was reset",
            Self::Protocol => "the answer is not valid HTTP",
            Self::RequestBody => "the request's body could not be read",
            Self::Request => "the request cannot be sent",
            Self::Canceled => "the connection went away before the request was sent",
        }
    }
}

/// Whether the same request may be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// Sending it again cannot help, or its body is gone.
    Never,
    /// It may have been carried out: only where doing it twice does no harm.
    IfIdempotent,
    /// It was certainly not carried out.
    Safe,
}

/// A failed call.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    retry: Retry,
    on_kept: bool,
    host: Option<Box<str>>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, retry: Retry) -> Self {
        Self { kind, retry, on_kept: false, host: None, source: None }
    }

    pub(crate) fn because(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    pub(crate) fn at(mut self, host: &str) -> Self {
        self.host = Some(host.into());
        self
    }

    /// It happened on a connection that had been used before.
    pub(crate) fn on_kept_connection(mut self) -> Self {
        self.on_kept = true;
        self
    }

    /// Reads what a body or a request failed with once a connection existed.
    pub(crate) fn from_hyper(error: hyper::Error) -> Self {
        let (kind, retry) = classify(&error);
        Self::new(kind, retry).because(error)
    }

    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Whether the connection went away, or refused the request, after it had been used before: the other side may have
    /// closed it while the request was on its way, so that a new connection helps.
    #[must_use]
    pub fn is_stale_connection(&self) -> bool {
        let gone = matches!(self.kind, ErrorKind::Closed | ErrorKind::Reset | ErrorKind::Canceled);
        self.on_kept && gone
    }

    /// Whether the other side said that it has not looked at the request (RFC 9113 section 8.7): it may be sent again,
    /// whatever it does, if its body can be.
    #[must_use]
    pub fn is_unprocessed(&self) -> bool {
        matches!(self.kind, ErrorKind::Closed | ErrorKind::Reset) && self.retry == Retry::Safe
    }

    /// Whether a time was up, or there was no place: the other side is too slow.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.kind.is_timeout()
    }

    /// Whether the request may be sent again.
    #[must_use]
    pub fn retry(&self) -> Retry {
        self.retry
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.sentence())?;
        match &self.host {
            Some(host) => write!(f, " (`{host}`)"),
            None => Ok(()),
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

/// Kind and retryability of an error of the HTTP library, once a connection existed.
fn classify(error: &hyper::Error) -> (ErrorKind, Retry) {
    if error.is_user() {
        return (ErrorKind::RequestBody, Retry::Never);
    }
    if error.is_parse() {
        return (ErrorKind::Protocol, Retry::IfIdempotent);
    }
    if error.is_canceled() {
        return (ErrorKind::Canceled, Retry::Safe);
    }
    if error.is_incomplete_message() || error.is_closed() {
        return (ErrorKind::Closed, Retry::IfIdempotent);
    }
    of_causes(error)
}

/// Looks through the causes for what the socket or the HTTP/2 layer said.
fn of_causes(error: &hyper::Error) -> (ErrorKind, Retry) {
    let mut cause = error.source();
    while let Some(this) = cause {
        if let Some(found) = this.downcast_ref::<io::Error>().and_then(of_socket) {
            return found;
        }
        if let Some(found) = this.downcast_ref::<h2::Error>().and_then(of_http2) {
            return found;
        }
        cause = this.source();
    }
    (ErrorKind::Protocol, Retry::IfIdempotent)
}

fn of_socket(error: &io::Error) -> Option<(ErrorKind, Retry)> {
    if error.get_ref().is_some_and(|cause| cause.is::<Stalled>()) {
        return Some((ErrorKind::SendingTimeout, Retry::IfIdempotent));
    }
    match error.kind() {
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe => {
            Some((ErrorKind::Reset, Retry::IfIdempotent))
        }
        io::ErrorKind::UnexpectedEof | io::ErrorKind::NotConnected => {
            Some((ErrorKind::Closed, Retry::IfIdempotent))
        }
        io::ErrorKind::TimedOut => Some((ErrorKind::Closed, Retry::IfIdempotent)),
        _ => None,
    }
}

/// RFC 9113 8.7: a stream refused with REFUSED_STREAM, or above a GOAWAY's last stream, was not processed.
fn of_http2(error: &h2::Error) -> Option<(ErrorKind, Retry)> {
    // The library does not name what the socket said as the cause.
    if let Some(said) = error.get_io() {
        return of_socket(said);
    }
    match error.reason()? {
        h2::Reason::REFUSED_STREAM => Some((ErrorKind::Reset, Retry::Safe)),
        h2::Reason::HTTP_1_1_REQUIRED => Some((ErrorKind::Protocol, Retry::Never)),
        // The library tells a GOAWAY to the streams above its last one only.
        _ if error.is_go_away() && error.is_remote() => Some((ErrorKind::Closed, Retry::Safe)),
        _ if error.is_remote() => Some((ErrorKind::Reset, Retry::IfIdempotent)),
        _ => Some((ErrorKind::Protocol, Retry::IfIdempotent)),
    }
}
