//! What a failed call says, and whether it may be made again.

use std::error::Error as _;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::Frame;
use net::{Destination, Error, ErrorKind, Guard, Options, Retry};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::server::{self, client, full, get, to, with};

/// The answer of a server that reads a request, sends these bytes and closes.
async fn answered(bytes: &'static [u8]) -> Result<Response<net::Incoming>, Error> {
    let (address, _) = server::serving(move |mut tcp| async move {
        let mut request = [0; 1024];
        let _read = tcp.read(&mut request).await.unwrap();
        tcp.write_all(bytes).await.unwrap();
    })
    .await;
    client().send(&to(address), get("/secret-path?key=secret-key")).await
}

fn told(error: &Error) -> (ErrorKind, Retry) {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(this) = cause {
        text += &this.to_string();
        cause = this.source();
    }
    assert!(!text.contains("secret"), "{text}");
    (error.kind(), error.retry())
}

#[tokio::test]
async fn what_a_server_does_wrong_is_told_apart() {
    for (bytes, expected) in [
        (&b""[..], (ErrorKind::Closed, Retry::IfIdempotent)),
        (b"HTTP/1.1 200 OK\r\nconte", (ErrorKind::Closed, Retry::IfIdempotent)),
        (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", (ErrorKind::Protocol, Retry::IfIdempotent)),
        (
            b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
            (ErrorKind::Protocol, Retry::IfIdempotent),
        ),
    ] {
        assert_eq!(told(&answered(bytes).await.unwrap_err()), expected, "{}", bytes.escape_ascii());
    }
}

#[tokio::test]
async fn an_answer_that_ends_too_early_is_an_error_of_its_body() {
    let response = answered(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf").await.unwrap();
    let error = response.into_body().collect().await.unwrap_err();
    assert_eq!(told(&error), (ErrorKind::Closed, Retry::IfIdempotent));
}

#[tokio::test]
async fn a_reset_is_told_from_a_close() {
    let (address, _) = server::serving(|mut tcp| async move {
        let mut request = [0; 1024];
        let _read = tcp.read(&mut request).await.unwrap();
        tcp.set_zero_linger().unwrap();
    })
    .await;
    let error = client().send(&to(address), get("/?key=secret")).await.unwrap_err();
    assert_eq!(told(&error), (ErrorKind::Reset, Retry::IfIdempotent));
}

#[tokio::test]
async fn nobody_listening_is_safe_to_try_again() {
    let (listener, address) = server::listener().await;
    drop(listener);
    let error = client().send(&to(address), get("/?key=secret")).await.unwrap_err();
    assert_eq!(told(&error), (ErrorKind::Connect, Retry::Safe));
    assert_eq!(error.to_string(), format!("no connection could be made (`{address}`)"));
}

#[tokio::test]
async fn a_name_without_address_is_told() {
    // RFC 6761 6.4: names under `invalid` never resolve.
    let url = "http://nowhere.invalid".parse().unwrap();
    let destination = Destination::new(&url, Options::default()).unwrap();
    let error = client().send(&destination, get("/")).await.unwrap_err();
    assert_eq!(told(&error), (ErrorKind::Dns, Retry::Safe));
}

#[tokio::test]
async fn a_guarded_destination_does_not_reach_this_machine() {
    let (address, connections) = server::http(|_| async { Response::new(full("hello")) }).await;
    for url in [format!("http://{address}"), format!("http://localhost:{}", address.port())] {
        let options = Options { guard: Some(Guard::default()), ..Options::default() };
        let destination = Destination::new(&url.parse().unwrap(), options).unwrap();
        let error = client().send(&destination, get("/")).await.unwrap_err();
        assert_eq!(told(&error), (ErrorKind::Guarded, Retry::Never), "{url}");
    }
    assert_eq!(connections.load(std::sync::atomic::Ordering::SeqCst), 0);
    let guard = Some(Guard { allow_loopback: true, ..Guard::default() });
    let allowed = with(address, Options { guard, ..Options::default() });
    client().send(&allowed, get("/")).await.unwrap();
}

#[tokio::test]
async fn a_body_that_fails_is_not_the_servers_fault() {
    let (address, _) = server::http(|request| async move {
        let _read = request.into_body().collect().await;
        Response::new(full("hello"))
    })
    .await;
    let frames = futures_util::stream::iter([
        Ok(Frame::data(Bytes::from("half"))),
        Err(std::io::Error::other("the caller went away")),
    ]);
    let request = Request::post("/").body(StreamBody::new(frames).boxed()).unwrap();
    let error = client().send(&to(address), request).await.unwrap_err();
    assert_eq!(told(&error), (ErrorKind::RequestBody, Retry::Never));
}
