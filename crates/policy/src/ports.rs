//! What policies need from outside, as traits: time, the call to the backend, keys of providers, tokens of our own.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jose::{KeySet, TokenProblem};
use secret::{Secret, SecretSlot};

use crate::{Buffers, Compute, Exchange, KeysName, StepFuture, VerifiedToken, VerifiedTokens};

/// The time of day, and how much of it has passed.
pub trait Clock: Send + Sync + fmt::Debug {
    /// Now, in UTC.
    fn now(&self) -> Timestamp;
}

/// Waiting.
pub trait Timer: Send + Sync + fmt::Debug {
    /// Ends after this time.
    fn sleep(&self, time: Duration) -> PortFuture<'static, ()>;
}

/// Randomness that nobody can foresee.
pub trait Rng: Send + Sync + fmt::Debug {
    /// Fills the bytes.
    fn fill(&self, bytes: &mut [u8]);
}

/// The call to the backend.
pub trait Forward: Send + Sync + fmt::Debug {
    /// Sends the exchange's request to its target and puts the answer's head and its arriving body into the exchange.
    fn forward<'a>(&'a self, exchange: &'a mut Exchange, options: ForwardOptions) -> StepFuture<'a>;
}

/// How `forward-request` wants the call made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ForwardOptions {
    /// How long to wait for the head of the response.
    pub timeout: Duration,
    /// Which protocol towards the backend.
    pub version: HttpVersion,
    /// Whether 3xx answers with a `Location` are followed.
    pub redirects: Redirects,
    /// Whether the request's body is kept, so that it can be sent again.
    pub request_body: RequestBody,
    /// Whether chunks of the answer are passed on at once.
    pub response_body: ResponseBody,
    /// How long to wait for `100 Continue` before the body is sent; none: it is sent at once.
    pub continue_timeout: Option<Duration>,
    /// Whether 400 to 599 is an error.
    pub error_status: ErrorStatus,
}

/// The protocol towards the backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HttpVersion {
    /// HTTP/1.1.
    Http1,
    /// HTTP/2 where the backend offers it, otherwise HTTP/1.1.
    Http2Or1,
    /// HTTP/2; over plain text with prior knowledge.
    Http2,
}

/// What to do with 3xx answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redirects {
    /// The caller gets them.
    Passed,
    /// The gateway follows them.
    Followed,
}

/// How the request's body is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestBody {
    /// As it arrives.
    Streamed,
    /// Read whole and kept.
    Kept,
}

/// How the answer's body is passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseBody {
    /// Each chunk as it arrives.
    AtOnce,
    /// In chunks of 8 KiB, where whoever makes the call gathers; the gateway passes each chunk as it arrives.
    Chunked,
}

/// What 400 to 599 means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorStatus {
    /// An answer like any other.
    Answer,
    /// An error: processing goes to `on-error`.
    Fault,
}

/// Everything outside that steps may use.
#[derive(Clone, Debug)]
pub struct Ports {
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Waiting.
    pub timer: Arc<dyn Timer>,
    /// Randomness.
    pub rng: Arc<dyn Rng>,
    /// The call to the backend.
    pub forward: Arc<dyn Forward>,
    /// Who signs callers' tokens.
    pub providers: Arc<dyn OpenIdProviders>,
    /// Tokens whose signature was judged before.
    pub verified: Arc<dyn VerifiedTokens>,
    /// The gateway's own tokens.
    pub tokens: Arc<dyn TokenSource>,
    /// Secrets that may have been rotated early.
    pub rotation: Arc<dyn SecretRotation>,
    /// Threads for expressions that may take long.
    pub compute: Arc<dyn Compute>,
    /// What all requests together may keep of bodies.
    pub buffers: Arc<Buffers>,
}

/// What a port gives when it has to wait.
pub type PortFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// OpenID providers by the URL of their metadata, with the keys that they sign with.
pub trait OpenIdProviders: Send + Sync + fmt::Debug {
    /// The provider as it is known at this moment, if nothing has to be fetched.
    fn known(&self, metadata_url: &str) -> Option<Arc<Provider>>;

    /// The provider, fetched if it is not known.
    fn provider<'a>(
        &'a self,
        metadata_url: &'a str,
    ) -> PortFuture<'a, Result<Arc<Provider>, ProviderUnavailable>>;

    /// The provider after a token named a key that `seen` does not have: fetched anew if the last fetch is long enough
    /// ago, otherwise what is known.
    fn after_unknown_key<'a>(
        &'a self,
        metadata_url: &'a str,
        seen: &'a Arc<Provider>,
    ) -> PortFuture<'a, Arc<Provider>>;

    /// The authority of `validate-azure-ad-token` unless the policy names one, without a slash at its end
    /// (`https://login.microsoftonline.com`).
    fn authority(&self) -> &str;
}

/// An OpenID provider at one moment.
#[derive(Debug)]
pub struct Provider {
    /// Its issuer, as its metadata says; may hold `{tenantid}`.
    pub issuer: Arc<str>,
    /// The keys that it signs with.
    pub keys: KeySet,
    /// Differs whenever the keys do.
    pub generation: u64,
    name: KeysName,
}

impl Provider {
    /// A provider with these keys.
    #[must_use]
    pub fn new(issuer: Arc<str>, keys: KeySet, generation: u64) -> Self {
        let parts = [&b"provider"[..], &generation.to_le_bytes(), issuer.as_bytes(), &keys.fingerprint()];
        let name = KeysName::of(parts);
        Self { issuer, keys, generation, name }
    }

    /// What its keys are remembered under.
    #[must_use]
    pub fn name(&self) -> &KeysName {
        &self.name
    }
}

/// A provider's metadata or keys cannot be had, and none are known from before. Names the provider by its host only: the
/// rest of the metadata's URL may come from a secret named value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the keys of the OpenID provider at `{host}` cannot be fetched: {why}")]
pub struct ProviderUnavailable {
    /// Its host, with the port unless that is the usual one.
    host: String,
    /// What stands in the way; holds no secret.
    pub why: String,
}

impl ProviderUnavailable {
    /// The provider of this metadata; `why` must hold no secret.
    #[must_use]
    pub fn new(metadata_url: &str, why: impl Into<String>) -> Self {
        let url = url::Url::parse(metadata_url).ok();
        let host = url.as_ref().and_then(|url| Some((url.host_str()?, url.port())));
        let host = match host {
            Some((host, Some(port))) => format!("{host}:{port}"),
            Some((host, None)) => host.to_owned(),
            None => "an address without host".to_owned(),
        };
        Self { host, why: why.into() }
    }
}

/// The gateway's own tokens: managed identity and what stands for it outside of Azure.
pub trait TokenSource: Send + Sync + fmt::Debug {
    /// A token for a resource, from the cache or from where identities come from.
    fn token<'a>(
        &'a self,
        request: &'a TokenRequest,
    ) -> PortFuture<'a, Result<AccessToken, TokenUnavailable>>;

    /// A backend answered 401 to a call with the token `refused`: another one, if there is one by now or can be had.
    /// Where identities come from is asked at most once in a few seconds for each resource and identity.
    fn after_unauthorized<'a>(
        &'a self,
        request: &'a TokenRequest,
        refused: &'a Secret,
    ) -> PortFuture<'a, Option<AccessToken>>;
}

/// Which token.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TokenRequest {
    /// The resource, as it is written (`https://cognitiveservices.azure.com`), with or without `/.default`.
    pub resource: Arc<str>,
    /// Which of the gateway's identities.
    pub identity: IdentityChoice,
    /// Whether resource or identity are made of a secret, so that nobody may see them.
    pub hidden: bool,
}

/// Which of the gateway's identities.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum IdentityChoice {
    /// The system-assigned one.
    #[default]
    System,
    /// A user-assigned one by its client id; identities of the settings also by object id and resource id.
    User(Arc<str>),
}

impl IdentityChoice {
    /// Its name in the access record: `managed-identity`, with the identity's id behind it when it is user-assigned.
    #[must_use]
    pub fn label(&self) -> Arc<str> {
        match self {
            Self::System => "managed-identity".into(),
            Self::User(id) => format!("managed-identity {id}").into(),
        }
    }
}

impl fmt::Display for IdentityChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System => f.write_str("the system-assigned identity"),
            Self::User(id) => write!(f, "the identity `{id}`"),
        }
    }
}

/// A token of the gateway.
#[derive(Clone, Debug)]
pub struct AccessToken {
    /// The token.
    pub token: Secret,
    /// When it expires.
    pub expires: Timestamp,
}

/// No token can be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{identity} gets no token for `{resource}`: {why}")]
pub struct TokenUnavailable {
    /// For what.
    pub resource: Arc<str>,
    /// For whom.
    pub identity: IdentityChoice,
    /// What stands in the way and what to do; holds no secret. For operators, not for callers.
    pub why: String,
}

/// Secrets of vaults that may have been rotated before their interval.
pub trait SecretRotation: Send + Sync + fmt::Debug {
    /// A backend answered 401 to a call that used these secrets: reads those that come from a vault again, unless that
    /// was done a short while ago, and says whether any of them has another value now.
    fn after_unauthorized<'a>(&'a self, slots: &'a [SecretSlot]) -> PortFuture<'a, Rotated>;
}

/// Whether a secret has another value now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotated {
    /// At least one has.
    Yes,
    /// None has, or none could be read.
    No,
}

/// A gateway without any identity provider, identity or vault: every port says so.
#[derive(Clone, Copy, Debug, Default)]
pub struct Standalone;

impl OpenIdProviders for Standalone {
    fn known(&self, _metadata_url: &str) -> Option<Arc<Provider>> {
        None
    }

    fn provider<'a>(
        &'a self,
        metadata_url: &'a str,
    ) -> PortFuture<'a, Result<Arc<Provider>, ProviderUnavailable>> {
        let why = "this gateway reaches no identity provider";
        Box::pin(async move { Err(ProviderUnavailable::new(metadata_url, why)) })
    }

    fn after_unknown_key<'a>(
        &'a self,
        _metadata_url: &'a str,
        seen: &'a Arc<Provider>,
    ) -> PortFuture<'a, Arc<Provider>> {
        Box::pin(async move { Arc::clone(seen) })
    }

    fn authority(&self) -> &'static str {
        "https://login.microsoftonline.com"
    }
}

impl VerifiedTokens for Standalone {
    fn get(&self, _text: &str, _keys: &KeysName) -> Option<Arc<VerifiedToken>> {
        None
    }

    fn put(&self, _keys: KeysName, _verified: Arc<VerifiedToken>) {}

    fn refused(&self, _text: &str, _keys: &KeysName) -> Option<TokenProblem> {
        None
    }

    fn put_refused(&self, _text: &str, _keys: &KeysName, _problem: TokenProblem) {}
}

impl TokenSource for Standalone {
    fn token<'a>(
        &'a self,
        request: &'a TokenRequest,
    ) -> PortFuture<'a, Result<AccessToken, TokenUnavailable>> {
        Box::pin(async move {
            Err(TokenUnavailable {
                resource: Arc::clone(&request.resource),
                identity: request.identity.clone(),
                why: "this gateway has no identity".to_owned(),
            })
        })
    }

    fn after_unauthorized<'a>(
        &'a self,
        _request: &'a TokenRequest,
        _refused: &'a Secret,
    ) -> PortFuture<'a, Option<AccessToken>> {
        Box::pin(async { None })
    }
}

impl SecretRotation for Standalone {
    fn after_unauthorized<'a>(&'a self, _slots: &'a [SecretSlot]) -> PortFuture<'a, Rotated> {
        Box::pin(async { Rotated::No })
    }
}
