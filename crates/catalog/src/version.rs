//! Which configuration was read.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::digest::{Context, SHA256};

/// Which configuration was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Of its bytes.
    pub revision: Revision,
    /// The commit that it was made of, where that is known.
    pub commit: Option<Arc<str>>,
}

/// What the names and bytes of all files of a folder come to: equal on every machine that has the same files.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(Arc<str>);

impl Revision {
    /// The revision of these bytes.
    pub(crate) fn of(digest: Digest) -> Self {
        // Twelve digits tell 16 million revisions apart, and can be read aloud.
        Self(digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect::<String>().into())
    }

    /// The revision of these files and of a text that is read over them.
    #[must_use]
    pub fn and(&self, text: &str) -> Self {
        Self::of(digest(&[self.0.as_bytes(), text.as_bytes()]))
    }

    /// Twelve hexadecimal digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The first half of SHA-256.
pub(crate) type Digest = [u8; 16];

/// The digest of several texts, each with its length, so that nothing can move from one to the next.
pub(crate) fn digest(parts: &[&[u8]]) -> Digest {
    let mut sum = Sum::new();
    parts.iter().for_each(|part| sum.add(part));
    sum.end()
}

/// A digest that grows.
pub(crate) struct Sum(Context);

impl Sum {
    pub(crate) fn new() -> Self {
        Self(Context::new(&SHA256))
    }

    pub(crate) fn add(&mut self, part: &[u8]) {
        self.0.update(&(part.len() as u64).to_le_bytes());
        self.0.update(part);
    }

    pub(crate) fn end(self) -> Digest {
        let mut half = Digest::default();
        let whole = self.0.finish();
        half.iter_mut().zip(whole.as_ref()).for_each(|(to, from)| *to = *from);
        half
    }
}
