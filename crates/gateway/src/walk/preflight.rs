//! Cross-origin preflights: answered by `cors` before anybody is authenticated.
//!
//! COMPAT: a preflight carries no key. The API and the would-be operation are found from the URL and
//! `Access-Control-Request-Method`; the first `cors` that is a direct child of `inbound` and knows the origin answers;
//! if none does, the answer is an empty 200 (`policies-b.md` 3). An API with an OPTIONS operation that matches is
//! routed to it like any other request.

use std::sync::Arc;

use http::StatusCode;
use model::routing::{Outcome, RouteRequest};
use policy::{Action, Exchange, Fault, Pipeline, Preflight, Response, Section};

use crate::snapshot::{Snapshot, preflight_method};

/// Answers the request if it is a preflight and a `cors` is in effect for it; says whether it did.
pub(super) fn answer(snapshot: &Snapshot, exchange: &mut Exchange) -> Result<bool, Fault> {
    let Some(pipeline) = would_be(snapshot, exchange) else { return Ok(false) };
    exchange.section = Section::Inbound;
    let mut any = false;
    for step in pipeline.section(Section::Inbound) {
        let Action::Sync(policy) = &step.action else { continue };
        match policy.preflight(exchange)? {
            None => {}
            Some(Preflight::NotMine) => any = true,
            Some(Preflight::Answer(response)) => {
                exchange.response = Some(response);
                return Ok(true);
            }
        }
    }
    if any {
        exchange.response = Some(Response::new(StatusCode::OK));
    }
    Ok(any)
}

/// The effective policy of the operation that the caller wants to call next, without a product: or with the only one
/// that needs no key.
fn would_be(snapshot: &Snapshot, exchange: &mut Exchange) -> Option<Arc<Pipeline>> {
    let method = preflight_method(&exchange.request.method, &exchange.request.headers)?;
    let original = exchange.request.original.clone();
    let request = RouteRequest {
        method: &method,
        path: &original.path,
        query: original.query.as_deref(),
        headers: &exchange.request.headers,
    };
    let Outcome::Found(found) = snapshot.routes.find(&request) else { return None };
    let entry = snapshot.apis.get(found.api.index)?;
    let index = found.index;
    exchange.api = Some(Arc::clone(&entry.api));
    exchange.operation_index = Some(index);
    let open = entry.products.iter().find(|product| product.is_published() && !product.subscription_required);
    entry.pipeline(Some(index), open.map(|product| &product.id)).cloned()
}
