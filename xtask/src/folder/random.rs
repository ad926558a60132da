//! Numbers that look random and are the same for the same seed.

/// A generator (SplitMix64: Steele, Lea and Flood, 2014).
pub(super) struct Random(u64);

impl Random {
    /// For one thing of a plan: `stream` tells kinds of things apart, `number` things of one kind.
    pub(super) fn new(seed: u64, stream: u64, number: usize) -> Self {
        let number = u64::try_from(number).unwrap_or(u64::MAX);
        let mut random = Self(seed ^ stream.rotate_left(40) ^ number.rotate_left(16));
        random.next();
        random
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`.
    pub(super) fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.next() % end).unwrap_or(0)
    }

    /// One of some words.
    pub(super) fn word<'a>(&mut self, words: &[&'a str]) -> &'a str {
        let place = self.below(words.len());
        words.get(place).copied().unwrap_or_default()
    }
}
