//! The room of routing: which API and operation a request means.

use std::sync::Arc;

use expr::Text;
use model::routing::{Match, Outcome, RouteRequest};
use policy::{Exchange, Fault, FaultKind, MatchedParameter, RequestPath, Target};

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
    let original = &exchange.request.original;
    let request = RouteRequest {
        method: &original.method,
        path: original.path(),
        query: original.query(),
        headers: &exchange.request.headers,
    };
    let unmatched = || Some(Arc::clone(&snapshot.unmatched));
    match snapshot.routes.find(&request) {
        Outcome::Found(found) => {
            let way = Way::of(&found, request.path);
            take(snapshot, exchange, way)
        }
        Outcome::NoOperation(api) => Err(no_operation(snapshot, exchange, api.index)),
        Outcome::NoApi => Err(Failed::new(Fault::new(FaultKind::OperationNotFound), unmatched())),
        Outcome::BadPath(why) => {
            let fault = Fault::new(FaultKind::BadRequest).detail(why.to_string());
            Err(Failed::new(fault, unmatched()))
        }
    }
}

/// What a request means, apart from the request.
struct Way {
    api: usize,
    operation: usize,
    /// How much of the path is the API's.
    taken: usize,
    matched: Vec<MatchedParameter>,
}

impl Way {
    fn of(found: &Match<'_, '_>, path: &str) -> Self {
        let matched = found.parameters().map(|captured| {
            let value = Text::copied(&captured.value());
            let raw = if captured.is_plain() { value.clone() } else { Text::copied(captured.raw) };
            MatchedParameter { name: Arc::clone(captured.name), value, raw }
        });
        Self {
            api: found.api.index,
            operation: found.index,
            // What is left of a path is its end.
            taken: path.len().saturating_sub(found.api.rest.len()),
            matched: matched.collect(),
        }
    }
}

fn take<'s>(snapshot: &'s Snapshot, exchange: &mut Exchange, way: Way) -> Room<Routed<'s>> {
    let Some(entry) = snapshot.apis.get(way.api) else {
        let fault = Fault::new(FaultKind::Internal).detail("a route without its API");
        return Err(Failed::new(fault, None));
    };
    if !entry.schemes.contain(exchange.request.original.scheme) {
        return Err(over_another_scheme(snapshot, exchange, way.api));
    }
    exchange.api = Some(Arc::clone(&entry.api));
    exchange.workspace.clone_from(&entry.workspace);
    exchange.operation_index = Some(way.operation);
    exchange.request.path = RequestPath::Sent { from: way.taken };
    exchange.request.matched = way.matched;
    if let Some(url) = &entry.service_url {
        exchange.target = Target::Url(Arc::clone(url));
    }
    Ok(Routed { entry, operation: way.operation })
}

/// The API is known, as its `on-error` is; the operation is not.
#[cold]
fn no_operation(snapshot: &Snapshot, exchange: &mut Exchange, api: usize) -> Box<Failed> {
    let entry = snapshot.apis.get(api);
    exchange.api = entry.map(|entry| Arc::clone(&entry.api));
    exchange.workspace = entry.and_then(|entry| entry.workspace.clone());
    let pipeline = entry.and_then(|entry| entry.pipeline(None, None));
    let pipeline = Arc::clone(pipeline.unwrap_or(&snapshot.unmatched));
    Failed::new(Fault::new(FaultKind::OperationNotFound), Some(pipeline))
}

/// COMPAT: a call over a scheme that the API does not list is answered as one that matches no operation: 404, `Resource
/// not found` (reported of calls over http to an API with https alone). What it takes stands in the log, not in the answer:
/// it is nobody's business what else there is.
#[cold]
fn over_another_scheme(snapshot: &Snapshot, exchange: &mut Exchange, api: usize) -> Box<Failed> {
    let Failed { fault, pipeline } = *no_operation(snapshot, exchange, api);
    let name = exchange.api.as_ref().map(|api| api.qualified_name()).unwrap_or_default();
    let scheme = exchange.request.original.scheme;
    let detail = format!(
        "the `protocols` of the API `{name}` do not have what the call came over, {scheme}: add it there, trust the \
         proxy that knows better (`listen.forwarded-from`), or see `listen.api-protocols`"
    );
    Failed::new(fault.detail(detail), pipeline)
}
