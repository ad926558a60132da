//! After a failure: the default answer, then what `on-error` makes of it.

use std::sync::Arc;

use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};
use model::ErrorDialect;
use policy::{
    Body, Exchange, Fault, FaultKind, LastError, MessageBody, Pipeline, Ports, Response, Section, execute,
};

use super::Failed;

/// Makes the default answer and runs `on-error` on it.
///
/// An error inside of `on-error` does not start it again: the default answer to the first error stands.
pub(super) async fn run(failed: Failed, exchange: &mut Exchange, ports: &Ports) {
    let Failed { fault, pipeline } = failed;
    refuse(&fault, exchange);
    if let Some(detail) = fault.log_detail() {
        tracing::info!(request = %exchange.id, %fault, detail, "a request failed");
    }
    // Nobody is there any more who could be answered.
    if fault.kind() == FaultKind::ClientConnectionFailure {
        return;
    }
    if let Some(pipeline) = pipeline {
        run_section(&pipeline, &fault, exchange, ports).await;
    }
}

async fn run_section(pipeline: &Arc<Pipeline>, fault: &Fault, exchange: &mut Exchange, ports: &Ports) {
    exchange.section = Section::OnError;
    exchange.fault_handled();
    let first = exchange.last_error.clone();
    if let Err(second) = execute(pipeline.section(Section::OnError), exchange, ports).await {
        tracing::debug!(request = %exchange.id, first = %fault, %second, "on-error failed");
        exchange.last_error = first;
        default_response(fault, exchange);
    }
}

/// Answers a request that is not processed at all.
pub(super) fn refuse(fault: &Fault, exchange: &mut Exchange) {
    note(fault, exchange);
    default_response(fault, exchange);
}

/// A failure of a built-in step has not been noted by the executor.
fn note(fault: &Fault, exchange: &mut Exchange) {
    if exchange.fault_noted() {
        return;
    }
    let error = LastError::of_gateway(fault, None);
    // COMPAT: the log of a self-hosted gateway says section `backend` for OperationNotFound (`policies-b.md` 9).
    let section =
        if fault.kind() == FaultKind::OperationNotFound { Section::Backend } else { exchange.section };
    exchange.note_fault(error.in_section(section));
}

/// The answer that the caller gets when no policy changes it.
fn default_response(fault: &Fault, exchange: &mut Exchange) {
    exchange.response = Some(answer(fault, exchange));
}

/// The default answer to a failure.
pub(super) fn answer(fault: &Fault, exchange: &Exchange) -> Response {
    let status = StatusCode::from_u16(fault.response_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = Response::new(status);
    response.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, value) in fault.response_headers() {
        response.headers.insert(name, value.clone());
    }
    let dialect = exchange.api.as_ref().map_or(ErrorDialect::Apim, |api| api.settings.errors);
    let body = fault.body_in(dialect, &exchange.id.hyphenated());
    response.body = MessageBody::arriving(Body::whole(body));
    response
}
