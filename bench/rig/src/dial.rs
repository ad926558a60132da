//! Connections to a proxy: plain, or TLS with a certificate that is not looked at closely.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::str::FromStr;
use std::sync::Arc;
use std::task::{Context, Poll};

use rustls::client::Resumption;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// How a proxy is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP/1.1 without TLS.
    Plain,
    /// HTTP/1.1 with TLS.
    Tls,
    /// HTTP/2 with TLS.
    Two,
}

impl FromStr for Protocol {
    type Err = io::Error;

    fn from_str(text: &str) -> io::Result<Self> {
        match text {
            "http" => Ok(Self::Plain),
            "tls" => Ok(Self::Tls),
            "h2" => Ok(Self::Two),
            _ => Err(io::Error::other(format!("there is no protocol `{text}`"))),
        }
    }
}

/// Whom to connect to, and how.
pub struct Dial {
    to: SocketAddr,
    protocol: Protocol,
    tls: Option<TlsConnector>,
    receive_buffer: Option<u32>,
}

/// Ports of one address that are used before the next address is: fewer than the kernel gives away by default.
const PORTS: usize = 2_000;

impl Dial {
    /// Reads the authority if the protocol needs one. Each TLS connection makes a whole handshake: none is resumed.
    ///
    /// # Errors
    /// When the authority's file cannot be read, or is missing.
    pub fn new(to: SocketAddr, protocol: Protocol, authority: Option<&str>) -> io::Result<Self> {
        let tls = match (protocol, authority) {
            (Protocol::Plain, _) => None,
            (_, None) => return Err(io::Error::other("`--authority` is missing")),
            (_, Some(file)) => Some(TlsConnector::from(Arc::new(configuration(protocol, file)?))),
        };
        Ok(Self { to, protocol, tls, receive_buffer: None })
    }

    /// The same with such a window: what the other end sends stays there.
    #[must_use]
    pub fn with_receive_buffer(self, bytes: u32) -> Self {
        Self { receive_buffer: Some(bytes), ..self }
    }

    /// How the proxy is spoken to.
    #[must_use]
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// The address as a `Host` header has it.
    #[must_use]
    pub fn host(&self) -> String {
        format!("localhost:{}", self.to.port())
    }

    /// Connects, from one of many loopback addresses: a program that opens its hundred thousandth connection still finds
    /// a port. The number says how many there were before it.
    ///
    /// # Errors
    /// When there is no connection, or no handshake.
    pub async fn connect(&self, number: usize) -> io::Result<Stream> {
        let socket = TcpSocket::new_v4()?;
        if let Some(bytes) = self.receive_buffer {
            socket.set_recv_buffer_size(bytes)?;
        }
        socket.bind(source(number))?;
        let stream = socket.connect(self.to).await?;
        stream.set_nodelay(true)?;
        let Some(tls) = &self.tls else { return Ok(Stream::Plain(stream)) };
        let name = ServerName::try_from("localhost").map_err(io::Error::other)?;
        Ok(Stream::Tls(Box::new(tls.connect(name, stream).await?)))
    }
}

fn source(number: usize) -> SocketAddr {
    let host = u8::try_from(number / PORTS % 250).unwrap_or_default();
    SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 0, 1, host + 1)), 0)
}

fn configuration(protocol: Protocol, authority: &str) -> io::Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    let certificate = CertificateDer::from_pem_file(authority).map_err(io::Error::other)?;
    roots.add(certificate).map_err(io::Error::other)?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut made = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    made.resumption = Resumption::disabled();
    let name: &[u8] = if protocol == Protocol::Two { b"h2" } else { b"http/1.1" };
    made.alpn_protocols = vec![name.to_vec()];
    Ok(made)
}

/// A connection with TLS or without.
#[derive(Debug)]
pub enum Stream {
    /// Without.
    Plain(TcpStream),
    /// With.
    Tls(Box<TlsStream<TcpStream>>),
}

impl From<TcpStream> for Stream {
    fn from(stream: TcpStream) -> Self {
        Self::Plain(stream)
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, into),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, into),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write_vectored(cx, parts),
            Self::Tls(stream) => Pin::new(stream).poll_write_vectored(cx, parts),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
