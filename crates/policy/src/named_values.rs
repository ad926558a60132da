//! Named values as documents refer to them: `{{display-name}}`.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;

use expr::Text;
use parking_lot::Mutex;
use policy_doc::{Lookup, NamedValues, TextPiece};
use secret::SecretSlot;

use crate::{Piece, Template};

/// The named values of a configuration, by display name. It remembers which ones it was asked for, so that whoever
/// compiles a document knows on which it depends; a clone has the same values and remembers for itself.
#[derive(Default)]
pub struct NamedValueTable {
    held: Arc<Content>,
    asked: Mutex<BTreeSet<Arc<str>>>,
}

#[derive(Clone, Default)]
struct Content {
    values: HashMap<Arc<str>, Held>,
    slots: Vec<SecretSlot>,
    rotating: Vec<SecretSlot>,
    reading: Reading,
    code: CodeUse,
}

#[derive(Clone)]
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

/// Whether a named value may stand in the code of an expression outside of string literals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CodeUse {
    /// It may, as in API Management: `DateTime.UtcNow.AddSeconds({{seconds}})`.
    #[default]
    Allowed,
    /// It may not: who may only write named values cannot write code.
    Refused,
}

impl NamedValueTable {
    /// Says whether named values may stand in code.
    pub fn set_code_use(&mut self, code: CodeUse) {
        self.content().code = code;
    }

    /// Whether named values may stand in code.
    #[must_use]
    pub fn code_use(&self) -> CodeUse {
        self.held.code
    }

    /// No named values.
    #[must_use]
    pub fn new(reading: Reading) -> Self {
        let held = Content { reading, ..Content::default() };
        Self { held: Arc::new(held), asked: Mutex::default() }
    }

    fn content(&mut self) -> &mut Content {
        Arc::make_mut(&mut self.held)
    }

    /// The names that were asked for, known or not, since it was made or cloned.
    #[must_use]
    pub fn asked(&self) -> BTreeSet<Arc<str>> {
        self.asked.lock().clone()
    }

    fn note(&self, name: &str) {
        let mut asked = self.asked.lock();
        if !asked.contains(name) {
            asked.insert(name.into());
        }
    }

    /// Adds a plain one.
    pub fn plain(&mut self, name: &str, text: &str) {
        self.content().values.insert(name.into(), Held::Plain(text.into()));
    }

    /// Adds a secret one.
    pub fn secret(&mut self, name: &str, slot: SecretSlot) {
        let content = self.content();
        content.values.insert(name.into(), Held::Secret(content.slots.len()));
        content.slots.push(slot);
    }

    /// Says of a slot that a vault fills it, which can be asked again when a backend refuses the secret.
    pub fn rotates(&mut self, slot: SecretSlot) {
        self.content().rotating.push(slot);
    }

    /// Whether a vault fills this slot.
    #[must_use]
    pub fn is_rotating(&self, slot: &SecretSlot) -> bool {
        self.held.rotating.iter().any(|each| each.is_same(slot))
    }

    /// The secrets, by the numbers that resolved values hold.
    #[must_use]
    pub fn slots(&self) -> &[SecretSlot] {
        &self.held.slots
    }

    /// Literal text with the secrets as slots.
    #[must_use]
    pub fn template(&self, pieces: &[TextPiece]) -> Template {
        let piece = |piece: &TextPiece| match piece {
            TextPiece::Text(text) => Some(Piece::Text(Text::copied(text.text()))),
            TextPiece::Slot(slot) => self.held.slots.get(slot.slot).cloned().map(Piece::Slot),
        };
        Template::new(pieces.iter().filter_map(piece).collect())
    }
}

impl NamedValues for NamedValueTable {
    fn get(&self, name: &str) -> Lookup<'_> {
        self.note(name);
        match self.held.values.get(name) {
            None => Lookup::Unknown,
            Some(Held::Plain(text)) => Lookup::Plain(text),
            Some(Held::Secret(slot)) => {
                let held = self.held.slots.get(*slot).filter(|_| self.held.reading == Reading::Allowed);
                let text = held.and_then(|slot| slot.load().ok());
                Lookup::Secret { slot: *slot, text: text.map(|secret| secret.expose().to_owned().into()) }
            }
        }
    }

    fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.held.values.keys().map(AsRef::as_ref).collect();
        // Whatever is said of them is the same each time.
        names.sort_unstable();
        names
    }
}

impl Clone for NamedValueTable {
    fn clone(&self) -> Self {
        Self { held: Arc::clone(&self.held), asked: Mutex::default() }
    }
}

impl fmt::Debug for NamedValueTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NamedValueTable").field("names", &self.held.values.len()).finish_non_exhaustive()
    }
}
