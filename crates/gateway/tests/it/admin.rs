//! The admin listener.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use gateway::admin::{AdminServer, AdminState, Problem, Refreshed, Reloaded, Status};
use gateway::metrics::Metrics;
use http::{Method, Request};
use net::{Destination, Options};
use serde_json::{Value, json};

use crate::support::{client, full, text};

#[derive(Default)]
struct State {
    draining: AtomicBool,
    generation: AtomicU64,
}

fn problem() -> Problem {
    Problem {
        severity: "error".to_owned(),
        code: "unknown-policy",
        message: "`set-heder` is not a policy".to_owned(),
        file: Some("apis/echo/policy.xml".to_owned()),
        line: Some(3),
        column: Some(5),
        help: vec!["did you mean `set-header`?".to_owned()],
    }
}

impl AdminState for State {
    fn status(&self) -> Status {
        let draining = self.draining.load(Ordering::SeqCst);
        Status { reasons: if draining { vec!["draining".to_owned()] } else { Vec::new() }, notes: Vec::new() }
    }

    fn problems(&self) -> Vec<Problem> {
        vec![problem()]
    }

    fn summary(&self) -> Value {
        json!({ "generation": self.generation.load(Ordering::SeqCst) })
    }

    async fn export(&self) -> Result<Value, Problem> {
        match self.draining.load(Ordering::SeqCst) {
            true => Err(problem()),
            false => Ok(json!({ "files": { "policy.xml": "<policies />" } })),
        }
    }

    fn backends(&self) -> Value {
        json!([])
    }

    fn named_values(&self) -> Value {
        json!({ "value": [{ "id": "provider-key" }], "secrets": [] })
    }

    async fn refresh_secret(&self, named_value: &str) -> Refreshed {
        match named_value {
            "provider key" => Refreshed::Done(json!({ "id": named_value })),
            "forbidden" => Refreshed::Failed(json!({ "id": named_value })),
            "plain" => Refreshed::NotInVault(problem()),
            _ => Refreshed::Unknown(problem()),
        }
    }

    async fn refresh_secrets(&self) -> Refreshed {
        Refreshed::Done(self.named_values())
    }

    async fn reload(&self) -> Reloaded {
        let generation = self.generation.load(Ordering::SeqCst);
        Reloaded { accepted: false, generation, problems: vec![problem()] }
    }

    async fn reload_subscriptions(&self) -> Reloaded {
        let generation = self.generation.fetch_add(1, Ordering::SeqCst) + 1;
        Reloaded { accepted: true, generation, problems: Vec::new() }
    }
}

struct Admin {
    state: Arc<State>,
    server: AdminServer,
}

impl Admin {
    async fn start() -> Self {
        let state = Arc::<State>::default();
        let metrics = Arc::new(Metrics::new("1.2.3"));
        let server =
            AdminServer::start(([127, 0, 0, 1], 0).into(), Arc::clone(&state), metrics).await.unwrap();
        Self { state, server }
    }

    /// Status and body of an answer.
    async fn ask(&self, method: Method, path: &str, headers: &[(&str, &str)]) -> (u16, String) {
        let url = format!("http://{}", self.server.address()).parse().unwrap();
        let to = Destination::new(&url, Options::default()).unwrap();
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = client().send(&to, request.body(full("")).unwrap()).await.unwrap();
        (response.status().as_u16(), text(response).await)
    }

    async fn json(&self, method: Method, path: &str) -> (u16, Value) {
        let (status, text) = self.ask(method, path, &[]).await;
        (status, serde_json::from_str(&text).unwrap())
    }
}

#[tokio::test]
async fn health_readiness_and_metrics_are_told() {
    let admin = Admin::start().await;
    assert_eq!(admin.ask(Method::GET, "/-/healthy", &[]).await.0, 200);
    assert_eq!(
        admin.json(Method::GET, "/-/ready").await,
        (200, json!({ "ready": true, "reasons": [], "notes": [] }))
    );
    admin.state.draining.store(true, Ordering::SeqCst);
    let draining = json!({ "ready": false, "reasons": ["draining"], "notes": [] });
    assert_eq!(admin.json(Method::GET, "/-/ready").await, (503, draining));
    assert_eq!(admin.ask(Method::GET, "/-/healthy", &[]).await.0, 200);
    let (status, metrics) = admin.ask(Method::GET, "/metrics", &[]).await;
    assert_eq!(status, 200);
    assert!(metrics.contains("cardea_build_info{version=\"1.2.3\"} 1\n") && metrics.ends_with("# EOF\n"));
}

#[tokio::test]
async fn configuration_and_its_problems_are_told() {
    let admin = Admin::start().await;
    let problem = json!({
        "severity": "error",
        "code": "unknown-policy",
        "message": "`set-heder` is not a policy",
        "file": "apis/echo/policy.xml",
        "line": 3,
        "column": 5,
        "help": ["did you mean `set-header`?"],
    });
    assert_eq!(admin.json(Method::GET, "/-/config").await, (200, json!({ "generation": 0 })));
    assert_eq!(admin.json(Method::GET, "/-/config/problems").await, (200, json!([problem])));
    let refused = json!({ "accepted": false, "generation": 0, "problems": [problem] });
    assert_eq!(admin.json(Method::POST, "/-/reload").await, (422, refused));
    let accepted = json!({ "accepted": true, "generation": 1, "problems": [] });
    assert_eq!(admin.json(Method::POST, "/-/subscriptions/reload").await, (200, accepted));
    assert_eq!(admin.ask(Method::GET, "/-/reload", &[]).await.0, 405);
    assert_eq!(admin.ask(Method::GET, "/-/nothing", &[]).await.0, 404);
}

#[tokio::test]
async fn secrets_of_vaults_are_read_when_asked() {
    let admin = Admin::start().await;
    let all = json!({ "value": [{ "id": "provider-key" }], "secrets": [] });
    assert_eq!(admin.json(Method::GET, "/-/named-values").await, (200, all.clone()));
    assert_eq!(admin.json(Method::POST, "/-/named-values/refreshSecrets").await, (200, all));
    for (id, status) in [("provider%20key", 200), ("forbidden", 502), ("plain", 409), ("nobody", 404)] {
        let path = format!("/-/named-values/{id}/refreshSecret");
        assert_eq!(admin.json(Method::POST, &path).await.0, status, "{id}");
    }
    assert_eq!(admin.ask(Method::GET, "/-/named-values/plain/refreshSecret", &[]).await.0, 405);
}

#[tokio::test]
async fn web_pages_are_kept_out() {
    let admin = Admin::start().await;
    assert_eq!(admin.ask(Method::GET, "/-/config", &[("host", "rebound.example")]).await.0, 403);
    let page = [("origin", "https://evil.example")];
    assert_eq!(admin.ask(Method::POST, "/-/subscriptions/reload", &page).await.0, 403);
    assert_eq!(admin.state.generation.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn what_is_in_effect_is_given_as_files() {
    let admin = Admin::start().await;
    let (status, files) = admin.json(Method::GET, "/-/config/export").await;
    assert_eq!((status, files), (200, json!({ "files": { "policy.xml": "<policies />" } })));
    admin.state.draining.store(true, Ordering::SeqCst);
    assert_eq!(admin.json(Method::GET, "/-/config/export").await.0, 500);
    let page = [("host", "rebound.example")];
    assert_eq!(admin.ask(Method::GET, "/-/config/export", &page).await.0, 403);
}
