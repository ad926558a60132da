//! Pools of backends that are real, and their circuit breakers. The clock is set by hand.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response as Answer};
use bytes::Bytes;
use gateway::backends::{BackendStates, affinity};
use gateway::{Destinations, Forwarder};
use http::{HeaderMap, Method, StatusCode};
use jiff::{SignedDuration, Timestamp};
use model::{BackendId, BreakerRule, FailureCondition, PoolMember, SessionAffinity, StatusRange, Threshold};
use parking_lot::Mutex;
use policy::{
    Backend, BackendPool, BaseUrl, Clock, Credentials, ErrorStatus, Exchange, FaultKind, Forward as _,
    ForwardOptions, Host, HttpVersion, IdentityChoice, Limits, MessageBody, Original, PoolTarget, PortFuture,
    Ports, Redirects, Request, RequestBody, ResponseBody, Rng, Standalone, Target, Timer, TokenRequest,
    TokenSource, TokenUnavailable, Transport,
};
use tokio::net::TcpListener;

/// A clock that is set by hand, and randomness that is none.
#[derive(Debug)]
struct Hand(Mutex<Timestamp>);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        *self.0.lock()
    }
}

impl Timer for Hand {
    fn sleep(&self, _: Duration) -> PortFuture<'static, ()> {
        Box::pin(std::future::ready(()))
    }
}

impl Rng for Hand {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

/// A token for each resource: its name.
#[derive(Debug)]
struct Tokens;

impl TokenSource for Tokens {
    fn token<'a>(
        &'a self,
        request: &'a TokenRequest,
    ) -> PortFuture<'a, Result<policy::AccessToken, TokenUnavailable>> {
        let token = secret::Secret::new(&*request.resource);
        Box::pin(async { Ok(policy::AccessToken { token, expires: Timestamp::MAX }) })
    }

    fn after_unauthorized<'a>(
        &'a self,
        request: &'a TokenRequest,
        _refused: &'a secret::Secret,
    ) -> PortFuture<'a, Option<policy::AccessToken>> {
        let token = secret::Secret::new(format!("{}-renewed", request.resource));
        Box::pin(async { Some(policy::AccessToken { token, expires: Timestamp::MAX }) })
    }
}

/// A status, and `Retry-After`.
type Said = (u16, Option<&'static str>);

/// A server that says what it is told to say, then 200; it keeps what it was signed in to with.
#[derive(Clone, Default)]
struct Member {
    says: Arc<Mutex<VecDeque<Said>>>,
    signed_in: Arc<Mutex<Vec<String>>>,
}

async fn answer(State(member): State<Member>, headers: HeaderMap, _body: Bytes) -> Answer {
    let sign = headers.get("authorization").map_or("", |value| value.to_str().unwrap());
    member.signed_in.lock().push(sign.to_owned());
    let (status, retry_after) = member.says.lock().pop_front().unwrap_or((200, None));
    let mut response = StatusCode::from_u16(status).unwrap().into_response();
    if let Some(value) = retry_after {
        response.headers_mut().insert("retry-after", value.parse().unwrap());
    }
    response
}

struct World {
    hand: Arc<Hand>,
    forwarder: Arc<Forwarder>,
    servers: Vec<Member>,
    members: Vec<PoolMember>,
    pool: Arc<BackendPool>,
    states: BackendStates,
}

/// So many failures trip it, for a minute unless the backend says otherwise.
fn rule(count: u32) -> BreakerRule {
    BreakerRule {
        name: "rule".into(),
        failure: FailureCondition {
            threshold: Threshold::Count(count),
            interval: SignedDuration::from_secs(60),
            status_ranges: vec![StatusRange { min: 429, max: 429 }],
            error_reasons: vec!["BackendConnectionFailure".into()],
        },
        trip_duration: SignedDuration::from_secs(60),
        accept_retry_after: true,
    }
}

impl World {
    /// Members `a`, `b`, `c` … of these priorities, with breakers that one failure trips.
    async fn of(priorities: &[u8]) -> Self {
        let hand = Arc::new(Hand(Mutex::new("2026-01-01T00:00:00Z".parse().unwrap())));
        let forwarder = Forwarder::new(net::ClientSettings::default(), net::Guard::default(), 1_024);
        forwarder.configure(Arc::new(Destinations::default()));
        let states = BackendStates::default();
        let (mut servers, mut members, mut backends) = (Vec::new(), Vec::new(), Vec::new());
        for (name, priority) in ["a", "b", "c"].into_iter().zip(priorities) {
            let server = Member::default();
            let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
            let url = format!("http://{}", listener.local_addr().unwrap());
            let app = Router::new().fallback(answer).with_state(server.clone());
            tokio::spawn(async move { axum::serve(listener, app).await });
            let id = BackendId::new(name).unwrap();
            backends.push(Arc::new(backend(name, &url, states.breaker(id.as_str(), &rule(1)))));
            members.push(PoolMember { backend: id, priority: Some(*priority), weight: None });
            servers.push(server);
        }
        let pool = BackendPool {
            id: "pool".into(),
            balance: states.rotation("pool", &members),
            members: backends,
            affinity: None,
            failure_status: 503,
        };
        Self { hand, forwarder: Arc::new(forwarder), servers, members, pool: Arc::new(pool), states }
    }

    fn pass(&self, seconds: i64) {
        *self.hand.0.lock() += SignedDuration::from_secs(seconds);
    }

    fn says(&self, member: usize, said: Said) {
        self.servers[member].says.lock().push_back(said);
    }

    fn exchange(&self) -> Exchange {
        self.exchange_to(Target::Pool(PoolTarget::new(Arc::clone(&self.pool))))
    }

    fn exchange_to(&self, target: Target) -> Exchange {
        let ports = Arc::new(Ports {
            clock: Arc::clone(&self.hand) as _,
            timer: Arc::clone(&self.hand) as _,
            rng: Arc::clone(&self.hand) as _,
            forward: Arc::clone(&self.forwarder) as _,
            providers: Arc::new(Standalone),
            verified: Arc::new(Standalone),
            tokens: Arc::new(Tokens),
            rotation: Arc::new(Standalone),
            compute: Arc::new(policy::AtOnce),
            buffers: policy::Buffers::new(1 << 26),
        });
        let mut exchange =
            Exchange::new(uuid::Uuid::nil(), Arc::default(), request(), ports, Limits::default());
        exchange.target = target;
        exchange
    }

    /// One call; who answered what, or why nobody did.
    async fn call(&self, exchange: &mut Exchange) -> String {
        match self.forwarder.forward(exchange, OPTIONS).await {
            Ok(_) => {
                let call = exchange.backend_call.as_ref().unwrap();
                let (named, host) =
                    (call.backend.as_deref().unwrap(), call.url.authority().unwrap().as_str());
                let chosen = exchange.target.backend().unwrap();
                // The access record and `context` name the one that was really called.
                assert_eq!((named, host), (&*chosen.id, &*chosen.url.authority()));
                format!("{named} {}", exchange.response.as_ref().unwrap().status.as_u16())
            }
            Err(fault) => format!("{:?}", fault.kind()),
        }
    }

    async fn calls(&self, count: usize) -> String {
        let mut all = Vec::new();
        for _ in 0..count {
            all.push(self.call(&mut self.exchange()).await);
        }
        all.join(", ")
    }
}

fn backend(name: &str, url: &str, breaker: Arc<gateway::backends::CircuitBreaker>) -> Backend {
    let wanted = TokenRequest { resource: name.into(), identity: IdentityChoice::System, hidden: false };
    Backend {
        id: name.into(),
        url: BaseUrl::parse(url).unwrap(),
        credentials: Credentials { managed_identity: Some(wanted), ..Credentials::default() },
        transport: Transport::default(),
        breaker: Some(breaker),
    }
}

fn request() -> Request {
    let original = Original {
        method: Method::POST,
        scheme: "http",
        host: Host::named("gateway.example"),
        port: 80,
        uri: http::Uri::from_static("/chat"),
    };
    Request::new(original, HeaderMap::new(), MessageBody::None)
}

const OPTIONS: ForwardOptions = ForwardOptions {
    timeout: Duration::from_secs(20),
    version: HttpVersion::Http1,
    redirects: Redirects::Passed,
    request_body: RequestBody::Streamed,
    response_body: ResponseBody::AtOnce,
    continue_timeout: None,
    error_status: ErrorStatus::Answer,
};

/// Backends page: round robin; a lower priority only when all of the higher are kept away; the circuit closes after its
/// time.
#[tokio::test]
async fn calls_go_to_the_next_priority_while_breakers_are_open_and_come_back() {
    let world = World::of(&[1, 1, 2]).await;
    assert_eq!(world.calls(4).await, "a 200, b 200, a 200, b 200");
    world.says(0, (429, Some("10")));
    assert_eq!(world.calls(3).await, "a 429, b 200, b 200");
    world.says(1, (429, Some("30")));
    assert_eq!(world.calls(3).await, "b 429, c 200, c 200");
    world.pass(10);
    assert_eq!(world.calls(2).await, "a 200, a 200");
    world.pass(20);
    assert_eq!(world.calls(2).await, "b 200, a 200");
}

/// `policies-a.md` 4.4: all members open is 503, which policies see in `context.Response`, with `Retry-After`.
#[tokio::test]
async fn a_pool_of_which_nobody_may_be_called_answers_503_without_calling() {
    let world = World::of(&[1, 2]).await;
    world.says(0, (429, Some("30")));
    world.says(1, (429, Some("20")));
    let mut exchange = world.exchange();
    assert_eq!(world.call(&mut exchange).await, "a 429");
    assert_eq!(world.call(&mut exchange).await, "b 429");
    world.pass(5);
    assert_eq!(world.call(&mut exchange).await, "BackendPoolUnavailable");
    let response = exchange.response.as_mut().unwrap();
    assert_eq!((response.status.as_u16(), response.reason.as_str()), (503, "Service Unavailable"));
    assert_eq!(response.headers["retry-after"], "15");
    response.body.fill(1_000, &policy::Buffers::new(1_000)).await.unwrap();
    assert_eq!(world.servers.iter().map(|each| each.signed_in.lock().len()).sum::<usize>(), 2);
}

/// Backends page: 503 for a single backend.
#[tokio::test]
async fn a_single_backend_is_not_called_while_its_breaker_is_open() {
    let world = World::of(&[1]).await;
    let single = || Target::Backend(Arc::clone(&world.pool.members[0]));
    world.says(0, (429, None));
    assert_eq!(world.call(&mut world.exchange_to(single())).await, "a 429");
    let mut exchange = world.exchange_to(single());
    let fault = world.forwarder.forward(&mut exchange, OPTIONS).await.unwrap_err();
    assert_eq!((fault.kind(), fault.response_status()), (FaultKind::CircuitBreakerOpen, 503));
    assert_eq!(fault.message(), "The circuit breaker of the backend `a` is open.");
    assert_eq!(exchange.response.unwrap().headers["retry-after"], "60");
    assert!(exchange.backend_call.is_none(), "nothing was called that the access record could tell of");
    world.pass(60);
    assert_eq!(world.call(&mut world.exchange_to(single())).await, "a 200");
}

/// What `retry` does: the same exchange again.
#[tokio::test]
async fn each_try_of_a_request_goes_to_another_member_signed_in_as_that_member_wants() {
    let world = World::of(&[1, 1, 1]).await;
    // Statuses that trip no breaker.
    (0..3).for_each(|member| world.says(member, (500, None)));
    let mut exchange = world.exchange();
    let mut seen = Vec::new();
    for _ in 0..3 {
        seen.push(world.call(&mut exchange).await);
        // Another request takes the turn in between.
        world.says(0, (200, None));
    }
    seen.sort();
    assert_eq!(seen, ["a 500", "b 500", "c 500"]);
    let signs: Vec<_> = world.servers.iter().map(|each| each.signed_in.lock().clone()).collect();
    assert_eq!(signs, [["Bearer a"], ["Bearer b"], ["Bearer c"]]);
}

/// The early renewal after a 401 (decision 19) stays at the member, and its breaker sees the last answer only.
#[tokio::test]
async fn a_call_that_is_made_once_more_with_a_fresh_token_stays_at_its_member() {
    let world = World::of(&[1, 1]).await;
    world.says(0, (401, None));
    assert_eq!(world.call(&mut world.exchange()).await, "a 200");
    assert_eq!(*world.servers[0].signed_in.lock(), ["Bearer a", "Bearer a-renewed"]);
}

#[tokio::test]
async fn a_member_that_cannot_be_reached_is_left_out_when_the_rule_names_that_error() {
    let world = World::of(&[1, 1]).await;
    let closed = TcpListener::bind(("127.0.0.1", 0)).await.unwrap().local_addr().unwrap();
    let id = BackendId::new("gone").unwrap();
    let gone = backend("gone", &format!("http://{closed}"), world.states.breaker(id.as_str(), &rule(1)));
    let members = vec![Arc::new(gone), Arc::clone(&world.pool.members[1])];
    let pool = Arc::new(BackendPool { members, ..world.pool.as_ref().clone() });
    let mut exchange = world.exchange_to(Target::Pool(PoolTarget::new(Arc::clone(&pool))));
    assert_eq!(world.call(&mut exchange).await, "BackendConnectionFailure");
    assert!(exchange.response.is_none(), "`context.Response` is null");
    assert_eq!(world.call(&mut exchange).await, "b 200");
    for _ in 0..2 {
        let mut next = world.exchange_to(Target::Pool(PoolTarget::new(Arc::clone(&pool))));
        assert_eq!(world.call(&mut next).await, "b 200");
    }
}

/// A configuration with the same rules and members goes on where the one before is; with another rule it begins anew.
#[tokio::test]
async fn state_outlives_a_configuration() {
    let world = World::of(&[1, 1]).await;
    world.says(0, (429, None));
    assert_eq!(world.calls(1).await, "a 429");
    let now = world.hand.now();
    let id = BackendId::new("a").unwrap();
    assert!(world.states.breaker(id.as_str(), &rule(1)).state(now).open_until.is_some());
    assert!(world.states.breaker(id.as_str(), &rule(2)).state(now).open_until.is_none());
    let pool = BackendId::new("pool").unwrap();
    let rotation = world.states.rotation(pool.as_str(), &world.members);
    assert_eq!(policy::Balance::next(&*rotation, &|_| true, &[]), Some(1), "after `a` it is the turn of `b`");
}

/// `policies-a.md` 4.4: a cookie that the gateway sets keeps the caller at one member.
#[tokio::test]
async fn a_caller_with_the_cookie_stays_at_its_member_while_that_may_be_called() {
    let world = World::of(&[1, 1]).await;
    let given = SessionAffinity { cookie: "SessionId".into() };
    let ids = world.members.iter().map(|each| &each.backend);
    let affinity = affinity(&given, "pool", ids);
    let pool = Arc::new(BackendPool { affinity: Some(affinity), ..world.pool.as_ref().clone() });
    let exchange = |cookie: Option<&str>| {
        let mut exchange = world.exchange_to(Target::Pool(PoolTarget::new(Arc::clone(&pool))));
        cookie.map(|cookie| exchange.request.headers.insert("cookie", cookie.parse().unwrap()));
        exchange
    };
    let set = |exchange: &Exchange| {
        let cookie = exchange.response.as_ref().unwrap().headers.get("set-cookie")?;
        Some(cookie.to_str().unwrap().split(';').next().unwrap().to_owned())
    };
    let mut first = exchange(None);
    assert_eq!(world.call(&mut first).await, "a 200");
    let cookie = set(&first).unwrap();
    for _ in 0..3 {
        let mut next = exchange(Some(&cookie));
        assert_eq!(world.call(&mut next).await, "a 200");
        assert_eq!(set(&next), None, "it is told once");
    }
    world.says(0, (429, None));
    assert_eq!(world.call(&mut exchange(Some(&cookie))).await, "a 429");
    let mut moved = exchange(Some(&cookie));
    assert_eq!(world.call(&mut moved).await, "b 200");
    assert_ne!(set(&moved), Some(cookie));
}
