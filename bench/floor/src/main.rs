//! The least that a proxy on hyper costs: it forwards, and nothing else.
//!
//! ```console
//! $ floor --listen 127.0.0.1:18103 --upstream 127.0.0.1:18080 --runtime current-thread --threads 1
//! ```
//!
//! With `--certificate FILE` and `--key FILE` it speaks TLS, and HTTP/2 with callers that want it. `--runtime current-thread` starts as many single-threaded runtimes as there are threads, each with a listener and a
//! pool of its own (`SO_REUSEPORT`); `multi-thread` starts one runtime with that many workers. No log, no metrics, no
//! limits.

use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;

use http::uri::{Authority, PathAndQuery, Scheme};
use http::{Request, Response, Uri, Version, header};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::ServerConfig;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use socket2::{Domain, Socket, Type};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio_rustls::TlsAcceptor;

type Failure = Box<dyn Error + Send + Sync>;
type Upstream = Client<HttpConnector, Incoming>;

#[derive(Clone, Debug)]
struct Settings {
    listen: SocketAddr,
    upstream: Authority,
    multi_thread: bool,
    threads: usize,
    certificate: Option<String>,
    key: Option<String>,
}

fn main() -> Result<(), Failure> {
    let settings = Settings::from_arguments(std::env::args().skip(1))?;
    if settings.multi_thread {
        let runtime = Builder::new_multi_thread().worker_threads(settings.threads).enable_all().build()?;
        // The workers do the work: the main thread only waits.
        return runtime.block_on(async { tokio::spawn(serve(settings)).await? });
    }
    let others: Vec<_> = (1..settings.threads).map(|_| start_thread(settings.clone())).collect();
    current_thread()?.block_on(serve(settings))?;
    others.into_iter().try_for_each(|other| other.join().map_err(|_| "a thread has panicked")?)
}

fn current_thread() -> Result<Runtime, std::io::Error> {
    Builder::new_current_thread().enable_all().build()
}

fn start_thread(settings: Settings) -> thread::JoinHandle<Result<(), Failure>> {
    thread::spawn(move || current_thread()?.block_on(serve(settings)))
}

impl Settings {
    fn from_arguments(mut arguments: impl Iterator<Item = String>) -> Result<Self, Failure> {
        let (mut listen, mut upstream, mut multi_thread, mut threads) = (None, None, false, 1);
        let (mut certificate, mut key) = (None, None);
        while let Some(name) = arguments.next() {
            let value = arguments.next().ok_or_else(|| format!("`{name}` needs a value"))?;
            match (name.as_str(), value.as_str()) {
                ("--listen", address) => listen = Some(address.parse()?),
                ("--upstream", address) => upstream = Some(address.parse()?),
                ("--runtime", "current-thread") => multi_thread = false,
                ("--runtime", "multi-thread") => multi_thread = true,
                ("--threads", number) => threads = number.parse()?,
                ("--certificate", file) => certificate = Some(file.to_owned()),
                ("--key", file) => key = Some(file.to_owned()),
                _ => return Err(format!("`{name} {value}` means nothing").into()),
            }
        }
        let listen = listen.ok_or("`--listen` is missing")?;
        let upstream = upstream.ok_or("`--upstream` is missing")?;
        Ok(Self { listen, upstream, multi_thread, threads, certificate, key })
    }
}

impl Settings {
    fn acceptor(&self) -> Result<Option<TlsAcceptor>, Failure> {
        let (Some(certificate), Some(key)) = (&self.certificate, &self.key) else { return Ok(None) };
        let chain = CertificateDer::pem_file_iter(certificate)?.collect::<Result<Vec<_>, _>>()?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut made = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, PrivateKeyDer::from_pem_file(key)?)?;
        made.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Some(TlsAcceptor::from(Arc::new(made))))
    }
}

async fn serve(settings: Settings) -> Result<(), Failure> {
    let listener = listen(settings.listen)?;
    let tls = settings.acceptor()?;
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let client: Upstream = Client::builder(TokioExecutor::new()).build(connector);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let (client, upstream) = (client.clone(), settings.upstream.clone());
        match tls.clone() {
            None => tokio::spawn(plain(stream, client, upstream)),
            Some(tls) => tokio::spawn(secured(tls, stream, client, upstream)),
        };
    }
}

/// A caller that goes away is none of our business, here and below.
async fn plain(stream: TcpStream, client: Upstream, upstream: Authority) {
    let forwarded = service_fn(move |request| forward(client.clone(), upstream.clone(), request));
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), forwarded).await;
}

async fn secured(tls: TlsAcceptor, stream: TcpStream, client: Upstream, upstream: Authority) {
    let Ok(stream) = tls.accept(stream).await else { return };
    let two = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    let (stream, forwarded) =
        (TokioIo::new(stream), service_fn(move |request| forward(client.clone(), upstream.clone(), request)));
    if two {
        let _ = http2::Builder::new(TokioExecutor::new()).serve_connection(stream, forwarded).await;
    } else {
        let _ = http1::Builder::new().serve_connection(stream, forwarded).await;
    }
}

fn listen(address: SocketAddr) -> Result<TcpListener, std::io::Error> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(1024)?;
    TcpListener::from_std(socket.into())
}

async fn forward(
    client: Upstream,
    upstream: Authority,
    mut request: Request<Incoming>,
) -> Result<Response<Incoming>, Failure> {
    let mut parts = http::uri::Parts::default();
    parts.scheme = Some(Scheme::HTTP);
    parts.authority = Some(upstream);
    parts.path_and_query =
        Some(request.uri().path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/")));
    *request.uri_mut() = Uri::from_parts(parts)?;
    *request.version_mut() = Version::HTTP_11;
    request.headers_mut().remove(header::CONNECTION);
    request.headers_mut().remove(header::HOST);
    let mut response = client.request(request).await?;
    response.headers_mut().remove(header::CONNECTION);
    Ok(response)
}
