//! The certificate that we present to a server.

use rustls::ClientConfig;
use rustls::client::WantsClientCert;
use rustls::crypto::CryptoProvider;
use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use secret::Secret;

use super::TlsError;

/// A client certificate with its private key, both PEM.
#[derive(Clone, Debug)]
pub struct ClientCertificate {
    /// The certificate, then those that lead to its root.
    pub chain_pem: String,
    /// The unencrypted private key: PKCS#8, PKCS#1 or SEC1.
    pub key_pem: Secret,
}

impl ClientCertificate {
    /// Whether chain and key can be read and belong together.
    pub(super) fn check(&self, provider: &CryptoProvider) -> Result<(), TlsError> {
        CertifiedKey::from_der(self.chain()?, self.key()?, provider).map_err(|_| TlsError::Mismatch)?;
        Ok(())
    }

    pub(super) fn present(
        &self,
        builder: rustls::ConfigBuilder<ClientConfig, WantsClientCert>,
    ) -> Result<ClientConfig, TlsError> {
        builder.with_client_auth_cert(self.chain()?, self.key()?).map_err(|_| TlsError::Mismatch)
    }

    fn chain(&self) -> Result<Vec<CertificateDer<'static>>, TlsError> {
        let read = CertificateDer::pem_slice_iter(self.chain_pem.as_bytes()).collect::<Result<Vec<_>, _>>();
        let chain = read.map_err(|error| TlsError::Certificate(error.to_string()))?;
        if chain.is_empty() {
            return Err(TlsError::Certificate("no certificate was found".to_owned()));
        }
        Ok(chain)
    }

    fn key(&self) -> Result<PrivateKeyDer<'static>, TlsError> {
        // The reader's own message could quote the text: it is not passed on.
        PrivateKeyDer::from_pem_slice(self.key_pem.expose().as_bytes()).map_err(|_| TlsError::PrivateKey)
    }
}
