//! Reading secrets of vaults.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, HOST};
use http::{HeaderValue, Request, Response, StatusCode};
use model::{VaultReference, VaultSecretIdentifier};
use parking_lot::Mutex;
use policy::{IdentityChoice, TokenRequest, TokenSource};
use tokio::sync::Semaphore;
use url::Url;

use super::answer::{self, Fetched};
use super::challenge::Challenge;
use super::error::{Error, Why};
use super::settings::{ChallengeResource, Settings};
use crate::caller::{Attempts, Caller, is_busy, may_call};
use crate::flight::Flight;
use crate::transport::Transport;

/// Vaults whose challenge and bound are remembered; the configuration names them.
const MOST_VAULTS: usize = 1_024;

/// How often a vault that is busy is asked for one secret, and how long that may take.
const ATTEMPTS: Attempts =
    Attempts { count: 3, backoff: Duration::from_millis(500), total: Duration::from_secs(30), busy: is_busy };

/// Settings of vaults that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the address `{base}` of the vault `{host}` cannot be used: {why}")]
pub struct BadOverride {
    /// The vault.
    pub host: String,
    /// Where it should be.
    pub base: String,
    /// Why not.
    pub why: String,
}

/// Reads secrets. Cheap to clone; clones share what they know of vaults.
#[derive(Clone, Debug)]
pub struct Client(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    settings: Settings,
    overrides: HashMap<String, Url>,
    caller: Caller,
    tokens: Arc<dyn TokenSource>,
    vaults: Mutex<HashMap<String, Arc<Vault>>>,
    flights: Mutex<HashMap<VaultReference, Flight<Result<Fetched, Error>>>>,
}

/// What is known of a vault.
#[derive(Debug)]
struct Vault {
    /// The vault's own host, as identifiers and `Host` name it.
    authority: String,
    challenge: Mutex<Option<Challenge>>,
    at_once: Semaphore,
}

impl Client {
    /// Knows no vault yet; tokens come from `tokens`.
    ///
    /// # Errors
    /// When an address of `settings.overrides` cannot be called.
    pub fn new(
        settings: Settings,
        tokens: Arc<dyn TokenSource>,
        transport: Arc<dyn Transport>,
    ) -> Result<Self, BadOverride> {
        let overrides = settings.overrides.iter().map(|entry| {
            let bad = |why| BadOverride { host: entry.host.clone(), base: entry.base.clone(), why };
            let base = Url::parse(&entry.base).map_err(|error| bad(error.to_string()))?;
            may_call(&base, settings.plain_http).map_err(bad)?;
            Ok((entry.host.to_ascii_lowercase(), base))
        });
        let overrides = overrides.collect::<Result<_, _>>()?;
        let caller = Caller::new(transport, settings.calls);
        Ok(Self(Arc::new(Inner {
            settings,
            overrides,
            caller,
            tokens,
            vaults: Mutex::default(),
            flights: Mutex::default(),
        })))
    }

    /// The value of a secret at this moment. Callers that want the same one at the same time share one request.
    ///
    /// # Errors
    /// When it cannot be read; the error says who should do what.
    pub async fn get(&self, reference: &VaultReference) -> Result<Fetched, Error> {
        loop {
            let flight = self.flight(reference);
            if let Some(outcome) = flight.landed().await {
                return outcome;
            }
            // The runtime that carried the request is gone: this one sends it, unless it is going as well.
            tokio::task::yield_now().await;
        }
    }

    fn flight(&self, reference: &VaultReference) -> Flight<Result<Fetched, Error>> {
        let mut flights = self.0.flights.lock();
        if let Some(flight) = flights.get(reference).filter(|flight| !flight.is_lost()) {
            return flight.clone();
        }
        let (client, reference) = (Arc::clone(&self.0), reference.clone());
        let key = reference.clone();
        let flight = Flight::start(async move {
            let outcome = client.read(&reference).await;
            client.flights.lock().remove(&reference);
            outcome.map_err(|why| Error { reference, why })
        });
        flights.insert(key, flight.clone());
        flight
    }
}

impl Inner {
    async fn read(&self, reference: &VaultReference) -> Result<Fetched, Why> {
        if !self.settings.hosts.allows(&reference.secret) {
            return Err(Why::NotAllowed);
        }
        let vault = self.vault(reference.secret.authority());
        // Never closed.
        let _permit = vault.at_once.acquire().await.ok();
        let known = vault.challenge.lock().clone();
        let challenge = match known {
            Some(challenge) => challenge,
            None => match self.challenge(&vault, &reference.secret).await? {
                Opened::Challenge(challenge) => challenge,
                Opened::Answer(answer) => return answer::read(&answer),
            },
        };
        let answer = self.ask(&vault, reference, &challenge).await?;
        if answer.status() != StatusCode::UNAUTHORIZED {
            return answer::read(&answer);
        }
        // The vault may have moved to another tenant or resource since.
        let fresh = self.adopt(&vault, &answer)?;
        if fresh == challenge {
            return Err(unauthorized(&fresh));
        }
        let answer = self.ask(&vault, reference, &fresh).await?;
        if answer.status() == StatusCode::UNAUTHORIZED {
            Err(unauthorized(&fresh))
        } else {
            answer::read(&answer)
        }
    }

    /// Asks without a token, to learn which one the vault wants.
    async fn challenge(&self, vault: &Vault, secret: &VaultSecretIdentifier) -> Result<Opened, Why> {
        let answer = self.send(vault, secret, None).await?;
        if answer.status() != StatusCode::UNAUTHORIZED {
            return Ok(Opened::Answer(answer));
        }
        self.adopt(vault, &answer).map(Opened::Challenge)
    }

    /// Takes the challenge of a 401, if the vault may ask for such a token.
    fn adopt(&self, vault: &Vault, answer: &Response<Bytes>) -> Result<Challenge, Why> {
        let challenge = Challenge::read(answer.headers());
        let challenge = challenge
            .ok_or_else(|| Why::Refused("401 without a usable `WWW-Authenticate` header".to_owned()))?;
        let verified = self.settings.challenge_resource == ChallengeResource::Verified;
        if verified && !challenge.fits(&vault.authority) {
            return Err(Why::ForeignResource(challenge.resource.to_string()));
        }
        *vault.challenge.lock() = Some(challenge.clone());
        Ok(challenge)
    }

    async fn ask(
        &self,
        vault: &Vault,
        reference: &VaultReference,
        challenge: &Challenge,
    ) -> Result<Response<Bytes>, Why> {
        let identity = match &reference.identity_client_id {
            Some(id) => IdentityChoice::User(Arc::clone(id)),
            None => IdentityChoice::System,
        };
        let request = TokenRequest { resource: Arc::clone(&challenge.resource), identity, hidden: false };
        let token = self.tokens.token(&request).await.map_err(|error| Why::NoToken(error.to_string()))?;
        let mut header = HeaderValue::from_str(&format!("Bearer {}", token.token.expose()))
            .map_err(|_| Why::NoToken("the gateway's token is not a header's value".to_owned()))?;
        header.set_sensitive(true);
        self.send(vault, &reference.secret, Some(header)).await
    }

    async fn send(
        &self,
        vault: &Vault,
        secret: &VaultSecretIdentifier,
        token: Option<HeaderValue>,
    ) -> Result<Response<Bytes>, Why> {
        let unreachable = |error: String| Why::Unreachable(error);
        let url = self.url(vault, secret).map_err(unreachable)?;
        let mut request =
            Request::get(url.as_str()).body(Bytes::new()).map_err(|e| unreachable(e.to_string()))?;
        let host = HeaderValue::from_str(&vault.authority).map_err(|e| unreachable(e.to_string()))?;
        request.headers_mut().insert(HOST, host);
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
        if let Some(token) = token {
            request.headers_mut().insert(AUTHORIZATION, token);
        }
        let called = self.caller.call_often(&request, ATTEMPTS).await;
        called.map_err(|error| unreachable(error.to_string()))
    }

    /// Fact: management 3.1. The latest version has a slash and nothing behind it.
    fn url(&self, vault: &Vault, secret: &VaultSecretIdentifier) -> Result<Url, String> {
        let own = secret.vault_url();
        let base =
            self.overrides.get(&vault.authority).map_or(own.as_str(), Url::as_str).trim_end_matches('/');
        let version = secret.version().unwrap_or_default();
        let mut url = Url::parse(&format!("{base}/secrets/{}/{version}", secret.name()))
            .map_err(|error| error.to_string())?;
        url.query_pairs_mut().append_pair("api-version", &self.settings.api_version);
        Ok(url)
    }

    fn vault(&self, authority: &str) -> Arc<Vault> {
        let mut vaults = self.vaults.lock();
        if let Some(vault) = vaults.get(authority) {
            return Arc::clone(vault);
        }
        if vaults.len() >= MOST_VAULTS {
            vaults.clear();
        }
        let vault = Arc::new(Vault {
            authority: authority.to_owned(),
            challenge: Mutex::default(),
            at_once: Semaphore::new(self.settings.concurrency.clamp(1, Semaphore::MAX_PERMITS)),
        });
        vaults.insert(authority.to_owned(), Arc::clone(&vault));
        vault
    }
}

/// What a request without a token gave.
enum Opened {
    Challenge(Challenge),
    /// An answer all the same: an error that has nothing to do with tokens.
    Answer(Response<Bytes>),
}

fn unauthorized(challenge: &Challenge) -> Why {
    Why::Unauthorized(challenge.authorization.as_deref().map(str::to_owned))
}
