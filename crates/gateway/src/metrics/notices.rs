//! Whose limits fired: a line in the log for an operator who sees a counter rise and wants to know because of whom.
//!
//! A flood must not become one of lines: each limit says at most one a minute, with how many times it said nothing since.
//!
//! ```text
//! WARN a caller went beyond a limit limit="head-seconds" caller=203.0.113.7 unsaid=41
//! ```

use std::net::IpAddr;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

/// Between two lines about one limit.
const PAUSE: Duration = Duration::from_secs(60);

/// What was said of each limit. There are as many as limits have names.
#[derive(Debug, Default)]
pub(crate) struct Notices(Mutex<Vec<Notice>>);

#[derive(Debug)]
struct Notice {
    limit: &'static str,
    next: Instant,
    unsaid: u64,
}

impl Notices {
    /// A caller went beyond a limit.
    #[cold]
    pub(crate) fn say(&self, limit: &'static str, caller: IpAddr) {
        if let Some(unsaid) = self.due(limit, Instant::now()) {
            tracing::warn!(limit, %caller, unsaid, "a caller went beyond a limit");
        }
    }

    /// How many times nothing was said of a limit, if it is time for a line.
    fn due(&self, limit: &'static str, now: Instant) -> Option<u64> {
        let mut notices = self.0.lock();
        let Some(notice) = notices.iter_mut().find(|notice| notice.limit == limit) else {
            notices.push(Notice { limit, next: now + PAUSE, unsaid: 0 });
            return Some(0);
        };
        if now < notice.next {
            notice.unsaid = notice.unsaid.saturating_add(1);
            return None;
        }
        notice.next = now + PAUSE;
        Some(std::mem::take(&mut notice.unsaid))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_a_line_a_minute_for_each_limit() {
        let (notices, start) = (Notices::default(), Instant::now());
        assert_eq!(notices.due("a", start), Some(0));
        assert_eq!(notices.due("b", start), Some(0));
        for second in 0..60 {
            assert_eq!(notices.due("a", start + Duration::from_secs(second)), None);
        }
        assert_eq!(notices.due("a", start + PAUSE), Some(60));
        assert_eq!(notices.due("a", start + PAUSE), None);
        assert_eq!(notices.due("a", start + 3 * PAUSE), Some(1));
        assert_eq!(notices.due("b", start + 3 * PAUSE), Some(0));
    }
}
