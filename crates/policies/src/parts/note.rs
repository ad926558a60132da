//! Trace records that policies write about themselves.

use std::sync::Arc;

use policy::Exchange;
use policy::trace::{Severity, TraceRecord};

/// Says why a policy did nothing. `message` must not hold secrets.
pub(crate) fn no_effect(policy: &str, message: String, exchange: &mut Exchange) {
    exchange.trace.push(TraceRecord {
        source: policy.into(),
        severity: Severity::Information,
        message: message.into(),
        metadata: Arc::default(),
    });
}
