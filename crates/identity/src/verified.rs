//! Tokens whose signature was found good before.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jose::Token;
use policy::{Clock, VerifiedKey, VerifiedTokens};
use quick_cache::Weighter;
use quick_cache::sync::Cache;

use crate::settings::VerifiedSettings;

/// Bytes of claims that count as one token; a larger token counts as several.
const BYTES_OF_ONE: usize = 4 * 1024;

/// Remembers verified tokens until they expire. Those that are asked for least leave when there are too many.
pub struct Verified {
    tokens: Option<Cache<VerifiedKey, Remembered, BySize>>,
    max_age: Duration,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for Verified {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Verified")
    }
}

#[derive(Clone)]
struct Remembered {
    token: Arc<Token>,
    until: Timestamp,
    weight: u64,
}

#[derive(Clone)]
struct BySize;

impl Weighter<VerifiedKey, Remembered> for BySize {
    fn weight(&self, _key: &VerifiedKey, remembered: &Remembered) -> u64 {
        remembered.weight
    }
}

impl Verified {
    /// Remembers nothing yet.
    #[must_use]
    pub fn new(settings: VerifiedSettings, clock: Arc<dyn Clock>) -> Self {
        let weight = u64::try_from(settings.capacity).unwrap_or(u64::MAX);
        let tokens = (settings.capacity > 0).then(|| Cache::with_weighter(settings.capacity, weight, BySize));
        Self { tokens, max_age: settings.max_age, clock }
    }

    /// When a token that is remembered now leaves; none if its expiry is not readable.
    fn until(&self, token: &Token, now: Timestamp) -> Option<Timestamp> {
        let at_most = now.checked_add(self.max_age).unwrap_or(Timestamp::MAX);
        let expires = token.expires().ok()?;
        Some(expires.map_or(at_most, |expires| expires.min(at_most)))
    }
}

impl VerifiedTokens for Verified {
    fn get(&self, token: &VerifiedKey) -> Option<Arc<Token>> {
        let tokens = self.tokens.as_ref()?;
        let found = tokens.get(token)?;
        if self.clock.now() < found.until {
            return Some(found.token);
        }
        tokens.remove(token);
        None
    }

    fn put(&self, token: VerifiedKey, verified: Arc<Token>) {
        let Some(tokens) = &self.tokens else { return };
        let now = self.clock.now();
        let Some(until) = self.until(&verified, now).filter(|until| *until > now) else { return };
        let weight = weight(&verified);
        tokens.insert(token, Remembered { token: verified, until, weight });
    }
}

fn weight(token: &Token) -> u64 {
    let bytes = serde_json::to_string(&*token.claims).map_or(0, |text| text.len());
    u64::try_from(bytes / BYTES_OF_ONE).unwrap_or_default().saturating_add(1)
}
