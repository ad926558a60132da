//! Which connections are used, kept and closed.

use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use http::{Response, Version};
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::Frame;
use net::{ClientSettings, Guard, HttpVersion, Options};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::mpsc;

use crate::server::{self, Body, Dropped, client, full, get, text, to, with};

fn http2() -> Options {
    Options { version: HttpVersion::Http2, ..Options::default() }
}

/// A body of one frame that then goes on for ever, and says so when it is dropped.
fn endless(dropped: Dropped) -> Body {
    let frames = futures_util::stream::unfold((true, dropped), |(first, dropped)| async move {
        if !first {
            std::future::pending::<()>().await;
        }
        Some((Ok(Frame::data(Bytes::from("first"))), (false, dropped)))
    });
    StreamBody::new(frames).boxed()
}

#[tokio::test]
async fn a_connection_is_used_again_when_its_answer_was_read() {
    let (address, connections) = server::http(|_| async { Response::new(full("hello")) }).await;
    let (client, to) = (client(), to(address));
    for _ in 0..5 {
        assert_eq!(text(client.send(&to, get("/")).await.unwrap()).await, "hello");
    }
    assert_eq!(connections.load(Ordering::SeqCst), 1);
    assert_eq!(client.idle_connections(), 1);
}

#[tokio::test]
async fn equal_destinations_share_connections_and_guarded_ones_do_not() {
    let (address, connections) = server::http(|_| async { Response::new(full("hello")) }).await;
    let client = client();
    text(client.send(&to(address), get("/")).await.unwrap()).await;
    text(client.send(&to(address), get("/")).await.unwrap()).await;
    assert_eq!(connections.load(Ordering::SeqCst), 1);
    let guard = Some(Guard { allow_loopback: true, allow_private: false });
    let guarded = with(address, Options { guard, ..Options::default() });
    text(client.send(&guarded, get("/")).await.unwrap()).await;
    assert_eq!(connections.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn calls_at_the_same_time_have_connections_of_their_own() {
    let (address, connections) = server::http(|_| async { Response::new(full("hello")) }).await;
    let (client, to) = (client(), to(address));
    let first = client.send(&to, get("/")).await.unwrap();
    let second = client.send(&to, get("/")).await.unwrap();
    // "hello" has come with the head: both connections may be idle already, but were never shared.
    assert_eq!((text(first).await, text(second).await), ("hello".to_owned(), "hello".to_owned()));
    assert!(connections.load(Ordering::SeqCst) <= 2);
}

#[tokio::test]
async fn a_connection_whose_answer_still_streams_is_not_used_for_another() {
    let (sender, _receiver) = mpsc::channel(4);
    let (address, connections) = server::http(move |_| {
        let dropped = Dropped(sender.clone(), "body");
        async move { Response::new(endless(dropped)) }
    })
    .await;
    let (client, to) = (client(), to(address));
    let mut first = client.send(&to, get("/")).await.unwrap();
    first.body_mut().frame().await.unwrap().unwrap();
    let _second = client.send(&to, get("/")).await.unwrap();
    assert_eq!(connections.load(Ordering::SeqCst), 2);
    assert_eq!(client.idle_connections(), 0);
}

#[tokio::test]
async fn giving_up_before_the_answer_cancels_the_call() {
    for options in [Options::default(), http2()] {
        let (sender, mut receiver) = mpsc::channel(4);
        let (address, _) = server::http(move |_| {
            let sender = sender.clone();
            async move {
                sender.send("called").await.unwrap();
                let _dropped = Dropped(sender, "handler");
                std::future::pending().await
            }
        })
        .await;
        let (client, to) = (client(), with(address, options));
        let call = tokio::spawn(async move { client.send(&to, get("/")).await.map(drop) });
        assert_eq!(receiver.recv().await, Some("called"));
        call.abort();
        assert_eq!(receiver.recv().await, Some("handler"));
    }
}

#[tokio::test]
async fn dropping_the_answer_cancels_the_call() {
    for options in [Options::default(), http2()] {
        let (sender, mut receiver) = mpsc::channel(4);
        let (address, _) = server::http(move |_| {
            let dropped = Dropped(sender.clone(), "body");
            async move { Response::new(endless(dropped)) }
        })
        .await;
        let client = client();
        let mut response = client.send(&with(address, options), get("/")).await.unwrap();
        let frame = response.body_mut().frame().await.unwrap().unwrap();
        assert_eq!(frame.into_data().unwrap(), "first");
        drop(response);
        assert_eq!(receiver.recv().await, Some("body"));
    }
}

#[tokio::test]
async fn http2_calls_share_a_connection_until_it_is_full() {
    let (address, connections) = server::http(|request| async move {
        assert_eq!(request.version(), Version::HTTP_2);
        Response::new(full("hello"))
    })
    .await;
    let settings =
        ClientSettings { max_streams_per_connection: 2, max_http2_connections: 2, ..Default::default() };
    let client = net::Client::<Body>::new(settings);
    let to = with(address, http2());
    let calls = (0..4).map(|_| client.send(&to, get("/")));
    let responses = futures_util::future::try_join_all(calls).await.unwrap();
    assert_eq!(connections.load(Ordering::SeqCst), 2);
    // All are full, and no more may be opened: the next waits in one of them.
    let more = client.send(&to, get("/")).await.unwrap();
    assert_eq!(connections.load(Ordering::SeqCst), 2);
    drop((responses, more));
    assert_eq!(client.idle_connections(), 2);
}

/// A server that closes each connection after its first answer, without having said so.
async fn closing() -> (std::net::SocketAddr, std::sync::Arc<std::sync::atomic::AtomicUsize>) {
    server::serving(|mut tcp| async move {
        let mut request = [0; 1024];
        let _read = tcp.read(&mut request).await.unwrap();
        tcp.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.unwrap();
    })
    .await
}

#[tokio::test]
async fn a_connection_that_the_server_closed_is_replaced_unseen() {
    let (address, connections) = closing().await;
    let (client, to) = (client(), to(address));
    for round in 1..=3 {
        assert_eq!(text(client.send(&to, get("/")).await.unwrap()).await, "ok");
        assert_eq!(connections.load(Ordering::SeqCst), round);
        while client.idle_connections() > 0 {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn an_idle_connection_is_closed_after_its_time() {
    let (sender, mut receiver) = mpsc::channel(1);
    let (address, _) = server::serving(move |mut tcp| {
        let sender = sender.clone();
        async move {
            let mut request = [0; 1024];
            let _read = tcp.read(&mut request).await.unwrap();
            tcp.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.unwrap();
            assert_eq!(tcp.read(&mut request).await.unwrap(), 0);
            sender.send(()).await.unwrap();
        }
    })
    .await;
    let client = client();
    assert_eq!(text(client.send(&to(address), get("/")).await.unwrap()).await, "ok");
    assert_eq!(client.idle_connections(), 1);
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(60)).await;
    receiver.recv().await.unwrap();
    assert_eq!(client.idle_connections(), 0);
}
