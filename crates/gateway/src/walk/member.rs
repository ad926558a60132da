//! Which backend gets the call, and what its circuit breaker is told of it.
//!
//! It stands around each call of `forward-request`, so that every try of `retry` goes to the member whose turn it is then.

use http::{HeaderValue, header};
use jiff::{SignedDuration, Timestamp};
use policy::{Backend, CallOutcome, Exchange, Fault, FaultKind, PoolTarget, Target};

use super::on_error;
use crate::backends;

/// Decides who gets the call that is about to be made.
///
/// COMPAT: when a circuit breaker keeps the call away, or those of all members do, 503 is what policies see in
/// `context.Response` (`retry` asks for it in published samples) and what the caller gets unless `on-error` makes something
/// else of it (`policies-a.md` 4.4).
///
/// # Errors
/// When nobody may be called at the moment.
pub(super) fn choose(exchange: &mut Exchange) -> Result<(), Fault> {
    let chosen = match &mut exchange.target {
        Target::None | Target::Url(_) => return Ok(()),
        Target::Backend(backend) if backend.breaker.is_none() => return Ok(()),
        Target::Backend(backend) => may_be_called(backend, exchange.ports.clock.now()),
        Target::Pool(target) => {
            let now = exchange.ports.clock.now();
            let affinity = target.pool().affinity.as_ref();
            let wanted = affinity.and_then(|each| backends::wanted(each, &exchange.request.headers));
            turn(target, wanted, now)
        }
    };
    chosen.inspect_err(|fault| exchange.response = Some(on_error::answer(fault, exchange)))
}

/// Tells the circuit breaker of whoever was called how it went.
pub(super) fn note(exchange: &Exchange, outcome: &CallOutcome<'_>) {
    if let Some(breaker) = exchange.target.backend().and_then(|backend| backend.breaker.as_ref()) {
        breaker.note(outcome, exchange.ports.clock.now());
    }
}

fn open_until(backend: &Backend, now: Timestamp) -> Option<Timestamp> {
    backend.breaker.as_ref()?.open_until(now)
}

fn may_be_called(backend: &Backend, now: Timestamp) -> Result<(), Fault> {
    let Some(until) = open_until(backend, now) else { return Ok(()) };
    let message = format!("The circuit breaker of the backend `{}` is open.", backend.id);
    Err(unavailable(FaultKind::CircuitBreakerOpen, message, until.duration_since(now)))
}

/// The next member: the one that the caller is kept at, as long as it may be called, otherwise the one whose turn it is.
fn turn(target: &mut PoolTarget, wanted: Option<usize>, now: Timestamp) -> Result<(), Fault> {
    let pool = target.pool();
    let can_be_called =
        |place: usize| pool.members.get(place).is_some_and(|member| open_until(member, now).is_none());
    // A second try means that the first answer would not do.
    let kept = wanted.filter(|place| target.tried().is_empty() && can_be_called(*place));
    match kept.or_else(|| pool.balance.next(&can_be_called, target.tried())) {
        Some(place) => {
            target.choose(place);
            Ok(())
        }
        None => {
            let soonest = pool.members.iter().filter_map(|member| open_until(member, now)).min();
            let message = format!("No backend of the pool `{}` is available.", pool.id);
            let wait = soonest.map_or(SignedDuration::ZERO, |until| until.duration_since(now));
            Err(unavailable(FaultKind::BackendPoolUnavailable, message, wait).status(pool.failure_status))
        }
    }
}

/// COMPAT: published samples expect `Retry-After` when a pool is exhausted (`policies-a.md` 4.4): whole seconds until the
/// first breaker closes.
fn unavailable(kind: FaultKind, message: String, wait: SignedDuration) -> Fault {
    let seconds = wait.as_secs() + i64::from(wait.subsec_nanos() > 0);
    Fault::with_message(kind, message).header(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)))
}
