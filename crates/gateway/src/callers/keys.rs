//! Keys by their hashes, laid out so that finding one of very many costs one look into memory that is in no cache.
//!
//! One array of slots of 24 bytes, at most half of them taken. A key's own slot follows from its hash; where that is
//! another key's the next ones are looked at, which stand beside it. A hash is as random as its key is, and made with a
//! key of this process: nobody can choose keys that share a slot.

use std::sync::Arc;

use model::Subscription;

/// The first half of a keyed hash: nobody finds a second key that has it.
pub(super) type Hash = [u8; 16];

#[derive(Clone, Default)]
struct Slot {
    hash: Hash,
    subscription: Option<Arc<Subscription>>,
}

/// Subscriptions by key.
pub(super) struct Keys {
    /// INVARIANT: their number is a power of two, and one is free, so that every search ends.
    slots: Box<[Slot]>,
    taken: usize,
}

impl Keys {
    /// Room for so many keys.
    pub(super) fn for_keys(count: usize) -> Self {
        let slots = count.saturating_mul(2).max(1).checked_next_power_of_two().unwrap_or(1);
        Self { slots: vec![Slot::default(); slots].into(), taken: 0 }
    }

    /// The subscription of a key.
    pub(super) fn get(&self, hash: &Hash) -> Option<&Arc<Subscription>> {
        let slot = self.slots.get(self.place(hash))?;
        slot.subscription.as_ref()
    }

    /// Takes a key; gives the subscription that has it already, if one does, or if there is no room.
    pub(super) fn insert(
        &mut self,
        hash: Hash,
        subscription: &Arc<Subscription>,
    ) -> Option<Arc<Subscription>> {
        let place = self.place(&hash);
        let has_room = self.taken + 1 < self.slots.len();
        let slot = self.slots.get_mut(place)?;
        match &slot.subscription {
            Some(taken) => Some(Arc::clone(taken)),
            None if has_room => {
                *slot = Slot { hash, subscription: Some(Arc::clone(subscription)) };
                self.taken += 1;
                None
            }
            None => Some(Arc::clone(subscription)),
        }
    }

    /// How many keys there are.
    pub(super) fn len(&self) -> usize {
        self.taken
    }

    /// The slot of a key, or the free one where it would stand.
    fn place(&self, hash: &Hash) -> usize {
        let mask = self.slots.len().saturating_sub(1);
        let first = hash.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
        let mut place = usize::try_from(first & mask as u64).unwrap_or(0);
        while let Some(slot) = self.slots.get(place)
            && slot.subscription.is_some()
            && slot.hash != *hash
        {
            place = (place + 1) & mask;
        }
        place
    }
}

#[cfg(test)]
mod tests {
    use model::{DisplayName, SubscriptionId, SubscriptionScope};

    use super::*;

    fn subscription(name: &str) -> Arc<Subscription> {
        let name_for_people = DisplayName::new(name).unwrap();
        Arc::new(Subscription::new(
            SubscriptionId::new(name).unwrap(),
            name_for_people,
            SubscriptionScope::AllApis,
        ))
    }

    #[test]
    fn keys_that_want_one_slot_stand_beside_each_other() {
        let mut keys = Keys::for_keys(4);
        let hash = |last: u8| {
            let mut hash = [7; 16];
            hash[15] = last;
            hash
        };
        let subscriptions: Vec<_> = ["a", "b", "c", "d"].map(subscription).into();
        for (at, each) in subscriptions.iter().enumerate() {
            assert!(keys.insert(hash(u8::try_from(at).unwrap()), each).is_none());
        }
        let again = keys.insert(hash(1), &subscriptions[0]).unwrap();
        assert!(Arc::ptr_eq(&again, &subscriptions[1]));
        for (at, each) in subscriptions.iter().enumerate() {
            assert!(Arc::ptr_eq(keys.get(&hash(u8::try_from(at).unwrap())).unwrap(), each));
        }
        assert!(keys.get(&hash(9)).is_none());
        assert_eq!(keys.len(), 4);
    }

    #[test]
    fn without_keys_there_is_nothing_to_find() {
        assert!(Keys::for_keys(0).get(&[0; 16]).is_none());
    }
}
