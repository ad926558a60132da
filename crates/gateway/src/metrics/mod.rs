//! What Prometheus is told.
//!
//! Names and labels follow APIM's platform metrics (policies-b 9): `Requests` with the codes of gateway and backend,
//! their categories and the last error's reason; `Duration` and `BackendDuration`; all by API. Operations are no
//! label: a big specification would multiply every series, and the access log has them.
//!
//! A request touches the handles of its API, which are made once: [`ApiMetrics`].

mod configuration;
mod listen;
mod notices;
mod requests;
mod tasks;
mod vaults;
mod web_sockets;

pub use configuration::{ApiState, ConfigurationMetrics};
pub use listen::ListenMetrics;
pub(crate) use listen::{Full, OneConnection, Timeout};
pub use requests::{ApiMetrics, Outcome, RequestMetrics};
pub use tasks::TaskMetrics;
pub use vaults::VaultMetrics;
pub(crate) use web_sockets::ApiWebSockets;
pub use web_sockets::WebSocketMetrics;

use std::fmt;

use parking_lot::Mutex;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

/// Everything that is counted.
pub struct Metrics {
    /// Connections.
    pub listen: ListenMetrics,
    /// Requests.
    pub requests: RequestMetrics,
    /// What is served.
    pub configuration: ConfigurationMetrics,
    /// Secrets of key vaults.
    pub vaults: VaultMetrics,
    /// WebSockets.
    pub web_sockets: WebSocketMetrics,
    /// Access records that were lost; give it to [`AccessLog::start`](crate::access_log::AccessLog::start).
    pub access_records_dropped: Counter,
    registry: Mutex<Registry>,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

impl Metrics {
    /// Nothing counted yet, by a program of this version.
    #[must_use]
    pub fn new(version: &'static str) -> Self {
        let mut registry = Registry::with_prefix("cardea");
        let (listen, requests) = (ListenMetrics::default(), RequestMetrics::default());
        let configuration = ConfigurationMetrics::default();
        let vaults = VaultMetrics::default();
        let web_sockets = WebSocketMetrics::default();
        let access_records_dropped = Counter::default();
        registry.register("build", "This program", Info::new([("version", version)]));
        listen.register(&mut registry);
        requests.register(&mut registry);
        configuration.register(&mut registry);
        vaults.register(&mut registry);
        web_sockets.register(&mut registry);
        registry.register(
            "access_records_dropped",
            "Access records that were not written",
            access_records_dropped.clone(),
        );
        Self {
            listen,
            requests,
            configuration,
            vaults,
            web_sockets,
            access_records_dropped,
            registry: Mutex::new(registry),
        }
    }

    /// Lets others add theirs, under the same prefix.
    pub fn extend(&self, register: impl FnOnce(&mut Registry)) {
        register(&mut self.registry.lock());
    }

    /// All of it, in the text form of OpenMetrics.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        // INVARIANT: writing into a string does not fail.
        let _written = encode(&mut text, &self.registry.lock());
        text
    }
}
