//! Where the texts of `{{name}}` references come from. The configuration has them; this crate only asks.

use std::fmt;

use zeroize::Zeroizing;

/// The named values that a document may refer to. Names are compared exactly.
pub trait NamedValues {
    /// The named value with this display name.
    fn get(&self, name: &str) -> Lookup<'_>;

    /// All display names, for "did you mean".
    fn names(&self) -> Vec<&str>;
}

/// What is known of a named value.
pub enum Lookup<'a> {
    /// A plain one and its text.
    Plain(&'a str),
    /// A secret one.
    Secret {
        /// A number of the caller's by which it finds the secret's place again; this crate only passes it on.
        slot: usize,
        /// Its text; none where it was not asked for, as when only checking documents.
        text: Option<Zeroizing<String>>,
    },
    /// There is none with this name.
    Unknown,
}

impl fmt::Debug for Lookup<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(_) => f.write_str("Plain(…)"),
            Self::Secret { slot, text } => {
                write!(f, "Secret({slot}, {})", if text.is_some() { "known" } else { "unknown" })
            }
            Self::Unknown => f.write_str("Unknown"),
        }
    }
}

/// A configuration without named values.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoNamedValues;

impl NamedValues for NoNamedValues {
    fn get(&self, _: &str) -> Lookup<'_> {
        Lookup::Unknown
    }

    fn names(&self) -> Vec<&str> {
        Vec::new()
    }
}
