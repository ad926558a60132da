//! What is counted while a proxy is under load, and how it is told.

use std::cell::{Cell, RefCell};
use std::fmt::Write as _;
use std::io;
use std::rc::Rc;
use std::time::{Duration, Instant};

use crate::caller::Answer;
use crate::traffic::PACE;

/// Counts of one measurement; only what falls into its time counts.
#[derive(Debug, Default)]
pub struct Counted {
    /// Bytes of bodies.
    pub received: Rc<Cell<usize>>,
    counting: Cell<bool>,
    first_uses: Cell<u64>,
    failures: Cell<u64>,
    first_failure: RefCell<Option<String>>,
    latencies: Times,
    heads: Times,
    first_events: Times,
    gaps: Times,
    late: Times,
}

/// Durations, in microseconds.
#[derive(Debug, Default)]
struct Times(RefCell<Vec<u32>>);

impl Times {
    fn add(&self, time: Duration) {
        self.0.borrow_mut().push(u32::try_from(time.as_micros()).unwrap_or(u32::MAX));
    }

    fn sorted(&self) -> Vec<u32> {
        let mut times = self.0.take();
        times.sort_unstable();
        times
    }
}

/// A segment that Nagle's algorithm holds back leaves when the other end's delayed acknowledgement comes, after 40 ms on
/// Linux: a gap between two events is then longer than their pace by about that.
const HELD_BACK: std::ops::Range<Duration> = Duration::from_millis(35)..Duration::from_millis(45);

impl Counted {
    /// Counting begins.
    pub fn begin(&self) {
        self.received.set(0);
        self.counting.set(true);
    }

    /// Counting ends.
    pub fn end(&self) {
        self.counting.set(false);
    }

    /// Whether now is the time that counts.
    #[must_use]
    pub fn counting(&self) -> bool {
        self.counting.get()
    }

    /// A request was sent too late by so much, by no fault of the proxy.
    pub fn late(&self, time: Duration) {
        self.late.add(time);
    }

    /// A call that did not end well counts always.
    pub fn fail(&self, error: &io::Error) {
        self.failures.set(self.failures.get() + 1);
        self.first_failure.borrow_mut().get_or_insert_with(|| error.to_string());
    }

    /// A call that was begun, or due, at `begin`, and has just been answered.
    pub fn answered(&self, begin: Instant, answer: &Answer, first_use: bool) {
        self.latencies.add(begin.elapsed());
        self.first_uses.set(self.first_uses.get() + u64::from(first_use));
        if let Some(first) = answer.events.first() {
            self.heads.add(answer.head - begin);
            self.first_events.add(*first - begin);
        }
        for (earlier, later) in answer.events.iter().zip(answer.events.iter().skip(1)) {
            self.gaps.add(*later - *earlier);
        }
    }

    /// A line of JSON; all times are in microseconds. Can be told once.
    #[must_use]
    pub fn told(&self, units: usize, elapsed: Duration) -> String {
        let latencies = self.latencies.sorted();
        let failure = self.first_failure.take().unwrap_or_default().replace(['"', '\\'], "'");
        let failure: String =
            failure.chars().map(|each| if each.is_control() { ' ' } else { each }).collect();
        let mut line = format!(
            r#"{{"requests":{},"units":{units},"first_uses":{},"failures":{},"first_failure":"{failure}","seconds":{:.6}"#,
            latencies.len(),
            self.first_uses.get(),
            self.failures.get(),
            elapsed.as_secs_f64(),
        );
        for (name, part) in [("p50", 500), ("p90", 900), ("p99", 990), ("p999", 999)] {
            let _ = write!(line, r#","{name}_us":{}"#, percentile(&latencies, part));
        }
        let _ = write!(line, r#","late_p99_us":{}"#, percentile(&self.late.sorted(), 990));
        self.tell_streams(&mut line);
        line + "}"
    }

    fn tell_streams(&self, line: &mut String) {
        let (heads, firsts, gaps) = (self.heads.sorted(), self.first_events.sorted(), self.gaps.sorted());
        if heads.is_empty() {
            return;
        }
        let _ = write!(
            line,
            r#","stream":{{"first_byte_p50_us":{},"first_byte_p99_us":{},"first_event_p50_us":{},"first_event_p99_us":{},"gaps":{},"gap_p50_us":{},"gap_p99_us":{},"gap_max_us":{},"held_back":{}}}"#,
            percentile(&heads, 500),
            percentile(&heads, 990),
            percentile(&firsts, 500),
            percentile(&firsts, 990),
            gaps.len(),
            percentile(&gaps, 500),
            percentile(&gaps, 990),
            gaps.last().copied().unwrap_or(0),
            held_back(&gaps),
        );
    }
}

fn held_back(gaps: &[u32]) -> usize {
    let within =
        |gap: &&u32| HELD_BACK.contains(&Duration::from_micros(u64::from(**gap)).saturating_sub(PACE));
    gaps.iter().filter(within).count()
}

fn percentile(sorted: &[u32], part: usize) -> u32 {
    sorted.get(sorted.len() * part / 1000).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_what_was_measured() {
        let times: Vec<u32> = (1..=1000).collect();
        assert_eq!(percentile(&times, 500), 501);
        assert_eq!(percentile(&times, 999), 1000);
        assert_eq!(percentile(&[], 500), 0);
    }

    #[test]
    fn gaps_of_a_delayed_acknowledgement_stand_out() {
        assert_eq!(held_back(&[5_000, 6_100, 39_900, 40_000, 45_200, 49_900, 50_000, 90_000]), 3);
    }

    #[test]
    fn failures_are_told_in_one_line() {
        let counted = Counted::default();
        counted.fail(&io::Error::other("HTTP/1.1 401 \"x\"\r\nabc"));
        counted.fail(&io::Error::other("another"));
        let told = counted.told(0, Duration::from_secs(1));
        assert!(told.contains(r#""failures":2,"first_failure":"HTTP/1.1 401 'x'  abc","#), "{told}");
    }
}
