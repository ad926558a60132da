//! The server's certificate, replaced while it runs.

use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::crypto::CryptoProvider;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{DEFAULT_VERSIONS, ServerConfig};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use secret::Secret;
use tokio_rustls::TlsAcceptor;

use super::StartError;

/// A certificate with its private key, both PEM.
#[derive(Clone, Debug)]
pub struct CertificatePem {
    /// The certificate, then those that lead to its root.
    pub chain: String,
    /// The unencrypted private key.
    pub key: Secret,
}

/// The certificate that is shown, and the TLS settings around it.
pub(super) struct Certificate {
    shown: Arc<Shown>,
    config: Arc<ServerConfig>,
}

impl Certificate {
    pub(super) fn new(pem: &CertificatePem) -> Result<Self, StartError> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let shown = Arc::new(Shown(ArcSwap::from_pointee(load(pem, &provider)?)));
        let config =
            ServerConfig::builder_with_provider(provider)
                .with_protocol_versions(DEFAULT_VERSIONS)
                .map_err(|_| StartError::Certificate("the TLS library offers no version of the protocol"))?;
        let mut config = config
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&shown) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { shown, config: Arc::new(config) })
    }

    pub(super) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.config))
    }

    pub(super) fn replace(&self, pem: &CertificatePem) -> Result<(), StartError> {
        let loaded = load(pem, self.config.crypto_provider())?;
        self.shown.0.store(Arc::new(loaded));
        Ok(())
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Certificate")
    }
}

fn load(pem: &CertificatePem, provider: &CryptoProvider) -> Result<Arc<CertifiedKey>, StartError> {
    let chain = CertificateDer::pem_slice_iter(pem.chain.as_bytes()).collect::<Result<Vec<_>, _>>();
    let chain = chain.ok().filter(|chain| !chain.is_empty());
    let chain =
        chain.ok_or(StartError::Certificate("the vault's certificate is not a PEM certificate chain"))?;
    let bad_key = || {
        StartError::Certificate("the vault's private key is not an unencrypted PEM key of its certificate")
    };
    let key = PrivateKeyDer::from_pem_slice(pem.key.expose().as_bytes()).map_err(|_| bad_key())?;
    CertifiedKey::from_der(chain, key, provider).map(Arc::new).map_err(|_| bad_key())
}

/// Shows one certificate, whatever name is asked for.
struct Shown(ArcSwap<Arc<CertifiedKey>>);

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shown")
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.load()))
    }
}
