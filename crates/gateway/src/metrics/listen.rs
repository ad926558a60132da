//! Connections, and what went wrong before a request reached a handler.

use std::net::IpAddr;
use std::sync::Arc;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::notices::Notices;
use crate::listen::Refusal;

/// What listeners count. Clones count into the same.
#[derive(Clone, Debug, Default)]
pub struct ListenMetrics(Arc<Counted>);

/// What is counted.
#[derive(Debug, Default)]
pub(crate) struct Counted {
    pub(crate) connections: Gauge,
    pub(crate) resting: Gauge,
    pub(crate) in_flight: Gauge,
    pub(crate) accepted: Counter,
    turned_away: Family<ReasonLabel, Counter>,
    pub(crate) tls_failures: Counter,
    pub(crate) proxy_protocol_failures: Counter,
    limited: Family<LimitLabel, Counter>,
    pub(crate) panics: Counter,
    refused: Family<ReasonLabel, Counter>,
    notices: Notices,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReasonLabel {
    reason: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LimitLabel {
    limit: &'static str,
}

/// Why there is no place for a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Full {
    /// All places are taken.
    All,
    /// Its address has as many as it may have.
    Address,
}

/// How a caller took too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timeout {
    /// In the TLS handshake.
    Tls,
    /// With the header of the PROXY protocol.
    ProxyProtocol,
    /// With the head of a request.
    Head,
    /// Between requests.
    Idle,
    /// Between pieces of a body.
    BodyGap,
    /// With a whole body.
    Body,
    /// Taking an answer.
    WriteGap,
}

impl Timeout {
    /// The limit, as the settings name it.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Tls => "tls-seconds",
            Self::ProxyProtocol => "proxy-protocol",
            Self::Head => "head-seconds",
            Self::Idle => "idle-seconds",
            Self::BodyGap => "body-gap-seconds",
            Self::Body => "body-seconds",
            Self::WriteGap => "write-gap-seconds",
        }
    }
}

impl ListenMetrics {
    pub(crate) fn counted(&self) -> &Counted {
        &self.0
    }

    /// Registers them under their names.
    pub fn register(&self, registry: &mut Registry) {
        registry.register("connections", "Open connections of callers", self.0.connections.clone());
        registry.register(
            "connections_resting",
            "Open connections of HTTP/1.1 without a request, whose buffers were given back",
            self.0.resting.clone(),
        );
        registry.register("requests_in_flight", "Requests being answered", self.0.in_flight.clone());
        registry.register("connections_accepted", "Connections accepted", self.0.accepted.clone());
        registry.register(
            "connections_turned_away",
            "Connections closed at once because all places were taken, or those of their address",
            self.0.turned_away.clone(),
        );
        registry.register(
            "tls_handshake_failures",
            "TLS handshakes that failed",
            self.0.tls_failures.clone(),
        );
        registry.register(
            "proxy_protocol_failures",
            "Connections closed because they did not begin with a right PROXY header",
            self.0.proxy_protocol_failures.clone(),
        );
        registry.register(
            "caller_limits",
            "Connections and bodies that were ended because a caller went beyond a limit, by the limit",
            self.0.limited.clone(),
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

    pub(crate) fn turned_away(&self, why: Full, caller: IpAddr) {
        let reason = match why {
            Full::All => "connections",
            Full::Address => "connections-per-address",
        };
        self.0.turned_away.get_or_create(&ReasonLabel { reason }).inc();
        self.0.notices.say(reason, caller);
    }

    pub(crate) fn timed_out(&self, what: Timeout, caller: IpAddr) {
        match what {
            // That connections end which nobody uses is as it should be.
            Timeout::Idle => self.count(what.label()),
            _ => self.limited(what.label(), caller),
        }
    }

    /// A caller went beyond a limit, which the settings name so.
    pub(crate) fn limited(&self, limit: &'static str, caller: IpAddr) {
        self.count(limit);
        self.0.notices.say(limit, caller);
    }

    fn count(&self, limit: &'static str) {
        self.0.limited.get_or_create(&LimitLabel { limit }).inc();
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
