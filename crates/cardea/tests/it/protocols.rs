//! The `protocols` of an API: over what it is reached.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::json;

use crate::cases::cases;
use crate::harness::{Api, Authority, Backend, Call, Folder, Gateway, Policy, Start, Wire, eventually};

/// What APIs list; each is named by it.
const APIS: [&str; 6] = ["http", "https", "http-https", "ws", "wss", "ws-wss"];

/// The recorded answer to a call that matches no operation (`docs/errors.md`).
const NOT_FOUND: &str = r#"{ "statusCode": 404, "message": "Resource not found" }"#;

/// A row of `cases/protocols.toml`, which says what each member means.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    gateway: String,
    says: Option<String>,
    reached: Vec<String>,
}

fn api(name: &str, backend: &Backend) -> Api {
    let api = if name.starts_with("ws") {
        Api::web_socket(name, "ws://127.0.0.1:1")
    } else {
        Api::new(name).to(&backend.url())
    };
    api.with("protocols", json!(name.split('-').collect::<Vec<_>>()))
}

fn folder(backend: &Backend) -> Folder {
    APIS.iter().fold(Folder::new(), |folder, name| folder.api(&api(name, backend)))
}

async fn gateway(kind: &str, folder: Folder, authority: &Authority) -> Gateway {
    let server = authority.server();
    std::fs::write(folder.beside("gateway.pem"), &server.pem).expect("a file");
    std::fs::write(folder.beside("gateway.key"), server.key_pem()).expect("a file");
    let start = Start::new(folder);
    let trusting = |start: Start| start.set("listen.forwarded-from", "127.0.0.0/8");
    let start = match kind {
        "plain" => start,
        "enforced" => start.set("listen.api-protocols", "enforced"),
        "proxy" => trusting(start),
        "proxy-off" => trusting(start).set("listen.api-protocols", "ignored"),
        "tls" => start.set("listen.tls.certificate", "gateway.pem").set("listen.tls.key", "gateway.key"),
        other => panic!("{other}"),
    };
    start.start().await
}

#[tokio::test]
async fn an_api_is_reached_over_what_it_lists() {
    let (backend, authority) = (Backend::start().await, Authority::new());
    let cases: Vec<Case> = cases("protocols.toml");
    let mut gateways: HashMap<String, Gateway> = HashMap::new();
    for case in cases {
        if !gateways.contains_key(&case.gateway) {
            let started = gateway(&case.gateway, folder(&backend), &authority).await;
            gateways.insert(case.gateway.clone(), started);
        }
        let gateway = gateways.get(&case.gateway).expect("it is there");
        for name in APIS {
            let call = said(gateway.get(&format!("/{name}/a")), case.says.as_deref());
            let call = match &*case.gateway {
                "tls" => call.over(Wire::Tls { root: authority.pem.clone(), offer: &["http/1.1"] }),
                _ => call,
            };
            let answer = call.send().await;
            let is_reached = case.reached.iter().any(|reached| reached == name);
            let expected = if !is_reached {
                404
            } else if name.starts_with("ws") {
                426
            } else {
                200
            };
            assert_eq!(answer.status, expected, "{} {:?} {name}", case.gateway, case.says);
            assert_eq!(answer.text() == NOT_FOUND, !is_reached, "{name}: {}", answer.text());
        }
    }
}

fn said(call: Call, says: Option<&str>) -> Call {
    match says {
        Some(says) => call.header("x-forwarded-proto", says),
        None => call,
    }
}

/// Neither the policies of the operation nor a preflight's answer are for somebody who comes the wrong way; `on-error` is,
/// as it is when no operation matches. The operator is told what to do.
#[tokio::test]
async fn over_another_scheme_the_api_has_no_operation() {
    let backend = Backend::start().await;
    let cors = "<cors><allowed-origins><origin>https://app.example</origin></allowed-origins></cors>";
    let policy = Policy::inbound(cors)
        .and_on_error(r#"<set-header name="reason"><value>@(context.LastError.Reason)</value></set-header>"#);
    let folder = Folder::new().api(&api("https", &backend).policy(policy));
    let mut gateway = Start::new(folder).set("listen.api-protocols", "enforced").start().await;
    let answer = gateway.get("/https/a").send().await;
    assert_eq!((answer.status, answer.header("reason")), (404, "OperationNotFound"));
    let record = gateway.record().await;
    assert_eq!((&record["apiId"], &record["operationId"]), (&json!("https"), &json!(null)), "{record}");
    assert_eq!(record["lastError"]["reason"], "OperationNotFound", "{record}");
    let preflight = gateway.call("OPTIONS", "/https/a").header("origin", "https://app.example");
    let preflight = preflight.header("access-control-request-method", "GET").send().await;
    assert_eq!((preflight.status, preflight.header("access-control-allow-origin")), (404, ""));
    eventually("what the operator is told", async || {
        let said = gateway.said();
        let told = said.lines().find(|line| line.contains("the `protocols` of the API `https`"))?;
        told.contains("listen.api-protocols").then_some(())
    })
    .await;
    assert!(backend.seen().is_empty());
}

/// A laptop's listener speaks no TLS, and most folders say `https` alone: they are served, with a warning.
#[tokio::test]
async fn a_gateway_that_cannot_tell_https_says_so_once() {
    let backend = Backend::start().await;
    let gateway = Gateway::serving(folder(&backend)).await;
    let said = gateway.said();
    assert_eq!(said.matches("APIs whose `protocols` do not have http").count(), 1, "{said}");
    let chosen = Start::new(folder(&backend)).set("listen.api-protocols", "ignored").start().await;
    assert!(!chosen.said().contains("APIs whose `protocols`"), "{}", chosen.said());
}
