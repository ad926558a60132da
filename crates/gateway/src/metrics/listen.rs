//! Connections, and what went wrong before a request reached a handler.

use std::sync::Arc;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::listen::Refusal;

/// What listeners count. Clones count into the same.
#[derive(Clone, Debug, Default)]
pub struct ListenMetrics(Arc<Counted>);

/// What is counted.
#[derive(Debug, Default)]
pub(crate) struct Counted {
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
    pub(crate) fn counted(&self) -> &Counted {
        &self.0
    }

    /// Registers them under their names.
    pub fn register(&self, registry: &mut Registry) {
        registry.register("connections", "Open connections of callers", self.0.connections.clone());
        registry.register("requests_in_flight", "Requests being answered", self.0.in_flight.clone());
        registry.register("connections_accepted", "Connections accepted", self.0.accepted.clone());
        registry.register(
            "connections_turned_away",
            "Connections closed at once because all were taken",
            self.0.turned_away.clone(),
        );
        registry.register(
            "tls_handshake_failures",
            "TLS handshakes that failed",
            self.0.tls_failures.clone(),
        );
        registry.register("panics", "Requests that ended in a panic", self.0.panics.clone());
        registry.register(
            "requests_refused",
            "Requests refused before they were looked at, by reason",
            self.0.refused.clone(),
        );
    }

    /// Counts a connection until the guard is dropped.
    pub(crate) fn connection(&self) -> OneConnection {
        self.0.connections.inc();
        OneConnection(self.clone())
    }

    pub(crate) fn refused(&self, why: Refusal) {
        self.0.refused.get_or_create(&ReasonLabel { reason: why.label() }).inc();
    }
}

/// An open connection, until it is dropped.
#[derive(Debug)]
pub(crate) struct OneConnection(ListenMetrics);

impl Drop for OneConnection {
    fn drop(&mut self) {
        self.0.counted().connections.dec();
    }
}
