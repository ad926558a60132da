//! Misbehaviour on request. Time is tokio's and paused where something waits: nothing here takes longer for it.

use std::io::Read as _;
use std::time::Duration;

use http::Method;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use simulators::{Outcome, Running};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::client::{CHAT, Client, KEY, OTHER_KEY, start};

fn streamed() -> Value {
    json!({ "messages": [{ "role": "user", "content": "Hello" }], "stream": true })
}

fn whole() -> Value {
    json!({ "messages": [{ "role": "user", "content": "Hello" }] })
}

#[tokio::test(start_paused = true)]
async fn latency_and_pace_are_kept() {
    let (_running, client) = start().await;
    let began = Instant::now();
    client.post_with(CHAT, &[("x-simulate", "latency=200ms")], &whole()).await;
    let late = began.elapsed();
    assert!(late >= Duration::from_millis(200) && late < Duration::from_millis(300), "{late:?}");
    let began = Instant::now();
    let answer = client.post_with(CHAT, &[("x-simulate", "pace=1s")], &streamed()).await;
    let waits = answer.events().len() as u32 - 1;
    let slow = began.elapsed();
    assert!(
        slow >= Duration::from_secs(1) * waits && slow < Duration::from_secs(1) * (waits + 1),
        "{slow:?}"
    );
}

#[tokio::test]
async fn a_throttled_call_has_azures_body_and_headers() {
    let (_running, client) = start().await;
    let asked = "status=429; retry-after=3; retry-after-ms=2500; remaining-tokens=-1; remaining-requests=0";
    let answer = client.post_with(CHAT, &[("x-simulate", asked)], &whole()).await;
    assert_eq!(answer.status, 429);
    assert_eq!((answer.header("retry-after"), answer.header("retry-after-ms")), ("3", "2500"));
    assert_eq!(answer.header("x-ratelimit-remaining-tokens"), "-1");
    assert_eq!(answer.header("x-ratelimit-remaining-requests"), "0");
    let error = &answer.json()["error"];
    assert_eq!(error["code"], "429");
    let message = error["message"].as_str().unwrap();
    assert!(message.starts_with(
        "Requests to the ChatCompletions_Create Operation under Azure OpenAI API version 2024-10-21"
    ));
    assert!(message.contains("Please retry after 3 seconds."), "{message}");
}

#[tokio::test]
async fn openai_throttles_in_its_own_words() {
    let (_running, client) = start().await;
    let bearer = format!("Bearer {KEY}");
    let body = json!({ "model": "gpt-4o", "messages": [{ "role": "user", "content": "Hello" }] }).to_string();
    for (asked, kind, code) in [
        ("status=429; retry-after=3", "requests", json!("rate_limit_exceeded")),
        ("status=500", "server_error", Value::Null),
    ] {
        let headers = [("authorization", bearer.as_str()), ("x-simulate", asked)];
        let answer = client.send(Method::POST, "/v1/chat/completions", &headers, body.as_bytes()).await;
        let error = &answer.json()["error"];
        assert_eq!((&error["type"], &error["code"]), (&json!(kind), &code));
    }
}

#[tokio::test]
async fn once_is_once_for_the_same_list() {
    let (_running, client) = start().await;
    let mut statuses = Vec::new();
    for asked in ["status=500; once", "status=500; once", "status=500; once; label=b", "status=503; first=2"]
    {
        statuses.push(client.post_with(CHAT, &[("x-simulate", asked)], &whole()).await.status.as_u16());
    }
    assert_eq!(statuses, [500, 200, 500, 503]);
}

#[tokio::test]
async fn a_deployment_can_misbehave_by_itself() {
    let (_running, client) = start().await;
    let path = "/openai/deployments/flaky/chat/completions?api-version=2024-10-21";
    let body = whole().to_string();
    let mut statuses = Vec::new();
    for _ in 0..2 {
        let answer = client.send(Method::POST, path, &[("api-key", OTHER_KEY)], body.as_bytes()).await;
        statuses.push(answer.status.as_u16());
    }
    assert_eq!(statuses, [503, 200]);
}

#[tokio::test]
async fn a_deployment_can_fail_and_come_back() {
    let (running, client) = start().await;
    let mut statuses = Vec::new();
    for behaviour in ["status=500", "", "status=429; once"] {
        assert!(running.behave("contoso", "gpt-4o", behaviour.parse().unwrap()));
        statuses.push(client.post(CHAT, &whole()).await.status.as_u16());
    }
    statuses.push(client.post(CHAT, &whole()).await.status.as_u16());
    assert_eq!(statuses, [500, 200, 429, 200]);
    assert!(!running.behave("contoso", "nothing", "status=500".parse().unwrap()));
}

#[tokio::test]
async fn a_cut_stream_ends_in_the_middle_of_an_event() {
    let (running, _) = start().await;
    for client in [Client::new(&running), Client::over_http2(&running)] {
        running.recorder().clear();
        let answer = client.post_with(CHAT, &[("x-simulate", "cut-after=2")], &streamed()).await;
        assert!(answer.broken);
        let events = answer.events();
        assert_eq!(events.len(), 3);
        assert!(
            serde_json::from_str::<Value>(&events[1].1).is_ok()
                && serde_json::from_str::<Value>(&events[2].1).is_err()
        );
        assert_eq!(running.recorder().requests()[0].outcome, Outcome::Cut);
    }
}

#[tokio::test]
async fn a_whole_answer_is_cut_too() {
    let (_running, client) = start().await;
    let answer = client.post_with(CHAT, &[("x-simulate", "cut-after=9; cut=reset")], &whole()).await;
    assert!(answer.broken && serde_json::from_slice::<Value>(&answer.body).is_err());
}

/// Reads to the end over a bare socket, to see how the connection ends.
async fn end_of_connection(port: u16, asked: &str) -> std::io::Result<usize> {
    let body = streamed().to_string();
    let request = format!(
        "POST {CHAT} HTTP/1.1\r\nhost: x\r\napi-key: {KEY}\r\nx-simulate: {asked}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut socket = TcpStream::connect(("127.0.0.1", port)).await?;
    socket.write_all(request.as_bytes()).await?;
    socket.read_to_end(&mut Vec::new()).await
}

#[tokio::test]
async fn a_connection_is_reset_or_closed_as_asked() {
    let (running, _) = start().await;
    let port = running.address().port();
    let reset = end_of_connection(port, "cut-after=2; cut=reset").await;
    assert_eq!(reset.unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
    assert!(end_of_connection(port, "cut-after=2; cut=close").await.is_ok());
}

/// Reads as many events as there are before the hang, and sees that nothing follows while the caller stays.
async fn hangs_after(running: &Running, client: &Client, asked: &str, events: usize) {
    running.recorder().clear();
    let headers = [("api-key", KEY), ("x-simulate", asked)];
    let body = streamed().to_string();
    let response = client.open(Method::POST, CHAT, &headers, body.as_bytes()).await.unwrap();
    assert_eq!(response.status(), 200);
    let (mut incoming, mut text) = (response.into_body(), String::new());
    while text.matches("\n\n").count() < events {
        let frame = incoming.frame().await.unwrap().unwrap();
        text.push_str(std::str::from_utf8(frame.data_ref().unwrap()).unwrap());
    }
    let sent = running.recorder().wait_until(|requests| requests[0].frames == events).await;
    assert_eq!(sent[0].outcome, Outcome::InProgress, "{asked}");
    tokio::select! {
        biased;
        _ = incoming.frame() => unreachable!("something follows after {asked}"),
        () = tokio::task::yield_now() => {}
    }
    assert_eq!(text.matches("\n\n").count(), events, "{asked}");
}

#[tokio::test]
async fn an_answer_hangs_where_it_is_asked_to() {
    let (running, client) = start().await;
    let all = client.post(CHAT, &streamed()).await.events().len();
    hangs_after(&running, &client, "hang=after-head", 0).await;
    hangs_after(&running, &client, "hang=between-frames", 1).await;
    hangs_after(&running, &client, "hang=after-3", 3).await;
    hangs_after(&running, &client, "hang=before-end", all).await;
}

#[tokio::test]
async fn an_answer_that_never_begins_ends_with_the_simulator() {
    let (running, client) = start().await;
    let recorder = running.recorder().clone();
    let headers = [("api-key", KEY), ("x-simulate", "hang=before-head")];
    let body = whole().to_string();
    let asking = client.open(Method::POST, CHAT, &headers, body.as_bytes());
    let ending = async {
        let received =
            recorder.wait_until(|requests| requests.iter().any(|request| request.body_length > 0)).await;
        assert_eq!((received[0].outcome, received[0].status), (Outcome::InProgress, None));
        running.shutdown().await;
    };
    let (answer, ()) = tokio::join!(asking, ending);
    assert!(answer.is_err());
}

#[tokio::test]
async fn compressed_events_can_be_read_one_by_one() {
    let (_running, client) = start().await;
    let answer = client.post_with(CHAT, &[("x-simulate", "gzip")], &streamed()).await;
    assert_eq!(answer.header("content-encoding"), "gzip");
    let mut text = String::new();
    flate2::read::GzDecoder::new(&*answer.body).read_to_string(&mut text).unwrap();
    assert!(text.ends_with("data: [DONE]\n\n"));
    let headers = [("api-key", KEY), ("x-simulate", "gzip; hang=after-2")];
    let body = streamed().to_string();
    let response = client.open(Method::POST, CHAT, &headers, body.as_bytes()).await.unwrap();
    let (mut incoming, mut bytes) = (response.into_body(), Vec::new());
    while text.matches("\n\n").count() != 2 {
        bytes.extend_from_slice(incoming.frame().await.unwrap().unwrap().data_ref().unwrap());
        text.clear();
        // The stream has no end yet: what could be read counts.
        let _unfinished = flate2::read::GzDecoder::new(&*bytes).read_to_string(&mut text);
    }
}

#[tokio::test]
async fn garbage_is_not_json() {
    let (_running, client) = start().await;
    let answer = client.post_with(CHAT, &[("x-simulate", "garbage")], &whole()).await;
    assert_eq!(answer.status, 200);
    assert!(!answer.broken && serde_json::from_slice::<Value>(&answer.body).is_err());
    let events = client.post_with(CHAT, &[("x-simulate", "garbage")], &streamed()).await.events();
    assert!(serde_json::from_str::<Value>(&events[1].1).is_err());
    assert_eq!(events.last().unwrap().1, "[DONE]");
}
