//! As much DER (X.690) as public keys and certificates need: elements one after another, nothing recursive.
//!
//! A certificate is read for its public key only. Whether it is valid, and who vouches for it, is nothing that a JSON
//! Web Key depends on (RFC 7517 section 4.7 leaves it to the application).

use crate::Curve;

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OBJECT_IDENTIFIER: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xA0;

/// rsaEncryption, RFC 8017 appendix A.1.
const RSA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01];
/// id-ecPublicKey, RFC 5480 section 2.1.1.
const EC: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01];

/// A public key, as its parts.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Public<'a> {
    /// Modulus and exponent, without zeros in front.
    Rsa { n: &'a [u8], e: &'a [u8] },
    /// An uncompressed point.
    Ec { curve: Curve, point: &'a [u8] },
}

/// The public key of an X.509 certificate (RFC 5280 section 4.1).
pub(crate) fn of_certificate(der: &[u8]) -> Option<Public<'_>> {
    let mut certificate = Elements(Elements(der).only(SEQUENCE)?);
    let mut body = Elements(certificate.take(SEQUENCE)?);
    if body.peek() == Some(VERSION) {
        body.take(VERSION)?;
    }
    body.take(INTEGER)?;
    // The signature's algorithm, the issuer, the validity, the subject.
    for _ in 0..4 {
        body.take(SEQUENCE)?;
    }
    of_info(body.take(SEQUENCE)?)
}

/// The public key of a SubjectPublicKeyInfo.
pub(crate) fn of_public_key_info(der: &[u8]) -> Option<Public<'_>> {
    of_info(Elements(der).only(SEQUENCE)?)
}

fn of_info(content: &[u8]) -> Option<Public<'_>> {
    let mut info = Elements(content);
    let mut algorithm = Elements(info.take(SEQUENCE)?);
    let kind = algorithm.take(OBJECT_IDENTIFIER)?;
    let (0, key) = info.take(BIT_STRING)?.split_first()? else { return None };
    if kind == RSA {
        return of_pkcs1(key);
    }
    let curve = (kind == EC).then(|| algorithm.take(OBJECT_IDENTIFIER)).flatten().and_then(curve)?;
    Some(Public::Ec { curve, point: key })
}

/// The RSAPublicKey of RFC 8017 appendix A.1.1.
pub(crate) fn of_pkcs1(der: &[u8]) -> Option<Public<'_>> {
    let mut numbers = Elements(Elements(der).only(SEQUENCE)?);
    let n = numbers.take(INTEGER)?;
    let e = numbers.take(INTEGER)?;
    Some(Public::Rsa { n: without_zeros(n), e: without_zeros(e) })
}

/// RFC 5480 section 2.1.1.1.
fn curve(identifier: &[u8]) -> Option<Curve> {
    match identifier {
        [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07] => Some(Curve::P256),
        [0x2B, 0x81, 0x04, 0x00, 0x22] => Some(Curve::P384),
        [0x2B, 0x81, 0x04, 0x00, 0x23] => Some(Curve::P521),
        _ => None,
    }
}

/// A number without the zeros in front of it.
pub(crate) fn without_zeros(mut number: &[u8]) -> &[u8] {
    while let Some((0, rest)) = number.split_first() {
        number = rest;
    }
    number
}

/// Elements that stand one after another.
struct Elements<'a>(&'a [u8]);

impl<'a> Elements<'a> {
    fn peek(&self) -> Option<u8> {
        self.0.first().copied()
    }

    /// The content of the next element, which must have this tag.
    fn take(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (own, rest) = self.0.split_first()?;
        let (length, rest) = length(rest)?;
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        (*own == tag).then_some(content)
    }

    /// The content of the one element that there is.
    fn only(mut self, tag: u8) -> Option<&'a [u8]> {
        let content = self.take(tag)?;
        self.0.is_empty().then_some(content)
    }
}

/// A definite length of at most three bytes.
fn length(from: &[u8]) -> Option<(usize, &[u8])> {
    let (first, rest) = from.split_first()?;
    if *first < 0x80 {
        return Some((usize::from(*first), rest));
    }
    let count = usize::from(first & 0x7F);
    if !(1..=3).contains(&count) {
        return None;
    }
    let (bytes, rest) = rest.split_at_checked(count)?;
    let length = bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
    Some((length, rest))
}

#[cfg(test)]
mod tests {
    use super::{Elements, SEQUENCE, of_certificate};

    #[test]
    fn lengths_that_reach_over_the_end_give_nothing() {
        assert_eq!(Elements(&[0x30, 2, 1]).take(SEQUENCE), None);
        assert_eq!(Elements(&[0x30, 0x80, 0, 0]).take(SEQUENCE), None, "indefinite");
        assert_eq!(Elements(&[0x30, 0x84, 0, 0, 0, 0]).take(SEQUENCE), None, "four bytes");
        assert_eq!(Elements(&[0x30, 0x83, 0xFF, 0xFF, 0xFF]).take(SEQUENCE), None);
        assert_eq!(Elements(&[0x30, 1, 7]).only(SEQUENCE), Some(&[7][..]));
        assert_eq!(of_certificate(&[0x30, 2, 0x30, 0]), None);
    }
}
