//! What is left of a deployment's quota in the current minute, for the `x-ratelimit-*` headers. It refuses nobody.

use std::collections::HashMap;

use parking_lot::Mutex;

use crate::account::{Deployment, Resource};

/// COMPAT: Azure grants 6 requests per minute for each 1,000 tokens per minute ("Manage Azure OpenAI quota").
const REQUESTS_PER_1000_TOKENS: u64 = 6;

#[derive(Clone, Copy, Debug, Default)]
struct Used {
    minute: u64,
    requests: u64,
    tokens: u64,
}

/// Limits and what is left of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Left {
    pub(crate) limit_requests: u64,
    pub(crate) limit_tokens: u64,
    pub(crate) requests: u64,
    pub(crate) tokens: u64,
    /// Seconds until the minute is over.
    pub(crate) reset: u64,
}

/// The counters of all deployments: as many entries as there are deployments.
#[derive(Debug, Default)]
pub(crate) struct Quota(Mutex<HashMap<(String, String), Used>>);

impl Quota {
    /// Counts a request of `tokens` at `now` (seconds) and says what is left.
    pub(crate) fn count(
        &self,
        resource: &Resource,
        deployment: &Deployment,
        tokens: usize,
        now: u64,
    ) -> Left {
        let mut counters = self.0.lock();
        let used = counters.entry((resource.name.clone(), deployment.name.clone())).or_default();
        if used.minute != now / 60 {
            *used = Used { minute: now / 60, ..Used::default() };
        }
        used.requests += 1;
        used.tokens = used.tokens.saturating_add(tokens as u64);
        let limit_tokens = deployment.tokens_per_minute;
        let limit_requests = limit_tokens.saturating_mul(REQUESTS_PER_1000_TOKENS) / 1000;
        Left {
            limit_requests,
            limit_tokens,
            requests: limit_requests.saturating_sub(used.requests),
            tokens: limit_tokens.saturating_sub(used.tokens),
            reset: 60 - now % 60,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::Account;

    #[test]
    fn a_new_minute_has_the_whole_quota() {
        let resource = Resource::from(Account::new("contoso", "one", "two"));
        let deployment = Deployment::chat("d", "gpt-4o").with_tokens_per_minute(1000);
        let quota = Quota::default();
        let first = quota.count(&resource, &deployment, 100, 120);
        assert_eq!((first.limit_requests, first.requests, first.tokens, first.reset), (6, 5, 900, 60));
        assert_eq!(quota.count(&resource, &deployment, 950, 150).tokens, 0);
        assert_eq!(quota.count(&resource, &deployment, 100, 180).tokens, 900);
    }
}
