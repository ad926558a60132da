//! Named values as documents refer to them: `{{display-name}}`.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use expr::Text;
use policy_doc::{Lookup, NamedValues, TextPiece};
use secret::SecretSlot;

use crate::{Piece, Template};

/// The named values of a configuration, by display name.
#[derive(Default)]
pub struct NamedValueTable {
    values: HashMap<Arc<str>, Held>,
    slots: Vec<SecretSlot>,
    rotating: Vec<SecretSlot>,
    reading: Reading,
}

enum Held {
    Plain(Arc<str>),
    Secret(usize),
}

/// Whether compiling may look at the text of secrets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reading {
    /// It may: a secret as bare code compiles with the value of this moment.
    #[default]
    Allowed,
    /// It may not, as when only checking documents: a secret as bare code is an error.
    Withheld,
}

impl NamedValueTable {
    /// No named values.
    #[must_use]
    pub fn new(reading: Reading) -> Self {
        Self { reading, ..Self::default() }
    }

    /// Adds a plain one.
    pub fn plain(&mut self, name: &str, text: &str) {
        self.values.insert(name.into(), Held::Plain(text.into()));
    }

    /// Adds a secret one.
    pub fn secret(&mut self, name: &str, slot: SecretSlot) {
        self.values.insert(name.into(), Held::Secret(self.slots.len()));
        self.slots.push(slot);
    }

    /// Says of a slot that a vault fills it, which can be asked again when a backend refuses the secret.
    pub fn rotates(&mut self, slot: SecretSlot) {
        self.rotating.push(slot);
    }

    /// Whether a vault fills this slot.
    #[must_use]
    pub fn is_rotating(&self, slot: &SecretSlot) -> bool {
        self.rotating.iter().any(|each| each.is_same(slot))
    }

    /// The secrets, by the numbers that resolved values hold.
    #[must_use]
    pub fn slots(&self) -> &[SecretSlot] {
        &self.slots
    }

    /// Literal text with the secrets as slots.
    #[must_use]
    pub fn template(&self, pieces: &[TextPiece]) -> Template {
        let piece = |piece: &TextPiece| match piece {
            TextPiece::Text(text) => Some(Piece::Text(Text::copied(text.text()))),
            TextPiece::Slot(slot) => self.slots.get(slot.slot).cloned().map(Piece::Slot),
        };
        Template::new(pieces.iter().filter_map(piece).collect())
    }
}

impl NamedValues for NamedValueTable {
    fn get(&self, name: &str) -> Lookup<'_> {
        match self.values.get(name) {
            None => Lookup::Unknown,
            Some(Held::Plain(text)) => Lookup::Plain(text),
            Some(Held::Secret(slot)) => {
                let held = self.slots.get(*slot).filter(|_| self.reading == Reading::Allowed);
                let text = held.and_then(|slot| slot.load().ok());
                Lookup::Secret { slot: *slot, text: text.map(|secret| secret.expose().to_owned().into()) }
            }
        }
    }

    fn names(&self) -> Vec<&str> {
        self.values.keys().map(AsRef::as_ref).collect()
    }
}

impl fmt::Debug for NamedValueTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NamedValueTable").field("names", &self.values.len()).finish_non_exhaustive()
    }
}
