//! Requests are answered, whatever the protocol and the arrangement of threads.

use std::collections::HashSet;

use gateway::listen::{ListenSettings, RuntimeKind};
use http::Request;
use net::HttpVersion;

use crate::support::{client, full, get, start, start_with, text};

#[tokio::test]
async fn both_versions_are_answered_by_both_arrangements_of_threads() {
    for kind in [RuntimeKind::PerCore, RuntimeKind::Shared] {
        let running = start_with(ListenSettings::default(), kind);
        let client = client();
        for (version, said) in
            [(HttpVersion::Http1, "HTTP/1.1 http tls none"), (HttpVersion::Http2, "HTTP/2.0 http")]
        {
            let to = running.destination(version);
            let about = text(client.send(&to, get("/about")).await.unwrap()).await;
            assert!(about.starts_with(said), "{about}");
            let request = Request::post("/echo").body(full("a body")).unwrap();
            assert_eq!(text(client.send(&to, request).await.unwrap()).await, "a body");
        }
    }
}

#[tokio::test]
async fn connections_are_handed_to_the_threads_in_turns() {
    let running = start();
    let mut threads = HashSet::new();
    for _ in 0..2 {
        let about =
            text(client().send(&running.destination(HttpVersion::Http1), get("/about")).await.unwrap()).await;
        threads.insert(about.rsplit(' ').next().unwrap().to_owned());
    }
    assert_eq!(threads, HashSet::from(["requests-0".to_owned(), "requests-1".to_owned()]));
}

#[tokio::test]
async fn frames_pass_one_by_one_as_they_come() {
    let mut running = start();
    let mut caller = running.connect().await;
    caller.send("GET /stream HTTP/1.1\r\nhost: a\r\n\r\n").await;
    running.frame("data: one\n\n").await;
    let answer = caller.read_until("data: one\n\n\r\n").await;
    assert!(answer.contains("transfer-encoding: chunked"), "{answer}");
    running.frame("data: two\n\n").await;
    caller.read_until("data: two\n\n\r\n").await;
    running.frames = None;
    caller.read_until("0\r\n\r\n").await;
    running.dropped().await;
}

#[tokio::test]
async fn a_panic_ends_its_request_only() {
    let running = start();
    let client = client();
    for version in [HttpVersion::Http1, HttpVersion::Http2] {
        let to = running.destination(version);
        let response = client.send(&to, get("/panic")).await.unwrap();
        assert_eq!(response.status(), 500);
        assert_eq!(text(response).await, "panic");
        let later = client.send(&to, get("/panic-later")).await;
        let broken = match later {
            Ok(response) => http_body_util::BodyExt::collect(response.into_body()).await.is_err(),
            Err(_) => true,
        };
        assert!(broken);
        assert_eq!(text(client.send(&to, get("/hello")).await.unwrap()).await, "hello");
    }
    let metrics = running.metrics.text();
    assert!(metrics.contains("cardea_panics_total 4"), "{metrics}");
    assert!(metrics.contains("cardea_requests_refused_total{reason=\"panic\"} 2"), "{metrics}");
}

#[tokio::test]
async fn connections_and_requests_are_counted_while_they_last() {
    let mut running = start();
    let client = client();
    let to = running.destination(HttpVersion::Http1);
    let response = client.send(&to, get("/stream")).await.unwrap();
    let text = running.metrics.text();
    assert!(
        text.contains("cardea_connections 1\n") && text.contains("cardea_requests_in_flight 1\n"),
        "{text}"
    );
    drop(response);
    running.dropped().await;
    running.server.shutdown(std::time::Duration::from_secs(20)).await;
    let text = running.metrics.text();
    assert!(
        text.contains("cardea_connections 0\n") && text.contains("cardea_requests_in_flight 0\n"),
        "{text}"
    );
}
