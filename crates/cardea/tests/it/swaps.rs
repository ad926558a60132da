//! Configurations that are swapped while requests run: each request ends on the one that it began with, none fails, and
//! none sees a mixture of two.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Empty, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::harness::{Api, Folder, Gateway, Policy, Start, eventually};

/// `./test long` makes many more swaps.
const FACTOR: usize = match option_env!("CARDEA_SOAK_FACTOR") {
    Some(text) => match usize::from_str_radix(text, 10) {
        Ok(factor) => factor,
        Err(_) => 1,
    },
    None => 1,
};

/// Swaps of each kind, one every [`PACE`].
const SWAPS: usize = 15 * FACTOR;
const PACE: Duration = Duration::from_millis(100);
const CLIENTS: usize = 6;

fn set(name: &str, value: &str) -> String {
    format!(r#"<set-header name="{name}" exists-action="override"><value>{value}</value></set-header>"#)
}

/// A service that waits until it may answer.
struct Held {
    listener: TcpListener,
}

impl Held {
    async fn start() -> Self {
        Self { listener: TcpListener::bind("127.0.0.1:0").await.expect("a free port") }
    }

    fn url(&self) -> String {
        format!("http://{}", self.listener.local_addr().expect("an address"))
    }

    /// The next call, up to the end of its head.
    async fn call(&self) -> (TcpStream, String) {
        let (mut stream, _) = self.listener.accept().await.expect("a call");
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.expect("a head"));
        }
        (stream, String::from_utf8(head).expect("text"))
    }
}

/// What the backend's answer goes through, and what was sent to the backend, are of the configuration that the request
/// began with, however many came after it. That one is freed when its last request has ended.
#[tokio::test]
async fn a_request_ends_on_the_configuration_that_it_began_with() {
    let backend = Held::start().await;
    let version = |mark: &str| {
        let policy = Policy::inbound(r#"<set-backend-service backend-id="held" />"#);
        Api::new("one").policy(policy.and_outbound(&set("x-outbound", mark)))
    };
    let credentials = |mark: &str| json!({ "url": backend.url(), "protocol": "http", "credentials": { "header": { "x-own": [mark] } } });
    let folder = Folder::new().api(&version("1")).backend("held", &credentials("1"));
    let gateway = Gateway::serving(folder).await;
    let in_use = async || gateway.ask("GET", "/-/config").await.json()["earlierInUse"].clone();

    let first = tokio::spawn(gateway.get("/one").send());
    let (mut held, head) = backend.call().await;
    assert!(head.contains("x-own: 1\r\n"), "{head}");
    for mark in ["2", "3"] {
        gateway.folder.put(&version(mark));
        let properties = json!({ "properties": credentials(mark) });
        gateway.folder.write("backends/held/backendInformation.json", &properties.to_string());
        assert_eq!(gateway.ask("POST", "/-/reload").await.status, 200);
    }
    assert_eq!(in_use().await, json!([1]), "the one between was used by nobody");
    let second = tokio::spawn(gateway.get("/one").send());
    let (mut other, head) = backend.call().await;
    assert!(head.contains("x-own: 3\r\n"), "{head}");

    // Its head, then more of its body after another swap.
    held.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nabc").await.expect("sent");
    gateway.folder.put(&version("4"));
    assert_eq!(gateway.ask("POST", "/-/reload").await.status, 200);
    held.write_all(b"def").await.expect("sent");
    let answer = first.await.expect("an answer");
    assert_eq!((answer.status, answer.header("x-outbound"), answer.text()), (200, "1", "abcdef"));
    eventually("the first one is freed", async || (in_use().await == json!([3])).then_some(())).await;
    other.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.expect("sent");
    assert_eq!(second.await.expect("an answer").header("x-outbound"), "3");
    eventually("all are freed", async || (in_use().await == json!([])).then_some(())).await;
}

/// A service that gives back in its body what a policy sent, in pieces with pauses.
async fn echo() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move {
        let mut connections = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            connections.spawn(async move {
                let service = hyper::service::service_fn(answer);
                let _ended = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            });
        }
    });
    url
}

async fn answer(request: Request<Incoming>) -> Result<Response<BoxBody<Bytes, Infallible>>, Infallible> {
    let sent = request.headers().get("x-inbound").map(|value| value.as_bytes().to_vec()).unwrap_or_default();
    let pieces = if request.uri().path().ends_with("/stream") { 8 } else { 1 };
    let piece = Bytes::from(sent);
    if pieces == 1 {
        return Ok(Response::new(Full::from(piece).boxed()));
    }
    let stream = futures_util::stream::unfold((pieces, piece), async |(left, piece)| {
        (left > 0).then_some(())?;
        tokio::time::sleep(Duration::from_millis(10)).await;
        Some((Ok(Frame::data(piece.clone())), (left - 1, piece)))
    });
    Ok(Response::new(BodyExt::boxed(StreamBody::new(Box::pin(stream)))))
}

/// The files of a version: two documents, a named value in a third file, and more text than one write may take.
fn write_version(artifacts: &Path, url: &str, mark: &str) {
    let write = |path: &str, text: &str| {
        let path = artifacts.join(path);
        std::fs::create_dir_all(path.parent().expect("a directory")).expect("a directory");
        std::fs::write(path, text).expect("a file");
    };
    let information = json!({ "properties": {
        "displayName": "one", "path": "one", "serviceUrl": url, "subscriptionRequired": false, "protocols": ["http"],
    } });
    let operations = json!({ "openapi": "3.0.1", "info": { "title": "one", "version": "1" }, "paths": {
        "/short": { "get": { "operationId": "short", "responses": { "200": { "description": "" } } } },
        "/stream": { "get": { "operationId": "stream", "responses": { "200": { "description": "" } } } },
    } });
    let value = json!({ "properties": { "displayName": "mark", "value": mark } });
    let policy = Policy::inbound(&set("x-inbound", mark)).and_outbound(&set("x-outbound", mark));
    let of_operation = Policy::inbound("").and_outbound(&set("x-named", "{{mark}}"));
    write("apis/one/apiInformation.json", &information.to_string());
    write("apis/one/specification.json", &operations.to_string());
    write("apis/one/policy.xml", &String::from(policy));
    for operation in ["short", "stream"] {
        write(&format!("apis/one/operations/{operation}/policy.xml"), &String::from(of_operation.clone()));
    }
    write("named values/mark/namedValueInformation.json", &value.to_string());
}

/// What callers saw.
#[derive(Default)]
struct Seen {
    answers: AtomicUsize,
    marks: parking_lot::Mutex<BTreeSet<String>>,
    wrong: parking_lot::Mutex<Vec<String>>,
}

/// Calls again and again over one connection.
async fn keep_calling(
    gateway: std::net::SocketAddr,
    target: &'static str,
    seen: Arc<Seen>,
    end: Arc<AtomicBool>,
) {
    let stream = TcpStream::connect(gateway).await.expect("a connection");
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.expect("a connection");
    let driving = tokio::spawn(connection);
    while !end.load(Ordering::Relaxed) {
        let request = Request::get(target).header("host", "gateway.example").body(Empty::<Bytes>::new());
        let called = async {
            sender.ready().await.map_err(|error| error.to_string())?;
            let response = sender.send_request(request.expect("a request")).await;
            let (head, body) = response.map_err(|error| error.to_string())?.into_parts();
            let body = body.collect().await.map_err(|error| error.to_string())?.to_bytes();
            judge(&head, &String::from_utf8_lossy(&body))
        };
        match called.await {
            Ok(mark) => {
                seen.answers.fetch_add(1, Ordering::Relaxed);
                seen.marks.lock().insert(mark);
            }
            Err(why) => {
                seen.wrong.lock().push(why);
                break;
            }
        }
    }
    driving.abort();
}

/// The one version that an answer is of.
fn judge(head: &http::response::Parts, body: &str) -> Result<String, String> {
    let header = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
    let marks: BTreeSet<String> = [header("x-outbound"), header("x-named")]
        .into_iter()
        .map(str::to_owned)
        .chain(halves(body))
        .collect();
    match (head.status.as_u16(), marks.len()) {
        (200, 1) => Ok(marks.into_iter().collect()),
        _ => Err(format!("{} {marks:?} {body}", head.status)),
    }
}

/// The marks of a body, each of one letter.
fn halves(body: &str) -> impl Iterator<Item = String> + '_ {
    body.chars().map(|mark| mark.to_string())
}

/// Swaps one version for the other again and again while callers call.
async fn soak(prepare: impl FnOnce(&Folder, &str), swap: impl Fn(&Gateway, &str, &str, usize)) {
    let url = echo().await;
    let folder = Folder::new();
    prepare(&folder, &url);
    let settings = [("follow", "watch"), ("quiet-milliseconds", "10"), ("delay-milliseconds", "50")];
    let start = Start::new(folder).set("configuration.settle-seconds", "10");
    let start = settings
        .iter()
        .fold(start, |start, (name, value)| start.set(&format!("configuration.{name}"), value));
    let gateway = start.start().await;
    let (seen, end) = (Arc::new(Seen::default()), Arc::new(AtomicBool::new(false)));
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        let target = if client % 2 == 0 { "/one/short" } else { "/one/stream" };
        clients.spawn(keep_calling(gateway.address, target, Arc::clone(&seen), Arc::clone(&end)));
    }
    let mut ticks = tokio::time::interval(PACE);
    for round in 0..SWAPS {
        ticks.tick().await;
        swap(&gateway, &url, if round % 2 == 0 { "B" } else { "A" }, round);
    }
    // The last one takes effect, and so did the other: callers saw both.
    let last = if SWAPS.is_multiple_of(2) { "A" } else { "B" };
    let is_last = async || (gateway.get("/one/short").send().await.text() == last).then_some(());
    eventually("the last version", is_last).await;
    end.store(true, Ordering::Relaxed);
    clients.join_all().await;
    assert_eq!(*seen.wrong.lock(), Vec::<String>::new());
    assert_eq!(seen.marks.lock().iter().cloned().collect::<String>(), "AB");
    assert!(seen.answers.load(Ordering::Relaxed) >= SWAPS, "{}", seen.answers.load(Ordering::Relaxed));
    let config = gateway.ask("GET", "/-/config").await.json();
    assert!(config["generation"].as_u64().expect("a number") > 2, "{config}");
    assert_eq!(config["problems"], 0, "{config}");
}

/// COMPAT: git holds `index.lock` while it writes one file after the other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_are_written_in_place_as_git_does_it() {
    soak(
        |folder, url| {
            std::fs::create_dir(folder.beside(".git")).expect("a directory");
            write_version(&folder.artifacts(), url, "A");
        },
        |gateway, url, mark, _| {
            let lock = gateway.folder.beside(".git/index.lock");
            std::fs::write(&lock, "").expect("a file");
            write_version(&gateway.folder.artifacts(), url, mark);
            std::fs::remove_file(lock).expect("removed");
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_directory_is_renamed() {
    soak(
        |folder, url| write_version(&folder.artifacts(), url, "A"),
        |gateway, url, mark, _| {
            let (next, old) = (gateway.folder.beside("next"), gateway.folder.beside("old"));
            write_version(&next, url, mark);
            std::fs::rename(gateway.folder.artifacts(), &old).expect("renamed");
            std::fs::rename(&next, gateway.folder.artifacts()).expect("renamed");
            std::fs::remove_dir_all(old).expect("removed");
        },
    )
    .await;
}

/// COMPAT: as Kubernetes updates a volume: a new directory, the link renamed, the old directory removed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_link_of_a_volume_is_swapped() {
    let version = |artifacts: PathBuf, round: usize| artifacts.join(format!("..2026_11_21_08_00_00.{round}"));
    soak(
        |folder, url| {
            write_version(&version(folder.artifacts(), 0), url, "A");
            symlink("..2026_11_21_08_00_00.0", folder.artifacts().join("..data")).expect("a link");
            for shown in ["apis", "named values"] {
                symlink(format!("..data/{shown}"), folder.artifacts().join(shown)).expect("a link");
            }
        },
        |gateway, url, mark, round| {
            let artifacts = gateway.folder.artifacts();
            write_version(&version(artifacts.clone(), round + 1), url, mark);
            let fresh = artifacts.join("..data_tmp");
            symlink(format!("..2026_11_21_08_00_00.{}", round + 1), &fresh).expect("a link");
            std::fs::rename(fresh, artifacts.join("..data")).expect("renamed");
            std::fs::remove_dir_all(version(artifacts, round)).expect("removed");
        },
    )
    .await;
}
