//! Client certificates that the gateway shows to backends.

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
