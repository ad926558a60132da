//! WebSockets that break: the model in every way that has a file in `tests/web_sockets`, before, at and after the handshake;
//! the caller; the gateway. Another WebSocket through the same gateway goes on.

use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use faults::{Act, Fault, FaultProxy, Stage};
use futures_util::{FutureExt as _, SinkExt as _, StreamExt as _};
use serde::Deserialize;
use serde_json::json;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::harness::{Api, EchoServer, Folder, Gateway, PATIENCE, Socket, Start, connect, eventually};
use crate::process::{Held, sum};
use crate::records::Records;
use crate::{cases, factor};

/// One file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Case {
    /// The name of the file.
    #[serde(skip)]
    name: String,
    /// What fails, for the page.
    pub(crate) title: String,
    /// Where the facts are from.
    #[expect(dead_code, reason = "for who reads the file")]
    source: Option<String>,
    fault: Fault,
    pub(crate) caller: Caller,
    pub(crate) record: Record,
}

/// What the caller does and sees.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Caller {
    /// The answer to the handshake.
    pub(crate) status: u16,
    /// How many messages of five letters it sends; all but the last come back.
    #[serde(default)]
    messages: usize,
    /// How it ends.
    pub(crate) ends: Option<Ends>,
}

/// How a WebSocket ends for its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Ends {
    /// With a close frame of this status (RFC 6455 section 7.4.1): somebody goes away.
    #[serde(rename = "1001")]
    GoingAway,
    /// The same: the backend broke off.
    #[serde(rename = "1011")]
    Broken,
    /// Without a close frame: there is none where half of a message went before.
    Cut,
    /// What came was no frame; the caller leaves.
    Protocol,
    /// The last message came too; the caller leaves.
    Left,
}

/// What the access record says.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Record {
    #[serde(default)]
    success: bool,
    pub(crate) ended: Option<String>,
    pub(crate) reason: Option<String>,
    section: Option<String>,
}

/// All of them, by name.
pub(crate) fn all() -> Vec<Case> {
    cases::files("tests/web_sockets", |case: &mut Case, name| case.name = name)
}

const POLICY: &str = "<policies><inbound><base /></inbound><backend><forward-request timeout=\"1\" /></backend>\
                      <outbound><base /></outbound><on-error><base /></on-error></policies>";

fn api(name: &str, to: SocketAddr) -> Api {
    Api::web_socket(name, &format!("ws://{to}/base")).policy(POLICY)
}

async fn talk(socket: &mut Socket, text: &str) -> Option<Result<Message, Error>> {
    // A side that is gone is seen when something is read.
    let _sent = socket.send(Message::text(text)).await;
    tokio::time::timeout(PATIENCE, socket.next()).await.expect("something in time")
}

/// What a caller sees until its WebSocket ends.
async fn end(socket: &mut Socket, messages: usize) -> Ends {
    for _ in 1..messages {
        let echo = talk(socket, "hello").await.expect("a message").expect("a message");
        assert_eq!(echo, Message::text("hello"));
    }
    match talk(socket, "hello").await {
        Some(Ok(Message::Close(frame))) => match frame.map(|frame| u16::from(frame.code)) {
            Some(1001) => Ends::GoingAway,
            Some(1011) => Ends::Broken,
            other => panic!("closed with {other:?}"),
        },
        Some(Ok(message)) => {
            assert_eq!(message, Message::text("hello"));
            Ends::Left
        }
        None | Some(Err(Error::Io(_) | Error::ConnectionClosed)) => Ends::Cut,
        Some(Err(Error::Protocol(why))) if format!("{why:?}") == "ResetWithoutClosingHandshake" => Ends::Cut,
        Some(Err(Error::Protocol(_))) => Ends::Protocol,
        Some(Err(other)) => panic!("{other}"),
    }
}

async fn play(case: &Case, gateway: &Gateway, records: &Records, round: usize) {
    let told = &case.name;
    let target = format!("/{told}/echo");
    let opening = connect(gateway.address, &target, &[]);
    let opened = tokio::time::timeout(PATIENCE, opening).await.expect("an answer in time");
    match opened {
        Ok((mut socket, _)) => {
            assert_eq!(case.caller.status, 101, "{told}");
            let seen = end(&mut socket, case.caller.messages).await;
            assert_eq!(Some(seen), case.caller.ends, "{told}");
        }
        Err(Error::Http(answer)) => assert_eq!(answer.status().as_u16(), case.caller.status, "{told}"),
        Err(other) => panic!("{told}: {other}"),
    }
    let record = records.of_api(told, round).await;
    assert_eq!(record["responseCode"], case.caller.status, "{told}: {record}");
    assert_eq!(record["isRequestSuccess"], case.record.success, "{told}: {record}");
    assert_eq!(record["webSocket"]["ended"], json!(case.record.ended), "{told}: {record}");
    assert_eq!(record["lastError"]["reason"], json!(case.record.reason), "{told}: {record}");
    assert_eq!(record["lastError"]["section"], json!(case.record.section), "{told}: {record}");
}

/// Talks with a model that does not fail, again and again. Gives how often.
async fn stand_by(mut socket: Socket, is_over: Arc<AtomicBool>) -> usize {
    let mut messages = 0;
    while !is_over.load(Ordering::Relaxed) {
        let echo = talk(&mut socket, "still there").await.expect("a message").expect("a message");
        assert_eq!(echo, Message::text("still there"));
        messages += 1;
    }
    socket.close(None).await.expect("closed");
    while socket.next().await.is_some() {}
    messages
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn models_that_fail_at_web_sockets() {
    let server = EchoServer::start().await;
    let (cases, mut proxies) = (all(), Vec::new());
    let mut folder = Folder::new().api(&api("bystander", server.address));
    for case in &cases {
        let proxy = FaultProxy::start(server.address, Some(case.fault.clone())).await.expect("a port");
        folder = folder.api(&api(&case.name, proxy.address()));
        proxies.push(proxy);
    }
    let gateway = Start::new(folder).set("websocket.idle-seconds", "3").start().await;
    let records = Records::of(gateway.folder.beside("access.log"));
    let before = Held::at_rest(&gateway).await;
    let (bystander, _) = connect(gateway.address, "/bystander/echo", &[]).await.expect("a WebSocket");
    let is_over = Arc::new(AtomicBool::new(false));
    let standing_by = tokio::spawn(stand_by(bystander, Arc::clone(&is_over)));
    let rounds = 2 * factor();
    for round in 0..rounds {
        let playing = cases.iter().map(|case| play(case, &gateway, &records, round));
        // All of them are played, though one fails: what it says is printed where it does.
        let playing = playing.map(|each| AssertUnwindSafe(each).catch_unwind());
        let played = futures_util::future::join_all(playing).await;
        let failed = cases.iter().zip(&played).filter(|(_, played)| played.is_err());
        let failed: Vec<&str> = failed.map(|(case, _)| case.name.as_str()).collect();
        assert!(failed.is_empty(), "failed: {failed:?}");
    }
    is_over.store(true, Ordering::Relaxed);
    assert!(standing_by.await.expect("a task") > 1);
    drop(proxies);
    before.and_kept(cases.len() + 1).again(&gateway).await;
    let counted = sum(&gateway.metrics().await, "cardea_requests_total");
    assert_eq!(counted, (cases.len() * rounds + 1) as f64);
    assert_eq!(gateway.terminate().await, 0);
    assert_eq!(gateway.records().len(), cases.len() * rounds + 1);
}

/// The caller leaves while the model is in the middle of a message, or has not answered the handshake yet.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_that_leave_leave_nothing_behind() {
    let server = EchoServer::start().await;
    for (at, after, ended) in [(Stage::Body, 10, "caller-left"), (Stage::Body, 7, "caller-left")] {
        let fault = Fault::new(at, Act::Hang).after(after);
        let proxy = FaultProxy::start(server.address, Some(fault)).await.expect("a port");
        let mut gateway = Gateway::serving(Folder::new().api(&api("chat", proxy.address()))).await;
        let before = Held::at_rest(&gateway).await;
        let (mut socket, _) = connect(gateway.address, "/chat/echo", &[]).await.expect("a WebSocket");
        talk(&mut socket, "hello").await.expect("a message").expect("a message");
        socket.send(Message::text("hello")).await.expect("sent");
        drop(socket);
        let record = gateway.record().await;
        assert_eq!(record["webSocket"]["ended"], ended, "{record}");
        before.and_kept(1).again(&gateway).await;
        assert_eq!(gateway.records().len(), 1);
    }
    // Before there is a WebSocket.
    let never = FaultProxy::start(server.address, Some(Fault::new(Stage::Request, Act::Hang))).await;
    let never = never.expect("a port");
    let mut gateway = Gateway::serving(Folder::new().api(&api("chat", never.address()))).await;
    let before = Held::at_rest(&gateway).await;
    let address = gateway.address;
    let opening = tokio::spawn(async move { connect(address, "/chat/echo", &[]).await.is_ok() });
    eventually("the model is asked", async || (never.requests() == 1).then_some(())).await;
    opening.abort();
    let record = gateway.record().await;
    assert_eq!(record["isRequestSuccess"], false, "{record}");
    before.and_kept(1).again(&gateway).await;
    assert_eq!(gateway.records().len(), 1);
}

/// A gateway that is told to end waits for nobody for longer than it may, in whatever state a WebSocket is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_that_drains_ends_web_sockets_whose_model_hangs() {
    let server = EchoServer::start().await;
    for (after, ends) in [(7, Ends::GoingAway), (10, Ends::Cut)] {
        let fault = Fault::new(Stage::Body, Act::Hang).after(after);
        let proxy = FaultProxy::start(server.address, Some(fault)).await.expect("a port");
        let folder = Folder::new().api(&api("chat", proxy.address()));
        let gateway = Start::new(folder).set("listen.drain-seconds", "1").start().await;
        let (mut socket, _) = connect(gateway.address, "/chat/echo", &[]).await.expect("a WebSocket");
        talk(&mut socket, "hello").await.expect("a message").expect("a message");
        gateway.signal("TERM");
        assert_eq!(end(&mut socket, 1).await, ends);
        drop(socket);
        assert_eq!(gateway.ended().await, 0);
        let [record] = &gateway.records()[..] else { panic!("one record") };
        assert_eq!(record["webSocket"]["ended"], "shutdown", "{record}");
    }
}

/// The words of a case for the page.
pub(crate) fn seen(case: &Case) -> String {
    match case.caller.ends {
        None => case.caller.status.to_string(),
        Some(Ends::GoingAway) => "101, then a close frame with 1001".into(),
        Some(Ends::Broken) => "101, then a close frame with 1011".into(),
        Some(Ends::Cut) => "101, then the connection ends without a close frame".into(),
        Some(Ends::Protocol) => "101, then the same bytes".into(),
        Some(Ends::Left) => "101, and all messages".into(),
    }
}
