//! The request that all programs look at: the gateway's own exchange, with its body read.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use expr::{Jwt, Text, Value};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use jiff::Timestamp;
use model::{DisplayName, Subscription, SubscriptionId, SubscriptionScope};
use policy::{
    AtOnce, Clock, Exchange, Forward, ForwardOptions, Limits, MessageBody, Original, PortFuture, Ports,
    Request, Response, Rng, Site, Standalone, StepFuture, Timer,
};

use crate::programs::{BACKENDS, BODY, SUBSCRIPTION, TOKEN};

/// Everything outside, standing still.
#[derive(Debug)]
struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
}

impl Timer for Still {
    fn sleep(&self, _: Duration) -> PortFuture<'static, ()> {
        Box::pin(std::future::ready(()))
    }
}

impl Rng for Still {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

impl Forward for Still {
    fn forward<'a>(&'a self, _: &'a mut Exchange, _: ForwardOptions) -> StepFuture<'a> {
        Box::pin(std::future::ready(Ok(policy::Flow::Next)))
    }
}

pub fn ports() -> Arc<Ports> {
    Arc::new(Ports {
        clock: Arc::new(Still),
        timer: Arc::new(Still),
        rng: Arc::new(Still),
        forward: Arc::new(Still),
        providers: Arc::new(Standalone),
        verified: Arc::new(Standalone),
        tokens: Arc::new(Standalone),
        rotation: Arc::new(Standalone),
        compute: Arc::new(AtOnce),
    })
}

fn headers() -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("accept", "application/json"),
        ("content-type", "application/json"),
        ("user-agent", "bench"),
        ("x-tier", "premium"),
        ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
}

/// A request in its outbound section: it has a response already.
pub fn exchange(ports: &Arc<Ports>) -> anyhow::Result<Exchange> {
    let request = Request {
        method: Method::POST,
        path: "/chat".to_owned(),
        query: None,
        headers: headers(),
        body: MessageBody::Held(Bytes::from_static(BODY.as_bytes())),
        original: Original {
            method: Method::POST,
            scheme: "https",
            host: "gateway.example".into(),
            port: 443,
            path: "/chat".into(),
            query: None,
        },
        matched: Vec::new(),
        client_ip: None,
        certificate: None,
        certificate_chain: Vec::new(),
        tainted_url: false,
    };
    let mut exchange = Exchange::new(
        uuid::Uuid::nil(),
        Arc::new(Site::default()),
        request,
        Arc::clone(ports),
        Limits::default(),
    );
    let subscription = Subscription::new(
        SubscriptionId::new(SUBSCRIPTION)?,
        DisplayName::new("Bench")?,
        SubscriptionScope::AllApis,
    );
    exchange.caller.subscription = Some(Arc::new(subscription));
    exchange.response = Some(Response::new(StatusCode::TOO_MANY_REQUESTS));
    let thrown = |exception: expr::Exception| anyhow::anyhow!("{exception}");
    let heap = &mut exchange.heap;
    let items = heap.strings((1..=10).map(|n| Text::from(format!("item{n}")))).map_err(thrown)?;
    let backends = heap.parse_json(&Text::from_static(BACKENDS)).map_err(thrown)?;
    let jwt = Jwt::parse(&Text::from_static(TOKEN)).ok_or_else(|| anyhow::anyhow!("no token"))?;
    let jwt = heap.jwt(jwt).map_err(thrown)?;
    for (name, value) in [
        ("token", Value::text("abcdef")),
        ("count", Value::Double(1234.5)),
        ("items", items),
        ("backends", backends),
        ("jwt", jwt),
    ] {
        exchange.variables.set(&name.into(), value);
    }
    Ok(exchange)
}
