//! Checks of an element against what its policy declares: names, numbers of children, literal values.

use std::sync::Arc;

use policy_doc::{Attribute, Element, Resolved, Unknown};
use source::{Diagnostic, Diagnostics, did_you_mean};

use super::CompileCx;
use crate::spec::{AttributeSpec, ChildSpec, Kind, Order, PolicySpec};

/// Checks a policy's element and everything in it that is not a policy of its own; gives its `id`.
pub(super) fn policy(element: &Element, spec: &PolicySpec, cx: &mut CompileCx<'_>) -> Option<Arc<str>> {
    attributes(element, spec.attributes, &["id"], cx);
    children(element, spec.children, cx);
    if spec.order == Order::AsDeclared {
        order(element, spec.children, cx);
    }
    let id = element.attribute("id")?;
    let mut scratch = Diagnostics::new();
    let resolved = id.value.resolve(cx.known.names, Unknown::Refuse, &mut scratch);
    cx.report_all(scratch);
    let text = resolved?.as_text();
    if text.is_none() {
        cx.report(
            Diagnostic::error("expression-not-allowed", "an `id` must be plain text").at(id.value.location()),
        );
    }
    text.map(Into::into)
}

fn attributes(element: &Element, specs: &[AttributeSpec], also: &[&str], cx: &mut CompileCx<'_>) {
    for attribute in &element.attributes {
        let name = &*attribute.name;
        match specs.iter().find(|spec| spec.name == name) {
            Some(spec) => literal(element, attribute, spec, cx),
            None if also.contains(&name) => {}
            None => unknown_attribute(element, attribute, specs, cx),
        }
    }
    for spec in specs.iter().filter(|spec| spec.required) {
        if element.attribute(spec.name).is_none() {
            let message = format!("`{}` needs the attribute `{}`", element.name, spec.name);
            cx.report(Diagnostic::error("missing-attribute", message).at(element.location()).help(spec.doc));
        }
    }
}

fn unknown_attribute(
    element: &Element,
    attribute: &Attribute,
    specs: &[AttributeSpec],
    cx: &mut CompileCx<'_>,
) {
    let name = &*attribute.name;
    let message = format!("`{}` has no attribute `{name}`", element.name);
    let near = did_you_mean(name, specs.iter().map(|spec| spec.name));
    let help = near.map(|near| format!("did you mean `{near}`?")).or_else(|| {
        let all: Vec<_> = specs.iter().map(|spec| spec.name).collect();
        (!all.is_empty()).then(|| format!("its attributes are `{}`", all.join("`, `")))
    });
    cx.report(Diagnostic::error("unknown-attribute", message).at(attribute.location()).maybe_help(help));
}

/// Refuses expressions where none may stand, and words that an enumeration does not have.
fn literal(element: &Element, attribute: &Attribute, spec: &AttributeSpec, cx: &mut CompileCx<'_>) {
    if let Some(problem) = refusal(&element.name, attribute, spec, cx) {
        cx.report(problem);
    }
}

/// Why the value of an attribute cannot stand there, whatever it is converted to. Problems of the value itself are
/// reported by whoever compiles it.
pub(super) fn refusal(
    element: &str,
    attribute: &Attribute,
    spec: &AttributeSpec,
    cx: &CompileCx<'_>,
) -> Option<Diagnostic> {
    let mut scratch = Diagnostics::new();
    let resolved = attribute.value.resolve(cx.known.names, Unknown::Refuse, &mut scratch)?;
    let place = attribute.value.location();
    if matches!(resolved, Resolved::Expression { .. }) && !spec.expression {
        let message = format!("`{}` of `{element}` cannot be a policy expression", spec.name);
        let diagnostic = Diagnostic::error("expression-not-allowed", message).at(place);
        return Some(diagnostic.help("write the value itself"));
    }
    let Kind::Enum(words) = spec.kind else { return None };
    let text = resolved.as_text()?;
    let text = text.trim();
    if words.contains(&text) {
        return None;
    }
    let message = format!("`{}` cannot be `{text}`", spec.name);
    let near = did_you_mean(text, words.iter().copied());
    let help = near.map_or_else(
        || format!("it can be `{}`", words.join("`, `")),
        |near| format!("did you mean `{near}`? it can be `{}`", words.join("`, `")),
    );
    Some(Diagnostic::error("wrong-value", message).at(place).help(help))
}

fn children(element: &Element, specs: &'static [ChildSpec], cx: &mut CompileCx<'_>) {
    let any_markup = specs.iter().any(|spec| spec.name == ChildSpec::MARKUP);
    let policies = specs.iter().any(|spec| spec.name == ChildSpec::POLICIES);
    if any_markup {
        return;
    }
    for each in element.elements() {
        match specs.iter().find(|spec| spec.name == &*each.name) {
            Some(spec) => {
                // A child that is a policy elsewhere, such as `set-body` in `return-response`, has its `id` too.
                let own: &[&str] = if cx.known.registry.find(&each.name).is_some() { &["id"] } else { &[] };
                attributes(each, spec.attributes, own, cx);
                children(each, spec.children, cx);
            }
            None if policies => {}
            None => unknown_child(element, each, specs, cx),
        }
    }
    counts(element, specs, cx);
    if !specs.iter().any(|spec| spec.name == ChildSpec::TEXT) {
        stray_text(element, specs, cx);
    }
}

/// Reports the first child that stands behind one that must follow it.
fn order(element: &Element, specs: &[ChildSpec], cx: &mut CompileCx<'_>) {
    let rank = |each: &Element| specs.iter().position(|spec| spec.name == &*each.name);
    let mut before: Option<(usize, &Element)> = None;
    for each in element.elements() {
        let Some(own) = rank(each) else { continue };
        match before {
            Some((other, behind)) if own < other => {
                let message = format!("`{}` must stand before `{}`", each.name, behind.name);
                cx.report(Diagnostic::error("wrong-order", message).at(each.location()));
                return;
            }
            _ => before = Some((own, each)),
        }
    }
}

fn unknown_child(element: &Element, each: &Element, specs: &[ChildSpec], cx: &mut CompileCx<'_>) {
    let message = format!("`{}` cannot hold `{}`", element.name, each.name);
    let names = || specs.iter().filter(|spec| spec.is_element()).map(|spec| spec.name);
    let near = did_you_mean(&each.name, names());
    let help = near.map(|near| format!("did you mean `{near}`?")).or_else(|| {
        let all: Vec<_> = names().collect();
        (!all.is_empty()).then(|| format!("it can hold `{}`", all.join("`, `")))
    });
    cx.report(Diagnostic::error("unknown-element", message).at(each.location()).maybe_help(help));
}

fn counts(element: &Element, specs: &[ChildSpec], cx: &mut CompileCx<'_>) {
    for spec in specs.iter().filter(|spec| spec.is_element()) {
        let all: Vec<_> = element.elements().filter(|each| *each.name == *spec.name).collect();
        if all.len() < spec.min as usize {
            let message = format!("`{}` needs {} `{}`", element.name, at_least(spec.min), spec.name);
            cx.report(Diagnostic::error("missing-element", message).at(element.location()).help(spec.doc));
        }
        if let Some(extra) = all.get(spec.max as usize) {
            let message = format!("`{}` can hold {} `{}` only", element.name, spec.max, spec.name);
            cx.report(Diagnostic::error("repeated-element", message).at(extra.location()));
        }
    }
}

fn at_least(count: u32) -> String {
    if count == 1 { "a".to_owned() } else { format!("at least {count}") }
}

/// COMPAT: "The element 'set-header' cannot contain text. List of possible elements expected: 'value'." is what the
/// service says (`expressions.md` 9).
fn stray_text(element: &Element, specs: &[ChildSpec], cx: &mut CompileCx<'_>) {
    let Some(text) = element.texts().next() else { return };
    let names: Vec<_> = specs.iter().filter(|spec| spec.is_element()).map(|spec| spec.name).collect();
    let message = format!("`{}` cannot hold text", element.name);
    let help = (!names.is_empty()).then(|| format!("it can hold `{}`", names.join("`, `")));
    cx.report(Diagnostic::error("unexpected-text", message).at(text.location()).maybe_help(help));
}
