//! TLS of a listener: certificates by name, replaced while it runs, and certificates of callers.

use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::client::verify_server_name;
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{ClientHello, ParsedCertificate, ResolvesServerCert, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use rustls::{DigitallySignedStruct, DistinguishedName, RootCertStore, ServerConfig, SignatureScheme};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use secret::Secret;

/// A certificate of the listener with its private key, both PEM.
#[derive(Clone, Debug)]
pub struct CertificatePem {
    /// The certificate, then those that lead to its root.
    pub chain: String,
    /// The unencrypted private key.
    pub key: Secret,
}

/// Whether callers are asked for a certificate.
#[derive(Clone, Debug, Default)]
pub enum ClientCertificates {
    /// They are not asked.
    #[default]
    No,
    /// They are asked, and may present any certificate: policies judge it, as behind APIM's "negotiate client
    /// certificate".
    Asked,
    /// They must present one that these PEM roots have signed.
    Required {
        /// PEM certificates.
        roots: Vec<String>,
    },
}

/// What a caller sees who asks for a name that no certificate has, or for none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnknownNames {
    /// The first certificate.
    #[default]
    First,
    /// The handshake fails (RFC 6066 3, `unrecognized_name`).
    Refused,
}

/// Settings that TLS cannot work with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TlsListenError {
    /// There is no certificate.
    #[error("a TLS listener needs a certificate")]
    NoCertificate,
    /// A chain is not PEM, or empty.
    #[error("the certificate is not a PEM certificate chain")]
    Certificate,
    /// A key is not PEM, is encrypted, or belongs to another certificate.
    #[error("the private key is not an unencrypted PEM key of the certificate")]
    Key,
    /// The roots for callers' certificates are not PEM.
    #[error("the authorities of client certificates are not PEM certificates")]
    Roots,
    /// The TLS library refused the settings.
    #[error("the TLS settings cannot be used: {0}")]
    Setup(String),
}

/// TLS of a listener. Clones share the certificates, so that replacing them reaches the running listener.
#[derive(Clone)]
pub struct TlsListen {
    chosen: Arc<ByName>,
    config: Arc<ServerConfig>,
}

impl TlsListen {
    /// TLS with these certificates; the first is shown to callers who ask for a name that none has.
    ///
    /// # Errors
    /// When a certificate, key or root cannot be used.
    pub fn new(
        certificates: &[CertificatePem],
        callers: &ClientCertificates,
    ) -> Result<Self, TlsListenError> {
        Self::with(certificates, callers, UnknownNames::First)
    }

    /// TLS with these certificates.
    ///
    /// # Errors
    /// When a certificate, key or root cannot be used.
    pub fn with(
        certificates: &[CertificatePem],
        callers: &ClientCertificates,
        unknown: UnknownNames,
    ) -> Result<Self, TlsListenError> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let certificates = ArcSwap::from_pointee(load(certificates, &provider)?);
        let chosen = Arc::new(ByName { certificates, unknown });
        let config = config(&chosen, callers, &provider)?;
        Ok(Self { chosen, config })
    }

    /// Shows these certificates from the next handshake on. Open connections go on.
    ///
    /// # Errors
    /// When one cannot be used; the old ones stay.
    pub fn replace(&self, certificates: &[CertificatePem]) -> Result<(), TlsListenError> {
        let loaded = load(certificates, self.config.crypto_provider())?;
        self.chosen.certificates.store(Arc::new(loaded));
        Ok(())
    }

    pub(super) fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.config)
    }
}

impl fmt::Debug for TlsListen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TlsListen({} certificates)", self.chosen.certificates.load().len())
    }
}

fn load(
    certificates: &[CertificatePem],
    provider: &CryptoProvider,
) -> Result<Vec<Arc<CertifiedKey>>, TlsListenError> {
    if certificates.is_empty() {
        return Err(TlsListenError::NoCertificate);
    }
    certificates.iter().map(|pem| certified(pem, provider)).collect()
}

fn certified(pem: &CertificatePem, provider: &CryptoProvider) -> Result<Arc<CertifiedKey>, TlsListenError> {
    let chain = CertificateDer::pem_slice_iter(pem.chain.as_bytes()).collect::<Result<Vec<_>, _>>();
    let chain = chain.ok().filter(|chain| !chain.is_empty()).ok_or(TlsListenError::Certificate)?;
    let key = PrivateKeyDer::from_pem_slice(pem.key.expose().as_bytes()).map_err(|_| TlsListenError::Key)?;
    CertifiedKey::from_der(chain, key, provider).map(Arc::new).map_err(|_| TlsListenError::Key)
}

fn config(
    chosen: &Arc<ByName>,
    callers: &ClientCertificates,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<ServerConfig>, TlsListenError> {
    let setup = |error: &dyn fmt::Display| TlsListenError::Setup(error.to_string());
    let builder = ServerConfig::builder_with_provider(Arc::clone(provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| setup(&error))?;
    let builder = match callers {
        ClientCertificates::No => builder.with_no_client_auth(),
        ClientCertificates::Asked => {
            builder.with_client_cert_verifier(Arc::new(Anybody(Arc::clone(provider))))
        }
        ClientCertificates::Required { roots } => {
            let roots = Arc::new(store(roots)?);
            let verifier = WebPkiClientVerifier::builder_with_provider(roots, Arc::clone(provider)).build();
            builder.with_client_cert_verifier(verifier.map_err(|error| setup(&error))?)
        }
    };
    let mut config = builder.with_cert_resolver(Arc::clone(chosen) as Arc<dyn ResolvesServerCert>);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config.ticketer = rustls::crypto::aws_lc_rs::Ticketer::new().map_err(|error| setup(&error))?;
    Ok(Arc::new(config))
}

fn store(texts: &[String]) -> Result<RootCertStore, TlsListenError> {
    let mut store = RootCertStore::empty();
    for certificate in texts.iter().flat_map(|text| CertificateDer::pem_slice_iter(text.as_bytes())) {
        store.add(certificate.map_err(|_| TlsListenError::Roots)?).map_err(|_| TlsListenError::Roots)?;
    }
    if store.is_empty() { Err(TlsListenError::Roots) } else { Ok(store) }
}

/// Chooses the certificate that is valid for the name a caller asks for.
struct ByName {
    certificates: ArcSwap<Vec<Arc<CertifiedKey>>>,
    unknown: UnknownNames,
}

impl fmt::Debug for ByName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ByName")
    }
}

impl ResolvesServerCert for ByName {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let certificates = self.certificates.load();
        let wanted = hello.server_name().and_then(|name| ServerName::try_from(name).ok());
        let fits = wanted.and_then(|name| certificates.iter().find(|certificate| is_for(certificate, &name)));
        let first = certificates.first().filter(|_| self.unknown == UnknownNames::First);
        fits.or(first).cloned()
    }
}

fn is_for(certificate: &CertifiedKey, name: &ServerName<'_>) -> bool {
    let parsed = certificate.end_entity_cert().and_then(ParsedCertificate::try_from);
    parsed.is_ok_and(|parsed| verify_server_name(&parsed, name).is_ok())
}

/// Accepts any certificate of a caller who proves to hold its key; what it is worth is for policies to say.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ClientCertVerifier for Anybody {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
