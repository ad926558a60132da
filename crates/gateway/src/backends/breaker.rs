//! The circuit breaker of one backend.
//!
//! ```text
//! closed ── so many failures within the interval ──▶ open ── the time is over ──▶ closed, nothing counted
//! ```
//!
//! There is no half-open state in between (decision 11). What fails while it is open, because it was sent before, is not
//! counted. The time to close is looked at when somebody asks: the next call, the admin listener, the metrics.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use jiff::{SignedDuration, Timestamp};
use model::{BreakerRule, FailureCondition, Threshold};
use parking_lot::Mutex;
use policy::{Breaker, CallOutcome, FaultKind};

use super::retry_after;

/// Stands for "closed" among moments, which are microseconds since 1970.
const CLOSED: i64 = 0;

/// Parts of the interval in which answers are counted for a percentage: it slides by one of them.
const PARTS: i64 = 60;

/// The circuit breaker of one backend. Shared by all threads and by the configurations that have the same rule.
#[derive(Debug)]
pub struct CircuitBreaker {
    backend: Arc<str>,
    rule: BreakerRule,
    /// When it closes.
    open_until: AtomicI64,
    trips: AtomicU64,
    counted: Mutex<Counted>,
}

/// What a breaker is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerState {
    /// Until when it keeps calls away; none when it is closed.
    pub open_until: Option<Timestamp>,
    /// How often it has opened since the process began, or since its rule was changed.
    pub trips: u64,
}

/// What has happened within the interval.
#[derive(Debug)]
enum Counted {
    /// The moments of the latest failures, as many as trip the breaker at most.
    Failures(VecDeque<i64>),
    /// Answers and failures by part of the interval, at most [`PARTS`] and the one that has begun.
    Shares(VecDeque<Part>),
}

#[derive(Clone, Copy, Debug)]
struct Part {
    /// Counts parts since 1970.
    number: i64,
    all: u64,
    failed: u64,
}

impl CircuitBreaker {
    /// The breaker of a backend, closed.
    #[must_use]
    pub fn new(backend: Arc<str>, rule: BreakerRule) -> Self {
        let counted = Mutex::new(Counted::nothing(rule.failure.threshold));
        Self { backend, rule, open_until: AtomicI64::new(CLOSED), trips: AtomicU64::new(0), counted }
    }

    /// Its rule.
    #[must_use]
    pub fn rule(&self) -> &BreakerRule {
        &self.rule
    }

    /// What it is doing.
    #[must_use]
    pub fn state(&self, now: Timestamp) -> BreakerState {
        BreakerState { open_until: self.open_until(now), trips: self.trips.load(Ordering::Relaxed) }
    }

    fn open(&self, counted: &mut Counted, wait: SignedDuration, now: Timestamp) {
        let until = now.saturating_add(wait).unwrap_or(Timestamp::MAX);
        *counted = Counted::nothing(self.rule.failure.threshold);
        self.open_until.store(until.as_microsecond().max(CLOSED + 1), Ordering::Relaxed);
        self.trips.fetch_add(1, Ordering::Relaxed);
        tracing::warn!(
            backend = &*self.backend,
            rule = &*self.rule.name,
            seconds = wait.as_secs_f64(),
            %until,
            "the circuit breaker of a backend has opened"
        );
    }

    /// How long it stays open when this was the failure that opened it.
    fn wait(&self, outcome: &CallOutcome<'_>, now: Timestamp) -> SignedDuration {
        match outcome {
            CallOutcome::Answered(_, headers) if self.rule.accept_retry_after => {
                retry_after::wait(headers, now).unwrap_or(self.rule.trip_duration)
            }
            _ => self.rule.trip_duration,
        }
    }
}

impl Breaker for CircuitBreaker {
    fn open_until(&self, now: Timestamp) -> Option<Timestamp> {
        let until = self.open_until.load(Ordering::Relaxed);
        if until == CLOSED {
            return None;
        }
        if now.as_microsecond() < until {
            return Timestamp::from_microsecond(until).ok();
        }
        // Whoever is the first to see it says so.
        if self.open_until.compare_exchange(until, CLOSED, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            tracing::info!(
                backend = &*self.backend,
                rule = &*self.rule.name,
                "the circuit breaker of a backend has closed"
            );
        }
        None
    }

    fn note(&self, outcome: &CallOutcome<'_>, now: Timestamp) {
        let failed = is_failure(&self.rule.failure, outcome);
        // Successes do not change how many failures there were.
        if !failed && matches!(self.rule.failure.threshold, Threshold::Count(_)) {
            return;
        }
        let mut counted = self.counted.lock();
        if self.open_until(now).is_some() {
            return;
        }
        if counted.add(failed, &self.rule.failure, now) {
            self.open(&mut counted, self.wait(outcome, now), now);
        }
    }
}

/// How calls end without an answer of the backend's.
const FAILURES: [FaultKind; 2] = [FaultKind::BackendConnectionFailure, FaultKind::Timeout];

/// COMPAT: an answer counts by its status, a call without answer by its reason when the rule names it. Reasons are free
/// text in published samples, beside ranges that alone decide (`policies-a.md` 4.4); those that name no failure of a call
/// add nothing.
fn is_failure(condition: &FailureCondition, outcome: &CallOutcome<'_>) -> bool {
    match outcome {
        CallOutcome::Answered(status, _) => {
            let code = status.as_u16();
            condition.status_ranges.iter().any(|range| (range.min..=range.max).contains(&code))
        }
        CallOutcome::Failed(reason) => named(condition).any(|kind| kind.row().reason == *reason),
    }
}

/// The failures that a rule names.
fn named(condition: &FailureCondition) -> impl Iterator<Item = FaultKind> {
    let is_named = |kind: &FaultKind| {
        let reason = kind.row().reason;
        condition.error_reasons.iter().any(|text| text.trim().eq_ignore_ascii_case(reason))
    };
    FAILURES.into_iter().filter(is_named)
}

/// Whether anything counts as a failure: a status, or an error of a call by its name.
#[must_use]
pub fn can_trip(condition: &FailureCondition) -> bool {
    !condition.status_ranges.is_empty() || named(condition).next().is_some()
}

impl Counted {
    fn nothing(threshold: Threshold) -> Self {
        match threshold {
            Threshold::Count(_) => Self::Failures(VecDeque::new()),
            Threshold::Percentage(_) => Self::Shares(VecDeque::new()),
        }
    }

    /// Counts a call; says whether it is one failure too many.
    fn add(&mut self, failed: bool, condition: &FailureCondition, now: Timestamp) -> bool {
        let moment = now.as_microsecond();
        let interval = i64::try_from(condition.interval.as_micros()).unwrap_or(i64::MAX).max(1);
        match (self, condition.threshold) {
            (Self::Failures(moments), Threshold::Count(limit)) => {
                add_failure(moments, usize::try_from(limit).unwrap_or(usize::MAX), interval, moment)
            }
            (Self::Shares(parts), Threshold::Percentage(limit)) => {
                let number = moment.div_euclid((interval / PARTS).max(1));
                let (all, bad) = add_answer(parts, number, failed);
                // COMPAT: no least number of calls is documented: a first call that fails is a hundred percent.
                failed && bad * 100 >= u64::from(limit) * all
            }
            _ => false,
        }
    }
}

fn add_failure(moments: &mut VecDeque<i64>, limit: usize, interval: i64, moment: i64) -> bool {
    while moments.front().is_some_and(|first| moment.saturating_sub(*first) >= interval) {
        moments.pop_front();
    }
    moments.push_back(moment);
    moments.len() >= limit
}

/// Counts an answer in the part of the interval with this number; gives all answers and the failures of the interval.
fn add_answer(parts: &mut VecDeque<Part>, number: i64, failed: bool) -> (u64, u64) {
    while parts.front().is_some_and(|first| first.number <= number - PARTS) {
        parts.pop_front();
    }
    if parts.back().is_none_or(|last| last.number < number) {
        parts.push_back(Part { number, all: 0, failed: 0 });
    }
    // A clock that was put back counts into the latest part.
    if let Some(part) = parts.back_mut() {
        part.all += 1;
        part.failed += u64::from(failed);
    }
    parts.iter().fold((0, 0), |(all, bad), part| (all + part.all, bad + part.failed))
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, StatusCode};
    use model::StatusRange;

    use super::*;

    fn rule(threshold: Threshold) -> BreakerRule {
        BreakerRule {
            name: "rule".into(),
            failure: FailureCondition {
                threshold,
                interval: SignedDuration::from_secs(60),
                status_ranges: vec![StatusRange { min: 429, max: 429 }, StatusRange { min: 500, max: 599 }],
                error_reasons: vec!["Server errors".into(), "timeout".into()],
            },
            trip_duration: SignedDuration::from_secs(10),
            accept_retry_after: true,
        }
    }

    struct World {
        breaker: CircuitBreaker,
        now: Timestamp,
    }

    impl World {
        fn of(threshold: Threshold) -> Self {
            let breaker = CircuitBreaker::new("b".into(), rule(threshold));
            Self { breaker, now: "2026-01-01T00:00:00Z".parse().unwrap() }
        }

        fn pass(&mut self, seconds: i64) {
            self.now += SignedDuration::from_secs(seconds);
        }

        fn answered(&self, status: u16, retry_after: &str) {
            let mut headers = HeaderMap::new();
            headers.insert("retry-after", retry_after.parse().unwrap());
            let status = StatusCode::from_u16(status).unwrap();
            self.breaker.note(&CallOutcome::Answered(status, &headers), self.now);
        }

        fn answers(&self, status: &[u16]) {
            status.iter().for_each(|status| self.answered(*status, ""));
        }

        /// How many seconds it stays open.
        fn open_for(&self) -> Option<i64> {
            self.breaker.open_until(self.now).map(|until| until.duration_since(self.now).as_secs())
        }
    }

    /// Backends page: so many failures during an interval trip it for a time, after which it closes.
    #[test]
    fn so_many_failures_within_the_interval_open_it_for_the_trip_duration() {
        let mut world = World::of(Threshold::Count(3));
        world.answers(&[500, 200, 404, 599, 428]);
        assert_eq!(world.open_for(), None);
        world.pass(59);
        world.answers(&[503]);
        assert_eq!(world.open_for(), Some(10));
        world.pass(9);
        // Sent before it opened: neither counted nor taken as a reason to wait longer.
        world.answered(429, "3600");
        assert_eq!(world.open_for(), Some(1));
        world.pass(1);
        assert_eq!(world.open_for(), None);
        world.answers(&[500, 500]);
        assert_eq!(world.open_for(), None, "what was before does not count any more");
        world.answers(&[500]);
        assert_eq!(world.breaker.state(world.now).trips, 2);
    }

    #[test]
    fn failures_further_apart_than_the_interval_do_not_add_up() {
        let mut world = World::of(Threshold::Count(2));
        for _ in 0..5 {
            world.answers(&[500]);
            world.pass(60);
        }
        assert_eq!(world.open_for(), None);
    }

    /// `policies-a.md` 4.4: `Retry-After` of the failing response replaces the trip duration, however long it is.
    #[test]
    fn the_backend_says_how_long() {
        let world = World::of(Threshold::Count(1));
        world.answered(429, "86400");
        assert_eq!(world.open_for(), Some(86_400));
        let mut deaf = rule(Threshold::Count(1));
        deaf.accept_retry_after = false;
        let world = World { breaker: CircuitBreaker::new("b".into(), deaf), ..world };
        world.answered(429, "86400");
        assert_eq!(world.open_for(), Some(10));
    }

    /// `policies-a.md` 4.4: a call without answer does not trip a rule of statuses; reasons are names of errors.
    #[test]
    fn a_call_without_answer_counts_when_the_rule_names_its_reason() {
        let world = World::of(Threshold::Count(1));
        world.breaker.note(&CallOutcome::Failed("BackendConnectionFailure"), world.now);
        assert_eq!(world.open_for(), None);
        world.breaker.note(&CallOutcome::Failed("Timeout"), world.now);
        assert_eq!(world.open_for(), Some(10));
    }

    #[test]
    fn a_percentage_is_of_the_answers_within_the_interval() {
        let mut world = World::of(Threshold::Percentage(50));
        world.answers(&[200; 10]);
        world.pass(30);
        world.answers(&[500; 9]);
        assert_eq!(world.open_for(), None, "9 of 19");
        world.pass(31);
        world.answers(&[200]);
        assert_eq!(world.open_for(), None, "only a failure opens it");
        world.answers(&[500]);
        assert_eq!(world.open_for(), Some(10), "10 of 11: the first ten are too long ago");
    }
}
