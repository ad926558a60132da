//! Tokens whose signature was judged before: good ones until they expire, bad ones for a minute.
//!
//! A good token is found by its end, which is its signature, under a hash that differs from process to process; then all of
//! it is compared, in constant time. So nobody learns how much of a guess was right, and no hash of a whole token is
//! made. Of a bad token a keyed hash is kept and nothing else: whoever sends bad tokens fills no memory with them.

use std::hash::{BuildHasher as _, Hash, Hasher, RandomState};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use jiff::Timestamp;
use jose::{Token, TokenProblem};
use policy::{Clock, KeysName, VerifiedToken, VerifiedTokens};
use quick_cache::sync::Cache;
use quick_cache::{Equivalent, Weighter};
use secret::Secret;

use crate::kept::within;
use crate::settings::VerifiedSettings;

/// Bytes that count as one token, which is 4 KiB of claims; a larger token counts as several.
const BYTES_OF_ONE: usize = 6 * 1024;

/// How much of a token's end it is found by: of the shortest signature that may be, 128 bits, all but a little.
const END: usize = 32;

/// How long it is known that keys do not vouch for a token.
const REFUSED: Duration = Duration::from_secs(60);

/// Refused tokens that are remembered, at 200 bytes or so. Of more than these, each is verified.
const MOST_REFUSED: usize = 4 * 1024;

/// Remembers verified tokens until they expire, refused ones for a minute. Those that are asked for least leave when there
/// are too many.
pub struct Verified {
    tokens: Option<Cache<Known, Remembered, BySize>>,
    /// Made when the first token is refused.
    refused: OnceLock<Cache<Refused, (Timestamp, TokenProblem)>>,
    hash: RandomState,
    max_age: Duration,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for Verified {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Verified")
    }
}

/// A token that was verified, and with which keys.
struct Known {
    text: Secret,
    keys: KeysName,
}

/// A token as it is presented, and the keys that may have verified it.
struct Asked<'a> {
    text: &'a str,
    keys: &'a KeysName,
}

impl Hash for Known {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Asked { text: self.text.expose(), keys: &self.keys }.hash(state);
    }
}

impl Hash for Asked<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let text = self.text.as_bytes();
        state.write(text.last_chunk::<END>().map_or(text, |end| end));
        state.write_usize(text.len());
    }
}

impl PartialEq for Known {
    fn eq(&self, other: &Self) -> bool {
        Asked { text: other.text.expose(), keys: &other.keys }.equivalent(self)
    }
}

impl Eq for Known {}

impl Equivalent<Known> for Asked<'_> {
    fn equivalent(&self, known: &Known) -> bool {
        *self.keys == known.keys && known.text.matches(self.text)
    }
}

/// A keyed hash of a token and the keys that do not vouch for it. Nobody outside can make two that are the same.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Refused {
    hash: u64,
    length: usize,
}

#[derive(Clone)]
struct Remembered {
    token: Arc<VerifiedToken>,
    until: Timestamp,
    weight: u64,
}

#[derive(Clone)]
struct BySize;

impl Weighter<Known, Remembered> for BySize {
    fn weight(&self, _key: &Known, remembered: &Remembered) -> u64 {
        remembered.weight
    }
}

impl Verified {
    /// Remembers nothing yet.
    #[must_use]
    pub fn new(settings: VerifiedSettings, clock: Arc<dyn Clock>) -> Self {
        let weight = u64::try_from(settings.capacity).unwrap_or(u64::MAX);
        let tokens = (settings.capacity > 0).then(|| Cache::with_weighter(settings.capacity, weight, BySize));
        Self { tokens, refused: OnceLock::new(), hash: RandomState::new(), max_age: settings.max_age, clock }
    }

    /// When a token that is remembered now leaves; none if its expiry is not readable.
    fn until(&self, token: &Token, now: Timestamp) -> Option<Timestamp> {
        let at_most = now.checked_add(self.max_age).unwrap_or(Timestamp::MAX);
        let expires = token.expires().ok()?;
        Some(expires.map_or(at_most, |expires| expires.min(at_most)))
    }

    fn refused_key(&self, text: &str, keys: &KeysName) -> Refused {
        let mut hasher = self.hash.build_hasher();
        hasher.write(keys.as_bytes());
        hasher.write(text.as_bytes());
        Refused { hash: hasher.finish(), length: text.len() }
    }
}

impl VerifiedTokens for Verified {
    fn get(&self, text: &str, keys: &KeysName) -> Option<Arc<VerifiedToken>> {
        let tokens = self.tokens.as_ref()?;
        let asked = Asked { text, keys };
        let found = tokens.get(&asked)?;
        if self.clock.now() < found.until {
            return Some(found.token);
        }
        tokens.remove(&asked);
        None
    }

    fn put(&self, keys: KeysName, verified: Arc<VerifiedToken>) {
        let Some(tokens) = &self.tokens else { return };
        let now = self.clock.now();
        let Some(until) = self.until(verified.token(), now).filter(|until| *until > now) else { return };
        let weight = weight(verified.text());
        let known = Known { text: verified.text().clone(), keys };
        tokens.insert(known, Remembered { token: verified, until, weight });
    }

    fn refused(&self, text: &str, keys: &KeysName) -> Option<TokenProblem> {
        let refused = self.refused.get()?;
        let key = self.refused_key(text, keys);
        let (at, problem) = refused.get(&key)?;
        if within(at, REFUSED, self.clock.now()) {
            return Some(problem);
        }
        refused.remove(&key);
        None
    }

    fn put_refused(&self, text: &str, keys: &KeysName, problem: TokenProblem) {
        let refused = self.refused.get_or_init(|| Cache::new(MOST_REFUSED));
        refused.insert(self.refused_key(text, keys), (self.clock.now(), problem));
    }
}

fn weight(text: &Secret) -> u64 {
    u64::try_from(text.expose().len() / BYTES_OF_ONE).unwrap_or_default().saturating_add(1)
}
