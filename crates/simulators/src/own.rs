//! The simulator's own pages, which no real service has:
//!
//! - `GET /_simulator/requests`: what was received, as JSON; with `?settled` once no request is in progress any more
//! - `DELETE /_simulator/requests`: forget it, and which behaviours had their turn
//! - `GET /_simulator/roles`: who may call what with a token; `PUT` and `DELETE` with an assignment as the body grant it
//!   and take it back
//! - `GET /_simulator/health`

use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Method, Response, StatusCode};
use hyper::body::Incoming;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::behaviour::Behaviour;
use crate::body::PacedBody;
use crate::connection::ResetSwitch;
use crate::headers;
use crate::incoming::read;
use crate::recorder::view;
use crate::roles;
use crate::service::Service;

/// How long a reader waits for requests in progress.
const MAX_WAIT: Duration = Duration::from_secs(5);

/// Answers for a path below `/_simulator`.
pub(crate) async fn answer(
    service: &Service,
    parts: &Parts,
    page: &str,
    incoming: Incoming,
) -> Response<PacedBody> {
    let query = parts.uri.query();
    match (&parts.method, page) {
        (&Method::GET, "health") => json_page(StatusCode::OK, &json!({ "status": "ok" })),
        (&Method::GET, "requests") => {
            if query.is_some_and(|query| query.split('&').any(|parameter| parameter.starts_with("settled"))) {
                // Whoever asks sees what there is, also when something hangs.
                let _in_time = timeout(MAX_WAIT, service.recorder().settled()).await;
            }
            json_page(StatusCode::OK, &view(&service.recorder().requests()))
        }
        (&Method::DELETE, "requests") => {
            service.forget();
            page_of(StatusCode::NO_CONTENT, Vec::new())
        }
        (&Method::GET, "roles") => json_page(StatusCode::OK, &service.roles().view()),
        (&Method::PUT | &Method::DELETE, "roles") => assign(service, &parts.method, incoming).await,
        _ => json_page(StatusCode::NOT_FOUND, &json!({ "error": "no such page of the simulator" })),
    }
}

/// Grants an assignment or takes it back.
async fn assign(service: &Service, method: &Method, incoming: Incoming) -> Response<PacedBody> {
    let body = read(incoming).await.unwrap_or_default();
    let (principal, scope) = match roles::read(&body) {
        Ok(assignment) => assignment,
        Err(why) => return json_page(StatusCode::BAD_REQUEST, &json!({ "error": why })),
    };
    if *method == Method::PUT {
        service.roles().grant(principal, scope);
    } else if !service.roles().revoke(&principal, &scope) {
        return json_page(StatusCode::NOT_FOUND, &json!({ "error": "no such assignment" }));
    }
    page_of(StatusCode::NO_CONTENT, Vec::new())
}

fn json_page(status: StatusCode, body: &Value) -> Response<PacedBody> {
    page_of(status, vec![Bytes::from(format!("{body:#}\n"))])
}

fn page_of(status: StatusCode, frames: Vec<Bytes>) -> Response<PacedBody> {
    let behaviour = Behaviour::default();
    let mut response = Response::new(PacedBody::new(frames, &behaviour, None, ResetSwitch::default()));
    *response.status_mut() = status;
    let mut headers = HeaderMap::new();
    headers::of_content(&mut headers, "application/json", &behaviour);
    *response.headers_mut() = headers;
    response
}
