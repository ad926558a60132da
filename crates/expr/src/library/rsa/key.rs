//! RSA keys and what is done with them. The arithmetic is AWS-LC's.
//!
//! Keys have 2,048 to 8,192 bits; signatures of 1,024-bit keys can still be verified. Signing with MD5 or SHA-1 is not
//! offered, verifying a SHA-1 signature is.

use std::fmt;

use aws_lc_rs::digest::{self, Digest};
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rsa::{
    KeySize, OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OAEP_SHA384_MGF1SHA384, OAEP_SHA512_MGF1SHA512,
    OaepAlgorithm, OaepPrivateDecryptingKey, OaepPublicEncryptingKey, Pkcs1PrivateDecryptingKey,
    Pkcs1PublicEncryptingKey, PrivateDecryptingKey, PublicEncryptingKey,
};
use aws_lc_rs::signature::{self, RsaEncoding, RsaKeyPair, RsaParameters, UnparsedPublicKey};
use zeroize::Zeroize;

use crate::library::x509::der::{
    BIT_STRING, Elements, INTEGER, NULL, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, element, integer, sequence,
};

/// rsaEncryption, RFC 8017 appendix A.1.
const RSA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01];

/// A key: its public part, and the private one if it is there. Numbers are big-endian without zeros in front.
#[derive(Clone)]
pub(crate) struct Key {
    pub(crate) n: Vec<u8>,
    pub(crate) e: Vec<u8>,
    pub(crate) private: Option<Private>,
}

/// The private part.
#[derive(Clone)]
pub(crate) struct Private {
    pub(crate) d: Vec<u8>,
    pub(crate) p: Vec<u8>,
    pub(crate) q: Vec<u8>,
    pub(crate) dp: Vec<u8>,
    pub(crate) dq: Vec<u8>,
    pub(crate) qi: Vec<u8>,
}

impl Drop for Private {
    fn drop(&mut self) {
        for number in [&mut self.d, &mut self.p, &mut self.q, &mut self.dp, &mut self.dq, &mut self.qi] {
            number.zeroize();
        }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RsaKey({} bits)", self.bits())
    }
}

/// A hash that signatures and OAEP know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hash {
    Md5,
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    /// By the name that `HashAlgorithmName` has for it.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "MD5" => Self::Md5,
            "SHA1" => Self::Sha1,
            "SHA256" => Self::Sha256,
            "SHA384" => Self::Sha384,
            "SHA512" => Self::Sha512,
            _ => return None,
        })
    }

    fn algorithm(self) -> Option<&'static digest::Algorithm> {
        match self {
            Self::Md5 => None,
            Self::Sha1 => Some(&digest::SHA1_FOR_LEGACY_USE_ONLY),
            Self::Sha256 => Some(&digest::SHA256),
            Self::Sha384 => Some(&digest::SHA384),
            Self::Sha512 => Some(&digest::SHA512),
        }
    }

    fn oaep(self) -> Option<&'static OaepAlgorithm> {
        match self {
            Self::Md5 => None,
            Self::Sha1 => Some(&OAEP_SHA1_MGF1SHA1),
            Self::Sha256 => Some(&OAEP_SHA256_MGF1SHA256),
            Self::Sha384 => Some(&OAEP_SHA384_MGF1SHA384),
            Self::Sha512 => Some(&OAEP_SHA512_MGF1SHA512),
        }
    }
}

/// How a signature is padded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignaturePadding {
    Pkcs1,
    Pss,
}

/// How an encrypted text is padded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EncryptionPadding {
    Pkcs1,
    Oaep(Hash),
}

/// Why it does not work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RsaError {
    #[error("there is no private key")]
    NoPrivateKey,
    #[error("the key is not of a supported size")]
    Size,
    #[error("the combination of hash and padding is not supported")]
    Unsupported,
    #[error("the hash is not of the length of its algorithm")]
    HashLength,
    #[error("the data does not fit the key or the padding")]
    Data,
}

impl Key {
    /// A new key.
    pub(crate) fn generate(bits: i32) -> Option<Self> {
        let size = match bits {
            2048 => KeySize::Rsa2048,
            3072 => KeySize::Rsa3072,
            4096 => KeySize::Rsa4096,
            8192 => KeySize::Rsa8192,
            _ => return None,
        };
        let key = PrivateDecryptingKey::generate(size).ok()?;
        Self::from_pkcs8(key.as_der().ok()?.as_ref())
    }

    /// From a `PrivateKeyInfo` (RFC 5208) with an RSA key.
    pub(crate) fn from_pkcs8(der: &[u8]) -> Option<Self> {
        let mut info = Elements(Elements(der).only(SEQUENCE)?);
        info.small()?;
        let mut algorithm = Elements(info.take(SEQUENCE)?);
        if algorithm.take(OBJECT_IDENTIFIER)? != RSA {
            return None;
        }
        let mut key = Elements(Elements(info.take(OCTET_STRING)?).only(SEQUENCE)?);
        key.small()?;
        let mut next = || key.integer().map(<[u8]>::to_vec);
        let (n, e) = (next()?, next()?);
        let private = Private { d: next()?, p: next()?, q: next()?, dp: next()?, dq: next()?, qi: next()? };
        Some(Self { n, e, private: Some(private) })
    }

    /// From a `SubjectPublicKeyInfo` with an RSA key.
    pub(crate) fn from_public_key_info(der: &[u8]) -> Option<Self> {
        let mut info = Elements(Elements(der).only(SEQUENCE)?);
        let mut algorithm = Elements(info.take(SEQUENCE)?);
        if algorithm.take(OBJECT_IDENTIFIER)? != RSA {
            return None;
        }
        let (0, key) = info.take(BIT_STRING)?.split_first()? else { return None };
        let mut key = Elements(Elements(key).only(SEQUENCE)?);
        Some(Self { n: key.integer()?.to_vec(), e: key.integer()?.to_vec(), private: None })
    }

    /// Size of the modulus in bits.
    pub(crate) fn bits(&self) -> i32 {
        let high = self.n.first().map_or(0, |first| first.leading_zeros());
        i32::try_from(self.n.len() * 8).unwrap_or(0) - i32::try_from(high).unwrap_or(0)
    }

    fn public_pkcs1(&self) -> Vec<u8> {
        sequence(&[integer(&self.n), integer(&self.e)])
    }

    fn public_info(&self) -> Vec<u8> {
        let mut bits = vec![0];
        bits.extend(self.public_pkcs1());
        sequence(&[algorithm(), element(BIT_STRING, &bits)])
    }

    pub(crate) fn pkcs8(&self) -> Option<Vec<u8>> {
        let key = self.private.as_ref()?;
        let numbers = [&self.n, &self.e, &key.d, &key.p, &key.q, &key.dp, &key.dq, &key.qi];
        let mut parts = vec![element(INTEGER, &[0])];
        parts.extend(numbers.into_iter().map(|number| integer(number)));
        Some(pkcs8_of(&sequence(&parts)))
    }

    fn private_der(&self) -> Result<Vec<u8>, RsaError> {
        if self.private.is_some() && !(2048..=8192).contains(&self.bits()) {
            return Err(RsaError::Size);
        }
        self.pkcs8().ok_or(RsaError::NoPrivateKey)
    }

    /// Signs a hash that was made with an algorithm.
    pub(crate) fn sign(&self, hash: &[u8], of: Hash, padding: SignaturePadding) -> Result<Vec<u8>, RsaError> {
        let digest = imported(hash, of)?;
        let encoding: &'static dyn RsaEncoding = match (padding, of) {
            (SignaturePadding::Pkcs1, Hash::Sha256) => &signature::RSA_PKCS1_SHA256,
            (SignaturePadding::Pkcs1, Hash::Sha384) => &signature::RSA_PKCS1_SHA384,
            (SignaturePadding::Pkcs1, Hash::Sha512) => &signature::RSA_PKCS1_SHA512,
            (SignaturePadding::Pss, Hash::Sha256) => &signature::RSA_PSS_SHA256,
            (SignaturePadding::Pss, Hash::Sha384) => &signature::RSA_PSS_SHA384,
            (SignaturePadding::Pss, Hash::Sha512) => &signature::RSA_PSS_SHA512,
            _ => return Err(RsaError::Unsupported),
        };
        let pair = RsaKeyPair::from_pkcs8(&self.private_der()?).map_err(|_| RsaError::Data)?;
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign_digest(encoding, &digest, &mut signature).map_err(|_| RsaError::Data)?;
        Ok(signature)
    }

    /// Whether a signature is one of a hash.
    pub(crate) fn verify(
        &self,
        (hash, of): (&[u8], Hash),
        signature: &[u8],
        padding: SignaturePadding,
    ) -> Result<bool, RsaError> {
        let digest = imported(hash, of)?;
        let parameters: &'static RsaParameters = match (padding, of) {
            (SignaturePadding::Pkcs1, Hash::Sha1) => &signature::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY,
            (SignaturePadding::Pkcs1, Hash::Sha256) => &signature::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
            (SignaturePadding::Pkcs1, Hash::Sha384) => &signature::RSA_PKCS1_2048_8192_SHA384,
            (SignaturePadding::Pkcs1, Hash::Sha512) => &signature::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
            (SignaturePadding::Pss, Hash::Sha256) => &signature::RSA_PSS_2048_8192_SHA256,
            (SignaturePadding::Pss, Hash::Sha384) => &signature::RSA_PSS_2048_8192_SHA384,
            (SignaturePadding::Pss, Hash::Sha512) => &signature::RSA_PSS_2048_8192_SHA512,
            _ => return Err(RsaError::Unsupported),
        };
        let key = UnparsedPublicKey::new(parameters, self.public_pkcs1());
        Ok(key.verify_digest(&digest, signature).is_ok())
    }

    /// Encrypts with the public key.
    pub(crate) fn encrypt(&self, plain: &[u8], padding: EncryptionPadding) -> Result<Vec<u8>, RsaError> {
        let key = PublicEncryptingKey::from_der(&self.public_info()).map_err(|_| RsaError::Size)?;
        let mut cipher = vec![0; self.n.len()];
        match padding {
            EncryptionPadding::Pkcs1 => {
                let key = Pkcs1PublicEncryptingKey::new(key).map_err(|_| RsaError::Size)?;
                key.encrypt(plain, &mut cipher).map_err(|_| RsaError::Data)?;
            }
            EncryptionPadding::Oaep(hash) => {
                let key = OaepPublicEncryptingKey::new(key).map_err(|_| RsaError::Size)?;
                let oaep = hash.oaep().ok_or(RsaError::Unsupported)?;
                key.encrypt(oaep, plain, &mut cipher, None).map_err(|_| RsaError::Data)?;
            }
        }
        Ok(cipher)
    }

    /// Decrypts with the private key.
    pub(crate) fn decrypt(&self, cipher: &[u8], padding: EncryptionPadding) -> Result<Vec<u8>, RsaError> {
        let key = PrivateDecryptingKey::from_pkcs8(&self.private_der()?).map_err(|_| RsaError::Data)?;
        let mut plain = vec![0; self.n.len()];
        let found = match padding {
            EncryptionPadding::Pkcs1 => {
                let key = Pkcs1PrivateDecryptingKey::new(key).map_err(|_| RsaError::Size)?;
                key.decrypt(cipher, &mut plain).map_err(|_| RsaError::Data)?.to_vec()
            }
            EncryptionPadding::Oaep(hash) => {
                let key = OaepPrivateDecryptingKey::new(key).map_err(|_| RsaError::Size)?;
                let oaep = hash.oaep().ok_or(RsaError::Unsupported)?;
                key.decrypt(oaep, cipher, &mut plain, None).map_err(|_| RsaError::Data)?.to_vec()
            }
        };
        plain.zeroize();
        Ok(found)
    }
}

fn imported(hash: &[u8], of: Hash) -> Result<Digest, RsaError> {
    let algorithm = of.algorithm().ok_or(RsaError::Unsupported)?;
    Digest::import_less_safe(hash, algorithm).map_err(|_| RsaError::HashLength)
}

fn algorithm() -> Vec<u8> {
    sequence(&[element(OBJECT_IDENTIFIER, RSA), element(NULL, &[])])
}

/// The `PrivateKeyInfo` of an `RSAPrivateKey`.
pub(crate) fn pkcs8_of(pkcs1: &[u8]) -> Vec<u8> {
    sequence(&[element(INTEGER, &[0]), algorithm(), element(OCTET_STRING, pkcs1)])
}
