//! What is told of each request that has ended: a line in the access log, and counts.
//!
//! It is the [`Sink`] that the walk settles requests with. Nothing here waits.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use policy::BackendCall;

use crate::access_log::{AccessLog, AccessRecord, BackendRecord, CacheUse, LoggedError, LoggedTarget};
use crate::metrics::{Metrics, Outcome};
use crate::walk::{Ended, Settled, Sink};

/// Where requests are told of.
#[derive(Debug)]
pub struct Telemetry {
    metrics: Arc<Metrics>,
    log: Option<AccessLog>,
    region: Option<Arc<str>>,
}

impl Telemetry {
    /// Counts into `metrics` and writes to `log`, if there is one. `region` is where this gateway says it runs.
    #[must_use]
    pub fn new(metrics: Arc<Metrics>, log: Option<AccessLog>, region: Option<Arc<str>>) -> Self {
        Self { metrics, log, region }
    }

    fn count(&self, settled: &Settled) {
        let outcome = outcome(settled);
        match &settled.api {
            Some(api) => self.metrics.requests.observe(api, &outcome),
            None => self.metrics.requests.unmatched().observe(&outcome),
        }
        if let Some(end) = &settled.web_socket {
            let api = settled.api.as_ref().map(|api| api.qualified_name()).unwrap_or_default();
            self.metrics.web_sockets.ended(&api, end.reason);
        }
    }
}

impl Sink for Telemetry {
    fn settle(&self, settled: &Settled) {
        self.count(settled);
        if let Some(log) = &self.log {
            log.record(&record(settled, self.region.as_deref()));
        }
    }
}

fn outcome(settled: &Settled) -> Outcome {
    let backend = settled.backend.as_ref();
    Outcome {
        status: settled.status.and_then(status),
        backend_status: backend.and_then(|call| call.status).and_then(status),
        reason: settled.last_error.as_ref().map_or("", |error| error.reason),
        total: settled.total,
        backend: backend.map(|call| call.elapsed),
    }
}

fn record<'a>(settled: &'a Settled, region: Option<&'a str>) -> AccessRecord<'a> {
    let code = settled.status.and_then(status);
    let is_good = code.is_some_and(|code| code.as_u16() < 400);
    let api = settled.api.as_deref();
    let backend_time = settled.backend.as_ref().map_or(Duration::ZERO, |call| call.elapsed);
    let operation = api.zip(settled.operation_index).and_then(|(api, index)| api.operations.get(index));
    let elapsed = Some(settled.failed_after);
    AccessRecord {
        time_generated: settled.received,
        correlation_id: settled.id,
        configuration: Some(&settled.about.edition),
        region,
        workspace_id: api.and_then(|api| api.workspace.as_ref()),
        api_id: api.map(|api| &api.id),
        api_revision: api.map(|api| &*api.revision),
        operation_id: operation.map(|operation| &operation.id),
        operation_name: operation.map(|operation| &operation.display_name),
        product_id: settled.product.as_ref().map(|product| &product.id),
        apim_subscription_id: settled.subscription.as_ref().map(|subscription| &subscription.id),
        user_id: settled.user.as_ref().map(|user| &user.id),
        caller_oid: settled.caller_oid.as_deref(),
        caller_app_id: settled.caller_app_id.as_deref(),
        caller_ip_address: settled.caller_ip,
        client_protocol: settled.about.version,
        client_tls_version: settled.about.tls,
        method: &settled.method,
        url: &settled.url,
        request_size: settled.request_bytes,
        response_code: code,
        response_size: settled.response_bytes,
        total_time: settled.total,
        client_time: Some(settled.total.saturating_sub(backend_time)),
        is_request_success: is_good && settled.ended == Ended::Complete,
        cache: CacheUse::None,
        cache_time: None,
        backend: settled.backend.as_ref().map(backend),
        last_error: settled.last_error.as_ref().map(|error| LoggedError { error, elapsed }),
        errors: &[],
        trace_records: &settled.trace,
        web_socket: settled.web_socket,
    }
}

fn backend(call: &BackendCall) -> BackendRecord<'_> {
    BackendRecord {
        url: LoggedTarget {
            scheme: call.url.scheme_str().unwrap_or("http"),
            authority: call.url.authority().map_or("", http::uri::Authority::as_str),
            path: call.url.path(),
        },
        id: call.backend.as_deref(),
        method: &call.method,
        protocol: call.answered_with,
        response_code: call.status.and_then(status),
        time: call.elapsed,
        identity: call.identity.as_deref(),
    }
}

fn status(code: u16) -> Option<StatusCode> {
    StatusCode::from_u16(code).ok()
}
