//! A certificate authority that is made at start, since Azure's clients refuse plain HTTP.
//!
//! ```
//! let authority = simulators::Authority::new()?;
//! let server = authority.issue(&["localhost", "127.0.0.1"])?;
//! assert!(authority.pem().starts_with("-----BEGIN CERTIFICATE-----"));
//! assert!(server.certificate_pem.starts_with("-----BEGIN CERTIFICATE-----"));
//! # Ok::<(), simulators::AuthorityError>(())
//! ```
//!
//! Its key lives as long as the process: nothing that was signed by it is good after that.

use std::fmt;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, PKCS_RSA_SHA256, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject as _;

/// Years for which certificates are good. They are made of no clock: whoever runs for longer starts anew.
const FIRST_YEAR: i32 = 2020;
const LAST_YEAR: i32 = 2049;

/// A certificate cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuthorityError {
    /// A name is not a host name or IP address, or the library has no entropy.
    #[error("a certificate cannot be made: {0}")]
    Certificate(#[from] rcgen::Error),
    /// TLS cannot be set up with it.
    #[error("TLS cannot be set up: {0}")]
    Tls(#[from] rustls::Error),
    /// The key that was just made cannot be read.
    #[error("the private key cannot be read: {0}")]
    Key(#[from] rustls_pki_types::pem::Error),
}

/// A certificate authority.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

/// A certificate with its private key.
#[derive(Clone)]
pub struct Certified {
    /// The certificate in PEM.
    pub certificate_pem: String,
    /// Its unencrypted PKCS #8 private key in PEM.
    pub key_pem: String,
}

impl Authority {
    /// Makes one.
    ///
    /// # Errors
    /// When the library has no entropy.
    pub fn new() -> Result<Self, AuthorityError> {
        let key = KeyPair::generate()?;
        let mut params = named("Cardea simulators");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages =
            vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign, KeyUsagePurpose::DigitalSignature];
        let pem = params.self_signed(&key)?.pem();
        Ok(Self { issuer: Issuer::new(params, key), pem })
    }

    /// Its certificate in PEM: what clients must trust.
    #[must_use]
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// A certificate for a server of these host names and IP addresses.
    ///
    /// # Errors
    /// When a name is neither.
    pub fn issue(&self, names: &[&str]) -> Result<Certified, AuthorityError> {
        let key = KeyPair::generate()?;
        let mut params = named(names.first().unwrap_or(&"simulator"));
        params.subject_alt_names =
            CertificateParams::new(names.iter().map(|name| String::from(*name)).collect::<Vec<_>>())?
                .subject_alt_names;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let certificate = params.signed_by(&key, &self.issuer)?;
        Ok(Certified { certificate_pem: certificate.pem(), key_pem: key.serialize_pem() })
    }

    /// TLS of a server of these names, for HTTP/2 and HTTP/1.1.
    ///
    /// # Errors
    /// As [`Authority::issue`].
    pub fn server_config(&self, names: &[&str]) -> Result<Arc<ServerConfig>, AuthorityError> {
        let certified = self.issue(names)?;
        let chain = rustls_pki_types::CertificateDer::from_pem_slice(certified.certificate_pem.as_bytes())?;
        let key = PrivateKeyDer::from_pem_slice(certified.key_pem.as_bytes())?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![chain], key)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Authority")
    }
}

/// The key stays out of what is printed.
impl fmt::Debug for Certified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certified").field("certificate_pem", &self.certificate_pem).finish_non_exhaustive()
    }
}

/// A self-signed RSA certificate, as applications prove themselves with (a client assertion is signed by its key).
///
/// # Errors
/// When the library has no entropy.
pub fn client_certificate(name: &str) -> Result<Certified, AuthorityError> {
    let key = KeyPair::generate_for(&PKCS_RSA_SHA256)?;
    Ok(Certified { certificate_pem: self_signed(name, &key)?, key_pem: key.serialize_pem() })
}

/// The certificate in PEM of a key that signs itself.
pub(crate) fn self_signed(name: &str, key: &KeyPair) -> Result<String, AuthorityError> {
    Ok(named(name).self_signed(key)?.pem())
}

fn named(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = date_time_ymd(FIRST_YEAR, 1, 1);
    params.not_after = date_time_ymd(LAST_YEAR, 12, 31);
    params
}
