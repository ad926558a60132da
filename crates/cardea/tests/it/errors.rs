//! Failures: what the caller gets, what `on-error` sees in `context.LastError`, what is written down. One file a case.

use std::collections::BTreeMap;
use std::path::Path;

use http::Response;
use http_body_util::Full;
use serde::Deserialize;
use tokio::net::{TcpListener, TcpSocket};
use tokio::task::JoinHandle;

use crate::harness::{Answer, Api, Backend, Folder, Gateway, Policy, Start, eventually};

/// A file of `cases/errors`, whose README says what each member means.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Case {
    #[serde(skip)]
    name: String,
    #[expect(dead_code, reason = "for readers")]
    source: String,
    #[serde(default)]
    backend: Option<String>,
    call: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    body: String,
    errors: Option<String>,
    #[serde(default)]
    key: bool,
    #[serde(default)]
    inbound: String,
    backend_section: Option<String>,
    #[serde(default)]
    outbound: String,
    on_error: Option<String>,
    operation: Option<String>,
    status: u16,
    answer: Option<String>,
    #[serde(default)]
    arrives: BTreeMap<String, String>,
    last_error: Option<String>,
    logged: Option<String>,
}

/// Shows `context.LastError` to the test.
const SHOW: &str = r#"<set-header name="x-last-error" exists-action="override"><value>@(context.LastError.Source + "|" + context.LastError.Reason + "|" + context.LastError.Scope + "|" + context.LastError.Section + "|" + context.LastError.Path + "|" + context.LastError.PolicyId + "|" + context.LastError.Message)</value></set-header>"#;

const SERVICE: &str = r#"<policies>
    <inbound />
    <backend><forward-request /></backend>
    <outbound />
    <on-error>
        <set-header name="x-service" exists-action="override"><value>@(context.Response.StatusCode.ToString())</value></set-header>
    </on-error>
</policies>"#;

fn cases() -> Vec<Case> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/errors");
    let mut cases = Vec::new();
    for entry in std::fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            let text = std::fs::read_to_string(&path).expect("a file");
            let mut case: Case =
                toml::from_str(&text).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
            case.name = path.file_stem().and_then(|name| name.to_str()).expect("a name").to_owned();
            cases.push(case);
        }
    }
    cases.sort_by(|one, other| one.name.cmp(&other.name));
    cases
}

/// What can stand behind an API.
struct Services {
    echo: Backend,
    unavailable: Backend,
    /// Bound, but nothing listens: connections are refused, and nobody else gets the port.
    refused: TcpSocket,
    reset: (String, JoinHandle<()>),
    silent: (String, JoinHandle<()>),
}

impl Services {
    async fn start() -> Self {
        let refused = TcpSocket::new_v4().expect("a socket");
        refused.bind(([127, 0, 0, 1], 0).into()).expect("a free port");
        let unavailable = Backend::answering(|_| {
            Response::builder().status(503).body(Full::from("unavailable")).expect("an answer")
        });
        Self {
            echo: Backend::start().await,
            unavailable: unavailable.await,
            refused,
            reset: accepting(drop).await,
            silent: accepting(std::mem::forget).await,
        }
    }

    fn url(&self, name: &str) -> Option<String> {
        Some(match name {
            "echo" => self.echo.url(),
            "unavailable" => self.unavailable.url(),
            "refused" => format!("http://{}", self.refused.local_addr().expect("an address")),
            "reset" => self.reset.0.clone(),
            "silent" => self.silent.0.clone(),
            "none" => return None,
            other => panic!("`{other}` is not a backend"),
        })
    }
}

impl Drop for Services {
    fn drop(&mut self) {
        self.reset.1.abort();
        self.silent.1.abort();
    }
}

/// A service that does something else with its connections than to answer.
async fn accepting(handle: impl Fn(tokio::net::TcpStream) + Send + 'static) -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let task = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            handle(stream);
        }
    });
    (url, task)
}

fn api(case: &Case, services: &Services) -> Api {
    let backend = case.backend_section.as_deref().unwrap_or("<base />");
    let on_error = case.on_error.as_deref().unwrap_or(SHOW);
    let policy = format!(
        "<policies><inbound><base />{}</inbound><backend>{backend}</backend><outbound><base />{}</outbound>\
         <on-error><base />{on_error}</on-error></policies>",
        case.inbound, case.outbound
    );
    let mut api = Api::new(&case.name).serving(&["GET /x", "POST /x"]).policy(policy);
    if let Some(url) = services.url(case.backend.as_deref().unwrap_or("echo")) {
        api = api.to(&url);
    }
    if let Some(operation) = &case.operation {
        api = api.operation_policy("get-x", Policy::inbound(operation));
    }
    if case.key { api.with_key() } else { api }
}

#[tokio::test]
async fn failures_are_answered_shown_and_logged_as_the_cases_say() {
    let (cases, services) = (cases(), Services::start().await);
    assert!(cases.len() > 15, "the cases are there");
    let folder = cases.iter().fold(Folder::new().policy(SERVICE), |folder, case| {
        let folder = folder.api(&api(case, &services));
        match &case.errors {
            Some(errors) => folder.overlay(&format!("[apis.{}]\nerrors = \"{errors}\"\n", case.name)),
            None => folder,
        }
    });
    let mut gateway = Start::new(folder).set("limits.request-body", "64").start().await;
    assert_eq!(gateway.ask("GET", "/-/config/problems").await.text(), "[]");
    let mut wrong = Vec::new();
    for case in &cases {
        let (method, path) =
            case.call.as_deref().unwrap_or("GET /x").split_once(' ').expect("method and path");
        let call = gateway.call(method, &format!("/{}{path}", case.name)).body(case.body.clone());
        let call = case.headers.iter().fold(call, |call, (name, value)| call.header(name, value));
        let answer = call.send().await;
        let record = gateway.record().await;
        wrong.extend(
            differences(case, &answer, &record).into_iter().map(|each| format!("{}: {each}", case.name)),
        );
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// What is not as the case says.
fn differences(case: &Case, answer: &Answer, record: &serde_json::Value) -> Vec<String> {
    let id = record["correlationId"].as_str().expect("an id");
    let mut pairs = vec![("status", case.status.to_string(), answer.status.to_string())];
    if let Some(expected) = &case.answer {
        pairs.push(("answer", expected.replace("{id}", id), answer.text().to_owned()));
    }
    for (name, expected) in &case.arrives {
        pairs.push((name, expected.clone(), answer.header(name).to_owned()));
    }
    if case.answer.as_deref().is_some_and(|text| text.starts_with("{ ") || text.starts_with("{\"")) {
        pairs.push(("content-type", "application/json".to_owned(), answer.header("content-type").to_owned()));
    }
    if let Some(expected) = &case.last_error {
        pairs.push(("last-error", expected.clone(), answer.header("x-last-error").to_owned()));
        // The log says the same; it names the path in its own column.
        let column = |name: &str| record["lastError"][name].as_str().unwrap_or("").to_owned();
        let columns = ["source", "reason", "scope", "section", "path", "policyId", "message"].map(column);
        pairs.push(("logged", expected.clone(), columns.join("|")));
        // What an expression threw stands in the trace as well, under its policy.
        let parts: Vec<&str> = expected.split('|').collect();
        if let [source, "ExpressionValueEvaluationFailure", .., message] = parts.as_slice() {
            let details = message.strip_prefix("Expression evaluation failed. ").unwrap_or(message);
            let traced = record["traceRecords"]
                .as_array()
                .into_iter()
                .flatten()
                .rfind(|each| each["severity"] == "error");
            let of = |name: &str| traced.and_then(|each| each[name].as_str()).unwrap_or("").to_owned();
            let shown = traced.and_then(|each| each["metadata"]["details"].as_str()).unwrap_or("").to_owned();
            pairs.push((
                "traced",
                format!("{source}|Expression evaluation failed.|{details}"),
                format!("{}|{}|{shown}", of("source"), of("message")),
            ));
        }
    }
    if let Some(expected) = &case.logged {
        let reason = record["lastError"]["reason"].as_str().unwrap_or("").to_owned();
        pairs.push(("logged reason", expected.clone(), reason));
    }
    let different = pairs.into_iter().filter(|(_, expected, actual)| expected != actual);
    different.map(|(what, expected, actual)| format!("{what}:\n    {expected}\n    {actual}")).collect()
}

/// Where no API matched, the service's own `on-error` runs, without an API.
#[tokio::test]
async fn without_an_api_the_policy_of_the_service_decides() {
    let service = SERVICE.replace(
        "</on-error>",
        r#"<set-header name="x-api" exists-action="override"><value>@(context.Api == null ? "none" : context.Api.Id)</value></set-header></on-error>"#,
    );
    let gateway = Gateway::serving(Folder::new().policy(&service).api(&Api::new("own"))).await;
    let answer = gateway.get("/nowhere").send().await;
    assert_eq!((answer.status, answer.header("x-service"), answer.header("x-api")), (404, "404", "none"));
    assert_eq!(answer.text(), r#"{ "statusCode": 404, "message": "Resource not found" }"#);
}

/// A service without a policy has API Management's: it forwards, and leaves errors as they are.
#[tokio::test]
async fn a_service_without_a_policy_forwards() {
    let backend = Backend::start().await;
    let gateway = Gateway::serving(Folder::new().api(&Api::new("own").to(&backend.url()))).await;
    assert_eq!(gateway.get("/own").send().await.text(), "echo");
    assert_eq!(gateway.get("/nowhere").send().await.status, 404);
}

/// What a failed call says to the caller names nothing of the inside, and the log has the detail.
#[tokio::test]
async fn details_are_for_the_log_only() {
    let services = Services::start().await;
    let url = services.url("refused").expect("a URL");
    let gateway = Gateway::serving(Folder::new().api(&Api::new("own").to(&url))).await;
    let answer = gateway.get("/own").send().await;
    let shown = format!("{:?} {}", answer.headers, answer.text());
    assert!(!shown.contains("refused") && !shown.contains(&url.replace("http://", "")), "{shown}");
    eventually("the detail", async || {
        gateway.said().to_lowercase().contains("connection refused").then_some(())
    })
    .await;
}
