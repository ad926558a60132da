//! PKCS #12 files (RFC 7292): a certificate with its private key behind a password, as key vaults hand them out.
//!
//! Read: integrity by HMAC with SHA-1, SHA-256, SHA-384 or SHA-512; privacy by PBES2 (PBKDF2 with AES or 3DES) and by the
//! older schemes with 3DES and RC2. Iterations are counted as work, so that a hostile file ends.

mod ciphers;

use std::sync::Arc;

use aws_lc_rs::hmac;

use super::certificate::Certificate;
use super::der::{BMP_STRING, CONTEXT_0, CONTEXT_0_PRIMITIVE, Elements, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, SET, dotted};
use super::name::utf16;
use crate::eval::Cx;
use crate::{Exception, Text};
use ciphers::{Password, kdf};

const DATA: &str = "1.2.840.113549.1.7.1";
const ENCRYPTED_DATA: &str = "1.2.840.113549.1.7.6";
const KEY_BAG: &str = "1.2.840.113549.1.12.10.1.1";
const SHROUDED_KEY_BAG: &str = "1.2.840.113549.1.12.10.1.2";
const CERTIFICATE_BAG: &str = "1.2.840.113549.1.12.10.1.3";
const FRIENDLY_NAME: &str = "1.2.840.113549.1.9.20";
const LOCAL_KEY_ID: &str = "1.2.840.113549.1.9.21";

/// What is in a file.
#[derive(Default)]
struct Found {
    certificates: Vec<(Vec<u8>, Attributes)>,
    keys: Vec<(Vec<u8>, Attributes)>,
}

#[derive(Clone, Default)]
struct Attributes {
    friendly_name: Option<Arc<str>>,
    local_key_id: Option<Vec<u8>>,
}

/// Whether bytes look like such a file: a sequence that begins with the version 3 and a `ContentInfo`.
pub(crate) fn is_pfx(bytes: &[u8]) -> bool {
    let mut outer = Elements(bytes);
    let mut content = Elements(outer.take(SEQUENCE).unwrap_or_default());
    content.small() == Some(3) && content.peek() == Some(SEQUENCE)
}

/// The certificate of a file, with its key.
///
/// # Errors
/// .NET's exceptions: a password that is not the file's, or no such file.
pub(crate) fn read(cx: &mut Cx<'_>, bytes: &[u8], password: &str) -> Result<Certificate, Exception> {
    let mut outer = Elements(Elements(bytes).only(SEQUENCE).ok_or_else(not_found)?);
    outer.small().ok_or_else(not_found)?;
    let safe = content(outer.take(SEQUENCE).ok_or_else(not_found)?, DATA).ok_or_else(not_found)?;
    let password = match outer.take(SEQUENCE) {
        Some(mac) => verified(cx, mac, safe, password)?,
        None => Password::new(password),
    };
    let mut found = Found::default();
    let mut infos = Elements(Elements(safe).only(SEQUENCE).ok_or_else(not_found)?);
    while let Some(info) = infos.take(SEQUENCE) {
        if let Some(plain) = content(info, DATA) {
            bags(cx, plain, &password, &mut found)?;
        } else if let Some(encrypted) = encrypted(info) {
            let plain = ciphers::decrypt(cx, encrypted.0, encrypted.1, &password)?;
            bags(cx, &plain, &password, &mut found)?;
        }
    }
    chosen(&found).ok_or_else(not_found)
}

/// Of several certificates, the one that has a key in the file; else the first.
fn chosen(found: &Found) -> Option<Certificate> {
    let key_of = |own: &Attributes| {
        found.keys.iter().find(|(_, of)| of.local_key_id.is_some() && of.local_key_id == own.local_key_id)
    };
    let with_key = found.certificates.iter().find(|(_, own)| key_of(own).is_some());
    let (der, own) = with_key.or_else(|| found.certificates.first())?;
    let certificate = Certificate::from_der(der.as_slice())?.named(own.friendly_name.clone());
    // A file with one key need not say whose it is.
    let key = key_of(own).or_else(|| found.keys.first().filter(|_| found.keys.len() == 1));
    Some(match key {
        Some((key, _)) => certificate.with_key(key),
        None => certificate,
    })
}

/// The octets of a `ContentInfo` of a type.
fn content<'a>(info: &'a [u8], kind: &str) -> Option<&'a [u8]> {
    let mut info = Elements(info);
    if dotted(info.take(OBJECT_IDENTIFIER)?) != kind {
        return None;
    }
    Elements(info.take(CONTEXT_0)?).only(OCTET_STRING)
}

/// Algorithm and octets of a `ContentInfo` that holds encrypted data.
fn encrypted(info: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut info = Elements(info);
    if dotted(info.take(OBJECT_IDENTIFIER)?) != ENCRYPTED_DATA {
        return None;
    }
    let mut data = Elements(Elements(info.take(CONTEXT_0)?).only(SEQUENCE)?);
    data.small()?;
    let mut inner = Elements(data.take(SEQUENCE)?);
    inner.take(OBJECT_IDENTIFIER)?;
    let algorithm = inner.take(SEQUENCE)?;
    Some((algorithm, inner.take(CONTEXT_0_PRIMITIVE)?))
}

/// Checks the file's integrity, by which a wrong password shows.
///
/// An empty password is written in two ways (RFC 7292, appendix B.1, and what Windows does): both are tried.
fn verified(cx: &mut Cx<'_>, mac: &[u8], safe: &[u8], password: &str) -> Result<Password, Exception> {
    let mut mac = Elements(mac);
    let parts = (|| {
        let mut info = Elements(mac.take(SEQUENCE)?);
        let mut algorithm = Elements(info.take(SEQUENCE)?);
        let algorithm = dotted(algorithm.take(OBJECT_IDENTIFIER)?);
        let expected = info.take(OCTET_STRING)?;
        let salt = mac.take(OCTET_STRING)?;
        Some((algorithm, expected, salt, mac.small().unwrap_or(1)))
    })();
    let (algorithm, expected, salt, iterations) = parts.ok_or_else(not_found)?;
    let (hash, hmac) = ciphers::hash_by_id(&algorithm).ok_or_else(unsupported)?;
    for password in Password::spellings(password) {
        let key = kdf(cx, hash, kdf::MAC, &password, (salt, iterations), hash.output_len())?;
        if hmac::verify(&hmac::Key::new(hmac, &key), safe, expected).is_ok() {
            return Ok(password);
        }
    }
    Err(wrong_password())
}

fn bags(cx: &mut Cx<'_>, safe: &[u8], password: &Password, found: &mut Found) -> Result<(), Exception> {
    let mut bags = Elements(Elements(safe).only(SEQUENCE).ok_or_else(wrong_password)?);
    while let Some(bag) = bags.take(SEQUENCE) {
        cx.burn(1)?;
        let mut bag = Elements(bag);
        let (Some(id), Some(value)) = (bag.take(OBJECT_IDENTIFIER), bag.take(CONTEXT_0)) else { break };
        let attributes = attributes(bag.take(SET).unwrap_or_default());
        match dotted(id).as_str() {
            CERTIFICATE_BAG => {
                if let Some(der) = certificate(value) {
                    found.certificates.push((der.to_vec(), attributes));
                }
            }
            KEY_BAG => found.keys.push((value.to_vec(), attributes)),
            SHROUDED_KEY_BAG => {
                let parts = (|| {
                    let mut info = Elements(Elements(value).only(SEQUENCE)?);
                    Some((info.take(SEQUENCE)?, info.take(OCTET_STRING)?))
                })();
                let (algorithm, encrypted) = parts.ok_or_else(not_found)?;
                found.keys.push((ciphers::decrypt(cx, algorithm, encrypted, password)?, attributes));
            }
            _ => {}
        }
    }
    Ok(())
}

/// The DER of a `CertBag` with an X.509 certificate.
fn certificate(bag: &[u8]) -> Option<&[u8]> {
    let mut bag = Elements(Elements(bag).only(SEQUENCE)?);
    bag.take(OBJECT_IDENTIFIER)?;
    Elements(bag.take(CONTEXT_0)?).only(OCTET_STRING)
}

fn attributes(set: &[u8]) -> Attributes {
    let mut found = Attributes::default();
    let mut all = Elements(set);
    while let Some(attribute) = all.take(SEQUENCE) {
        let mut attribute = Elements(attribute);
        let (Some(id), Some(values)) = (attribute.take(OBJECT_IDENTIFIER), attribute.take(SET)) else { break };
        match (dotted(id).as_str(), Elements(values).next_element()) {
            (FRIENDLY_NAME, Some((BMP_STRING, name))) => found.friendly_name = Some(utf16(name).into()),
            (LOCAL_KEY_ID, Some((OCTET_STRING, id))) => found.local_key_id = Some(id.to_vec()),
            _ => {}
        }
    }
    found
}

/// `CRYPT_E_NO_MATCH` as Windows words it.
pub(crate) fn not_found() -> Exception {
    cryptographic("Cannot find the requested object.\r\n")
}

fn wrong_password() -> Exception {
    cryptographic("The specified network password is not correct.\r\n")
}

fn unsupported() -> Exception {
    cryptographic("The PKCS #12 file uses an algorithm that is not supported.")
}

fn cryptographic(message: &'static str) -> Exception {
    Exception::new("System.Security.Cryptography.CryptographicException", Text::from_static(message))
}
