//! A client that trusts the provider's authority, and the provider that the tests talk to.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName};
use serde_json::Value;
use simulators::identity::{Directory, IdentityBuilder, IdentityProvider, RunningIdentity};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

pub(crate) const TENANT: &str = "cadea000-0000-4000-8000-000000000001";
/// Friday, 21 November 2026, 00:00 UTC.
pub(crate) const NOW: u64 = 1_795_219_200;

/// The id that ends so.
pub(crate) fn id(end: &str) -> String {
    format!("cadea000-0000-4000-8000-0000000000{end}")
}

/// A provider with a clock that the test moves.
pub(crate) struct Provider {
    pub(crate) running: RunningIdentity,
    now: Arc<AtomicU64>,
    tls: TlsConnector,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    pub(crate) fn token(&self, name: &str) -> String {
        String::from(self.json()[name].as_str().unwrap_or_else(|| panic!("no {name}: {}", self.text())))
    }

    /// Status and `AADSTS` code, 0 where there is none.
    pub(crate) fn outcome(&self) -> (u16, u64) {
        let body: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        (self.status.as_u16(), body["error_codes"][0].as_u64().unwrap_or_default())
    }
}

/// What a token claims, and its header.
pub(crate) fn parts(token: &str) -> (Value, Value) {
    let part = |text: &str| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap();
    let mut parts = token.split('.');
    (part(parts.next().unwrap()), part(parts.next().unwrap()))
}

pub(crate) fn claims(token: &str) -> Value {
    parts(token).1
}

impl Provider {
    /// The directory of the cases.
    pub(crate) async fn start() -> Self {
        let text = include_str!("../../cases/provider/directory.toml");
        Self::of(Directory::parse(text).unwrap()).await
    }

    pub(crate) async fn of(directory: Directory) -> Self {
        Self::started(IdentityProvider::builder(directory)).await
    }

    pub(crate) async fn started(builder: IdentityBuilder) -> Self {
        let now = Arc::new(AtomicU64::new(NOW));
        let clock = Arc::clone(&now);
        let builder = builder.clock(move || clock.load(Ordering::Relaxed)).identity_header("the header");
        let running = builder.start_on_loopback(0, 0).await.unwrap();
        let mut roots = RootCertStore::empty();
        let pem = running.certificates().pem();
        roots.add(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()).unwrap();
        let crypto = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(crypto)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self { running, now, tls: TlsConnector::from(Arc::new(config)) }
    }

    /// Time goes on.
    pub(crate) fn wait(&self, seconds: u64) {
        self.now.fetch_add(seconds, Ordering::Relaxed);
    }

    /// Calls the provider over HTTPS.
    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        self.try_call(method, path, headers, body).await.unwrap()
    }

    pub(crate) async fn try_call(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Answer, Box<dyn std::error::Error>> {
        let stream = TcpStream::connect(("127.0.0.1", self.running.port())).await?;
        let name = ServerName::try_from("localhost").unwrap();
        let secured = self.tls.connect(name, stream).await?;
        send(TokioIo::new(secured), request("localhost", method, path, headers, body)).await
    }

    /// Calls the machine over HTTP.
    pub(crate) async fn machine(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.own(Method::GET, path, headers, "").await
    }

    /// The same with any method: for the pages of the simulator.
    pub(crate) async fn own(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let machine = self.running.machine();
        let address = machine.strip_prefix("http://").unwrap();
        let stream = TcpStream::connect(address).await.unwrap();
        send(TokioIo::new(stream), request(address, method, path, headers, body)).await.unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, &[], "").await
    }

    /// Posts a form to the token endpoint of version 2.
    pub(crate) async fn token(&self, form: &str) -> Answer {
        self.token_with(&[], form).await
    }

    pub(crate) async fn token_with(&self, headers: &[(&str, &str)], form: &str) -> Answer {
        let path = format!("/{TENANT}/oauth2/v2.0/token");
        self.call(Method::POST, &path, headers, form).await
    }
}

fn request(
    host: &str,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Request<Full<Bytes>> {
    let mut request = Request::builder().method(method).uri(path).header("host", host);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Full::new(Bytes::from(String::from(body)))).unwrap()
}

async fn send<C>(
    connection: TokioIo<C>,
    request: Request<Full<Bytes>>,
) -> Result<Answer, Box<dyn std::error::Error>>
where
    C: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = http1::handshake(connection).await?;
    let driver = tokio::spawn(connection);
    let (head, body) = sender.send_request(request).await?.into_parts();
    let body = body.collect().await?.to_bytes().to_vec();
    driver.abort();
    Ok(Answer { status: head.status, headers: head.headers, body })
}

/// A text in a form or query.
pub(crate) fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}
