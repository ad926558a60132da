//! Names that RSA takes: hash algorithms and paddings. Two of them are equal when they say the same.

use std::borrow::Cow;

use crate::eval::{Cx, Eval};
use crate::object::NativeObject;
use crate::types::Type;
use crate::value::EnumValue;
use crate::{Exception, Text, Value};

use crate::library::arguments::arg;
use crate::library::natives::{made, named};
use crate::library::{TypeSpec, member};

const HASH: &str = "HashAlgorithmName";
const SIGNATURE: &str = "RSASignaturePadding";
const ENCRYPTION: &str = "RSAEncryptionPadding";

/// A `HashAlgorithmName`, `RSASignaturePadding` or `RSAEncryptionPadding`.
#[derive(Debug)]
pub(crate) struct Named {
    class: &'static str,
    name: Cow<'static, str>,
    /// Of OAEP.
    hash: Cow<'static, str>,
}

impl Named {
    /// `SHA256`, `Pkcs1`, `Pss`, `Oaep`.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The hash of OAEP; empty for others.
    pub(crate) fn hash(&self) -> &str {
        &self.hash
    }
}

impl NativeObject for Named {
    fn class(&self) -> Type {
        named(self.class)
    }

    fn text(&self) -> Option<Text> {
        Some(Text::copied(&format!("{}{}", self.name, self.hash)))
    }
}

/// The text of a `HashAlgorithmName`; none of one that was never given a name.
pub(crate) fn name(cx: &Cx<'_>, args: &[Value], index: usize) -> Option<String> {
    cx.heap.native::<Named>(arg(args, index)).map(|named| named.name.clone().into_owned())
}

/// A `HashAlgorithmName`, such as OAEP tells.
fn hash_name(cx: &mut Cx<'_>, name: impl Into<Cow<'static, str>>) -> Eval {
    made(cx, Named { class: HASH, name: name.into(), hash: "".into() })
}

fn padding(cx: &mut Cx<'_>, class: &'static str, name: &'static str, hash: impl Into<Cow<'static, str>>) -> Eval {
    made(cx, Named { class, name: name.into(), hash: hash.into() })
}

fn equal(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let part = |index: usize| {
        let named = cx.heap.native::<Named>(arg(args, index));
        named.map(|named| (named.class, named.name.clone(), named.hash.clone()))
    };
    Ok(Value::Bool(part(0) == part(1)))
}

fn unequal(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let Value::Bool(equal) = equal(cx, args)? else { return Ok(Value::Null) };
    Ok(Value::Bool(!equal))
}

fn shown(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let named = cx.heap.native::<Named>(arg(args, 0)).ok_or_else(Exception::null_reference)?;
    Ok(named.text().into())
}

fn mode(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let named = cx.heap.native::<Named>(arg(args, 0)).ok_or_else(Exception::null_reference)?;
    let number = i32::from(named.name != "Pkcs1");
    let class = if named.class == SIGNATURE { "RSASignaturePaddingMode" } else { "RSAEncryptionPaddingMode" };
    let class = crate::registry::registry().find(class);
    Ok(class.map_or(Value::Null, |class| Value::Enum(EnumValue { class, number })))
}

pub(super) const HASH_NAME: TypeSpec = TypeSpec {
    members: &[
        member("new(string name)", |cx, a| {
            let name = a.first().and_then(Value::as_text).map_or("", Text::as_str).to_owned();
            hash_name(cx, name)
        }),
        member("static HashAlgorithmName MD5", |cx, _| hash_name(cx, "MD5")),
        member("static HashAlgorithmName SHA1", |cx, _| hash_name(cx, "SHA1")),
        member("static HashAlgorithmName SHA256", |cx, _| hash_name(cx, "SHA256")),
        member("static HashAlgorithmName SHA384", |cx, _| hash_name(cx, "SHA384")),
        member("static HashAlgorithmName SHA512", |cx, _| hash_name(cx, "SHA512")),
        member("string Name", shown),
        member("string ToString()", shown),
        member("bool Equals(object obj)", equal),
        member("bool Equals(HashAlgorithmName other)", equal),
        member("int GetHashCode()", hash_code),
        member("static bool operator ==(HashAlgorithmName left, HashAlgorithmName right)", equal),
        member("static bool operator !=(HashAlgorithmName left, HashAlgorithmName right)", unequal),
    ],
    ..TypeSpec::structure(
        "System.Security.Cryptography.HashAlgorithmName",
        "api/system.security.cryptography.hashalgorithmname",
    )
};

pub(super) const SIGNATURE_PADDING: TypeSpec = TypeSpec {
    members: &[
        member("static RSASignaturePadding Pkcs1", |cx, _| padding(cx, SIGNATURE, "Pkcs1", "")),
        member("static RSASignaturePadding Pss", |cx, _| padding(cx, SIGNATURE, "Pss", "")),
        member("RSASignaturePaddingMode Mode", mode),
        member("string ToString()", shown),
        member("bool Equals(object obj)", equal),
        member("bool Equals(RSASignaturePadding other)", equal),
        member("int GetHashCode()", hash_code),
        member("static bool operator ==(RSASignaturePadding left, RSASignaturePadding right)", equal),
        member("static bool operator !=(RSASignaturePadding left, RSASignaturePadding right)", unequal),
    ],
    ..TypeSpec::class(
        "System.Security.Cryptography.RSASignaturePadding",
        "api/system.security.cryptography.rsasignaturepadding",
    )
};

pub(super) const ENCRYPTION_PADDING: TypeSpec = TypeSpec {
    members: &[
        member("static RSAEncryptionPadding Pkcs1", |cx, _| padding(cx, ENCRYPTION, "Pkcs1", "")),
        member("static RSAEncryptionPadding OaepSHA1", |cx, _| padding(cx, ENCRYPTION, "Oaep", "SHA1")),
        member("static RSAEncryptionPadding OaepSHA256", |cx, _| {
            padding(cx, ENCRYPTION, "Oaep", "SHA256")
        }),
        member("static RSAEncryptionPadding OaepSHA384", |cx, _| {
            padding(cx, ENCRYPTION, "Oaep", "SHA384")
        }),
        member("static RSAEncryptionPadding OaepSHA512", |cx, _| {
            padding(cx, ENCRYPTION, "Oaep", "SHA512")
        }),
        member("static RSAEncryptionPadding CreateOaep(HashAlgorithmName hashAlgorithm)", |cx, a| {
            match name(cx, a, 0).filter(|name| !name.is_empty()) {
                Some(hash) => padding(cx, ENCRYPTION, "Oaep", hash),
                None => Err(Exception::argument(
                    "The hash algorithm name cannot be null or empty.",
                    "hashAlgorithm",
                )),
            }
        }),
        member("RSAEncryptionPaddingMode Mode", mode),
        member("HashAlgorithmName OaepHashAlgorithm", |cx, a| {
            let named = cx.heap.native::<Named>(arg(a, 0)).ok_or_else(Exception::null_reference)?;
            let hash = named.hash.clone();
            hash_name(cx, hash)
        }),
        member("string ToString()", shown),
        member("bool Equals(object obj)", equal),
        member("bool Equals(RSAEncryptionPadding other)", equal),
        member("int GetHashCode()", hash_code),
        member("static bool operator ==(RSAEncryptionPadding left, RSAEncryptionPadding right)", equal),
        member("static bool operator !=(RSAEncryptionPadding left, RSAEncryptionPadding right)", unequal),
    ],
    ..TypeSpec::class(
        "System.Security.Cryptography.RSAEncryptionPadding",
        "api/system.security.cryptography.rsaencryptionpadding",
    )
};

pub(super) const SIGNATURE_MODE: TypeSpec = TypeSpec::enumeration(
    "System.Security.Cryptography.RSASignaturePaddingMode",
    &[("Pkcs1", 0), ("Pss", 1)],
    "api/system.security.cryptography.rsasignaturepaddingmode",
);

pub(super) const ENCRYPTION_MODE: TypeSpec = TypeSpec::enumeration(
    "System.Security.Cryptography.RSAEncryptionPaddingMode",
    &[("Pkcs1", 0), ("Oaep", 1)],
    "api/system.security.cryptography.rsaencryptionpaddingmode",
);

/// The same for equal ones; .NET promises no value.
fn hash_code(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let named = cx.heap.native::<Named>(arg(args, 0)).ok_or_else(Exception::null_reference)?;
    let sum = |hash: i32, byte: u8| hash.wrapping_mul(31).wrapping_add(i32::from(byte));
    Ok(Value::Int32(named.name.bytes().chain(named.hash.bytes()).fold(17, sum)))
}
