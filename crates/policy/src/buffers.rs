//! What all requests together keep of bodies: one bound, so that many requests within their own limits do not fill the
//! memory.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use bytes::Bytes;

/// The bytes that may be kept, and how many are. Shared by all requests.
pub struct Buffers {
    limit: u64,
    used: AtomicU64,
}

impl Buffers {
    /// So many bytes in all.
    #[must_use]
    pub fn new(limit: u64) -> Arc<Self> {
        Arc::new(Self { limit, used: AtomicU64::new(0) })
    }

    /// How many may be kept.
    #[must_use]
    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// How many are kept.
    #[must_use]
    pub fn used(&self) -> u64 {
        self.used.load(Relaxed)
    }

    fn take(&self, bytes: u64) -> bool {
        let more = |used: u64| used.checked_add(bytes).filter(|used| *used <= self.limit);
        self.used.fetch_update(Relaxed, Relaxed, more).is_ok()
    }
}

impl fmt::Debug for Buffers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Buffers({} of {})", self.used(), self.limit)
    }
}

/// Bytes that are counted until this is dropped.
#[derive(Debug)]
pub struct Share {
    buffers: Arc<Buffers>,
    bytes: u64,
}

impl Share {
    /// No bytes yet.
    #[must_use]
    pub fn none(buffers: &Arc<Buffers>) -> Self {
        Self { buffers: Arc::clone(buffers), bytes: 0 }
    }

    /// Counts more bytes, if there is room for them; otherwise nothing changes.
    #[must_use]
    pub fn grow(&mut self, bytes: u64) -> bool {
        let fits = self.buffers.take(bytes);
        if fits {
            self.bytes += bytes;
        }
        fits
    }

    /// Gives all of it back.
    pub fn release(&mut self) {
        self.buffers.used.fetch_sub(std::mem::take(&mut self.bytes), Relaxed);
    }

    /// How many it counts.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How many all may be.
    #[must_use]
    pub fn limit(&self) -> u64 {
        self.buffers.limit
    }

    /// Bytes that are counted for as long as any copy of them is held.
    #[must_use]
    pub fn keep(self, bytes: Bytes) -> Bytes {
        if bytes.is_empty() { bytes } else { Bytes::from_owner(Counted(bytes, self)) }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.release();
    }
}

struct Counted(Bytes, #[expect(dead_code, reason = "held for its drop")] Share);

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_counted_for_as_long_as_a_copy_is_held() {
        let buffers = Buffers::new(10);
        let mut share = Share::none(&buffers);
        assert!(share.grow(6) && !share.grow(5) && share.grow(4));
        assert_eq!((buffers.used(), share.bytes()), (10, 10));
        let kept = share.keep(Bytes::from_static(b"0123456789"));
        let copy = kept.slice(2..4);
        drop(kept);
        assert_eq!((buffers.used(), &*copy), (10, &b"23"[..]));
        drop(copy);
        assert_eq!(buffers.used(), 0);
    }
}
