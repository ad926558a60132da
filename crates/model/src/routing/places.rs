//! Segments of API paths below each other, in one table: a look at a segment costs one look into it, however many paths
//! there are, and the table of 10,000 of them fits into a processor's caches.

use std::collections::HashMap;

use super::frozen::NONE;
use super::operations::place;
use super::path::{Form, Raw};

/// The segments of all paths. A place stands for one beginning of paths; the root is 0.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// While paths are added: by the place above and the segment in lower case.
    growing: HashMap<(u32, Box<[u8]>), u32>,
    /// INVARIANT: their number is a power of two, and at most half of them are taken, so that every search ends.
    slots: Box<[Slot]>,
    /// The texts of all segments, in lower case.
    texts: Box<[u8]>,
}

/// A segment below a place.
#[derive(Clone, Copy, Debug)]
struct Slot {
    hash: u32,
    above: u32,
    own: u32,
    text: u32,
    length: u32,
}

const FREE: Slot = Slot { hash: 0, above: 0, own: NONE, text: 0, length: 0 };

impl Places {
    pub(super) const ROOT: u32 = 0;

    /// The place of a path, made when there is none.
    pub(super) fn make<'s>(&mut self, segments: impl Iterator<Item = &'s str>) -> u32 {
        let mut at = Self::ROOT;
        for segment in segments {
            let next = place(self.growing.len() + 1);
            let folded = segment.to_ascii_lowercase().into_bytes().into_boxed_slice();
            at = *self.growing.entry((at, folded)).or_insert(next);
        }
        at
    }

    /// All paths are there.
    pub(super) fn end(&mut self) {
        let growing = std::mem::take(&mut self.growing);
        let count = growing.len().saturating_mul(2).max(1).checked_next_power_of_two().unwrap_or(1);
        let (mut slots, mut texts) = (vec![FREE; count], Vec::new());
        let mask = count - 1;
        let mut all: Vec<_> = growing.into_iter().collect();
        all.sort_unstable_by_key(|(_, own)| *own);
        for ((above, folded), own) in all {
            let text = String::from_utf8_lossy(&folded);
            let hash = Raw::new(&text, Form::Plain).hash_with(above);
            let mut at = hash as usize & mask;
            while slots.get(at).is_some_and(|slot| slot.own != NONE) {
                at = (at + 1) & mask;
            }
            if let Some(slot) = slots.get_mut(at) {
                *slot = Slot { hash, above, own, text: place(texts.len()), length: place(folded.len()) };
            }
            texts.extend_from_slice(&folded);
        }
        (self.slots, self.texts) = (slots.into(), texts.into());
    }

    /// The place of a segment below another place.
    pub(super) fn get(&self, above: u32, segment: Raw<'_>) -> Option<u32> {
        let mask = self.slots.len().checked_sub(1)?;
        let hash = segment.hash_with(above);
        let mut at = hash as usize & mask;
        loop {
            let slot = self.slots.get(at).filter(|slot| slot.own != NONE)?;
            if slot.hash == hash && slot.above == above && segment.says(self.text(slot)) {
                return Some(slot.own);
            }
            at = (at + 1) & mask;
        }
    }

    fn text(&self, slot: &Slot) -> &[u8] {
        let first = slot.text as usize;
        self.texts.get(first..first + slot.length as usize).unwrap_or_default()
    }
}
