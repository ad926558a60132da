//! What the system says of a file without reading it.
//!
//! Number, size and the times of its last changes tell one state of a file from another, but for one case: a change in
//! the same tick of the clock as the one before, which may be ten milliseconds long, on network file systems two
//! seconds. So a file that changed a short while before it was looked at is in doubt: next time its bytes are compared.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::version::digest;

/// How long after a change a second one may look the same.
const TICK: Duration = Duration::from_secs(2);

/// What the system says of a file. The device is left out: some file systems name another one for an open file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Meta(u128);

impl Meta {
    pub(crate) fn of(about: &Metadata) -> Self {
        let numbers = [
            about.ino().to_le_bytes(),
            about.size().to_le_bytes(),
            about.mtime().to_le_bytes(),
            about.mtime_nsec().to_le_bytes(),
            about.ctime().to_le_bytes(),
            about.ctime_nsec().to_le_bytes(),
        ];
        Self(u128::from_le_bytes(digest(&[numbers.as_flattened()])))
    }

    /// What the system said of a file in an earlier process.
    pub(crate) const fn known(value: u128) -> Self {
        Self(value)
    }

    pub(crate) fn value(self) -> u128 {
        self.0
    }
}

/// Whether a file changed so shortly before `now` that another change may go unnoticed. A change that lies ahead of
/// `now` counts as one: two clocks differ.
pub(crate) fn is_in_doubt(about: &Metadata, now: SystemTime) -> bool {
    let seconds = u64::try_from(about.ctime()).unwrap_or(0);
    let nanoseconds = u32::try_from(about.ctime_nsec()).unwrap_or(0);
    let changed = UNIX_EPOCH + Duration::new(seconds, nanoseconds);
    now.duration_since(changed).is_ok_and(|age| age < TICK) || changed > now
}
