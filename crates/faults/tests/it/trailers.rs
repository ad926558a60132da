//! Trailers pass through the gateway in both directions, whatever either side speaks (RFC 9110 section 6.5); and when a model
//! breaks off before its own, nobody sees an end.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, HeaderValue, Request, Response, Version};
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use parking_lot::Mutex;
use tokio::net::{TcpListener, TcpStream};

use crate::harness::{Api, Folder, Gateway};
use crate::process::Held;

type Frames = stream::Iter<std::array::IntoIter<Result<Frame<Bytes>, Infallible>, 2>>;

fn body(name: &'static str) -> StreamBody<Frames> {
    let mut trailers = HeaderMap::new();
    trailers.insert(name, HeaderValue::from_static("1"));
    StreamBody::new(stream::iter([Ok(Frame::data(Bytes::from("body"))), Ok(Frame::trailers(trailers))]))
}

/// A backend that answers with a trailer and notes those that come.
struct Backend {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<HeaderMap>>>,
}

impl Backend {
    async fn start(version: Version) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let (address, seen) = (listener.local_addr().expect("an address"), Arc::default());
        let noted = Arc::clone(&seen);
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                let noted: Arc<Mutex<Vec<HeaderMap>>> = Arc::clone(&noted);
                let service = service_fn(move |request: Request<Incoming>| {
                    let noted = Arc::clone(&noted);
                    async move {
                        let whole = request.into_body().collect().await?;
                        noted.lock().push(whole.trailers().cloned().unwrap_or_default());
                        let answer = Response::builder().header("trailer", "x-answered");
                        Ok::<_, hyper::Error>(answer.body(body("x-answered")).expect("an answer"))
                    }
                });
                let io = TokioIo::new(tcp);
                if version == Version::HTTP_2 {
                    let http = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
                    tokio::spawn(http.serve_connection(io, service));
                } else {
                    tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(io, service));
                }
            }
        });
        Self { address, seen }
    }
}

/// The body of an answer and its trailers.
async fn call(to: SocketAddr, path: &str, version: Version) -> (Bytes, HeaderMap) {
    let tcp = TokioIo::new(TcpStream::connect(to).await.expect("a connection"));
    let request = Request::post(format!("http://{to}{path}")).header("host", to.to_string());
    let request = request.header("te", "trailers").header("trailer", "x-asked");
    let request = request.body(body("x-asked")).expect("a request");
    let response = if version == Version::HTTP_2 {
        let opened = hyper::client::conn::http2::handshake(TokioExecutor::new(), tcp).await;
        let (mut sender, connection) = opened.expect("HTTP/2");
        tokio::spawn(connection);
        sender.send_request(request).await
    } else {
        let (mut sender, connection) = hyper::client::conn::http1::handshake(tcp).await.expect("HTTP/1.1");
        tokio::spawn(connection);
        sender.send_request(request).await
    };
    let whole = response.expect("an answer").into_body().collect().await.expect("a whole answer");
    let trailers = whole.trailers().cloned().unwrap_or_default();
    (whole.to_bytes(), trailers)
}

fn policy(version: Version) -> String {
    let version = if version == Version::HTTP_2 { "2" } else { "1" };
    format!(
        "<policies><inbound><base /></inbound><backend><forward-request http-version=\"{version}\" /></backend>\
         <outbound><base /></outbound><on-error><base /></on-error></policies>"
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trailers_pass_whatever_either_side_speaks() {
    for of_backend in [Version::HTTP_11, Version::HTTP_2] {
        let backend = Backend::start(of_backend).await;
        let api = Api::new("one").to(&format!("http://{}", backend.address)).policy(policy(of_backend));
        let gateway = Gateway::serving(Folder::new().api(&api)).await;
        let before = Held::at_rest(&gateway).await;
        for of_caller in [Version::HTTP_11, Version::HTTP_2] {
            let told = format!("{of_caller:?} to {of_backend:?}");
            let (bytes, trailers) = call(gateway.address, "/one", of_caller).await;
            assert_eq!(bytes, "body", "{told}");
            assert_eq!(trailers.get("x-answered"), Some(&HeaderValue::from_static("1")), "{told}");
            let seen = backend.seen.lock().pop().expect("a request");
            assert_eq!(seen.get("x-asked"), Some(&HeaderValue::from_static("1")), "{told}");
        }
        before.and_kept(1).again(&gateway).await;
    }
}
