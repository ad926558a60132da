//! Circuit breakers, as Prometheus is told of them: read when it asks.

use std::fmt;
use std::sync::Arc;

use policy::Breaker as _;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

use crate::walk::{Forwarder, Walk};

/// The circuit breakers of what is served; give it to [`Metrics::extend`](crate::metrics::Metrics::extend).
#[derive(Debug)]
pub struct BackendMetrics(Arc<Walk>);

impl BackendMetrics {
    /// Of what this serves.
    #[must_use]
    pub fn new(walk: Arc<Walk>) -> Self {
        Self(walk)
    }
}

impl Collector for BackendMetrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let now = self.0.ports.clock.now();
        let snapshot = self.0.snapshot.load();
        let breakers = || snapshot.backends.iter().filter_map(|each| Some((each, each.breaker.as_ref()?)));
        let help = "1 while the circuit breaker of a backend keeps calls away";
        let mut open = encoder.encode_descriptor("backend_circuit_open", help, None, MetricType::Gauge)?;
        for (backend, breaker) in breakers() {
            let gauge = ConstGauge::new(i64::from(breaker.open_until(now).is_some()));
            gauge.encode(open.encode_family(&[("backend", &*backend.id)])?)?;
        }
        let help = "Bytes of bodies that policies have read and that are still held";
        let held = i64::try_from(self.0.ports.buffers.used()).unwrap_or(i64::MAX);
        let gauge = encoder.encode_descriptor("buffered_bytes", help, None, MetricType::Gauge)?;
        ConstGauge::new(held).encode(gauge)?;
        let help = "How often the circuit breaker of a backend has opened";
        let mut trips =
            encoder.encode_descriptor("backend_circuit_trips", help, None, MetricType::Counter)?;
        for (backend, breaker) in breakers() {
            let counter = ConstCounter::new(breaker.state(now).trips);
            counter.encode(trips.encode_family(&[("backend", &*backend.id)])?)?;
        }
        Ok(())
    }
}

/// Calls to backends as their connections see them; give it to [`Metrics::extend`](crate::metrics::Metrics::extend).
#[derive(Debug)]
pub struct OutboundMetrics(Arc<Forwarder>);

impl OutboundMetrics {
    /// Of what this calls.
    #[must_use]
    pub fn new(forwarder: Arc<Forwarder>) -> Self {
        Self(forwarder)
    }
}

impl Collector for OutboundMetrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let help = "Calls to backends that failed, answers that broke off included";
        let mut failed = encoder.encode_descriptor("outbound_failures", help, None, MetricType::Counter)?;
        for (kind, count) in self.0.failures() {
            ConstCounter::new(count).encode(failed.encode_family(&[("failure", kind.label())])?)?;
        }
        let (requests, idle) = self.0.load();
        let help = "Requests to backends under way, until their answers are complete";
        let gauge = encoder.encode_descriptor("outbound_requests", help, None, MetricType::Gauge)?;
        ConstGauge::new(i64::try_from(requests).unwrap_or(i64::MAX)).encode(gauge)?;
        let help = "Connections to backends that are kept for the next request";
        let gauge = encoder.encode_descriptor("outbound_idle_connections", help, None, MetricType::Gauge)?;
        ConstGauge::new(i64::try_from(idle).unwrap_or(i64::MAX)).encode(gauge)
    }
}
