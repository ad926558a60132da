//! Responses that can be read again and continued.

use std::collections::VecDeque;

use parking_lot::Mutex;
use serde_json::Value;

/// Responses that are kept; the oldest leave first.
const MAX_KEPT: usize = 500;

/// A response and the conversation up to its end.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub(super) account: String,
    pub(super) object: Value,
    /// Input and output items.
    pub(super) items: Vec<Value>,
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Stored(Mutex<VecDeque<(String, Kept)>>);

impl Stored {
    pub(super) fn put(&self, id: &str, kept: Kept) {
        let mut all = self.0.lock();
        if all.len() == MAX_KEPT {
            all.pop_front();
        }
        all.push_back((String::from(id), kept));
    }

    /// The response of that id, if the account has it.
    pub(super) fn get(&self, account: &str, id: &str) -> Option<Kept> {
        let all = self.0.lock();
        let found = all.iter().find(|(known, kept)| known == id && kept.account == account);
        found.map(|(_, kept)| kept.clone())
    }

    /// Whether there was one.
    pub(super) fn remove(&self, account: &str, id: &str) -> bool {
        let mut all = self.0.lock();
        let before = all.len();
        all.retain(|(known, kept)| known != id || kept.account != account);
        all.len() < before
    }
}
