//! `tests/cases/*.toml`: requests one after the other, and what each must be answered.
//!
//! Versions are written `<v1>`, `<v2>`, in the order in which they first appear in answers, and `<host>` is the host
//! with its port. A body is compared as JSON, whole.

use std::path::Path;

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use serde::Deserialize;
use serde_json::Value;
use store::Store;
use vault::{OutsideValidity, Permission, Rules};

use crate::harness::{Answer, Running, SUFFIX, SetClock, grant, serve, vaults};

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Case {
    /// The vaults there are; `main` alone when not given.
    #[serde(default = "main_alone")]
    vaults: Vec<String>,
    #[serde(default = "ninety")]
    recoverable_days: u16,
    #[serde(default)]
    serve_outside_validity: bool,
    #[serde(default)]
    grant: Vec<Granted>,
    step: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Granted {
    identity: String,
    permissions: Vec<String>,
    secret: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    /// Sets the clock.
    at: Option<String>,
    /// The token.
    #[serde(rename = "as")]
    token: Option<String>,
    request: String,
    host: Option<String>,
    #[serde(default)]
    body: String,
    status: u16,
    /// The whole answer as JSON; an empty text for an empty body.
    answer: Option<String>,
    challenge: Option<String>,
}

fn main_alone() -> Vec<String> {
    vec!["main".to_owned()]
}

fn ninety() -> u16 {
    90
}

#[tokio::test]
async fn every_case_is_answered_as_it_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "toml"));
    files.sort();
    assert!(files.len() >= 8, "{files:?}");
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let case: Case = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        run(case, &file.file_name().unwrap().to_string_lossy()).await;
    }
}

async fn run(case: Case, file: &str) {
    let clock = SetClock::new("2026-11-21T08:00:00Z");
    let rules = Rules {
        recoverable_days: case.recoverable_days,
        outside_validity: if case.serve_outside_validity {
            OutsideValidity::Serve
        } else {
            OutsideValidity::Refuse
        },
        ..Rules::default()
    };
    let store = Store::in_memory(policy::Clock::now(&*clock)).await.unwrap();
    let names: Vec<&str> = case.vaults.iter().map(String::as_str).collect();
    let running = serve(vaults(store, &names, rules, clock.clone())).await;
    for granted in &case.grant {
        let permissions: Vec<Permission> =
            granted.permissions.iter().map(|name| Permission::from_name(name).unwrap()).collect();
        let vault = running.vaults.get("main").unwrap();
        grant(&vault, &granted.identity, &permissions, granted.secret.as_deref()).await;
    }
    let mut versions = Versions::default();
    for (number, step) in case.step.iter().enumerate() {
        if let Some(at) = &step.at {
            clock.set(at);
        }
        let answer = send(&running, step, &versions).await;
        let place = format!("{file}, step {}: {}\nanswered {}", number + 1, step.request, answer.body);
        assert_eq!(answer.status, step.status, "{place}");
        let body =
            versions.named(&answer.body).replace(&format!("vault.test:{}", running.port()), "<suffix>");
        compare(step, &body, &place);
        let challenge = answer.headers.get("www-authenticate").map(|value| value.to_str().unwrap());
        let challenge =
            challenge.map(|text| text.replace(&format!("vault.test:{}", running.port()), "<suffix>"));
        if step.challenge.is_some() {
            assert_eq!(challenge, step.challenge, "{place}");
        }
        assert_eq!(challenge.is_some(), step.status == 401, "{place}");
    }
    running.end().await;
}

fn compare(step: &Step, body: &str, place: &str) {
    match step.answer.as_deref() {
        None => {}
        Some("") => assert_eq!(body, "", "{place}"),
        Some(expected) => {
            let expected: Value =
                serde_json::from_str(expected).unwrap_or_else(|error| panic!("{place}: {error}"));
            let actual: Value = serde_json::from_str(body).unwrap_or_else(|error| panic!("{place}: {error}"));
            assert_eq!(actual, expected, "{place}");
        }
    }
}

async fn send(running: &Running, step: &Step, versions: &Versions) -> Answer {
    let line = versions.real(&step.request);
    let (method, path) = line.split_once(' ').unwrap();
    let host = step.host.clone().unwrap_or_else(|| format!("main.{SUFFIX}:{}", running.port()));
    let mut request = Request::builder().method(method).uri(path).header("host", host);
    if let Some(token) = &step.token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let body =
        step.body.replace("<25600 bytes>", &"x".repeat(25_600)).replace("<25601 bytes>", &"x".repeat(25_601));
    let body = body.replace("<300000 bytes>", &"x".repeat(300_000));
    let body = body.replace("<255 letters>", &"ü".repeat(255)).replace("<256 letters>", &"ü".repeat(256));
    running.send(request.body(Full::new(Bytes::from(body))).unwrap()).await
}

/// The versions that have appeared.
#[derive(Default)]
struct Versions(Vec<String>);

impl Versions {
    /// A body with names for versions.
    fn named(&mut self, body: &str) -> String {
        let is_hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
        for word in body.split(|c: char| !is_hex(c)).filter(|word| word.len() == 32) {
            if !self.0.iter().any(|known| known == word) {
                self.0.push(word.to_owned());
            }
        }
        let mut text = body.to_owned();
        for (number, version) in self.0.iter().enumerate() {
            text = text.replace(version, &format!("<v{}>", number + 1));
        }
        text
    }

    /// A request with the real versions.
    fn real(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (number, version) in self.0.iter().enumerate() {
            text = text.replace(&format!("<v{}>", number + 1), version);
        }
        text
    }
}
