//! A service behind the gateway that writes down exactly what it was sent, credentials too.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

/// What one request was.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: String,
    /// Path and query, byte for byte.
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// The certificate that the gateway showed, in DER.
    pub(crate) certificate: Option<Vec<u8>>,
}

impl Seen {
    /// The values of a header.
    pub(crate) fn header(&self, name: &str) -> Vec<&str> {
        self.headers.get_all(name).iter().map(|value| value.to_str().expect("text")).collect()
    }

    /// Everything, to search in.
    pub(crate) fn everything(&self) -> String {
        format!("{self:?}")
    }
}

type Answering = Arc<dyn Fn(&Seen) -> Response<Full<Bytes>> + Send + Sync>;

/// A running service.
pub(crate) struct Backend {
    address: SocketAddr,
    scheme: &'static str,
    seen: Arc<Mutex<Vec<Seen>>>,
    accepting: JoinHandle<()>,
}

impl fmt::Debug for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Backend({})", self.address)
    }
}

impl Backend {
    /// A service that answers everything with `200` and `echo`.
    pub(crate) async fn start() -> Self {
        Self::answering(|_| Response::new(Full::from("echo"))).await
    }

    /// A service that answers as it is told.
    pub(crate) async fn answering(
        answer: impl Fn(&Seen) -> Response<Full<Bytes>> + Send + Sync + 'static,
    ) -> Self {
        Self::run(Arc::new(answer), None).await
    }

    /// The same over TLS.
    pub(crate) async fn over_tls(config: rustls::ServerConfig) -> Self {
        let answer = |_: &Seen| Response::new(Full::from("echo"));
        Self::run(Arc::new(answer), Some(TlsAcceptor::from(Arc::new(config)))).await
    }

    async fn run(answer: Answering, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let seen = Arc::new(Mutex::new(Vec::new()));
        let scheme = if tls.is_some() { "https" } else { "http" };
        let accepting = tokio::spawn(accept(listener, Arc::clone(&seen), answer, tls));
        Self { address, scheme, seen, accepting }
    }

    pub(crate) fn url(&self) -> String {
        let host = if self.scheme == "https" { "localhost" } else { "127.0.0.1" };
        format!("{}://{host}:{}", self.scheme, self.address.port())
    }

    /// Everything it was sent so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().clone()
    }

    /// The request it was sent last.
    pub(crate) fn last(&self) -> Seen {
        self.seen.lock().last().cloned().expect("the backend was called")
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(
    listener: TcpListener,
    seen: Arc<Mutex<Vec<Seen>>>,
    answer: Answering,
    tls: Option<TlsAcceptor>,
) {
    let mut connections = JoinSet::new();
    while let Ok((tcp, _)) = listener.accept().await {
        let (seen, answer, tls) = (Arc::clone(&seen), Arc::clone(&answer), tls.clone());
        connections.spawn(async move {
            match tls {
                None => serve(tcp, None, seen, answer).await,
                Some(tls) => {
                    let Ok(stream) = tls.accept(tcp).await else { return };
                    let shown = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
                    let shown = shown.map(|certificate| certificate.to_vec());
                    serve(stream, shown, seen, answer).await;
                }
            }
        });
    }
}

async fn serve(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    certificate: Option<Vec<u8>>,
    seen: Arc<Mutex<Vec<Seen>>>,
    answer: Answering,
) {
    let service = service_fn(move |request: Request<Incoming>| {
        let (seen, answer, certificate) = (Arc::clone(&seen), Arc::clone(&answer), certificate.clone());
        async move {
            let (head, body) = request.into_parts();
            let body = body.collect().await?.to_bytes();
            let target = head.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
            let method = head.method.to_string();
            let each = Seen { method, target, headers: head.headers, body, certificate };
            let response = answer(&each);
            seen.lock().push(each);
            Ok::<_, hyper::Error>(response)
        }
    });
    let _ended =
        hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}
