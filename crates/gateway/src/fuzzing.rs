//! What tests share that look for what nobody thought of: how many rounds they make, and chance that is the same every time.

/// `./test long` makes the rounds many more.
pub(crate) const FACTOR: usize = match option_env!("CARDEA_FUZZ_FACTOR") {
    Some(text) => match usize::from_str_radix(text, 10) {
        Ok(factor) => factor,
        Err(_) => 1,
    },
    None => 1,
};

/// Marsaglia's xorshift64, seeded with a constant.
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new() -> Self {
        Self(0x9e37_79b9_7f4a_7c15)
    }

    /// A number below an end that is not 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 40).unwrap() % end
    }

    pub(crate) fn byte(&mut self) -> u8 {
        u8::try_from(self.below(256)).unwrap()
    }

    /// One of several.
    pub(crate) fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }

    /// The same bytes, with up to three of them changed, put in, or taken out.
    pub(crate) fn mutated(&mut self, seed: &[u8]) -> Vec<u8> {
        let mut bytes = seed.to_vec();
        for _ in 0..self.below(4) {
            let at = self.below(bytes.len().max(1));
            match self.below(4) {
                0 => bytes.insert(at, self.byte()),
                1 if !bytes.is_empty() => drop(bytes.remove(at)),
                2 => bytes.truncate(at),
                _ if !bytes.is_empty() => bytes[at] = self.byte(),
                _ => {}
            }
        }
        bytes
    }

    /// The same bytes in pieces of up to so many.
    pub(crate) fn pieces<'a>(&mut self, bytes: &'a [u8], most: usize) -> Vec<&'a [u8]> {
        let (mut rest, mut pieces) = (bytes, Vec::new());
        while !rest.is_empty() {
            let (piece, after) = rest.split_at((1 + self.below(most)).min(rest.len()));
            pieces.push(piece);
            rest = after;
        }
        pieces
    }
}
