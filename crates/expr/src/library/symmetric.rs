//! `SymmetricAlgorithm`: AES, and DES, 3DES and RC2 for old partners; `byte[].Encrypt(…)` and `byte[].Decrypt(…)`.
//!
//! Algorithms are made by the names that .NET Framework's `CryptoConfig` knows (`"AES"`, `"3DES"`, …), with its defaults: CBC,
//! PKCS #7, a new key and vector when they are first asked for. `Rijndael` has blocks of 128 bits only, the other sizes are
//! refused. Modes OFB and CTS are refused as .NET's algorithms refuse them.

pub(crate) mod cipher;
mod named;
pub(crate) mod sizes;
mod transforms;

use std::fmt;

use crate::eval::{Cx, Eval};
use crate::object::{NativeObject, Object};
use crate::types::Type;
use crate::value::EnumValue;
use crate::{Exception, Facts, Text, Value};

use super::arguments::{arg, bytes, int, member as number, text};
use super::natives::{made, named as type_named, state, state_mut};
use super::{TypeSpec, member, setter, touching};
use cipher::{CipherError, Direction, Mode, Padding, Transform};
use named::Known;

const OFB: i32 = 3;
const CTS: i32 = 5;

pub(super) const TYPES: &[TypeSpec] = &[
    TypeSpec {
        members: &[
            touching(
                Facts::RANDOM,
                "static byte[] Encrypt(this byte[] input, string alg, byte[] key, byte[] iv)",
                |cx, a| run_named(cx, a, Direction::Encrypt),
            ),
            member("static byte[] Decrypt(this byte[] input, string alg, byte[] key, byte[] iv)", |cx, a| {
                run_named(cx, a, Direction::Decrypt)
            }),
            touching(Facts::RANDOM, "static byte[] Encrypt(this byte[] input, SymmetricAlgorithm alg)", |cx, a| {
                run_with(cx, a, Direction::Encrypt)
            }),
            touching(Facts::RANDOM, "static byte[] Decrypt(this byte[] input, SymmetricAlgorithm alg)", |cx, a| {
                run_with(cx, a, Direction::Decrypt)
            }),
            touching(
                Facts::RANDOM,
                "static byte[] Encrypt(this byte[] input, SymmetricAlgorithm alg, byte[] key, byte[] iv)",
                |cx, a| run_with(cx, a, Direction::Encrypt),
            ),
            member(
                "static byte[] Decrypt(this byte[] input, SymmetricAlgorithm alg, byte[] key, byte[] iv)",
                |cx, a| run_with(cx, a, Direction::Decrypt),
            ),
        ],
        ..TypeSpec::statics("Cardea.ByteArrayExtensions", "azure/api-management/api-management-policy-expressions")
    },
    TypeSpec {
        members: &[
            member("static SymmetricAlgorithm Create(string algName)", |cx, a| {
                match named::find(text(a, 0, "name")?.as_str()) {
                    Some(known) => made(cx, Symmetric::new(known)),
                    None => Ok(Value::Null),
                }
            }),
            member("int BlockSize", |cx, a| Ok(Value::Int32(own(cx, a)?.block_bits()))),
            setter("int BlockSize", set_block_size),
            member("int FeedbackSize", |cx, a| Ok(Value::Int32(own(cx, a)?.feedback))),
            setter("int FeedbackSize", set_feedback_size),
            member("int KeySize", |cx, a| Ok(Value::Int32(own(cx, a)?.key_bits))),
            setter("int KeySize", set_key_size),
            touching(Facts::RANDOM, "byte[] Key", |cx, a| {
                let key = key(cx, a)?;
                cx.heap.bytes(key)
            }),
            setter("byte[] Key", set_key),
            touching(Facts::RANDOM, "byte[] IV", |cx, a| {
                let iv = iv(cx, a)?;
                cx.heap.bytes(iv)
            }),
            setter("byte[] IV", set_iv),
            member("CipherMode Mode", |cx, a| Ok(enum_member("CipherMode", own(cx, a)?.mode))),
            setter("CipherMode Mode", |cx, a| {
                let mode = number(a, 1);
                if !(1..CTS).contains(&mode) {
                    return Err(cryptographic(INVALID_MODE));
                }
                state_mut::<Symmetric>(cx, a, 0)?.mode = mode;
                Ok(Value::Null)
            }),
            member("PaddingMode Padding", |cx, a| Ok(enum_member("PaddingMode", own(cx, a)?.padding))),
            setter("PaddingMode Padding", |cx, a| {
                let padding = number(a, 1);
                if !(1..=5).contains(&padding) {
                    return Err(cryptographic("Specified padding mode is not valid for this algorithm."));
                }
                state_mut::<Symmetric>(cx, a, 0)?.padding = padding;
                Ok(Value::Null)
            }),
            member("KeySizes[] LegalKeySizes", |cx, a| {
                let legal = own(cx, a)?.known.algorithm.key_sizes();
                sizes::legal(cx, legal)
            }),
            member("KeySizes[] LegalBlockSizes", |cx, a| {
                let bits = own(cx, a)?.block_bits();
                sizes::legal(cx, (bits, bits, 0))
            }),
            member("bool ValidKeySize(int bitLength)", |cx, a| {
                Ok(Value::Bool(own(cx, a)?.known.algorithm.takes(int(a, 1))))
            }),
            touching(Facts::RANDOM, "void GenerateKey()", |cx, a| {
                let mut key = vec![0; usize::try_from(own(cx, a)?.key_bits / 8).unwrap_or(0)];
                cx.host.random(&mut key);
                state_mut::<Symmetric>(cx, a, 0)?.key = Some(key);
                Ok(Value::Null)
            }),
            touching(Facts::RANDOM, "void GenerateIV()", |cx, a| {
                let mut iv = vec![0; own(cx, a)?.known.algorithm.block()];
                cx.host.random(&mut iv);
                state_mut::<Symmetric>(cx, a, 0)?.iv = Some(iv);
                Ok(Value::Null)
            }),
            touching(Facts::RANDOM, "ICryptoTransform CreateEncryptor()", |cx, a| begin(cx, a, Direction::Encrypt)),
            touching(Facts::RANDOM, "ICryptoTransform CreateDecryptor()", |cx, a| begin(cx, a, Direction::Decrypt)),
            touching(Facts::RANDOM, "ICryptoTransform CreateEncryptor(byte[] rgbKey, byte[] rgbIV)", |cx, a| {
                begin(cx, a, Direction::Encrypt)
            }),
            touching(Facts::RANDOM, "ICryptoTransform CreateDecryptor(byte[] rgbKey, byte[] rgbIV)", |cx, a| {
                begin(cx, a, Direction::Decrypt)
            }),
            member("void Clear()", |_, _| Ok(Value::Null)),
            member("void Dispose()", |_, _| Ok(Value::Null)),
        ],
        ..TypeSpec::class(
            "System.Security.Cryptography.SymmetricAlgorithm",
            "api/system.security.cryptography.symmetricalgorithm",
        )
    },
    named::AES,
    named::AES_PROVIDER,
    named::AES_MANAGED,
    named::RIJNDAEL,
    named::DES,
    named::TRIPLE_DES,
    named::RC2,
    transforms::TYPE,
    sizes::TYPE,
    TypeSpec::enumeration(
        "System.Security.Cryptography.CipherMode",
        &[("CBC", 1), ("ECB", 2), ("OFB", OFB), ("CFB", 4), ("CTS", CTS)],
        "api/system.security.cryptography.ciphermode",
    ),
    TypeSpec::enumeration(
        "System.Security.Cryptography.PaddingMode",
        &[("None", 1), ("PKCS7", 2), ("Zeros", 3), ("ANSIX923", 4), ("ISO10126", 5)],
        "api/system.security.cryptography.paddingmode",
    ),
];

const INVALID_MODE: &str = "Specified cipher mode is not valid for this algorithm.";
const INVALID_KEY: &str = "Specified key is not a valid size for this algorithm.";
const INVALID_BLOCK: &str = "Specified block size is not valid for this algorithm.";

/// A `SymmetricAlgorithm`. Its key is never shown.
struct Symmetric {
    known: &'static Known,
    key: Option<Vec<u8>>,
    iv: Option<Vec<u8>>,
    key_bits: i32,
    feedback: i32,
    mode: i32,
    padding: i32,
    tainted: bool,
}

impl fmt::Debug for Symmetric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(self.known.class).finish_non_exhaustive()
    }
}

impl NativeObject for Symmetric {
    fn class(&self) -> Type {
        type_named(self.known.class)
    }

    fn size(&self) -> usize {
        256
    }

    fn is_tainted(&self) -> bool {
        self.tainted
    }

    fn taint(&mut self) {
        self.tainted = true;
    }
}

impl Symmetric {
    fn new(known: &'static Known) -> Self {
        let (_, key_bits, _) = known.algorithm.key_sizes();
        Self {
            known,
            key: None,
            iv: None,
            key_bits,
            feedback: known.feedback,
            mode: 1,
            padding: 2,
            tainted: false,
        }
    }

    fn block_bits(&self) -> i32 {
        i32::try_from(self.known.algorithm.block() * 8).unwrap_or(0)
    }

    fn transform(&self, direction: Direction, key: &[u8], iv: &[u8]) -> Result<Transform, Exception> {
        let mode = match self.mode {
            1 => Mode::Cbc,
            2 => Mode::Ecb,
            4 if self.known.has_cfb => Mode::Cfb(usize::try_from(self.feedback / 8).unwrap_or(1)),
            _ => return Err(cryptographic(INVALID_MODE)),
        };
        let padding = match self.padding {
            1 => Padding::None,
            2 => Padding::Pkcs7,
            3 => Padding::Zeros,
            4 => Padding::AnsiX923,
            _ => Padding::Iso10126,
        };
        Transform::new(self.known.algorithm, mode, padding, direction, (key, iv))
            .map_err(|error| cipher_error(error, direction))
    }
}

fn own<'c>(cx: &'c Cx<'_>, args: &[Value]) -> Result<&'c Symmetric, Exception> {
    state::<Symmetric>(cx, args, 0)
}

fn enum_member(class: &str, number: i32) -> Value {
    let class = crate::registry::registry().find(class);
    class.map_or(Value::Null, |class| Value::Enum(EnumValue { class, number }))
}

/// The key, made now if nobody gave one.
fn key(cx: &mut Cx<'_>, args: &[Value]) -> Result<Vec<u8>, Exception> {
    let own = own(cx, args)?;
    if let Some(key) = &own.key {
        return Ok(key.clone());
    }
    let mut key = vec![0; usize::try_from(own.key_bits / 8).unwrap_or(0)];
    cx.host.random(&mut key);
    state_mut::<Symmetric>(cx, args, 0)?.key = Some(key.clone());
    Ok(key)
}

/// The vector, made now if nobody gave one.
fn iv(cx: &mut Cx<'_>, args: &[Value]) -> Result<Vec<u8>, Exception> {
    let own = own(cx, args)?;
    if let Some(iv) = &own.iv {
        return Ok(iv.clone());
    }
    let mut iv = vec![0; own.known.algorithm.block()];
    cx.host.random(&mut iv);
    state_mut::<Symmetric>(cx, args, 0)?.iv = Some(iv.clone());
    Ok(iv)
}

fn set_key(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let key = bytes(cx.heap, args, 1, "value")?.to_vec();
    let tainted = cx.heap.is_tainted(arg(args, 1));
    let own = state_mut::<Symmetric>(cx, args, 0)?;
    let bits = i32::try_from(key.len() * 8).unwrap_or(0);
    if !own.known.algorithm.takes(bits) {
        return Err(cryptographic(INVALID_KEY));
    }
    own.key = Some(key);
    own.key_bits = bits;
    own.tainted |= tainted;
    Ok(Value::Null)
}

fn set_iv(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let iv = bytes(cx.heap, args, 1, "value")?.to_vec();
    let own = state_mut::<Symmetric>(cx, args, 0)?;
    if iv.len() != own.known.algorithm.block() {
        return Err(cryptographic(
            "Specified initialization vector (IV) does not match the block size for this algorithm.",
        ));
    }
    own.iv = Some(iv);
    Ok(Value::Null)
}

fn set_key_size(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let own = state_mut::<Symmetric>(cx, args, 0)?;
    if !own.known.algorithm.takes(int(args, 1)) {
        return Err(cryptographic(INVALID_KEY));
    }
    own.key_bits = int(args, 1);
    own.key = None;
    Ok(Value::Null)
}

fn set_block_size(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let own = state_mut::<Symmetric>(cx, args, 0)?;
    if int(args, 1) != own.block_bits() {
        return Err(cryptographic(INVALID_BLOCK));
    }
    Ok(Value::Null)
}

fn set_feedback_size(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let own = state_mut::<Symmetric>(cx, args, 0)?;
    let bits = int(args, 1);
    if bits <= 0 || bits > own.block_bits() || bits % 8 != 0 {
        return Err(cryptographic("Specified feedback size is invalid."));
    }
    own.feedback = bits;
    Ok(Value::Null)
}

/// Key and vector: those of the arguments from `first` on, or the algorithm's own.
fn keys(cx: &mut Cx<'_>, args: &[Value], first: usize) -> Result<(Vec<u8>, Vec<u8>), Exception> {
    if args.len() <= first {
        return Ok((key(cx, args)?, iv(cx, args)?));
    }
    let key = bytes(cx.heap, args, first, "rgbKey")?.to_vec();
    let iv = cx.heap.as_bytes(arg(args, first + 1)).unwrap_or_default().to_vec();
    Ok((key, iv))
}

/// `CreateEncryptor` and `CreateDecryptor`.
fn begin(cx: &mut Cx<'_>, args: &[Value], direction: Direction) -> Eval {
    let (key, iv) = keys(cx, args, 1)?;
    let own = own(cx, args)?;
    let transform = own.transform(direction, &key, &iv)?;
    made(cx, transforms::Under::new(transform))
}

/// `input.Encrypt(alg)`, `input.Encrypt(alg, key, iv)`.
fn run_with(cx: &mut Cx<'_>, args: &[Value], direction: Direction) -> Eval {
    let algorithm = args.get(1..).unwrap_or_default();
    if arg(args, 1).is_null() {
        return Err(Exception::argument_null("alg"));
    }
    let (key, iv) = keys(cx, algorithm, 1)?;
    let transform = own(cx, algorithm)?.transform(direction, &key, &iv)?;
    finish(cx, args, transform)
}

/// `input.Encrypt("Aes", key, iv)`.
fn run_named(cx: &mut Cx<'_>, args: &[Value], direction: Direction) -> Eval {
    let name = text(args, 1, "alg")?.as_str();
    let Some(known) = named::find(name) else {
        let message = format!("The algorithm '{name}' is not supported; use 'Aes'.");
        return Err(Exception::new(CRYPTOGRAPHIC, message));
    };
    let key = bytes(cx.heap, args, 2, "rgbKey")?.to_vec();
    let iv = bytes(cx.heap, args, 3, "rgbIV")?.to_vec();
    let transform = Symmetric::new(known).transform(direction, &key, &iv)?;
    finish(cx, args, transform)
}

fn finish(cx: &mut Cx<'_>, args: &[Value], mut transform: Transform) -> Eval {
    let input = bytes(cx.heap, args, 0, "input")?.to_vec();
    cx.grow(input.len())?;
    let direction = transform.direction();
    let done = transform.finish(input, &mut |bytes| cx.host.random(bytes));
    cx.heap.bytes(done.map_err(|error| cipher_error(error, direction))?)
}

/// Writes bytes into a `byte[]` of the program's.
pub(super) fn put(cx: &mut Cx<'_>, into: &Value, at: usize, bytes: &[u8]) -> Result<(), Exception> {
    let outside = || {
        Exception::new(
            "System.ArgumentException",
            Text::from_static("Destination array was not long enough. Check destIndex and length, and the array's lower bounds."),
        )
    };
    match cx.heap.object_mut(into) {
        Some(Object::Bytes { bytes: buffer, .. }) => {
            let end = at.checked_add(bytes.len()).ok_or_else(outside)?;
            buffer.get_mut(at..end).ok_or_else(outside)?.copy_from_slice(bytes);
            Ok(())
        }
        _ => Err(Exception::argument_null("outputBuffer")),
    }
}

fn cipher_error(error: CipherError, direction: Direction) -> Exception {
    cryptographic(match (error, direction) {
        (CipherError::Key, _) => INVALID_KEY,
        (CipherError::Iv, _) => {
            "Specified initialization vector (IV) does not match the block size for this algorithm."
        }
        (CipherError::Length, Direction::Encrypt) => "Length of the data to encrypt is invalid.",
        (CipherError::Length, Direction::Decrypt) => "Length of the data to decrypt is invalid.",
        (CipherError::Padding, _) => "Padding is invalid and cannot be removed.",
    })
}

const CRYPTOGRAPHIC: &str = "System.Security.Cryptography.CryptographicException";

fn cryptographic(message: &'static str) -> Exception {
    Exception::new(CRYPTOGRAPHIC, Text::from_static(message))
}
