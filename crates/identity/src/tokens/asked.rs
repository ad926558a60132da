//! Asking a source for a token.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use policy::{Clock, Rng, TokenRequest};
use tokio::sync::Semaphore;
use url::Url;

use super::answer::{self, Granted};
use super::entra::{self, Proof};
use super::sources::{Checked, Credential, Named, Selected, Sources};
use super::{app_service, arc, assertion, file, imds};
use crate::caller::{Attempts, Caller, is_busy};
use crate::settings::{Settings, TokenSettings};
use crate::transport::Transport;

/// Bytes of a federated token at most.
const LARGEST_FEDERATED: u64 = 64 * 1024;

/// Requests at once: resources may come from expressions, and the hosts' endpoints throttle.
const REQUESTS: usize = 16;

/// Asks sources.
#[derive(Debug)]
pub(super) struct Asker {
    pub(super) sources: Sources,
    caller: Caller,
    settings: TokenSettings,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
    at_once: Semaphore,
}

impl Asker {
    pub(super) fn new(
        sources: Sources,
        settings: &Settings,
        transport: Arc<dyn Transport>,
        clock: Arc<dyn Clock>,
        rng: Arc<dyn Rng>,
    ) -> Self {
        let caller = Caller::new(transport, settings.calls);
        Self { sources, caller, settings: settings.tokens, clock, rng, at_once: Semaphore::new(REQUESTS) }
    }

    /// A token; the text says source, host and why there is none.
    pub(super) async fn ask(&self, request: &TokenRequest) -> Result<Granted, String> {
        let TokenRequest { resource, identity, hidden } = request;
        let selected = self.sources.select(identity)?;
        let plain = resource.strip_suffix("/.default").unwrap_or(resource);
        if plain.trim().is_empty() {
            return Err("the resource is empty".to_owned());
        }
        // Never closed: an error of it is no permit, and then the bound does not hold for one request.
        let _permit = self.at_once.acquire().await.ok();
        let why = match self.of(&selected, plain).await {
            Ok(granted) => return Ok(granted),
            Err(why) => why,
        };
        let why = format!("{} (`{}`): {why}", selected.source.name(), selected.source.host());
        if *hidden {
            tracing::warn!(
                host = selected.source.host(),
                "the gateway gets no token; a secret is part of what it asks for"
            );
        } else {
            tracing::warn!(resource = &**resource, %identity, why, "the gateway gets no token");
        }
        Err(why)
    }

    async fn of(&self, selected: &Selected, resource: &str) -> Result<Granted, String> {
        let named = &selected.named;
        match &*selected.source {
            Checked::Imds { base } => {
                let request = imds::request(base, resource, named)?;
                self.granted(&request, imds::is_busy).await
            }
            Checked::AppService { endpoint, header } => {
                let request = app_service::request(endpoint, header, resource, named)?;
                self.granted(&request, is_busy).await
            }
            Checked::Arc { endpoint, directory } => self.of_arc(endpoint, directory, resource).await,
            Checked::Entra { endpoint, client_id, credential } => {
                let client_id = if let Named::Client(id) = named { id } else { client_id };
                self.of_entra(endpoint, client_id, credential, resource).await
            }
        }
    }

    async fn of_arc(&self, endpoint: &Url, directory: &Path, resource: &str) -> Result<Granted, String> {
        let first = self.answer(&arc::request(endpoint, resource)?, is_busy).await?;
        if first.status() != StatusCode::UNAUTHORIZED {
            return self.read(&first);
        }
        let second = arc::proven(endpoint, resource, &first, directory).await?;
        self.granted(&second, is_busy).await
    }

    async fn of_entra(
        &self,
        endpoint: &Url,
        client_id: &str,
        credential: &Credential,
        resource: &str,
    ) -> Result<Granted, String> {
        let proof = self.proof(endpoint, client_id, credential).await?;
        let proof = match credential {
            Credential::Secret(_) => Proof::Secret(proof.expose()),
            Credential::Certificate(_) | Credential::Federated(_) => Proof::Assertion(proof.expose()),
        };
        let request = entra::request(endpoint, client_id, resource, &proof)?;
        self.granted(&request, is_busy).await
    }

    /// What proves who the gateway is. Read anew each time, so that what was rotated is used.
    async fn proof(
        &self,
        endpoint: &Url,
        client_id: &str,
        credential: &Credential,
    ) -> Result<secret::Secret, String> {
        match credential {
            Credential::Secret(slot) => slot.load().map_err(|unset| unset.to_string()),
            Credential::Federated(path) => file::read(path, LARGEST_FEDERATED).await,
            Credential::Certificate(source) => {
                let pem = assertion::pem(source).await?;
                let mut random = [0; 16];
                self.rng.fill(&mut random);
                assertion::make(&pem, client_id, endpoint.as_str(), (self.clock.now(), random))
            }
        }
    }

    async fn granted(
        &self,
        request: &Request<Bytes>,
        busy: fn(StatusCode) -> bool,
    ) -> Result<Granted, String> {
        let answer = self.answer(request, busy).await?;
        self.read(&answer)
    }

    async fn answer(
        &self,
        request: &Request<Bytes>,
        busy: fn(StatusCode) -> bool,
    ) -> Result<Response<Bytes>, String> {
        let TokenSettings { attempts, backoff, total, .. } = self.settings;
        let attempts = Attempts { count: attempts, backoff, total, busy };
        self.caller.call_often(request, attempts).await.map_err(|error| error.to_string())
    }

    fn read(&self, answer: &Response<Bytes>) -> Result<Granted, String> {
        let read = answer::read(answer, self.clock.now(), self.settings.renew_before);
        read.map_err(|why| match answer::hint(answer.status()) {
            Some(hint) => format!("{why}; {hint}"),
            None => why,
        })
    }
}
