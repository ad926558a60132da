//! Counts how often a list was asked for, for `once` and `first`.

use std::collections::HashMap;

use parking_lot::Mutex;

use super::Behaviour;

/// Lists that are remembered. Beyond that, new ones behave as if it were their first turn each time.
const MAX_LISTS: usize = 10_000;

#[derive(Debug, Default)]
pub(crate) struct Turns(Mutex<HashMap<String, u32>>);

impl Turns {
    /// The behaviour of this request: `asked`, or the default once its turns are used up. `list` is its written form.
    pub(crate) fn take(&self, list: &str, asked: Behaviour) -> Behaviour {
        let Some(first) = asked.first else { return asked };
        if self.count(list) <= first { asked } else { Behaviour::default() }
    }

    /// Forgets the turns of one list.
    pub(crate) fn forget(&self, list: &str) {
        self.0.lock().remove(list);
    }

    /// Forgets all turns.
    pub(crate) fn clear(&self) {
        self.0.lock().clear();
    }

    fn count(&self, list: &str) -> u32 {
        let mut counts = self.0.lock();
        if let Some(count) = counts.get_mut(list) {
            *count = count.saturating_add(1);
            return *count;
        }
        if counts.len() < MAX_LISTS {
            counts.insert(String::from(list), 1);
        }
        1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_turns_misbehave() {
        let turns = Turns::default();
        let asked: Behaviour = "status=500; first=2".parse().unwrap();
        let take = |list| turns.take(list, asked.clone()).status.is_some();
        assert_eq!([take("a"), take("a"), take("a"), take("b")], [true, true, false, true]);
        turns.clear();
        assert!(turns.take("a", asked.clone()).status.is_some());
    }
}
