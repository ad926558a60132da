//! The reader.
pub(crate) const MAX_DEPTH: u32 = 128;
