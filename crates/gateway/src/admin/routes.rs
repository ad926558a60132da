//! One function for each path.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::{StatusCode, header};
use serde_json::json;

use super::guard::{Reach, allows};
use super::{AdminState, Problem, Reloaded};
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

async fn problems<S: AdminState>(State(shared): Asked<S>) -> Json<Vec<Problem>> {
    Json(shared.state.problems())
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
