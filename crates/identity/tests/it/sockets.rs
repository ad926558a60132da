//! What only sockets show: redirects, sizes, hosts, silence.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use identity::{CallError, Outbound, Transport as _};
use net::{ClientSettings, Options};
use tokio::net::TcpListener;

const LIMIT: usize = 1_000;

/// A server that answers each path in its own way.
async fn server() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let connection = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service_fn(answer));
            tokio::spawn(async move { connection.await.ok() });
        }
    });
    address
}

async fn answer(request: Request<hyper::body::Incoming>) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let text = |text: String| Ok(Response::new(Full::new(Bytes::from(text))));
    match request.uri().path() {
        "/fits" => text("x".repeat(LIMIT)),
        "/large" => text("x".repeat(LIMIT + 1)),
        "/moved" => {
            let moved = Response::builder().status(StatusCode::FOUND).header("Location", "/fits");
            Ok(moved.body(Full::default()).unwrap())
        }
        _ => text(request.headers()["Host"].to_str().unwrap().to_owned()),
    }
}

fn get(address: SocketAddr, path: &str) -> Request<Bytes> {
    Request::get(format!("http://{address}{path}")).body(Bytes::new()).unwrap()
}

fn outbound() -> Outbound {
    // The guard is for addresses that policies make: it must not keep the gateway from its own identity endpoints.
    let options = Options { guard: Some(net::Guard::default()), ..Options::default() };
    Outbound::new(ClientSettings::default(), options)
}

#[tokio::test]
async fn answers_are_read_whole_up_to_their_limit_and_redirects_are_answers() {
    let address = server().await;
    let outbound = outbound();
    assert_eq!(outbound.call(get(address, "/fits"), LIMIT).await.unwrap().body().len(), LIMIT);
    let error = outbound.call(get(address, "/large"), LIMIT).await.unwrap_err();
    assert_eq!(error, CallError::TooLarge(LIMIT));
    assert_eq!(outbound.call(get(address, "/moved"), LIMIT).await.unwrap().status(), StatusCode::FOUND);
}

#[tokio::test]
async fn a_request_may_name_another_host_than_the_one_that_is_called() {
    let address = server().await;
    let mut request = get(address, "/host");
    request.headers_mut().insert("Host", "models.vault.azure.net".parse().unwrap());
    let answer = outbound().call(request, LIMIT).await.unwrap();
    assert_eq!(answer.body(), "models.vault.azure.net");
}

#[tokio::test]
async fn what_cannot_be_reached_is_named_by_host_and_nothing_more() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = listener.local_addr().unwrap();
    drop(listener);
    let error = outbound().call(get(closed, "/planted?planted=1"), LIMIT).await.unwrap_err();
    assert!(matches!(error, CallError::Unreachable(_)), "{error:?}");
    assert!(
        error.to_string().contains(&closed.to_string()) && !error.to_string().contains("planted"),
        "{error}"
    );
    let timeouts = net::Timeouts { connect: Duration::ZERO, ..net::Timeouts::default() };
    let options = Options { timeouts, ..Options::default() };
    let hasty = Outbound::new(ClientSettings::default(), options);
    let error = hasty.call(get(closed, "/"), LIMIT).await.unwrap_err();
    assert!(matches!(error, CallError::Unreachable(_)), "{error:?}");
    let request = Request::get("/relative").body(Bytes::new()).unwrap();
    assert!(matches!(outbound().call(request, LIMIT).await.unwrap_err(), CallError::Address(_)));
}
