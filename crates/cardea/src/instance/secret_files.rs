//! Which files of secrets have changed since they were looked at last.
//!
//! There may be very many: then only some of them are looked at each time, all of them within a few times, and only those
//! that changed are read again.

use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, SystemTime};

use model::{SecretBinding, SecretReference};

/// Files that are looked at in one turn.
const TURN: usize = 20_000;

/// A file that changed less than this before it was read may have changed again unnoticed: it is read once more.
const DOUBT: Duration = Duration::from_secs(2);

/// When the files of secrets had changed last, by the places of the secrets in their list.
#[derive(Clone, Debug, Default)]
pub(super) struct SecretFiles {
    /// None when that is not known.
    seen: Vec<Option<SystemTime>>,
    /// Where the next turn begins.
    next: usize,
    /// When those were read of which nothing is known yet.
    read: Option<SystemTime>,
}

impl SecretFiles {
    /// Of these secrets, which were read at that moment. What was seen `before` of other secrets still holds for their files.
    pub(super) fn of(
        secrets: &[SecretBinding],
        before: (&[SecretBinding], &Self),
        read: Option<SystemTime>,
    ) -> Self {
        let (known, files) = before;
        let mut seen: HashMap<&Path, SystemTime> = HashMap::with_capacity(known.len());
        for (binding, at) in known.iter().zip(&files.seen) {
            if let (SecretReference::File(path), Some(at)) = (&binding.reference, at) {
                seen.insert(path, *at);
            }
        }
        let seen = secrets.iter().map(|binding| match &binding.reference {
            SecretReference::File(path) => seen.get(&**path).copied(),
            SecretReference::Env(_) | SecretReference::Vault(_) => None,
        });
        Self { seen: seen.collect(), next: 0, read }
    }

    /// The places that are looked at this time.
    pub(super) fn turn(&mut self) -> impl Iterator<Item = usize> + use<> {
        let all = self.seen.len();
        let (first, some) = (self.next, all.min(TURN));
        self.next = (first + some).checked_rem(all).unwrap_or(0);
        (first..first + some).map(move |at| at.checked_rem(all).unwrap_or(0))
    }

    /// Notes when a file had changed last; says whether it has to be read.
    pub(super) fn is_other(&mut self, at: usize, now: Option<SystemTime>) -> bool {
        let Some(seen) = self.seen.get_mut(at) else { return false };
        let before = std::mem::replace(seen, now);
        match (before, now, self.read) {
            // It has not changed since it was read with the configuration.
            (None, Some(now), Some(read)) => now + DOUBT >= read,
            (before, now, _) => before != now,
        }
    }
}

/// When a file changed last; none when it is not there.
pub(super) fn modified(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).and_then(|about| about.modified()).ok()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use secret::SecretSlot;

    use super::*;

    fn bindings(count: usize) -> Vec<SecretBinding> {
        let binding = |at: usize| SecretBinding {
            slot: SecretSlot::unset("s"),
            reference: SecretReference::File(Path::new(&format!("f{at}")).into()),
            at: None,
        };
        (0..count).map(binding).collect()
    }

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn a_file_is_read_again_when_it_changed_and_when_that_may_have_gone_unnoticed() {
        let secrets = bindings(2);
        let mut files = SecretFiles::of(&secrets, (&[], &SecretFiles::default()), Some(at(100)));
        assert!(!files.is_other(0, Some(at(50))));
        assert!(!files.is_other(0, Some(at(50))));
        assert!(files.is_other(0, Some(at(60))));
        assert!(files.is_other(1, Some(at(99))));
        assert!(files.is_other(1, None));
        // Other secrets come; of these files it is known when they changed.
        let more: Vec<_> = bindings(3).into_iter().rev().collect();
        let mut files = SecretFiles::of(&more, (&secrets, &files), Some(at(200)));
        assert!(!files.is_other(2, Some(at(60))));
        assert!(files.is_other(2, Some(at(61))));
    }

    #[test]
    fn very_many_are_looked_at_in_turns() {
        let secrets: Arc<[SecretBinding]> = bindings(TURN + 10).into();
        let mut files = SecretFiles::of(&secrets, (&[], &SecretFiles::default()), None);
        assert_eq!(files.turn().count(), TURN);
        let second: Vec<usize> = files.turn().collect();
        assert_eq!((second.first(), second.get(10), second.len()), (Some(&TURN), Some(&0), TURN));
        assert_eq!(SecretFiles::default().turn().count(), 0);
    }
}
