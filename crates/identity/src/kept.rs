//! A value that is fetched, kept and renewed: one fetch at a time, the old value while renewal fails, a pause after a
//! failure.
//!
//! Providers' keys and the gateway's tokens are both kept this way; they differ in what [`Freshness`] means.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use parking_lot::Mutex;
use policy::Clock;
use tokio::sync::Notify;

use crate::flight::Flight;

/// What a kept value is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// It serves.
    Fresh,
    /// It serves; meanwhile another is fetched.
    Ageing,
    /// Another is waited for; it serves if there is none.
    Overdue,
    /// It serves no more.
    Gone,
}

/// How long nothing is fetched after a failure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pauses {
    /// While an old value serves.
    pub with_value: Duration,
    /// While there is none.
    pub without: Duration,
}

/// How fetching ended.
pub(crate) type Outcome<V, E> = Result<Arc<V>, E>;

/// The place of one value.
#[derive(Debug)]
pub(crate) struct Kept<V, E> {
    state: Mutex<State<V, E>>,
    clock: Arc<dyn Clock>,
    pauses: Pauses,
    news: Arc<Notify>,
}

#[derive(Debug)]
struct State<V, E> {
    value: Option<Arc<V>>,
    failure: Option<(Timestamp, E)>,
    forced: Option<Timestamp>,
    flight: Option<Flight<Outcome<V, E>>>,
}

/// What a caller gets at once.
enum Plan<V, E> {
    Done(Outcome<V, E>),
    Wait(Flight<Outcome<V, E>>, Option<Arc<V>>),
}

impl<V, E> Kept<V, E>
where
    V: Send + Sync + 'static,
    E: Clone + Send + Sync + 'static,
{
    /// A place without a value. `news` is told of every value that is fetched.
    pub(crate) fn empty(clock: Arc<dyn Clock>, pauses: Pauses, news: Arc<Notify>) -> Self {
        let state = State { value: None, failure: None, forced: None, flight: None };
        Self { state: Mutex::new(state), clock, pauses, news }
    }

    /// Puts a value of an earlier process there, unless there is one.
    pub(crate) fn recall(&self, value: V) {
        self.state.lock().value.get_or_insert_with(|| Arc::new(value));
    }

    /// The value, whatever its age.
    pub(crate) fn held(&self) -> Option<Arc<V>> {
        self.state.lock().value.clone()
    }

    /// The value, fetched if need be. Callers that come while a fetch is under way wait for the same one.
    ///
    /// INVARIANT: `fetch` only makes the future; it is called with the place locked, so it must not look into it.
    pub(crate) async fn get<F>(
        self: &Arc<Self>,
        freshness: impl Fn(&V, Timestamp) -> Freshness,
        fetch: impl Fn() -> F,
    ) -> Outcome<V, E>
    where
        F: Future<Output = Result<V, E>> + Send + 'static,
    {
        loop {
            let (flight, old) = match self.plan(&freshness, &fetch) {
                Plan::Done(outcome) => return outcome,
                Plan::Wait(flight, old) => (flight, old),
            };
            match (flight.landed().await, old) {
                // It may have come to its end while another was waited for.
                (Some(Err(_)), Some(old)) if freshness(&old, self.clock.now()) != Freshness::Gone => {
                    return Ok(old);
                }
                (Some(outcome), _) => return outcome,
                // The runtime that carried the fetch is gone: this one fetches itself, unless it is going as well.
                (None, _) => tokio::task::yield_now().await,
            }
        }
    }

    /// Another value than `seen`, if there is one or one can be fetched now. No fetch begins within `pause` of the last
    /// one that was begun this way, or of a failure.
    pub(crate) async fn another<F>(
        self: &Arc<Self>,
        seen: impl Fn(&V) -> bool,
        pause: Duration,
        fetch: impl Fn() -> F,
    ) -> Option<Arc<V>>
    where
        F: Future<Output = Result<V, E>> + Send + 'static,
    {
        let flight = {
            let mut state = self.state.lock();
            let now = self.clock.now();
            if state.value.as_ref().is_some_and(|value| !seen(value)) {
                return state.value.clone();
            }
            match state.running() {
                Some(flight) => flight,
                None if state.failed_within(pause, now) || state.forced_within(pause, now) => {
                    return state.value.clone();
                }
                None => {
                    state.forced = Some(now);
                    self.start(&mut state, fetch())
                }
            }
        };
        flight.landed().await;
        self.held()
    }

    fn plan<F>(
        self: &Arc<Self>,
        freshness: &impl Fn(&V, Timestamp) -> Freshness,
        fetch: &impl Fn() -> F,
    ) -> Plan<V, E>
    where
        F: Future<Output = Result<V, E>> + Send + 'static,
    {
        let now = self.clock.now();
        let mut state = self.state.lock();
        let value = state.value.clone();
        match value.map(|value| (freshness(&value, now), value)) {
            Some((Freshness::Fresh, value)) => Plan::Done(Ok(value)),
            Some((Freshness::Ageing, value)) => {
                if state.running().is_none() && !state.failed_within(self.pauses.with_value, now) {
                    self.start(&mut state, fetch());
                }
                Plan::Done(Ok(value))
            }
            Some((Freshness::Overdue, value)) => match state.running() {
                Some(flight) => Plan::Wait(flight, Some(value)),
                None if state.failed_within(self.pauses.with_value, now) => Plan::Done(Ok(value)),
                None => Plan::Wait(self.start(&mut state, fetch()), Some(value)),
            },
            Some((Freshness::Gone, _)) | None => self.plan_without(&mut state, now, fetch),
        }
    }

    fn plan_without<F>(
        self: &Arc<Self>,
        state: &mut State<V, E>,
        now: Timestamp,
        fetch: &impl Fn() -> F,
    ) -> Plan<V, E>
    where
        F: Future<Output = Result<V, E>> + Send + 'static,
    {
        state.value = None;
        if let Some(flight) = state.running() {
            return Plan::Wait(flight, None);
        }
        match &state.failure {
            Some((at, error)) if within(*at, self.pauses.without, now) => Plan::Done(Err(error.clone())),
            _ => Plan::Wait(self.start(state, fetch()), None),
        }
    }

    fn start(
        self: &Arc<Self>,
        state: &mut State<V, E>,
        fetch: impl Future<Output = Result<V, E>> + Send + 'static,
    ) -> Flight<Outcome<V, E>> {
        let place = Arc::clone(self);
        let flight = Flight::start(async move {
            let outcome = fetch.await.map(Arc::new);
            place.take(&outcome);
            outcome
        });
        state.flight = Some(flight.clone());
        flight
    }

    fn take(&self, outcome: &Outcome<V, E>) {
        let now = self.clock.now();
        let mut state = self.state.lock();
        state.flight = None;
        match outcome {
            Ok(value) => {
                state.value = Some(Arc::clone(value));
                state.failure = None;
                self.news.notify_one();
            }
            Err(error) => state.failure = Some((now, error.clone())),
        }
    }
}

impl<V, E> State<V, E>
where
    V: Send + Sync + 'static,
    E: Clone + Send + Sync + 'static,
{
    fn running(&self) -> Option<Flight<Outcome<V, E>>> {
        self.flight.as_ref().filter(|flight| !flight.is_lost()).cloned()
    }

    fn failed_within(&self, pause: Duration, now: Timestamp) -> bool {
        self.failure.as_ref().is_some_and(|(at, _)| within(*at, pause, now))
    }

    fn forced_within(&self, pause: Duration, now: Timestamp) -> bool {
        self.forced.is_some_and(|at| within(at, pause, now))
    }
}

/// Whether `at` is less than `span` before `now`.
pub(crate) fn within(at: Timestamp, span: Duration, now: Timestamp) -> bool {
    age(at, now) < span
}

/// How long ago `at` was.
///
/// A clock that is set back by a little makes nothing older. One that is set back by much makes everything very old:
/// what was fetched "tomorrow" is fetched again, rather than believed until that day.
pub(crate) fn age(at: Timestamp, now: Timestamp) -> Duration {
    let elapsed = now.duration_since(at);
    match Duration::try_from(elapsed) {
        Ok(age) => age,
        Err(_) if elapsed.unsigned_abs() <= SMALL_STEP => Duration::ZERO,
        Err(_) => Duration::MAX,
    }
}

/// Larger than what keeps clocks right step by step.
const SMALL_STEP: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_set_back_makes_old_only_when_it_is_set_back_by_much() {
        let at = |second| Timestamp::from_second(second).unwrap();
        for (now, expected) in [
            (1_000, Duration::ZERO),
            (1_007, Duration::from_secs(7)),
            (940, Duration::ZERO),
            (939, Duration::MAX),
            (0, Duration::MAX),
        ] {
            assert_eq!(age(at(1_000), at(now)), expected, "{now}");
        }
        assert!(within(at(1_000), Duration::from_secs(5), at(1_004)));
        assert!(!within(at(1_000), Duration::from_secs(5), at(1_005)));
        assert!(!within(at(1_000), Duration::from_secs(5), at(0)));
    }
}
