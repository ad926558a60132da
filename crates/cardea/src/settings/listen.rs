//! `[listen]` and `[[listeners]]`: where callers come in, and what they may ask of a connection.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use gateway::listen::{Forwarding, ForwardingHeaders, Limits, ListenSettings, Network, Networks};
use serde::Deserialize;

/// `[listen]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct Listen {
    /// Address and port. Default: `127.0.0.1:8080`.
    pub address: SocketAddr,
    /// Certificate and key; with them the listener speaks TLS only. Default: none.
    pub tls: Option<TlsFiles>,
    /// Networks (`10.0.0.0/8`, or an address) of load balancers that begin connections with a header of the PROXY protocol,
    /// version 1 or 2; all connections from there must. The caller's address is the one in the header. Default: none.
    pub proxy_protocol_from: Vec<String>,
    /// Networks of proxies that are believed who says calls: the caller's address is the first from the right in
    /// `X-Forwarded-For` that is not in one of them; `X-Forwarded-Proto` and `X-Forwarded-Host` count too. From elsewhere these
    /// headers decide nothing. Default: none.
    pub forwarded_from: Vec<String>,
    /// The headers that those proxies write: `x-forwarded-for`, with `-proto` and `-host`, or `forwarded` (RFC 7239). The
    /// others decide nothing, since proxies let them through. Default: `x-forwarded-for`.
    pub forwarded_header: ForwardedHeader,
    /// Whether an API is reached over the schemes of its `protocols` only, as in API Management, and is not found (404) over
    /// another: `enforced`; `ignored`; `auto`: enforced where `https` can be told, because a listener has TLS or proxies stand
    /// in `forwarded-from`. Default: `auto`.
    pub api_protocols: ApiProtocols,
    /// Open connections at most; one more is answered 503, or closed where TLS is spoken. Default: 20000.
    pub connections: usize,
    /// Open connections of one address (of IPv6, of a network of 64 bits) at most; 0: no limit of its own. It is the address
    /// of the socket, so a load balancer counts as one caller. Default: 0.
    pub connections_per_address: usize,
    /// Seconds for a TLS handshake, and for a header of the PROXY protocol. Default: 10.
    pub tls_seconds: u64,
    /// Seconds from the first byte of a request's head to its last, and from the connection to the first head. Default: 30.
    pub head_seconds: u64,
    /// Header fields of a request at most; beyond it 431. Default: 100.
    pub headers: usize,
    /// Seconds without another piece of a caller's body while somebody waits for it; beyond it 408. Default: 60.
    pub body_gap_seconds: u64,
    /// Seconds for all of a caller's body, from when somebody waits for it; beyond it 408; 0: no limit. Default: 0.
    pub body_seconds: u64,
    /// Seconds in which a caller takes nothing of an answer that is there, after which its connection is closed. Default: 60.
    pub write_gap_seconds: u64,
    /// Seconds a connection may stay open without a request. Default: 120.
    pub idle_seconds: u64,
    /// Requests at once on a connection of HTTP/2. Default: 200.
    pub http2_streams: u32,
    /// Requests that a caller has taken back over HTTP/2 before they were looked at; one more ends its connection.
    /// Default: 20.
    pub http2_pending_resets: usize,
    /// Seconds after SIGTERM in which connections are still accepted while the gateway says that it is not ready, for load
    /// balancers that need to notice. Default: 0.
    pub drain_delay_seconds: u64,
    /// Seconds that running requests get to end after SIGTERM, and after that delay. Default: 30.
    pub drain_seconds: u64,
    /// Seconds that open connections get to ask once more when another process has taken over the sockets. Default: 5.
    pub handover_seconds: u64,
}

impl Default for Listen {
    fn default() -> Self {
        Self {
            address: SocketAddr::from(([127, 0, 0, 1], 8080)),
            tls: None,
            proxy_protocol_from: Vec::new(),
            forwarded_from: Vec::new(),
            forwarded_header: ForwardedHeader::default(),
            api_protocols: ApiProtocols::default(),
            connections: 20_000,
            connections_per_address: 0,
            tls_seconds: 10,
            head_seconds: 30,
            headers: 100,
            body_gap_seconds: 60,
            body_seconds: 0,
            write_gap_seconds: 60,
            idle_seconds: 120,
            http2_streams: 200,
            http2_pending_resets: 20,
            drain_delay_seconds: 0,
            drain_seconds: 30,
            handover_seconds: 5,
        }
    }
}

/// `[listen.tls]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct TlsFiles {
    /// PEM file of the certificate and the authorities between it and a root; read anew when it changes, and at SIGHUP.
    pub certificate: PathBuf,
    /// PEM file of the private key; read anew when it changes, and at SIGHUP.
    pub key: PathBuf,
    /// More certificates. A caller is shown the one for the name it asks for.
    pub more: Vec<CertificateFiles>,
    /// What a caller gets who asks for a name that no certificate has, or for none: `first`, the certificate that stands
    /// above, or `refuse`, no connection. Default: `first`.
    pub unknown_names: UnknownNames,
    /// Whether callers are asked for a certificate, which policies then see. Default: false.
    pub request_client_certificate: bool,
    /// PEM files of authorities one of which must have signed a caller's certificate; without one the handshake fails.
    /// Default: none.
    pub client_authorities: Vec<PathBuf>,
}

/// `[[listen.tls.more]]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct CertificateFiles {
    /// PEM file of the certificate and the authorities between it and a root.
    pub certificate: PathBuf,
    /// PEM file of the private key.
    pub key: PathBuf,
}

/// `[[listeners]]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Listener {
    /// Address and port.
    pub address: SocketAddr,
    /// As in `[listen]`. Default: none.
    #[serde(default)]
    pub tls: Option<TlsFiles>,
    /// As in `[listen]`. Default: none.
    #[serde(default)]
    pub proxy_protocol_from: Vec<String>,
    /// As in `[listen]`. Default: none.
    #[serde(default)]
    pub forwarded_from: Vec<String>,
    /// As in `[listen]`. Default: `x-forwarded-for`.
    #[serde(default)]
    pub forwarded_header: ForwardedHeader,
}

/// Headers by which proxies say who calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ForwardedHeader {
    /// `X-Forwarded-For`, `X-Forwarded-Proto`, `X-Forwarded-Host`.
    #[default]
    XForwardedFor,
    /// `Forwarded`.
    Forwarded,
}

/// Whether an API is reached over the schemes of its `protocols` only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ApiProtocols {
    /// Where the gateway can tell `https`. Without TLS and without proxies that are believed every call looks like
    /// `http`: then what most folders say, `https` alone, would close every API.
    #[default]
    Auto,
    /// Yes.
    Enforced,
    /// No.
    Ignored,
}

/// What a caller gets who asks for a name that no certificate has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum UnknownNames {
    /// The first certificate.
    #[default]
    First,
    /// No connection.
    Refuse,
}

impl Listen {
    /// This listener as one of all.
    pub(crate) fn first(&self) -> Listener {
        Listener {
            address: self.address,
            tls: self.tls.clone(),
            proxy_protocol_from: self.proxy_protocol_from.clone(),
            forwarded_from: self.forwarded_from.clone(),
            forwarded_header: self.forwarded_header,
        }
    }

    /// What callers may ask of a connection.
    pub(crate) fn limits(&self, head_bytes: usize) -> Limits {
        Limits {
            connections: self.connections,
            connections_per_address: self.connections_per_address,
            head_bytes,
            headers: self.headers,
            head_timeout: Duration::from_secs(self.head_seconds),
            idle_timeout: Duration::from_secs(self.idle_seconds),
            tls_timeout: Duration::from_secs(self.tls_seconds),
            body_gap: Duration::from_secs(self.body_gap_seconds),
            body_timeout: (self.body_seconds > 0).then(|| Duration::from_secs(self.body_seconds)),
            write_gap: Duration::from_secs(self.write_gap_seconds),
            http2_streams: self.http2_streams,
            http2_pending_resets: self.http2_pending_resets,
        }
    }
}

impl Listener {
    /// The listener as the gateway takes it, still without TLS.
    ///
    /// # Errors
    /// When a network is none.
    pub(crate) fn settings(&self, limits: Limits) -> anyhow::Result<ListenSettings> {
        Ok(ListenSettings {
            address: self.address,
            tls: None,
            limits,
            proxy_protocol_from: networks(&self.proxy_protocol_from, "proxy-protocol-from")?,
            forwarding: Forwarding {
                from: networks(&self.forwarded_from, "forwarded-from")?,
                headers: match self.forwarded_header {
                    ForwardedHeader::XForwardedFor => ForwardingHeaders::XForwarded,
                    ForwardedHeader::Forwarded => ForwardingHeaders::Forwarded,
                },
            },
        })
    }
}

fn networks(texts: &[String], setting: &str) -> anyhow::Result<Networks> {
    let networks: Result<Vec<Network>, _> = texts.iter().map(|text| text.trim().parse()).collect();
    let networks = networks.with_context(|| format!("`listen.{setting}` cannot be used"))?;
    Ok(networks.into_iter().collect())
}
