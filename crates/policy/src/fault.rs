//! What can go wrong while a request is processed: one table, from which statuses, `context.LastError`, default
//! bodies, metric labels and the page `docs/errors.md` come.
//!
//! Sources: API Management's error-handling page for the predefined reasons, `policies-a.md` 0.4 and 9.3 for
//! recorded bodies.

use std::borrow::Cow;
use std::fmt;

use http::{HeaderName, HeaderValue};

/// What the message of an expression that threw begins with.
pub(crate) const EVALUATION_FAILED: &str = "Expression evaluation failed.";

/// Whose doing it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The caller's.
    Client,
    /// Ours, or that of the configuration.
    Gateway,
    /// The backend's.
    Backend,
}

/// Whether the same request may be tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// Trying again gives the same.
    Never,
    /// If the method is idempotent.
    IfIdempotent,
    /// Nothing has reached the backend.
    Safe,
}

macro_rules! faults {
    ($($(#[doc = $doc:literal])* $name:ident = $status:literal $source:literal $reason:literal
        $message:literal => $wire:literal, $origin:ident, $retry:ident;)*) => {
        /// A kind of failure. The table in this file says everything about each.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum FaultKind { $($(#[doc = $doc])* $name,)* }

        impl FaultKind {
            /// Every kind, in table order.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Its row of the table.
            #[must_use]
            pub const fn row(self) -> &'static FaultRow {
                match self { $(Self::$name => &FaultRow {
                    name: stringify!($name), status: $status, source: $source, reason: $reason,
                    message: $message, wire: $wire, origin: Origin::$origin, retry: Retry::$retry,
                    doc: concat!($($doc),*),
                },)* }
            }
        }
    };
}

/// One row of the table of failures.
#[derive(Debug)]
pub struct FaultRow {
    /// The kind's name.
    pub name: &'static str,
    /// HTTP status, unless the policy that failed names one.
    pub status: u16,
    /// `context.LastError.Source`; `*` stands for the name of the policy that failed.
    pub source: &'static str,
    /// `context.LastError.Reason`, also the metric label.
    pub reason: &'static str,
    /// `context.LastError.Message`; `*` where it varies.
    pub message: &'static str,
    /// `message` of the default body; `*` where it is the error's message.
    pub wire: &'static str,
    /// Whose doing it was.
    pub origin: Origin,
    /// Whether it may be tried again.
    pub retry: Retry,
    /// What it is, for the documentation.
    pub doc: &'static str,
}

faults! {
    /// No API or no operation matches the request.
    OperationNotFound = 404 "configuration" "OperationNotFound"
        "Unable to match incoming request to an operation." => "Resource not found", Client, Never;
    /// A request that is not served as it is: its path holds `..`, encoded dots, a backslash or a broken escape, or its
    /// head could mean two things.
    BadRequest = 400 "configuration" "BadRequest"
        "The request is not acceptable." => "Bad request", Client, Never;
    /// The effective policy of the operation does not compile and no earlier version of it is there.
    ConfigurationInvalid = 500 "configuration" "ConfigurationInvalid"
        "The configuration of the API is invalid." => "Internal server error", Gateway, Never;
    /// No subscription key where one is needed.
    SubscriptionKeyNotFound = 401 "authorization" "SubscriptionKeyNotFound"
        "Access denied due to missing subscription key. Make sure to include subscription key when making requests to this API."
        => "Access denied due to missing subscription key. Make sure to include subscription key when making requests to an API.", Client, Never;
    /// A subscription key that does not give access.
    SubscriptionKeyInvalid = 401 "authorization" "SubscriptionKeyInvalid"
        "Access denied due to invalid subscription key. Make sure to provide a valid key for an active subscription."
        => "Access denied due to invalid subscription key. Make sure to provide a valid key for an active subscription.", Client, Never;
    /// The caller went away, or its body broke off.
    ClientConnectionFailure = 499 "*" "ClientConnectionFailure" "*" => "Client closed request", Client, Never;
    /// The caller's body is larger than the limit for bodies that a policy reads.
    RequestBodyTooLarge = 413 "*" "RequestBodyTooLarge" "*" => "Request body too large", Client, Never;
    /// A policy reads a body for which there is no room: all requests together keep as much of bodies as they may.
    BufferedBytesExceeded = 503 "*" "BufferedBytesExceeded" "*" => "Service Unavailable", Gateway, IfIdempotent;
    /// The backend could not be reached, or broke the connection off.
    BackendConnectionFailure = 500 "*" "BackendConnectionFailure" "*" => "Internal server error", Backend, IfIdempotent;
    /// The backend's body is larger than the limit for bodies that a policy reads.
    ResponseBodyTooLarge = 500 "*" "ResponseBodyTooLarge" "*" => "Internal server error", Backend, Never;
    /// The backend sent no response head in time, took no byte of the request for too long, or stopped in its answer.
    Timeout = 500 "*" "Timeout" "*" => "Internal server error", Backend, IfIdempotent;
    /// The backend has as many requests as it may have at once, and others wait for it: nothing was sent.
    BackendOverloaded = 503 "*" "BackendOverloaded" "*" => "Service Unavailable", Backend, Safe;
    /// The circuit breaker of the backend is open: nothing was sent.
    CircuitBreakerOpen = 503 "*" "CircuitBreakerOpen" "*" => "Service Unavailable", Backend, Safe;
    /// The circuit breakers of all backends of the pool that may be used are open: nothing was sent.
    BackendPoolUnavailable = 503 "*" "BackendPoolUnavailable" "*" => "Service Unavailable", Backend, Safe;
    /// The backend answered 400 to 599 and `fail-on-error-status-code` is set; the caller gets that status.
    BackendStatus = 500 "*" "BackendErrorStatus" "*" => "*", Backend, Never;
    /// A policy expression threw.
    ExpressionValueEvaluationFailure = 500 "*" "ExpressionValueEvaluationFailure" "*" => "Internal server error", Gateway, Never;
    /// `check-header`: the header is not there.
    HeaderNotFound = 401 "check-header" "HeaderNotFound" "*" => "*", Client, Never;
    /// `check-header`: the header has another value.
    HeaderValueNotAllowed = 401 "check-header" "HeaderValueNotAllowed" "*" => "*", Client, Never;
    /// `ip-filter`: the caller's address cannot be told.
    FailedToParseCallerIp = 403 "ip-filter" "FailedToParseCallerIP"
        "Failed to establish IP address for the caller. Access denied." => "Forbidden", Client, Never;
    /// `ip-filter` allows others only.
    CallerIpNotAllowed = 403 "ip-filter" "CallerIpNotAllowed" "*" => "Forbidden", Client, Never;
    /// `ip-filter` forbids the caller's address.
    CallerIpBlocked = 403 "ip-filter" "CallerIpBlocked"
        "Caller IP address is blocked. Access denied." => "Forbidden", Client, Never;
    /// `validate-jwt`, `validate-azure-ad-token`: there is no token.
    TokenNotPresent = 401 "*" "TokenNotPresent" "JWT not present." => "JWT not present.", Client, Never;
    /// The token's signature is not that of any key that may be meant, or it has none.
    TokenSignatureInvalid = 401 "*" "TokenSignatureInvalid" "*" => "Invalid JWT.", Client, Never;
    /// The token is for somebody else.
    TokenAudienceNotAllowed = 401 "*" "TokenAudienceNotAllowed" "*" => "Invalid JWT.", Client, Never;
    /// The token is of another issuer.
    TokenIssuerNotAllowed = 401 "*" "TokenIssuerNotAllowed" "*" => "Invalid JWT.", Client, Never;
    /// The token has expired.
    TokenExpired = 401 "*" "TokenExpired" "*" => "Invalid JWT.", Client, Never;
    /// The token names a key that nobody knows.
    TokenSignatureKeyNotFound = 401 "*" "TokenSignatureKeyNotFound" "*" => "Invalid JWT.", Client, Never;
    /// The token does not have a claim that it must have.
    TokenClaimNotFound = 401 "*" "TokenClaimNotFound" "*" => "*", Client, Never;
    /// A claim of the token has another value.
    TokenClaimValueNotAllowed = 401 "*" "TokenClaimValueNotAllowed" "*" => "*", Client, Never;
    /// The token is refused for another reason: it is not well formed, not yet valid, cannot be decrypted, or the keys of
    /// its provider cannot be fetched.
    JwtInvalid = 401 "*" "JwtInvalid" "*" => "Invalid JWT.", Client, Never;
    /// A policy's settings make no sense at run time (a value of the wrong form, a missing variable).
    PolicyFailure = 500 "*" "PolicyFailure" "*" => "Internal server error", Gateway, Never;
    /// A secret that is needed has no value.
    SecretUnavailable = 500 "*" "SecretUnavailable" "*" => "Internal server error", Gateway, Never;
    /// `authentication-managed-identity`, or a backend that wants a token of the gateway: there is none. The log says
    /// what stands in the way.
    ManagedIdentityTokenUnavailable = 500 "*" "ManagedIdentityTokenUnavailable"
        "The gateway's identity gets no token for the resource." => "Internal server error", Gateway, Safe;
    /// A fault of the gateway itself; details are in its log.
    Internal = 500 "gateway" "InternalError" "Internal server error." => "Internal server error", Gateway, Never;
}

/// A failure of one request.
#[derive(Clone, Debug)]
pub struct Fault {
    kind: FaultKind,
    source: Option<&'static str>,
    message: Cow<'static, str>,
    status: u16,
    wire: Option<String>,
    headers: Vec<(HeaderName, HeaderValue)>,
    detail: Option<String>,
}

impl Fault {
    /// A failure with the table's message.
    #[must_use]
    pub fn new(kind: FaultKind) -> Self {
        Self::with_message(kind, kind.row().message)
    }

    /// A failure with a message of its own: what `context.LastError.Message` says, never secrets.
    #[must_use]
    pub fn with_message(kind: FaultKind, message: impl Into<Cow<'static, str>>) -> Self {
        let status = kind.row().status;
        Self {
            kind,
            source: None,
            message: message.into(),
            status,
            wire: None,
            headers: Vec::new(),
            detail: None,
        }
    }

    /// A policy expression threw. COMPAT: the text before the exception's message is that of API Management's
    /// traces (`expressions.md` 8).
    #[must_use]
    pub fn expression(message: &str) -> Self {
        let message = format!("{EVALUATION_FAILED} {message}");
        Self::with_message(FaultKind::ExpressionValueEvaluationFailure, message)
    }

    /// Says which policy or built-in step failed, where the table leaves it open.
    #[must_use]
    pub fn source(mut self, source: &'static str) -> Self {
        self.source = Some(source);
        self
    }

    /// The policy's own status.
    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// The policy's own text for the caller.
    #[must_use]
    pub fn wire(mut self, message: impl Into<String>) -> Self {
        self.wire = Some(message.into());
        self
    }

    /// A header of the default response.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// What the operator reads in the log; callers and policies do not see it. Never secrets.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// The kind.
    #[must_use]
    pub fn kind(&self) -> FaultKind {
        self.kind
    }

    /// `context.LastError.Source`; `policy` names the policy that ran, if any.
    #[must_use]
    pub fn source_name<'a>(&self, policy: Option<&'a str>) -> &'a str
    where
        'static: 'a,
    {
        match (self.source, self.kind.row().source) {
            (Some(own), _) => own,
            (None, "*") => policy.unwrap_or("gateway"),
            (None, table) => table,
        }
    }

    /// `context.LastError.Message`.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The status of the default response.
    #[must_use]
    pub fn response_status(&self) -> u16 {
        self.status
    }

    /// Headers of the default response besides `Content-Type`.
    #[must_use]
    pub fn response_headers(&self) -> &[(HeaderName, HeaderValue)] {
        &self.headers
    }

    /// For the log.
    #[must_use]
    pub fn log_detail(&self) -> Option<&str> {
        self.detail.as_deref()
    }

    /// The `message` of the default body.
    #[must_use]
    pub fn wire_message(&self) -> &str {
        match (&self.wire, self.kind.row().wire) {
            (Some(own), _) => own,
            (None, "*") => &self.message,
            (None, table) => table,
        }
    }

    /// The default body: one line of JSON.
    ///
    /// COMPAT: a blank after `{`, before `}` and after each `:` and `,`; 500 has a third member `activityId`
    /// (recorded responses of 152 and 143 bytes, `policies-a.md` 0.4).
    #[must_use]
    pub fn body(&self, activity_id: &impl fmt::Display) -> String {
        let message = serde_json::Value::from(self.wire_message());
        if self.status == 500 {
            return format!(
                "{{ \"statusCode\": 500, \"message\": {message}, \"activityId\": \"{activity_id}\" }}"
            );
        }
        format!("{{ \"statusCode\": {}, \"message\": {message} }}", self.status)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.row().reason, self.message)
    }
}

impl std::error::Error for Fault {}

#[cfg(test)]
mod tests {
    use super::*;

    /// `policies-a.md` 0.4: two recorded responses have Content-Length 152 and 143.
    #[test]
    fn the_401_bodies_have_the_recorded_lengths() {
        let body = |kind| Fault::new(kind).body(&"").len();
        assert_eq!(body(FaultKind::SubscriptionKeyNotFound), 152);
        assert_eq!(body(FaultKind::SubscriptionKeyInvalid), 143);
    }

    #[test]
    fn a_500_names_the_activity_and_nothing_internal() {
        let fault = Fault::expression("Object reference not set to an instance of an object.");
        let expected = r#"{ "statusCode": 500, "message": "Internal server error", "activityId": "a-1" }"#;
        assert_eq!(fault.body(&"a-1"), expected);
        assert_eq!(fault.source_name(Some("set-variable")), "set-variable");
    }
}
