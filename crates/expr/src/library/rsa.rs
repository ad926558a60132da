//! `RSA`: signatures and encryption with a certificate's key, or with one given as XML or as its numbers.
//!
//! `certificate.GetRSAPrivateKey().SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)`. Every key is an
//! `RSACng`, as .NET Framework's certificates give it: that is what published policies cast to. What shows a private key
//! (`ToXmlString(true)`, `ExportParameters(true)`) is tainted.

pub(crate) mod key;
pub(crate) mod names;
mod parameters;
mod xml;

use aws_lc_rs::digest;

use crate::eval::{Cx, Eval};
use crate::object::{NativeObject, Object};
use crate::types::Type;
use crate::{Exception, Facts, Text, Value};

use super::arguments::{arg, boolean, bytes, int, text};
use super::natives::{made, named, state, state_mut};
use super::symmetric::sizes;
use super::{Row, TypeSpec, member, setter, touching};
use key::{EncryptionPadding, Hash, Key, RsaError, SignaturePadding};
use names::Named;
use parameters::Parameters;

/// What one operation with a key costs, in steps.
const PRIVATE_OPERATION: u64 = 20_000;
const PUBLIC_OPERATION: u64 = 1_000;
const NEW_KEY: u64 = 500_000;

const SIGN: &str = "byte[] SignData(byte[] data, HashAlgorithmName hashAlgorithm, RSASignaturePadding padding)";
const SIGN_PART: &str = "byte[] SignData(byte[] data, int offset, int count, HashAlgorithmName hashAlgorithm, RSASignaturePadding padding)";
const VERIFY: &str =
    "bool VerifyData(byte[] data, byte[] signature, HashAlgorithmName hashAlgorithm, RSASignaturePadding padding)";
const VERIFY_PART: &str = "bool VerifyData(byte[] data, int offset, int count, byte[] signature, HashAlgorithmName hashAlgorithm, RSASignaturePadding padding)";

/// A member whose cost is not bounded by the length of the expression.
const fn heavy(declaration: &'static str, function: super::NativeFn) -> Row {
    touching(Facts::HEAVY, declaration, function)
}

pub(super) const TYPES: &[TypeSpec] = &[
    TypeSpec {
        members: &[
            member("int KeySize", |cx, a| Ok(Value::Int32(own(cx, a)?.bits()))),
            setter("int KeySize", |cx, a| {
                let bits = int(a, 1);
                check_size(bits)?;
                *state_mut::<Rsa>(cx, a, 0)? = Rsa::unmade(bits);
                Ok(Value::Null)
            }),
            member("KeySizes[] LegalKeySizes", |cx, _| sizes::legal(cx, (2048, 8192, 64))),
            member("string SignatureAlgorithm", |_, _| Ok(Value::text("RSA"))),
            member("string KeyExchangeAlgorithm", |_, _| Ok(Value::text("RSA"))),
            member("void FromXmlString(string xmlString)", from_xml),
            heavy("string ToXmlString(bool includePrivateParameters)", to_xml),
            member("void Clear()", |_, _| Ok(Value::Null)),
            member("void Dispose()", |_, _| Ok(Value::Null)),
            member("static AsymmetricAlgorithm Create()", |cx, _| made(cx, Rsa::unmade(2048))),
            member("static AsymmetricAlgorithm Create(string algName)", create),
        ],
        ..TypeSpec::class(
            "System.Security.Cryptography.AsymmetricAlgorithm",
            "api/system.security.cryptography.asymmetricalgorithm",
        )
    },
    TypeSpec {
        bases: &["AsymmetricAlgorithm"],
        members: &[
            member("static RSA Create()", |cx, _| made(cx, Rsa::unmade(2048))),
            member("static RSA Create(string algName)", create),
            member("static RSA Create(int keySizeInBits)", |cx, a| {
                check_size(int(a, 0))?;
                made(cx, Rsa::unmade(int(a, 0)))
            }),
            member("static RSA Create(RSAParameters parameters)", |cx, a| {
                let key = parameters::key(cx, a, 0)?;
                made(cx, Rsa::of(key))
            }),
            heavy(SIGN, |cx, a| {
                let length = bytes(cx.heap, a, 1, "data")?.len();
                let hash = hashed(cx, a, (0, length), 2)?;
                sign(cx, a, &hash, 3)
            }),
            heavy(SIGN_PART, |cx, a| {
                let hash = hashed(cx, a, part(a)?, 4)?;
                sign(cx, a, &hash, 5)
            }),
            heavy(
                "byte[] SignHash(byte[] hash, HashAlgorithmName hashAlgorithm, RSASignaturePadding padding)",
                |cx, a| {
                    let hash = (bytes(cx.heap, a, 1, "hash")?.to_vec(), hash_name(cx, a, 2)?);
                    sign(cx, a, &hash, 3)
                },
            ),
            heavy(VERIFY, |cx, a| {
                let length = bytes(cx.heap, a, 1, "data")?.len();
                let hash = hashed(cx, a, (0, length), 3)?;
                verify(cx, a, &hash, (2, 4))
            }),
            heavy(VERIFY_PART, |cx, a| {
                let hash = hashed(cx, a, part(a)?, 5)?;
                verify(cx, a, &hash, (4, 6))
            }),
            heavy(
                "bool VerifyHash(byte[] hash, byte[] signature, HashAlgorithmName hashAlgorithm, RSASignaturePadding padding)",
                |cx, a| {
                    let hash = (bytes(cx.heap, a, 1, "hash")?.to_vec(), hash_name(cx, a, 3)?);
                    verify(cx, a, &hash, (2, 4))
                },
            ),
            heavy("byte[] Encrypt(byte[] data, RSAEncryptionPadding padding)", |cx, a| {
                crypt(cx, a, PUBLIC_OPERATION, Key::encrypt)
            }),
            heavy("byte[] Decrypt(byte[] data, RSAEncryptionPadding padding)", |cx, a| {
                crypt(cx, a, PRIVATE_OPERATION, Key::decrypt)
            }),
            member("byte[] EncryptValue(byte[] rgb)", |_, _| Err(not_supported())),
            member("byte[] DecryptValue(byte[] rgb)", |_, _| Err(not_supported())),
            heavy("RSAParameters ExportParameters(bool includePrivateParameters)", export),
            member("void ImportParameters(RSAParameters parameters)", |cx, a| {
                let key = parameters::key(cx, a, 1)?;
                *state_mut::<Rsa>(cx, a, 0)? = Rsa::of(key);
                Ok(Value::Null)
            }),
        ],
        ..TypeSpec::class("System.Security.Cryptography.RSA", "api/system.security.cryptography.rsa")
    },
    TypeSpec {
        bases: &["RSA"],
        members: &[
            member("new()", |cx, _| made(cx, Rsa::unmade(2048))),
            member("new(int keySize)", |cx, a| {
                check_size(int(a, 0))?;
                made(cx, Rsa::unmade(int(a, 0)))
            }),
        ],
        ..TypeSpec::class("System.Security.Cryptography.RSACng", "api/system.security.cryptography.rsacng")
    },
    parameters::TYPE,
    names::HASH_NAME,
    names::SIGNATURE_PADDING,
    names::ENCRYPTION_PADDING,
    names::SIGNATURE_MODE,
    names::ENCRYPTION_MODE,
];

/// An `RSACng`. A key that nobody gave is made when it is first needed.
#[derive(Debug)]
pub(crate) struct Rsa {
    key: Option<Key>,
    bits: i32,
    tainted: bool,
}

impl Rsa {
    fn unmade(bits: i32) -> Self {
        Self { key: None, bits, tainted: false }
    }

    /// One with a key.
    pub(crate) fn of(key: Key) -> Self {
        Self { bits: key.bits(), key: Some(key), tainted: false }
    }

    fn bits(&self) -> i32 {
        self.bits
    }
}

impl NativeObject for Rsa {
    fn class(&self) -> Type {
        named("RSACng")
    }

    fn size(&self) -> usize {
        2048
    }

    fn is_tainted(&self) -> bool {
        self.tainted
    }

    fn taint(&mut self) {
        self.tainted = true;
    }
}

fn own<'c>(cx: &'c Cx<'_>, args: &[Value]) -> Result<&'c Rsa, Exception> {
    state::<Rsa>(cx, args, 0)
}

fn check_size(bits: i32) -> Result<(), Exception> {
    match bits {
        2048 | 3072 | 4096 | 8192 => Ok(()),
        _ => Err(cryptographic("Specified key is not a valid size for this algorithm.")),
    }
}

fn create(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    match text(args, 0, "name")?.as_str() {
        "RSA" | "RSACng" | "System.Security.Cryptography.RSA" | "System.Security.Cryptography.RSACng" => {
            made(cx, Rsa::unmade(2048))
        }
        _ => Ok(Value::Null),
    }
}

/// The key, made now if it has to be.
fn key(cx: &mut Cx<'_>, args: &[Value]) -> Result<Key, Exception> {
    let rsa = own(cx, args)?;
    if let Some(key) = &rsa.key {
        return Ok(key.clone());
    }
    let bits = rsa.bits;
    cx.burn(NEW_KEY)?;
    let key = Key::generate(bits).ok_or_else(|| rsa_error(RsaError::Size))?;
    state_mut::<Rsa>(cx, args, 0)?.key = Some(key.clone());
    Ok(key)
}

/// The key of an argument, which must have its private part.
pub(crate) fn private_key(cx: &Cx<'_>, args: &[Value], index: usize) -> Result<Key, Exception> {
    let rsa = cx.heap.native::<Rsa>(arg(args, index)).ok_or_else(|| Exception::argument_null("privateKey"))?;
    let key = rsa.key.clone().filter(|key| key.private.is_some());
    key.ok_or_else(|| rsa_error(RsaError::NoPrivateKey))
}

fn part(args: &[Value]) -> Result<(usize, usize), Exception> {
    Ok((super::arguments::size(args, 2, "offset")?, super::arguments::size(args, 3, "count")?))
}

fn hash_name(cx: &Cx<'_>, args: &[Value], index: usize) -> Result<Hash, Exception> {
    let name = names::name(cx, args, index);
    let Some(name) = name.filter(|name| !name.is_empty()) else {
        return Err(Exception::argument(
            "The hash algorithm name cannot be null or empty.",
            "hashAlgorithm",
        ));
    };
    Hash::named(&name).ok_or_else(|| {
        let message = format!("'{name}' is not a known hash algorithm.");
        Exception::new("System.Security.Cryptography.CryptographicException", message)
    })
}

type Hashed = (Vec<u8>, Hash);

fn hashed(
    cx: &mut Cx<'_>,
    args: &[Value],
    (start, length): (usize, usize),
    name: usize,
) -> Result<Hashed, Exception> {
    cx.burn(length as u64 / 64)?;
    let hash = hash_name(cx, args, name)?;
    let all = bytes(cx.heap, args, 1, "data")?;
    let part = start.checked_add(length).and_then(|end| all.get(start..end)).ok_or_else(|| {
        let message = "Specified argument was out of the range of valid values.";
        Exception::out_of_range(message, if start > all.len() { "offset" } else { "count" })
    })?;
    let algorithm = match hash {
        Hash::Md5 => return Ok((super::hashing::md5(part), hash)),
        Hash::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
        Hash::Sha256 => &digest::SHA256,
        Hash::Sha384 => &digest::SHA384,
        Hash::Sha512 => &digest::SHA512,
    };
    Ok((digest::digest(algorithm, part).as_ref().to_vec(), hash))
}

fn signature_padding(cx: &Cx<'_>, args: &[Value], index: usize) -> Result<SignaturePadding, Exception> {
    match cx.heap.native::<Named>(arg(args, index)) {
        Some(padding) if padding.name() == "Pss" => Ok(SignaturePadding::Pss),
        Some(_) => Ok(SignaturePadding::Pkcs1),
        None => Err(Exception::argument_null("padding")),
    }
}

fn sign(cx: &mut Cx<'_>, args: &[Value], (hash, of): &Hashed, padding: usize) -> Eval {
    let padding = signature_padding(cx, args, padding)?;
    cx.burn(PRIVATE_OPERATION)?;
    let key = key(cx, args)?;
    let signature = key.sign(hash, *of, padding).map_err(rsa_error)?;
    cx.heap.bytes(signature)
}

fn verify(
    cx: &mut Cx<'_>,
    args: &[Value],
    (hash, of): &Hashed,
    (signature, padding): (usize, usize),
) -> Eval {
    let padding = signature_padding(cx, args, padding)?;
    cx.burn(PUBLIC_OPERATION)?;
    let key = key(cx, args)?;
    let signature = bytes(cx.heap, args, signature, "signature")?;
    key.verify((hash, *of), signature, padding).map(Value::Bool).map_err(rsa_error)
}

type Crypt = fn(&Key, &[u8], EncryptionPadding) -> Result<Vec<u8>, RsaError>;

fn crypt(cx: &mut Cx<'_>, args: &[Value], cost: u64, run: Crypt) -> Eval {
    cx.burn(cost)?;
    let key = key(cx, args)?;
    let padding = match cx.heap.native::<Named>(arg(args, 2)) {
        Some(padding) if padding.name() == "Pkcs1" => EncryptionPadding::Pkcs1,
        Some(padding) => {
            let hash = Hash::named(padding.hash()).ok_or_else(|| rsa_error(RsaError::Unsupported))?;
            EncryptionPadding::Oaep(hash)
        }
        None => return Err(Exception::argument_null("padding")),
    };
    let done = run(&key, bytes(cx.heap, args, 1, "data")?, padding).map_err(rsa_error)?;
    cx.heap.bytes(done)
}

fn from_xml(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let text = text(args, 1, "xmlString")?;
    cx.burn(text.len() as u64 / 16)?;
    let key = xml::read(text.as_str())?;
    let tainted = text.is_tainted();
    let rsa = state_mut::<Rsa>(cx, args, 0)?;
    *rsa = Rsa { tainted: rsa.tainted || tainted, ..Rsa::of(key) };
    Ok(Value::Null)
}

fn to_xml(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let key = key(cx, args)?;
    let private = boolean(args, 1);
    let text = xml::write(&key, private).ok_or_else(|| rsa_error(RsaError::NoPrivateKey))?;
    if private {
        cx.heap.note_taint();
    }
    Ok(Value::Text(Text::from(text).tainted_if(private)))
}

fn export(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let key = key(cx, args)?;
    let private = boolean(args, 1);
    if private && key.private.is_none() {
        return Err(rsa_error(RsaError::NoPrivateKey));
    }
    let exported = Parameters::of(cx, &key, private)?;
    cx.heap.make(Object::Native(Box::new(exported)))
}

fn not_supported() -> Exception {
    Exception::new("System.NotSupportedException", Text::from_static("Method is not supported."))
}

fn rsa_error(error: RsaError) -> Exception {
    cryptographic(match error {
        RsaError::NoPrivateKey => {
            "Object contains only the public half of a key pair. A private key must also be provided."
        }
        RsaError::Size => "Keys of less than 2048 or more than 8192 bits are not supported.",
        RsaError::Unsupported => "The hash algorithm is not supported with this padding; use SHA256, SHA384 or SHA512.",
        RsaError::HashLength | RsaError::Data => "The parameter is incorrect.\r\n",
    })
}

fn cryptographic(message: &'static str) -> Exception {
    Exception::new("System.Security.Cryptography.CryptographicException", Text::from_static(message))
}
