//! WebSockets.

use std::sync::Arc;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::walk::WebSocketEndReason;

/// What is counted of WebSockets, by API. Clones count into the same.
///
/// COMPAT: API Management has `WebSocketMessages` with source and destination (policies-b 9).
#[derive(Clone, Debug, Default)]
pub struct WebSocketMetrics {
    open: Family<Of, Gauge>,
    messages: Family<Source, Counter>,
    bytes: Family<Source, Counter>,
    ended: Family<Why, Counter>,
}

/// What is counted of the WebSockets of one API.
#[derive(Clone, Debug)]
pub(crate) struct ApiWebSockets {
    pub(crate) open: Gauge,
    pub(crate) from_caller: OneDirection,
    pub(crate) from_backend: OneDirection,
}

/// What is counted of one direction.
#[derive(Clone, Debug)]
pub(crate) struct OneDirection {
    pub(crate) messages: Counter,
    pub(crate) bytes: Counter,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Of {
    api: Arc<str>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Source {
    api: Arc<str>,
    source: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Why {
    api: Arc<str>,
    reason: &'static str,
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

    /// The handles of an API, with its workspace before its name.
    pub(crate) fn of(&self, api: &str) -> ApiWebSockets {
        let api: Arc<str> = api.into();
        let from = |source| OneDirection {
            messages: self.messages.get_or_create_owned(&Source { api: Arc::clone(&api), source }),
            bytes: self.bytes.get_or_create_owned(&Source { api: Arc::clone(&api), source }),
        };
        let (from_caller, from_backend) = (from("caller"), from("backend"));
        ApiWebSockets { open: self.open.get_or_create_owned(&Of { api }), from_caller, from_backend }
    }

    pub(crate) fn ended(&self, api: &str, why: WebSocketEndReason) {
        self.ended.get_or_create(&Why { api: api.into(), reason: why.label() }).inc();
    }
}

impl OneDirection {
    /// More messages have passed.
    pub(crate) fn messages(&self, more: u64) {
        if more > 0 {
            self.messages.inc_by(more);
        }
    }
}
