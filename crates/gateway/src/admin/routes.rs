//! One function for each path.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::{StatusCode, header};
use serde_json::json;

use super::guard::{Reach, allows};
use super::{AdminState, Problem, Refreshed, Reloaded};
use crate::metrics::Metrics;

/// What OpenMetrics calls itself.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

struct Shared<S> {
    state: Arc<S>,
    metrics: Arc<Metrics>,
}

pub(super) fn router<S: AdminState>(state: Arc<S>, metrics: Arc<Metrics>, reach: Reach) -> Router {
    Router::new()
        .route("/-/healthy", get(async || "healthy\n"))
        .route("/-/ready", get(ready::<S>))
        .route("/metrics", get(prometheus::<S>))
        .route("/-/config", get(config::<S>))
        .route("/-/config/problems", get(problems::<S>))
        .route("/-/config/export", get(export::<S>))
        .route("/-/backends", get(backends::<S>))
        .route("/-/named-values", get(named_values::<S>))
        .route("/-/named-values/refreshSecrets", post(refresh_secrets::<S>))
        .route("/-/named-values/{id}/refreshSecret", post(refresh_secret::<S>))
        .route("/-/reload", post(reload::<S>))
        .route("/-/subscriptions/reload", post(reload_subscriptions::<S>))
        .layer(from_fn_with_state(reach, guarded))
        .with_state(Arc::new(Shared { state, metrics }))
}

async fn guarded(State(reach): State<Reach>, request: Request, next: Next) -> Response {
    if allows(reach, request.method(), request.headers()) {
        return next.run(request).await;
    }
    (StatusCode::FORBIDDEN, "this listener is for this machine, not for web pages\n").into_response()
}

type Asked<S> = State<Arc<Shared<S>>>;

async fn ready<S: AdminState>(State(shared): Asked<S>) -> Response {
    let status = shared.state.status();
    let code = if status.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (code, Json(json!({ "ready": status.is_ready(), "reasons": status.reasons, "notes": status.notes })))
        .into_response()
}

async fn prometheus<S: AdminState>(State(shared): Asked<S>) -> Response {
    ([(header::CONTENT_TYPE, OPEN_METRICS)], shared.metrics.text()).into_response()
}

async fn config<S: AdminState>(State(shared): Asked<S>) -> Response {
    Json(shared.state.summary()).into_response()
}

async fn export<S: AdminState>(State(shared): Asked<S>) -> Response {
    match shared.state.export().await {
        Ok(files) => Json(files).into_response(),
        Err(why) => (StatusCode::INTERNAL_SERVER_ERROR, Json(why)).into_response(),
    }
}

async fn backends<S: AdminState>(State(shared): Asked<S>) -> Response {
    Json(shared.state.backends()).into_response()
}

async fn problems<S: AdminState>(State(shared): Asked<S>) -> Json<Vec<Problem>> {
    Json(shared.state.problems())
}

async fn named_values<S: AdminState>(State(shared): Asked<S>) -> Response {
    Json(shared.state.named_values()).into_response()
}

async fn refresh_secret<S: AdminState>(State(shared): Asked<S>, Path(id): Path<String>) -> Response {
    refreshed(shared.state.refresh_secret(&id).await)
}

async fn refresh_secrets<S: AdminState>(State(shared): Asked<S>) -> Response {
    refreshed(shared.state.refresh_secrets().await)
}

fn refreshed(refreshed: Refreshed) -> Response {
    match refreshed {
        Refreshed::Done(now) => Json(now).into_response(),
        // The vault is the one who failed: a script that looks at the status only notices.
        Refreshed::Failed(now) => (StatusCode::BAD_GATEWAY, Json(now)).into_response(),
        Refreshed::Unknown(why) => (StatusCode::NOT_FOUND, Json(why)).into_response(),
        Refreshed::NotInVault(why) => (StatusCode::CONFLICT, Json(why)).into_response(),
    }
}

async fn reload<S: AdminState>(State(shared): Asked<S>) -> Response {
    told(shared.state.reload().await)
}

async fn reload_subscriptions<S: AdminState>(State(shared): Asked<S>) -> Response {
    told(shared.state.reload_subscriptions().await)
}

fn told(reloaded: Reloaded) -> Response {
    let code = if reloaded.accepted { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    (code, Json(reloaded)).into_response()
}
