//! Hashes and keyed hashes of `System.Security.Cryptography`.
//!
//! `SHA256.Create()`, `new SHA256Managed()`, `new HMACSHA256(key)` and their family. Old algorithms are there because old
//! services ask for them.

mod md5;

use aws_lc_rs::{digest, hmac};

use crate::eval::{Cx, Eval};
use crate::object::NativeObject;
use crate::types::Type;
use crate::{Exception, Text, Value};

use super::arguments::{bytes, size, text};
use super::natives::{made, named, state, state_mut};
use super::{TypeSpec, member, setter};

/// An algorithm with a `Create()`, and the type that is made with `new`.
macro_rules! hash {
    ($name:literal, $algorithm:ident) => {
        TypeSpec {
            bases: &["HashAlgorithm"],
            members: &[member(concat!("static ", $name, " Create()"), |cx, _| {
                made(cx, Hasher::new($name, Algorithm::$algorithm))
            })],
            ..TypeSpec::class(
                concat!("System.Security.Cryptography.", $name),
                concat!("api/system.security.cryptography.", $name),
            )
        }
    };
    (managed $name:literal, $base:literal, $algorithm:ident) => {
        TypeSpec {
            bases: &[$base],
            members: &[member("new()", |cx, _| made(cx, Hasher::new($name, Algorithm::$algorithm)))],
            ..TypeSpec::class(
                concat!("System.Security.Cryptography.", $name),
                concat!("api/system.security.cryptography.", $name),
            )
        }
    };
    (keyed $name:literal, $algorithm:ident) => {
        TypeSpec {
            bases: &["HMAC"],
            members: &[
                member("new()", |cx, _| {
                    let mut key = vec![0; 64];
                    cx.host.random(&mut key);
                    made(cx, Hasher::keyed($name, Algorithm::$algorithm, key))
                }),
                member("new(byte[] key)", |cx, a| {
                    let key = bytes(cx.heap, a, 0, "key")?.to_vec();
                    made(cx, Hasher::keyed($name, Algorithm::$algorithm, key))
                }),
            ],
            ..TypeSpec::class(
                concat!("System.Security.Cryptography.", $name),
                concat!("api/system.security.cryptography.", $name),
            )
        }
    };
}

pub(super) const TYPES: &[TypeSpec] = &[
    TypeSpec {
        members: &[
            member("byte[] ComputeHash(byte[] buffer)", |cx, a| {
                let length = bytes(cx.heap, a, 1, "buffer")?.len();
                compute(cx, a, 0, length)
            }),
            member("byte[] ComputeHash(byte[] buffer, int offset, int count)", |cx, a| {
                let (start, length) = (size(a, 2, "offset")?, size(a, 3, "count")?);
                compute(cx, a, start, length)
            }),
            member("byte[] Hash", |cx, a| match state::<Hasher>(cx, a, 0)?.result.clone() {
                Some(result) => cx.heap.bytes(result),
                None => Ok(Value::Null),
            }),
            member("int HashSize", |cx, a| Ok(Value::Int32(state::<Hasher>(cx, a, 0)?.algorithm.bits()))),
            member("void Initialize()", |cx, a| {
                state_mut::<Hasher>(cx, a, 0)?.result = None;
                Ok(Value::Null)
            }),
            member("void Clear()", |_, _| Ok(Value::Null)),
            member("void Dispose()", |_, _| Ok(Value::Null)),
            member("static HashAlgorithm Create(string hashName)", |cx, a| create(cx, text(a, 0, "name")?)),
        ],
        unbuilt: &["TransformBlock", "TransformFinalBlock"],
        ..TypeSpec::class(
            "System.Security.Cryptography.HashAlgorithm",
            "api/system.security.cryptography.hashalgorithm",
        )
    },
    TypeSpec {
        bases: &["HashAlgorithm"],
        members: &[
            member("byte[] Key", |cx, a| {
                let key = state::<Hasher>(cx, a, 0)?.key.clone().unwrap_or_default();
                cx.heap.bytes(key)
            }),
            setter("byte[] Key", |cx, a| {
                let key = bytes(cx.heap, a, 1, "value")?.to_vec();
                state_mut::<Hasher>(cx, a, 0)?.key = Some(key);
                Ok(Value::Null)
            }),
        ],
        ..TypeSpec::class(
            "System.Security.Cryptography.KeyedHashAlgorithm",
            "api/system.security.cryptography.keyedhashalgorithm",
        )
    },
    TypeSpec {
        bases: &["KeyedHashAlgorithm"],
        members: &[member("string HashName", |cx, a| {
            let name = state::<Hasher>(cx, a, 0)?.class;
            Ok(Value::text(name.trim_start_matches("HMAC")))
        })],
        ..TypeSpec::class("System.Security.Cryptography.HMAC", "api/system.security.cryptography.hmac")
    },
    hash!("MD5", Md5),
    hash!("SHA1", Sha1),
    hash!("SHA256", Sha256),
    hash!("SHA384", Sha384),
    hash!("SHA512", Sha512),
    hash!(managed "SHA1Managed", "SHA1", Sha1),
    hash!(managed "SHA256Managed", "SHA256", Sha256),
    hash!(managed "SHA384Managed", "SHA384", Sha384),
    hash!(managed "SHA512Managed", "SHA512", Sha512),
    hash!(keyed "HMACMD5", Md5),
    hash!(keyed "HMACSHA1", Sha1),
    hash!(keyed "HMACSHA256", Sha256),
    hash!(keyed "HMACSHA384", Sha384),
    hash!(keyed "HMACSHA512", Sha512),
];

/// What is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Algorithm {
    Md5,
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Algorithm {
    const fn bits(self) -> i32 {
        match self {
            Self::Md5 => 128,
            Self::Sha1 => 160,
            Self::Sha256 => 256,
            Self::Sha384 => 384,
            Self::Sha512 => 512,
        }
    }

    fn hash(self, data: &[u8]) -> Vec<u8> {
        let algorithm = match self {
            Self::Md5 => return md5::md5(data).to_vec(),
            Self::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        };
        digest::digest(algorithm, data).as_ref().to_vec()
    }

    fn keyed(self, key: &[u8], data: &[u8]) -> Vec<u8> {
        let algorithm = match self {
            Self::Md5 => return hmac_md5(key, data),
            Self::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => hmac::HMAC_SHA256,
            Self::Sha384 => hmac::HMAC_SHA384,
            Self::Sha512 => hmac::HMAC_SHA512,
        };
        hmac::sign(&hmac::Key::new(algorithm, key), data).as_ref().to_vec()
    }
}

/// RFC 2104 with MD5.
fn hmac_md5(key: &[u8], data: &[u8]) -> Vec<u8> {
    let mut block = if key.len() > 64 { md5::md5(key).to_vec() } else { key.to_vec() };
    block.resize(64, 0);
    let padded = |pad: u8| block.iter().map(move |byte| byte ^ pad);
    let inner: Vec<u8> = padded(0x36).chain(data.iter().copied()).collect();
    let outer: Vec<u8> = padded(0x5C).chain(md5::md5(&inner)).collect();
    md5::md5(&outer).to_vec()
}

/// A hash algorithm object. Its key is never shown.
struct Hasher {
    class: &'static str,
    algorithm: Algorithm,
    key: Option<Vec<u8>>,
    result: Option<Vec<u8>>,
    tainted: bool,
}

impl std::fmt::Debug for Hasher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct(self.class).finish_non_exhaustive()
    }
}

impl Hasher {
    const fn new(class: &'static str, algorithm: Algorithm) -> Self {
        Self { class, algorithm, key: None, result: None, tainted: false }
    }

    const fn keyed(class: &'static str, algorithm: Algorithm, key: Vec<u8>) -> Self {
        Self { class, algorithm, key: Some(key), result: None, tainted: false }
    }
}

impl NativeObject for Hasher {
    fn class(&self) -> Type {
        named(self.class)
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.key.as_ref().map_or(0, Vec::len)
    }

    fn is_tainted(&self) -> bool {
        self.tainted
    }

    fn taint(&mut self) {
        self.tainted = true;
    }
}

fn compute(cx: &mut Cx<'_>, args: &[Value], start: usize, length: usize) -> Eval {
    cx.burn(length as u64 / 64)?;
    let all = bytes(cx.heap, args, 1, "buffer")?;
    let invalid =
        || Exception::new("System.ArgumentException", Text::from_static("Value was invalid."));
    let part = start.checked_add(length).and_then(|end| all.get(start..end)).ok_or_else(invalid)?;
    let hasher = state::<Hasher>(cx, args, 0)?;
    let result = match &hasher.key {
        Some(key) => hasher.algorithm.keyed(key, part),
        None => hasher.algorithm.hash(part),
    };
    state_mut::<Hasher>(cx, args, 0)?.result = Some(result.clone());
    cx.heap.bytes(result)
}

/// `HashAlgorithm.Create(name)`; null for a name that nobody knows.
fn create(cx: &mut Cx<'_>, name: &Text) -> Eval {
    let plain = name.as_str().rsplit('.').next().unwrap_or("").to_ascii_uppercase().replace('-', "");
    let (class, algorithm) = match plain.as_str() {
        "MD5" => ("MD5", Algorithm::Md5),
        "SHA" | "SHA1" => ("SHA1", Algorithm::Sha1),
        "SHA256" => ("SHA256", Algorithm::Sha256),
        "SHA384" => ("SHA384", Algorithm::Sha384),
        "SHA512" => ("SHA512", Algorithm::Sha512),
        _ => return Ok(Value::Null),
    };
    made(cx, Hasher::new(class, algorithm))
}

#[cfg(test)]
mod tests {
    use super::Algorithm;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// FIPS 180-4 examples, RFC 2202 and RFC 4231, test case 2.
    #[test]
    fn published_vectors() {
        assert_eq!(hex(&Algorithm::Sha1.hash(b"abc")), "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert_eq!(
            hex(&Algorithm::Sha256.hash(b"abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        let (key, data) = (b"Jefe", b"what do ya want for nothing?");
        assert_eq!(hex(&Algorithm::Md5.keyed(key, data)), "750c783e6ab0b503eaa86e310a5db738");
        assert_eq!(hex(&Algorithm::Sha1.keyed(key, data)), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
        assert_eq!(
            hex(&Algorithm::Sha256.keyed(key, data)),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }
}
