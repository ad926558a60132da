//! `retry`: steps run once, and again while a condition holds.
//!
//! ```text
//! steps ──▶ condition ──no──▶ done
//!   ▲           │ yes, and tries are left
//!   └── wait ◀──┘
//! ```

use std::time::Duration;

use super::{nested, prepare};
use crate::step::Again;
use crate::{Exchange, Fault, FaultKind, Flow, LastError, NotNegative, Ports, Setting, Step, StepResult};

/// How the waits grow, in seconds.
#[derive(Clone, Copy, Debug)]
struct Waits {
    interval: u32,
    delta: Option<u32>,
    longest: Option<u32>,
    first_fast: bool,
}

/// COMPAT: count and waits are evaluated once, at the entry; the condition after each run, with what the run left behind.
/// A step that fails does not end it: the condition is asked, and the error goes on when the steps do not run again
/// (`policies-b.md` 1; published samples ask for `context.Response == null`).
pub(super) async fn run(retry: &Again, step: &Step, exchange: &mut Exchange, ports: &Ports) -> StepResult {
    let count = retry.count.get_anywhere(exchange).await?.0;
    let waits = Waits::of(retry, exchange).await?;
    for tried in 1..=count {
        let ended = nested(&retry.steps, exchange, ports).await;
        match &ended {
            Ok(Flow::Respond) => return ended,
            // Nobody is there any more.
            Err(fault) if fault.kind() == FaultKind::ClientConnectionFailure => return ended,
            _ => {}
        }
        match holds(retry, step, exchange).await {
            Ok(true) => {}
            Ok(false) => return ended,
            // What the steps failed with says more than that the condition cannot be evaluated because of it.
            Err(fault) => return ended.and(Err(fault)),
        }
        if ended.is_err() {
            exchange.fault_handled();
            exchange.last_error = None;
        }
        let wait = waits.before(tried, || random(ports));
        if !wait.is_zero() {
            ports.timer.sleep(wait).await;
        }
    }
    nested(&retry.steps, exchange, ports).await
}

async fn holds(retry: &Again, step: &Step, exchange: &mut Exchange) -> Result<bool, Fault> {
    let judged = match prepare(retry.facts, exchange).await {
        Ok(()) => retry.condition.get_anywhere(exchange).await,
        Err(fault) => Err(fault),
    };
    if let Err(fault) = &judged
        && !exchange.fault_noted()
    {
        exchange.note_fault(LastError::of_step(fault, &step.meta));
    }
    judged
}

/// Evenly spread over 0 to 65,535.
fn random(ports: &Ports) -> u16 {
    let mut bytes = [0; 2];
    ports.rng.fill(&mut bytes);
    u16::from_le_bytes(bytes)
}

async fn seconds(
    setting: Option<&Setting<NotNegative>>,
    exchange: &mut Exchange,
) -> Result<Option<u32>, Fault> {
    let Some(setting) = setting else { return Ok(None) };
    setting.get_anywhere(exchange).await.map(|NotNegative(seconds)| Some(seconds))
}

impl Waits {
    async fn of(retry: &Again, exchange: &mut Exchange) -> Result<Self, Fault> {
        let delta = seconds(retry.delta.as_ref(), exchange).await?;
        let longest = seconds(retry.max_interval.as_ref(), exchange).await?;
        let interval = retry.interval.get_anywhere(exchange).await?.0;
        let first_fast = retry.first_fast.get_anywhere(exchange).await?;
        Ok(Self { interval, delta, longest, first_fast })
    }

    /// The wait before the steps run once more for the `nth` time, from 1.
    ///
    /// COMPAT: the table of the page of 2025-09: `interval`; `interval + (n-1) * delta`; with `max-interval` too
    /// `interval + 2^(n-1) * random(0.8 * delta, 1.2 * delta)`, at most `max-interval`. The page's worked example fits
    /// neither this nor the older formula (`policies-b.md` 14).
    fn before(&self, nth: u32, random: impl FnOnce() -> u16) -> Duration {
        if self.first_fast && nth == 1 {
            return Duration::ZERO;
        }
        let interval = Duration::from_secs(self.interval.into());
        let wait = match (self.delta, self.longest) {
            (None, _) => interval,
            (Some(delta), None) => interval + Duration::from_secs(u64::from(delta) * u64::from(nth - 1)),
            (Some(delta), Some(_)) => {
                let share = 0.8 + 0.4 * f64::from(random()) / f64::from(u16::MAX);
                let added = Duration::from_secs(delta.into()).mul_f64(share);
                added
                    .checked_mul(1 << (nth - 1).min(31))
                    .map_or(Duration::MAX, |added| interval.saturating_add(added))
            }
        };
        self.longest.map_or(wait, |longest| wait.min(Duration::from_secs(longest.into())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(waits: Waits, random: u16) -> Vec<u64> {
        (1..=5).map(|nth| waits.before(nth, || random).as_secs()).collect()
    }

    /// The table of the retry page (`policies-b.md` 1).
    #[test]
    fn waits_are_fixed_or_grow_evenly_or_double() {
        let fixed = Waits { interval: 10, delta: None, longest: None, first_fast: false };
        assert_eq!(waits(fixed, 0), [10, 10, 10, 10, 10]);
        assert_eq!(waits(Waits { first_fast: true, ..fixed }, 0), [0, 10, 10, 10, 10]);
        let linear = Waits { delta: Some(5), ..fixed };
        assert_eq!(waits(linear, 0), [10, 15, 20, 25, 30]);
        let doubling = Waits { delta: Some(10), longest: Some(100), ..fixed };
        assert_eq!(waits(doubling, 0), [18, 26, 42, 74, 100]);
        assert_eq!(waits(doubling, u16::MAX), [22, 34, 58, 100, 100]);
    }
}
