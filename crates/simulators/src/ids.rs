//! Identifiers and keys: a seeded sequence, so that a run can be repeated. Not for secrets that guard anything.

use std::sync::atomic::{AtomicU64, Ordering};

const STEP: u64 = 0x9E37_79B9_7F4A_7C15;
const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// An endless sequence of numbers that its seed decides (SplitMix64).
#[derive(Debug)]
pub(crate) struct Ids(AtomicU64);

impl Ids {
    pub(crate) fn seeded(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    /// The next number.
    pub(crate) fn number(&self) -> u64 {
        let state = self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// `prefix` and `length` letters and digits, such as `chatcmpl-9dK2…`.
    pub(crate) fn named(&self, prefix: &str, length: usize) -> String {
        let tail = (0..length).map(|_| self.letter());
        prefix.chars().chain(tail).collect()
    }

    /// `prefix` and `length` hexadecimal digits.
    pub(crate) fn hex(&self, prefix: &str, length: usize) -> String {
        let digits = (0..length).filter_map(|_| char::from_digit((self.number() % 16) as u32, 16));
        prefix.chars().chain(digits).collect()
    }

    /// A UUID of version 4.
    pub(crate) fn uuid(&self) -> String {
        let (high, low) = (self.number(), self.number());
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xFFFF,
            high & 0x0FFF,
            0x8000 | ((low >> 48) & 0x3FFF),
            low & 0xFFFF_FFFF_FFFF
        )
    }

    fn letter(&self) -> char {
        let index = (self.number() % 62) as usize;
        LETTERS.get(index).map_or('A', |letter| char::from(*letter))
    }
}

#[cfg(test)]
mod tests {
    use super::Ids;

    #[test]
    fn the_same_seed_gives_the_same_identifiers() {
        let (one, other) = (Ids::seeded(7), Ids::seeded(7));
        assert_eq!(one.named("chatcmpl-", 29), other.named("chatcmpl-", 29));
        assert_eq!(one.uuid(), other.uuid());
        assert_ne!(one.hex("", 32), one.hex("", 32));
    }

    #[test]
    fn a_uuid_is_of_version_four() {
        let uuid = Ids::seeded(1).uuid();
        assert_eq!(uuid.len(), 36);
        assert_eq!(uuid.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
        assert!(uuid.split('-').nth(2).is_some_and(|part| part.starts_with('4')));
    }
}
