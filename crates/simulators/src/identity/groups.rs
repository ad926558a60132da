//! The groups of a user who has too many of them for a token: what `_claim_sources` points at.
//!
//! COMPAT: the shape of `directoryObject: getMemberObjects`. A token of this provider opens it, of whichever resource: the
//! overage is resolved with a token for Microsoft Graph.

use http::{Method, StatusCode};
use serde_json::json;

use super::directory::Tenant;
use super::state::State;
use crate::web::{Answer, Asked};

pub(super) fn answer(state: &State, tenant: &Tenant, user: &str, asked: &Asked) -> Answer {
    if asked.method != Method::POST {
        return problem(StatusCode::METHOD_NOT_ALLOWED, "Request_BadRequest", "Only POST is supported.");
    }
    let bearer = asked.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
    if bearer.is_none_or(|token| state.verified(token, state.now()).is_err()) {
        let why = "Access token validation failure.";
        return problem(StatusCode::UNAUTHORIZED, "InvalidAuthenticationToken", why);
    }
    match tenant.user_by_name(user) {
        Some(user) => Answer::json(StatusCode::OK, &json!({ "value": user.all_groups() })),
        None => problem(StatusCode::NOT_FOUND, "Request_ResourceNotFound", "The user does not exist."),
    }
}

fn problem(status: StatusCode, code: &str, message: &str) -> Answer {
    Answer::json(status, &json!({ "error": { "code": code, "message": message } }))
}
