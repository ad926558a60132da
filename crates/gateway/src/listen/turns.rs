//! Whose turn it is on an HTTP/1.1 connection: one request after another, whatever the caller sends ahead.

use std::sync::atomic::{AtomicU8, Ordering};

/// Shared by the socket, which sees bytes, and the service, which sees requests. One task writes it.
#[derive(Debug, Default)]
pub(super) struct Turn(AtomicU8);

const REST: u8 = 0;
const HEAD: u8 = 1;
const ANSWER: u8 = 2;
const SWITCHED: u8 = 3;

impl Turn {
    /// Neither is a request being read, nor is an answer owed.
    pub(super) fn is_rest(&self) -> bool {
        self.get() == REST
    }

    /// A head is being read: nothing has been asked, so nothing is to be answered.
    pub(super) fn is_head(&self) -> bool {
        self.get() == HEAD
    }

    /// An answer is owed.
    pub(super) fn is_answer(&self) -> bool {
        self.get() == ANSWER
    }

    /// The connection speaks another protocol now.
    pub(super) fn is_switched(&self) -> bool {
        self.get() == SWITCHED
    }

    pub(super) fn rest(&self) {
        self.set(REST);
    }

    pub(super) fn head(&self) {
        self.set(HEAD);
    }

    /// A request has been read; an answer is owed until it was sent.
    pub(super) fn answer(&self) {
        self.set(ANSWER);
    }

    /// The answer is to switch protocols.
    pub(super) fn switch(&self) {
        self.set(SWITCHED);
    }

    fn get(&self) -> u8 {
        self.0.load(Ordering::Relaxed)
    }

    fn set(&self, turn: u8) {
        self.0.store(turn, Ordering::Relaxed);
    }
}
