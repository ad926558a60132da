//! Each stage of a call has a time of its own, and an error that names it.

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, Full};
use net::{Client, ClientSettings, Destination, ErrorKind, Options, Timeouts};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::Instant;

use crate::server::{self, client, get, with};

fn timeouts() -> Timeouts {
    Timeouts {
        tls: Duration::from_secs(7),
        sending: Duration::from_secs(20),
        gap: Duration::from_secs(30),
        ..Timeouts::default()
    }
}

fn options() -> Options {
    Options { timeouts: timeouts(), ..Options::default() }
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_hangs_is_ended() {
    let (listener, address) = server::listener().await;
    let url = format!("https://{address}").parse().unwrap();
    let validation = net::Validation { chain: false, name: false };
    let settings = net::TlsSettings { validation, ..net::TlsSettings::default() };
    let tls = net::Tls::new(settings, net::Roots::system()).unwrap();
    let destination = Destination::new(&url, Options { tls, ..options() }).unwrap();
    let before = Instant::now();
    let error = client().send(&destination, get("/")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TlsTimeout);
    assert_eq!(before.elapsed(), timeouts().tls);
    drop(listener);
}

/// The queue of a listener that nobody accepts from is full: further connections are not answered.
#[tokio::test]
async fn a_connection_that_hangs_is_ended() {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let connect = Duration::from_millis(100);
    let timeouts = Timeouts { connect, ..Timeouts::default() };
    let to = with(address, Options { timeouts, ..Options::default() });
    let mut fill = Vec::new();
    for _ in 0..8 {
        let connecting = tokio::net::TcpStream::connect(address);
        fill.push(tokio::time::timeout(Duration::from_millis(50), connecting).await);
    }
    let error = client().send(&to, get("/")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectTimeout);
}

/// A server that sends this, then nothing, and keeps the connection.
async fn silent_after(bytes: &'static [u8]) -> std::net::SocketAddr {
    let (address, _) = server::serving(move |mut tcp| async move {
        let mut request = [0; 1024];
        let _read = tcp.read(&mut request).await.unwrap();
        tcp.write_all(bytes).await.unwrap();
        let _closed = tcp.read(&mut request).await;
    })
    .await;
    address
}

/// Answers at once as often as this, then never.
async fn answering(times: usize) -> std::net::SocketAddr {
    let (address, _) = server::serving(move |mut tcp| async move {
        let mut request = [0; 1024];
        for _ in 0..times {
            let _read = tcp.read(&mut request).await.unwrap();
            tcp.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.unwrap();
        }
        while tcp.read(&mut request).await.is_ok_and(|read| read > 0) {}
    })
    .await;
    address
}

/// The wait for a head is bounded on a new connection and on a kept one, whatever the limit of the request before was.
#[tokio::test(start_paused = true)]
async fn a_head_that_does_not_come_in_time_is_given_up() {
    for (before, own) in [(None, 10), (Some(5), 30), (Some(300), 10), (Some(10), 10)] {
        let client = client();
        let to = with(answering(before.iter().len()).await, options());
        if let Some(limit) = before {
            let first = client.send_within(&to, get("/"), Duration::from_secs(limit)).await.unwrap();
            assert_eq!(first.into_body().collect().await.unwrap().to_bytes(), "ok");
            tokio::time::sleep(Duration::from_secs(3)).await;
        }
        let begun = Instant::now();
        let sent = client.send_within(&to, get("/"), Duration::from_secs(own)).await;
        let error = sent.unwrap_err();
        assert_eq!((error.kind(), begun.elapsed().as_secs()), (ErrorKind::HeadTimeout, own), "{before:?}");
        assert!(error.is_timeout());
        let count = client.failures().into_iter().find(|(kind, _)| *kind == ErrorKind::HeadTimeout);
        assert_eq!(count, Some((ErrorKind::HeadTimeout, 1)));
        tokio::task::yield_now().await;
        assert_eq!((client.requests(), client.idle_connections()), (0, 0), "its connection is gone");
    }
}

/// The limit is the head's: a kept connection is good for a long answer, and for another request after it.
#[tokio::test(start_paused = true)]
async fn a_body_may_take_longer_than_a_head() {
    let (address, _) = server::serving(|mut tcp| async move {
        // The clock of the test does not wait for acknowledgements.
        tcp.set_nodelay(true).unwrap();
        let mut request = [0; 1024];
        while tcp.read(&mut request).await.is_ok_and(|read| read > 0) {
            tcp.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\no").await.unwrap();
            tokio::time::sleep(Duration::from_secs(20)).await;
            tcp.write_all(b"k").await.unwrap();
        }
    })
    .await;
    let (client, to) = (client(), with(address, options()));
    for _ in 0..3 {
        let answer = client.send_within(&to, get("/"), Duration::from_secs(7)).await.unwrap();
        assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), "ok");
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_stops_is_ended_after_the_gap() {
    let address = silent_after(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf").await;
    let client = client();
    let mut response = client.send(&with(address, options()), get("/")).await.unwrap();
    assert_eq!(response.body_mut().frame().await.unwrap().unwrap().into_data().unwrap(), "half");
    let before = Instant::now();
    let error = response.body_mut().frame().await.unwrap().unwrap_err();
    assert_eq!((error.kind(), before.elapsed()), (ErrorKind::GapTimeout, timeouts().gap));
    assert!(error.is_timeout());
    assert!(response.body_mut().frame().await.is_none());
}

/// A byte a second is no silence; the time in which nobody reads is not the server's.
#[tokio::test(start_paused = true)]
async fn only_silence_that_somebody_waits_for_counts() {
    let (address, _) = server::serving(|mut tcp| async move {
        let mut request = [0; 1024];
        let _read = tcp.read(&mut request).await.unwrap();
        tcp.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n").await.unwrap();
        for _ in 0..4 {
            tokio::time::sleep(Duration::from_secs(29)).await;
            tcp.write_all(b"x").await.unwrap();
        }
        let _closed = tcp.read(&mut request).await;
    })
    .await;
    let client = client();
    let mut response = client.send(&with(address, options()), get("/")).await.unwrap();
    for round in 0..4 {
        let frame = response.body_mut().frame().await.unwrap().unwrap();
        assert_eq!(frame.into_data().unwrap(), "x");
        if round == 2 {
            // A reader that is slow.
            tokio::time::sleep(Duration::from_secs(28)).await;
        }
    }
    assert!(response.body_mut().frame().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn an_answer_may_have_a_time_in_all() {
    let (address, _) = server::serving(|mut tcp| async move {
        let mut request = [0; 1024];
        let _read = tcp.read(&mut request).await.unwrap();
        tcp.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await.unwrap();
        while tcp.write_all(b"1\r\nx\r\n").await.is_ok() {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    })
    .await;
    let timeouts = Timeouts { total: Some(Duration::from_secs(100)), ..timeouts() };
    let client = client();
    let before = Instant::now();
    let response = client.send(&with(address, Options { timeouts, ..options() }), get("/")).await.unwrap();
    let error = response.into_body().collect().await.unwrap_err();
    assert_eq!((error.kind(), before.elapsed().as_secs()), (ErrorKind::TotalTimeout, 100));
}

#[tokio::test]
async fn a_server_that_takes_no_bytes_is_given_up() {
    let (address, _) = server::serving(|tcp| async move {
        let _held = tcp;
        std::future::pending().await
    })
    .await;
    let client: Client<Full<Bytes>> = Client::new(ClientSettings::default());
    let timeouts = Timeouts { sending: Duration::from_millis(100), ..timeouts() };
    let to = with(address, Options { timeouts, ..Options::default() });
    let body = Full::new(Bytes::from(vec![b'x'; 64 * 1024 * 1024]));
    let error = client.send(&to, Request::post("/").body(body).unwrap()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SendingTimeout);
}
