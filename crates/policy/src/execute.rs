//! The executor: runs the steps of a section one after another.

mod again;

use std::sync::Arc;

use expr::Facts;
use http::HeaderValue;
use http::header::RETRY_AFTER;

use crate::body::{BrokenAnswer, FillError};
use crate::compute::{apart, is_heavy};
use crate::step::{Action, Choose, When};
use crate::{
    CallerBroke, Exchange, Fault, FaultKind, Flow, LastError, MessageBody, Ports, Step, StepFuture,
    StepResult,
};

/// Runs steps in order until one responds or fails. A failure is written to `context.LastError`.
///
/// Most steps wait for nothing, and are called without a future. What does wait has one of its own, so that the future of
/// a whole section stays small: it is a part of that of the request, which is moved before it begins.
///
/// # Errors
/// The [`Fault`] of the step that failed.
pub async fn execute(steps: &[Arc<Step>], exchange: &mut Exchange, ports: &Ports) -> StepResult {
    for step in steps {
        let ended = match begin(step, exchange) {
            Begun::Ended(ended) => ended,
            Begun::Steps(steps) => match ahead(steps, exchange) {
                Ahead::Ended(ended) => ended,
                Ahead::Rest(rest) => nested(rest, exchange, ports).await,
            },
            Begun::Waits => wait(step, exchange, ports).await,
        };
        match noted(ended, step, exchange) {
            Ok(Flow::Next) => {}
            other => return other,
        }
    }
    Ok(Flow::Next)
}

/// Writes a failure to `context.LastError`, unless a step inside of this one has: the innermost step knows best.
fn noted(ended: StepResult, step: &Step, exchange: &mut Exchange) -> StepResult {
    if let Err(fault) = &ended
        && !exchange.fault_noted()
    {
        exchange.note_fault(LastError::of_step(fault, &step.meta));
    }
    ended
}

/// What became of a step that was not waited for.
enum Begun<'a> {
    /// It has ended.
    Ended(StepResult),
    /// These steps are what it comes to.
    Steps(&'a [Arc<Step>]),
    /// It waits for something; nothing of it has run.
    Waits,
}

/// Runs a step as far as it waits for nothing.
fn begin<'a>(step: &'a Step, exchange: &mut Exchange) -> Begun<'a> {
    // COMPAT: what does not apply to handshakes and was inherited is skipped ("Import a WebSocket API").
    if !step.meta.in_handshakes && exchange.handshake.is_some() {
        return Begun::Ended(Ok(Flow::Next));
    }
    if waits_for_body(step.facts, exchange) {
        return Begun::Waits;
    }
    match &step.action {
        Action::Sync(policy) if !is_heavy(step.facts, exchange) => Begun::Ended(policy.run(exchange)),
        Action::Choose(choose) if !waits(choose, exchange) => begin_choose(choose, step, exchange),
        Action::Group(steps) => Begun::Steps(steps),
        _ => Begun::Waits,
    }
}

/// What became of steps that were run ahead.
enum Ahead<'a> {
    /// All have run that were to run.
    Ended(StepResult),
    /// These are left.
    Rest(&'a [Arc<Step>]),
}

/// Runs plain steps until there is another one.
fn ahead<'a>(steps: &'a [Arc<Step>], exchange: &mut Exchange) -> Ahead<'a> {
    let mut rest = steps;
    while let Some((step, others)) = rest.split_first() {
        let Action::Sync(_) = step.action else { return Ahead::Rest(rest) };
        let Begun::Ended(ended) = begin(step, exchange) else { return Ahead::Rest(rest) };
        match noted(ended, step, exchange) {
            Ok(Flow::Next) => rest = others,
            other => return Ahead::Ended(other),
        }
    }
    Ahead::Ended(Ok(Flow::Next))
}

/// The same as [`execute`] behind a pointer, for steps that hold steps.
fn nested<'a>(steps: &'a [Arc<Step>], exchange: &'a mut Exchange, ports: &'a Ports) -> StepFuture<'a> {
    Box::pin(execute(steps, exchange, ports))
}

/// Runs a step that waits for something.
fn wait<'a>(step: &'a Arc<Step>, exchange: &'a mut Exchange, ports: &'a Ports) -> StepFuture<'a> {
    match &step.action {
        Action::Async(policy) if !waits_for_body(step.facts, exchange) => policy.run(exchange, ports),
        _ => Box::pin(run(step, exchange, ports)),
    }
}

async fn run(step: &Arc<Step>, exchange: &mut Exchange, ports: &Ports) -> StepResult {
    prepare(step.facts, exchange).await?;
    match &step.action {
        Action::Sync(_) if is_heavy(step.facts, exchange) => {
            let step = Arc::clone(step);
            apart(exchange, move |exchange| step.run_sync(exchange)).await
        }
        Action::Sync(policy) => policy.run(exchange),
        Action::Async(policy) => policy.run(exchange, ports).await,
        Action::Choose(choose) => run_choose(choose, step, exchange, ports).await,
        Action::Again(retry) => again::run(retry, step, exchange, ports).await,
        Action::Group(steps) => nested(steps, exchange, ports).await,
    }
}

/// Whether any of its conditions waits for something.
fn waits(choose: &Choose, exchange: &Exchange) -> bool {
    let waits = |when: &When| waits_for_body(when.facts, exchange) || when.condition.is_heavy(exchange);
    choose.when.iter().any(waits)
}

fn begin_choose<'a>(choose: &'a Choose, step: &Step, exchange: &mut Exchange) -> Begun<'a> {
    for when in &choose.when {
        match condition(when.condition.get(exchange), when, step, exchange) {
            Ok(true) => return Begun::Steps(&when.steps),
            Ok(false) => {}
            Err(fault) => return Begun::Ended(Err(fault)),
        }
    }
    Begun::Steps(&choose.otherwise)
}

/// A condition that failed is written to `context.LastError` with its own path.
fn condition(
    holds: Result<bool, Fault>,
    when: &When,
    step: &Step,
    exchange: &mut Exchange,
) -> Result<bool, Fault> {
    if let Err(fault) = &holds {
        let error = LastError { path: Some(Arc::clone(&when.path)), ..LastError::of_step(fault, &step.meta) };
        exchange.note_fault(error);
    }
    holds
}

async fn run_choose(choose: &Choose, step: &Step, exchange: &mut Exchange, ports: &Ports) -> StepResult {
    for when in &choose.when {
        let holds = match prepare(when.facts, exchange).await {
            Ok(()) => when.condition.get_anywhere(exchange).await,
            Err(fault) => Err(fault),
        };
        if condition(holds, when, step, exchange)? {
            return nested(&when.steps, exchange, ports).await;
        }
    }
    nested(&choose.otherwise, exchange, ports).await
}

/// Whether a body that somebody is about to look into has not been read yet.
fn waits_for_body(facts: Facts, exchange: &Exchange) -> bool {
    let arrives = |body: &MessageBody| matches!(body, MessageBody::Arriving(_));
    (facts.contains(Facts::REQUEST_BODY) && arrives(&exchange.request.body))
        || (facts.contains(Facts::RESPONSE_BODY)
            && exchange.response.as_ref().is_some_and(|response| arrives(&response.body)))
}

/// Reads whole the bodies that somebody is about to look into.
///
/// # Errors
/// When a body is over the limit or breaks off.
pub async fn prepare(facts: Facts, exchange: &mut Exchange) -> Result<(), Fault> {
    let limits = exchange.limits;
    let buffers = &exchange.ports.buffers;
    if facts.contains(Facts::REQUEST_BODY) {
        let filled = exchange.request.body.fill(limits.request_body, buffers).await;
        filled.map_err(|error| request_fault(&error))?;
    }
    if facts.contains(Facts::RESPONSE_BODY)
        && let Some(response) = &mut exchange.response
    {
        let filled = response.body.fill(limits.response_body, buffers).await;
        filled.map_err(|error| response_fault(&error))?;
    }
    Ok(())
}

fn request_fault(error: &FillError) -> Fault {
    match error {
        FillError::TooLarge(limit) => Fault::with_message(
            FaultKind::RequestBodyTooLarge,
            format!(
                "The request body is larger than {limit} bytes, the limit for bodies that policies read."
            ),
        ),
        FillError::NoRoom(limit) => no_room(*limit),
        FillError::Broken(error) => CallerBroke::among(&**error).map_or_else(
            || Fault::with_message(FaultKind::ClientConnectionFailure, "The request body broke off."),
            CallerBroke::fault,
        ),
    }
}

/// Room comes back as requests end, which they do all the time.
fn no_room(limit: u64) -> Fault {
    let message = format!(
        "All requests together keep as much of bodies as `limits.buffered-bytes` allows, which is {limit} bytes."
    );
    let soon = HeaderValue::from_static("1");
    Fault::with_message(FaultKind::BufferedBytesExceeded, message).header(RETRY_AFTER, soon)
}

fn response_fault(error: &FillError) -> Fault {
    match error {
        FillError::TooLarge(limit) => Fault::with_message(
            FaultKind::ResponseBodyTooLarge,
            format!(
                "The response body is larger than {limit} bytes, the limit for bodies that policies read."
            ),
        ),
        FillError::NoRoom(limit) => no_room(*limit),
        FillError::Broken(error) => BrokenAnswer::fault(error),
    }
}
