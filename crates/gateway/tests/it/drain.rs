//! The end of a server: nothing new comes in, what runs may end, the deadline ends the rest.

use std::sync::Arc;
use std::time::Duration;

use gateway::listen::Drained;
use http_body_util::BodyExt as _;
use net::{ErrorKind, HttpVersion};
use tokio::net::TcpStream;

use crate::support::{Event, client, get, start, text};

const LONG: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_stream_finishes_while_nobody_new_is_served() {
    for version in [HttpVersion::Http1, HttpVersion::Http2] {
        let mut running = start();
        let client = client();
        let to = running.destination(version);
        let mut response = client.send(&to, get("/stream")).await.unwrap();
        running.frame("one").await;
        response.body_mut().frame().await.unwrap().unwrap();

        let server = Arc::clone(&running.server);
        let shutdown = tokio::spawn(async move { server.shutdown(LONG).await });
        // The listening socket is closed by the acceptor's task, not at once.
        while TcpStream::connect(running.server.address()).await.is_ok() {
            tokio::task::yield_now().await;
        }
        let refused = crate::support::client().send(&to, get("/hello")).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Connect);

        running.frame("two").await;
        running.frames = None;
        assert_eq!(text(response).await, "two");
        assert_eq!(shutdown.await.unwrap(), Drained { cut: 0 });
        assert_eq!(running.server.connections(), 0);
    }
}

#[tokio::test]
async fn a_request_that_had_begun_is_answered_and_told_that_it_was_the_last() {
    let mut running = start();
    let mut caller = running.connect().await;
    caller.send("POST /collect HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\n").await;
    assert_eq!(running.events.recv().await, Some(Event::Called));
    let server = Arc::clone(&running.server);
    let shutdown = tokio::spawn(async move { server.shutdown(LONG).await });
    while TcpStream::connect(running.server.address()).await.is_ok() {
        tokio::task::yield_now().await;
    }
    let answer = caller.send("body").await.read_all().await;
    assert!(answer.contains("connection: close") && answer.ends_with("body"), "{answer}");
    assert_eq!(shutdown.await.unwrap(), Drained { cut: 0 });
}

#[tokio::test]
async fn idle_connections_are_closed_at_once() {
    let running = start();
    let client = client();
    for version in [HttpVersion::Http1, HttpVersion::Http2] {
        text(client.send(&running.destination(version), get("/hello")).await.unwrap()).await;
    }
    let silent = running.connect().await;
    while running.server.connections() < 3 {
        tokio::task::yield_now().await;
    }
    assert_eq!(running.server.shutdown(LONG).await, Drained { cut: 0 });
    drop(silent);
}

#[tokio::test]
async fn the_deadline_ends_what_does_not_end() {
    for version in [HttpVersion::Http1, HttpVersion::Http2] {
        let mut running = start();
        let to = running.destination(version);
        let mut response = client().send(&to, get("/stream")).await.unwrap();
        running.frame("one").await;
        response.body_mut().frame().await.unwrap().unwrap();
        assert_eq!(running.server.shutdown(Duration::ZERO).await, Drained { cut: 1 });
        running.dropped().await;
        response.into_body().collect().await.unwrap_err();
    }
}
