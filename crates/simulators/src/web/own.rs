//! Pages that no real service has and every simulator of this kind does:
//!
//! - `GET /_simulator/requests`, `DELETE /_simulator/requests`, `GET /_simulator/health`: as the model simulator's
//! - `PUT /_simulator/behaviour?for=keys` with a list such as `status=503; first=2`: how a part behaves from now on
//! - `POST /_simulator/down?seconds=5`: nobody listens for that long
//!
//! Browsers are refused: a page of another site must not order tokens here.

use std::sync::Arc;
use std::time::Duration;

use http::{Method, StatusCode, header};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use super::serve::{Power, Shared, Site};
use super::{Answer, Asked};
use crate::behaviour::Behaviour;
use crate::recorder::view;

/// How long a reader waits for requests in progress.
const MAX_WAIT: Duration = Duration::from_secs(5);
/// Until the answer that announces it has left.
const BEFORE_DOWN: Duration = Duration::from_millis(100);
/// The longest time without listeners.
const MAX_DOWN: u64 = 600;

pub(super) async fn answer<S: Site>(shared: &Arc<Shared<S>>, page: &str, asked: &Asked) -> Answer {
    if asked.headers.contains_key(header::ORIGIN) {
        return said(StatusCode::FORBIDDEN, "browsers cannot use the pages of the simulator");
    }
    match (&asked.method, page) {
        (&Method::GET, "health") => shown(&json!({ "status": "ok" })),
        (&Method::GET, "requests") => {
            if asked.query.has("settled") {
                // Whoever asks sees what there is, also when something hangs.
                let _in_time = timeout(MAX_WAIT, shared.recorder.settled()).await;
            }
            shown(&view(&shared.recorder.requests()))
        }
        (&Method::DELETE, "requests") => {
            shared.forget();
            Answer::empty(StatusCode::NO_CONTENT)
        }
        (&Method::PUT, "behaviour") => behave(shared, asked),
        (&Method::POST, "down") => down(shared, asked),
        _ => shared
            .site
            .own(page, asked)
            .unwrap_or_else(|| said(StatusCode::NOT_FOUND, "no such page of the simulator")),
    }
}

fn behave<S: Site>(shared: &Shared<S>, asked: &Asked) -> Answer {
    let behaviour = match String::from_utf8_lossy(&asked.body).parse::<Behaviour>() {
        Ok(behaviour) => behaviour,
        Err(error) => return said(StatusCode::BAD_REQUEST, &error.to_string()),
    };
    let part = asked.query.get("for").unwrap_or_default();
    if shared.behave(part, behaviour) {
        return Answer::empty(StatusCode::NO_CONTENT);
    }
    let parts = S::PARTS.join(", ");
    said(
        StatusCode::BAD_REQUEST,
        &format!("`for` is one of {parts}; quotas, words and compression are the model simulator's"),
    )
}

fn down<S: Site>(shared: &Arc<Shared<S>>, asked: &Asked) -> Answer {
    let seconds = asked.query.get("seconds").and_then(|text| text.parse().ok());
    let Some(seconds) = seconds.filter(|seconds| (1..=MAX_DOWN).contains(seconds)) else {
        return said(StatusCode::BAD_REQUEST, "`seconds` is a number from 1 to 600");
    };
    let shared = Arc::clone(shared);
    tokio::spawn(async move {
        sleep(BEFORE_DOWN).await;
        shared.power.send_replace(Power::Off);
        sleep(Duration::from_secs(seconds)).await;
        shared.power.send_replace(Power::On);
    });
    Answer::empty(StatusCode::ACCEPTED)
}

fn shown(body: &Value) -> Answer {
    let mut answer = Answer::json(StatusCode::OK, body);
    answer.body = format!("{body:#}\n").into();
    answer
}

fn said(status: StatusCode, why: &str) -> Answer {
    Answer::json(status, &json!({ "error": why }))
}
