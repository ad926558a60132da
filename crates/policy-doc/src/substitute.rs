//! Putting named values into the text of a value: plain ones at once, secrets as items of their own.

use std::sync::Arc;

use source::{Diagnostic, Diagnostics, Hidden, MappedText, Span, did_you_mean};
use zeroize::Zeroizing;

use crate::code::form_at;
use crate::decode::Blanks;
use crate::value::pieces;
use crate::{Lookup, NamedValues, Piece, RawValue, Reference, SlotRef, SlotUse, Unknown};

/// A value whose plain named values are put in.
pub(crate) struct Substituted {
    pub(crate) items: Vec<Item>,
}

/// A part of such a value.
pub(crate) enum Item {
    Text(MappedText),
    Secret(Secret),
}

/// A secret named value in a value.
pub(crate) struct Secret {
    pub(crate) name: Arc<str>,
    pub(crate) span: Span,
    pub(crate) text: Option<Zeroizing<String>>,
    pub(crate) used: SlotUse,
    slot: usize,
}

impl Secret {
    pub(crate) fn slot_ref(&self, used: SlotUse) -> SlotRef {
        SlotRef { slot: self.slot, name: Arc::clone(&self.name), span: self.span, used }
    }

    fn push_to(&self, out: &mut MappedText) {
        let hidden = Some(Hidden { name: Arc::clone(&self.name) });
        match (self.used, &self.text) {
            (SlotUse::Inserted, Some(text)) => out.push_replaced(text, self.span, hidden),
            _ => out.push_replaced(&csharp::placeholder(self.slot), self.span, hidden),
        }
    }
}

/// Looks the references of a value up. None when one is not usable; that is among `problems` then.
pub(crate) fn substitute(
    value: &RawValue,
    blanks: Blanks,
    (names, unknown): (&dyn NamedValues, Unknown),
    problems: &mut Diagnostics,
) -> Option<Substituted> {
    let pieces = pieces(&value.decoded(blanks));
    let mut items = Vec::new();
    let mut is_complete = true;
    for (index, piece) in pieces.iter().enumerate() {
        let reference = match piece {
            Piece::Literal(text) => {
                push_text(&mut items, |out| out.append(text));
                continue;
            }
            Piece::NamedValue(reference) => reference,
        };
        match names.get(&reference.name) {
            Lookup::Plain(text) if text.contains(['\u{FDD0}', '\u{FDD1}']) => {
                problems.push(unusable(value, reference));
                is_complete = false;
            }
            Lookup::Plain(text) => push_text(&mut items, |out| out.push_replaced(text, reference.span, None)),
            Lookup::Secret { slot, text } => items.push(Item::Secret(secret(reference, slot, text))),
            Lookup::Unknown if unknown == Unknown::Leave || is_braced(&pieces, index) => {
                let written = format!("{{{{{}}}}}", reference.name);
                push_text(&mut items, |out| out.push_replaced(&written, reference.span, None));
            }
            Lookup::Unknown => {
                problems.push(unknown_name(value, reference, names));
                is_complete = false;
            }
        }
    }
    let mut substituted = Substituted { items };
    substituted.insert_leading_expression();
    is_complete.then_some(substituted)
}

/// Appends to the text at the end, so that plain named values become part of the text around them.
fn push_text(items: &mut Vec<Item>, push: impl FnOnce(&mut MappedText)) {
    if let Some(Item::Text(text)) = items.last_mut() {
        return push(text);
    }
    let mut text = MappedText::new();
    push(&mut text);
    items.push(Item::Text(text));
}

fn secret(reference: &Reference, slot: usize, text: Option<Zeroizing<String>>) -> Secret {
    let must_insert = text.as_ref().is_some_and(|text| !SlotUse::may_hold(text));
    let used = if must_insert { SlotUse::Inserted } else { SlotUse::Marked };
    Secret { name: Arc::clone(&reference.name), span: reference.span, text, used, slot }
}

/// Whether a reference stands in a third pair of braces: `$"{{{x}}}"` is C# that prints `x` in braces.
fn is_braced(pieces: &[Piece], index: usize) -> bool {
    let text = |at: Option<usize>| match at.and_then(|at| pieces.get(at)) {
        Some(Piece::Literal(text)) => text.text(),
        _ => "",
    };
    text(index.checked_sub(1)).ends_with('{') && text(Some(index + 1)).starts_with('}')
}

fn unknown_name(value: &RawValue, reference: &Reference, names: &dyn NamedValues) -> Diagnostic {
    let name = &reference.name;
    let near = did_you_mean(name, names.names()).map(|near| format!("did you mean `{{{{{near}}}}}`?"));
    let help = near.unwrap_or_else(|| "add a named value with this display name".to_owned());
    Diagnostic::error("unknown-named-value", format!("there is no named value `{name}`"))
        .at(value.at(reference.span))
        .help(help)
}

fn unusable(value: &RawValue, reference: &Reference) -> Diagnostic {
    let message = format!("the named value `{}` holds a character that no document may hold", reference.name);
    Diagnostic::error("forbidden-character", message)
        .at(value.at(reference.span))
        .help("remove the characters U+FDD0 and U+FDD1 from it")
}

impl Substituted {
    /// The text, with secrets inserted or marked as decided for each.
    pub(crate) fn text(&self) -> MappedText {
        let mut out = MappedText::new();
        for item in &self.items {
            match item {
                Item::Text(text) => out.append(text),
                Item::Secret(secret) => secret.push_to(&mut out),
            }
        }
        out
    }

    /// Whether it is an expression and not literal text.
    pub(crate) fn is_expression(&self) -> bool {
        let text = self.text();
        form_at(text.text().trim_start()).is_some()
    }

    /// The secrets whose place is marked, in the order of their marks in [`Self::text`].
    pub(crate) fn marked(&mut self) -> impl Iterator<Item = &mut Secret> {
        self.items.iter_mut().filter_map(|item| match item {
            Item::Secret(secret) if secret.used == SlotUse::Marked => Some(secret),
            Item::Secret(_) | Item::Text(_) => None,
        })
    }

    pub(crate) fn slots(&self) -> Vec<SlotRef> {
        let slot = |item: &Item| match item {
            Item::Secret(secret) => Some(secret.slot_ref(secret.used)),
            Item::Text(_) => None,
        };
        self.items.iter().filter_map(slot).collect()
    }

    /// A secret that begins the value may be an expression, or the beginning of one.
    fn insert_leading_expression(&mut self) {
        let is_blank = |item: &Item| matches!(item, Item::Text(text) if text.text().trim().is_empty());
        let first = self.items.iter_mut().find(|item| !is_blank(item));
        if let Some(Item::Secret(secret)) = first
            && secret.text.as_ref().is_some_and(|text| form_at(text.trim_start()).is_some())
        {
            secret.used = SlotUse::Inserted;
        }
    }
}
