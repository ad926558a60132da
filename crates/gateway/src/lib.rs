//! The data plane: listeners, snapshot, routing, the walk of a request, telemetry.

pub mod listen;
pub mod metrics;
