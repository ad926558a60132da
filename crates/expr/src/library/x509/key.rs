//! Keys of certificates: `PublicKey`, `PrivateKey`, `GetRSAPublicKey()`, `GetRSAPrivateKey()`.

use aws_lc_rs::digest;

use crate::eval::{Cx, Eval};
use crate::object::NativeObject;
use crate::types::Type;
use crate::{Exception, Text, Value};

use super::certificate::Certificate;
use super::der::{BIT_STRING, Elements, OBJECT_IDENTIFIER, SEQUENCE, dotted, element};
use super::{Held, cryptographic, not_supported, own};
use crate::library::arguments::arg;
use crate::library::natives::{made, named, state, state_mut};
use crate::library::oid::{Oid, encoded};
use crate::library::rsa::{self, Rsa};
use crate::library::{TypeSpec, member};

pub(super) const PUBLIC_KEY: TypeSpec = TypeSpec {
    members: &[
        member("Oid Oid", |cx, a| {
            let oid = Oid::of(&state::<Public>(cx, a, 0)?.parts.algorithm);
            made(cx, oid)
        }),
        member("AsymmetricAlgorithm Key", |cx, a| {
            let key = rsa::key::Key::from_public_key_info(&state::<Public>(cx, a, 0)?.info);
            match key {
                Some(key) => made(cx, Rsa::of(key)),
                None => Err(not_supported("The certificate key algorithm is not supported.")),
            }
        }),
        member("AsnEncodedData EncodedKeyValue", |cx, a| {
            let parts = state::<Public>(cx, a, 0)?.parts.clone();
            encoded(cx, &parts.algorithm, parts.bits)
        }),
        member("AsnEncodedData EncodedParameters", |cx, a| {
            let parts = state::<Public>(cx, a, 0)?.parts.clone();
            encoded(cx, &parts.algorithm, parts.parameters)
        }),
    ],
    ..TypeSpec::class(
        "System.Security.Cryptography.X509Certificates.PublicKey",
        "api/system.security.cryptography.x509certificates.publickey",
    )
};

pub(super) const RSA_EXTENSIONS: TypeSpec = TypeSpec {
    members: &[
        member("static RSA GetRSAPublicKey(this X509Certificate2 certificate)", |cx, a| {
            let key = rsa::key::Key::from_public_key_info(&given(cx, a)?.public_key_info());
            key.map_or(Ok(Value::Null), |key| made(cx, Rsa::of(key)))
        }),
        member("static RSA GetRSAPrivateKey(this X509Certificate2 certificate)", |cx, a| {
            let key = given(cx, a)?.key().and_then(|pkcs8| rsa::key::Key::from_pkcs8(&pkcs8));
            key.map_or(Ok(Value::Null), |key| made(cx, Rsa::of(key)))
        }),
        member(
            "static X509Certificate2 CopyWithPrivateKey(this X509Certificate2 certificate, RSA privateKey)",
            |cx, a| {
                let certificate = given(cx, a)?.clone();
                let key = rsa::private_key(cx, a, 1)?;
                let is_own = rsa::key::Key::from_public_key_info(&certificate.public_key_info())
                    .is_some_and(|public| public.n == key.n && public.e == key.e);
                if !is_own {
                    let message = "The provided key does not match the public key for this certificate.";
                    return Err(Exception::argument(message, "privateKey"));
                }
                let pkcs8 = key.pkcs8().unwrap_or_default();
                made(cx, Held::of("X509Certificate2", certificate.with_key(&pkcs8)))
            },
        ),
    ],
    ..TypeSpec::statics(
        "System.Security.Cryptography.X509Certificates.RSACertificateExtensions",
        "api/system.security.cryptography.x509certificates.rsacertificateextensions",
    )
};

fn given<'c>(cx: &'c Cx<'_>, args: &[Value]) -> Result<&'c Certificate, Exception> {
    if arg(args, 0).is_null() {
        return Err(Exception::argument_null("certificate"));
    }
    own(cx, args)
}

/// A `SubjectPublicKeyInfo` in its parts.
#[derive(Clone, Debug, Default)]
pub(super) struct Parts {
    pub(super) algorithm: String,
    /// DER with its tag.
    pub(super) parameters: Vec<u8>,
    /// The key itself.
    pub(super) bits: Vec<u8>,
}

/// The parts of a certificate's public key.
pub(super) fn parts(certificate: &Certificate) -> Parts {
    of_info(&certificate.public_key_info()).unwrap_or_default()
}

fn of_info(info: &[u8]) -> Option<Parts> {
    let mut info = Elements(Elements(info).only(SEQUENCE)?);
    let mut algorithm = Elements(info.take(SEQUENCE)?);
    let id = dotted(algorithm.take(OBJECT_IDENTIFIER)?);
    let parameters = algorithm.next_element().map(|(tag, content)| element(tag, content));
    let (_, bits) = info.take(BIT_STRING)?.split_first()?;
    Some(Parts { algorithm: id, parameters: parameters.unwrap_or_default(), bits: bits.to_vec() })
}

/// A `PublicKey`.
#[derive(Debug)]
pub(super) struct Public {
    info: Vec<u8>,
    parts: Parts,
}

impl Public {
    pub(super) fn of(certificate: &Certificate) -> Self {
        Self { info: certificate.public_key_info(), parts: parts(certificate) }
    }
}

impl NativeObject for Public {
    fn class(&self) -> Type {
        named("PublicKey")
    }

    fn size(&self) -> usize {
        128 + 2 * self.info.len()
    }
}

/// `X509Certificate2.PrivateKey`: null without one.
pub(super) fn private(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let Some(pkcs8) = own(cx, args)?.key() else { return Ok(Value::Null) };
    match rsa::key::Key::from_pkcs8(&pkcs8) {
        Some(key) => made(cx, Rsa::of(key)),
        None => Err(not_supported("The certificate key algorithm is not supported.")),
    }
}

/// Sets `PrivateKey`: a key that belongs to the certificate, or null.
pub(super) fn set_private(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    own(cx, args)?;
    let key = if arg(args, 1).is_null() { None } else { Some(rsa::private_key(cx, args, 1)?) };
    let held = state_mut::<Held>(cx, args, 0)?;
    let Some(certificate) = &mut held.certificate else { return Ok(Value::Null) };
    let public = rsa::key::Key::from_public_key_info(&certificate.public_key_info());
    match key {
        None => *certificate = certificate.clone().without_key(),
        Some(key) if public.is_some_and(|public| public.n == key.n && public.e == key.e) => {
            *certificate = certificate.clone().with_key(&key.pkcs8().unwrap_or_default());
        }
        Some(_) => {
            let message = "The public key of the certificate does not match the value specified.";
            return Err(Exception::new(
                "System.Security.Cryptography.CryptographicUnexpectedOperationException",
                Text::from_static(message),
            ));
        }
    }
    Ok(Value::Null)
}

/// The hash of a certificate by a `HashAlgorithmName`.
pub(super) fn hash_of(cx: &mut Cx<'_>, args: &[Value], index: usize) -> Result<Vec<u8>, Exception> {
    let name = rsa::names::name(cx, args, index).unwrap_or_default();
    let der = own(cx, args)?.der();
    let algorithm = match name.as_str() {
        "" => {
            let message = "The hash algorithm name cannot be null or empty.";
            return Err(Exception::argument(message, "hashAlgorithm"));
        }
        "MD5" => return Ok(crate::library::hashing::md5(der)),
        "SHA1" => &digest::SHA1_FOR_LEGACY_USE_ONLY,
        "SHA256" => &digest::SHA256,
        "SHA384" => &digest::SHA384,
        "SHA512" => &digest::SHA512,
        _ => return Err(cryptographic("The hash algorithm is not known.")),
    };
    Ok(digest::digest(algorithm, der).as_ref().to_vec())
}
