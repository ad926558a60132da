//! Whom certificates that policies look at may come from: the authorities of the configuration, and those of outbound calls.

use expr::Revocation;
use jiff::Timestamp;
use model::Configuration;
use net::{RevocationCheck, Trust};
use policy::CertificateTrust;

use crate::Settings;

/// [`Trust`] as policies ask for it.
#[derive(Debug)]
pub(crate) struct Authorities(Trust);

impl Authorities {
    pub(crate) fn of(configuration: &Configuration, settings: &Settings) -> Self {
        let own = configuration.authorities.iter().map(|authority| authority.certificate.clone());
        Self(Trust::new(settings.roots.clone(), own.collect(), settings.revoked.clone()))
    }
}

impl CertificateTrust for Authorities {
    fn accepts(&self, certificate: &[u8], others: &[&[u8]], at: Timestamp, revocation: Revocation) -> bool {
        let revocation = match revocation {
            Revocation::Checked => RevocationCheck::Required,
            Revocation::Ignored => RevocationCheck::Skipped,
        };
        let at = u64::try_from(at.as_second()).unwrap_or(0);
        self.0.accepts(certificate, others, at, revocation)
    }
}
