//! How often calls failed, by what went wrong.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::{Error, ErrorKind};

/// Counts of failed calls.
#[derive(Debug, Default)]
pub(crate) struct Failures([AtomicU64; ErrorKind::ALL.len()]);

impl Failures {
    pub(crate) fn note(&self, error: &Error) {
        let place = ErrorKind::ALL.iter().position(|kind| *kind == error.kind());
        if let Some(count) = place.and_then(|place| self.0.get(place)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn counts(&self) -> Vec<(ErrorKind, u64)> {
        ErrorKind::ALL.into_iter().zip(self.0.iter().map(|count| count.load(Ordering::Relaxed))).collect()
    }
}
