//! Pieces of answers that a caller does not take.
//!
//! A socket that takes nothing shows it; a stream of HTTP/2 whose caller opens no window does not: whoever reads the
//! answer's body is just not asked for more. So each answer notes when it gave its last piece, until it is asked again.

use parking_lot::Mutex;
use tokio::time::Instant;

/// Since when pieces wait, each in a place of its own.
#[derive(Debug, Default)]
pub(super) struct Owed(Mutex<Vec<Slot>>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slot {
    Free,
    /// Nothing waits there.
    Clear,
    Since(Instant),
}

impl Owed {
    /// A place for one more.
    pub(super) fn enter(&self) -> usize {
        let mut slots = self.0.lock();
        let free = slots.iter().position(|slot| *slot == Slot::Free);
        if let Some(slot) = free.and_then(|free| slots.get_mut(free)) {
            *slot = Slot::Clear;
        } else {
            slots.push(Slot::Clear);
        }
        free.unwrap_or(slots.len() - 1)
    }

    /// Something waits there from now on.
    pub(super) fn gave(&self, place: usize) {
        self.put(place, Slot::Since(Instant::now()));
    }

    /// Nothing waits there any more.
    pub(super) fn taken(&self, place: usize) {
        self.put(place, Slot::Clear);
    }

    /// The place is free again.
    pub(super) fn leave(&self, place: usize) {
        self.put(place, Slot::Free);
    }

    /// Since when the oldest waits.
    pub(super) fn since(&self) -> Option<Instant> {
        let since = |slot: &Slot| if let Slot::Since(since) = slot { Some(*since) } else { None };
        self.0.lock().iter().filter_map(since).min()
    }

    fn put(&self, place: usize, what: Slot) {
        if let Some(slot) = self.0.lock().get_mut(place) {
            *slot = what;
        }
    }
}
