//! Encrypted tokens (RFC 7516), compact form.
//!
//! Two steps: the recipient's key gives the key of the content (`alg`: [`management`]), and that opens the content
//! (`enc`: [`content`]). What is inside must be a signed token again: that somebody could encrypt for us proves nothing.

pub(crate) mod agreement;
pub(crate) mod content;
mod key;
pub(crate) mod management;
pub(crate) mod wrap;

pub use key::DecryptionKey;

use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::compact::{self, Parts};
use crate::problem::{Part, Shown, TokenProblem};
use crate::{Limits, Unverified};

use content::ContentEncryption;
use management::Management;

/// An encrypted token.
pub struct Encrypted {
    header: Map<String, Value>,
    management: Management,
    encryption: ContentEncryption,
    /// The header as it stands in the token: the tag vouches for it too.
    protected: String,
    encrypted_key: Vec<u8>,
    sealed: content::Sealed,
}

impl Encrypted {
    /// Takes an encrypted token apart.
    ///
    /// # Errors
    /// [`TokenProblem`] when it is not well formed, or encrypted in a way that is not supported.
    pub fn parse(text: &str, limits: &Limits) -> Result<Self, TokenProblem> {
        match compact::split(text, limits)? {
            Parts::Encrypted(parts) => Self::of_parts(parts, limits),
            Parts::Signed(_) => Err(TokenProblem::Segments),
        }
    }

    pub(crate) fn of_parts(parts: [&str; 5], limits: &Limits) -> Result<Self, TokenProblem> {
        let [protected, key, vector, ciphertext, tag] = parts;
        let header = compact::header(protected, limits)?;
        let encrypted_key = compact::decode(key, Part::EncryptedKey)?;
        let sealed = content::Sealed {
            vector: compact::decode(vector, Part::Vector)?,
            ciphertext: compact::decode(ciphertext, Part::Ciphertext)?,
            tag: compact::decode(tag, Part::Tag)?,
        };
        let (alg, enc) = (compact::algorithm(&header, "alg")?, compact::algorithm(&header, "enc")?);
        let refused =
            |why| TokenProblem::EncryptionNotSupported { alg: Shown::new(alg), enc: Shown::new(enc), why };
        let management = Management::accepted(alg).map_err(refused)?;
        let encryption = ContentEncryption::from_name(enc).ok_or_else(|| refused(""))?;
        Ok(Self { management, encryption, protected: protected.to_owned(), encrypted_key, sealed, header })
    }

    /// Its header.
    #[must_use]
    pub fn header(&self) -> &Map<String, Value> {
        &self.header
    }

    /// The id of the key that it names.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        compact::named(&self.header, "kid")
    }

    /// Opens it, whatever is inside. Each key that it may mean is tried.
    ///
    /// # Errors
    /// [`TokenProblem::Undecryptable`], which does not tell a wrong key from a mangled token (RFC 7516 section 11.5).
    pub fn open<'k>(
        &self,
        keys: impl IntoIterator<Item = &'k DecryptionKey>,
    ) -> Result<Zeroizing<Vec<u8>>, TokenProblem> {
        let (kid, x5t) = (self.kid(), compact::named(&self.header, "x5t"));
        let mut tried = 0;
        for key in keys.into_iter().filter(|key| key.answers(kid, x5t)) {
            tried += 1;
            if let Some(content) = self.open_with(key) {
                return Ok(content);
            }
        }
        Err(TokenProblem::Undecryptable { tried })
    }

    /// Opens it and takes the signed token inside apart.
    ///
    /// # Errors
    /// As [`Self::open`]; [`TokenProblem::NotNested`] when there is no signed token inside, as Microsoft.IdentityModel
    /// wants it; the problems of that token.
    pub fn decrypt<'k>(
        &self,
        keys: impl IntoIterator<Item = &'k DecryptionKey>,
        limits: &Limits,
    ) -> Result<Unverified, TokenProblem> {
        let content = self.open(keys)?;
        let text = std::str::from_utf8(&content).map_err(|_| TokenProblem::NotNested)?;
        match Unverified::parse(text, limits) {
            Err(TokenProblem::Segments) => Err(TokenProblem::NotNested),
            other => other,
        }
    }

    fn open_with(&self, key: &DecryptionKey) -> Option<Zeroizing<Vec<u8>>> {
        let content_key =
            key.content_key(self.management, self.encryption, &self.header, &self.encrypted_key)?;
        self.encryption.open(&content_key, self.protected.as_bytes(), &self.sealed)
    }
}

impl std::fmt::Debug for Encrypted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Encrypted(…)")
    }
}
