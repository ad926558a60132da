//! The data plane: listeners, snapshot, routing, the walk of a request, telemetry.

pub mod access_log;
pub mod admin;
mod callers;
