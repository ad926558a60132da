//! What is known of a caller's connection.

use std::net::SocketAddr;
use std::sync::Arc;

use http::uri::Scheme;
use rustls::ProtocolVersion;
use rustls_pki_types::CertificateDer;

use super::forwarding::Forwarding;
use super::{Closing, Endings};

/// One caller's connection; its requests share it.
#[derive(Debug)]
pub struct Connection {
    /// The other end of the socket, or what a header of the PROXY protocol says of it.
    pub peer: SocketAddr,
    /// Our end of the socket, or what such a header says of it.
    pub local: SocketAddr,
    /// Set when the other end is trusted to say in headers whom it calls for.
    pub forwarding: Option<Arc<Forwarding>>,
    /// What TLS agreed on; none without TLS.
    pub tls: Option<TlsInfo>,
    pub(super) endings: Endings,
}

/// What a TLS handshake agreed on.
#[derive(Debug)]
pub struct TlsInfo {
    /// As APIM logs it: `1.2`, `1.3`.
    pub version: &'static str,
    /// The name that the caller asked for (SNI).
    pub server_name: Option<Box<str>>,
    /// The certificate that the caller presented, DER. That it holds the key is proven; whom it is signed by was
    /// checked only where the listener is set so.
    pub client_certificate: Option<CertificateDer<'static>>,
    /// The certificates that the caller showed beside it, DER, unchecked.
    pub client_chain: Vec<CertificateDer<'static>>,
}

impl Connection {
    /// For an answer that says so when the end of the server ends it.
    pub(crate) fn closing(&self) -> Closing {
        self.endings.closing()
    }

    /// `https` or `http`.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        if self.tls.is_some() { Scheme::HTTPS } else { Scheme::HTTP }
    }
}

impl TlsInfo {
    pub(super) fn of(session: &rustls::ServerConnection) -> Self {
        Self {
            version: match session.protocol_version() {
                Some(ProtocolVersion::TLSv1_2) => "1.2",
                Some(ProtocolVersion::TLSv1_3) => "1.3",
                _ => "unknown",
            },
            server_name: session.server_name().map(Into::into),
            client_certificate: session
                .peer_certificates()
                .and_then(<[_]>::first)
                .map(|certificate| certificate.clone().into_owned()),
            client_chain: session
                .peer_certificates()
                .and_then(|all| all.get(1..))
                .map(|others| others.iter().map(|each| each.clone().into_owned()).collect())
                .unwrap_or_default(),
        }
    }
}
