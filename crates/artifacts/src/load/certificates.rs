//! Client certificates, from the overlay: the layout of artifact folders has no place for them.

use model::{Certificate, CertificateId, SecretReference};
use secret::SecretSlot;
use source::Location;

use super::{Loader, insert};

impl Loader<'_> {
    pub(super) fn certificates(&mut self) {
        for files in std::mem::take(&mut self.overlay.certificates) {
            let certificate = Certificate {
                thumbprint: files.thumbprint,
                chain: self.part(&files.id, "chain", files.chain),
                key: self.part(&files.id, "key", files.key),
                origin: Some(files.at),
                id: files.id,
            };
            insert(&mut self.configuration.certificates, certificate, &mut self.problems);
        }
    }

    fn part(&mut self, id: &CertificateId, name: &str, at: (SecretReference, Location)) -> SecretSlot {
        self.bind(format!("{name} of the certificate {id}"), at.0, &at.1)
    }
}
