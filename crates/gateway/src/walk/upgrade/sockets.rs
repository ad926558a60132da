//! All open WebSockets: how many there may be, how long each may last, and what is counted of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::metrics::{ApiWebSockets, WebSocketMetrics};

/// Limits of WebSockets.
#[derive(Clone, Copy, Debug)]
pub struct WebSocketLimits {
    /// Open at once, handshakes under way included; one more is answered 503. Default 10,000.
    pub open: usize,
    /// How long nothing may pass in either direction; none for ever. Default 5 minutes.
    pub idle: Option<Duration>,
    /// How long one may be open at all; none for ever, which is the default.
    pub lifetime: Option<Duration>,
}

impl Default for WebSocketLimits {
    fn default() -> Self {
        Self { open: 10_000, idle: Some(Duration::from_secs(300)), lifetime: None }
    }
}

/// All open WebSockets.
#[derive(Debug, Default)]
pub struct Sockets {
    pub(super) limits: WebSocketLimits,
    open: AtomicUsize,
    metrics: WebSocketMetrics,
}

impl Sockets {
    /// None open yet.
    #[must_use]
    pub fn new(limits: WebSocketLimits, metrics: WebSocketMetrics) -> Self {
        Self { limits, open: AtomicUsize::new(0), metrics }
    }

    /// A place for one more of an API, unless there are enough.
    pub(super) fn enter(self: &Arc<Self>, api: &str) -> Option<Permit> {
        let more = |open: usize| (open < self.limits.open).then_some(open + 1);
        let entered = self.open.fetch_update(Ordering::AcqRel, Ordering::Acquire, more);
        let counted = || Arc::new(self.metrics.of(api));
        entered.ok().map(|_| Permit { sockets: Arc::clone(self), counted: counted(), is_open: false })
    }
}

/// The place of one WebSocket, until it is dropped.
#[derive(Debug)]
pub(super) struct Permit {
    sockets: Arc<Sockets>,
    counted: Arc<ApiWebSockets>,
    is_open: bool,
}

impl Permit {
    /// The WebSocket is open.
    pub(super) fn opened(&mut self) {
        self.is_open = true;
        self.counted.open.inc();
    }

    pub(super) fn limits(&self) -> WebSocketLimits {
        self.sockets.limits
    }

    /// Where it is counted what passes.
    pub(super) fn counted(&self) -> &Arc<ApiWebSockets> {
        &self.counted
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.sockets.open.fetch_sub(1, Ordering::AcqRel);
        if self.is_open {
            self.counted.open.dec();
        }
    }
}
