//! The gateway's own tokens.
//!
//! A token is asked for once for each pair of resource and identity, and kept. Before it expires it is renewed beside
//! the calls; while renewal fails the old one serves until it expires. One that a backend refuses is replaced early, at
//! most once in a few seconds. Where tokens come from is decided when the gateway starts (`sources`), how each source
//! is asked is in a file of its own.

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
use secret::Secret;
use tokio::sync::Notify;

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
    news: Arc<Notify>,
}

type Place = Kept<Granted, String>;

/// A token of the gateway, for a process to come.
#[derive(Clone, Debug)]
pub struct KnownToken {
    /// What it was asked for.
    pub request: TokenRequest,
    /// The token.
    pub token: AccessToken,
    /// When it was granted.
    pub at: Timestamp,
}

/// After a backend refused a token, the next one is asked for no sooner than this after the last that was asked for so.
const EARLY_PAUSE: Duration = Duration::from_secs(5);

/// How long a request whose token was refused waits for the next one. The asking itself goes on.
const EARLY_WAIT: Duration = Duration::from_secs(5);

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
            news: Arc::default(),
        })
    }

    /// Waits until a token was fetched since it was asked last.
    pub async fn news(&self) {
        self.news.notified().await;
    }

    /// All tokens that are held and have not expired.
    #[must_use]
    pub fn known_tokens(&self) -> Vec<KnownToken> {
        let now = self.clock.now();
        let held = self.places.iter().filter_map(|(request, place)| Some((request, place.held()?)));
        let good = held.filter(|(_, granted)| granted.token.expires > now);
        good.map(|(request, granted)| KnownToken { request, token: granted.token.clone(), at: granted.at })
            .collect()
    }

    /// Takes a token that an earlier process was granted. Another is asked for before it is used: it serves until it expires
    /// where none can be had.
    pub fn recall(&self, known: KnownToken) {
        let KnownToken { request, token, at } = known;
        self.place(&request).recall(Granted { token, at, renew_at: at, last_minute: at });
    }

    /// Where tokens of identities come from that have no source of their own, for a line in the log.
    #[must_use]
    pub fn source(&self) -> &'static str {
        self.asker.sources.default_name()
    }

    fn place(&self, request: &TokenRequest) -> Arc<Place> {
        let pauses = Pauses { with_value: self.pause_with_token(), without: self.settings.retry };
        let empty = || {
            Ok::<_, Infallible>(Arc::new(Kept::empty(
                Arc::clone(&self.clock),
                pauses,
                Arc::clone(&self.news),
            )))
        };
        let Ok(place) = self.places.get_or_insert_with(request, empty);
        place
    }

    fn ask(&self, request: &TokenRequest) -> impl Future<Output = Result<Granted, String>> + Send + use<> {
        let (asker, request) = (Arc::clone(&self.asker), request.clone());
        async move { asker.ask(&request).await }
    }

    async fn get(&self, request: &TokenRequest) -> Result<AccessToken, TokenUnavailable> {
        match self.place(request).get(freshness, || self.ask(request)).await {
            Ok(granted) => Ok(granted.token.clone()),
            Err(why) => {
                let TokenRequest { resource, identity, .. } = request.clone();
                Err(TokenUnavailable { resource, identity, why })
            }
        }
    }

    /// The refused token is kept until there is another: whoever refused it may be the only one who does.
    async fn another(&self, request: &TokenRequest, refused: &Secret) -> Option<AccessToken> {
        let is_refused = |granted: &Granted| granted.token.token.matches(refused.expose());
        let place = self.place(request);
        let asking = place.another(is_refused, EARLY_PAUSE, || self.ask(request));
        let held = match tokio::time::timeout(EARLY_WAIT, asking).await {
            Ok(held) => held,
            Err(_) => place.held(),
        };
        let now = self.clock.now();
        let is_of_use = |granted: &Arc<Granted>| !is_refused(granted) && granted.token.expires > now;
        held.filter(is_of_use).map(|granted| granted.token.clone())
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

    fn after_unauthorized<'a>(
        &'a self,
        request: &'a TokenRequest,
        refused: &'a Secret,
    ) -> PortFuture<'a, Option<AccessToken>> {
        Box::pin(self.another(request, refused))
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
