//! A caller: one connection a call, over HTTP/1.1 or HTTP/2, in the clear or over TLS.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Version};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Frame, Incoming};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;

use super::PATIENCE;

/// What is spoken.
#[derive(Clone, Debug, Default)]
pub(crate) enum Wire {
    /// HTTP/1.1.
    #[default]
    Http1,
    /// HTTP/2 with prior knowledge.
    Http2,
    /// TLS; what is spoken inside is what the listener chooses of the offer. Holds the root in PEM.
    Tls { root: String, offer: &'static [&'static str] },
    /// TLS with HTTP/1.1 inside, where the caller shows a certificate. All PEM.
    MutualTls { root: String, chain: String, key: String },
}

/// A call that is being put together.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    to: SocketAddr,
    wire: Wire,
    method: Method,
    target: String,
    headers: HeaderMap,
    body: Bytes,
}

impl Call {
    pub(crate) fn new(to: SocketAddr, method: &str, target: &str) -> Self {
        Self {
            to,
            wire: Wire::default(),
            method: method.parse().expect("a method"),
            target: target.to_owned(),
            headers: HeaderMap::new(),
            body: Bytes::new(),
        }
    }

    pub(crate) fn over(mut self, wire: Wire) -> Self {
        self.wire = wire;
        self
    }

    /// Adds a header; one of the name that is there stays.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        let name: HeaderName = name.parse().expect("a header name");
        self.headers.append(name, HeaderValue::from_str(value).expect("a header value"));
        self
    }

    /// The subscription key in its default header.
    pub(crate) fn key(self, key: &str) -> Self {
        self.header("Ocp-Apim-Subscription-Key", key)
    }

    pub(crate) fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    pub(crate) fn json(self, body: &serde_json::Value) -> Self {
        self.header("content-type", "application/json").body(body.to_string())
    }

    /// Makes the call and takes the whole answer.
    pub(crate) async fn send(self) -> Answer {
        let told = format!("{} {}", self.method, self.target);
        let whole = async { self.open().await?.whole().await };
        let answer = tokio::time::timeout(PATIENCE, whole).await;
        answer
            .unwrap_or_else(|_| panic!("no answer in time: {told}"))
            .unwrap_or_else(|why| panic!("{told}: {why}"))
    }

    /// Makes the call and takes the head of the answer.
    pub(crate) async fn open(self) -> Result<Open, String> {
        let stream = TcpStream::connect(self.to).await.map_err(|error| format!("cannot connect: {error}"))?;
        stream.set_nodelay(true).expect("a socket");
        match self.wire.clone() {
            Wire::Http1 => self.over_http1(stream).await,
            Wire::Http2 => self.over_http2(stream, "http").await,
            Wire::Tls { root, offer } => {
                let stream = tls(stream, &root, offer, None).await?;
                if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
                    self.over_http2(stream, "https").await
                } else {
                    self.over_http1(stream).await
                }
            }
            Wire::MutualTls { root, chain, key } => {
                let stream = tls(stream, &root, &["http/1.1"], Some((&chain, &key))).await?;
                self.over_http1(stream).await
            }
        }
    }

    async fn over_http1(
        self,
        stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    ) -> Result<Open, String> {
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(|e| e.to_string())?;
        let driving = Driving(tokio::spawn(async move {
            let _ended = connection.await;
        }));
        let mut request = Request::builder().method(self.method).uri(self.target);
        *request.headers_mut().expect("a request") = self.headers;
        if !request.headers_ref().expect("a request").contains_key("host") {
            request = request.header("host", self.to.to_string());
        }
        let request = request.body(Full::new(self.body)).expect("a request");
        let response = sender.send_request(request).await.map_err(|error| error.to_string())?;
        Ok(Open::new(response, driving))
    }

    async fn over_http2(
        self,
        stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
        scheme: &str,
    ) -> Result<Open, String> {
        let handshake = hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream));
        let (mut sender, connection) = handshake.await.map_err(|error| error.to_string())?;
        let driving = Driving(tokio::spawn(async move {
            let _ended = connection.await;
        }));
        let uri = format!("{scheme}://{}{}", self.to, self.target);
        let mut request = Request::builder().method(self.method).uri(uri).version(Version::HTTP_2);
        *request.headers_mut().expect("a request") = self.headers;
        let request = request.body(Full::new(self.body)).expect("a request");
        let response = sender.send_request(request).await.map_err(|error| error.to_string())?;
        Ok(Open::new(response, driving))
    }
}

async fn tls(
    stream: TcpStream,
    root: &str,
    offer: &[&str],
    shown: Option<(&str, &str)>,
) -> Result<tokio_rustls::client::TlsStream<TcpStream>, String> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(root.as_bytes()).expect("PEM")).expect("a root");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("TLS")
        .with_root_certificates(roots);
    let mut config = match shown {
        None => config.with_no_client_auth(),
        Some((chain, key)) => {
            let chain = vec![CertificateDer::from_pem_slice(chain.as_bytes()).expect("PEM")];
            let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("PEM");
            config.with_client_auth_cert(chain, key).expect("a certificate with its key")
        }
    };
    config.alpn_protocols = offer.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
    let name = ServerName::try_from("localhost").expect("a name");
    TlsConnector::from(Arc::new(config)).connect(name, stream).await.map_err(|error| error.to_string())
}

/// Sends bytes as they are and takes everything that comes back until the connection ends.
pub(crate) async fn raw(to: SocketAddr, bytes: &str) -> String {
    let exchange = async {
        let mut stream = TcpStream::connect(to).await?;
        stream.write_all(bytes.as_bytes()).await?;
        let mut back = Vec::new();
        stream.read_to_end(&mut back).await?;
        Ok::<_, std::io::Error>(String::from_utf8_lossy(&back).into_owned())
    };
    tokio::time::timeout(PATIENCE, exchange).await.expect("an answer in time").expect("an answer")
}

/// The task of a connection; it ends, and the connection with it, when this is dropped.
#[derive(Debug)]
struct Driving(JoinHandle<()>);

impl Drop for Driving {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// An answer whose body is still arriving. Dropping it closes the connection.
#[derive(Debug)]
pub(crate) struct Open {
    pub(crate) status: u16,
    pub(crate) version: Version,
    pub(crate) headers: HeaderMap,
    body: Incoming,
    _driving: Driving,
}

impl Open {
    fn new(response: http::Response<Incoming>, driving: Driving) -> Self {
        let (head, body) = response.into_parts();
        Self {
            status: head.status.as_u16(),
            version: head.version,
            headers: head.headers,
            body,
            _driving: driving,
        }
    }

    /// A header's value; empty when it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        text_of(&self.headers, name)
    }

    /// The next piece of the body; none at its end.
    pub(crate) async fn next(&mut self) -> Option<Bytes> {
        loop {
            let frame = tokio::time::timeout(PATIENCE, self.body.frame()).await.expect("a frame in time")?;
            if let Ok(data) = frame.expect("an unbroken body").into_data() {
                return Some(data);
            }
        }
    }

    /// The rest of the body.
    pub(crate) async fn whole(self) -> Result<Answer, String> {
        match self.rest().await {
            (answer, None) => Ok(answer),
            (_, Some(why)) => Err(format!("the body broke off: {why}")),
        }
    }

    /// The rest of the body as far as it comes, and what it broke off with.
    pub(crate) async fn rest(self) -> (Answer, Option<String>) {
        let Self { status, version, headers, mut body, _driving } = self;
        let (mut read, mut why) = (BytesMut::new(), None);
        while let Some(frame) = body.frame().await {
            match frame.map(Frame::into_data) {
                Ok(Ok(data)) => read.extend_from_slice(&data),
                Ok(Err(_trailers)) => {}
                Err(error) => {
                    why = Some(format!("{error}: {:?}", std::error::Error::source(&error)));
                    break;
                }
            }
        }
        (Answer { status, version, headers, body: read.freeze() }, why)
    }
}

fn text_of<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    headers.get(name).map_or("", |value| value.to_str().expect("text"))
}

/// A whole answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) version: Version,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    /// A header's value; empty when it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        text_of(&self.headers, name)
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("text")
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }
}
