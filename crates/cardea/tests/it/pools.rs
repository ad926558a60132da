//! A pool of three deployments of a model, as the published samples of AI gateways build it: provisioned throughput first,
//! two pay-as-you-go deployments behind it, a circuit breaker on each, and `retry` around the call.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use http::{Response, StatusCode};
use http_body_util::Full;
use serde_json::{Value, json};

use crate::harness::{Api, Backend, Folder, Gateway, eventually};

const NAMES: [&str; 3] = ["ptu", "payg-east", "payg-west"];

/// A deployment that answers 429 while it is told to.
struct Deployment {
    backend: Backend,
    throttles: Arc<AtomicBool>,
}

impl Deployment {
    async fn start(name: &'static str, retry_after: &'static str) -> Self {
        let throttles = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&throttles);
        let backend = Backend::answering(move |seen| {
            answer(name, told.load(Ordering::SeqCst), retry_after, &seen.body)
        });
        Self { backend: backend.await, throttles }
    }

    fn throttle(&self, yes: bool) {
        self.throttles.store(yes, Ordering::SeqCst);
    }

    fn calls(&self) -> usize {
        self.backend.seen().len()
    }
}

fn answer(name: &str, throttled: bool, retry_after: &str, question: &Bytes) -> Response<Full<Bytes>> {
    let mut response =
        Response::new(Full::from(format!("{name} heard {}", String::from_utf8_lossy(question))));
    if throttled {
        *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
        response.headers_mut().insert("retry-after", retry_after.parse().unwrap());
    }
    response
}

/// A backend as the extractor writes it.
fn single(url: &str) -> Value {
    json!({
        "title": null,
        "url": url,
        "protocol": "http",
        "type": "Single",
        "credentials": { "header": { "api-key": ["{{provider-key}}"] }, "query": {} },
        "tls": { "validateCertificateChain": true, "validateCertificateName": true },
        "circuitBreaker": { "rules": [{
            "name": "throttled",
            "failureCondition": {
                "count": 1,
                "errorReasons": ["Server errors"],
                "interval": "PT10S",
                "statusCodeRanges": [{ "min": 429, "max": 429 }, { "min": 500, "max": 503 }]
            },
            "tripDuration": "PT1M",
            "acceptRetryAfter": true
        }] }
    })
}

fn pool() -> Value {
    let arm =
        "/subscriptions/0/resourceGroups/rg/providers/Microsoft.ApiManagement/service/contoso/backends/ptu";
    json!({
        "description": "Three deployments of one model",
        "type": "Pool",
        "pool": { "services": [
            { "id": arm, "priority": 1, "weight": 1 },
            { "id": "/backends/payg-east", "priority": 2, "weight": 50 },
            { "id": "/backends/payg-west", "priority": 2, "weight": 50 }
        ] }
    })
}

fn policy(backend: &str) -> String {
    format!(
        r#"<policies>
    <inbound><base /><set-backend-service backend-id="model-pool" /></inbound>
    <backend>{backend}</backend>
    <outbound><base /><set-header name="X-Served-By" exists-action="override"><value>@(context.Backend.Id)</value></set-header></outbound>
    <on-error><base /></on-error>
</policies>"#
    )
}

const RETRY: &str = r#"
        <retry count="2" interval="0" first-fast-retry="true" condition="@(context.Response.StatusCode == 429 || context.Response.StatusCode == 503)">
            <forward-request buffer-request-body="true" />
        </retry>"#;

struct World {
    deployments: Vec<Deployment>,
    gateway: Gateway,
}

impl World {
    async fn start(retry_after: &'static str, backend: &str) -> Self {
        let mut deployments = Vec::new();
        let mut folder = Folder::new()
            .secret("provider-key", "pk-1")
            .api(&Api::new("chat").policy(policy(backend)))
            .backend("model-pool", &pool());
        for name in NAMES {
            let deployment = Deployment::start(name, retry_after).await;
            folder = folder.backend(name, &single(&deployment.backend.url()));
            deployments.push(deployment);
        }
        Self { deployments, gateway: Gateway::serving(folder).await }
    }

    /// Asks something; who answered.
    async fn served_by(&self) -> String {
        let answer = self.gateway.call("POST", "/chat").body("a question").send().await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let name = answer.header("x-served-by").to_owned();
        assert_eq!(answer.text(), format!("{name} heard a question"), "the question arrives whole");
        name
    }

    async fn state(&self, name: &str) -> Value {
        let backends = self.gateway.ask("GET", "/-/backends").await.json();
        let found = backends.as_array().unwrap().iter().find(|each| each["id"] == name).cloned();
        found.unwrap()["circuitBreaker"]["state"].clone()
    }
}

/// Backends page and published samples: the first that is throttled is left alone for as long as it asked, and no caller
/// sees anything of it. The configuration may be read anew meanwhile.
#[tokio::test]
async fn a_throttled_deployment_is_left_alone_and_callers_see_nothing_of_it() {
    let mut world = World::start("3600", RETRY).await;
    assert_eq!(world.served_by().await, "ptu");
    world.deployments[0].throttle(true);
    world.gateway.record().await;
    let mut served = Vec::new();
    for _ in 0..4 {
        served.push(world.served_by().await);
        let record = world.gateway.record().await;
        assert_eq!(record["backendId"], Value::from(served.last().unwrap().as_str()), "{record}");
        assert_eq!(record["backendResponseCode"], 200, "{record}");
    }
    served.sort();
    assert_eq!(served, ["payg-east", "payg-east", "payg-west", "payg-west"]);
    assert_eq!(world.deployments[0].calls(), 2, "once before, and once to find out");
    let keys = world.deployments.iter().flat_map(|each| each.backend.seen());
    assert!(keys.into_iter().all(|seen| seen.header("api-key") == ["pk-1"]));

    assert_eq!((world.state("ptu").await, world.state("payg-east").await), (json!("open"), json!("closed")));
    let metrics = world.gateway.metrics().await;
    for line in [
        r#"cardea_backend_circuit_open{backend="ptu"} 1"#,
        r#"cardea_backend_circuit_open{backend="payg-west"} 0"#,
        r#"cardea_backend_circuit_trips_total{backend="ptu"} 1"#,
    ] {
        assert!(metrics.contains(line), "{line}\n{metrics}");
    }
    assert_eq!(world.gateway.said().matches("circuit breaker of a backend has opened").count(), 1);

    // Another configuration with the same rule: the breaker and the turns go on.
    world.gateway.folder.write(
        "policy.xml",
        &policy(RETRY).replace(r#"backend-id="model-pool""#, r#"base-url="https://nobody.example""#),
    );
    let reloaded = world.gateway.ask("POST", "/-/reload").await.json();
    assert_eq!(reloaded["generation"], 2, "{reloaded}");
    assert!(world.served_by().await.starts_with("payg"));
    assert_eq!((world.state("ptu").await, world.deployments[0].calls()), (json!("open"), 2));
}

#[tokio::test]
async fn it_comes_back_after_the_time_that_it_asked_for() {
    let world = World::start("1", RETRY).await;
    world.deployments[0].throttle(true);
    assert!(world.served_by().await.starts_with("payg"));
    world.deployments[0].throttle(false);
    eventually("provisioned throughput again", async || (world.served_by().await == "ptu").then_some(()))
        .await;
    assert_eq!(world.state("ptu").await, json!("closed"));
    assert_eq!(world.gateway.said().matches("circuit breaker of a backend has closed").count(), 1);
}

/// `policies-a.md` 4.4: 503 with `Retry-After` when nobody is left, `on-error` may change it.
#[tokio::test]
async fn when_all_are_throttled_callers_are_told_when_to_come_again() {
    let mut world = World::start("3600", "<forward-request />").await;
    world.deployments.iter().for_each(|each| each.throttle(true));
    for _ in 0..3 {
        let answer = world.gateway.call("POST", "/chat").body("a question").send().await;
        assert_eq!((answer.status, answer.header("retry-after")), (429, "3600"), "without `retry` it passes");
        world.gateway.record().await;
    }
    let answer = world.gateway.call("POST", "/chat").body("a question").send().await;
    assert_eq!(
        (answer.status, answer.text()),
        (503, r#"{ "statusCode": 503, "message": "Service Unavailable" }"#)
    );
    let seconds: u32 = answer.header("retry-after").parse().unwrap();
    assert!((1..=3600).contains(&seconds), "{seconds}");
    let record = world.gateway.record().await;
    assert_eq!(record["lastError"]["reason"], "BackendPoolUnavailable", "{record}");
    assert_eq!(record["lastError"]["message"], "No backend of the pool `model-pool` is available.");
    assert_eq!(world.deployments.iter().map(Deployment::calls).sum::<usize>(), 3);
}

/// `policies-b.md` 1, retry: without `buffer-request-body` a second try has nothing to send.
#[tokio::test]
async fn a_body_that_is_not_kept_is_not_announced_a_second_time() {
    let world = World::start("3600", &RETRY.replace(r#" buffer-request-body="true""#, "")).await;
    world.deployments[0].throttle(true);
    let answer = world.gateway.call("POST", "/chat").body("a question").send().await;
    let name = answer.header("x-served-by").to_owned();
    assert_eq!((answer.status, answer.text()), (200, format!("{name} heard ").as_str()));
}
