//! Pages below `/_simulator` that only the identity provider has:
//!
//! - `POST /_simulator/rotate-keys`, with `?old=forget` if the keys before the new one shall not be published any more
//! - `POST /_simulator/tokens` with a [`TokenOrder`] as JSON: a token made to order
//! - `POST /_simulator/cluster-tokens` with `{"subject": "…"}`: what Kubernetes would write into a pod's file
//! - `GET /_simulator/directory`: who is there, without secrets
//! - `GET /_simulator/ca.pem`: what clients must trust

use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::directory::{App, Directory, Federated, Tenant};
use super::order::{TokenOrder, made};
use super::state::State;
use crate::signing::OldKeys;
use crate::web::{Answer, Asked};

/// A token of the simulated cluster.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClusterOrder {
    subject: String,
    #[serde(default = "Federated::usual_audience")]
    audience: String,
    #[serde(default = "hour")]
    lifetime: u64,
}

fn hour() -> u64 {
    3_600
}

pub(super) fn answer(state: &State, ca: &str, page: &str, asked: &Asked) -> Option<Answer> {
    match (&asked.method, page) {
        (&Method::POST, "rotate-keys") => Some(rotate(state, asked)),
        (&Method::POST, "tokens") => Some(order(state, asked)),
        (&Method::POST, "cluster-tokens") => Some(cluster(state, asked)),
        (&Method::GET, "directory") => Some(Answer::json(StatusCode::OK, &shown(&state.directory()))),
        (&Method::GET, "ca.pem") => Some(Answer::text(StatusCode::OK, String::from(ca))),
        _ => None,
    }
}

fn rotate(state: &State, asked: &Asked) -> Answer {
    let old = match asked.query.get("old") {
        None | Some("keep") => OldKeys::Keep,
        Some("forget") => OldKeys::Forget,
        Some(_) => return wrong("`old` is `keep` or `forget`"),
    };
    match state.keys.rotate(old) {
        Ok(kid) => Answer::json(StatusCode::OK, &json!({ "kid": kid })),
        Err(error) => Answer::json(StatusCode::INTERNAL_SERVER_ERROR, &json!({ "error": error.to_string() })),
    }
}

fn order(state: &State, asked: &Asked) -> Answer {
    let order: TokenOrder = match serde_json::from_slice(&asked.body) {
        Ok(order) => order,
        Err(error) => return wrong(&error.to_string()),
    };
    match made(state, &order) {
        Ok(token) => Answer::json(StatusCode::OK, &json!({ "access_token": token })),
        Err(error) => wrong(&error.to_string()),
    }
}

fn cluster(state: &State, asked: &Asked) -> Answer {
    match serde_json::from_slice::<ClusterOrder>(&asked.body) {
        Ok(order) => {
            let token = state.cluster_token(&order.subject, &order.audience, order.lifetime);
            Answer::text(StatusCode::OK, token)
        }
        Err(error) => wrong(&error.to_string()),
    }
}

fn wrong(why: &str) -> Answer {
    Answer::json(StatusCode::BAD_REQUEST, &json!({ "error": why }))
}

fn shown(directory: &Directory) -> Value {
    json!({ "tenants": directory.tenants().iter().map(tenant).collect::<Vec<_>>() })
}

fn tenant(tenant: &Tenant) -> Value {
    let users = tenant.users.iter().map(|user| json!({ "id": user.id, "name": user.name }));
    let managed = tenant.managed.iter().map(|one| {
        json!({
            "client_id": one.client_id,
            "object_id": one.object_id(),
            "resource_id": one.resource_id(),
            "name": one.name,
            "system": one.system,
        })
    });
    json!({
        "id": tenant.id,
        "domain": tenant.domain,
        "apps": tenant.apps.iter().map(app).collect::<Vec<_>>(),
        "users": users.collect::<Vec<_>>(),
        "managed_identities": managed.collect::<Vec<_>>(),
    })
}

fn app(app: &App) -> Value {
    json!({
        "id": app.id,
        "name": app.name,
        "object_id": app.object_id(),
        "identifier_uris": app.identifier_uris,
        "roles": app.roles,
        "scopes": app.scopes,
    })
}
