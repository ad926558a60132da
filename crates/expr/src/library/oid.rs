//! `Oid` and `AsnEncodedData`: identifiers of algorithms and extensions, and what they stand before.
//!
//! Friendly names are those of Windows (`sha256RSA`), for the algorithms that certificates and signatures have.

use crate::eval::{Cx, Eval};
use crate::object::NativeObject;
use crate::types::Type;
use crate::{Exception, Text, Value};

use super::arguments::{arg, text};
use super::natives::{made, named, state, state_mut};
use super::{TypeSpec, member, setter};

pub(super) const TYPES: &[TypeSpec] = &[
    TypeSpec {
        members: &[
            member("new()", |cx, _| made(cx, Oid { value: None, name: None })),
            member("new(string oid)", |cx, a| {
                let oid = Oid::of(text(a, 0, "oid")?.as_str());
                made(cx, oid)
            }),
            member("new(string value, string friendlyName)", |cx, a| {
                let part = |index: usize| arg(a, index).as_text().cloned();
                made(cx, Oid { value: part(0), name: part(1) })
            }),
            member("new(Oid oid)", |cx, a| {
                let oid = cx.heap.native::<Oid>(arg(a, 0)).ok_or_else(|| Exception::argument_null("oid"))?;
                let oid = Oid { value: oid.value.clone(), name: oid.name.clone() };
                made(cx, oid)
            }),
            member("string Value", |cx, a| Ok(state::<Oid>(cx, a, 0)?.value.clone().into())),
            setter("string Value", |cx, a| {
                state_mut::<Oid>(cx, a, 0)?.value = arg(a, 1).as_text().cloned();
                Ok(Value::Null)
            }),
            member("string FriendlyName", |cx, a| {
                let oid = state::<Oid>(cx, a, 0)?;
                let known = || oid.value.as_ref().and_then(|value| friendly(value.as_str()));
                Ok(oid.name.clone().or_else(|| known().map(Text::from_static)).into())
            }),
            setter("string FriendlyName", |cx, a| {
                let name = arg(a, 1).as_text().cloned();
                let oid = state_mut::<Oid>(cx, a, 0)?;
                if let Some(value) = name.as_ref().and_then(|name| value_of(name.as_str())) {
                    oid.value = Some(Text::from_static(value));
                }
                oid.name = name;
                Ok(Value::Null)
            }),
        ],
        ..TypeSpec::class("System.Security.Cryptography.Oid", "api/system.security.cryptography.oid")
    },
    TypeSpec {
        members: &[
            member("Oid Oid", |cx, a| {
                let oid = Oid::of(&state::<Encoded>(cx, a, 0)?.id);
                made(cx, oid)
            }),
            member("byte[] RawData", |cx, a| {
                let raw = state::<Encoded>(cx, a, 0)?.raw.clone();
                cx.heap.bytes(raw)
            }),
        ],
        ..TypeSpec::class(
            "System.Security.Cryptography.AsnEncodedData",
            "api/system.security.cryptography.asnencodeddata",
        )
    },
];

/// Identifiers and their names.
const KNOWN: &[(&str, &str)] = &[
    ("1.2.840.113549.1.1.1", "RSA"),
    ("1.2.840.113549.1.1.4", "md5RSA"),
    ("1.2.840.113549.1.1.5", "sha1RSA"),
    ("1.2.840.113549.1.1.10", "RSASSA-PSS"),
    ("1.2.840.113549.1.1.11", "sha256RSA"),
    ("1.2.840.113549.1.1.12", "sha384RSA"),
    ("1.2.840.113549.1.1.13", "sha512RSA"),
    ("1.2.840.10045.2.1", "ECC"),
    ("1.2.840.10045.4.1", "sha1ECDSA"),
    ("1.2.840.10045.4.3.2", "sha256ECDSA"),
    ("1.2.840.10045.4.3.3", "sha384ECDSA"),
    ("1.2.840.10045.4.3.4", "sha512ECDSA"),
    ("1.2.840.113549.2.5", "md5"),
    ("1.3.14.3.2.26", "sha1"),
    ("2.16.840.1.101.3.4.2.1", "sha256"),
    ("2.16.840.1.101.3.4.2.2", "sha384"),
    ("2.16.840.1.101.3.4.2.3", "sha512"),
    ("1.2.840.113549.3.7", "3des"),
    ("1.3.14.3.2.7", "des"),
    ("2.16.840.1.101.3.4.1.2", "aes128"),
    ("2.16.840.1.101.3.4.1.22", "aes192"),
    ("2.16.840.1.101.3.4.1.42", "aes256"),
    ("2.5.29.14", "Subject Key Identifier"),
    ("2.5.29.15", "Key Usage"),
    ("2.5.29.17", "Subject Alternative Name"),
    ("2.5.29.18", "Issuer Alternative Name"),
    ("2.5.29.19", "Basic Constraints"),
    ("2.5.29.31", "CRL Distribution Points"),
    ("2.5.29.32", "Certificate Policies"),
    ("2.5.29.35", "Authority Key Identifier"),
    ("2.5.29.37", "Enhanced Key Usage"),
    ("1.3.6.1.5.5.7.1.1", "Authority Information Access"),
];

/// Windows' name of an identifier.
pub(super) fn friendly(value: &str) -> Option<&'static str> {
    KNOWN.iter().find(|(id, _)| *id == value).map(|(_, name)| *name)
}

fn value_of(name: &str) -> Option<&'static str> {
    KNOWN.iter().find(|(_, known)| known.eq_ignore_ascii_case(name)).map(|(id, _)| *id)
}

/// An identifier.
#[derive(Debug)]
pub(super) struct Oid {
    value: Option<Text>,
    name: Option<Text>,
}

impl Oid {
    /// By its digits, or by a name.
    pub(super) fn of(text: &str) -> Self {
        Self { value: Some(Text::copied(value_of(text).unwrap_or(text))), name: None }
    }
}

impl NativeObject for Oid {
    fn class(&self) -> Type {
        named("Oid")
    }
}

/// Bytes in DER and what they are.
#[derive(Debug)]
pub(super) struct Encoded {
    pub(super) id: String,
    pub(super) raw: Vec<u8>,
}

impl NativeObject for Encoded {
    fn class(&self) -> Type {
        named("AsnEncodedData")
    }

    fn size(&self) -> usize {
        64 + self.raw.len()
    }
}

/// An `AsnEncodedData`.
pub(super) fn encoded(cx: &mut Cx<'_>, id: &str, raw: Vec<u8>) -> Eval {
    made(cx, Encoded { id: id.to_owned(), raw })
}
