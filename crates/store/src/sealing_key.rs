//! The key that seals the store: it encrypts data keys, and those encrypt everything else.

use std::fmt;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{Context, SHA256};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secret::Secret;
use zeroize::Zeroizing;

use crate::files;

const LENGTH: usize = 32;

/// No key file is longer than this; a longer one is something else.
const FILE_LIMIT: u64 = 4096;

/// 32 bytes that nobody can guess. Whoever has them and the directory can read every secret in it, so keep them
/// somewhere else: in a secret of the orchestrator, or in a file on another volume.
pub struct SealingKey {
    bytes: Zeroizing<[u8; LENGTH]>,
    name: String,
}

/// Why there is no sealing key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SealingKeyError {
    /// The text is not a key.
    #[error("a sealing key is 32 bytes, written as 64 hexadecimal digits or 44 characters of base64")]
    NotAKey,
    /// The file does not hold a key.
    #[error(
        "`{path}` does not hold a sealing key: 32 bytes as 64 hexadecimal digits or 44 characters of base64"
    )]
    NotAKeyFile {
        /// The file.
        path: PathBuf,
    },
    /// The file could not be read.
    #[error("cannot read the sealing key from `{path}`: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A new key would overwrite something.
    #[error("`{path}` is there already; a sealing key that is in use must not be lost: choose another file")]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The file could not be written.
    #[error("cannot write a sealing key to `{path}`: {source}")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// No random bytes.
    #[error(transparent)]
    Random(#[from] crate::NoRandomness),
}

impl SealingKey {
    /// Takes a key from its text: hexadecimal or base64; blanks and line breaks at the ends do not count.
    ///
    /// # Errors
    /// [`SealingKeyError::NotAKey`]; the text is not repeated.
    pub fn parse(text: &Secret) -> Result<Self, SealingKeyError> {
        let bytes = decode(text.expose().trim()).ok_or(SealingKeyError::NotAKey)?;
        Ok(Self::new(bytes))
    }

    /// Reads a key from a file that holds its text.
    ///
    /// # Errors
    /// [`SealingKeyError::Read`] or [`SealingKeyError::NotAKeyFile`].
    pub fn read_file(path: &Path) -> Result<Self, SealingKeyError> {
        let mut text = Zeroizing::new(String::new());
        std::fs::File::open(path)
            .and_then(|file| file.take(FILE_LIMIT).read_to_string(&mut text))
            .map_err(|source| SealingKeyError::Read { path: path.into(), source })?;
        let bytes = decode(text.trim()).ok_or_else(|| SealingKeyError::NotAKeyFile { path: path.into() })?;
        Ok(Self::new(bytes))
    }

    /// Makes a key and writes it to a new file that only its owner can read (mode 0600).
    ///
    /// # Errors
    /// [`SealingKeyError::Exists`] when the file is there, [`SealingKeyError::Write`] when it cannot be written.
    pub fn create_file(path: &Path) -> Result<Self, SealingKeyError> {
        let key = Self::random()?;
        write_new(path, &key.bytes).map_err(|source| match source.kind() {
            io::ErrorKind::AlreadyExists => SealingKeyError::Exists { path: path.into() },
            _ => SealingKeyError::Write { path: path.into(), source },
        })?;
        Ok(key)
    }

    /// Makes a key that is written nowhere: what it seals can be read by this process only.
    pub(crate) fn random() -> Result<Self, crate::NoRandomness> {
        let mut bytes = Zeroizing::new([0; LENGTH]);
        aws_lc_rs::rand::fill(bytes.as_mut_slice()).map_err(|_| crate::NoRandomness)?;
        Ok(Self::new(bytes))
    }

    /// A name by which people tell keys apart; it says nothing about the key.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn bytes(&self) -> &[u8; LENGTH] {
        &self.bytes
    }

    fn new(bytes: Zeroizing<[u8; LENGTH]>) -> Self {
        let name = name_of(&bytes);
        Self { bytes, name }
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealingKey({})", self.name)
    }
}

fn decode(text: &str) -> Option<Zeroizing<[u8; LENGTH]>> {
    let bytes = Zeroizing::new(if text.len() == 2 * LENGTH {
        from_hex(text)?
    } else {
        STANDARD.decode(text).ok()?
    });
    let array: [u8; LENGTH] = bytes.as_slice().try_into().ok()?;
    Some(Zeroizing::new(array))
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> = text.chars().map(|c| c.to_digit(16)).collect();
    let byte = |pair: &[u32]| match pair {
        [high, low] => u8::try_from(high * 16 + low).ok(),
        _ => None,
    };
    digits?.chunks(2).map(byte).collect()
}

/// The beginning of a hash that is used for nothing else.
fn name_of(bytes: &[u8; LENGTH]) -> String {
    let mut context = Context::new(&SHA256);
    context.update(b"cardea sealing key name v1\0");
    context.update(bytes);
    context.finish().as_ref().iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

fn write_new(path: &Path, bytes: &[u8; LENGTH]) -> io::Result<()> {
    let mut file = files::new_private_file(path)?;
    let text = Zeroizing::new(STANDARD.encode(bytes) + "\n");
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    files::sync_parent(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<SealingKey, SealingKeyError> {
        SealingKey::parse(&Secret::new(text))
    }

    #[test]
    fn a_key_in_hexadecimal_is_the_same_key_in_base64() {
        let hex = parse("000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F\n").unwrap();
        let base64 = parse(" AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=").unwrap();
        assert_eq!(hex.name(), base64.name());
        assert_eq!(hex.bytes(), base64.bytes());
    }

    #[test]
    fn what_is_not_a_key_is_refused_and_not_repeated() {
        for text in ["", "hunter2", &"g".repeat(64), &"0".repeat(63), "AAECAwQFBgcICQoLDA0ODw=="] {
            let problem = parse(text).unwrap_err().to_string();
            assert!(
                problem.contains("32 bytes") && (text.is_empty() || !problem.contains(text)),
                "{problem}"
            );
        }
    }

    #[test]
    fn a_key_is_not_shown() {
        let key = parse(&"ab".repeat(32)).unwrap();
        assert_eq!(format!("{key:?}"), format!("SealingKey({})", key.name()));
        assert_eq!(key.name().len(), 12);
    }
}
