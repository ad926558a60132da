//! A call that was answered with 401 because a secret of a vault had been rotated: once more, with the new one.
//!
//! It costs nothing where no secret of a vault is used: then there is no [`Repeat`].

use policy::{Body, Exchange, Ports, Request, Rotated, UsedSecret};

use super::replay::Replay;
use super::rotated;

/// What is needed to make a call once more with secrets that were rotated meanwhile. A call has one only if it uses
/// secrets of vaults, and makes use of it once (decision 19).
pub(super) struct Repeat {
    used: Vec<UsedSecret>,
    replay: Option<Replay>,
}

impl Repeat {
    /// What it takes to repeat the call that the exchange is about to make. `body` becomes one that is kept while it is
    /// sent, up to `limit` bytes.
    pub(super) fn prepare(exchange: &Exchange, body: &mut Body, limit: u64) -> Option<Self> {
        let backend = exchange.target.backend();
        let rendered = backend.map_or(&[][..], |backend| &backend.credentials.rotating);
        if rendered.is_empty() && exchange.rotating.is_empty() {
            return None;
        }
        let used = exchange.rotating.iter().cloned().chain(rendered.iter().map(UsedSecret::of)).collect();
        let replay = matches!(body, Body::Stream(_)).then(|| {
            let (replay, first) = Replay::of(std::mem::take(body), limit);
            *body = first;
            replay
        });
        Some(Self { used, replay })
    }

    /// Whether a secret has another value than the call was made with: another request may have seen to that, otherwise
    /// the vaults are asked.
    pub(super) async fn is_worthwhile(&self, ports: &Ports) -> bool {
        if rotated::any(&self.used) {
            return true;
        }
        let slots: Vec<_> = self.used.iter().map(|used| used.slot.clone()).collect();
        ports.rotation.after_unauthorized(&slots).await == Rotated::Yes || rotated::any(&self.used)
    }

    /// Puts the secrets of this moment into the request, where policies had put those of before.
    pub(super) fn renew(&self, request: &mut Request) {
        rotated::renew(&self.used, request);
    }

    /// The body from its beginning; none when it cannot be sent again.
    pub(super) fn body(&self, exchange: &Exchange) -> Option<Body> {
        match &self.replay {
            Some(replay) => replay.again(),
            None => exchange.request.body.copy(),
        }
    }
}
