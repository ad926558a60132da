//! How much a reading may cost, so that a hostile document ends in an error instead of using up the machine.

/// Bounds on one reading. What goes beyond ends the reading with an error that names the bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest document, in bytes.
    pub bytes: usize,
    /// Deepest nesting of elements.
    pub depth: usize,
    /// Most elements.
    pub elements: usize,
    /// Most problems that are reported before the reading stops.
    pub problems: usize,
}

impl Limits {
    /// For policy documents: 4 MiB, 128 levels.
    pub const DOCUMENT: Self = Self { bytes: 4 << 20, depth: 128, elements: 100_000, problems: 100 };

    /// For policy fragments, which APIM limits to 512 KB.
    pub const FRAGMENT: Self = Self { bytes: 512 << 10, ..Self::DOCUMENT };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DOCUMENT
    }
}
