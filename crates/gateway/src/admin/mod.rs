//! The admin listener: health, readiness, metrics, what is served and what is wrong with it.
//!
//! | path | |
//! | --- | --- |
//! | `GET /-/healthy` | 200 while the process runs |
//! | `GET /-/ready` | 200, or 503 with the reasons |
//! | `GET /metrics` | Prometheus |
//! | `GET /-/config` | what is served |
//! | `GET /-/config/problems` | every problem, with file, line and column |
//! | `GET /-/config/export` | what is in effect, as the files of a folder without secrets |
//! | `GET /-/backends` | backends and pools, with the state of their circuit breakers |
//! | `GET /-/named-values` | the named values, without values, and how reading those of vaults went |
//! | `POST /-/named-values/{id}/refreshSecret` | reads the secret of a named value from its vault now |
//! | `POST /-/named-values/refreshSecrets` | the same for all secrets of vaults |
//! | `POST /-/reload` | reads the configuration anew |
//! | `POST /-/subscriptions/reload` | reads subscriptions and users anew |
//!
//! It is for this machine: it listens on loopback unless set otherwise, speaks plain HTTP/1.1 and asks for no
//! credential. So that no web page of a browser on this machine can use it, it answers only to loopback names and
//! addresses while it listens there, and takes no POST that a page sent. It shows no secrets: it is given none.

mod guard;
mod problem;
mod routes;
mod server;

pub use problem::Problem;
pub use server::AdminServer;

use serde::Serialize;
use serde_json::Value;

/// What the admin listener shows and does; the binary knows.
pub trait AdminState: Send + Sync + 'static {
    /// Whether requests should come here, and why not.
    fn status(&self) -> Status;

    /// Every problem of the configuration that was read last.
    fn problems(&self) -> Vec<Problem>;

    /// What is served: generation, APIs with their state, products and so on; no secrets.
    fn summary(&self) -> Value;

    /// The configuration that is in effect, as the files of a folder; no secrets.
    fn export(&self) -> impl Future<Output = Result<Value, Problem>> + Send;

    /// Backends and pools with the state of their circuit breakers.
    fn backends(&self) -> Value;

    /// The named values without their values; of those in vaults, how the latest reading went.
    fn named_values(&self) -> Value;

    /// Reads the secret of a named value from its vault now.
    fn refresh_secret(&self, named_value: &str) -> impl Future<Output = Refreshed> + Send;

    /// Reads all secrets of vaults now.
    fn refresh_secrets(&self) -> impl Future<Output = Refreshed> + Send;

    /// Reads the configuration anew.
    fn reload(&self) -> impl Future<Output = Reloaded> + Send;

    /// Reads subscriptions and users anew.
    fn reload_subscriptions(&self) -> impl Future<Output = Reloaded> + Send;
}

/// Whether requests should come here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Status {
    /// Why not, as sentences; ready without any. Such as "draining", "no configuration", "no sealing key".
    pub reasons: Vec<String>,
    /// What an operator should know though requests are served as they should be.
    pub notes: Vec<String>,
}

impl Status {
    /// Whether requests should come here.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.reasons.is_empty()
    }
}

/// What became of a reload.
#[derive(Clone, Debug, Serialize)]
pub struct Reloaded {
    /// Whether what was read is served now.
    pub accepted: bool,
    /// The generation that is served now.
    pub generation: u64,
    /// What is wrong with what was read.
    pub problems: Vec<Problem>,
}

/// What became of a wish to read secrets anew.
#[derive(Clone, Debug)]
pub enum Refreshed {
    /// They were read: how they are now.
    Done(Value),
    /// A vault did not give one, and the value from before goes on, if there is one: how they are now.
    Failed(Value),
    /// There is no such named value.
    Unknown(Problem),
    /// It is not in a vault.
    NotInVault(Problem),
}
