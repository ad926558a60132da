//! Servers that tests talk to.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Empty, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use net::{Client, ClientSettings, Destination, Options};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

pub(crate) type Body = http_body_util::combinators::BoxBody<Bytes, std::io::Error>;

pub(crate) fn empty() -> Body {
    Empty::new().map_err(|never| match never {}).boxed()
}

pub(crate) fn full(text: &'static str) -> Body {
    Full::new(Bytes::from(text)).map_err(|never| match never {}).boxed()
}

/// A body that has a beginning and no end.
pub(crate) fn never() -> Body {
    let frames = futures_util::stream::unfold(true, |first| async move {
        if !first {
            std::future::pending::<()>().await;
        }
        Some((Ok(http_body::Frame::data(Bytes::from("first"))), false))
    });
    http_body_util::StreamBody::new(frames).boxed()
}

pub(crate) fn client() -> Client<Body> {
    Client::new(ClientSettings::default())
}

pub(crate) fn to(address: SocketAddr) -> Destination {
    with(address, Options::default())
}

pub(crate) fn with(address: SocketAddr, options: Options) -> Destination {
    Destination::new(&format!("http://{address}").parse().unwrap(), options).unwrap()
}

pub(crate) fn get(path: &str) -> Request<Body> {
    Request::get(path).body(empty()).unwrap()
}

pub(crate) async fn text(response: Response<net::Incoming>) -> String {
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A listener and its address.
pub(crate) async fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// A server that hands each connection to `serve` and counts them.
pub(crate) async fn serving<F, T>(serve: F) -> (SocketAddr, Arc<AtomicUsize>)
where
    F: Fn(TcpStream) -> T + Send + 'static,
    T: Future<Output = ()> + Send + 'static,
{
    let (listener, address) = listener().await;
    (address, serving_at(listener, serve))
}

fn serving_at<F, T>(listener: TcpListener, serve: F) -> Arc<AtomicUsize>
where
    F: Fn(TcpStream) -> T + Send + 'static,
    T: Future<Output = ()> + Send + 'static,
{
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(serve(tcp));
        }
    });
    count
}

/// An HTTP/1.1 and HTTP/2 server that answers by `answer`.
pub(crate) async fn http<F, T>(answer: F) -> (SocketAddr, Arc<AtomicUsize>)
where
    F: Fn(Request<Incoming>) -> T + Clone + Send + 'static,
    T: Future<Output = Response<Body>> + Send + 'static,
{
    let (listener, address) = listener().await;
    (address, http_at(listener, answer))
}

/// The same on a listener that is there.
pub(crate) fn http_at<F, T>(listener: TcpListener, answer: F) -> Arc<AtomicUsize>
where
    F: Fn(Request<Incoming>) -> T + Clone + Send + 'static,
    T: Future<Output = Response<Body>> + Send + 'static,
{
    serving_at(listener, move |tcp| {
        let answer = answer.clone();
        async move {
            let service = service_fn(move |request| {
                let answering = answer(request);
                async move { Ok::<_, std::convert::Infallible>(answering.await) }
            });
            let _ended =
                auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(tcp), service).await;
        }
    })
}

/// Tells when it is dropped.
pub(crate) struct Dropped(pub(crate) mpsc::Sender<&'static str>, pub(crate) &'static str);

impl Drop for Dropped {
    fn drop(&mut self) {
        let _sent = self.0.try_send(self.1);
    }
}
