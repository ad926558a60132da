//! The gateway's own tokens.
//!
//! A token is asked for once for each pair of resource and identity, and kept. Before it expires it is renewed beside
//! the calls; while renewal fails the old one serves until it expires. Where tokens come from is decided when the
//! gateway starts (`sources`), how each source is asked is in a file of its own.

mod answer;
mod app_service;
mod arc;
mod asked;
mod assertion;
mod entra;
mod file;
mod imds;
mod sources;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use policy::{AccessToken, Clock, PortFuture, Rng, TokenRequest, TokenSource, TokenUnavailable};
use quick_cache::sync::Cache;

use crate::environment::Environment;
use crate::kept::{Freshness, Kept, Pauses, age};
use crate::settings::{Settings, TokenSettings};
use crate::transport::Transport;
use answer::Granted;
use asked::Asker;
use sources::Sources;

pub use sources::SettingsError;

/// The gateway's own tokens.
#[derive(Debug)]
pub struct GatewayTokens {
    places: Cache<TokenRequest, Arc<Place>>,
    asker: Arc<Asker>,
    settings: TokenSettings,
    clock: Arc<dyn Clock>,
}

type Place = Kept<Granted, String>;

impl GatewayTokens {
    /// Asks for no token yet. What settings and environment say about sources is checked here.
    ///
    /// # Errors
    /// When an address cannot be called, an identity has no id, or a source is not complete.
    pub fn new(
        settings: &Settings,
        environment: &Environment,
        transport: Arc<dyn Transport>,
        clock: Arc<dyn Clock>,
        rng: Arc<dyn Rng>,
    ) -> Result<Self, SettingsError> {
        let sources = Sources::new(settings, environment)?;
        let asker = Asker::new(sources, settings, transport, Arc::clone(&clock), rng);
        Ok(Self {
            places: Cache::new(settings.tokens.capacity.max(1)),
            asker: Arc::new(asker),
            settings: settings.tokens,
            clock,
        })
    }

    /// Where tokens of identities come from that have no source of their own, for a line in the log.
    #[must_use]
    pub fn source(&self) -> &'static str {
        self.asker.sources.default_name()
    }

    async fn get(&self, request: &TokenRequest) -> Result<AccessToken, TokenUnavailable> {
        let pauses = Pauses { with_value: self.pause_with_token(), without: self.settings.retry };
        let empty = || Ok::<_, Infallible>(Arc::new(Kept::empty(Arc::clone(&self.clock), pauses)));
        let Ok(place) = self.places.get_or_insert_with(request, empty);
        let fetch = || {
            let (asker, request) = (Arc::clone(&self.asker), request.clone());
            async move { asker.ask(&request).await }
        };
        match place.get(freshness, fetch).await {
            Ok(granted) => Ok(granted.token.clone()),
            Err(why) => {
                let TokenRequest { resource, identity } = request.clone();
                Err(TokenUnavailable { resource, identity, why })
            }
        }
    }

    /// Nobody waits for a renewal while the old token serves: it is tried less often than a first token.
    fn pause_with_token(&self) -> Duration {
        self.settings.retry.saturating_mul(6)
    }
}

impl TokenSource for GatewayTokens {
    fn token<'a>(
        &'a self,
        request: &'a TokenRequest,
    ) -> PortFuture<'a, Result<AccessToken, TokenUnavailable>> {
        Box::pin(self.get(request))
    }
}

fn freshness(granted: &Granted, now: Timestamp) -> Freshness {
    match now {
        // The clock was set back behind the day on which it was granted.
        _ if age(granted.at, now) == Duration::MAX => Freshness::Overdue,
        _ if now >= granted.token.expires => Freshness::Gone,
        _ if now >= granted.last_minute => Freshness::Overdue,
        _ if now >= granted.renew_at => Freshness::Ageing,
        _ => Freshness::Fresh,
    }
}
