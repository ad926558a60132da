//! What Prometheus is told.

mod listen;

pub use listen::{ListenMetrics, OneMore};
