//! Entries of a hash table in the order in which .NET enumerates them.
//!
//! `Dictionary` and `HashSet` keep entries in slots and give the slot that was freed last to the next entry that is added, so
//! what is added after a removal may be enumerated before older entries. Every change counts up a version, by which
//! enumerators notice it (.NET Framework reference source, `Dictionary<TKey, TValue>` and `HashSet<T>`).

use std::collections::HashMap;

use super::Key;

/// Entries by key.
#[derive(Debug)]
pub(crate) struct Table<V> {
    slots: Vec<Option<(Key, V)>>,
    free: Vec<usize>,
    index: HashMap<Key, usize>,
    version: u32,
}

impl<V> Table<V> {
    pub(crate) fn new() -> Self {
        Self { slots: Vec::new(), free: Vec::new(), index: HashMap::new(), version: 0 }
    }

    pub(crate) fn len(&self) -> usize {
        self.index.len()
    }

    /// Counts up with every change.
    pub(crate) fn version(&self) -> u32 {
        self.version
    }

    pub(crate) fn contains(&self, key: &Key) -> bool {
        self.index.contains_key(key)
    }

    pub(crate) fn get(&self, key: &Key) -> Option<&V> {
        self.slot(*self.index.get(key)?)
    }

    /// The entry of a key, to be changed; counts as a change.
    pub(crate) fn get_mut(&mut self, key: &Key) -> Option<&mut V> {
        let at = *self.index.get(key)?;
        self.version = self.version.wrapping_add(1);
        self.slots.get_mut(at)?.as_mut().map(|(_, value)| value)
    }

    /// The entry in a slot; none in a slot that is free or not there.
    pub(crate) fn slot(&self, at: usize) -> Option<&V> {
        self.slots.get(at)?.as_ref().map(|(_, value)| value)
    }

    /// How many slots there are, free ones included.
    pub(crate) fn slots(&self) -> usize {
        self.slots.len()
    }

    /// Adds an entry whose key is not there.
    pub(crate) fn add(&mut self, key: Key, value: V) {
        self.version = self.version.wrapping_add(1);
        let at = self.free.pop().unwrap_or(self.slots.len());
        self.index.insert(key.clone(), at);
        match self.slots.get_mut(at) {
            Some(slot) => *slot = Some((key, value)),
            None => self.slots.push(Some((key, value))),
        }
    }

    /// Removes an entry; whether it was there.
    pub(crate) fn remove(&mut self, key: &Key) -> bool {
        let Some(at) = self.index.remove(key) else { return false };
        self.version = self.version.wrapping_add(1);
        if let Some(slot) = self.slots.get_mut(at) {
            *slot = None;
        }
        self.free.push(at);
        true
    }

    /// Forgets free slots when nothing is left, as `HashSet` does and `Dictionary` does not.
    pub(crate) fn reset_when_empty(&mut self) {
        if self.index.is_empty() {
            self.slots.clear();
            self.free.clear();
        }
    }

    pub(crate) fn clear(&mut self) {
        self.version = self.version.wrapping_add(1);
        self.slots.clear();
        self.free.clear();
        self.index.clear();
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &V> {
        self.slots.iter().flatten().map(|(_, value)| value)
    }

    /// Keys in order.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &Key> {
        self.slots.iter().flatten().map(|(key, _)| key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_added_takes_the_place_of_what_was_removed_last() {
        let mut table = Table::new();
        for name in ["a", "b", "c"] {
            table.add(Key::Text(name.into()), name);
        }
        table.remove(&Key::Text("a".into()));
        table.remove(&Key::Text("b".into()));
        table.add(Key::Text("d".into()), "d");
        assert_eq!(table.iter().copied().collect::<Vec<_>>(), ["d", "c"]);
    }
}
