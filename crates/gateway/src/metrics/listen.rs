//! Connections, and what went wrong before a request reached a handler.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::listen::Refusal;

/// What listeners count. Clones count into the same.
#[derive(Clone, Debug, Default)]
pub struct ListenMetrics {
    pub(crate) connections: Gauge,
    pub(crate) in_flight: Gauge,
    pub(crate) accepted: Counter,
    pub(crate) turned_away: Counter,
    pub(crate) tls_failures: Counter,
    pub(crate) panics: Counter,
    refused: Family<ReasonLabel, Counter>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReasonLabel {
    reason: &'static str,
}

impl ListenMetrics {
    /// Registers them under their names.
    pub fn register(&self, registry: &mut Registry) {
        registry.register("connections", "Open connections of callers", self.connections.clone());
        registry.register("requests_in_flight", "Requests being answered", self.in_flight.clone());
        registry.register("connections_accepted", "Connections accepted", self.accepted.clone());
        registry.register(
            "connections_turned_away",
            "Connections closed at once because all were taken",
            self.turned_away.clone(),
        );
        registry.register("tls_handshake_failures", "TLS handshakes that failed", self.tls_failures.clone());
        registry.register("panics", "Requests that ended in a panic", self.panics.clone());
        registry.register(
            "requests_refused",
            "Requests refused before they were looked at, by reason",
            self.refused.clone(),
        );
    }

    /// Counts a connection until the guard is dropped.
    pub(crate) fn connection(&self) -> OneMore {
        OneMore::of(&self.connections)
    }

    /// Counts a request until the guard is dropped.
    pub(crate) fn request(&self) -> OneMore {
        OneMore::of(&self.in_flight)
    }

    pub(crate) fn refused(&self, why: Refusal) {
        self.refused.get_or_create(&ReasonLabel { reason: why.label() }).inc();
    }
}

/// One more in a gauge, until it is dropped.
#[derive(Debug)]
pub struct OneMore(Gauge);

impl OneMore {
    /// Counts one more.
    #[must_use]
    pub fn of(gauge: &Gauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for OneMore {
    fn drop(&mut self) {
        self.0.dec();
    }
}
