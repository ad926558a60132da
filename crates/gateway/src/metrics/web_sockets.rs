//! WebSockets.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::walk::WebSocketEndReason;

/// What is counted of WebSockets. Clones count into the same.
///
/// COMPAT: API Management has `WebSocketMessages` with source and destination (policies-b 9).
#[derive(Clone, Debug)]
pub struct WebSocketMetrics {
    pub(crate) open: Gauge,
    pub(crate) from_caller: OneDirection,
    pub(crate) from_backend: OneDirection,
    messages: Family<Source, Counter>,
    bytes: Family<Source, Counter>,
    ended: Family<Why, Counter>,
}

/// What is counted of one direction.
#[derive(Clone, Debug)]
pub(crate) struct OneDirection {
    pub(crate) messages: Counter,
    pub(crate) bytes: Counter,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Source {
    source: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Why {
    reason: &'static str,
}

impl Default for WebSocketMetrics {
    fn default() -> Self {
        let (messages, bytes) = (Family::<Source, Counter>::default(), Family::<Source, Counter>::default());
        let of = |source| OneDirection {
            messages: messages.get_or_create(&Source { source }).clone(),
            bytes: bytes.get_or_create(&Source { source }).clone(),
        };
        let (from_caller, from_backend) = (of("caller"), of("backend"));
        Self { open: Gauge::default(), from_caller, from_backend, messages, bytes, ended: Family::default() }
    }
}

impl WebSocketMetrics {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register("websockets", "Open WebSockets", self.open.clone());
        registry.register(
            "websocket_messages",
            "Messages that have passed, by who sent them",
            self.messages.clone(),
        );
        registry.register("websocket_bytes", "Bytes that have passed, by who sent them", self.bytes.clone());
        registry.register("websockets_ended", "WebSockets that have ended, by why", self.ended.clone());
    }

    pub(crate) fn ended(&self, why: WebSocketEndReason) {
        self.ended.get_or_create(&Why { reason: why.label() }).inc();
    }
}
