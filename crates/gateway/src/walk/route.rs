//! The room of routing: which API and operation a request means.

use std::sync::Arc;

use expr::Text;
use model::routing::{Match, Outcome, RouteRequest};
use policy::{Exchange, Fault, FaultKind, MatchedParameter, Target};

use super::{Failed, Room};
use crate::snapshot::{ApiEntry, Snapshot};

/// The API that a request means, and the operation.
pub(super) struct Routed<'s> {
    /// The API.
    pub(super) entry: &'s ApiEntry,
    /// The operation's place in the API's list.
    pub(super) operation: usize,
}

/// Finds the operation and writes to the exchange what follows from it.
pub(super) fn route<'s>(snapshot: &'s Snapshot, exchange: &mut Exchange) -> Room<Routed<'s>> {
    let original = exchange.request.original.clone();
    let headers = std::mem::take(&mut exchange.request.headers);
    let request = RouteRequest {
        method: &original.method,
        path: &original.path,
        query: original.query.as_deref(),
        headers: &headers,
    };
    let outcome = snapshot.routes.find(&request);
    let result = take(snapshot, exchange, outcome);
    exchange.request.headers = headers;
    result
}

fn take<'s>(snapshot: &'s Snapshot, exchange: &mut Exchange, outcome: Outcome<'s, '_>) -> Room<Routed<'s>> {
    let unmatched = || Some(Arc::clone(&snapshot.unmatched));
    match outcome {
        Outcome::Found(found) => matched(snapshot, exchange, &found),
        Outcome::NoOperation(api) => {
            let entry = snapshot.apis.get(api.index);
            exchange.api = Some(Arc::clone(api.api));
            exchange.workspace = entry.and_then(|entry| entry.workspace.clone());
            let pipeline = entry.and_then(|entry| entry.pipeline(None, None)).cloned();
            Err(Failed::new(Fault::new(FaultKind::OperationNotFound), pipeline.or_else(unmatched)))
        }
        Outcome::NoApi => Err(Failed::new(Fault::new(FaultKind::OperationNotFound), unmatched())),
        Outcome::BadPath(why) => {
            let fault = Fault::new(FaultKind::BadRequest).detail(why.to_string());
            Err(Failed::new(fault, unmatched()))
        }
    }
}

fn matched<'s>(snapshot: &'s Snapshot, exchange: &mut Exchange, found: &Match<'s, '_>) -> Room<Routed<'s>> {
    let Some(entry) = snapshot.apis.get(found.api.index) else {
        let fault = Fault::new(FaultKind::Internal).detail("a route without its API");
        return Err(Failed::new(fault, None));
    };
    exchange.api = Some(Arc::clone(&entry.api));
    exchange.workspace.clone_from(&entry.workspace);
    exchange.operation_index = Some(found.index);
    exchange.request.path = found.api.rest.to_owned();
    exchange.request.matched = found
        .parameters
        .iter()
        .map(|captured| MatchedParameter {
            name: Arc::clone(captured.name),
            value: Text::copied(&captured.value()),
            raw: Text::copied(captured.raw),
        })
        .collect();
    if let Some(url) = &entry.service_url {
        exchange.target = Target::Url(Arc::clone(url));
    }
    Ok(Routed { entry, operation: found.index })
}
