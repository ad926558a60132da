//! Who calls: subscriptions by their keys, and their owners. Swapped apart from the snapshot, because a key that is
//! made, rotated or suspended takes effect at once.

mod keys;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use aws_lc_rs::hmac;
use model::{Subscription, SubscriptionKey, User, UserId};

use keys::{Hash, Keys};

/// The subscriptions of a gateway, found by key.
///
/// Keys are looked up by a keyed hash, so neither the map nor the time of a look-up tells anything about a key.
pub struct Callers {
    hash: hmac::Key,
    by_key: Keys,
    users: HashMap<UserId, Arc<User>>,
}

impl Callers {
    /// The callers of these subscriptions. `hash_key` is 32 bytes from a random source, new for each process.
    /// Subscriptions whose keys are not known (unset slots) can be seen but not used. A key that two have is the first one's:
    /// who writes the second one, perhaps in another workspace, must not be able to take it away.
    #[must_use]
    pub fn new(
        hash_key: &[u8; 32],
        subscriptions: impl IntoIterator<Item = Arc<Subscription>>,
        users: impl IntoIterator<Item = Arc<User>>,
    ) -> Self {
        let subscriptions: Vec<_> = subscriptions.into_iter().collect();
        let keys = subscriptions.iter().map(|subscription| subscription.keys().count()).sum();
        let mut callers = Self {
            hash: hmac::Key::new(hmac::HMAC_SHA256, hash_key),
            by_key: Keys::for_keys(keys),
            users: users.into_iter().map(|user| (user.id.clone(), user)).collect(),
        };
        for subscription in subscriptions {
            for digest in subscription.keys().filter_map(|key| callers.digest_of(key)).collect::<Vec<_>>() {
                if let Some(taken) = callers.by_key.insert(digest, &subscription) {
                    tell_of_shared_key(&taken, &subscription);
                }
            }
        }
        callers
    }

    /// The subscription that one of whose keys this is.
    #[must_use]
    pub fn subscription(&self, key: &str) -> Option<&Arc<Subscription>> {
        self.by_key.get(&self.digest(key))
    }

    /// The owner of a subscription.
    #[must_use]
    pub fn owner(&self, subscription: &Subscription) -> Option<&Arc<User>> {
        self.users.get(subscription.owner.as_ref()?)
    }

    /// How many keys there are.
    #[must_use]
    pub fn keys(&self) -> usize {
        self.by_key.len()
    }

    fn digest_of(&self, key: &SubscriptionKey) -> Option<Hash> {
        match key {
            SubscriptionKey::Known(slot) => {
                let secret = slot.load().ok().filter(|secret| !secret.is_empty())?;
                Some(self.digest(secret.expose()))
            }
            SubscriptionKey::Verified(_) => None,
        }
    }

    fn digest(&self, key: &str) -> Hash {
        let mut digest = Hash::default();
        let tag = hmac::sign(&self.hash, key.as_bytes());
        for (to, from) in digest.iter_mut().zip(tag.as_ref()) {
            *to = *from;
        }
        digest
    }
}

fn tell_of_shared_key(first: &Subscription, second: &Subscription) {
    if first.id == second.id && first.workspace == second.workspace {
        return;
    }
    let name = |one: &Subscription| model::qualified(one.workspace.as_ref(), one.id.as_str());
    tracing::error!(
        first = name(first),
        second = name(second),
        "two subscriptions have one key; it is the first one's"
    );
}

impl fmt::Debug for Callers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Callers").field("keys", &self.by_key.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use model::{DisplayName, SubscriptionId, SubscriptionScope};
    use secret::{Secret, SecretSlot};

    use super::*;

    fn callers(hash_key: u8, key: &str) -> Callers {
        let name = DisplayName::new("team").unwrap();
        let mut team =
            Subscription::new(SubscriptionId::new("team").unwrap(), name, SubscriptionScope::AllApis);
        team.primary = Some(SubscriptionKey::Known(SecretSlot::holding("key", Secret::new(key))));
        Callers::new(&[hash_key; 32], [Arc::new(team)], [])
    }

    /// What is compared is HMAC-SHA-256 (RFC 2104) with a key that is this process's alone: a caller can neither know nor choose a
    /// hash, so the time of a comparison tells nothing of a key. Texts that begin alike have nothing in common there.
    #[test]
    fn keys_are_looked_up_by_a_hash_that_nobody_outside_can_make() {
        let known = callers(1, "a-key-of-32-letters-that-is-real");
        assert!(known.subscription("a-key-of-32-letters-that-is-real").is_some());
        let near = ["a-key-of-32-letters-that-is-reaL", "a-key-of-32-letters-that-is-rea", "a", ""];
        for key in near {
            assert!(known.subscription(key).is_none(), "{key}");
            let (one, other) = (known.digest(key), known.digest("a-key-of-32-letters-that-is-real"));
            let same = one.iter().zip(&other).filter(|(one, other)| one == other).count();
            assert!(same < 4, "{key}: {same} of 16 bytes are the same");
        }
        let elsewhere = callers(2, "a-key-of-32-letters-that-is-real");
        assert_ne!(known.digest("x"), elsewhere.digest("x"), "another process has other hashes");
        let mut expected = [0; 16];
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &[1; 32]), b"x");
        expected.copy_from_slice(&tag.as_ref()[..16]);
        assert_eq!(known.digest("x"), expected);
        assert!(!format!("{known:?}").contains("real"));
    }
}
