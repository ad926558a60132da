//! A certificate: its bytes, read once for being one, and what is asked of it.
//!
//! It comes from the caller's TLS connection, from the configuration, or from bytes that a policy has: DER, PEM, bare
//! base64, or PKCS #12.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secret::Secret;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::prelude::FromDer;

use super::name::{self, Attribute};
use crate::value::{DateTime, DateTimeKind};

/// A certificate, perhaps with its private key.
#[derive(Clone)]
pub struct Certificate {
    der: Arc<[u8]>,
    /// PKCS #8, base64: a secret is text.
    key: Option<Secret>,
    friendly_name: Option<Arc<str>>,
    /// Whether it was made of a secret.
    tainted: bool,
}

/// Names, keys and dates are public; the key stays where it is.
impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({})", self.thumbprint())
    }
}

impl Certificate {
    /// Reads a certificate in DER; none when it is none.
    #[must_use]
    pub fn from_der(der: impl Into<Arc<[u8]>>) -> Option<Self> {
        let der = der.into();
        let (rest, _) = X509Certificate::from_der(&der).ok()?;
        rest.is_empty().then(|| Self { der: Arc::clone(&der), key: None, friendly_name: None, tainted: false })
    }

    /// Reads the first certificate of a PEM text; none when there is none.
    #[must_use]
    pub fn from_pem(text: &str) -> Option<Self> {
        Self::from_der(pem(text, "CERTIFICATE")?)
    }

    /// Reads a certificate as .NET does: DER, PEM, or base64 without the lines around it.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        if let Some(found) = Self::from_der(bytes) {
            return Some(found);
        }
        let text = std::str::from_utf8(bytes).ok()?;
        Self::from_pem(text).or_else(|| Self::from_der(base64(text)?))
    }

    /// The same with its private key: PKCS #8, PKCS #1 or SEC 1, in PEM. None when there is no such key in the text.
    #[must_use]
    pub fn with_key_pem(self, text: &str) -> Option<Self> {
        let pkcs8 = match (pem(text, "PRIVATE KEY"), pem(text, "RSA PRIVATE KEY")) {
            (Some(pkcs8), _) => pkcs8,
            (None, Some(pkcs1)) => super::super::rsa::key::pkcs8_of(&pkcs1),
            (None, None) => pem(text, "EC PRIVATE KEY")?,
        };
        Some(self.with_key(&pkcs8))
    }

    /// The same with its private key, PKCS #8.
    pub(crate) fn with_key(self, pkcs8: &[u8]) -> Self {
        Self { key: Some(Secret::new(STANDARD.encode(pkcs8))), ..self }
    }

    pub(crate) fn without_key(self) -> Self {
        Self { key: None, ..self }
    }

    pub(crate) fn named(self, friendly_name: Option<Arc<str>>) -> Self {
        Self { friendly_name, ..self }
    }

    pub(crate) fn is_tainted(&self) -> bool {
        self.tainted
    }

    pub(crate) fn taint(&mut self) {
        self.tainted = true;
    }

    /// Its bytes, DER.
    #[must_use]
    pub fn der(&self) -> &Arc<[u8]> {
        &self.der
    }

    /// Its private key, PKCS #8.
    pub(crate) fn key(&self) -> Option<Vec<u8>> {
        STANDARD.decode(self.key.as_ref()?.expose()).ok()
    }

    pub(crate) fn has_key(&self) -> bool {
        self.key.is_some()
    }

    pub(crate) fn friendly_name(&self) -> &str {
        self.friendly_name.as_deref().unwrap_or("")
    }

    pub(crate) fn set_friendly_name(&mut self, name: &str) {
        self.friendly_name = Some(name.into());
    }

    /// Something of what it says; the default when it cannot be read, which [`from_der`](Self::from_der) has ruled out.
    fn read<T: Default>(&self, part: impl FnOnce(&X509Certificate<'_>) -> T) -> T {
        X509Certificate::from_der(&self.der).map(|(_, certificate)| part(&certificate)).unwrap_or_default()
    }

    /// SHA-1 of its bytes.
    pub(crate) fn hash(&self) -> Vec<u8> {
        digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, &self.der).as_ref().to_vec()
    }

    /// SHA-1 of its bytes in hexadecimal digits.
    #[must_use]
    pub fn thumbprint(&self) -> String {
        hexadecimal(&self.hash())
    }

    /// The name of its owner, DER.
    pub(crate) fn subject(&self) -> Vec<u8> {
        self.read(|certificate| certificate.subject().as_raw().to_vec())
    }

    /// The name of whoever signed it, DER.
    pub(crate) fn issuer(&self) -> Vec<u8> {
        self.read(|certificate| certificate.issuer().as_raw().to_vec())
    }

    /// Its number, big-endian as it stands in the certificate.
    pub(crate) fn serial(&self) -> Vec<u8> {
        self.read(|certificate| certificate.raw_serial().to_vec())
    }

    /// 1, 2 or 3.
    pub(crate) fn version(&self) -> i32 {
        let version = self.read(|certificate| certificate.version().0);
        i32::try_from(version).unwrap_or(0).saturating_add(1)
    }

    pub(crate) fn not_before(&self) -> DateTime {
        moment(self.read(|certificate| certificate.validity().not_before.timestamp()))
    }

    pub(crate) fn not_after(&self) -> DateTime {
        moment(self.read(|certificate| certificate.validity().not_after.timestamp()))
    }

    /// Its public key, DER of a `SubjectPublicKeyInfo`.
    pub(crate) fn public_key_info(&self) -> Vec<u8> {
        self.read(|certificate| certificate.public_key().raw.to_vec())
    }

    /// The identifier of the algorithm that it is signed with.
    pub(crate) fn signature_algorithm(&self) -> String {
        self.read(|certificate| certificate.signature_algorithm.algorithm.to_id_string())
    }

    /// Mail addresses, DNS names, URLs and user principal names among its alternative names.
    pub(crate) fn alternatives(&self, of_issuer: bool) -> Alternatives {
        self.read(|certificate| {
            let mut found = Alternatives::default();
            for extension in certificate.extensions() {
                match (extension.parsed_extension(), of_issuer) {
                    (ParsedExtension::SubjectAlternativeName(names), false) => {
                        names.general_names.iter().for_each(|name| found.add(name));
                    }
                    (ParsedExtension::IssuerAlternativeName(names), true) => {
                        names.general_names.iter().for_each(|name| found.add(name));
                    }
                    _ => {}
                }
            }
            found
        })
    }

    /// The parts of its owner's name, or of its issuer's.
    pub(crate) fn attributes(&self, of_issuer: bool) -> Vec<Attribute> {
        name::attributes(&if of_issuer { self.issuer() } else { self.subject() })
    }
}

/// Alternative names by kind, each the first.
#[derive(Debug, Default)]
pub(crate) struct Alternatives {
    pub(crate) email: Option<String>,
    pub(crate) dns: Option<String>,
    pub(crate) url: Option<String>,
    pub(crate) principal: Option<String>,
}

/// `szOID_NT_PRINCIPAL_NAME`.
const PRINCIPAL_NAME: &str = "1.3.6.1.4.1.311.20.2.3";

impl Alternatives {
    fn add(&mut self, name: &GeneralName<'_>) {
        let first = |place: &mut Option<String>, text: &str| {
            place.get_or_insert_with(|| text.to_owned());
        };
        match name {
            GeneralName::RFC822Name(text) => first(&mut self.email, text),
            GeneralName::DNSName(text) => first(&mut self.dns, text),
            GeneralName::URI(text) => first(&mut self.url, text),
            GeneralName::OtherName(id, value) if id.to_id_string() == PRINCIPAL_NAME => {
                let mut outer = super::der::Elements(value);
                let inner = outer.take(super::der::CONTEXT_0).unwrap_or(value);
                if let Some((tag, text)) = super::der::Elements(inner).next_element() {
                    first(&mut self.principal, &name::text(tag, text));
                }
            }
            _ => {}
        }
    }
}

/// The bytes of the first block of a PEM text with a label.
fn pem(text: &str, label: &str) -> Option<Vec<u8>> {
    let (begin, end) = (format!("-----BEGIN {label}-----"), format!("-----END {label}-----"));
    let (_, rest) = text.split_once(&begin)?;
    let (content, _) = rest.split_once(&end)?;
    base64(content)
}

fn base64(text: &str) -> Option<Vec<u8>> {
    let plain: String = text.chars().filter(|char| !char.is_whitespace()).collect();
    STANDARD.decode(plain).ok()
}

/// Local time, which is UTC in the gateway.
fn moment(seconds: i64) -> DateTime {
    let moment = DateTime::from_unix_nanoseconds(i128::from(seconds) * 1_000_000_000);
    DateTime { kind: DateTimeKind::Local, ..moment }
}

/// Digits in upper case.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}
