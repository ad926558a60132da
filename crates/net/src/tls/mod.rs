//! What TLS towards a destination trusts and presents.
//!
//! Root certificates are the operating system's (as `rustls-native-certs` finds them, `SSL_CERT_FILE` and
//! `SSL_CERT_DIR` included) plus what the settings add: operators already manage that store, and a company's own
//! authority is usually in it. They are read when the first TLS destination needs them.

mod identity;
mod roots;
mod trust;
mod verify;

pub use identity::ClientCertificate;
pub use roots::Roots;
pub use trust::{RevocationCheck, RevocationLists, Trust};

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::digest::{self, SHA256};
use parking_lot::Mutex;
use rustls::ClientConfig;
use rustls::crypto::CryptoProvider;
use rustls::sign::CertifiedKey;

use crate::destination::HttpVersion;

/// Which checks of the server's certificate are made; a backend's `tls.validateCertificateChain` and
/// `tls.validateCertificateName` (policies-a 4.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Validation {
    /// It is signed by a root that is trusted, and in force.
    pub chain: bool,
    /// It names the host that is called.
    pub name: bool,
}

impl Default for Validation {
    fn default() -> Self {
        Self { chain: true, name: true }
    }
}

/// What to trust and present.
#[derive(Clone, Debug, Default)]
pub struct TlsSettings {
    /// Which checks are made.
    pub validation: Validation,
    /// PEM certificates that are trusted besides the roots.
    pub extra_roots_pem: Vec<String>,
    /// What is presented when the server asks: the first that suits it.
    pub client_certificates: Vec<ClientCertificate>,
}

/// TLS settings that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// An additional root is not a PEM certificate.
    #[error("the additional certificate authorities are not PEM certificates: {0}")]
    Root(String),
    /// The client certificate is not a PEM chain.
    #[error("the client certificate is not a PEM certificate chain: {0}")]
    Certificate(String),
    /// The private key is not PEM (PKCS#8, PKCS#1 or SEC1), or is encrypted.
    #[error("the client certificate's private key is not an unencrypted PEM key")]
    PrivateKey,
    /// The private key belongs to another certificate, or its kind is not known.
    #[error("the private key does not fit the client certificate")]
    Mismatch,
    /// There is nothing to check a server's certificate against.
    #[error(
        "no root certificates were found on this system: install its certificate bundle or configure one"
    )]
    NoRoots,
    /// The TLS library refused the settings.
    #[error("the TLS settings cannot be used: {0}")]
    Setup(String),
}

/// TLS towards a destination. Cheap to clone. Equal settings are equal, so their connections are shared.
#[derive(Clone)]
pub struct Tls(Arc<Inner>);

struct Inner {
    settings: TlsSettings,
    roots: Roots,
    fingerprint: [u8; 32],
    config: Mutex<Option<Result<Configs, TlsError>>>,
}

/// One configuration for each HTTP version; they share verifier, client certificate and session store.
#[derive(Clone)]
struct Configs {
    http1: Arc<ClientConfig>,
    http2_or_1: Arc<ClientConfig>,
    http2: Arc<ClientConfig>,
}

impl Tls {
    /// TLS with these settings. What the settings themselves can get wrong is found here; the system's roots are
    /// read at first use.
    ///
    /// # Errors
    /// When a certificate or key is not usable.
    pub fn new(settings: TlsSettings, roots: Roots) -> Result<Self, TlsError> {
        roots::parse(&settings.extra_roots_pem)?;
        certified(&settings, &provider())?;
        Ok(Self::with(settings, roots))
    }

    fn with(settings: TlsSettings, roots: Roots) -> Self {
        let fingerprint = fingerprint(&settings, &roots);
        Self(Arc::new(Inner { settings, roots, fingerprint, config: Mutex::new(None) }))
    }

    pub(crate) fn fingerprint(&self) -> [u8; 32] {
        self.0.fingerprint
    }

    pub(crate) fn config(&self, version: HttpVersion) -> Result<Arc<ClientConfig>, TlsError> {
        let mut held = self.0.config.lock();
        let configs = held.get_or_insert_with(|| configs(&self.0.settings, &self.0.roots));
        let configs = configs.as_ref().map_err(Clone::clone)?;
        let of_version = match version {
            HttpVersion::Http1 => &configs.http1,
            HttpVersion::Http2Or1 => &configs.http2_or_1,
            HttpVersion::Http2 => &configs.http2,
        };
        Ok(Arc::clone(of_version))
    }
}

impl Default for Tls {
    /// Every check, the system's roots, no client certificate.
    fn default() -> Self {
        Self::with(TlsSettings::default(), Roots::system())
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.settings.fmt(f)
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

fn certified(settings: &TlsSettings, provider: &CryptoProvider) -> Result<Vec<Arc<CertifiedKey>>, TlsError> {
    settings.client_certificates.iter().map(|certificate| certificate.certified(provider)).collect()
}

fn configs(settings: &TlsSettings, roots: &Roots) -> Result<Configs, TlsError> {
    let provider = provider();
    let verifier = verify::verifier(settings, roots, &provider)?;
    let setup = |error: rustls::Error| TlsError::Setup(error.to_string());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(setup)?
        // Our verifiers are the library's own but where a backend asks for less (`verify`).
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let certified = certified(settings, &provider)?;
    let config = match certified.is_empty() {
        true => builder.with_no_client_auth(),
        false => builder.with_client_cert_resolver(Arc::new(identity::Choice(certified))),
    };
    let with_alpn = |protocols: &[&[u8]]| {
        let mut config = config.clone();
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        Arc::new(config)
    };
    Ok(Configs {
        http1: with_alpn(&[b"http/1.1"]),
        http2_or_1: with_alpn(&[b"h2", b"http/1.1"]),
        http2: with_alpn(&[b"h2"]),
    })
}

/// What makes two settings equal, as a digest: the private key takes part and cannot be read back.
fn fingerprint(settings: &TlsSettings, roots: &Roots) -> [u8; 32] {
    let mut context = digest::Context::new(&SHA256);
    let mut part = |bytes: &[u8]| {
        context.update(&bytes.len().to_le_bytes());
        context.update(bytes);
    };
    part(&[u8::from(settings.validation.chain), u8::from(settings.validation.name)]);
    part(&roots.identity().to_le_bytes());
    part(&settings.extra_roots_pem.len().to_le_bytes());
    settings.extra_roots_pem.iter().for_each(|pem| part(pem.as_bytes()));
    for certificate in &settings.client_certificates {
        part(certificate.chain_pem.as_bytes());
        part(certificate.key_pem.expose().as_bytes());
    }
    let mut out = [0; 32];
    out.iter_mut().zip(context.finish().as_ref()).for_each(|(to, from)| *to = *from);
    out
}

#[cfg(test)]
mod tests {
    use secret::Secret;

    use super::*;

    #[test]
    fn equal_settings_share_their_connections_and_others_do_not() {
        let with = |validation, extra: &[&str]| {
            let extra_roots_pem = extra.iter().map(ToString::to_string).collect();
            Tls::with(
                TlsSettings { validation, extra_roots_pem, client_certificates: Vec::new() },
                Roots::system(),
            )
        };
        let strict = Validation::default();
        let no_name = Validation { chain: true, name: false };
        assert_eq!(with(strict, &["a"]).fingerprint(), with(strict, &["a"]).fingerprint());
        assert_ne!(with(strict, &["a"]).fingerprint(), with(no_name, &["a"]).fingerprint());
        assert_ne!(with(strict, &["ab"]).fingerprint(), with(strict, &["a", "b"]).fingerprint());
    }

    #[test]
    fn what_is_not_a_certificate_or_key_is_refused_when_it_is_configured() {
        let bad_root = TlsSettings { extra_roots_pem: vec!["nonsense".to_owned()], ..TlsSettings::default() };
        assert!(matches!(Tls::new(bad_root, Roots::system()), Err(TlsError::Root(_))));
        let certificate = ClientCertificate { chain_pem: String::new(), key_pem: Secret::new("k") };
        let bad = TlsSettings { client_certificates: vec![certificate], ..TlsSettings::default() };
        assert!(matches!(Tls::new(bad, Roots::system()), Err(TlsError::Certificate(_))));
    }

    #[test]
    fn a_private_key_is_never_shown() {
        let own = rcgen::generate_simple_self_signed(["a".to_owned()]).unwrap();
        let key_pem = Secret::new(own.signing_key.serialize_pem());
        let certificate = ClientCertificate { chain_pem: own.cert.pem(), key_pem };
        let settings = TlsSettings { client_certificates: vec![certificate], ..TlsSettings::default() };
        let tls = Tls::new(settings, Roots::system()).unwrap();
        assert!(!format!("{tls:?}").contains("PRIVATE"));
    }
}
