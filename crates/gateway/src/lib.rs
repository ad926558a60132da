//! The data plane: listeners, snapshot, routing, the walk of a request, telemetry.

pub mod access_log;
mod address;
pub mod admin;
pub mod backends;
mod callers;
mod compute;
#[cfg(test)]
mod fuzzing;
pub mod listen;
pub mod metrics;
mod schemes;
mod snapshot;
mod telemetry;
mod walk;

pub use callers::Callers;
pub use compute::{ComputePool, ComputeSettings};
pub use schemes::{Protocols, Schemes};
pub use snapshot::{ApiEntry, ApiPolicies, Contexts, EDITION_HEADER, Edition, Snapshot};
pub use telemetry::Telemetry;
pub use walk::{
    Destinations, Ended, Forwarder, Passed, Relay, Settled, Sink, Sockets, Walk, WebSocketEnd,
    WebSocketEndReason, WebSocketLimits,
};
