//! Calls to a backend that is real, by exchanges that are made here: credentials, rotation, what is left behind.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response as Answer};
use bytes::Bytes;
use gateway::{Destinations, Forwarder};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use http_body_util::StreamBody;
use jiff::Timestamp;
use model::{Api, ApiId, ApiPath, CallerToken, DisplayName};
use parking_lot::Mutex;
use policy::{
    AccessToken, Backend, BaseUrl, Body, Clock, Credentials, ErrorStatus, Exchange, FaultKind, Forward as _,
    ForwardOptions, Host, HttpVersion, IdentityChoice, Limits, MessageBody, Original, OwnToken, Piece,
    PortFuture, Ports, PresentedToken, Redirects, Request, RequestBody, ResponseBody, Rng, Rotated,
    SecretRotation, Standalone, Target, Template, Timer, TokenPlace, TokenRequest, TokenSource,
    TokenUnavailable, Transport, UsedSecret,
};
use secret::{Secret, SecretSlot};
use tokio::net::TcpListener;

/// What the backend received.
#[derive(Clone, Debug)]
struct Received {
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
}

impl Received {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

/// Lets in whoever shows no other key than `good` and no token that is revoked.
#[derive(Clone, Default)]
struct Model(Arc<Mutex<Vec<Received>>>);

impl Model {
    async fn start() -> (Self, BaseUrl) {
        let model = Self::default();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = BaseUrl::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let app = Router::new().fallback(answer).with_state(model.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        (model, url)
    }

    fn received(&self) -> Vec<Received> {
        self.0.lock().clone()
    }
}

async fn answer(State(model): State<Model>, uri: Uri, headers: HeaderMap, body: Bytes) -> Answer {
    let received = Received { uri, headers, body };
    let is_bad =
        ["api-key", "x-key"].iter().any(|name| received.header(name).is_some_and(|key| key != "good"))
            || received.header("authorization").is_some_and(|token| token.contains("revoked"));
    model.0.lock().push(received);
    let status = if is_bad { StatusCode::UNAUTHORIZED } else { StatusCode::OK };
    (status, "a body").into_response()
}

#[derive(Debug)]
struct Fixed;

impl Clock for Fixed {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
}

impl Timer for Fixed {
    fn sleep(&self, _: Duration) -> PortFuture<'static, ()> {
        Box::pin(std::future::ready(()))
    }
}

impl Rng for Fixed {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(1);
    }
}

/// Where the system-assigned identity has its tokens from: one at first, perhaps another when that is refused.
#[derive(Debug)]
struct Tokens {
    first: &'static str,
    then: Option<&'static str>,
    refused: Mutex<Vec<String>>,
}

impl Tokens {
    fn new(first: &'static str, then: Option<&'static str>) -> Self {
        Self { first, then, refused: Mutex::default() }
    }
}

fn access_token(text: &str) -> AccessToken {
    AccessToken { token: Secret::new(text), expires: Timestamp::MAX }
}

impl TokenSource for Tokens {
    fn token<'a>(
        &'a self,
        request: &'a TokenRequest,
    ) -> PortFuture<'a, Result<AccessToken, TokenUnavailable>> {
        Box::pin(async move {
            match request.identity {
                IdentityChoice::System => Ok(access_token(self.first)),
                IdentityChoice::User(_) => Err(TokenUnavailable {
                    resource: Arc::clone(&request.resource),
                    identity: request.identity.clone(),
                    why: "it does not exist".to_owned(),
                }),
            }
        })
    }

    fn after_unauthorized<'a>(
        &'a self,
        _request: &'a TokenRequest,
        refused: &'a Secret,
    ) -> PortFuture<'a, Option<AccessToken>> {
        self.refused.lock().push(refused.expose().to_owned());
        Box::pin(async { self.then.map(access_token) })
    }
}

/// A vault that holds a key, and counts how often it was asked.
#[derive(Debug, Default)]
struct Vault {
    holds: Option<&'static str>,
    asked: Mutex<usize>,
}

impl SecretRotation for Vault {
    fn after_unauthorized<'a>(&'a self, slots: &'a [SecretSlot]) -> PortFuture<'a, Rotated> {
        Box::pin(async move {
            *self.asked.lock() += 1;
            let Some(value) = self.holds else { return Rotated::No };
            slots.iter().for_each(|slot| slot.replace(Secret::new(value)));
            Rotated::Yes
        })
    }
}

pub(crate) struct World {
    model: Model,
    url: BaseUrl,
    vault: Arc<Vault>,
    tokens: Arc<Tokens>,
    pub(crate) forwarder: Arc<Forwarder>,
}

impl World {
    pub(crate) async fn with_vault(holds: Option<&'static str>) -> Self {
        let (model, url) = Model::start().await;
        let forwarder = Forwarder::new(net::ClientSettings::default(), net::Guard::default(), 1_024);
        forwarder.configure(Arc::new(Destinations::default()));
        let vault = Arc::new(Vault { holds, asked: Mutex::default() });
        let tokens = Arc::new(Tokens::new("own-token", None));
        Self { model, url, vault, tokens, forwarder: Arc::new(forwarder) }
    }

    pub(crate) fn calling_by(self, forwarder: Forwarder) -> Self {
        Self { forwarder: Arc::new(forwarder), ..self }
    }

    /// The first token is no longer accepted; perhaps there is another.
    async fn with_revoked_token(then: Option<&'static str>) -> Self {
        Self { tokens: Arc::new(Tokens::new("revoked-1", then)), ..Self::with_vault(None).await }
    }

    pub(crate) fn backend(&self, credentials: Credentials) -> Target {
        let url = self.url.clone();
        Target::Backend(Arc::new(Backend {
            id: "model".into(),
            url,
            credentials,
            transport: Transport::default(),
            breaker: None,
        }))
    }

    pub(crate) fn exchange(&self, target: Target) -> Exchange {
        let ports = Arc::new(Ports {
            clock: Arc::new(Fixed),
            timer: Arc::new(Fixed),
            rng: Arc::new(Fixed),
            forward: Arc::clone(&self.forwarder) as _,
            providers: Arc::new(Standalone),
            verified: Arc::new(Standalone),
            tokens: Arc::clone(&self.tokens) as _,
            rotation: Arc::clone(&self.vault) as _,
            compute: Arc::new(policy::AtOnce),
            buffers: policy::Buffers::new(1 << 26),
        });
        let original = Original {
            method: Method::POST,
            scheme: "http",
            host: Host::named("gateway.example"),
            port: 80,
            uri: Uri::from_static("/chat"),
        };
        let request = Request::new(original, HeaderMap::new(), MessageBody::None);
        let mut exchange =
            Exchange::new(uuid::Uuid::nil(), Arc::default(), request, ports, Limits::default());
        let name = DisplayName::new("Chat").unwrap();
        exchange.api =
            Some(Arc::new(Api::new(ApiId::new("chat").unwrap(), name, ApiPath::new("chat").unwrap())));
        exchange.target = target;
        exchange
    }

    pub(crate) fn options() -> ForwardOptions {
        ForwardOptions {
            timeout: Duration::from_secs(20),
            version: HttpVersion::Http1,
            redirects: Redirects::Passed,
            request_body: RequestBody::Streamed,
            response_body: ResponseBody::AtOnce,
            continue_timeout: None,
            error_status: ErrorStatus::Answer,
        }
    }

    async fn forward(&self, exchange: &mut Exchange) -> Result<u16, FaultKind> {
        let result = self.forwarder.forward(exchange, Self::options()).await;
        let _flow = result.map_err(|fault| fault.kind())?;
        Ok(exchange.response.as_ref().unwrap().status.as_u16())
    }
}

fn set(exchange: &mut Exchange, name: &'static str, value: &str, is_secret: bool) {
    let mut value = HeaderValue::from_str(value).unwrap();
    value.set_sensitive(is_secret);
    exchange.request.headers.insert(HeaderName::from_static(name), value);
}

/// A body that nobody has read, in two frames.
pub(crate) fn arriving(first: Bytes) -> MessageBody {
    let frames = [first, Bytes::from_static(b" end")]
        .map(|data| Ok::<_, policy::BodyError>(http_body::Frame::data(data)));
    MessageBody::arriving(Body::stream(StreamBody::new(futures_util::stream::iter(frames))))
}

fn by_backend(slot: &SecretSlot) -> Credentials {
    let template = Template::new(vec![Piece::Slot(slot.clone())]);
    let headers = vec![(HeaderName::from_static("api-key"), vec![template])];
    Credentials { headers, rotating: vec![slot.clone()], ..Credentials::default() }
}

#[tokio::test]
async fn a_rotated_key_is_read_early_and_the_call_made_once_more() {
    let world = World::with_vault(Some("good")).await;
    let slot = SecretSlot::holding("key", Secret::new("old"));
    let mut exchange = world.exchange(world.backend(by_backend(&slot)));
    exchange.request.body = arriving(Bytes::from_static(b"begin"));
    assert_eq!(world.forward(&mut exchange).await, Ok(200));
    let received = world.model.received();
    assert_eq!(received.len(), 2);
    assert_eq!((received[0].header("api-key"), received[1].header("api-key")), (Some("old"), Some("good")));
    assert_eq!(received[1].body, "begin end");
    assert_eq!(*world.vault.asked.lock(), 1);
    assert_eq!(exchange.backend_call.unwrap().status, Some(200));
}

#[tokio::test]
async fn a_key_that_a_policy_put_in_is_replaced_where_it_stands() {
    let world = World::with_vault(Some("good")).await;
    let slot = SecretSlot::holding("key", Secret::new("old"));
    let mut exchange = world.exchange(Target::Url(Arc::new(world.url.clone())));
    exchange.rotating = vec![UsedSecret::of(&slot)];
    set(&mut exchange, "x-key", "old", true);
    set(&mut exchange, "x-callers", "old", false);
    *exchange.request.query_mut() = Some("sig=old".to_owned());
    exchange.request.tainted_url = true;
    assert_eq!(world.forward(&mut exchange).await, Ok(200));
    let received = world.model.received();
    assert_eq!((received[1].header("x-key"), received[1].header("x-callers")), (Some("good"), Some("old")));
    assert_eq!(received[1].uri, "/chat?sig=good");
}

/// Another request has seen to it: the vault is not asked.
#[tokio::test]
async fn a_key_that_was_replaced_meanwhile_is_used_without_asking() {
    let world = World::with_vault(None).await;
    let slot = SecretSlot::holding("key", Secret::new("old"));
    let mut exchange = world.exchange(Target::Url(Arc::new(world.url.clone())));
    exchange.rotating = vec![UsedSecret::of(&slot)];
    set(&mut exchange, "x-key", "old", true);
    slot.replace(Secret::new("good"));
    assert_eq!(world.forward(&mut exchange).await, Ok(200));
    assert_eq!((world.model.received().len(), *world.vault.asked.lock()), (2, 0));
}

#[tokio::test]
async fn a_401_is_the_answer_when_nothing_was_rotated_or_the_new_key_is_refused_too() {
    for (holds, calls) in [(None, 1), (Some("wrong"), 2)] {
        let world = World::with_vault(holds).await;
        let slot = SecretSlot::holding("key", Secret::new("old"));
        let mut exchange = world.exchange(world.backend(by_backend(&slot)));
        assert_eq!(world.forward(&mut exchange).await, Ok(401));
        assert_eq!((world.model.received().len(), *world.vault.asked.lock()), (calls, 1), "{holds:?}");
        let mut response = exchange.response.take().unwrap();
        response.body.fill(100, &policy::Buffers::new(100)).await.unwrap();
        assert_eq!(response.body.content(&HeaderMap::new(), 100).unwrap().unwrap(), "a body");
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_sent_once_but_the_key_is_renewed() {
    let world = World::with_vault(Some("good")).await;
    let slot = SecretSlot::holding("key", Secret::new("old"));
    let mut exchange = world.exchange(world.backend(by_backend(&slot)));
    exchange.request.body = arriving(vec![b'x'; 2_000].into());
    assert_eq!(world.forward(&mut exchange).await, Ok(401));
    assert_eq!(world.model.received()[0].body.len(), 2_004);
    assert!(slot.load().unwrap().matches("good"));
}

#[tokio::test]
async fn secrets_that_do_not_come_from_a_vault_are_not_asked_for() {
    let world = World::with_vault(Some("good")).await;
    let slot = SecretSlot::holding("key", Secret::new("old"));
    let credentials = Credentials { rotating: Vec::new(), ..by_backend(&slot) };
    let mut exchange = world.exchange(world.backend(credentials));
    assert_eq!(world.forward(&mut exchange).await, Ok(401));
    assert_eq!((world.model.received().len(), *world.vault.asked.lock()), (1, 0));
}

fn managed(identity: IdentityChoice) -> Credentials {
    let resource = "https://cognitiveservices.azure.com".into();
    Credentials {
        managed_identity: Some(TokenRequest { resource, identity, hidden: false }),
        ..Credentials::default()
    }
}

#[tokio::test]
async fn a_backend_is_signed_in_to_by_managed_identity() {
    let world = World::with_vault(None).await;
    let mut exchange = world.exchange(world.backend(managed(IdentityChoice::System)));
    set(&mut exchange, "authorization", "Bearer the caller's", false);
    assert_eq!(world.forward(&mut exchange).await, Ok(200));
    assert_eq!(world.model.received()[0].header("authorization"), Some("Bearer own-token"));
    assert_eq!(exchange.backend_call.unwrap().identity.as_deref(), Some("managed-identity"));

    let mut exchange = world.exchange(world.backend(managed(IdentityChoice::User("nobody".into()))));
    let refused = world.forward(&mut exchange).await;
    assert_eq!(refused, Err(FaultKind::ManagedIdentityTokenUnavailable));
    assert_eq!(world.model.received().len(), 1, "it is not called without its credential");
}

fn given(token: &str) -> OwnToken {
    let resource = "https://cognitiveservices.azure.com".into();
    OwnToken {
        request: TokenRequest { resource, identity: IdentityChoice::System, hidden: false },
        token: Secret::new(token),
    }
}

#[tokio::test]
async fn a_token_that_a_backend_refuses_is_replaced_and_the_call_made_once_more() {
    for (then, status, calls) in [(Some("fresh"), 200, 2), (Some("revoked-2"), 401, 2), (None, 401, 1)] {
        let world = World::with_revoked_token(then).await;
        let mut exchange = world.exchange(world.backend(managed(IdentityChoice::System)));
        exchange.request.body = arriving(Bytes::from_static(b"begin"));
        assert_eq!(world.forward(&mut exchange).await, Ok(status), "{then:?}");
        let received = world.model.received();
        assert_eq!((received.len(), &*world.tokens.refused.lock()), (calls, &vec!["revoked-1".to_owned()]));
        let last = received.last().unwrap();
        let expected = format!("Bearer {}", then.unwrap_or("revoked-1"));
        assert_eq!((last.header("authorization"), &*last.body), (Some(&*expected), &b"begin end"[..]));
    }
}

#[tokio::test]
async fn a_token_that_a_policy_put_in_is_replaced_where_it_stands() {
    let world = World::with_revoked_token(Some("fresh")).await;
    let mut exchange = world.exchange(Target::Url(Arc::new(world.url.clone())));
    exchange.remember_own_token(given("revoked-1"));
    set(&mut exchange, "authorization", "Bearer revoked-1", true);
    set(&mut exchange, "x-callers", "revoked-1", false);
    assert_eq!(world.forward(&mut exchange).await, Ok(200));
    let received = world.model.received();
    assert_eq!(received[1].header("authorization"), Some("Bearer fresh"));
    assert_eq!(received[1].header("x-callers"), Some("revoked-1"));
}

/// One token is asked for once, though a policy and the backend entity had it both.
#[tokio::test]
async fn a_token_that_policy_and_backend_share_is_replaced_once() {
    let world = World::with_revoked_token(Some("fresh")).await;
    let mut exchange = world.exchange(world.backend(managed(IdentityChoice::System)));
    exchange.remember_own_token(given("revoked-1"));
    set(&mut exchange, "x-own", "revoked-1", true);
    assert_eq!(world.forward(&mut exchange).await, Ok(200));
    assert_eq!(*world.tokens.refused.lock(), ["revoked-1"]);
    let received = world.model.received();
    assert_eq!((received[1].header("x-own"), received.len()), (Some("fresh"), 2));
}

/// What a caller sent is not taken for what a policy put in, though it be the same.
#[tokio::test]
async fn a_token_that_a_caller_sent_is_not_replaced() {
    let world = World::with_revoked_token(Some("fresh")).await;
    let mut exchange = world.exchange(Target::Url(Arc::new(world.url.clone())));
    exchange.remember_own_token(given("revoked-1"));
    set(&mut exchange, "authorization", "Bearer revoked-1", false);
    assert_eq!(world.forward(&mut exchange).await, Ok(401));
    assert_eq!((world.model.received().len(), world.tokens.refused.lock().len()), (1, 0));
}

/// A policy had a token in a variable; the call is signed in to otherwise.
#[tokio::test]
async fn a_token_that_the_call_does_not_carry_is_not_replaced() {
    let world = World::with_revoked_token(Some("fresh")).await;
    let slot = SecretSlot::holding("key", Secret::new("wrong"));
    let credentials = Credentials { rotating: Vec::new(), ..by_backend(&slot) };
    let mut exchange = world.exchange(world.backend(credentials));
    exchange.remember_own_token(given("revoked-1"));
    assert_eq!(world.forward(&mut exchange).await, Ok(401));
    assert_eq!((world.model.received().len(), world.tokens.refused.lock().len()), (1, 0));
}

/// Decision 19: one repetition, though both were replaced.
#[tokio::test]
async fn a_key_and_a_token_are_replaced_by_one_repetition() {
    for (key, token, status) in [("good", "fresh", 200), ("good", "revoked-2", 401), ("wrong", "fresh", 401)]
    {
        let world = World {
            tokens: Arc::new(Tokens::new("revoked-1", Some(token))),
            ..World::with_vault(Some(key)).await
        };
        let slot = SecretSlot::holding("key", Secret::new("old"));
        let credentials = Credentials { managed_identity: Some(given("").request), ..by_backend(&slot) };
        let mut exchange = world.exchange(world.backend(credentials));
        assert_eq!(world.forward(&mut exchange).await, Ok(status), "{key}, {token}");
        assert_eq!(world.model.received().len(), 2);
    }
}

/// Decision 3: a token that was validated does not reach a backend with a credential of its own, in no place; without
/// such a credential, or where the API forwards tokens, it does.
#[tokio::test]
async fn a_validated_token_stays_behind_where_the_backend_has_a_credential_of_its_own() {
    let slot = SecretSlot::holding("key", Secret::new("good"));
    let forwarded = CallerToken::Forwarded;
    for (what, credentials, key, setting, arrives) in [
        ("no credential", None, None, CallerToken::Removed, true),
        ("a backend's", Some(by_backend(&slot)), None, CallerToken::Removed, false),
        ("managed identity", Some(managed(IdentityChoice::System)), None, CallerToken::Removed, false),
        ("a policy's, secret", None, Some(("x-key", true)), CallerToken::Removed, false),
        ("a policy's, plain", None, Some(("api-key", false)), CallerToken::Removed, false),
        ("a policy's, in the query", None, None, CallerToken::Removed, false),
        ("a caller's header", None, Some(("x-key", false)), CallerToken::Removed, true),
        ("forwarded", Some(by_backend(&slot)), None, forwarded, true),
    ] {
        let world = World::with_vault(None).await;
        let target = match credentials {
            Some(credentials) => world.backend(credentials),
            None => Target::Url(Arc::new(world.url.clone())),
        };
        let mut exchange = world.exchange(target);
        let mut api = Api::clone(exchange.api.as_ref().unwrap());
        api.settings.caller_token = setting;
        exchange.api = Some(Arc::new(api));
        let place = TokenPlace::Header(http::header::AUTHORIZATION);
        exchange.caller.validated.push(PresentedToken { place, token: Secret::new("e30.e30.s") });
        set(&mut exchange, "x-copy", "e30.e30.s", false);
        if !what.contains("managed") {
            set(&mut exchange, "authorization", "Bearer e30.e30.s", false);
        }
        *exchange.request.query_mut() = Some("access_token=e30.e30.s&a=1".to_owned());
        exchange.request.tainted_url = what.contains("query");
        if let Some((name, is_secret)) = key {
            set(&mut exchange, name, "good", is_secret);
        }
        assert_eq!(world.forward(&mut exchange).await, Ok(200), "{what}");
        let received = format!("{:?}", world.model.received());
        assert_eq!(received.contains("e30.e30.s"), arrives, "{what}: {received}");
        assert!(received.contains("a=1"), "{what}");
    }
}
