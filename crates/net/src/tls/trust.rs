//! Whether a certificate leads to an authority that is trusted: what `X509Certificate2.Verify()` asks in policies.
//!
//! Trusted are the roots of outbound calls and what the configuration adds. Its purpose does not count, as in .NET. Whether
//! a certificate was revoked is looked up in revocation lists that were given; nobody is asked over the network. So one of
//! whose authority there is no list, or an old one, is not good where revocation counts.

use std::sync::Arc;

use parking_lot::Mutex;
use rustls::RootCertStore;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, CertificateRevocationListDer, UnixTime};
use secret::SecretSlot;
use webpki::{
    CertRevocationList, EndEntityCert, ExpirationPolicy, ExtendedKeyUsageValidator, KeyPurposeIdIter,
    OwnedCertRevocationList, RevocationCheckDepth, RevocationOptions, RevocationOptionsBuilder,
    UnknownStatusPolicy,
};

use super::Roots;

/// Revocation lists of authorities, read once.
#[derive(Clone, Default)]
pub struct RevocationLists(Arc<[CertRevocationList<'static>]>);

impl RevocationLists {
    /// Reads lists: PEM, several in one if need be, or DER. None when one cannot be read; its place is given.
    ///
    /// # Errors
    /// The position of the first file that is no list.
    pub fn read(files: &[Vec<u8>]) -> Result<Self, usize> {
        let mut lists = Vec::new();
        for (index, file) in files.iter().enumerate() {
            let before = lists.len();
            let pem = CertificateRevocationListDer::pem_slice_iter(file).collect::<Result<Vec<_>, _>>();
            let ders = match pem {
                Ok(found) if !found.is_empty() => found,
                _ => vec![CertificateRevocationListDer::from(file.clone())],
            };
            for der in ders {
                let list = OwnedCertRevocationList::from_der(&der).map_err(|_| index)?;
                lists.push(CertRevocationList::Owned(list));
            }
            debug_assert!(lists.len() > before, "a file gives a list or an error");
        }
        Ok(Self(lists.into()))
    }
}

impl std::fmt::Debug for RevocationLists {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RevocationLists({})", self.0.len())
    }
}

/// Whom to trust.
#[derive(Debug)]
pub struct Trust {
    roots: Roots,
    /// PEM certificates of the configuration.
    authorities: Vec<SecretSlot>,
    lists: RevocationLists,
    /// The roots with the authorities' texts that they were made of.
    made: Mutex<Option<(Vec<String>, Arc<RootCertStore>)>>,
}

/// Whether revocation counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RevocationCheck {
    /// It does, and what is not known is not good.
    Required,
    /// It does not.
    Skipped,
}

impl Trust {
    /// The roots of outbound calls and these authorities.
    #[must_use]
    pub fn new(roots: Roots, authorities: Vec<SecretSlot>, lists: RevocationLists) -> Self {
        Self { roots, authorities, lists, made: Mutex::default() }
    }

    /// Whether a certificate is good at a moment, in seconds since 1970: in force, and signed by somebody who is trusted,
    /// perhaps by way of others.
    #[must_use]
    pub fn accepts(
        &self,
        certificate: &[u8],
        others: &[&[u8]],
        at: u64,
        revocation: RevocationCheck,
    ) -> bool {
        let Some(store) = self.store() else { return false };
        let certificate = CertificateDer::from(certificate);
        let time = UnixTime::since_unix_epoch(std::time::Duration::from_secs(at));
        let chained = |revocation: Option<RevocationOptions<'_>>| {
            let others: Vec<_> = others.iter().map(|der| CertificateDer::from(*der)).collect();
            let algorithms = rustls::crypto::aws_lc_rs::default_provider().signature_verification_algorithms;
            let Ok(parsed) = EndEntityCert::try_from(&certificate) else { return false };
            let found = parsed.verify_for_usage(
                algorithms.all,
                &store.roots,
                &others,
                time,
                AnyUse,
                revocation,
                None,
            );
            found.is_ok()
        };
        match revocation {
            RevocationCheck::Skipped => chained(None),
            RevocationCheck::Required => {
                let lists: Vec<&CertRevocationList<'_>> = self.lists.0.iter().collect();
                RevocationOptionsBuilder::new(&lists).is_ok_and(|options| {
                    let options = options
                        .with_depth(RevocationCheckDepth::Chain)
                        .with_status_policy(UnknownStatusPolicy::Deny)
                        .with_expiration_policy(ExpirationPolicy::Enforce);
                    chained(Some(options.build()))
                })
            }
        }
    }

    fn store(&self) -> Option<Arc<RootCertStore>> {
        let texts = self.authorities.iter().filter_map(|slot| slot.load().ok());
        let texts: Vec<String> = texts.map(|text| text.expose().to_owned()).collect();
        let mut made = self.made.lock();
        if let Some((of, store)) = made.as_ref()
            && *of == texts
        {
            return Some(Arc::clone(store));
        }
        let store = self.roots.store(&texts).ok()?;
        *made = Some((texts, Arc::clone(&store)));
        Some(store)
    }
}

/// A certificate may be for anything.
struct AnyUse;

impl ExtendedKeyUsageValidator for AnyUse {
    fn validate(&self, _: KeyPurposeIdIter<'_, '_>) -> Result<(), webpki::Error> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{
        BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, IsCa,
        KeyIdMethod, KeyPair, KeyUsagePurpose, RevokedCertParams, SerialNumber, date_time_ymd,
    };

    const IN_FORCE: u64 = 1_800_000_000;

    struct Authority {
        issuer: CertifiedIssuer<'static, KeyPair>,
    }

    impl Authority {
        fn new() -> Self {
            let mut params = CertificateParams::new(Vec::new()).unwrap();
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
            Self { issuer: CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap() }
        }

        fn leaf(&self, serial: u64) -> Vec<u8> {
            let mut params = CertificateParams::new(vec!["client.example".to_owned()]).unwrap();
            params.serial_number = Some(SerialNumber::from(serial));
            let key = KeyPair::generate().unwrap();
            params.signed_by(&key, &self.issuer).unwrap().der().to_vec()
        }

        fn list(&self, serial: u64, until: i32) -> Vec<u8> {
            let params = CertificateRevocationListParams {
                this_update: date_time_ymd(2020, 1, 1),
                next_update: date_time_ymd(until, 1, 1),
                crl_number: SerialNumber::from(1_u64),
                issuing_distribution_point: None,
                revoked_certs: vec![RevokedCertParams {
                    serial_number: SerialNumber::from(serial),
                    revocation_time: date_time_ymd(2021, 1, 1),
                    reason_code: None,
                    invalidity_date: None,
                }],
                key_identifier_method: KeyIdMethod::Sha256,
            };
            params.signed_by(&self.issuer).unwrap().der().to_vec()
        }

        fn trust(&self, lists: &[Vec<u8>]) -> Trust {
            let roots = Roots::only(&[self.issuer.pem()]).unwrap();
            Trust::new(roots, Vec::new(), RevocationLists::read(lists).unwrap())
        }
    }

    #[test]
    fn a_certificate_is_good_when_somebody_trusted_signed_it_and_it_is_in_force() {
        let (authority, stranger) = (Authority::new(), Authority::new());
        let trust = authority.trust(&[]);
        let accepts = |leaf: &[u8], at: u64| trust.accepts(leaf, &[], at, RevocationCheck::Skipped);
        assert!(accepts(&authority.leaf(7), IN_FORCE));
        assert!(!accepts(&authority.leaf(7), 10));
        assert!(!accepts(&stranger.leaf(7), IN_FORCE));
        assert!(!accepts(b"no certificate", IN_FORCE));
    }

    #[test]
    fn where_revocation_counts_a_list_in_force_must_say_that_it_was_not_revoked() {
        let authority = Authority::new();
        let accepts = |lists: &[Vec<u8>], serial: u64| {
            let trust = authority.trust(lists);
            trust.accepts(&authority.leaf(serial), &[], IN_FORCE, RevocationCheck::Required)
        };
        assert!(!accepts(&[], 7), "nobody knows");
        assert!(accepts(&[authority.list(8, 2060)], 7));
        assert!(!accepts(&[authority.list(7, 2060)], 7));
        assert!(!accepts(&[authority.list(8, 2022)], 7), "an old list");
        assert_eq!(RevocationLists::read(&[b"no list".to_vec()]).unwrap_err(), 0);
    }
}
