//! A call that was answered with 401 because a secret of a vault had been rotated, or because a token of the gateway's own
//! no longer counts: once more, with the new one.
//!
//! It costs nothing where neither is used: then there is no [`Repeat`].

use std::sync::Arc;

use futures_util::future::join_all;
use http::HeaderMap;
use policy::{Body, Buffers, Exchange, OwnToken, Ports, Request, Rotated, UsedSecret};
use secret::Secret;

use super::replay::{Replay, Spare};
use super::rotated::{self, Change};

/// What is needed to make a call once more with secrets and tokens that were replaced meanwhile. A call has one only if
/// it uses secrets of vaults or tokens of the gateway's own, and makes use of it once, whatever was replaced
/// (decision 19).
pub(super) struct Repeat {
    used: Vec<UsedSecret>,
    /// The gateway's own tokens that the call carries.
    tokens: Vec<OwnToken>,
    /// The one among them that the backend entity signs in with.
    own: Option<Secret>,
    replay: Option<Replay>,
}

/// What the call is made with the second time.
pub(super) struct Fresh {
    tokens: Vec<Change>,
    own: Option<Secret>,
}

impl Repeat {
    /// What it takes to repeat the call that the exchange is about to make with these headers. `own` is the token that
    /// the backend entity signs in with.
    pub(super) fn of(exchange: &Exchange, own: Option<OwnToken>, headers: &HeaderMap) -> Option<Self> {
        let backend = exchange.target.backend();
        let rendered = backend.map_or(&[][..], |backend| &backend.credentials.rotating);
        let given = exchange.own_tokens.iter().filter(|each| rotated::stands_in(&each.token, headers));
        let by_backend = own.as_ref().map(|own| own.token.clone());
        let mut tokens: Vec<OwnToken> = given.cloned().collect();
        // A policy may have been given the same one.
        let is_own =
            |each: &OwnToken| by_backend.as_ref().is_some_and(|own| each.token.matches(own.expose()));
        tokens.retain(|each| !is_own(each));
        tokens.extend(own);
        if rendered.is_empty() && exchange.rotating.is_empty() && tokens.is_empty() {
            return None;
        }
        let used = exchange.rotating.iter().cloned().chain(rendered.iter().map(UsedSecret::of)).collect();
        Some(Self { used, tokens, own: by_backend, replay: None })
    }

    /// The same; `body` becomes one that is kept while it is sent, up to `limit` bytes.
    pub(super) fn keeping(mut self, body: &mut Body, limit: u64, buffers: &Arc<Buffers>) -> Self {
        if matches!(body, Body::Stream(_)) {
            let (replay, first) = Replay::of(std::mem::take(body), limit, buffers);
            *body = first;
            self.replay = Some(replay);
        }
        self
    }

    /// The body once more, where it is kept for the sake of this.
    pub(super) fn spare(&self) -> Option<Spare> {
        self.replay.clone().map(Spare::Kept)
    }

    /// What the call can be made with instead; none when that is what it was made with. Vaults, and where tokens come
    /// from, are asked unless another request has seen to that.
    pub(super) async fn fresh(&self, ports: &Ports) -> Option<Fresh> {
        let (is_rotated, tokens) = tokio::join!(self.is_rotated(ports), self.other_tokens(ports));
        if !is_rotated && tokens.is_empty() {
            return None;
        }
        let own = self.own.as_ref().map(|own| {
            let change = tokens.iter().find(|change| change.old.matches(own.expose()));
            change.map_or(own, |change| &change.new).clone()
        });
        Some(Fresh { tokens, own })
    }

    async fn is_rotated(&self, ports: &Ports) -> bool {
        if self.used.is_empty() {
            return false;
        }
        if rotated::any(&self.used) {
            return true;
        }
        let slots: Vec<_> = self.used.iter().map(|used| used.slot.clone()).collect();
        ports.rotation.after_unauthorized(&slots).await == Rotated::Yes || rotated::any(&self.used)
    }

    async fn other_tokens(&self, ports: &Ports) -> Vec<Change> {
        let asked = self.tokens.iter().map(|refused| async move {
            let given = ports.tokens.after_unauthorized(&refused.request, &refused.token).await?;
            Some(Change { old: refused.token.clone(), new: given.token })
        });
        join_all(asked).await.into_iter().flatten().collect()
    }

    /// Puts the secrets and tokens of this moment into the request, where policies had put those of before; gives the
    /// token that the backend entity signs in with.
    pub(super) fn renew(&self, fresh: Fresh, request: &mut Request) -> Option<Secret> {
        rotated::renew(&self.used, request);
        rotated::renew_tokens(&fresh.tokens, &mut request.headers);
        fresh.own
    }

    /// The body from its beginning; none when it cannot be sent again.
    pub(super) fn body(&self, exchange: &Exchange) -> Option<Body> {
        match &self.replay {
            Some(replay) => replay.again(),
            None => exchange.request.body.copy(),
        }
    }
}
