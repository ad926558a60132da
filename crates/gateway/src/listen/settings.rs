//! Where to listen and what callers may ask of a connection.

use std::net::SocketAddr;
use std::time::Duration;

use super::tls::TlsListen;

/// One listener.
#[derive(Clone, Debug)]
pub struct ListenSettings {
    /// Port 0 takes a free one.
    pub address: SocketAddr,
    /// With it the listener speaks TLS only.
    pub tls: Option<TlsListen>,
    /// What callers may ask of it.
    pub limits: Limits,
}

impl Default for ListenSettings {
    fn default() -> Self {
        Self { address: ([127, 0, 0, 1], 0).into(), tls: None, limits: Limits::default() }
    }
}

/// Limits of a listener; none of them bounds how long an answer may take.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Open connections; one more is answered 503 (without TLS) and closed. Default 20,000.
    pub connections: usize,
    /// Bytes of a request's head; beyond it 431. Default 64 KiB.
    pub head_bytes: usize,
    /// Header fields of a request (HTTP/1.1); beyond it 431. Default 128.
    pub headers: usize,
    /// From a head's first byte to its last, and from the connection to its first request's head. Default 30 s.
    pub head_timeout: Duration,
    /// Without a request in it. Longer than common clients and load balancers keep their side. Default 120 s.
    pub idle_timeout: Duration,
    /// For the TLS handshake. Default 10 s.
    pub tls_timeout: Duration,
    /// Requests at once on an HTTP/2 connection. Default 200.
    pub http2_streams: u32,
    /// Streams that a caller has reset and that we have not looked at yet; beyond it the connection is closed
    /// (rapid reset, CVE-2023-44487). Default 20.
    pub http2_pending_resets: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 20_000,
            head_bytes: 64 * 1024,
            headers: 128,
            head_timeout: Duration::from_secs(30),
            idle_timeout: Duration::from_secs(120),
            tls_timeout: Duration::from_secs(10),
            http2_streams: 200,
            http2_pending_resets: 20,
        }
    }
}
