//! Block ciphers in .NET's modes with .NET's paddings, over bytes.
//!
//! AES is AWS-LC's. DES, 3DES and RC2 are there for old partners and old files; which block goes through what in which
//! mode is done here for all of them alike.

use aws_lc_rs::cipher::{
    AES_128, AES_192, AES_256, DecryptingKey, DecryptionContext, EncryptingKey, EncryptionContext, UnboundCipherKey,
};
use aws_lc_rs::iv::FixedLength;
use des::cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use des::{Des, TdesEde3};
use rc2::Rc2;

/// Which cipher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Aes,
    Des,
    TripleDes,
    Rc2,
}

impl Algorithm {
    /// Size of a block in bytes.
    pub(crate) const fn block(self) -> usize {
        match self {
            Self::Aes => 16,
            _ => 8,
        }
    }

    /// Sizes that a key may have: the least, the most and the step between them, in bits.
    pub(crate) const fn key_sizes(self) -> (i32, i32, i32) {
        match self {
            Self::Aes => (128, 256, 64),
            Self::Des => (64, 64, 0),
            Self::TripleDes => (128, 192, 64),
            Self::Rc2 => (40, 128, 8),
        }
    }

    /// Whether a key may have so many bits.
    pub(crate) fn takes(self, bits: i32) -> bool {
        let (least, most, step) = self.key_sizes();
        bits == least || (least..=most).contains(&bits) && step > 0 && (bits - least) % step == 0
    }
}

/// `CipherMode`, as far as .NET's algorithms have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Cbc,
    Ecb,
    /// With so many bytes of feedback.
    Cfb(usize),
}

/// `PaddingMode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Padding {
    None,
    Pkcs7,
    Zeros,
    AnsiX923,
    Iso10126,
}

/// Which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Encrypt,
    Decrypt,
}

/// Why it does not work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CipherError {
    #[error("the key is not of a valid size")]
    Key,
    #[error("the initialization vector is not of the size of a block")]
    Iv,
    #[error("the data is not of a whole number of blocks")]
    Length,
    #[error("the padding is invalid")]
    Padding,
}

/// A cipher with its key.
enum Keyed {
    Aes(Box<(EncryptingKey, DecryptingKey)>),
    Des(Box<Des>),
    TripleDes(Box<TdesEde3>),
    Rc2(Box<Rc2>),
}

impl Keyed {
    fn new(algorithm: Algorithm, key: &[u8]) -> Option<Self> {
        if !algorithm.takes(i32::try_from(key.len() * 8).ok()?) {
            return None;
        }
        Some(match algorithm {
            Algorithm::Aes => {
                let keys = EncryptingKey::ecb(unbound(key)?).ok().zip(DecryptingKey::ecb(unbound(key)?).ok());
                Self::Aes(Box::new(keys?))
            }
            Algorithm::Des => Self::Des(Box::new(Des::new_from_slice(key).ok()?)),
            Algorithm::TripleDes => {
                let mut whole = key.to_vec();
                whole.extend(key.iter().take(24 - key.len()));
                Self::TripleDes(Box::new(TdesEde3::new_from_slice(&whole).ok()?))
            }
            Algorithm::Rc2 => Self::Rc2(Box::new(Rc2::new_from_slice(key).ok()?)),
        })
    }

    /// Block by block, each by itself.
    fn blocks(&self, direction: Direction, data: &mut [u8]) -> Option<()> {
        match (self, direction) {
            (Self::Aes(keys), Direction::Encrypt) => {
                keys.0.less_safe_encrypt(data, EncryptionContext::None).ok().map(drop)
            }
            (Self::Aes(keys), Direction::Decrypt) => keys.1.decrypt(data, DecryptionContext::None).ok().map(drop),
            (Self::Des(cipher), direction) => each(cipher.as_ref(), direction, data),
            (Self::TripleDes(cipher), direction) => each(cipher.as_ref(), direction, data),
            (Self::Rc2(cipher), direction) => each(cipher.as_ref(), direction, data),
        }
    }
}

fn each<C: BlockCipherEncrypt + BlockCipherDecrypt>(
    cipher: &C,
    direction: Direction,
    data: &mut [u8],
) -> Option<()> {
    for block in data.chunks_exact_mut(8) {
        let block = block.try_into().ok()?;
        match direction {
            Direction::Encrypt => cipher.encrypt_block(block),
            Direction::Decrypt => cipher.decrypt_block(block),
        }
    }
    Some(())
}

fn unbound(key: &[u8]) -> Option<UnboundCipherKey> {
    let algorithm = match key.len() {
        16 => &AES_128,
        24 => &AES_192,
        32 => &AES_256,
        _ => return None,
    };
    UnboundCipherKey::new(algorithm, key).ok()
}

/// A cipher under way: what `ICryptoTransform` holds.
pub(crate) struct Transform {
    cipher: Keyed,
    algorithm: Algorithm,
    mode: Mode,
    padding: Padding,
    direction: Direction,
    /// What is mixed into the next block.
    chain: Vec<u8>,
    /// Where it began, so that it can be used again.
    iv: Vec<u8>,
    key: Vec<u8>,
}

impl Transform {
    pub(crate) fn new(
        algorithm: Algorithm,
        mode: Mode,
        padding: Padding,
        direction: Direction,
        (key, iv): (&[u8], &[u8]),
    ) -> Result<Self, CipherError> {
        let cipher = Keyed::new(algorithm, key).ok_or(CipherError::Key)?;
        let chain = match mode {
            Mode::Ecb => Vec::new(),
            _ if iv.len() == algorithm.block() => iv.to_vec(),
            _ => return Err(CipherError::Iv),
        };
        let (iv, key) = (chain.clone(), key.to_vec());
        Ok(Self { cipher, algorithm, mode, padding, direction, chain, iv, key })
    }

    /// Size of a block that goes in, in bytes. With CFB data is padded to whole blocks too, as .NET Framework does.
    pub(crate) fn unit(&self) -> usize {
        match self.mode {
            Mode::Cfb(feedback) if self.padding == Padding::None => feedback,
            _ => self.algorithm.block(),
        }
    }

    pub(crate) fn padding(&self) -> Padding {
        self.padding
    }

    pub(crate) fn direction(&self) -> Direction {
        self.direction
    }

    /// Whole blocks.
    pub(crate) fn update(&mut self, mut data: Vec<u8>) -> Result<Vec<u8>, CipherError> {
        if !data.len().is_multiple_of(self.unit()) {
            return Err(CipherError::Length);
        }
        let done = match (self.mode, self.direction) {
            (Mode::Ecb, direction) => self.cipher.blocks(direction, &mut data),
            (Mode::Cbc, Direction::Encrypt) => self.chain_in(&mut data),
            (Mode::Cbc, Direction::Decrypt) => self.chain_out(&mut data),
            (Mode::Cfb(feedback), direction) => self.feed_back(feedback, direction, &mut data),
        };
        done.ok_or(CipherError::Length).map(|()| data)
    }

    fn chain_in(&mut self, data: &mut [u8]) -> Option<()> {
        if data.is_empty() {
            return Some(());
        }
        if self.algorithm == Algorithm::Aes {
            let iv: [u8; 16] = self.chain.as_slice().try_into().ok()?;
            let cbc = EncryptingKey::cbc(unbound(&self.key)?).ok()?;
            cbc.less_safe_encrypt(data, EncryptionContext::Iv128(FixedLength::from(iv))).ok()?;
            self.chain = data.rchunks_exact(16).next()?.to_vec();
            return Some(());
        }
        for block in data.chunks_exact_mut(self.algorithm.block()) {
            mix(block, &self.chain);
            self.cipher.blocks(Direction::Encrypt, block)?;
            self.chain.copy_from_slice(block);
        }
        Some(())
    }

    fn chain_out(&mut self, data: &mut [u8]) -> Option<()> {
        let before: Vec<u8> = self.chain.iter().chain(data.iter()).copied().collect();
        self.cipher.blocks(Direction::Decrypt, data)?;
        mix(data, &before);
        if let Some(last) = before.rchunks_exact(self.algorithm.block()).next() {
            self.chain = last.to_vec();
        }
        Some(())
    }

    fn feed_back(&mut self, feedback: usize, direction: Direction, data: &mut [u8]) -> Option<()> {
        for unit in data.chunks_exact_mut(feedback) {
            let mut stream = self.chain.clone();
            self.cipher.blocks(Direction::Encrypt, &mut stream)?;
            let before = unit.to_vec();
            mix(unit, &stream);
            self.chain.drain(..feedback.min(self.chain.len()));
            let cipher: &[u8] = if direction == Direction::Encrypt { unit } else { &before };
            self.chain.extend(cipher);
        }
        Some(())
    }

    /// The rest, with the padding that is added or taken away; then it begins anew.
    pub(crate) fn finish(
        &mut self,
        mut rest: Vec<u8>,
        random: &mut dyn FnMut(&mut [u8]),
    ) -> Result<Vec<u8>, CipherError> {
        if self.direction == Direction::Encrypt {
            pad(&mut rest, self.padding, self.unit(), random)?;
        }
        let mut data = self.update(rest)?;
        if self.direction == Direction::Decrypt {
            unpad(&mut data, self.padding, self.unit())?;
        }
        self.chain.clone_from(&self.iv);
        Ok(data)
    }
}

fn mix(data: &mut [u8], other: &[u8]) {
    data.iter_mut().zip(other).for_each(|(byte, other)| *byte ^= other);
}

fn pad(
    data: &mut Vec<u8>,
    padding: Padding,
    unit: usize,
    random: &mut dyn FnMut(&mut [u8]),
) -> Result<(), CipherError> {
    let over = data.len() % unit;
    let missing = unit - over;
    let count = u8::try_from(missing).unwrap_or(0);
    let mut filling = vec![0; missing];
    match padding {
        Padding::None if over == 0 => return Ok(()),
        Padding::None => return Err(CipherError::Length),
        Padding::Zeros if over == 0 => return Ok(()),
        Padding::Zeros => {}
        Padding::Pkcs7 => filling.fill(count),
        Padding::AnsiX923 | Padding::Iso10126 => {
            if padding == Padding::Iso10126 {
                random(&mut filling);
            }
            if let Some(last) = filling.last_mut() {
                *last = count;
            }
        }
    }
    data.extend(filling);
    Ok(())
}

fn unpad(data: &mut Vec<u8>, padding: Padding, unit: usize) -> Result<(), CipherError> {
    if matches!(padding, Padding::None | Padding::Zeros) || data.is_empty() {
        return Ok(());
    }
    let count = usize::from(data.last().copied().unwrap_or(0));
    if count == 0 || count > unit || count > data.len() {
        return Err(CipherError::Padding);
    }
    let filling = data.split_off(data.len() - count);
    let good = match padding {
        Padding::Pkcs7 => filling.iter().all(|byte| usize::from(*byte) == count),
        Padding::AnsiX923 => filling.iter().rev().skip(1).all(|byte| *byte == 0),
        _ => true,
    };
    if good { Ok(()) } else { Err(CipherError::Padding) }
}

/// All at once. Padding that wants randomness is for decrypting only.
pub(crate) fn transform(
    algorithm: Algorithm,
    mode: Mode,
    padding: Padding,
    key: (&[u8], &[u8]),
    direction: Direction,
    data: &[u8],
) -> Result<Vec<u8>, CipherError> {
    Transform::new(algorithm, mode, padding, direction, key)?.finish(data.to_vec(), &mut |_| {})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(hex: &str) -> Vec<u8> {
        let digits: Vec<char> = hex.chars().filter(|char| !char.is_whitespace()).collect();
        digits.chunks(2).map(|pair| u8::from_str_radix(&pair.iter().collect::<String>(), 16).unwrap()).collect()
    }

    fn both_ways(algorithm: Algorithm, mode: Mode, (key, iv): (&str, &str), plain: &str, cipher: &str) {
        let (key, iv, plain, cipher) = (bytes(key), bytes(iv), bytes(plain), bytes(cipher));
        let run = |direction, data: &[u8]| transform(algorithm, mode, Padding::None, (&key, &iv), direction, data);
        assert_eq!(run(Direction::Encrypt, &plain).unwrap(), cipher);
        assert_eq!(run(Direction::Decrypt, &cipher).unwrap(), plain);
    }

    const PLAIN: &str = "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51";
    const KEY: &str = "2b7e151628aed2a6abf7158809cf4f3c";
    const IV: &str = "000102030405060708090a0b0c0d0e0f";

    /// NIST SP 800-38A: F.1.1, F.2.1, F.3.7 and F.3.13, the first two blocks (of CFB8 the first 18 bytes).
    #[test]
    fn aes_gives_the_published_vectors() {
        both_ways(
            Algorithm::Aes,
            Mode::Ecb,
            (KEY, ""),
            PLAIN,
            "3ad77bb40d7a3660a89ecaf32466ef97f5d3d58503b9699de785895a96fdbaaf",
        );
        both_ways(
            Algorithm::Aes,
            Mode::Cbc,
            (KEY, IV),
            PLAIN,
            "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2",
        );
        both_ways(
            Algorithm::Aes,
            Mode::Cfb(1),
            (KEY, IV),
            "6bc1bee22e409f96e93d7e117393172aae2d",
            "3b79424c9c0dd436bace9e0ed4586a4f32b9",
        );
        both_ways(
            Algorithm::Aes,
            Mode::Cfb(16),
            (KEY, IV),
            PLAIN,
            "3b3fd92eb72dad20333449f8e83cfb4ac8a64537a0b3a93fcde3cdad9f1ce58b",
        );
    }

    /// RFC 2268, section 5 (effective key length 64); NIST SP 800-67 revision 2's example key with FIPS 81's text.
    #[test]
    fn the_old_ciphers_give_the_published_vectors() {
        both_ways(
            Algorithm::Rc2,
            Mode::Ecb,
            ("3000000000000000", ""),
            "1000000000000001",
            "30649edf9be7d2c2",
        );
        both_ways(
            Algorithm::Des,
            Mode::Ecb,
            ("0123456789abcdef", ""),
            "4e6f77206973207468652074696d6520666f7220616c6c20",
            "3fa40e8a984d48156a271787ab8883f9893d51ec4b563b53",
        );
        both_ways(
            Algorithm::Des,
            Mode::Cbc,
            ("0123456789abcdef", "1234567890abcdef"),
            "4e6f77206973207468652074696d6520666f7220616c6c20",
            "e5c7cdde872bf27c43e934008c389c0f683788499a7c05f6",
        );
        both_ways(
            Algorithm::TripleDes,
            Mode::Ecb,
            ("0123456789abcdef23456789abcdef01456789abcdef0123", ""),
            "5468652071756663",
            "a826fd8ce53b855f",
        );
    }

    #[test]
    fn a_block_is_padded_and_a_padding_that_is_wrong_is_found() {
        for padding in [Padding::Pkcs7, Padding::AnsiX923, Padding::Iso10126] {
            let key = (bytes(KEY), bytes(IV));
            let run = |direction, data: &[u8]| {
                transform(Algorithm::Aes, Mode::Cbc, padding, (&key.0, &key.1), direction, data)
            };
            let cipher = run(Direction::Encrypt, b"sixteen bytes ok").unwrap();
            assert_eq!(cipher.len(), 32);
            assert_eq!(run(Direction::Decrypt, &cipher).unwrap(), b"sixteen bytes ok");
            assert_eq!(run(Direction::Decrypt, &[0; 16]), Err(CipherError::Padding));
            assert_eq!(run(Direction::Decrypt, &[0; 15]), Err(CipherError::Length));
        }
    }
}
