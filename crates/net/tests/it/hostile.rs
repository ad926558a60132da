//! Servers that break the rules of HTTP: every call ends with an error that names it, in bounded time and memory, and
//! nothing that a server sends too much is taken for the answer to another call.

use std::sync::atomic::Ordering;
use std::time::Duration;

use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use net::{Client, ErrorKind, Options, Timeouts};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::server::{self, Body, client, empty, full, text, to, with};

/// How a call ends.
#[derive(Debug, PartialEq, Eq)]
enum Ends {
    /// With no head.
    NoHead(ErrorKind),
    /// Within the body, after so much of it.
    Broken(String, ErrorKind),
    /// With this whole body.
    Whole(u16, String),
}

async fn ended(client: &Client<Body>, address: std::net::SocketAddr, request: Request<Body>) -> Ends {
    let response = match client.send(&to(address), request).await {
        Ok(response) => response,
        Err(error) => return Ends::NoHead(error.kind()),
    };
    let status = response.status().as_u16();
    let (mut body, mut read) = (response.into_body(), Vec::new());
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => read.extend_from_slice(&frame.into_data().unwrap_or_default()),
            Err(error) => return Ends::Broken(String::from_utf8(read).unwrap(), error.kind()),
        }
    }
    Ends::Whole(status, String::from_utf8(read).unwrap())
}

async fn read_head(tcp: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(tcp.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

/// A server that reads a head, sends these bytes and closes.
async fn says(bytes: &'static str) -> std::net::SocketAddr {
    let (address, _) = server::serving(move |mut tcp| async move {
        let _head = read_head(&mut tcp).await;
        let _sent = tcp.write_all(bytes.as_bytes()).await;
    })
    .await;
    address
}

/// RFC 9112: 2.2 (message parsing), 5.1 (no blank before the colon), 5.2 (obs-fold), 6.3 (length), 7.1 (chunks), 8
/// (incomplete messages).
#[tokio::test]
async fn broken_answers_are_told_from_whole_ones() {
    use ErrorKind::{Closed, Protocol};
    let broken = |text: &str, kind| Ends::Broken(text.to_owned(), kind);
    let whole = |status, text: &str| Ends::Whole(status, text.to_owned());
    for (bytes, expected) in [
        ("", Ends::NoHead(Closed)),
        ("HTTP/1.1 2", Ends::NoHead(Closed)),
        ("hello", Ends::NoHead(Protocol)),
        ("\u{0}\u{1}\u{2}\u{3}", Ends::NoHead(Protocol)),
        ("HTTP/1.1 2000 OK\r\n\r\n", Ends::NoHead(Protocol)),
        ("HTTP/1.1 200 OK\r\nbad name: 1\r\n\r\n", Ends::NoHead(Protocol)),
        ("HTTP/1.1 200 OK\r\nx: a\r\n folded\r\ncontent-length: 0\r\n\r\n", Ends::NoHead(Protocol)),
        ("HTTP/1.1 200 OK\r\nx: a\u{0}b\r\n\r\n", Ends::NoHead(Protocol)),
        ("HTTP/1.1 200 OK\r\nx: a\rb\r\n\r\n", Ends::NoHead(Protocol)),
        ("HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab", Ends::NoHead(Protocol)),
        ("HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\nab", Ends::NoHead(Protocol)),
        ("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab", broken("ab", Closed)),
        ("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nab and more", whole(200, "ab")),
        // Chunked wins over a length (RFC 9112 6.3).
        (
            "HTTP/1.1 200 OK\r\ncontent-length: 9\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",
            whole(200, "ab"),
        ),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n", broken("ab", Closed)),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nab\r\n", broken("", Protocol)),
        (
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\nab\r\n",
            broken("", Protocol),
        ),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nabXX0\r\n\r\n", broken("ab", Protocol)),
        (
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nx-trailer: ha",
            broken("ab", Closed),
        ),
        // Until the connection closes, where nothing says how long it is.
        ("HTTP/1.1 200 OK\r\n\r\nab", whole(200, "ab")),
        ("HTTP/1.0 200 OK\r\n\r\nab", whole(200, "ab")),
        // These have no body whatever they say (RFC 9112 6.3).
        ("HTTP/1.1 204 No Content\r\ncontent-length: 2\r\n\r\nab", whole(204, "")),
        ("HTTP/1.1 304 Not Modified\r\ncontent-length: 2\r\n\r\nab", whole(304, "")),
        (
            "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nab",
            whole(200, "ab"),
        ),
    ] {
        let address = says(bytes).await;
        let request = Request::get("/").body(empty()).unwrap();
        let ended = ended(&client(), address, request).await;
        assert_eq!(ended, expected, "{}", bytes.escape_debug());
    }
}

/// A server that sends `first`, then `again` until the client has had enough.
async fn endlessly(first: &'static str, again: &'static str) -> std::net::SocketAddr {
    let (address, _) = server::serving(move |mut tcp| async move {
        let _head = read_head(&mut tcp).await;
        let _sent = tcp.write_all(first.as_bytes()).await;
        let piece = again.repeat(1_000);
        while tcp.write_all(piece.as_bytes()).await.is_ok() {}
    })
    .await;
    address
}

#[tokio::test]
async fn heads_and_trailers_without_end_are_refused() {
    for (first, again, expected) in [
        ("HTTP/1.1 200 OK\r\n", "x-header: value\r\n", Ends::NoHead(ErrorKind::Protocol)),
        ("HTTP/1.1 200 OK\r\nx: ", "aaaaaaaaaaaaaaaa", Ends::NoHead(ErrorKind::Protocol)),
        ("HTTP/1.1 200 ", "OK ", Ends::NoHead(ErrorKind::Protocol)),
        (
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;",
            "extension",
            Ends::Broken(String::new(), ErrorKind::Protocol),
        ),
        (
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n",
            "x-trailer: value\r\n",
            Ends::Broken(String::new(), ErrorKind::Protocol),
        ),
    ] {
        let address = endlessly(first, again).await;
        let request = Request::get("/").body(empty()).unwrap();
        let ended = ended(&client(), address, request).await;
        assert_eq!(ended, expected, "{} {}", first.escape_debug(), again.escape_debug());
    }
}

/// The length of a chunk may have any number of zeros before it (RFC 9112 7.1): that is silence, for nothing comes of it.
#[tokio::test]
async fn a_chunk_that_never_begins_is_silence() {
    let address = endlessly("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", "0").await;
    let timeouts = Timeouts { gap: Duration::from_millis(100), ..Timeouts::default() };
    let to = with(address, Options { timeouts, ..Options::default() });
    let request = Request::get("/").body(empty()).unwrap();
    let response = client().send(&to, request).await.unwrap();
    assert_eq!(response.into_body().collect().await.unwrap_err().kind(), ErrorKind::GapTimeout);
}

/// What follows an answer belongs to nobody: neither to it nor to the next one.
#[tokio::test]
async fn bytes_behind_an_answer_are_not_the_next_answer() {
    let smuggled = "HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\nsmuggled";
    for (method, answer) in [
        ("GET", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"),
        ("GET", "HTTP/1.1 204 No Content\r\n\r\n"),
        ("GET", "HTTP/1.1 304 Not Modified\r\n\r\n"),
        ("HEAD", "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n"),
        ("GET", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"),
    ] {
        for is_apart in [false, true] {
            let (address, connections) = server::serving(move |mut tcp| async move {
                let mut number = 0;
                loop {
                    let mut byte = [0];
                    if tcp.read(&mut byte).await.unwrap_or(0) == 0 {
                        return;
                    }
                    let head = read_head(&mut tcp).await;
                    number += 1;
                    if head.contains("second") {
                        let honest = "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nhonest";
                        let _sent = tcp.write_all(honest.as_bytes()).await;
                        continue;
                    }
                    assert_eq!(number, 1);
                    let _sent = tcp.write_all(answer.as_bytes()).await;
                    if is_apart {
                        tokio::task::yield_now().await;
                    }
                    let _sent = tcp.write_all(smuggled.as_bytes()).await;
                }
            })
            .await;
            let client = client();
            let request = Request::builder().method(method).uri("/first").body(empty()).unwrap();
            let _first = ended(&client, address, request).await;
            while client.idle_connections() > 0 && is_apart {
                tokio::task::yield_now().await;
            }
            let request = Request::get("/second").body(empty()).unwrap();
            let second = ended(&client, address, request).await;
            assert_eq!(second, Ends::Whole(200, "honest".to_owned()), "{method} {answer}");
            assert_eq!(connections.load(Ordering::SeqCst), 2, "{method} {answer}");
        }
    }
}

/// Interim answers are passed over; there may be many of them.
#[tokio::test]
async fn interim_answers_do_not_pile_up() {
    let (address, _) = server::serving(|mut tcp| async move {
        let _head = read_head(&mut tcp).await;
        let hints = "HTTP/1.1 103 Early Hints\r\nlink: </style.css>\r\n\r\n".repeat(100);
        for _ in 0..200 {
            tcp.write_all(hints.as_bytes()).await.unwrap();
        }
        tcp.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.unwrap();
    })
    .await;
    let request = Request::get("/").body(empty()).unwrap();
    assert_eq!(ended(&client(), address, request).await, Ends::Whole(200, "ok".to_owned()));
}

/// The answer comes before the request's body is sent: it is had at once and whole, the sending ends, and the connection is
/// not used again.
#[tokio::test]
async fn an_answer_may_come_before_the_body_is_sent() {
    let (address, connections) = server::serving(|mut tcp| async move {
        let _head = read_head(&mut tcp).await;
        tcp.write_all(b"HTTP/1.1 413 Content Too Large\r\ncontent-length: 4\r\n\r\nbig!").await.unwrap();
        let mut sink = vec![0; 64 * 1024];
        while tcp.read(&mut sink).await.is_ok_and(|read| read > 0) {}
    })
    .await;
    let client = client();
    let frames = futures_util::stream::unfold((), |()| async {
        tokio::task::yield_now().await;
        Some((Ok(hyper::body::Frame::data(bytes::Bytes::from_static(&[b'x'; 1_024]))), ()))
    });
    let body = http_body_util::StreamBody::new(frames).boxed();
    let response = client.send(&to(address), Request::post("/").body(body).unwrap()).await.unwrap();
    assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(text(response).await, "big!");
    let next = Request::post("/").body(full("next")).unwrap();
    assert_eq!(ended(&client, address, next).await, Ends::Whole(413, "big!".to_owned()));
    assert_eq!(connections.load(Ordering::SeqCst), 2);
}
