//! Streams: frames pass as they come, callers may leave, backends may break, and the gateway lets streams end before it
//! ends itself.

use serde_json::{Value, json};
use simulators::{Outcome, RecordedRequest, Running};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use crate::harness::{Api, CHAT, Folder, Gateway, MODEL_KEY, Open, Policy, Start, Wire, eventually, models};

fn folder(models: &Running) -> Folder {
    let key = r#"<set-header name="api-key" exists-action="override"><value>{{key}}</value></set-header>"#;
    let api = Api::models(&models.base_url()).policy(Policy::inbound(key));
    Folder::new().api(&api).secret("key", MODEL_KEY)
}

fn streamed() -> Value {
    json!({ "messages": [{ "role": "user", "content": "Say hello" }], "stream": true })
}

/// Begins a streamed chat that the model answers as `simulate` says.
async fn begin(gateway: &Gateway, simulate: &str, wire: Wire) -> Open {
    let call = gateway.call("POST", CHAT).over(wire).header("x-simulate", simulate).json(&streamed());
    call.open().await.expect("the head of an answer")
}

/// Reads until so many events have come.
async fn events(stream: &mut Open, count: usize) -> String {
    let mut text = String::new();
    while text.matches("data: ").count() < count {
        text.push_str(std::str::from_utf8(&stream.next().await.expect("more")).expect("text"));
    }
    text
}

/// The only call that the model had, once it is as expected.
async fn call_of_the_model(
    models: &Running,
    what: &str,
    expected: impl Fn(&RecordedRequest) -> bool,
) -> RecordedRequest {
    eventually(what, async || {
        let requests = models.recorder().requests();
        assert!(requests.len() <= 1, "called once: {requests:?}");
        requests.into_iter().next().filter(&expected)
    })
    .await
}

/// The model says three events and then nothing more: whoever waited for the end of the answer would wait for ever.
#[tokio::test]
async fn events_arrive_while_the_model_is_still_speaking() {
    for wire in [Wire::Http1, Wire::Http2] {
        let models = models().await;
        let gateway = Gateway::serving(folder(&models)).await;
        let mut stream = begin(&gateway, "words=50; hang=after-3", wire.clone()).await;
        assert_eq!((stream.status, stream.header("content-type")), (200, "text/event-stream; charset=utf-8"));
        let text = events(&mut stream, 3).await;
        assert!(text.ends_with("\n\n"), "{wire:?}: whole events: {text}");
        call_of_the_model(&models, "still speaking", |call| call.outcome == Outcome::InProgress).await;
    }
}

/// No event waits for the next one: as many arrive as were said, whatever their number.
#[tokio::test]
async fn events_are_not_held_back_for_the_next_one() {
    let models = models().await;
    let gateway = Gateway::serving(folder(&models)).await;
    for said in 1..=4 {
        let mut stream = begin(&gateway, &format!("words=50; hang=after-{said}"), Wire::Http1).await;
        let text = events(&mut stream, said).await;
        assert_eq!(text.matches("data: ").count(), said, "{text}");
        assert!(text.ends_with("\n\n"), "{text}");
    }
}

#[tokio::test]
async fn a_caller_that_leaves_before_the_answer_cancels_the_call_of_the_model() {
    for wire in [Wire::Http1, Wire::Http2] {
        let models = models().await;
        let mut gateway = Gateway::serving(folder(&models)).await;
        let call = gateway.call("POST", CHAT).over(wire.clone()).header("x-simulate", "hang=before-head");
        let waiting = tokio::spawn(call.json(&streamed()).open());
        call_of_the_model(&models, "the model is called", |call| call.outcome == Outcome::InProgress).await;
        waiting.abort();
        call_of_the_model(&models, "the call is cancelled", |call| call.outcome == Outcome::CallerGone).await;
        let record = gateway.record().await;
        assert_eq!(record["isRequestSuccess"], false, "{wire:?}: {record}");
        assert_eq!(record["responseCode"], Value::Null, "{wire:?}: {record}");
        assert_eq!(record["lastError"]["reason"], "ClientConnectionFailure", "{wire:?}: {record}");
        assert_eq!(gateway.terminate().await, 0);
        assert_eq!(gateway.records().len(), 1, "{wire:?}: one record for one request");
    }
}

#[tokio::test]
async fn a_caller_that_leaves_within_the_stream_cancels_the_call_of_the_model() {
    for wire in [Wire::Http1, Wire::Http2] {
        let models = models().await;
        let mut gateway = Gateway::serving(folder(&models)).await;
        let mut stream = begin(&gateway, "words=50; hang=after-3", wire.clone()).await;
        let text = events(&mut stream, 3).await;
        drop(stream);
        call_of_the_model(&models, "the call is cancelled", |call| call.outcome == Outcome::CallerGone).await;
        let record = gateway.record().await;
        assert_eq!(record["isRequestSuccess"], false, "{wire:?}: {record}");
        assert_eq!(record["responseCode"], 200, "{wire:?}: {record}");
        assert_eq!(record["responseSize"], text.len(), "{wire:?}: {record}");
        assert_eq!(record["lastError"]["reason"], "ClientConnectionFailure", "{wire:?}: {record}");
        assert_eq!(gateway.terminate().await, 0);
        assert_eq!(gateway.records().len(), 1, "{wire:?}: one record for one request");
    }
}

/// A cut stream must not look like a complete one.
#[tokio::test]
async fn a_model_that_breaks_off_breaks_the_answer_off() {
    for (wire, how) in [(Wire::Http1, "close"), (Wire::Http1, "reset"), (Wire::Http2, "close")] {
        let models = models().await;
        let mut gateway = Gateway::serving(folder(&models)).await;
        let stream = begin(&gateway, &format!("words=50; cut-after=5; cut={how}"), wire.clone()).await;
        let broken = stream.whole().await;
        assert!(broken.is_err(), "{wire:?}, {how}: {broken:?}");
        let record = gateway.record().await;
        assert_eq!(record["isRequestSuccess"], false, "{record}");
        assert_eq!(record["lastError"]["reason"], "BackendConnectionFailure", "{record}");
        let metrics = gateway.metrics().await;
        assert!(metrics.contains(r#"last_error_reason="BackendConnectionFailure""#), "{metrics}");
    }
}

/// A service that begins an answer, and ends it when it is told to.
async fn unfinished() -> (String, oneshot::Sender<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let (end, ended) = oneshot::channel();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            stream.read_buf(&mut head).await.expect("a head");
        }
        let begin = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n6\r\nbegin \r\n";
        stream.write_all(begin.as_bytes()).await.expect("a socket");
        ended.await.expect("the test goes on");
        stream.write_all(b"3\r\nend\r\n0\r\n\r\n").await.expect("a socket");
    });
    (url, end)
}

#[tokio::test]
async fn sigterm_lets_streams_end_and_takes_no_new_connections() {
    for wire in [Wire::Http1, Wire::Http2] {
        let (url, end) = unfinished().await;
        let gateway = Gateway::serving(Folder::new().api(&Api::new("own").to(&url))).await;
        let mut stream = gateway.get("/own").over(wire.clone()).open().await.expect("the head of an answer");
        assert_eq!(stream.next().await.expect("a piece"), "begin ", "{wire:?}");
        gateway.signal("TERM");
        eventually("new connections are refused", async || {
            TcpStream::connect(gateway.address).await.is_err().then_some(())
        })
        .await;
        let ready = gateway.ask("GET", "/-/ready").await;
        assert_eq!(ready.status, 503, "{wire:?}: whoever asks is told to go elsewhere");
        end.send(()).expect("the service waits");
        let rest = stream.whole().await.expect("the stream goes on to its end");
        assert_eq!(rest.text(), "end", "{wire:?}");
        assert_eq!(gateway.ended().await, 0, "{wire:?}");
        let records = gateway.records();
        assert_eq!(records.len(), 1, "{wire:?}");
        assert_eq!(records[0]["isRequestSuccess"], true, "{wire:?}: {}", records[0]);
    }
}

#[tokio::test]
async fn the_deadline_of_the_drain_cuts_what_does_not_end() {
    let models = models().await;
    let gateway = Start::new(folder(&models)).set("listen.drain-seconds", "1").start().await;
    let mut stream = begin(&gateway, "words=50; hang=after-3", Wire::Http1).await;
    events(&mut stream, 3).await;
    assert_eq!(gateway.terminate().await, 0);
    call_of_the_model(&models, "the call is cancelled", |call| call.outcome == Outcome::CallerGone).await;
    let records = gateway.records();
    assert_eq!(records.len(), 1);
    assert_eq!(records[0]["isRequestSuccess"], false, "{}", records[0]);
}

/// `docs/errors.md`, Shapes: the caller is told by an event, then the answer ends as a whole one does.
#[tokio::test]
async fn the_deadline_of_the_drain_is_told_where_the_api_has_words_for_it() {
    for (errors, begins) in [
        ("openai", "data: {\"error\":{\"message\":\"The gateway is shutting down.\","),
        ("anthropic", "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\","),
    ] {
        for wire in [Wire::Http1, Wire::Http2] {
            let models = models().await;
            let folder = folder(&models).overlay(&format!("[apis.openai]\nerrors = \"{errors}\"\n"));
            let gateway = Start::new(folder).set("listen.drain-seconds", "1").start().await;
            let mut stream = begin(&gateway, "words=50; hang=after-3", wire.clone()).await;
            let before = events(&mut stream, 3).await;
            gateway.signal("TERM");
            let rest = stream.whole().await.unwrap_or_else(|why| panic!("{errors} {wire:?}: {why}"));
            let last = format!("{before}{}", rest.text());
            let last = last.trim_end().rsplit("\n\n").next().unwrap_or_default();
            assert!(last.starts_with(begins), "{errors} {wire:?}: {last}");
            assert_eq!(gateway.ended().await, 0, "{errors} {wire:?}");
            call_of_the_model(&models, "the call is cancelled", |call| call.outcome == Outcome::CallerGone)
                .await;
            let records = gateway.records();
            assert_eq!(records.len(), 1, "{errors} {wire:?}");
            assert_eq!(records[0]["isRequestSuccess"], false, "{}", records[0]);
        }
    }
}

#[tokio::test]
async fn an_idle_gateway_ends_at_once() {
    for signal in ["TERM", "INT"] {
        let gateway = Gateway::serving(Folder::new().api(&Api::new("own"))).await;
        let idle = TcpStream::connect(gateway.address).await.expect("a connection");
        gateway.signal(signal);
        assert_eq!(gateway.ended().await, 0, "{signal}");
        drop(idle);
    }
}
