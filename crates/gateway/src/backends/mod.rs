//! What is remembered of backends from one call to the next: which circuit breakers are open, whose turn it is in a pool.
//!
//! It belongs to the process, not to a configuration: [`BackendStates`] gives a backend whose rule is the same the breaker
//! that it had, and a pool whose members are the same the turn that it was at. All threads share it; a call that is let
//! through and answered well takes no lock, but that of its pool for as long as a member is counted out.
//!
//! ```text
//! forward ──▶ pool: whose turn? ──▶ breaker: open? ──▶ call ──▶ breaker: count it
//!                   Rotation             CircuitBreaker
//! ```
//!
//! Nothing here is known to other replicas, as in API Management, where each gateway counts for itself.

mod affinity;
mod breaker;
mod metrics;
mod proxy;
mod retry_after;
mod rotation;
mod states;

pub use affinity::affinity;
pub use breaker::{BreakerState, CircuitBreaker, can_trip};
pub use metrics::{BackendMetrics, OutboundMetrics};
pub use proxy::outbound_proxy;
pub use rotation::Rotation;
pub use states::BackendStates;

pub(crate) use affinity::{set_cookie, wanted};

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

/// A backend or pool of what is served, for operators.
#[derive(Clone, Debug)]
pub struct BackendEntry {
    /// Its name, behind that of its workspace ([`model::qualified`]).
    pub id: Arc<str>,
    /// Its members with priority and weight, if it is a pool.
    pub members: Vec<model::PoolMember>,
    /// Its circuit breaker.
    pub breaker: Option<Arc<CircuitBreaker>>,
}

impl BackendEntry {
    /// What operators see of it; no URL and no credential.
    #[must_use]
    pub fn summary(&self, now: Timestamp) -> Value {
        if !self.members.is_empty() {
            let members: Vec<Value> = self.members.iter().map(member).collect();
            return json!({ "id": &*self.id, "type": "Pool", "members": members });
        }
        let breaker = self.breaker.as_ref().map(|breaker| {
            let BreakerState { open_until, trips } = breaker.state(now);
            let state = if open_until.is_some() { "open" } else { "closed" };
            json!({
                "rule": &*breaker.rule().name,
                "state": state,
                "openUntil": open_until.map(|until| until.to_string()),
                "trips": trips,
            })
        });
        json!({ "id": &*self.id, "type": "Single", "circuitBreaker": breaker })
    }
}

fn member(member: &model::PoolMember) -> Value {
    json!({ "id": member.backend.as_str(), "priority": member.priority, "weight": member.weight })
}
