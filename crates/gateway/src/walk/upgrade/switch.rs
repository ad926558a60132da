//! From the backend's 101 to two connections that are joined.

use std::time::Duration;

use http::{HeaderMap, Response, StatusCode};
use hyper_util::rt::TokioIo;
use policy::{Body, Exchange, Ports};

use super::join::Joined;
use super::tally::Tally;
use super::{State, switching};
use crate::walk::relay::Relay;
use crate::walk::settle::Running;

/// How long the caller's connection may take to be handed over after its answer was made.
const HANDOVER: Duration = Duration::from_secs(30);

/// The handshake of an exchange whose answer switches protocols: the backend has, and no policy made another answer of
/// it.
pub(in super::super) fn take(exchange: &mut Exchange) -> Option<State> {
    let status = exchange.response.as_ref().map(|response| response.status);
    let handshake = exchange.handshake.take()?.0.downcast::<parking_lot::Mutex<State>>().ok()?;
    let state = handshake.into_inner();
    (status == Some(StatusCode::SWITCHING_PROTOCOLS) && state.backend.is_some()).then_some(state)
}

/// The answer that switches protocols. Both connections are joined as soon as the caller has it.
pub(in super::super) fn open(running: Running, mut headers: HeaderMap, state: State) -> Response<Relay> {
    let status = switching(&state, &mut headers);
    let mask = mask(&running.exchange.ports);
    let settle = running.answered(&Body::Empty);
    let answer = Relay::nothing(&settle);
    tokio::spawn(join(state, mask, Tally::new(settle)));
    let mut answer = Response::new(answer);
    *answer.status_mut() = status;
    *answer.headers_mut() = headers;
    answer
}

fn mask(ports: &Ports) -> [u8; 4] {
    let mut mask = [0; 4];
    ports.rng.fill(&mut mask);
    mask
}

async fn join(state: State, mask: [u8; 4], tally: Tally) {
    let State { asked, mut permit, backend, body: _counted, .. } = state;
    let Some(backend) = backend else { return };
    let both = tokio::time::timeout(HANDOVER, futures_util::future::try_join(asked.caller, backend)).await;
    let Ok(Ok((caller, backend))) = both else { return };
    permit.opened();
    let mut held = asked.held;
    let joined = Joined::new(TokioIo::new(caller), TokioIo::new(backend), mask, &permit, tally.opened());
    match &mut held {
        Some(held) => {
            held.opened();
            let closing = held.closing();
            joined.until(closing).run().await;
        }
        None => joined.run().await,
    }
}
