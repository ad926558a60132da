//! The simulated model service as the demo and `cardea simulate models` run it.

use simulators::{Account, Builder, Deployment, ModelSimulator};

use super::key;
use crate::system::SystemClock;

/// The two keys of the account.
#[derive(Clone)]
pub(crate) struct Keys([String; 2]);

impl Keys {
    /// A given first key, or a new one, and a new second key.
    #[must_use]
    pub(crate) fn with_first(first: Option<String>) -> Self {
        Self([first.unwrap_or_else(key), key()])
    }

    /// The first key.
    #[must_use]
    pub(crate) fn first(&self) -> &str {
        let [first, _] = &self.0;
        first
    }
}

/// A model service with one account.
#[must_use]
pub(crate) fn simulator(keys: &Keys) -> Builder {
    let [first, second] = keys.0.clone();
    let account = Account::new("contoso", first, second)
        .with(Deployment::chat("gpt-4o-mini", "gpt-4o-mini-2024-07-18"))
        .with(Deployment::chat("gpt-4o", "gpt-4o-2024-08-06"))
        .with(Deployment::embedding("text-embedding-3-small", "text-embedding-3-small"));
    ModelSimulator::builder().account(account).clock(now)
}

fn now() -> u64 {
    let seconds = policy::Clock::now(&SystemClock).as_second();
    u64::try_from(seconds).unwrap_or(0)
}
