//! Client certificates that the gateway shows to backends, and authorities that backends' own ones may come from.

use std::sync::Arc;

use secret::SecretSlot;
use source::Location;

use crate::{CertificateId, Resource};

/// A client certificate with its key, both PEM.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// Its name.
    pub id: CertificateId,
    /// SHA-1 of its DER in hexadecimal digits, by which it can be referred to as well.
    pub thumbprint: Option<Arc<str>>,
    /// The certificate and the authorities between it and a root.
    pub chain: SecretSlot,
    /// Its private key.
    pub key: SecretSlot,
    /// Where it is defined.
    pub origin: Option<Location>,
}

impl Resource for Certificate {
    type Id = CertificateId;
    const KIND: &'static str = "certificate";

    fn id(&self) -> &CertificateId {
        &self.id
    }
}

/// An authority that is trusted in calls to the backends of the configuration, besides those that all calls trust.
#[derive(Clone, Debug)]
pub struct CertificateAuthority {
    /// Its name.
    pub id: CertificateId,
    /// Its certificate, or several, in PEM.
    pub certificate: SecretSlot,
    /// Where it is defined.
    pub origin: Option<Location>,
}

impl Resource for CertificateAuthority {
    type Id = CertificateId;
    const KIND: &'static str = "certificate authority";

    fn id(&self) -> &CertificateId {
        &self.id
    }
}
