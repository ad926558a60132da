//! Hashes and keyed hashes of `System.Security.Cryptography`.
//!
//! `SHA256.Create()`, `new SHA256Managed()`, `new HMACSHA256(key)` and their family. Old algorithms are there because old
//! services ask for them. Data given piece by piece (`TransformBlock`) is kept until the end.

mod md5;

use aws_lc_rs::{digest, hmac};

use crate::eval::{Cx, Eval};
use crate::object::NativeObject;
use crate::types::Type;
use crate::{Exception, Facts, Text, Value};

use super::arguments::{arg, boolean, bytes, size, text};
use super::natives::{made, named, state, state_mut};
use super::{TypeSpec, member, setter, touching};

/// An algorithm with a `Create()`.
macro_rules! hash {
    ($name:literal, $algorithm:ident) => {
        TypeSpec {
            bases: &["HashAlgorithm"],
            members: &[
                member(concat!("static ", $name, " Create()"), |cx, _| {
                    made(cx, Hasher::new(Algorithm::$algorithm.default_class(), Algorithm::$algorithm))
                }),
                member(concat!("static ", $name, " Create(string hashName)"), |cx, a| {
                    create_as(cx, a, "hashName", |hasher| hasher.is(Algorithm::$algorithm))
                }),
            ],
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
    (keyed $name:literal, $algorithm:ident $(, $more:expr)*) => {
        TypeSpec {
            bases: &["HMAC"],
            members: &[
                touching(Facts::RANDOM, "new()", |cx, _| {
                    let hasher = with_random_key(cx, $name, Algorithm::$algorithm);
                    made(cx, hasher)
                }),
                member("new(byte[] key)", |cx, a| {
                    let key = bytes(cx.heap, a, 0, "key")?.to_vec();
                    made(cx, Hasher::keyed($name, Algorithm::$algorithm, key))
                }),
                $($more,)*
            ],
            ..TypeSpec::class(
                concat!("System.Security.Cryptography.", $name),
                concat!("api/system.security.cryptography.", $name),
            )
        }
    };
}

/// .NET Framework 2.0 made other values with SHA-384 and SHA-512; they are not offered.
const LEGACY: super::Row = member("bool ProduceLegacyHmacValues", |_, _| Ok(Value::Bool(false)));
const SET_LEGACY: super::Row = setter("bool ProduceLegacyHmacValues", |_, a| match boolean(a, 1) {
    false => Ok(Value::Null),
    true => Err(Exception::new(
        "System.NotSupportedException",
        Text::from_static("Values of .NET Framework 2.0 are not supported."),
    )),
});

pub(super) const TYPES: &[TypeSpec] = &[
    TypeSpec {
        bases: &["ICryptoTransform"],
        members: &[
            member("byte[] ComputeHash(byte[] buffer)", |cx, a| {
                let length = bytes(cx.heap, a, 1, "buffer")?.len();
                compute(cx, a, 0, length)
            }),
            member("byte[] ComputeHash(byte[] buffer, int offset, int count)", |cx, a| {
                let (start, length) = part(cx, a, "buffer", "offset")?;
                compute(cx, a, start, length)
            }),
            member(
                "int TransformBlock(byte[] inputBuffer, int inputOffset, int inputCount, byte[] outputBuffer, int outputOffset)",
                transform_block,
            ),
            member(
                "byte[] TransformFinalBlock(byte[] inputBuffer, int inputOffset, int inputCount)",
                transform_final_block,
            ),
            member("byte[] Hash", |cx, a| match &state::<Hasher>(cx, a, 0)?.progress {
                Progress::Done(result) => {
                    let result = result.clone();
                    cx.heap.bytes(result)
                }
                Progress::Fresh => Ok(Value::Null),
                Progress::Under(_) => Err(unexpected("Hash must be finalized before the hash value is retrieved.")),
            }),
            member("int HashSize", |cx, a| Ok(Value::Int32(state::<Hasher>(cx, a, 0)?.algorithm.bits()))),
            member("int InputBlockSize", |_, _| Ok(Value::Int32(1))),
            member("int OutputBlockSize", |_, _| Ok(Value::Int32(1))),
            member("bool CanTransformMultipleBlocks", |_, _| Ok(Value::Bool(true))),
            member("bool CanReuseTransform", |_, _| Ok(Value::Bool(true))),
            member("void Initialize()", |cx, a| {
                state_mut::<Hasher>(cx, a, 0)?.progress = Progress::Fresh;
                Ok(Value::Null)
            }),
            member("void Clear()", dispose),
            member("void Dispose()", dispose),
            member("static HashAlgorithm Create()", |cx, _| made(cx, Hasher::new("SHA1CryptoServiceProvider", Algorithm::Sha1))),
            member("static HashAlgorithm Create(string hashName)", |cx, a| create_as(cx, a, "hashName", |_| true)),
        ],
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
            setter("byte[] Key", set_key),
            touching(Facts::RANDOM, "static KeyedHashAlgorithm Create()", |cx, _| {
                let hasher = with_random_key(cx, "HMACSHA1", Algorithm::Sha1);
                made(cx, hasher)
            }),
            touching(Facts::RANDOM, "static KeyedHashAlgorithm Create(string algName)", |cx, a| {
                create_as(cx, a, "algName", |hasher| hasher.key.is_some())
            }),
        ],
        ..TypeSpec::class(
            "System.Security.Cryptography.KeyedHashAlgorithm",
            "api/system.security.cryptography.keyedhashalgorithm",
        )
    },
    TypeSpec {
        bases: &["KeyedHashAlgorithm"],
        members: &[
            member("string HashName", |cx, a| {
                let name = state::<Hasher>(cx, a, 0)?.class;
                Ok(Value::text(name.trim_start_matches("HMAC")))
            }),
            setter("string HashName", set_hash_name),
            touching(Facts::RANDOM, "static HMAC Create()", |cx, _| {
                let hasher = with_random_key(cx, "HMACSHA1", Algorithm::Sha1);
                made(cx, hasher)
            }),
            touching(Facts::RANDOM, "static HMAC Create(string algorithmName)", |cx, a| {
                create_as(cx, a, "algorithmName", |hasher| hasher.key.is_some())
            }),
        ],
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
    hash!(managed "MD5CryptoServiceProvider", "MD5", Md5),
    hash!(managed "SHA1CryptoServiceProvider", "SHA1", Sha1),
    hash!(keyed "HMACMD5", Md5),
    hash!(keyed "HMACSHA1", Sha1, member("new(byte[] key, bool useManagedSha1)", |cx, a| {
        let key = bytes(cx.heap, a, 0, "key")?.to_vec();
        made(cx, Hasher::keyed("HMACSHA1", Algorithm::Sha1, key))
    })),
    hash!(keyed "HMACSHA256", Sha256),
    hash!(keyed "HMACSHA384", Sha384, LEGACY, SET_LEGACY),
    hash!(keyed "HMACSHA512", Sha512, LEGACY, SET_LEGACY),
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

    /// What `Create()` makes on .NET Framework.
    const fn default_class(self) -> &'static str {
        match self {
            Self::Md5 => "MD5CryptoServiceProvider",
            Self::Sha1 => "SHA1CryptoServiceProvider",
            Self::Sha256 => "SHA256Managed",
            Self::Sha384 => "SHA384Managed",
            Self::Sha512 => "SHA512Managed",
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
    progress: Progress,
    tainted: bool,
}

/// How far it is.
enum Progress {
    Fresh,
    /// What was given so far.
    Under(Vec<u8>),
    Done(Vec<u8>),
}

impl std::fmt::Debug for Hasher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct(self.class).finish_non_exhaustive()
    }
}

impl Hasher {
    const fn new(class: &'static str, algorithm: Algorithm) -> Self {
        Self { class, algorithm, key: None, progress: Progress::Fresh, tainted: false }
    }

    const fn keyed(class: &'static str, algorithm: Algorithm, key: Vec<u8>) -> Self {
        Self { class, algorithm, key: Some(key), progress: Progress::Fresh, tainted: false }
    }

    fn is(&self, algorithm: Algorithm) -> bool {
        self.key.is_none() && self.algorithm == algorithm
    }

    fn of(&self, data: &[u8]) -> Vec<u8> {
        match &self.key {
            Some(key) => self.algorithm.keyed(key, data),
            None => self.algorithm.hash(data),
        }
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

/// A key of 64 or 128 bytes, as .NET makes one.
fn with_random_key(cx: &mut Cx<'_>, class: &'static str, algorithm: Algorithm) -> Hasher {
    let length = if algorithm.bits() > 256 { 128 } else { 64 };
    let mut key = vec![0; length];
    cx.host.random(&mut key);
    Hasher::keyed(class, algorithm, key)
}

/// Where a part of a buffer begins and how long it is: arguments 2 and 3 of a method.
fn part(cx: &Cx<'_>, args: &[Value], buffer: &str, offset: &str) -> Result<(usize, usize), Exception> {
    let length = bytes(cx.heap, args, 1, buffer)?.len();
    let start = size(args, 2, offset)?;
    let invalid = || Exception::new("System.ArgumentException", Text::from_static("Value was invalid."));
    let count = usize::try_from(super::arguments::int(args, 3)).map_err(|_| invalid())?;
    if count > length {
        return Err(invalid());
    }
    if length - count < start {
        return Err(Exception::new(
            "System.ArgumentException",
            Text::from_static("Offset and length were out of bounds for the array or count is greater than the number of elements from index to the end of the source collection."),
        ));
    }
    Ok((start, count))
}

fn compute(cx: &mut Cx<'_>, args: &[Value], start: usize, length: usize) -> Eval {
    cx.burn(length as u64 / 64)?;
    let all = bytes(cx.heap, args, 1, "buffer")?;
    let part = all.get(start..start + length).unwrap_or_default();
    let result = state::<Hasher>(cx, args, 0)?.of(part);
    state_mut::<Hasher>(cx, args, 0)?.progress = Progress::Done(result.clone());
    cx.heap.bytes(result)
}

/// Takes a part of the buffer in.
fn take(cx: &mut Cx<'_>, args: &[Value]) -> Result<Vec<u8>, Exception> {
    let (start, length) = part(cx, args, "inputBuffer", "inputOffset")?;
    cx.grow(length)?;
    let all = bytes(cx.heap, args, 1, "inputBuffer")?;
    let taken = all.get(start..start + length).unwrap_or_default().to_vec();
    let tainted = cx.heap.is_tainted(arg(args, 1));
    let hasher = state_mut::<Hasher>(cx, args, 0)?;
    hasher.tainted |= tainted;
    match &mut hasher.progress {
        Progress::Under(data) => data.extend(&taken),
        progress => *progress = Progress::Under(taken.clone()),
    }
    Ok(taken)
}

fn transform_block(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let taken = take(cx, args)?;
    let at = size(args, 5, "outputOffset")?;
    if !arg(args, 4).is_null() {
        let outside = |_| {
            Exception::new(
                "System.ArgumentException",
                Text::from_static("Offset and length were out of bounds for the array or count is greater than the number of elements from index to the end of the source collection."),
            )
        };
        super::symmetric::put(cx, arg(args, 4), at, &taken).map_err(outside)?;
    }
    Ok(super::arguments::count(taken.len()))
}

fn transform_final_block(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let taken = take(cx, args)?;
    let hasher = state::<Hasher>(cx, args, 0)?;
    let Progress::Under(data) = &hasher.progress else { return Ok(Value::Null) };
    let (result, length) = (hasher.of(data), data.len());
    cx.burn(length as u64 / 64)?;
    state_mut::<Hasher>(cx, args, 0)?.progress = Progress::Done(result);
    cx.heap.bytes(taken)
}

fn dispose(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    state_mut::<Hasher>(cx, args, 0)?.progress = Progress::Fresh;
    Ok(Value::Null)
}

fn set_key(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let key = bytes(cx.heap, args, 1, "value")?.to_vec();
    let tainted = cx.heap.is_tainted(arg(args, 1));
    let hasher = state_mut::<Hasher>(cx, args, 0)?;
    if matches!(hasher.progress, Progress::Under(_)) {
        let message = "Hash key cannot be changed after the first write to the stream.";
        return Err(Exception::new(CRYPTOGRAPHIC, Text::from_static(message)));
    }
    hasher.key = Some(key);
    hasher.tainted |= tainted;
    Ok(Value::Null)
}

/// .NET lets the hash of an `HMAC` be changed before it is used.
fn set_hash_name(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let found = by_name(text(args, 1, "value")?.as_str()).filter(|(class, _)| !class.starts_with("HMAC"));
    let hasher = state_mut::<Hasher>(cx, args, 0)?;
    if let Some((_, algorithm)) = found {
        hasher.algorithm = algorithm;
    }
    Ok(Value::Null)
}

const CRYPTOGRAPHIC: &str = "System.Security.Cryptography.CryptographicException";

fn unexpected(message: &'static str) -> Exception {
    Exception::new(
        "System.Security.Cryptography.CryptographicUnexpectedOperationException",
        Text::from_static(message),
    )
}

/// Class and algorithm of a name that .NET's `CryptoConfig` knows, without regard to case.
fn by_name(name: &str) -> Option<(&'static str, Algorithm)> {
    let plain = name.strip_prefix("System.Security.Cryptography.").unwrap_or(name).to_ascii_uppercase();
    Some(match plain.as_str() {
        "MD5" | "MD5CRYPTOSERVICEPROVIDER" => ("MD5CryptoServiceProvider", Algorithm::Md5),
        "SHA" | "SHA1" | "SHA1CRYPTOSERVICEPROVIDER" | "HASHALGORITHM" => {
            ("SHA1CryptoServiceProvider", Algorithm::Sha1)
        }
        "SHA1MANAGED" => ("SHA1Managed", Algorithm::Sha1),
        "SHA256" | "SHA-256" | "SHA256MANAGED" => ("SHA256Managed", Algorithm::Sha256),
        "SHA384" | "SHA-384" | "SHA384MANAGED" => ("SHA384Managed", Algorithm::Sha384),
        "SHA512" | "SHA-512" | "SHA512MANAGED" => ("SHA512Managed", Algorithm::Sha512),
        "HMACMD5" => ("HMACMD5", Algorithm::Md5),
        "HMACSHA1" | "HMAC" | "KEYEDHASHALGORITHM" => ("HMACSHA1", Algorithm::Sha1),
        "HMACSHA256" => ("HMACSHA256", Algorithm::Sha256),
        "HMACSHA384" => ("HMACSHA384", Algorithm::Sha384),
        "HMACSHA512" => ("HMACSHA512", Algorithm::Sha512),
        _ => return None,
    })
}

/// `Create(name)`: null for a name that nobody knows; one of another kind cannot be cast.
fn create_as(cx: &mut Cx<'_>, args: &[Value], parameter: &str, fits: fn(&Hasher) -> bool) -> Eval {
    let name = match args.first() {
        Some(Value::Text(name)) => name.as_str(),
        _ => return Err(Exception::argument_null(if parameter == "hashName" { "name" } else { parameter })),
    };
    let Some((class, algorithm)) = by_name(name) else { return Ok(Value::Null) };
    let hasher = if class.starts_with("HMAC") {
        with_random_key(cx, class, algorithm)
    } else {
        Hasher::new(class, algorithm)
    };
    if fits(&hasher) { made(cx, hasher) } else { Err(Exception::invalid_cast()) }
}

/// MD5, for signatures that ask for it.
pub(super) fn md5(data: &[u8]) -> Vec<u8> {
    Algorithm::Md5.hash(data)
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
