//! The simulated model service as the demo and `cardea simulate models` run it.

use simulators::{Account, Builder, Deployment, ModelSimulator, Vendor};

use super::key;
use crate::system::SystemClock;

/// The account at Azure.
pub(crate) const AZURE: &str = "contoso";

/// The keys of the accounts.
#[derive(Clone)]
pub(crate) struct Keys {
    azure: [String; 2],
    mistral: String,
    cohere: String,
}

impl Keys {
    /// A given first key at Azure, or a new one, and new ones otherwise.
    #[must_use]
    pub(crate) fn with_first(first: Option<String>) -> Self {
        Self { azure: [first.unwrap_or_else(key), key()], mistral: key(), cohere: key() }
    }

    /// The first key at Azure.
    #[must_use]
    pub(crate) fn first(&self) -> &str {
        let [first, _] = &self.azure;
        first
    }

    /// The key at Mistral.
    #[must_use]
    pub(crate) fn mistral(&self) -> &str {
        &self.mistral
    }

    /// The key at Cohere.
    #[must_use]
    pub(crate) fn cohere(&self) -> &str {
        &self.cohere
    }
}

/// A model service with an account at each vendor.
#[must_use]
pub(crate) fn simulator(keys: &Keys) -> Builder {
    let [first, second] = keys.azure.clone();
    let azure = Account::new(AZURE, first, second)
        .with(Deployment::chat("gpt-4o-mini", "gpt-4o-mini-2024-07-18"))
        .with(Deployment::chat("gpt-4o", "gpt-4o-2024-08-06"))
        .with(Deployment::embedding("text-embedding-3-small", "text-embedding-3-small"));
    let mistral = Account::new("mistral", keys.mistral.clone(), key())
        .at(Vendor::Mistral)
        .with(Deployment::chat("mistral-small-latest", "mistral-small-latest"));
    let cohere = Account::new("cohere", keys.cohere.clone(), key())
        .at(Vendor::Cohere)
        .with(Deployment::chat("command-a-03-2025", "command-a-03-2025"));
    ModelSimulator::builder().account(azure).account(mistral).account(cohere).clock(now)
}

/// Seconds since 1970.
pub(crate) fn now() -> u64 {
    let seconds = policy::Clock::now(&SystemClock).as_second();
    u64::try_from(seconds).unwrap_or(0)
}
