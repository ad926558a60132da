//! HTTP/2 where one side of a shared connection does less than it should: what it refuses, what it does not take, what it
//! leaves unanswered.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use h2::server::SendResponse;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use net::{Error, ErrorKind, HttpVersion, Options, Retry, Timeouts};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::server::{self, Body, client, full, get, never, text, with};

fn to(address: SocketAddr, timeouts: Timeouts) -> net::Destination {
    with(address, Options { version: HttpVersion::Http2, timeouts, ..Options::default() })
}

fn post(body: Body) -> Request<Body> {
    Request::post("/").body(body).unwrap()
}

fn answer(mut respond: SendResponse<Bytes>, body: &'static str) {
    let mut sending = respond.send_response(Response::new(()), false).unwrap();
    sending.send_data(Bytes::from(body), true).unwrap();
}

/// RFC 9113 section 8.7: any request may be sent again. The next one takes another connection, and the one that refused is
/// good again when it has answered.
#[tokio::test]
async fn a_refused_request_was_not_looked_at() {
    let numbers = Arc::new(AtomicUsize::new(0));
    let (address, connections) = server::serving(move |tcp| {
        let number = numbers.fetch_add(1, Ordering::SeqCst);
        async move {
            let mut connection = h2::server::handshake(tcp).await.unwrap();
            while let Some(Ok((_, mut respond))) = connection.accept().await {
                match number {
                    0 => respond.send_reset(h2::Reason::REFUSED_STREAM),
                    _ => answer(respond, "hello"),
                }
            }
        }
    })
    .await;
    let (client, to) = (client(), to(address, Timeouts::default()));
    let error: Error = client.send(&to, post(full("body"))).await.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Reset, Retry::Safe));
    assert!(error.is_unprocessed());
    for _ in 0..3 {
        assert_eq!(text(client.send(&to, post(full("body"))).await.unwrap()).await, "hello");
        assert_eq!(connections.load(Ordering::SeqCst), 2);
    }
}

/// What a server does with a request's body.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Window {
    /// It has none for a body at all.
    Shut,
    /// It stays as large as it is at first.
    Stays,
}

async fn taking(window: Window) -> SocketAddr {
    let (address, _) = server::serving(move |tcp| async move {
        let mut builder = h2::server::Builder::new();
        if window == Window::Shut {
            builder.initial_window_size(0);
        }
        let mut connection = builder.handshake::<_, Bytes>(tcp).await.unwrap();
        let mut held = Vec::new();
        while let Some(Ok((request, respond))) = connection.accept().await {
            match *request.method() {
                http::Method::GET => answer(respond, "hello"),
                _ => held.push((request, respond)),
            }
        }
    })
    .await;
    address
}

fn long() -> Body {
    Full::new(Bytes::from(vec![b'x'; 200_000])).map_err(|never| match never {}).boxed()
}

/// Silence of the other side is told from that of the caller, whose body is awaited.
#[tokio::test(start_paused = true)]
async fn a_body_for_which_there_is_no_window_is_given_up() {
    let (sending, head) = (Duration::from_secs(12), Duration::from_secs(17));
    type Case = (Window, fn() -> Body, ErrorKind, Duration);
    let cases: [Case; 5] = [
        (Window::Shut, || full("body"), ErrorKind::SendingTimeout, sending),
        (Window::Shut, never, ErrorKind::SendingTimeout, sending),
        (Window::Stays, long, ErrorKind::SendingTimeout, sending),
        (Window::Stays, || full("body"), ErrorKind::HeadTimeout, head),
        (Window::Stays, never, ErrorKind::HeadTimeout, head),
    ];
    for (number, (window, body, kind, after)) in cases.into_iter().enumerate() {
        let to = to(taking(window).await, Timeouts { sending, ..Timeouts::default() });
        let client = client();
        // Until the server's SETTINGS have come, windows are as large as RFC 9113 section 6.9.2 says.
        assert_eq!(text(client.send(&to, get("/")).await.unwrap()).await, "hello");
        let begun = Instant::now();
        let error = client.send_within(&to, post(body()), head).await.unwrap_err();
        assert_eq!((error.kind(), begun.elapsed().as_secs()), (kind, after.as_secs()), "{number}");
        assert_eq!(client.requests(), 0);
    }
}

/// A connection on which a request was not answered, and nothing at all was read meanwhile, gets no other one; those on
/// it go on.
#[tokio::test(start_paused = true)]
async fn a_connection_that_has_fallen_silent_gets_no_further_request() {
    let (numbers, wakes) = (Arc::new(AtomicUsize::new(0)), Arc::new(Semaphore::new(0)));
    let waits = Arc::clone(&wakes);
    let (address, connections) = server::serving(move |tcp| {
        let (number, wakes) = (numbers.fetch_add(1, Ordering::SeqCst), Arc::clone(&waits));
        async move {
            tcp.set_nodelay(true).unwrap();
            let mut connection = h2::server::handshake(tcp).await.unwrap();
            let Some(Ok((_, mut first))) = connection.accept().await else { return };
            let mut sending = first.send_response(Response::new(()), false).unwrap();
            sending.send_data(Bytes::from("one "), false).unwrap();
            if number == 0 {
                // Writes what it has, and then reads and writes nothing until it is woken.
                std::future::poll_fn(|cx| Poll::Ready(connection.poll_accept(cx).is_ready())).await;
                wakes.acquire().await.unwrap().forget();
                sending.send_data(Bytes::from("two"), true).unwrap();
            }
            while let Some(Ok((_, respond))) = connection.accept().await {
                answer(respond, "hello");
            }
        }
    })
    .await;
    let limits = Timeouts { gap: Duration::from_secs(60), ..Timeouts::default() };
    let (client, to) = (client(), to(address, limits));
    let mut first = client.send(&to, get("/")).await.unwrap().into_body();
    assert_eq!(first.frame().await.unwrap().unwrap().into_data().unwrap(), "one ");
    let limit = Duration::from_secs(5);
    let error = client.send_within(&to, get("/"), limit).await.unwrap_err();
    assert_eq!((error.kind(), connections.load(Ordering::SeqCst)), (ErrorKind::HeadTimeout, 1));
    let other = client.send_within(&to, get("/"), limit).await.unwrap();
    assert_eq!(connections.load(Ordering::SeqCst), 2, "another connection is opened");
    wakes.add_permits(1);
    assert_eq!(first.collect().await.unwrap().to_bytes(), "two", "what is under way goes on");
    // It has been heard of, and carries fewer requests than the other one, whose answer is held.
    assert_eq!(text(client.send_within(&to, get("/"), limit).await.unwrap()).await, "hello");
    assert_eq!(connections.load(Ordering::SeqCst), 2);
    drop(other);
}
