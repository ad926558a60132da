//! WebSockets: a handshake that walks like any request, and after it bytes in both directions.
//!
//! ```text
//! caller ── GET, Upgrade: websocket ──▶ policies ──▶ backend: 101
//! caller ◀──────────── bytes ─────────▶ gateway ◀──▶ backend
//! ```
//!
//! Only APIs of the type `websocket` switch protocols. For others `Upgrade` is a header of the connection, which is not
//! forwarded, and the request is one of HTTP. Messages are not looked into: no policy sees them, nothing is compressed,
//! joined or split. [`Joined`] says what the gateway does when one side ends.

mod asked;
mod flow;
mod frames;
mod join;
mod sockets;
mod switch;
mod tally;

pub(super) use asked::Asked;
pub use sockets::{Sockets, WebSocketLimits};
pub(super) use switch::{open, take};
pub use tally::{Passed, Reason, WebSocketEnd};

use std::sync::Arc;

use http::header::{
    CONNECTION, CONTENT_LENGTH, HeaderMap, HeaderValue, RETRY_AFTER, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY,
    SEC_WEBSOCKET_VERSION, TRANSFER_ENCODING, UPGRADE,
};
use http::{Response, StatusCode};
use hyper::upgrade::OnUpgrade;
use model::ApiKind;
use policy::{Body, Exchange, Fault, FaultKind, Handshake};

use asked::{Form, WEBSOCKET, accept_of};
use sockets::Permit;

/// `Connection` of a message that switches protocols.
const UPGRADES: HeaderValue = HeaderValue::from_static("upgrade");

/// Why a stream of HTTP/2 does not become one.
const NO_WEB_SOCKET: &str = "This API cannot be reached by WebSocket.";

/// The one version there is (RFC 6455 4.1).
const VERSION: HeaderValue = HeaderValue::from_static("13");

/// A handshake under way: what stands in [`Exchange::handshake`].
pub(super) struct State {
    asked: Asked,
    key: HeaderValue,
    permit: Permit,
    /// The backend's connection, once it has switched.
    backend: Option<OnUpgrade>,
    /// The body of its answer. It is empty; while it is there, the call counts among those of the backend.
    body: Body,
}

impl State {
    /// The same, with what keeps the call to the backend counted.
    pub(super) fn keeping(mut self, body: Body) -> Self {
        self.body = body;
        self
    }
}

/// Begins the handshake of a WebSocket API, or refuses what is none (RFC 6455 4.2). APIs of other types serve whoever asks
/// over HTTP/1.1 as if they had not; a stream of HTTP/2 that is to be a WebSocket can have no other answer.
pub(super) fn begin(
    kind: ApiKind,
    asked: Option<Asked>,
    sockets: &Arc<Sockets>,
    exchange: &mut Exchange,
) -> Result<(), Fault> {
    if kind != ApiKind::WebSocket {
        return match asked {
            Some(asked) if asked.is_stream() => Err(refused(NO_WEB_SOCKET)),
            _ => Ok(()),
        };
    }
    let Some(mut asked) = asked else {
        return Err(refused("This API is reached by WebSocket.").status(426).header(UPGRADE, WEBSOCKET));
    };
    if exchange.request_length != Some(0) {
        return Err(refused("A WebSocket handshake has no body."));
    }
    let key = asked.key(&exchange.request.headers, &exchange.ports)?;
    let api = exchange.api.as_ref().map(|api| api.qualified_name()).unwrap_or_default();
    let Some(permit) = sockets.enter(&api) else {
        let message = "All WebSockets that may be open at once are.";
        let fault = refused(message).status(503).wire("Service Unavailable");
        return Err(fault.header(RETRY_AFTER, HeaderValue::from_static("1")));
    };
    let state = State { asked, key, permit, backend: None, body: Body::Empty };
    exchange.handshake = Some(Handshake(Box::new(parking_lot::Mutex::new(state))));
    Ok(())
}

fn refused(message: &'static str) -> Fault {
    Fault::with_message(FaultKind::BadRequest, message)
}

fn state(exchange: &mut Exchange) -> Option<&mut State> {
    let state = exchange.handshake.as_mut()?.0.downcast_mut::<parking_lot::Mutex<State>>()?;
    Some(state.get_mut())
}

/// Makes a request that goes to a backend one for a WebSocket, if that is what it is about. Whatever policies set these
/// headers to, the connection is the gateway's.
pub(super) fn ask(exchange: &Exchange, headers: &mut HeaderMap) {
    let state = exchange
        .handshake
        .as_ref()
        .and_then(|handshake| handshake.0.downcast_ref::<parking_lot::Mutex<State>>());
    let Some(key) = state.map(|state| state.lock().key.clone()) else { return };
    headers.remove(CONTENT_LENGTH);
    headers.insert(CONNECTION, UPGRADES);
    headers.insert(UPGRADE, WEBSOCKET);
    headers.insert(SEC_WEBSOCKET_VERSION, VERSION);
    headers.insert(SEC_WEBSOCKET_KEY, key);
}

/// Takes the connection of a backend that has switched protocols. One that did so unasked, or into something else, has
/// failed.
pub(super) fn switched<B>(exchange: &mut Exchange, mut response: Response<B>) -> Result<Response<B>, Fault> {
    let state = state(exchange);
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        if let Some(state) = state {
            state.backend = None;
        }
        return Ok(response);
    }
    let Some(state) = state else {
        return Err(wrong("The backend switched protocols, which nobody had asked for."));
    };
    let headers = response.headers();
    let accepts =
        headers.get(SEC_WEBSOCKET_ACCEPT).is_some_and(|given| given.as_bytes() == accept_of(&state.key));
    if !accepts || !asked::has_token(headers, &UPGRADE, "websocket") {
        return Err(wrong("The backend's answer to the WebSocket handshake is not valid."));
    }
    state.backend = Some(hyper::upgrade::on(&mut response));
    Ok(response)
}

fn wrong(message: &'static str) -> Fault {
    Fault::with_message(FaultKind::BackendConnectionFailure, message)
}

/// Whether the exchange asks for a WebSocket.
pub(super) fn is_asked(exchange: &Exchange) -> bool {
    exchange.handshake.is_some()
}

/// Refuses to send a status that would switch protocols where nobody has: 101, and a success on a stream of HTTP/2 that
/// was to become a WebSocket.
pub(super) fn check_status(is_stream: bool, exchange: &mut Exchange) {
    let status = exchange.response.as_ref().map_or(StatusCode::OK, |response| response.status);
    let has_switched = state(exchange).is_some_and(|state| state.backend.is_some());
    let fault = match status {
        StatusCode::SWITCHING_PROTOCOLS if has_switched => return,
        StatusCode::SWITCHING_PROTOCOLS => {
            let message = "A policy made the answer switch protocols, which the backend has not done.";
            Fault::with_message(FaultKind::PolicyFailure, message)
        }
        _ if is_stream && status.is_success() => refused(NO_WEB_SOCKET),
        _ => return,
    };
    super::on_error::refuse(&fault, exchange);
}

/// The headers of an answer that concern the connection, put back after those of others were taken off.
pub(super) fn finish(status: StatusCode, headers: &mut HeaderMap) {
    if status == StatusCode::UPGRADE_REQUIRED {
        headers.insert(UPGRADE, WEBSOCKET);
        headers.insert(CONNECTION, UPGRADES);
    }
}

/// The head of an answer that switches protocols.
fn switching(state: &State, headers: &mut HeaderMap) -> StatusCode {
    headers.remove(CONTENT_LENGTH);
    headers.remove(TRANSFER_ENCODING);
    match state.asked.form() {
        Form::Http1 => {
            headers.insert(CONNECTION, UPGRADES);
            headers.insert(UPGRADE, WEBSOCKET);
            if let Ok(accept) = HeaderValue::from_bytes(&accept_of(&state.key)) {
                headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
            }
            StatusCode::SWITCHING_PROTOCOLS
        }
        // RFC 8441 5: over HTTP/2 nothing is switched, the stream is opened.
        Form::Http2 => {
            headers.remove(SEC_WEBSOCKET_ACCEPT);
            StatusCode::OK
        }
    }
}
