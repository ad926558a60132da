//! Requests and how long they took, by API.

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use http::StatusCode;
use model::{Api, ApiId, WorkspaceId, qualified};
use parking_lot::RwLock;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// Upper ends in seconds. Models answer in milliseconds from a cache and in minutes when they think.
const BUCKETS: [f64; 14] =
    [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0];

/// Series of one API; further outcomes are counted with their categories only. A backend chooses its status codes,
/// and must not be able to fill our memory with them.
const MAX_OUTCOMES: usize = 200;

/// The `api` of requests that matched none.
const NO_API: &str = "";

/// Counts requests.
#[derive(Debug)]
pub struct RequestMetrics {
    requests: Family<OutcomeLabels, Counter>,
    duration: Family<ApiLabel, Histogram, fn() -> Histogram>,
    backend_duration: Family<ApiLabel, Histogram, fn() -> Histogram>,
    apis: RwLock<HashMap<Option<WorkspaceId>, InPlace>>,
    /// The same by where the API is in memory, for those of configurations that are in use.
    places: RwLock<HashMap<usize, Placed, foldhash::fast::RandomState>>,
    unmatched: Arc<ApiMetrics>,
}

/// The handles of the APIs of the service, or of one workspace.
type InPlace = HashMap<ApiId, Arc<ApiMetrics>>;

/// An API's handles. INVARIANT: as long as somebody refers to a place nothing else comes there.
#[derive(Debug)]
struct Placed {
    api: Weak<Api>,
    metrics: Arc<ApiMetrics>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ApiLabel {
    api: Arc<str>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
    api: Arc<str>,
    gateway_response_code: Code,
    gateway_response_code_category: &'static str,
    backend_response_code: Code,
    backend_response_code_category: &'static str,
    last_error_reason: &'static str,
}

/// How a request ended.
#[derive(Clone, Copy, Debug)]
pub struct Outcome {
    /// Status that the caller was sent; none when the caller left before.
    pub status: Option<StatusCode>,
    /// Status of the backend's answer; none without one.
    pub backend_status: Option<StatusCode>,
    /// `context.LastError.Reason`; empty without an error.
    pub reason: &'static str,
    /// From head to last byte.
    pub total: Duration,
    /// Of that, waiting for and reading from the backend; none when it was not called.
    pub backend: Option<Duration>,
}

/// The handles of one API. They outlive configurations.
#[derive(Debug)]
pub struct ApiMetrics {
    api: Arc<str>,
    requests: Family<OutcomeLabels, Counter>,
    duration: Histogram,
    backend_duration: Histogram,
    /// What was seen so far; a handful for most APIs, so a list is the fastest map.
    outcomes: RwLock<Vec<(Key, Counter)>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Key {
    status: u16,
    backend_status: u16,
    reason: &'static str,
}

impl Default for RequestMetrics {
    fn default() -> Self {
        let requests = Family::default();
        let histogram: fn() -> Histogram = || Histogram::new(BUCKETS);
        let duration = Family::new_with_constructor(histogram);
        let backend_duration = Family::new_with_constructor(histogram);
        let unmatched = ApiMetrics::new(NO_API.into(), &requests, &duration, &backend_duration);
        Self {
            requests,
            duration,
            backend_duration,
            apis: RwLock::default(),
            places: RwLock::default(),
            unmatched,
        }
    }
}

impl RequestMetrics {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register("requests", "Requests that have ended", self.requests.clone());
        registry.register_with_unit(
            "request_duration",
            "From a request's head to the last byte of its answer",
            Unit::Seconds,
            self.duration.clone(),
        );
        registry.register_with_unit(
            "backend_duration",
            "Of that, waiting for the backend and reading its answer",
            Unit::Seconds,
            self.backend_duration.clone(),
        );
    }

    /// The handles of an API, made at its first request.
    #[must_use]
    pub fn api(&self, workspace: Option<&WorkspaceId>, id: &ApiId) -> Arc<ApiMetrics> {
        let workspace = workspace.cloned();
        if let Some(known) = self.apis.read().get(&workspace).and_then(|apis| apis.get(id)) {
            return Arc::clone(known);
        }
        let name = qualified(workspace.as_ref(), id.as_str());
        let mut apis = self.apis.write();
        let known = apis.entry(workspace).or_default().entry(id.clone()).or_insert_with(|| {
            ApiMetrics::new(name.into(), &self.requests, &self.duration, &self.backend_duration)
        });
        Arc::clone(known)
    }

    /// Counts a request of an API.
    pub fn observe(&self, api: &Arc<Api>, outcome: &Outcome) {
        let place = Arc::as_ptr(api).addr();
        if let Some(known) = self.places.read().get(&place) {
            known.metrics.observe(outcome);
            return;
        }
        self.place(api).observe(outcome);
    }

    /// Notes where an API is.
    #[cold]
    fn place(&self, api: &Arc<Api>) -> Arc<ApiMetrics> {
        let metrics = self.api(api.workspace.as_ref(), &api.id);
        let mut places = self.places.write();
        if places.len() == places.capacity() {
            places.retain(|_, placed| placed.api.strong_count() > 0);
        }
        let placed = Placed { api: Arc::downgrade(api), metrics: Arc::clone(&metrics) };
        places.insert(Arc::as_ptr(api).addr(), placed);
        metrics
    }

    /// The handles of requests that matched no API.
    #[must_use]
    pub fn unmatched(&self) -> &Arc<ApiMetrics> {
        &self.unmatched
    }
}

impl ApiMetrics {
    fn new(
        api: Arc<str>,
        requests: &Family<OutcomeLabels, Counter>,
        duration: &Family<ApiLabel, Histogram, fn() -> Histogram>,
        backend_duration: &Family<ApiLabel, Histogram, fn() -> Histogram>,
    ) -> Arc<Self> {
        let label = ApiLabel { api: Arc::clone(&api) };
        Arc::new(Self {
            api,
            requests: requests.clone(),
            duration: duration.get_or_create_owned(&label),
            backend_duration: backend_duration.get_or_create_owned(&label),
            outcomes: RwLock::default(),
        })
    }

    /// Counts a request.
    pub fn observe(&self, outcome: &Outcome) {
        self.count(outcome);
        self.duration.observe(outcome.total.as_secs_f64());
        if let Some(backend) = outcome.backend {
            self.backend_duration.observe(backend.as_secs_f64());
        }
    }

    fn count(&self, outcome: &Outcome) {
        let key = Key {
            status: outcome.status.map_or(0, |status| status.as_u16()),
            backend_status: outcome.backend_status.map_or(0, |status| status.as_u16()),
            reason: outcome.reason,
        };
        if let Some((_, counter)) = self.outcomes.read().iter().find(|(known, _)| *known == key) {
            counter.inc();
            return;
        }
        self.add(key).inc();
    }

    fn add(&self, key: Key) -> Counter {
        let mut outcomes = self.outcomes.write();
        if let Some((_, counter)) = outcomes.iter().find(|(known, _)| *known == key) {
            return counter.clone();
        }
        if outcomes.len() >= MAX_OUTCOMES {
            return self.requests.get_or_create_owned(&self.labels(key, Code::Other));
        }
        let counter = self.requests.get_or_create_owned(&self.labels(key, Code::Exact(key.backend_status)));
        outcomes.push((key, counter.clone()));
        counter
    }

    fn labels(&self, key: Key, backend: Code) -> OutcomeLabels {
        OutcomeLabels {
            api: Arc::clone(&self.api),
            gateway_response_code: Code::Exact(key.status),
            gateway_response_code_category: category(key.status),
            backend_response_code: backend,
            backend_response_code_category: category(key.backend_status),
            last_error_reason: key.reason,
        }
    }
}

/// A status code as a label; zero is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Code {
    Exact(u16),
    Other,
}

impl prometheus_client::encoding::EncodeLabelValue for Code {
    fn encode(
        &self,
        encoder: &mut prometheus_client::encoding::LabelValueEncoder<'_>,
    ) -> Result<(), std::fmt::Error> {
        match self {
            Self::Exact(0) => "".encode(encoder),
            Self::Exact(code) => code.encode(encoder),
            Self::Other => "other".encode(encoder),
        }
    }
}

/// As APIM names them: `2xx`.
fn category(code: u16) -> &'static str {
    match code / 100 {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        5 => "5xx",
        0 => "",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::super::Metrics;
    use super::*;

    fn outcome(status: u16, backend: Option<u16>, reason: &'static str) -> Outcome {
        Outcome {
            status: StatusCode::from_u16(status).ok(),
            backend_status: backend.and_then(|code| StatusCode::from_u16(code).ok()),
            reason,
            total: Duration::from_millis(300),
            backend: backend.map(|_| Duration::from_millis(200)),
        }
    }

    #[test]
    fn requests_are_counted_by_api_codes_and_reason() {
        let metrics = Metrics::new("1.2.3");
        let api = metrics.requests.api(None, &ApiId::new("openai").unwrap());
        api.observe(&outcome(200, Some(200), ""));
        api.observe(&outcome(200, Some(200), ""));
        metrics.requests.api(None, &ApiId::new("openai").unwrap()).observe(&outcome(
            401,
            None,
            "SubscriptionKeyNotFound",
        ));
        metrics.requests.unmatched().observe(&outcome(404, None, "OperationNotFound"));
        let text = metrics.text();
        for line in [
            "cardea_requests_total{api=\"openai\",gateway_response_code=\"200\",\
             gateway_response_code_category=\"2xx\",backend_response_code=\"200\",\
             backend_response_code_category=\"2xx\",last_error_reason=\"\"} 2",
            "cardea_requests_total{api=\"openai\",gateway_response_code=\"401\",\
             gateway_response_code_category=\"4xx\",backend_response_code=\"\",\
             backend_response_code_category=\"\",last_error_reason=\"SubscriptionKeyNotFound\"} 1",
            "cardea_request_duration_seconds_count{api=\"openai\"} 3",
            "cardea_request_duration_seconds_bucket{le=\"0.5\",api=\"openai\"} 3",
            "cardea_request_duration_seconds_bucket{le=\"0.25\",api=\"openai\"} 0",
            "cardea_backend_duration_seconds_count{api=\"openai\"} 2",
            "cardea_request_duration_seconds_count{api=\"\"} 1",
            "cardea_build_info{version=\"1.2.3\"} 1",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
        assert!(text.ends_with("# EOF\n"));
    }

    #[test]
    fn a_backend_cannot_make_series_without_end() {
        let metrics = Metrics::new("1");
        let api = metrics.requests.api(None, &ApiId::new("a").unwrap());
        for code in 100..1000 {
            api.observe(&outcome(200, Some(code), ""));
        }
        let text = metrics.text();
        let series = text.lines().filter(|line| line.starts_with("cardea_requests_total")).count();
        assert!(series <= MAX_OUTCOMES + 6, "{series}");
        assert!(text.contains("backend_response_code=\"other\",backend_response_code_category=\"5xx\""));
    }
}
