//! What is said of one stream stays with it: trailers, resets, the end of an HTTP/2 connection.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::Frame;
use net::{ErrorKind, HttpVersion, Options, Retry};
use tokio::sync::mpsc;

use crate::server::{self, Body, client, full, get, text, with};

fn trailers(name: &'static str) -> HeaderMap {
    [(http::HeaderName::from_static(name), HeaderValue::from_static("checked"))].into_iter().collect()
}

fn with_trailers(name: &'static str) -> Body {
    let frames = [Ok(Frame::data(Bytes::from("body"))), Ok(Frame::trailers(trailers(name)))];
    StreamBody::new(futures_util::stream::iter(frames)).boxed()
}

/// RFC 9110 6.5: trailers of requests and answers, over both versions.
#[tokio::test]
async fn trailers_pass_both_ways() {
    for version in [HttpVersion::Http1, HttpVersion::Http2] {
        let (address, _) = server::http(|request| async move {
            let came = request.into_body().collect().await.unwrap();
            assert_eq!(came.trailers(), Some(&trailers("x-asked")));
            Response::builder().header("trailer", "x-answered").body(with_trailers("x-answered")).unwrap()
        })
        .await;
        let request = Request::post("/").header("te", "trailers").header("trailer", "x-asked");
        let request = request.body(with_trailers("x-asked")).unwrap();
        let to = with(address, Options { version, ..Options::default() });
        let response = client().send(&to, request).await.unwrap();
        let whole = response.into_body().collect().await.unwrap();
        assert_eq!(whole.trailers(), Some(&trailers("x-answered")), "{version:?}");
        assert_eq!(whole.to_bytes(), "body");
    }
}

/// A slow caller has a few pieces wait: of streams, small ones, also on a connection that was quick before.
#[tokio::test]
async fn pieces_of_an_answer_are_small_and_those_of_a_stream_smaller() {
    const LENGTH: usize = 512 * 1024;
    let (address, connections) = server::http(|request| async move {
        let bytes = Bytes::from(vec![b'x'; LENGTH]);
        Response::new(match request.uri().path() {
            "/sized" => http_body_util::Full::new(bytes).map_err(|never| match never {}).boxed(),
            _ => StreamBody::new(futures_util::stream::iter([Ok(Frame::data(bytes))])).boxed(),
        })
    })
    .await;
    let client = client();
    for (path, most) in [("/sized", 16 * 1024), ("/stream", 8 * 1024), ("/sized", 16 * 1024)] {
        let mut body = client.send(&server::to(address), get(path)).await.unwrap().into_body();
        let mut length = 0;
        while let Some(frame) = body.frame().await {
            let piece = frame.unwrap().into_data().unwrap().len();
            assert!(piece <= most, "{path}: {piece}");
            length += piece;
        }
        assert_eq!(length, LENGTH);
    }
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}

/// An HTTP/2 server that a test drives itself; `serve` gets each connection and its number.
async fn http2<F, T>(serve: F) -> (SocketAddr, Arc<AtomicUsize>)
where
    F: Fn(h2::server::Connection<tokio::net::TcpStream, Bytes>, usize) -> T + Clone + Send + Sync + 'static,
    T: Future<Output = ()> + Send + 'static,
{
    let numbers = Arc::new(AtomicUsize::new(0));
    server::serving(move |tcp| {
        let (serve, number) = (serve.clone(), numbers.fetch_add(1, Ordering::SeqCst));
        async move { serve(h2::server::handshake(tcp).await.unwrap(), number).await }
    })
    .await
}

fn http2_options() -> Options {
    Options { version: HttpVersion::Http2, ..Options::default() }
}

/// RFC 9113 6.8: after GOAWAY no new stream is begun on the connection; those that run go on.
#[tokio::test]
async fn a_connection_that_says_goodbye_takes_no_further_request() {
    let (address, connections) = http2(|mut connection, number| async move {
        let mut held = None;
        while let Some(Ok((request, mut respond))) = connection.accept().await {
            let path = request.uri().path().to_owned();
            let mut body = respond.send_response(Response::new(()), false).unwrap();
            if path == "/long" {
                // Told on the first connection only: nothing new here.
                assert_eq!(number, 0);
                connection.graceful_shutdown();
                held = Some(body);
                continue;
            }
            body.send_data(Bytes::from(format!("on {number}")), true).unwrap();
            if let Some(mut held) = held.take() {
                held.send_data(Bytes::from("late"), true).unwrap();
            }
        }
    })
    .await;
    let (client, to) = (client(), with(address, http2_options()));
    let long = client.send(&to, get("/long")).await.unwrap();
    assert_eq!(text(client.send(&to, get("/")).await.unwrap()).await, "on 1");
    assert_eq!(connections.load(Ordering::SeqCst), 2);
    drop(long);
}

/// RFC 9113 8.7: a refused stream was not processed.
#[tokio::test]
async fn a_refused_stream_is_safe_to_send_again() {
    for (reason, expected) in [
        (h2::Reason::REFUSED_STREAM, (ErrorKind::Reset, Retry::Safe)),
        (h2::Reason::INTERNAL_ERROR, (ErrorKind::Reset, Retry::IfIdempotent)),
        (h2::Reason::HTTP_1_1_REQUIRED, (ErrorKind::Protocol, Retry::Never)),
    ] {
        let (address, _) = http2(move |mut connection, _| async move {
            while let Some(Ok((_, mut respond))) = connection.accept().await {
                respond.send_reset(reason);
            }
        })
        .await;
        let error = client().send(&with(address, http2_options()), get("/")).await.unwrap_err();
        assert_eq!((error.kind(), error.retry()), expected);
    }
}

/// An answer that is reset is broken, not complete.
#[tokio::test]
async fn a_reset_within_an_answer_breaks_it() {
    let read = Arc::new(tokio::sync::Notify::new());
    let was_read = Arc::clone(&read);
    let (address, _) = http2(move |mut connection, _| {
        let read = Arc::clone(&was_read);
        async move {
            while let Some(Ok((_, mut respond))) = connection.accept().await {
                let mut body = respond.send_response(Response::new(()), false).unwrap();
                body.send_data(Bytes::from("half"), false).unwrap();
                let read = Arc::clone(&read);
                tokio::spawn(async move {
                    read.notified().await;
                    body.send_reset(h2::Reason::CANCEL);
                });
            }
        }
    })
    .await;
    let mut response = client().send(&with(address, http2_options()), get("/")).await.unwrap();
    assert_eq!(response.body_mut().frame().await.unwrap().unwrap().into_data().unwrap(), "half");
    read.notify_one();
    let error = response.into_body().collect().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Reset);
}

/// Leaving while the body is on its way, and while the answer is awaited, resets the stream and nothing else.
#[tokio::test]
async fn leaving_resets_the_stream_and_keeps_the_connection() {
    let (sender, mut receiver) = mpsc::channel(4);
    let (address, connections) = http2(move |mut connection, _| {
        let sender = sender.clone();
        async move {
            while let Some(Ok((request, mut respond))) = connection.accept().await {
                let sender = sender.clone();
                tokio::spawn(async move {
                    if request.uri().path() == "/left" {
                        sender.send(None).await.unwrap();
                        let why = std::future::poll_fn(|cx| respond.poll_reset(cx)).await.unwrap();
                        sender.send(Some(why)).await.unwrap();
                        return;
                    }
                    respond.send_response(Response::new(()), true).unwrap();
                });
            }
        }
    })
    .await;
    let (client, to) = (client(), with(address, http2_options()));
    for is_uploading in [false, true] {
        let body = if is_uploading { server::never() } else { full("body") };
        let request = Request::post("/left").body(body).unwrap();
        let (calling, there) = (client.clone(), to.clone());
        let call = tokio::spawn(async move { calling.send(&there, request).await.map(drop) });
        assert_eq!(receiver.recv().await, Some(None));
        call.abort();
        assert_eq!(receiver.recv().await, Some(Some(h2::Reason::CANCEL)), "{is_uploading}");
        client.send(&to, get("/")).await.unwrap();
    }
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}

/// A reader that stops: the server can send no more than the windows hold.
#[tokio::test]
async fn a_slow_reader_stops_the_server() {
    for version in [HttpVersion::Http1, HttpVersion::Http2] {
        let sent = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&sent);
        let (address, _) = server::http(move |_| {
            let counted = Arc::clone(&counted);
            let frames = futures_util::stream::unfold(counted, |counted| async move {
                counted.fetch_add(16 * 1_024, Ordering::SeqCst);
                Some((Ok(Frame::data(Bytes::from_static(&[b'x'; 16 * 1_024]))), counted))
            });
            async move { Response::new(StreamBody::new(frames).boxed()) }
        })
        .await;
        let client = client();
        let mut response =
            client.send(&with(address, Options { version, ..Options::default() }), get("/")).await.unwrap();
        response.body_mut().frame().await.unwrap().unwrap();
        let mut before = 0;
        // Until nothing more is taken.
        while sent.load(Ordering::SeqCst) != before {
            before = sent.load(Ordering::SeqCst);
            for _ in 0..1_000 {
                tokio::task::yield_now().await;
            }
        }
        // Both sockets' buffers take the most of it; ours is a fraction of a megabyte.
        assert!(before < 16 * 1_024 * 1_024, "{version:?}: {before}");
    }
}
