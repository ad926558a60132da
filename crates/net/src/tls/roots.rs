//! Root certificates: the system's, read once and only when needed, and additional ones.

use std::sync::{Arc, OnceLock};

use rustls::RootCertStore;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use super::TlsError;

/// Whom to trust before a destination's own additions. Cloning shares what was read.
#[derive(Clone, Debug)]
pub struct Roots {
    kind: Kind,
    extra: Arc<[CertificateDer<'static>]>,
    read: Arc<OnceLock<Arc<RootCertStore>>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    System,
    Only,
}

impl Roots {
    /// The operating system's roots.
    #[must_use]
    pub fn system() -> Self {
        Self::of(Kind::System, Vec::new())
    }

    /// The operating system's roots and these PEM certificates (an operator's CA files).
    ///
    /// # Errors
    /// When one of them is not PEM.
    pub fn system_and(extra_pem: &[String]) -> Result<Self, TlsError> {
        Ok(Self::of(Kind::System, parse(extra_pem)?))
    }

    /// These PEM certificates only.
    ///
    /// # Errors
    /// When one of them is not PEM.
    pub fn only(pem: &[String]) -> Result<Self, TlsError> {
        Ok(Self::of(Kind::Only, parse(pem)?))
    }

    fn of(kind: Kind, extra: Vec<CertificateDer<'static>>) -> Self {
        Self { kind, extra: extra.into(), read: Arc::default() }
    }

    /// Tells roots apart that trust different authorities.
    pub(super) fn identity(&self) -> u64 {
        use std::hash::{DefaultHasher, Hash as _, Hasher as _};
        let mut hasher = DefaultHasher::new();
        (self.kind == Kind::System).hash(&mut hasher);
        self.extra.iter().for_each(|certificate| certificate.as_ref().hash(&mut hasher));
        hasher.finish()
    }

    /// The store, together with a destination's own additions.
    pub(super) fn store(&self, additions: &[String]) -> Result<Arc<RootCertStore>, TlsError> {
        let shared = self.read.get_or_init(|| Arc::new(self.read()));
        let mut store = Arc::clone(shared);
        let additions = parse(additions)?;
        if !additions.is_empty() {
            Arc::make_mut(&mut store).add_parsable_certificates(additions);
        }
        if store.is_empty() { Err(TlsError::NoRoots) } else { Ok(store) }
    }

    fn read(&self) -> RootCertStore {
        let mut store = RootCertStore::empty();
        if self.kind == Kind::System {
            // What cannot be read there is left out, as every other program of the system does.
            store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
        store.add_parsable_certificates(self.extra.iter().cloned());
        store
    }
}

/// Reads PEM texts; each must hold a certificate that can be a root.
pub(super) fn parse(texts: &[String]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let mut found = Vec::new();
    for text in texts {
        let before = found.len();
        for certificate in CertificateDer::pem_slice_iter(text.as_bytes()) {
            found.push(certificate.map_err(|error| TlsError::Root(error.to_string()))?);
        }
        if found.len() == before {
            return Err(TlsError::Root("no certificate was found".to_owned()));
        }
    }
    Ok(found)
}
