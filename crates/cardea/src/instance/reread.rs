//! What became of the latest wish to read the configuration anew, as the admin listener tells it.
//!
//! ```text
//! {"at": "2026-11-21T08:00:00Z", "cause": "changed", "outcome": "unread", "why": "the folder `apim` is empty"}
//! ```

use jiff::Timestamp;
use policy::Clock as _;
use serde_json::{Value, json};

use super::renew::Cause;
use crate::system::SystemClock;

/// A wish to read the configuration anew, and what became of it.
#[derive(Clone, Debug)]
pub(super) struct Reread {
    at: Timestamp,
    cause: Cause,
    pub(super) outcome: Outcome,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It is served.
    Served,
    /// It has errors, and `strict` is set.
    Refused,
    /// It could not be read, and why.
    Unread(String),
}

impl Reread {
    /// It has just happened.
    pub(super) fn new(cause: Cause, outcome: Outcome) -> Self {
        Self { at: SystemClock.now(), cause, outcome }
    }

    /// Why the folder could not be read.
    pub(super) fn unread(&self) -> Option<&str> {
        match &self.outcome {
            Outcome::Unread(why) => Some(why),
            Outcome::Served | Outcome::Refused => None,
        }
    }

    pub(super) fn shown(&self) -> Value {
        let outcome = match &self.outcome {
            Outcome::Served => "served",
            Outcome::Refused => "refused",
            Outcome::Unread(_) => "unread",
        };
        json!({
            "at": self.at.to_string(),
            "cause": self.cause.label(),
            "outcome": outcome,
            "why": self.unread(),
        })
    }
}
