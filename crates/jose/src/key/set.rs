//! Sets of keys, as providers publish them (RFC 7517 section 5).

use serde_json::{Map, Value};

use super::Key;
use crate::{Limits, json};

/// The keys that a provider signs with.
///
/// ```
/// let set = jose::KeySet::parse(br#"{"keys":[{"kty":"of-the-future","kid":"1"}]}"#).unwrap();
/// assert_eq!(set.keys().len(), 0);
/// ```
#[derive(Clone, Debug, Default)]
pub struct KeySet {
    keys: Vec<Key>,
}

/// A document that is no set of keys.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadKeySet {
    /// Longer than a set of keys is.
    #[error("the key set has {bytes} bytes; at most {limit} are read")]
    TooLong {
        /// Its length.
        bytes: usize,
        /// What is read at most.
        limit: usize,
    },
    /// Not a JSON object that names each member once.
    #[error("the key set is not a JSON object that names each of its members once")]
    Json,
    /// `keys` is missing or no array of objects.
    #[error("the key set has no array `keys`")]
    NoKeys,
    /// More keys than would be tried.
    #[error("the key set has {keys} keys; at most {limit} are read")]
    TooMany {
        /// How many it has.
        keys: usize,
        /// What is read at most.
        limit: usize,
    },
}

impl KeySet {
    /// The longest document, in bytes. Entra's, with certificates, has about 15 KiB.
    pub const LONGEST: usize = 512 * 1024;
    /// The most keys.
    pub const MOST: usize = 100;

    /// Reads a set. Keys that are not understood, incomplete, not for verifying, or shared secrets (which nobody can
    /// publish) are skipped: RFC 7517 section 5 wants so, for the sake of keys of the future.
    ///
    /// # Errors
    /// [`BadKeySet`] when the document is none.
    pub fn parse(document: &[u8]) -> Result<Self, BadKeySet> {
        if document.len() > Self::LONGEST {
            return Err(BadKeySet::TooLong { bytes: document.len(), limit: Self::LONGEST });
        }
        let members = json::object(document, &Limits::default()).ok_or(BadKeySet::Json)?;
        let keys = members.get("keys").and_then(Value::as_array).ok_or(BadKeySet::NoKeys)?;
        if keys.len() > Self::MOST {
            return Err(BadKeySet::TooMany { keys: keys.len(), limit: Self::MOST });
        }
        Ok(Self { keys: keys.iter().filter_map(Value::as_object).filter_map(published).collect() })
    }

    /// A set of these keys.
    #[must_use]
    pub fn new(keys: impl IntoIterator<Item = Key>) -> Self {
        Self { keys: keys.into_iter().collect() }
    }

    /// Its keys, in the order in which they are tried.
    #[must_use]
    pub fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// A digest of all of its keys: see [`Key::fingerprint`].
    #[must_use]
    pub fn fingerprint(&self) -> [u8; 32] {
        let keys: Vec<[u8; 32]> = self.keys.iter().map(Key::fingerprint).collect();
        let parts: Vec<&[u8]> = keys.iter().map(<[u8; 32]>::as_slice).collect();
        super::digest_of(&parts)
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}

impl<'a> IntoIterator for &'a KeySet {
    type Item = &'a Key;
    type IntoIter = std::slice::Iter<'a, Key>;

    fn into_iter(self) -> Self::IntoIter {
        self.keys.iter()
    }
}

fn published(jwk: &Map<String, Value>) -> Option<Key> {
    Key::from_jwk(jwk).ok().filter(|key| !key.is_symmetric())
}
