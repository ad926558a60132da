//! What is written down about a request.
//!
//! COMPAT: names and meaning are those of the columns of `ApiManagementGatewayLogs`, in the camel case and with the
//! nested `lastError` of the self-hosted gateway's standard output (policies-b 9). Times are whole milliseconds.

use std::net::IpAddr;
use std::time::Duration;

use http::{Method, StatusCode, Version};
use jiff::Timestamp;
use model::{ApiId, DisplayName, OperationId, ProductId, SubscriptionId, UserId, WorkspaceId};
use policy::LastError;
use policy::trace::TraceRecord;
use uuid::Uuid;

use super::{LoggedTarget, LoggedUrl};
use crate::snapshot::Edition;
use crate::walk::WebSocketEnd;

/// One request, from its head to the last byte of its answer. What is not known is not written.
#[derive(Clone, Debug)]
pub struct AccessRecord<'a> {
    /// When its head had arrived.
    pub time_generated: Timestamp,
    /// The same id as in the trace, and as `activityId` in errors that callers see.
    pub correlation_id: Uuid,
    /// The configuration that it ran under.
    pub configuration: Option<&'a Edition>,
    /// Where the gateway runs.
    pub region: Option<&'a str>,

    /// The workspace of the API that matched.
    pub workspace_id: Option<&'a WorkspaceId>,
    /// The API that matched.
    pub api_id: Option<&'a ApiId>,
    /// Its revision.
    pub api_revision: Option<&'a str>,
    /// The operation that matched.
    pub operation_id: Option<&'a OperationId>,
    /// Its name for people.
    pub operation_name: Option<&'a DisplayName>,
    /// The product through which the caller came.
    pub product_id: Option<&'a ProductId>,
    /// The subscription whose key was used.
    pub apim_subscription_id: Option<&'a SubscriptionId>,
    /// The subscription's owner.
    pub user_id: Option<&'a UserId>,

    /// The caller's object id, from a validated token.
    pub caller_oid: Option<&'a str>,
    /// The caller's application id, from a validated token.
    pub caller_app_id: Option<&'a str>,
    /// The caller's address.
    pub caller_ip_address: Option<IpAddr>,
    /// The HTTP version of the request.
    pub client_protocol: Version,
    /// The TLS version; none without TLS.
    pub client_tls_version: Option<&'static str>,
    /// The method.
    pub method: &'a Method,
    /// The URL as it was called, without secrets.
    pub url: &'a LoggedUrl,
    /// Bytes of the request's body, where they were announced or counted.
    pub request_size: Option<u64>,

    /// Status of the answer; none when the caller left before there was one.
    pub response_code: Option<StatusCode>,
    /// Bytes of the answer's body.
    pub response_size: u64,
    /// From the head's arrival to the last byte of the answer.
    pub total_time: Duration,
    /// Of that, reading from and writing to the caller, where it was measured.
    pub client_time: Option<Duration>,
    /// Whether the whole answer was sent, and its status is below 400 (policies-b 9: 4xx, 5xx and callers who leave
    /// are not successes).
    pub is_request_success: bool,
    /// What caches did.
    pub cache: CacheUse,
    /// Time spent on caches; none when they were not asked.
    pub cache_time: Option<Duration>,

    /// The last call to a backend.
    pub backend: Option<BackendRecord<'a>>,
    /// `context.LastError`.
    pub last_error: Option<LoggedError<'a>>,
    /// Every error on the way, when there was more than one.
    pub errors: &'a [LoggedError<'a>],
    /// What `trace` policies said.
    pub trace_records: &'a [TraceRecord],
    /// What became of a WebSocket. Sizes are then those of all its frames.
    pub web_socket: Option<WebSocketEnd>,
}

/// A call to a backend.
#[derive(Clone, Debug)]
pub struct BackendRecord<'a> {
    /// The backend entity, if it was one; behind the name of its workspace, for a policy of the service may have chosen one
    /// of the service.
    pub id: Option<&'a str>,
    /// The method.
    pub method: &'a Method,
    /// The HTTP version, where it is known.
    pub protocol: Option<Version>,
    /// The URL that was called, without secrets.
    pub url: LoggedTarget<'a>,
    /// Status of the answer; none without an answer.
    pub response_code: Option<StatusCode>,
    /// From the call to the head of its answer.
    pub time: Duration,
    /// The credential that was used, by name, never by value.
    pub identity: Option<&'a str>,
}

/// What caches did for a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CacheUse {
    /// They were not asked.
    #[default]
    None,
    /// The answer came from one.
    Hit,
    /// They were asked in vain.
    Miss,
}

/// An error and when it happened.
#[derive(Clone, Debug)]
pub struct LoggedError<'a> {
    /// What went wrong.
    pub error: &'a LastError,
    /// Since the head's arrival, where it was measured.
    pub elapsed: Option<Duration>,
}
