//! The content and its tag (RFC 7518 section 5).

use aws_lc_rs::cipher::{
    self, DecryptionContext, EncryptionContext, PaddedBlockDecryptingKey, PaddedBlockEncryptingKey,
    UnboundCipherKey,
};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::{aead, hmac, rand};
use zeroize::Zeroizing;

use crate::key::Wiped;

/// How content is encrypted (`enc`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentEncryption {
    /// AES-128 in CBC, HMAC with SHA-256.
    A128CbcHs256,
    /// AES-192 in CBC, HMAC with SHA-384.
    A192CbcHs384,
    /// AES-256 in CBC, HMAC with SHA-512.
    A256CbcHs512,
    /// AES-128 in GCM.
    A128Gcm,
    /// AES-192 in GCM.
    A192Gcm,
    /// AES-256 in GCM.
    A256Gcm,
}

/// Content that is sealed.
pub(crate) struct Sealed {
    pub(crate) vector: Vec<u8>,
    pub(crate) ciphertext: Vec<u8>,
    pub(crate) tag: Vec<u8>,
}

/// What one of the two families needs.
enum Family {
    Gcm(&'static aead::Algorithm),
    CbcHmac(CbcHmac),
}

struct CbcHmac {
    cipher: &'static cipher::Algorithm,
    hash: hmac::Algorithm,
    /// Bytes of each half of the key, and of the tag.
    half: usize,
}

impl ContentEncryption {
    pub(crate) const ALL: [Self; 6] = [
        Self::A128CbcHs256,
        Self::A192CbcHs384,
        Self::A256CbcHs512,
        Self::A128Gcm,
        Self::A192Gcm,
        Self::A256Gcm,
    ];

    /// What stands in `enc`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::A128CbcHs256 => "A128CBC-HS256",
            Self::A192CbcHs384 => "A192CBC-HS384",
            Self::A256CbcHs512 => "A256CBC-HS512",
            Self::A128Gcm => "A128GCM",
            Self::A192Gcm => "A192GCM",
            Self::A256Gcm => "A256GCM",
        }
    }

    /// The way of an `enc` member.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|each| each.name() == name)
    }

    /// Bytes of the key of the content.
    #[must_use]
    pub fn key_bytes(self) -> usize {
        match self {
            Self::A128Gcm => 16,
            Self::A192Gcm => 24,
            Self::A256Gcm | Self::A128CbcHs256 => 32,
            Self::A192CbcHs384 => 48,
            Self::A256CbcHs512 => 64,
        }
    }

    /// A key that nobody knows.
    pub(crate) fn fresh_key(self) -> Option<Wiped> {
        let mut key = Zeroizing::new(vec![0; self.key_bytes()]);
        rand::fill(&mut key).ok().map(|()| key)
    }

    fn family(self) -> Family {
        let cbc = |cipher, hash| Family::CbcHmac(CbcHmac { cipher, hash, half: self.key_bytes() / 2 });
        match self {
            Self::A128CbcHs256 => cbc(&cipher::AES_128, hmac::HMAC_SHA256),
            Self::A192CbcHs384 => cbc(&cipher::AES_192, hmac::HMAC_SHA384),
            Self::A256CbcHs512 => cbc(&cipher::AES_256, hmac::HMAC_SHA512),
            Self::A128Gcm => Family::Gcm(&aead::AES_128_GCM),
            Self::A192Gcm => Family::Gcm(&aead::AES_192_GCM),
            Self::A256Gcm => Family::Gcm(&aead::AES_256_GCM),
        }
    }

    /// The content, if key, protected header and tag belong together.
    pub(crate) fn open(self, key: &[u8], protected: &[u8], sealed: &Sealed) -> Option<Wiped> {
        if key.len() != self.key_bytes() {
            return None;
        }
        match self.family() {
            Family::Gcm(algorithm) => open_gcm(algorithm, key, protected, sealed),
            Family::CbcHmac(family) => family.open(key, protected, sealed),
        }
    }

    /// Seals content under a key of the right length, with a fresh vector.
    pub(crate) fn seal(self, key: &[u8], protected: &[u8], content: &[u8]) -> Option<Sealed> {
        if key.len() != self.key_bytes() {
            return None;
        }
        match self.family() {
            Family::Gcm(algorithm) => seal_gcm(algorithm, key, protected, content),
            Family::CbcHmac(family) => family.seal(key, protected, content),
        }
    }
}

impl CbcHmac {
    /// RFC 7518 section 5.2.2.2: the tag is compared first, in constant time, so that nobody learns of the padding.
    fn open(&self, key: &[u8], protected: &[u8], sealed: &Sealed) -> Option<Wiped> {
        let (mac_key, cipher_key) = key.split_at_checked(self.half)?;
        let tag = self.tag(mac_key, protected, &sealed.vector, &sealed.ciphertext);
        verify_slices_are_equal(tag.as_ref().get(..self.half)?, &sealed.tag).ok()?;
        let vector: &[u8; 16] = sealed.vector.as_slice().try_into().ok()?;
        let cipher =
            PaddedBlockDecryptingKey::cbc_pkcs7(UnboundCipherKey::new(self.cipher, cipher_key).ok()?).ok()?;
        let mut buffer = Zeroizing::new(sealed.ciphertext.clone());
        let context = DecryptionContext::Iv128(FixedLength::from(vector));
        let length = cipher.decrypt(&mut buffer, context).ok()?.len();
        buffer.truncate(length);
        Some(buffer)
    }

    fn seal(&self, key: &[u8], protected: &[u8], content: &[u8]) -> Option<Sealed> {
        let (mac_key, cipher_key) = key.split_at_checked(self.half)?;
        let mut vector = vec![0; 16];
        rand::fill(&mut vector).ok()?;
        let fixed: &[u8; 16] = vector.as_slice().try_into().ok()?;
        let cipher =
            PaddedBlockEncryptingKey::cbc_pkcs7(UnboundCipherKey::new(self.cipher, cipher_key).ok()?).ok()?;
        let mut ciphertext = content.to_vec();
        let context = EncryptionContext::Iv128(FixedLength::from(fixed));
        cipher.less_safe_encrypt(&mut ciphertext, context).ok()?;
        let tag = self.tag(mac_key, protected, &vector, &ciphertext).as_ref().get(..self.half)?.to_vec();
        Some(Sealed { vector, ciphertext, tag })
    }

    /// Over header, vector, ciphertext and the header's length in bits.
    fn tag(&self, key: &[u8], protected: &[u8], vector: &[u8], ciphertext: &[u8]) -> hmac::Tag {
        let bits = u64::try_from(protected.len()).unwrap_or(u64::MAX).saturating_mul(8);
        let mut context = hmac::Context::with_key(&hmac::Key::new(self.hash, key));
        for part in [protected, vector, ciphertext, &bits.to_be_bytes()] {
            context.update(part);
        }
        context.sign()
    }
}

fn open_gcm(
    algorithm: &'static aead::Algorithm,
    key: &[u8],
    protected: &[u8],
    sealed: &Sealed,
) -> Option<Wiped> {
    let key = aead::LessSafeKey::new(aead::UnboundKey::new(algorithm, key).ok()?);
    let nonce = aead::Nonce::try_assume_unique_for_key(&sealed.vector).ok()?;
    // A shorter tag would make the last bytes of the ciphertext its beginning.
    if sealed.tag.len() != algorithm.tag_len() {
        return None;
    }
    let mut buffer = Zeroizing::new([sealed.ciphertext.as_slice(), sealed.tag.as_slice()].concat());
    let length = key.open_in_place(nonce, aead::Aad::from(protected), buffer.as_mut_slice()).ok()?.len();
    buffer.truncate(length);
    Some(buffer)
}

fn seal_gcm(
    algorithm: &'static aead::Algorithm,
    key: &[u8],
    protected: &[u8],
    content: &[u8],
) -> Option<Sealed> {
    let key = aead::LessSafeKey::new(aead::UnboundKey::new(algorithm, key).ok()?);
    let mut vector = vec![0; aead::NONCE_LEN];
    rand::fill(&mut vector).ok()?;
    let nonce = aead::Nonce::try_assume_unique_for_key(&vector).ok()?;
    let mut ciphertext = content.to_vec();
    let tag = key.seal_in_place_separate_tag(nonce, aead::Aad::from(protected), &mut ciphertext).ok()?;
    Some(Sealed { vector, ciphertext, tag: tag.as_ref().to_vec() })
}
