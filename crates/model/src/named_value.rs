//! Named values: texts that policies refer to as `{{name}}`.

use std::fmt;
use std::sync::Arc;

use secret::SecretSlot;
use source::Location;

use crate::{Invalid, JsonText, NamedValueId, Resource, VaultReference};

/// A text with a name.
#[derive(Clone, Debug)]
pub struct NamedValue {
    /// The name as a resource.
    pub id: NamedValueId,
    /// The name that policies use (the display name of API Management).
    pub name: NamedValueName,
    /// The text or where it comes from.
    pub content: NamedValueContent,
    /// Words to find it by.
    pub tags: Vec<Arc<str>>,
    /// What its file says beyond that.
    pub rest: Option<JsonText>,
    /// Where it was defined.
    pub origin: Option<Location>,
}

impl Resource for NamedValue {
    type Id = NamedValueId;
    const KIND: &'static str = "named value";

    fn id(&self) -> &NamedValueId {
        &self.id
    }
}

/// The text of a named value or where it comes from.
#[derive(Clone)]
pub enum NamedValueContent {
    /// Text that anybody may see.
    Plain(Arc<str>),
    /// Text that nobody may see. The slot may be unset: secrets are not needed to check documents.
    Secret(SecretSlot),
    /// A secret in a key vault.
    KeyVault {
        /// Which one.
        reference: VaultReference,
        /// Filled by whoever asks the vault, or from elsewhere when `secrets.toml` says so.
        slot: SecretSlot,
    },
}

impl NamedValueContent {
    /// The slot of a secret.
    #[must_use]
    pub fn slot(&self) -> Option<&SecretSlot> {
        match self {
            Self::Plain(_) => None,
            Self::Secret(slot) | Self::KeyVault { slot, .. } => Some(slot),
        }
    }
}

impl fmt::Debug for NamedValueContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // People put keys into plain named values.
            Self::Plain(text) => write!(f, "Plain({} bytes)", text.len()),
            Self::Secret(slot) => write!(f, "Secret({slot:?})"),
            Self::KeyVault { reference, slot } => write!(f, "KeyVault({}, {slot:?})", reference.secret),
        }
    }
}

/// The name that policies use: 1 to 256 letters, digits, `-`, `.` and `_` (pattern of the published resource models).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NamedValueName(Arc<str>);

impl NamedValueName {
    /// Takes a name.
    ///
    /// # Errors
    /// [`Invalid`] for an empty or too long name or another character.
    pub fn new(text: &str) -> Result<Self, Invalid> {
        let what = "named value name";
        Invalid::check_length(what, text, 256)?;
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
        Invalid::check_characters(what, text, "letters, digits, `-`, `.` and `_` only", fits)?;
        Ok(Self(text.into()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name, shared.
    #[must_use]
    pub fn to_shared(&self) -> Arc<str> {
        Arc::clone(&self.0)
    }
}

impl fmt::Display for NamedValueName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for NamedValueName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NamedValueName({})", self.0)
    }
}
