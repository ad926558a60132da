//! Cross-origin preflights: answered by `cors` before anybody is authenticated.
//!
//! COMPAT: a preflight carries no key. The API and the would-be operation are found from the URL and
//! `Access-Control-Request-Method`; the first `cors` that is a direct child of `inbound` and knows the origin answers;
//! if none does, the answer is an empty 200 (`policies-b.md` 3). An API with an OPTIONS operation that matches is
//! routed to it like any other request.

use std::sync::Arc;

use http::StatusCode;
use model::routing::{Outcome, RouteRequest};
use policy::{Action, Exchange, Fault, Pipeline, Preflight, Response, Section, Step};

use crate::snapshot::{Snapshot, preflight_method};

/// Answers the request if it is a preflight and a `cors` is in effect for it; says whether it did.
pub(super) async fn answer(snapshot: &Snapshot, exchange: &mut Exchange) -> Result<bool, Fault> {
    let Some(pipeline) = would_be(snapshot, exchange) else { return Ok(false) };
    exchange.section = Section::Inbound;
    let response = match ask(pipeline.section(Section::Inbound), exchange).await? {
        None => return Ok(false),
        Some(Preflight::NotMine) => Response::new(StatusCode::OK),
        Some(Preflight::Answer(response)) => response,
    };
    exchange.response = Some(response);
    Ok(true)
}

/// What the `cors` policies say; none without any. A fragment's policies count as if they stood in its place.
async fn ask(steps: &[Arc<Step>], exchange: &mut Exchange) -> Result<Option<Preflight>, Fault> {
    let mut said = None;
    for step in in_place(steps) {
        let says = step.preflight(exchange).await?;
        if let Some(Preflight::Answer(_)) = &says {
            return Ok(says);
        }
        said = says.or(said);
    }
    Ok(said)
}

/// Steps with those of fragments in the place of the fragments.
fn in_place(steps: &[Arc<Step>]) -> Vec<&Arc<Step>> {
    let mut all = Vec::new();
    for step in steps {
        match &step.action {
            Action::Group(steps) => all.extend(in_place(steps)),
            _ => all.push(step),
        }
    }
    all
}

/// The effective policy of the operation that the caller wants to call next, without a product: or with the only one
/// that needs no key.
fn would_be(snapshot: &Snapshot, exchange: &mut Exchange) -> Option<Arc<Pipeline>> {
    let method = preflight_method(&exchange.request.method, &exchange.request.headers)?;
    let original = exchange.request.original.clone();
    let request = RouteRequest {
        method: &method,
        path: original.path(),
        query: original.query(),
        headers: &exchange.request.headers,
    };
    let Outcome::Found(found) = snapshot.routes.find(&request) else { return None };
    let entry = snapshot.apis.get(found.api.index)?;
    if !entry.schemes.contain(exchange.request.original.scheme) {
        return None;
    }
    let index = found.index;
    exchange.api = Some(Arc::clone(&entry.api));
    exchange.operation_index = Some(index);
    let open = entry.products.iter().find(|product| product.is_published() && !product.subscription_required);
    entry.pipeline(Some(index), open.map(|product| &product.id)).cloned()
}
