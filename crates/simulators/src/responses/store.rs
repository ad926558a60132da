//! Responses that can be read again and continued.

use std::collections::VecDeque;

use parking_lot::Mutex;
use serde_json::Value;

/// Responses that are kept; the oldest leave first.
const MAX_KEPT: usize = 500;
/// Bytes of JSON that are kept, in all.
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// A response and the conversation up to its end.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub(super) account: String,
    pub(super) object: Value,
    /// Input and output items.
    pub(super) items: Vec<Value>,
}

impl Kept {
    fn bytes(&self) -> usize {
        let items: usize = self.items.iter().map(|item| item.to_string().len()).sum();
        items + self.object.to_string().len()
    }
}

#[derive(Debug)]
struct Entry {
    id: String,
    bytes: usize,
    kept: Kept,
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Stored(Mutex<VecDeque<Entry>>);

impl Stored {
    pub(super) fn put(&self, id: &str, kept: Kept) {
        let bytes = kept.bytes();
        let mut all = self.0.lock();
        let mut sum: usize = bytes + all.iter().map(|entry| entry.bytes).sum::<usize>();
        while all.len() >= MAX_KEPT || sum > MAX_BYTES {
            let Some(oldest) = all.pop_front() else { break };
            sum -= oldest.bytes;
        }
        all.push_back(Entry { id: String::from(id), bytes, kept });
    }

    /// The response of that id, if the account has it.
    pub(super) fn get(&self, account: &str, id: &str) -> Option<Kept> {
        let all = self.0.lock();
        let found = all.iter().find(|entry| entry.id == id && entry.kept.account == account);
        found.map(|entry| entry.kept.clone())
    }

    /// Whether there was one.
    pub(super) fn remove(&self, account: &str, id: &str) -> bool {
        let mut all = self.0.lock();
        let before = all.len();
        all.retain(|entry| entry.id != id || entry.kept.account != account);
        all.len() < before
    }
}
