//! `[websocket]`

use std::time::Duration;

use gateway::WebSocketLimits;
use serde::Deserialize;

/// `[websocket]`
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct WebSockets {
    /// WebSockets that may be open at once; one more is answered 503. Each also counts as a connection of
    /// `listen.connections`. Default: 10000.
    pub connections: usize,
    /// Seconds in which nothing passes in either direction, after which both sides are told goodbye (1001). 0 for no
    /// limit. Default: 300.
    pub idle_seconds: u64,
    /// Seconds that one may be open at all. 0 for no limit. Default: 0.
    pub lifetime_seconds: u64,
}

impl Default for WebSockets {
    fn default() -> Self {
        Self { connections: 10_000, idle_seconds: 300, lifetime_seconds: 0 }
    }
}

impl WebSockets {
    /// The limits, as the gateway takes them.
    pub(crate) fn limits(self) -> WebSocketLimits {
        let limit = |seconds| (seconds > 0).then(|| Duration::from_secs(seconds));
        WebSocketLimits {
            open: self.connections,
            idle: limit(self.idle_seconds),
            lifetime: limit(self.lifetime_seconds),
        }
    }
}
