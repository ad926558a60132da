//! Everything around an example that is not real: named values, fragments, backends, time, the call to the backend.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use expr::{Facts, Text};
use http::header::HOST;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use http_body_util::BodyExt as _;
use jiff::Timestamp;
use model::SecretReference;
use parking_lot::Mutex;
use policy::{
    AccessToken, Backend, BackendEntity, Backends, BaseUrl, Body, Clock, Credentials, ErrorStatus, Exchange,
    Fault, FaultKind, Flow, Forward, ForwardOptions, Fragments, IdentityChoice, MessageBody, NamedValueTable,
    PortFuture, Reading, RequestBody, Response, ResponseOrigin, Rng, StepFuture, Timer, TokenRequest,
    TokenSource, TokenUnavailable, Transport, VaultSecrets,
};
use policy_doc::Document;
use secret::{Secret, SecretSlot};
use source::SourceFile;

use crate::message::Message;
use crate::script::When;

/// The named values of an example; `\n` in one is a line break.
pub(crate) fn named_values(when: &When) -> NamedValueTable {
    let mut table = NamedValueTable::new(Reading::Allowed);
    for (name, value) in when.pairs("named-value") {
        table.plain(name, &value.replace("\\n", "\n"));
    }
    for (name, value) in when.pairs("secret") {
        match name.strip_suffix(" unset") {
            Some(name) => table.secret(name, SecretSlot::unset(name)),
            None => table.secret(name, SecretSlot::holding(name, Secret::new(value.replace("\\n", "\n")))),
        }
    }
    table
}

/// The fragments of an example.
#[derive(Debug)]
pub(crate) struct World {
    fragments: BTreeMap<String, Arc<Document>>,
}

impl World {
    pub(crate) fn of(when: &When) -> Self {
        let read = |(name, text): (&str, &str)| {
            let (document, _) = policy_doc::read(&SourceFile::new(format!("{name}.xml"), text));
            (name.to_owned(), Arc::new(document))
        };
        Self { fragments: when.pairs("fragment").map(read).collect() }
    }
}

impl Fragments for World {
    fn get(&self, id: &str) -> Option<Arc<Document>> {
        self.fragments.get(id).cloned()
    }

    fn ids(&self) -> Vec<&str> {
        self.fragments.keys().map(String::as_str).collect()
    }
}

/// The backend entities of an example.
#[derive(Debug)]
pub(crate) struct Entities(BTreeMap<String, BackendEntity>);

impl Entities {
    pub(crate) fn of(when: &When) -> Result<Self, String> {
        let read = |(name, url): (&str, &str)| {
            let backend = Backend {
                id: name.into(),
                url: BaseUrl::parse(url).map_err(|why| format!("`{url}`: {why}"))?,
                credentials: Credentials::default(),
                transport: Transport::default(),
                breaker: None,
            };
            Ok((name.to_owned(), BackendEntity::Single(Arc::new(backend))))
        };
        when.pairs("backend").map(read).collect::<Result<_, String>>().map(Self)
    }
}

impl Backends for Entities {
    fn get(&self, id: &str) -> Option<BackendEntity> {
        self.0.get(id).cloned()
    }

    fn ids(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).collect()
    }
}

/// The gateway's own tokens: `resource` or `resource as client-id`, and the token.
#[derive(Debug)]
pub(crate) struct OwnTokens(BTreeMap<String, String>);

impl OwnTokens {
    pub(crate) fn of(when: &When) -> Self {
        Self(when.pairs("own-token").map(|(name, token)| (name.to_owned(), token.to_owned())).collect())
    }
}

impl TokenSource for OwnTokens {
    fn after_unauthorized<'a>(
        &'a self,
        _request: &'a TokenRequest,
        _refused: &'a Secret,
    ) -> PortFuture<'a, Option<AccessToken>> {
        Box::pin(async { None })
    }

    fn token<'a>(
        &'a self,
        request: &'a TokenRequest,
    ) -> PortFuture<'a, Result<AccessToken, TokenUnavailable>> {
        let TokenRequest { resource, identity, .. } = request;
        let name = match identity {
            IdentityChoice::System => resource.to_string(),
            IdentityChoice::User(id) => format!("{resource} as {id}"),
        };
        let found = self
            .0
            .get(&name)
            .map(|token| AccessToken { token: Secret::new(token.clone()), expires: Still.now() });
        let why = "planted: what only operators may read".to_owned();
        let (resource, identity) = (Arc::clone(resource), identity.clone());
        Box::pin(std::future::ready(found.ok_or(TokenUnavailable { resource, identity, why })))
    }
}

/// Fills the slots of the secrets that documents ask for; one that the example does not have stays unset.
pub(crate) fn fill(vaults: VaultSecrets, when: &When) {
    for binding in vaults.into_bindings() {
        let SecretReference::Vault(reference) = &binding.reference else { continue };
        let id = reference.secret.to_string();
        if let Some((_, value)) = when.pairs("vault-secret").find(|(name, _)| **name == *id) {
            binding.slot.replace(Secret::new(value));
        }
    }
}

/// A clock that stands still, at the beginning of 2026.
#[derive(Debug)]
pub(crate) struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(1_767_225_600).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

/// The times that were waited, none of which really passes.
#[derive(Debug, Default)]
pub(crate) struct Waits(pub(crate) Mutex<Vec<Duration>>);

impl Timer for Waits {
    fn sleep(&self, time: Duration) -> PortFuture<'static, ()> {
        self.0.lock().push(time);
        Box::pin(std::future::ready(()))
    }
}

impl Rng for Still {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

/// What the backend got.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) method: Method,
    /// Scheme, authority and path.
    pub(crate) url: String,
    /// Path and query alone.
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) options: ForwardOptions,
}

/// A backend that answers as the example says, and remembers what it got.
#[derive(Debug)]
pub(crate) struct Answering {
    pub(crate) answer: Option<Message>,
    /// How the first calls are answered instead.
    pub(crate) first: Vec<String>,
    pub(crate) seen: Mutex<Option<Seen>>,
    pub(crate) calls: AtomicUsize,
}

impl Forward for Answering {
    fn forward<'a>(&'a self, exchange: &'a mut Exchange, options: ForwardOptions) -> StepFuture<'a> {
        Box::pin(async move {
            exchange.response = None;
            let seen = see(exchange, options).await?;
            *self.seen.lock() = Some(seen);
            if exchange.ends_with_call {
                // As the gateway does, so that every example shows that nobody misses them.
                exchange.request.headers.clear();
            }
            let call = self.calls.fetch_add(1, Ordering::Relaxed);
            let early =
                self.first.get(call).map(|first| Message { first: first.clone(), ..Message::default() });
            let response = answer(early.as_ref().or(self.answer.as_ref()))?;
            let status = response.status;
            exchange.response = Some(response);
            if options.error_status == ErrorStatus::Fault
                && (status.is_client_error() || status.is_server_error())
            {
                return Err(Fault::new(FaultKind::BackendStatus).status(status.as_u16()));
            }
            Ok(Flow::Next)
        })
    }
}

async fn see(exchange: &mut Exchange, options: ForwardOptions) -> Result<Seen, Fault> {
    if options.request_body == RequestBody::Kept {
        policy::prepare(Facts::REQUEST_BODY, exchange).await?;
    }
    let wrong = |what: &str| Fault::with_message(FaultKind::Internal, what.to_owned());
    let base = exchange.target.base().ok_or_else(|| wrong("no target"))?.clone();
    let request = &mut exchange.request;
    let mut headers = request.headers.clone();
    if !headers.contains_key(HOST) {
        headers.insert(HOST, HeaderValue::from_str(&base.authority()).map_err(|_| wrong("bad host"))?);
    }
    let path = request.path().to_owned();
    let query = request.query().map(|query| format!("?{query}")).unwrap_or_default();
    let sent = request.body.copy().unwrap_or_else(|| request.body.take());
    let body = sent.collect().await.map_err(|_| wrong("broken body"))?;
    Ok(Seen {
        method: request.method.clone(),
        url: format!("{}://{}{}{}{query}", base.scheme.name(), base.authority(), base.path, path),
        target: format!("{}{}{query}", base.path, path),
        headers,
        body: body.to_bytes(),
        options,
    })
}

fn answer(given: Option<&Message>) -> Result<Response, Fault> {
    let mut response = Response::new(StatusCode::OK);
    response.origin = ResponseOrigin::Backend;
    let Some(message) = given else { return Ok(response) };
    match message.first.as_str() {
        "unreachable" => {
            return Err(Fault::with_message(FaultKind::BackendConnectionFailure, "Connection refused."));
        }
        "too late" => return Err(Fault::with_message(FaultKind::Timeout, "No answer in time.")),
        _ => {}
    }
    let (code, reason) = message.first.split_once(' ').unwrap_or((&message.first, ""));
    response = Response::new(code.parse().unwrap_or(StatusCode::IM_A_TEAPOT));
    response.origin = ResponseOrigin::Backend;
    if !reason.is_empty() {
        response.reason = Text::copied(reason);
    }
    response.headers = headers(message);
    response.body = body(message);
    Ok(response)
}

/// The headers of a message of an example.
pub(crate) fn headers(message: &Message) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in &message.headers {
        let name = HeaderName::from_bytes(name.as_bytes());
        let value = value.as_deref().map(HeaderValue::from_str);
        if let (Ok(name), Some(Ok(value))) = (name, value) {
            map.append(name, value);
        }
    }
    map
}

/// Its body, as it arrives.
pub(crate) fn body(message: &Message) -> MessageBody {
    match &message.body {
        None => MessageBody::None,
        Some(text) => MessageBody::arriving(Body::whole(text.clone())),
    }
}
