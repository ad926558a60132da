//! The executor: runs the steps of a section one after another.

mod again;

use std::sync::Arc;

use expr::Facts;
use http::HeaderValue;
use http::header::RETRY_AFTER;

use crate::body::{BrokenAnswer, FillError};
use crate::compute::{apart, is_heavy};
use crate::step::{Action, Choose};
use crate::{CallerBroke, Exchange, Fault, FaultKind, Flow, LastError, Ports, Step, StepFuture, StepResult};

/// Runs steps in order until one responds or fails. A failure is written to `context.LastError`.
///
/// # Errors
/// The [`Fault`] of the step that failed.
pub async fn execute(steps: &[Arc<Step>], exchange: &mut Exchange, ports: &Ports) -> StepResult {
    for step in steps {
        match run(step, exchange, ports).await {
            Ok(Flow::Next) => {}
            Ok(Flow::Respond) => return Ok(Flow::Respond),
            Err(fault) => {
                // The innermost step knows best: a container does not overwrite what its child noted.
                if exchange.fault_noted() {
                    return Err(fault);
                }
                exchange.note_fault(LastError::of_step(&fault, &step.meta));
                return Err(fault);
            }
        }
    }
    Ok(Flow::Next)
}

/// The same behind a pointer, for steps that hold steps.
fn nested<'a>(steps: &'a [Arc<Step>], exchange: &'a mut Exchange, ports: &'a Ports) -> StepFuture<'a> {
    Box::pin(execute(steps, exchange, ports))
}

async fn run(step: &Arc<Step>, exchange: &mut Exchange, ports: &Ports) -> StepResult {
    // COMPAT: what does not apply to handshakes and was inherited is skipped ("Import a WebSocket API").
    if !step.meta.in_handshakes && exchange.handshake.is_some() {
        return Ok(Flow::Next);
    }
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

async fn run_choose(choose: &Choose, step: &Step, exchange: &mut Exchange, ports: &Ports) -> StepResult {
    for when in &choose.when {
        let holds = match prepare(when.facts, exchange).await {
            Ok(()) => when.condition.get_anywhere(exchange).await,
            Err(fault) => Err(fault),
        };
        if let Err(fault) = &holds {
            let error =
                LastError { path: Some(Arc::clone(&when.path)), ..LastError::of_step(fault, &step.meta) };
            exchange.note_fault(error);
        }
        if holds? {
            return nested(&when.steps, exchange, ports).await;
        }
    }
    nested(&choose.otherwise, exchange, ports).await
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
