//! What is matched is what is forwarded: no way of writing a path leads to a backend's path without the policy of the
//! operation that the path belongs to.

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::cases::cases;
use crate::desync::message::{Malformed, Message, request, response};
use crate::desync::raw_backend::RawBackend;
use crate::harness::{Api, Folder, Gateway, Policy, Start};

/// A row of `cases/confusion.toml`, which says what each member means.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    send: String,
    tenant: Option<String>,
    guard: Option<String>,
    arrives: Option<String>,
    status: Option<u16>,
}

/// The operations of the API: name, path, parameters of path and query, policy after the guard.
fn operations(backend: &RawBackend) -> [(&'static str, &'static str, &'static [&'static str], String); 9] {
    let rewritten =
        |template: &str| format!(r#"<rewrite-uri template="{template}" copy-unmatched-params="false" />"#);
    let computed = r#"@("/files/" + context.Request.MatchedParameters["name"] + "/content")"#;
    let tenant = format!(
        r#"<set-backend-service base-url="@("{}/base/" + context.Request.Headers.GetValueOrDefault("x-tenant", ""))" />"#,
        backend.url()
    );
    [
        ("admin", "/admin/{id}", &["path id"], String::new()),
        ("deep", "/admin/keys/{id}", &["path id"], String::new()),
        ("any", "/*", &[], String::new()),
        ("file", "/file/{name}", &["path name"], rewritten("/files/{name}/content")),
        ("piece", "/piece/{name}.{kind}", &["path name", "path kind"], rewritten("/pieces/{name}/{kind}")),
        ("read", "/read", &["query file"], rewritten("/files/{file}/content")),
        ("computed", "/computed/{name}", &["path name"], rewritten(computed)),
        ("tail", "/tail/{*rest}", &["path *rest"], rewritten("/tails/{rest}")),
        ("tenant", "/tenant", &[], tenant),
    ]
}

fn folder(backend: &RawBackend) -> Folder {
    let mut api = Api::new("api").to(&format!("{}/base", backend.url()));
    let mut paths = serde_json::Map::new();
    for (name, path, parameters, policy) in operations(backend) {
        let guard = format!(
            r#"<set-header name="x-guard" exists-action="override"><value>{name}</value></set-header>"#
        );
        api = api.operation_policy(name, Policy::inbound(&format!("{guard}{policy}")));
        let parameter = |each: &&str| {
            let (place, name) = each.split_once(' ').expect("a place and a name");
            json!({ "name": name, "in": place, "required": true, "schema": { "type": "string" } })
        };
        let parameters: Vec<Value> = parameters.iter().map(parameter).collect();
        let responses = json!({ "200": { "description": "OK" } });
        let operation = json!({ "operationId": name, "parameters": parameters, "responses": responses });
        paths.insert(path.to_owned(), json!({ "get": operation }));
    }
    let specification =
        json!({ "openapi": "3.0.1", "info": { "title": "api", "version": "1" }, "paths": paths });
    Folder::new().api(&api).file("apis/api/specification.json", &specification.to_string())
}

/// A caller that keeps its connection.
struct Caller {
    gateway: Gateway,
    backend: RawBackend,
    stream: TcpStream,
}

impl Caller {
    async fn start() -> Self {
        let backend = RawBackend::start().await;
        let start =
            Start::new(folder(&backend)).set("log.level", "error").set("outbound.allow-loopback", "true");
        let gateway = start.start().await;
        assert_eq!(gateway.ask("GET", "/-/config/problems").await.text(), "[]");
        let stream = TcpStream::connect(gateway.address).await.expect("a connection");
        Self { gateway, backend, stream }
    }

    /// The status of a call, and what arrived.
    async fn call(&mut self, path: &str, tenant: &str) -> (u16, Option<Message>) {
        let head = format!("GET /api{path} HTTP/1.1\r\nHost: gateway.example\r\nx-tenant: {tenant}\r\n\r\n");
        self.stream.write_all(head.as_bytes()).await.expect("sent");
        let mut back = Vec::new();
        let status = loop {
            match response(&back, false, false) {
                Ok((message, _)) => break message.status(),
                Err(Malformed::Incomplete) => {}
                Err(why) => panic!("{path}: {why:?}"),
            }
            let came = self.stream.read_buf(&mut back).await.expect("an answer");
            assert!(came > 0, "{path}: closed after {:?}", String::from_utf8_lossy(&back));
        };
        let arrived = self.backend.take().await;
        (status, arrived.first().map(|bytes| request(bytes).expect("a request").0))
    }

    /// Starts a connection anew, where the last call may have ended it.
    async fn reconnect(&mut self) {
        self.stream = TcpStream::connect(self.gateway.address).await.expect("a connection");
    }
}

fn target(message: &Message) -> &str {
    message.line.split(' ').nth(1).expect("a target")
}

#[tokio::test]
async fn what_is_matched_is_what_is_forwarded() {
    let cases: Vec<Case> = cases("confusion.toml");
    let mut caller = Caller::start().await;
    let mut wrong = Vec::new();
    for case in &cases {
        let (status, arrived) = caller.call(&case.send, case.tenant.as_deref().unwrap_or("none")).await;
        let guards = arrived.as_ref().map(|message| message.header("x-guard").join(","));
        let expected = if case.guard.is_some() { 200 } else { case.status.unwrap_or(400) };
        let got = arrived.as_ref().map(|message| target(message).to_owned());
        if (status, &guards, &got) != (expected, &case.guard, &case.arrives) {
            wrong.push(format!("{case:?}: {status} {guards:?} {got:?}"));
        }
        if status != 200 {
            caller.reconnect().await;
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

/// Segments as RFC 3986 reads a path: divided at slashes, each decoded once.
fn segments(path: &str) -> Vec<String> {
    let decoded = |segment: &str| {
        let mut bytes = Vec::new();
        let mut rest = segment.as_bytes();
        while let [first, after @ ..] = rest {
            let escape =
                after.get(..2).filter(|_| *first == b'%').and_then(|hex| std::str::from_utf8(hex).ok());
            match escape.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
                Some(byte) => (bytes.push(byte), rest = &after[2..]),
                None => (bytes.push(*first), rest = after),
            };
        }
        String::from_utf8(bytes).expect("text")
    };
    path.split('/').skip(1).map(decoded).collect()
}

/// The operation that a path below `/base` belongs to, told from the path alone. Those that are rewritten do not count.
fn belongs_to(path: &str) -> &'static str {
    let segments = segments(path);
    let mut names: Vec<&str> = segments.iter().map(String::as_str).skip(1).collect();
    if names.last() == Some(&"") {
        names.pop();
    }
    let is = |at: usize, name: &str| names.get(at).is_some_and(|each| each.eq_ignore_ascii_case(name));
    match names.len() {
        2 if is(0, "admin") && !names[1].is_empty() => "admin",
        3 if is(0, "admin") && is(1, "keys") && !names[2].is_empty() => "deep",
        _ => "any",
    }
}

/// Marsaglia's xorshift64, seeded with a constant: the same run every time.
fn next(state: &mut u64) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    usize::try_from(*state >> 40).expect("24 bits")
}

#[tokio::test]
async fn no_way_of_writing_a_path_goes_round_a_policy() {
    const PIECES: [&str; 36] = [
        "admin", "ADMIN", "%61dmin", "adm", "in", "keys", "%6Beys", "1", "x", "/", "/", "/", "/", "/", "%2f",
        "%2F", "..", ".", "%2e", "%2e%2e", "%252e", "%25", ";", ";x=y", "\\", "%5c", "%00", "%0a", "%20",
        "%c3%a4", "%c0%af", "%", "?", "*", "&", "+",
    ];
    let mut caller = Caller::start().await;
    let (mut state, mut reached) = (0x2545_f491_4f6c_dd1d, 0);
    for _ in 0..1_500 {
        let count = 1 + next(&mut state) % 9;
        let path: String = (0..count).map(|_| PIECES[next(&mut state) % PIECES.len()]).collect();
        let path = format!("/{path}");
        let (status, arrived) = caller.call(&path, "t").await;
        let Some(message) = arrived else {
            assert!(matches!(status, 400 | 404), "{path}: {status}");
            caller.reconnect().await;
            continue;
        };
        reached += 1;
        let raw = target(&message).split('?').next().expect("a path").to_owned();
        // An empty query is none.
        let sent = match path.split_once('?') {
            Some((before, "")) => before,
            _ => &path,
        };
        assert_eq!(target(&message).strip_prefix("/base"), Some(sent), "forwarded as it was sent");
        assert_eq!(message.header("x-guard"), [belongs_to(&raw)], "{path}");
        for name in segments(&raw).iter().flat_map(|segment| segment.split('/')) {
            assert!(!matches!(name, "." | "..") && !name.contains(['\\', '\0']), "{path}");
        }
    }
    assert!(reached > 200, "{reached}");
}
