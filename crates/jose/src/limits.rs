//! How much of a token is read before it is trusted.

/// The bounds that a token of a stranger is held to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The longest token, in bytes of its compact form.
    pub token_bytes: usize,
    /// The longest header, in bytes of decoded JSON. Headers that carry a certificate chain (`x5c`) are the long ones.
    pub header_bytes: usize,
    /// How deep objects and arrays may stand in each other, the outermost counted.
    pub depth: usize,
    /// How many members an object, and how many elements an array, may have.
    pub members: usize,
}

impl Default for Limits {
    /// 16 KiB, of which 8 KiB header; 16 levels; 1,000 members, so that the 200 groups of an Entra token fit well.
    fn default() -> Self {
        Self { token_bytes: 16 * 1024, header_bytes: 8 * 1024, depth: 16, members: 1_000 }
    }
}
