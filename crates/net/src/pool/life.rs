//! How long a connection takes requests.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::net::IpAddr;
use std::time::Duration;

use tokio::time::Instant;

use crate::settings::ClientSettings;
use crate::stream::Stream;

/// When a connection is too old, and where it leads.
pub(super) struct Life {
    ends: Option<Instant>,
    peer: Option<IpAddr>,
}

impl Life {
    pub(super) fn of(settings: &ClientSettings, stream: &Stream) -> Self {
        let age = jittered(settings.max_age, RandomState::new().build_hasher().finish());
        Self { ends: Instant::now().checked_add(age), peer: stream.peer() }
    }

    pub(super) fn is_over(&self, now: Instant) -> bool {
        self.ends.is_some_and(|ends| now >= ends)
    }

    /// Whether it leads to one of these addresses.
    pub(super) fn leads_to(&self, addresses: &[IpAddr]) -> bool {
        self.peer.is_none_or(|peer| addresses.contains(&peer))
    }
}

/// A time, up to a tenth shorter or longer, so that connections that were opened together do not end together.
fn jittered(time: Duration, random: u64) -> Duration {
    let fifth = time / 5;
    let part = u32::try_from(random % 1_024).unwrap_or(0);
    time.saturating_sub(time / 10).saturating_add(fifth.saturating_mul(part) / 1_024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_lie_a_tenth_around_the_setting() {
        let ages: Vec<_> = (0..2_000).map(|random| jittered(Duration::from_secs(600), random)).collect();
        assert!(ages.iter().all(|age| (540..=660).contains(&age.as_secs())));
        assert!(ages.iter().any(|age| age.as_secs() < 550) && ages.iter().any(|age| age.as_secs() > 650));
        assert!(jittered(Duration::MAX, 1_023) > Duration::MAX / 2);
    }
}
