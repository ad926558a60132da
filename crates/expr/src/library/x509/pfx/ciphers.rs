//! Keys from passwords, and the ciphers of PKCS #12 files.

use std::num::NonZeroU32;

use aws_lc_rs::{digest, hmac, pbkdf2};

use super::{unsupported, wrong_password};
use crate::Exception;
use crate::eval::Cx;
use crate::library::symmetric::cipher::{Algorithm, Direction, Mode, Padding, transform};
use crate::library::x509::der::{Elements, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, dotted};

const PBES2: &str = "1.2.840.113549.1.5.13";
const SHA1_3DES: &str = "1.2.840.113549.1.12.1.3";
const SHA1_2DES: &str = "1.2.840.113549.1.12.1.4";
const SHA1_RC2_128: &str = "1.2.840.113549.1.12.1.5";
const SHA1_RC2_40: &str = "1.2.840.113549.1.12.1.6";

/// A password in the spellings that the schemes want.
pub(super) struct Password {
    /// For PBES2.
    utf8: Vec<u8>,
    /// For the older schemes: UTF-16, big-endian, with a zero at its end, or nothing at all.
    wide: Vec<u8>,
}

impl Password {
    pub(super) fn new(password: &str) -> Self {
        let units = password.encode_utf16().chain([0]);
        Self { utf8: password.as_bytes().to_vec(), wide: units.flat_map(u16::to_be_bytes).collect() }
    }

    pub(super) fn spellings(password: &str) -> Vec<Self> {
        let mut all = vec![Self::new(password)];
        if password.is_empty() {
            all.push(Self { utf8: Vec::new(), wide: Vec::new() });
        }
        all
    }
}

/// What a key of RFC 7292, appendix B.3 is for.
pub(super) mod kdf {
    pub(in super::super) const KEY: u8 = 1;
    pub(in super::super) const IV: u8 = 2;
    pub(in super::super) const MAC: u8 = 3;
}

/// The hash of an identifier, and the keyed hash made of it.
pub(super) fn hash_by_id(id: &str) -> Option<(&'static digest::Algorithm, hmac::Algorithm)> {
    Some(match id {
        "1.3.14.3.2.26" => (&digest::SHA1_FOR_LEGACY_USE_ONLY, hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY),
        "2.16.840.1.101.3.4.2.1" => (&digest::SHA256, hmac::HMAC_SHA256),
        "2.16.840.1.101.3.4.2.2" => (&digest::SHA384, hmac::HMAC_SHA384),
        "2.16.840.1.101.3.4.2.3" => (&digest::SHA512, hmac::HMAC_SHA512),
        _ => return None,
    })
}

/// RFC 7292, appendix B.2.
pub(super) fn kdf(
    cx: &mut Cx<'_>,
    hash: &'static digest::Algorithm,
    purpose: u8,
    password: &Password,
    (salt, iterations): (&[u8], u32),
    length: usize,
) -> Result<Vec<u8>, Exception> {
    cx.burn(u64::from(iterations))?;
    let block = hash.block_len();
    let filled = |text: &[u8]| -> Vec<u8> {
        let length = text.len().div_ceil(block) * block;
        text.iter().copied().cycle().take(if text.is_empty() { 0 } else { length }).collect()
    };
    let mut input: Vec<u8> = [filled(salt), filled(&password.wide)].concat();
    let mut key = Vec::new();
    while key.len() < length {
        let mut round = [&vec![purpose; block], input.as_slice()].concat();
        for _ in 0..iterations.max(1) {
            round = digest::digest(hash, &round).as_ref().to_vec();
        }
        let added: Vec<u8> = round.iter().copied().cycle().take(block).collect();
        input.chunks_mut(block).for_each(|chunk| add(chunk, &added));
        key.extend(&round);
    }
    key.truncate(length);
    Ok(key)
}

/// `chunk = chunk + added + 1`, modulo its size.
fn add(chunk: &mut [u8], added: &[u8]) {
    let mut carry = 1;
    for (digit, other) in chunk.iter_mut().zip(added).rev() {
        let sum = u16::from(*digit) + u16::from(*other) + carry;
        [_, *digit] = sum.to_be_bytes();
        carry = sum >> 8;
    }
}

/// Decrypts what an `AlgorithmIdentifier` says how it was encrypted.
pub(super) fn decrypt(
    cx: &mut Cx<'_>,
    algorithm: &[u8],
    encrypted: &[u8],
    password: &Password,
) -> Result<Vec<u8>, Exception> {
    let mut algorithm = Elements(algorithm);
    let id = dotted(algorithm.take(OBJECT_IDENTIFIER).ok_or_else(unsupported)?);
    let mut parameters = Elements(algorithm.take(SEQUENCE).ok_or_else(unsupported)?);
    let (cipher, key, iv) = match id.as_str() {
        PBES2 => pbes2(cx, parameters, password)?,
        older => {
            let (cipher, length) = match older {
                SHA1_3DES => (Algorithm::TripleDes, 24),
                SHA1_2DES => (Algorithm::TripleDes, 16),
                SHA1_RC2_128 => (Algorithm::Rc2, 16),
                SHA1_RC2_40 => (Algorithm::Rc2, 5),
                _ => return Err(unsupported()),
            };
            let salt = parameters.take(OCTET_STRING).ok_or_else(unsupported)?;
            let iterations = parameters.small().ok_or_else(unsupported)?;
            let hash = &digest::SHA1_FOR_LEGACY_USE_ONLY;
            let key = kdf(cx, hash, kdf::KEY, password, (salt, iterations), length)?;
            (cipher, key, kdf(cx, hash, kdf::IV, password, (salt, iterations), 8)?)
        }
    };
    cx.grow(encrypted.len())?;
    transform(cipher, Mode::Cbc, Padding::Pkcs7, (&key, &iv), Direction::Decrypt, encrypted)
        .map_err(|_| wrong_password())
}

type Keyed = (Algorithm, Vec<u8>, Vec<u8>);

/// RFC 8018, appendix A.4.
fn pbes2(cx: &mut Cx<'_>, mut parameters: Elements<'_>, password: &Password) -> Result<Keyed, Exception> {
    let parts = (|| {
        let mut derivation = Elements(parameters.take(SEQUENCE)?);
        let mut encryption = Elements(parameters.take(SEQUENCE)?);
        // PBKDF2
        (dotted(derivation.take(OBJECT_IDENTIFIER)?) == "1.2.840.113549.1.5.12").then_some(())?;
        let mut derivation = Elements(derivation.take(SEQUENCE)?);
        let salt = derivation.take(OCTET_STRING)?;
        let iterations = derivation.small()?;
        let mut function = Elements(last_sequence(derivation));
        let function = function.take(OBJECT_IDENTIFIER).map(dotted);
        let cipher = dotted(encryption.take(OBJECT_IDENTIFIER)?);
        Some((salt, iterations, function, cipher, encryption.take(OCTET_STRING)?))
    })();
    let (salt, iterations, function, cipher, iv) = parts.ok_or_else(unsupported)?;
    let function = match function.as_deref() {
        None | Some("1.2.840.113549.2.7") => pbkdf2::PBKDF2_HMAC_SHA1,
        Some("1.2.840.113549.2.9") => pbkdf2::PBKDF2_HMAC_SHA256,
        Some("1.2.840.113549.2.10") => pbkdf2::PBKDF2_HMAC_SHA384,
        Some("1.2.840.113549.2.11") => pbkdf2::PBKDF2_HMAC_SHA512,
        Some(_) => return Err(unsupported()),
    };
    let (cipher, length) = match cipher.as_str() {
        "2.16.840.1.101.3.4.1.2" => (Algorithm::Aes, 16),
        "2.16.840.1.101.3.4.1.22" => (Algorithm::Aes, 24),
        "2.16.840.1.101.3.4.1.42" => (Algorithm::Aes, 32),
        "1.2.840.113549.3.7" => (Algorithm::TripleDes, 24),
        _ => return Err(unsupported()),
    };
    cx.burn(u64::from(iterations))?;
    let iterations = NonZeroU32::new(iterations).ok_or_else(unsupported)?;
    let mut key = vec![0; length];
    pbkdf2::derive(function, iterations, salt, &password.utf8, &mut key);
    Ok((cipher, key, iv.to_vec()))
}

/// The pseudo-random function stands behind an optional length.
fn last_sequence(mut parameters: Elements<'_>) -> &[u8] {
    while let Some((tag, content)) = parameters.next_element() {
        if tag == SEQUENCE {
            return content;
        }
    }
    &[]
}
