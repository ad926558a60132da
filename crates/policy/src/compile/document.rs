//! A whole document: its root and its sections.

use std::sync::Arc;

use policy_doc::{Document, Element};
use secret::SecretSlot;
use source::{Diagnostic, Diagnostics, did_you_mean};

use super::{CompileCx, Knowledge, Uses};
use crate::spec::Repeat;
use crate::{Scope, Section, Step};

/// A document compiled for its scope. A section that it does not have is inherited as it is.
#[derive(Clone, Debug, Default)]
pub struct CompiledDocument {
    sections: [Option<Box<[Item]>>; 4],
    rotating: Box<[SecretSlot]>,
    uses: Option<Box<Uses>>,
}

/// What stands in a section.
#[derive(Clone, Debug)]
pub enum Item {
    /// `<base />`: the same section of the next broader scope.
    Base,
    /// A policy.
    Step(Arc<Step>),
}

impl CompiledDocument {
    /// The items of a section; none when the document does not have it.
    #[must_use]
    pub fn section(&self, section: Section) -> Option<&[Item]> {
        self.sections.get(section.index()).and_then(|items| items.as_deref())
    }

    /// The slots that its policies use and that vaults fill.
    #[must_use]
    pub fn rotating(&self) -> &[SecretSlot] {
        &self.rotating
    }

    /// What it depends on; none for a document that depends on nothing but itself.
    #[must_use]
    pub fn uses(&self) -> Option<&Uses> {
        self.uses.as_deref()
    }

    fn set(&mut self, section: Section, items: Vec<Item>) {
        if let Some(place) = self.sections.get_mut(section.index()) {
            *place = Some(items.into());
        }
    }
}

/// Compiles a document that was read from `<policies>`. `parameters` are the names of the operation's template
/// parameters, at operation scope.
#[must_use]
pub fn compile_document(
    document: &Document,
    scope: Scope,
    parameters: Option<&[Arc<str>]>,
    known: &Knowledge<'_>,
) -> (CompiledDocument, Diagnostics) {
    // A clone of the table remembers what this document asks for.
    let names = known.names.clone();
    let known = &Knowledge { names: &names, backends: Arc::clone(&known.backends), ..*known };
    let mut cx = CompileCx::new(known, scope, parameters);
    let mut compiled = CompiledDocument::default();
    if let Some(root) = root(document, &mut cx) {
        for element in root.elements() {
            compile_section(element, &mut compiled, &mut cx);
        }
        for text in root.texts() {
            cx.report(
                Diagnostic::error("unexpected-text", "`policies` cannot hold text").at(text.location()),
            );
        }
    }
    compiled.rotating = cx.take_rotating().into();
    let uses = Uses { names: names.asked(), ..cx.take_uses() };
    compiled.uses = (!uses.is_empty()).then(|| Box::new(uses));
    (compiled, cx.into_problems())
}

fn root<'a>(document: &'a Document, cx: &mut CompileCx<'_>) -> Option<&'a Element> {
    let root = document.root()?;
    if &*root.name == "policies" {
        for attribute in &root.attributes {
            let message = format!("`policies` has no attribute `{}`", attribute.name);
            cx.report(Diagnostic::error("unknown-attribute", message).at(attribute.location()));
        }
        return Some(root);
    }
    let message = format!("a policy document begins with `policies`, not with `{}`", root.name);
    let help = (&*root.name == "fragment")
        .then_some("a fragment is not a policy of a scope: include it with `include-fragment`");
    cx.report(Diagnostic::error("wrong-root", message).at(root.location()).maybe_help(help));
    None
}

fn compile_section(element: &Element, compiled: &mut CompiledDocument, cx: &mut CompileCx<'_>) {
    let name = &*element.name;
    let Some(section) = Section::named(name) else {
        let near = did_you_mean(name, Section::ALL.map(Section::name));
        let help = near.map_or_else(
            || "the sections are `inbound`, `backend`, `outbound` and `on-error`".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        let message = format!("`{name}` is not a section");
        cx.report(Diagnostic::error("unknown-section", message).at(element.location()).help(help));
        return;
    };
    if compiled.section(section).is_some() {
        let message = format!("the section `{section}` stands twice");
        cx.report(Diagnostic::error("repeated-section", message).at(element.location()));
        return;
    }
    cx.section = section;
    let items = items(element, cx);
    check_backend(section, &items, element, cx);
    check_repetition(element, cx);
    compiled.set(section, items);
}

fn items(section: &Element, cx: &mut CompileCx<'_>) -> Vec<Item> {
    let mut items = Vec::new();
    let mut base_seen = false;
    for attribute in &section.attributes {
        let message = format!("the section `{}` has no attribute `{}`", section.name, attribute.name);
        cx.report(Diagnostic::error("unknown-attribute", message).at(attribute.location()));
    }
    for text in section.texts() {
        let message = format!("the section `{}` cannot hold text", section.name);
        cx.report(
            Diagnostic::error("unexpected-text", message).at(text.location()).help("it holds policies"),
        );
    }
    for (position, element) in section.elements().enumerate() {
        if &*element.name == "base" {
            base(element, &mut base_seen, cx);
            items.push(Item::Base);
            continue;
        }
        let same = section.elements().take(position + 1).filter(|each| each.name == element.name).count();
        items.extend(cx.policy(element, u32::try_from(same).unwrap_or(u32::MAX)).map(Item::Step));
    }
    items
}

fn base(element: &Element, seen: &mut bool, cx: &mut CompileCx<'_>) {
    if std::mem::replace(seen, true) {
        cx.report(
            Diagnostic::error("repeated-base", "`base` stands twice in one section").at(element.location()),
        );
    }
    if let Some(attribute) = element.attributes.first() {
        cx.report(
            Diagnostic::error("unknown-attribute", "`base` has no attributes").at(attribute.location()),
        );
    }
    if element.elements().next().is_some() || element.texts().next().is_some() {
        cx.report(Diagnostic::error("unexpected-text", "`base` must be empty").at(element.location()));
    }
}

/// COMPAT: `backend` may hold one policy only (`policies-a.md` 7).
fn check_backend(section: Section, items: &[Item], element: &Element, cx: &mut CompileCx<'_>) {
    if section != Section::Backend || items.len() <= 1 {
        return;
    }
    let Some(second) = element.elements().nth(1) else { return };
    let help = "nest the others, for example inside of `choose`; or move them to the end of `inbound`";
    let diagnostic = Diagnostic::error("backend-holds-one", "`backend` can hold one policy only");
    cx.report(diagnostic.at(second.location()).help(help));
}

fn check_repetition(section: &Element, cx: &mut CompileCx<'_>) {
    for (position, element) in section.elements().enumerate() {
        let once = cx
            .known
            .registry
            .find(&element.name)
            .is_some_and(|entry| entry.spec.repeat == Repeat::OncePerSection);
        if once && section.elements().take(position).any(|each| each.name == element.name) {
            let message = format!("`{}` can stand once in a section only", element.name);
            cx.report(Diagnostic::error("repeated-policy", message).at(element.location()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_that_is_not_there_is_told_from_an_empty_one() {
        let mut compiled = CompiledDocument::default();
        compiled.set(Section::Outbound, Vec::new());
        assert!(compiled.section(Section::Outbound).is_some_and(<[Item]>::is_empty));
        assert!(compiled.section(Section::Inbound).is_none());
    }
}
