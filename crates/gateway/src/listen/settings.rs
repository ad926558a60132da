//! Where to listen and what callers may ask of a connection.

use std::net::SocketAddr;
use std::time::Duration;

use super::body::Pace;
use super::forwarding::Forwarding;
use super::networks::Networks;
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
    /// Where connections come from that begin with a header of the PROXY protocol; from there all must.
    pub proxy_protocol_from: Networks,
    /// Proxies that are trusted to say in headers who calls.
    pub forwarding: Forwarding,
}

impl Default for ListenSettings {
    fn default() -> Self {
        Self {
            address: ([127, 0, 0, 1], 0).into(),
            tls: None,
            limits: Limits::default(),
            proxy_protocol_from: Networks::default(),
            forwarding: Forwarding::default(),
        }
    }
}

/// Limits of a listener; none of them bounds how long an answer may take.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Open connections of all listeners together; one more is answered 503 (without TLS) and closed. Default 20,000.
    pub connections: usize,
    /// Open connections of one address; 0: as many as there may be at all. Default 0.
    pub connections_per_address: usize,
    /// Bytes of a request's head; beyond it 431. Default 64 KiB.
    pub head_bytes: usize,
    /// Header fields of a request (HTTP/1.1); beyond it 431. Default 100: up to there the HTTP library needs no memory of its own to read them.
    pub headers: usize,
    /// From a head's first byte to its last, and from the connection to its first request's head. Default 30 s.
    pub head_timeout: Duration,
    /// Without a request in it. Longer than common clients and load balancers keep their side. Default 120 s.
    pub idle_timeout: Duration,
    /// For the TLS handshake, and for a header of the PROXY protocol. Default 10 s.
    pub tls_timeout: Duration,
    /// Between pieces of a caller's body, while somebody waits for them; beyond it 408. Default 60 s.
    pub body_gap: Duration,
    /// For all of a caller's body, from when somebody waits for it; beyond it 408. Default none.
    pub body_timeout: Option<Duration>,
    /// While a caller takes nothing of an answer that is there. Default 60 s.
    pub write_gap: Duration,
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
            connections_per_address: 0,
            head_bytes: 64 * 1024,
            headers: 100,
            head_timeout: Duration::from_secs(30),
            idle_timeout: Duration::from_secs(120),
            tls_timeout: Duration::from_secs(10),
            body_gap: Duration::from_secs(60),
            body_timeout: None,
            write_gap: Duration::from_secs(60),
            http2_streams: 200,
            http2_pending_resets: 20,
        }
    }
}

impl Limits {
    pub(super) fn pace(&self) -> Pace {
        Pace { gap: self.body_gap, total: self.body_timeout }
    }
}
