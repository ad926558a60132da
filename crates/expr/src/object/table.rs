//! Entries of a hash table in the order in which .NET enumerates them.
//!
//! `Dictionary` and `HashSet` keep entries in slots and give the slot that was freed last to the next entry that is added, so
//! what is added after a removal may be enumerated before older entries. Every change counts up a version, by which
//! enumerators notice it (.NET Framework reference source, `Dictionary<TKey, TValue>` and `HashSet<T>`).

use std::collections::HashMap;

use super::Key;

/// Up to so many slots are looked through; only for more an index is worth its making.
const SMALL: usize = 16;

/// Entries by key.
#[derive(Debug)]
pub(crate) struct Table<V> {
    slots: Vec<Option<(Key, V)>>,
    free: Vec<usize>,
    /// Slots by key, once there were many.
    index: Option<HashMap<Key, usize>>,
    version: u32,
}

impl<V> Table<V> {
    pub(crate) fn new() -> Self {
        Self { slots: Vec::new(), free: Vec::new(), index: None, version: 0 }
    }

    pub(crate) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// Counts up with every change.
    pub(crate) fn version(&self) -> u32 {
        self.version
    }

    pub(crate) fn contains(&self, key: &Key) -> bool {
        self.place(key).is_some()
    }

    pub(crate) fn get(&self, key: &Key) -> Option<&V> {
        self.slot(self.place(key)?)
    }

    fn place(&self, key: &Key) -> Option<usize> {
        match &self.index {
            Some(index) => index.get(key).copied(),
            None => self.slots.iter().position(|slot| slot.as_ref().is_some_and(|(own, _)| own == key)),
        }
    }

    /// The entry of a key, to be changed; counts as a change.
    pub(crate) fn get_mut(&mut self, key: &Key) -> Option<&mut V> {
        let at = self.place(key)?;
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
        if let Some(index) = &mut self.index {
            index.insert(key.clone(), at);
        }
        match self.slots.get_mut(at) {
            Some(slot) => *slot = Some((key, value)),
            None => self.slots.push(Some((key, value))),
        }
        if self.index.is_none() && self.slots.len() > SMALL {
            self.make_index();
        }
    }

    #[cold]
    fn make_index(&mut self) {
        let taken = self.slots.iter().enumerate();
        let places = taken.filter_map(|(at, slot)| Some((slot.as_ref()?.0.clone(), at)));
        self.index = Some(places.collect());
    }

    /// Removes an entry; whether it was there.
    pub(crate) fn remove(&mut self, key: &Key) -> bool {
        let Some(at) = self.place(key) else { return false };
        if let Some(index) = &mut self.index {
            index.remove(key);
        }
        self.version = self.version.wrapping_add(1);
        if let Some(slot) = self.slots.get_mut(at) {
            *slot = None;
        }
        self.free.push(at);
        true
    }

    /// Forgets free slots when nothing is left, as `HashSet` does and `Dictionary` does not.
    pub(crate) fn reset_when_empty(&mut self) {
        if self.len() == 0 {
            self.slots.clear();
            self.free.clear();
        }
    }

    pub(crate) fn clear(&mut self) {
        self.version = self.version.wrapping_add(1);
        self.slots.clear();
        self.free.clear();
        self.index = None;
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

    #[test]
    fn a_table_behaves_the_same_however_large_it_is() {
        for size in [1, SMALL - 1, SMALL, SMALL + 1, 3 * SMALL] {
            let key = |number: usize| Key::Number(6, number as i128);
            let mut table = Table::new();
            (0..size).for_each(|number| table.add(key(number), number));
            assert_eq!((table.len(), table.get(&key(size - 1))), (size, Some(&(size - 1))));
            assert!(table.remove(&key(0)) && !table.remove(&key(0)) && !table.contains(&key(0)));
            assert_eq!((table.len(), table.iter().count()), (size - 1, size - 1));
            table.add(key(size), size);
            assert_eq!((table.len(), table.slot(0), table.slots()), (size, Some(&size), size));
            table.clear();
            assert_eq!((table.len(), table.get(&key(size))), (0, None));
        }
    }
}
