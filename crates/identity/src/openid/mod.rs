//! The keys of OpenID providers.
//!
//! Metadata at the URL that a policy names says who issues and where the keys are; both documents are fetched, kept for
//! an hour and fetched again. While a provider is away its old keys serve; a token that names an unknown key causes one
//! early fetch.
//!
//! COMPAT: the times are those of `validate-jwt`'s reference (policies-a 2.3): hourly, and at most one fetch in five
//! minutes after an unknown key or a failed fetch. Ours: while nothing is known of a provider a failed fetch is repeated
//! sooner ([`OpenIdSettings::retry`]), since every caller is refused meanwhile; and what is older than two hours, because
//! nobody called, is fetched before it is used again.
//!
//! That the issuer fits the metadata's URL (OpenID Connect Discovery 1.0, 4.3) is not asked for: the metadata of
//! Entra's v1 endpoints and of tenant-independent ones names other issuers.

mod documents;

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use jiff::Timestamp;
use policy::{Clock, OpenIdProviders, PortFuture, Provider, ProviderUnavailable};
use quick_cache::sync::Cache;
use tokio::sync::{Notify, Semaphore};

use crate::caller::Caller;
use crate::kept::{Freshness, Kept, Pauses, age};
use crate::settings::{OpenIdSettings, Settings};
use crate::transport::Transport;
use documents::Documents;

/// Fetches at once; a flood of tokens that name ever new tenants becomes no flood at the provider.
const FETCHES: usize = 16;

/// Providers by the URL of their metadata.
#[derive(Debug)]
pub struct OpenId {
    places: Cache<String, Arc<Place>>,
    fetcher: Arc<Fetcher>,
    settings: OpenIdSettings,
    authority: String,
    clock: Arc<dyn Clock>,
    news: Arc<Notify>,
}

type Place = Kept<Held, String>;

/// What is known of a provider, for a process to come.
#[derive(Clone, Debug)]
pub struct KnownProvider {
    /// Where its metadata is.
    pub url: String,
    /// Its issuer.
    pub issuer: Arc<str>,
    /// Its keys as they were fetched (RFC 7517).
    pub keys: Bytes,
    /// When that was.
    pub fetched: Timestamp,
}

/// What is known of a provider.
#[derive(Debug)]
struct Held {
    provider: Arc<Provider>,
    documents: Documents,
    fetched: Timestamp,
}

impl OpenId {
    /// Knows no provider yet. `authority` is what `validate-azure-ad-token` goes to unless it names another
    /// ([`Settings::authority_of`]).
    #[must_use]
    pub fn new(
        settings: &Settings,
        authority: &str,
        transport: Arc<dyn Transport>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let fetcher = Fetcher {
            caller: Caller::new(transport, settings.calls),
            plain_http: settings.plain_http,
            clock: Arc::clone(&clock),
            at_once: Semaphore::new(FETCHES),
            generations: AtomicU64::new(1),
        };
        Self {
            places: Cache::new(settings.openid.capacity.max(1)),
            fetcher: Arc::new(fetcher),
            settings: settings.openid,
            authority: authority.trim_end_matches('/').to_owned(),
            clock,
            news: Arc::default(),
        }
    }

    /// Waits until documents were fetched since it was asked last.
    pub async fn news(&self) {
        self.news.notified().await;
    }

    /// All providers whose keys are known.
    #[must_use]
    pub fn known_providers(&self) -> Vec<KnownProvider> {
        let held = self.places.iter().filter_map(|(url, place)| Some((url, place.held()?)));
        held.map(|(url, held)| KnownProvider {
            url,
            issuer: Arc::clone(&held.documents.issuer),
            keys: held.documents.keys.clone(),
            fetched: held.fetched,
        })
        .collect()
    }

    /// Takes what an earlier process knew of a provider; it serves for as long as it would have there. Keys that cannot be
    /// read are fetched when they are needed.
    pub fn recall(&self, known: KnownProvider) {
        let KnownProvider { url, issuer, keys, fetched } = known;
        let documents = Documents { issuer, keys };
        if let Ok(provider) = self.fetcher.provider(&documents) {
            self.place(&url).recall(Held { provider, documents, fetched });
        }
    }

    fn place(&self, url: &str) -> Arc<Place> {
        let pauses = Pauses { with_value: self.settings.min_interval, without: self.settings.retry };
        let empty = || {
            Ok::<_, Infallible>(Arc::new(Kept::empty(
                Arc::clone(&self.clock),
                pauses,
                Arc::clone(&self.news),
            )))
        };
        let Ok(place) = self.places.get_or_insert_with(url, empty);
        place
    }

    fn freshness(&self, held: &Held, now: Timestamp) -> Freshness {
        let OpenIdSettings { refresh, max_age, .. } = self.settings;
        match age(held.fetched, now) {
            age if age >= max_age => Freshness::Gone,
            age if age < refresh => Freshness::Fresh,
            age if age < refresh.saturating_mul(2) => Freshness::Ageing,
            _ => Freshness::Overdue,
        }
    }

    /// What fetches the provider of a URL, with what `place` holds to compare with.
    fn fetch(
        &self,
        url: &str,
        place: &Arc<Place>,
    ) -> impl Future<Output = Result<Held, String>> + Send + use<> {
        let fetcher = Arc::clone(&self.fetcher);
        let url = url.to_owned();
        let place = Arc::clone(place);
        async move { fetcher.fetch(&url, place.held().as_deref()).await }
    }

    async fn get(&self, url: &str) -> Result<Arc<Provider>, ProviderUnavailable> {
        let place = self.place(url);
        let got = place.get(|held, now| self.freshness(held, now), || self.fetch(url, &place)).await;
        match got {
            Ok(held) => Ok(Arc::clone(&held.provider)),
            Err(why) => Err(ProviderUnavailable::new(url, why)),
        }
    }

    async fn another(&self, url: &str, seen: &Arc<Provider>) -> Arc<Provider> {
        let place = self.place(url);
        let is_seen = |held: &Held| held.provider.generation == seen.generation;
        let pause = self.settings.min_interval;
        let held = place.another(is_seen, pause, || self.fetch(url, &place)).await;
        held.map_or_else(|| Arc::clone(seen), |held| Arc::clone(&held.provider))
    }
}

impl OpenIdProviders for OpenId {
    fn known(&self, metadata_url: &str) -> Option<Arc<Provider>> {
        let held = self.places.get(metadata_url)?.held()?;
        let fresh = self.freshness(&held, self.clock.now()) == Freshness::Fresh;
        fresh.then(|| Arc::clone(&held.provider))
    }

    fn provider<'a>(
        &'a self,
        metadata_url: &'a str,
    ) -> PortFuture<'a, Result<Arc<Provider>, ProviderUnavailable>> {
        Box::pin(self.get(metadata_url))
    }

    fn after_unknown_key<'a>(
        &'a self,
        metadata_url: &'a str,
        seen: &'a Arc<Provider>,
    ) -> PortFuture<'a, Arc<Provider>> {
        Box::pin(self.another(metadata_url, seen))
    }

    fn authority(&self) -> &str {
        &self.authority
    }
}

/// What all providers' fetches share.
#[derive(Debug)]
struct Fetcher {
    caller: Caller,
    plain_http: crate::PlainHttp,
    clock: Arc<dyn Clock>,
    at_once: Semaphore,
    generations: AtomicU64,
}

impl Fetcher {
    /// Both documents. The same documents again are the same provider, so that verified tokens stay verified.
    async fn fetch(&self, url: &str, held: Option<&Held>) -> Result<Held, String> {
        let fetched = self.documents(url).await;
        if let Err(why) = &fetched {
            tracing::warn!("{}", ProviderUnavailable::new(url, why.as_str()));
        }
        let documents = fetched?;
        let now = self.clock.now();
        let provider = match held {
            Some(held) if held.documents == documents => Arc::clone(&held.provider),
            _ => self.provider(&documents)?,
        };
        Ok(Held { provider, documents, fetched: now })
    }

    fn provider(&self, documents: &Documents) -> Result<Arc<Provider>, String> {
        let keys = documents.key_set()?;
        let generation = self.generations.fetch_add(1, Ordering::Relaxed);
        Ok(Arc::new(Provider::new(Arc::clone(&documents.issuer), keys, generation)))
    }

    async fn documents(&self, url: &str) -> Result<Documents, String> {
        // Never closed: an error of it is no permit, and then the bound does not hold for one fetch.
        let _permit = self.at_once.acquire().await.ok();
        documents::fetch(&self.caller, url, self.plain_http).await
    }
}
