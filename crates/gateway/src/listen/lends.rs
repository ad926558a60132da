//! Whether the answer of an HTTP/1.1 connection can be taken back from the HTTP library.

use std::sync::atomic::{AtomicU8, Ordering};

/// What is known of the request that is answered. One task writes it.
#[derive(Debug, Default)]
pub(super) struct Lends(AtomicU8);

/// The library has all of the request, and nothing of another.
const READ: u8 = 1;
/// It has asked for the answer's body: it has made the head, and writes in chunks.
const ASKED: u8 = 2;
/// It gets no more of the body; what it still writes is kept.
const TAKING: u8 = 4;

impl Lends {
    /// Another request begins.
    pub(super) fn begin(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    /// The library looks for what comes after the request.
    pub(super) fn read(&self) {
        self.add(READ);
    }

    /// The library asks for a piece of an answer that may be taken back. False when it gets none.
    pub(super) fn asked(&self) -> bool {
        self.add(ASKED);
        !self.is_taking_back()
    }

    /// Begins to take the answer back, if that can be done.
    pub(super) fn take_back(&self) -> bool {
        let may = self.0.load(Ordering::Relaxed) == READ | ASKED;
        if may {
            self.add(TAKING);
        }
        may
    }

    pub(super) fn is_taking_back(&self) -> bool {
        self.0.load(Ordering::Relaxed) & TAKING != 0
    }

    fn add(&self, what: u8) {
        let known = self.0.load(Ordering::Relaxed);
        if known & what == 0 {
            self.0.store(known | what, Ordering::Relaxed);
        }
    }
}
