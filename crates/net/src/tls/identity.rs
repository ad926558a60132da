//! The certificates that we present to a server.

use std::sync::Arc;

use rustls::SignatureScheme;
use rustls::client::ResolvesClientCert;
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
    /// Chain and key, if they can be read and belong together.
    pub(super) fn certified(&self, provider: &CryptoProvider) -> Result<Arc<CertifiedKey>, TlsError> {
        let certified = CertifiedKey::from_der(self.chain()?, self.key()?, provider);
        certified.map(Arc::new).map_err(|_| TlsError::Mismatch)
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

/// Chooses among several certificates: a handshake has place for one.
///
/// Of those whose key the server can verify, it is the first that one of the authorities issued which the server names;
/// when none is, the first of all. That is how clients commonly choose (RFC 8446 section 4.4.2.3, RFC 5246 section 7.4.6).
#[derive(Debug)]
pub(super) struct Choice(pub(super) Vec<Arc<CertifiedKey>>);

impl ResolvesClientCert for Choice {
    fn resolve(&self, authorities: &[&[u8]], schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        let usable = || self.0.iter().filter(|each| each.key.choose_scheme(schemes).is_some());
        let issued = usable().find(|each| authorities.iter().any(|name| is_issued_by(each, name)));
        issued.or_else(|| usable().next()).cloned()
    }

    fn has_certs(&self) -> bool {
        !self.0.is_empty()
    }
}

/// Whether a certificate of the chain has this issuer. Names are compared byte by byte (RFC 5280 section 7.1).
fn is_issued_by(certified: &CertifiedKey, authority: &[u8]) -> bool {
    certified.cert.iter().any(|certificate| issuer(certificate) == Some(authority))
}

/// The name of a certificate's issuer, as a structure of DER (RFC 5280 section 4.1: version, serial number, algorithm,
/// issuer).
fn issuer(certificate: &[u8]) -> Option<&[u8]> {
    const VERSION: u8 = 0xa0;
    let (certificate, _) = element(certificate)?;
    let (signed, _) = element(certificate.content)?;
    let (first, rest) = element(signed.content)?;
    let after_serial = if first.tag == VERSION { element(rest)?.1 } else { rest };
    let (_algorithm, rest) = element(after_serial)?;
    Some(element(rest)?.0.whole)
}

struct Element<'a> {
    tag: u8,
    whole: &'a [u8],
    content: &'a [u8],
}

/// The first element of DER, and what follows it (X.690 sections 8.1 and 10.1).
fn element(der: &[u8]) -> Option<(Element<'_>, &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&short, rest) = rest.split_first()?;
    let (length, rest) = match short.checked_sub(0x80) {
        None => (usize::from(short), rest),
        Some(bytes @ 1..=4) => {
            let (digits, rest) = rest.split_at_checked(usize::from(bytes))?;
            (digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)), rest)
        }
        Some(_) => return None,
    };
    let (content, after) = rest.split_at_checked(length)?;
    let (whole, _) = der.split_at_checked(der.len() - after.len())?;
    Some((Element { tag, whole, content }, after))
}
