//! Scopes put together: each section of the narrowest scope, with `<base />` replaced by the next broader one.
//!
//! COMPAT: evaluation starts at the narrowest scope that has a definition; leaving `base` out cuts off all broader
//! scopes; `base` at the broadest scope has no effect; a scope without a definition is transparent
//! (`policies-a.md` 7). A section that a document does not have counts as `<base />` alone: published documents leave
//! sections out and rely on what the broader scopes do there (`?` in the reference, decided here).

use std::sync::Arc;

use secret::SecretSlot;

use crate::compile::{CompiledDocument, Item};
use crate::{Pipeline, Section, Step};

/// The effective policy of documents given from the narrowest scope to the broadest.
#[must_use]
pub fn splice(documents: &[&CompiledDocument]) -> Pipeline {
    let sections = Section::ALL.map(|section| {
        let mut steps = Vec::new();
        expand(documents, section, &mut steps);
        steps
    });
    Pipeline::new(sections).with_rotating(rotating(documents))
}

/// Those of all documents, also of a broader one that is cut off: looking at one secret too many does no harm.
fn rotating(documents: &[&CompiledDocument]) -> Vec<SecretSlot> {
    let mut slots: Vec<SecretSlot> = Vec::new();
    for slot in documents.iter().flat_map(|document| document.rotating()) {
        if !slots.iter().any(|known| known.is_same(slot)) {
            slots.push(slot.clone());
        }
    }
    slots
}

fn expand(documents: &[&CompiledDocument], section: Section, steps: &mut Vec<Arc<Step>>) {
    let Some((narrowest, broader)) = documents.split_first() else { return };
    let Some(items) = narrowest.section(section) else {
        return expand(broader, section, steps);
    };
    for item in items {
        match item {
            Item::Base => expand(broader, section, steps),
            Item::Step(step) => steps.push(Arc::clone(step)),
        }
    }
}
