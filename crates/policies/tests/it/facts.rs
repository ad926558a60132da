//! Declarations and cases against `tests/facts.txt`, which was transcribed from documentation: nothing that the
//! reference knows is missing, and everything has a case.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use policy::spec::{AttributeSpec, ChildSpec, Repeat};
use policy::{PolicySpec, Scope, Section};

use crate::cases;

/// The lines of the fact file, without comments.
fn facts() -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/facts.txt");
    let text = fs::read_to_string(path).unwrap_or_default();
    text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()).map(str::to_owned).collect()
}

/// The lines of policies as the declaration has them, to be compared with the file.
fn declared(spec: &PolicySpec) -> Vec<String> {
    let sections: String = spec.sections.iter().map(section_letter).collect();
    let scopes: String = spec.scopes.iter().map(scope_letter).collect();
    let once = if spec.repeat == Repeat::OncePerSection { "  once" } else { "" };
    let mut lines = vec![format!("{}  {sections}  {scopes}{once}", spec.element)];
    lines.extend(spec.attributes.iter().map(|attribute| shown("", attribute)));
    own_children(spec.children, &mut lines);
    lines
}

/// Attributes of children, but for those of children that are policies elsewhere.
fn own_children(children: &[ChildSpec], lines: &mut Vec<String>) {
    for child in children.iter().filter(|child| policies::REGISTRY.find(child.name).is_none()) {
        let prefix = format!("{}/", child.name);
        lines.extend(child.attributes.iter().map(|attribute| shown(&prefix, attribute)));
        own_children(child.children, lines);
    }
}

fn shown(prefix: &str, attribute: &AttributeSpec) -> String {
    let mut line = format!("  @{prefix}{}", attribute.name);
    if attribute.required {
        line.push_str(" required");
    }
    if attribute.expression {
        line.push_str(" expression");
    }
    if let Some(default) = attribute.default.filter(|text| !text.contains(' ')) {
        line.push_str(" =");
        line.push_str(default);
    }
    line
}

fn section_letter(section: Section) -> char {
    match section {
        Section::Inbound => 'I',
        Section::Backend => 'B',
        Section::Outbound => 'O',
        Section::OnError => 'E',
    }
}

fn scope_letter(scope: Scope) -> char {
    match scope {
        Scope::Global => 'G',
        Scope::Workspace => 'W',
        Scope::Product => 'P',
        Scope::Api => 'A',
        Scope::Operation => 'O',
    }
}

#[test]
fn declarations_say_what_the_reference_says() {
    let written: Vec<String> = facts()
        .into_iter()
        .filter(|line| !line.starts_with("not yet") && !line.starts_with("failure"))
        .collect();
    let declared: Vec<String> =
        policies::REGISTRY.policies.iter().flat_map(|entry| declared(entry.spec)).collect();
    let same = |(written, declared): (&String, &String)| {
        // Behind the facts of a policy stands their source.
        written == declared
            || (!declared.starts_with(' ') && written.starts_with(&format!("{declared}  policies-")))
    };
    let different = written.iter().zip(&declared).find(|&pair| !same(pair));
    assert_eq!(different, None, "the reference, and what is declared");
    assert_eq!(written.len(), declared.len());
}

#[test]
fn every_other_policy_of_the_reference_is_refused_by_name() {
    let facts = facts();
    let names =
        facts.iter().filter_map(|line| line.strip_prefix("not yet")).filter_map(|line| line.split_once(": "));
    let known: BTreeSet<&str> = names.flat_map(|(_, names)| names.split(' ')).collect();
    let planned: BTreeSet<&str> = policies::REGISTRY.planned.iter().copied().collect();
    assert_eq!(planned, known);
}

fn cases_of(policy: Option<&str>) -> String {
    let of_policy = |path: &&std::path::PathBuf| {
        policy.is_none_or(|name| path.parent().is_some_and(|p| p.ends_with(name)))
    };
    let files = cases::files();
    files.iter().filter(of_policy).filter_map(|path| fs::read_to_string(path).ok()).collect()
}

/// Decision 28: the list of what has no case must be empty.
#[test]
fn every_attribute_and_every_failure_has_a_case() {
    let mut missing = Vec::new();
    for entry in policies::REGISTRY.policies {
        let text = cases_of(Some(entry.spec.element));
        let attributes = declared(entry.spec).into_iter().filter_map(|line| {
            let name = line.strip_prefix("  @")?.split(' ').next()?.rsplit('/').next()?.to_owned();
            Some(name)
        });
        let without = attributes.filter(|name| !text.contains(&format!("{name}=\"")));
        missing.extend(without.map(|name| format!("{}/@{name}", entry.spec.element)));
    }
    let text = cases_of(None);
    let facts = facts();
    for line in facts.iter().filter_map(|line| line.strip_prefix("failure of ")) {
        let (policy, reasons) = line.split_once(' ').unwrap_or((line, ""));
        let own = cases_of(Some(policy));
        let without =
            reasons.split_whitespace().filter(|reason| !own.contains(&format!("error reason = {reason}")));
        missing.extend(without.map(|reason| format!("{policy}: {reason}")));
    }
    let failures =
        facts.iter().filter_map(|line| line.strip_prefix("failure  ")).flat_map(str::split_whitespace);
    missing.extend(
        failures.filter(|reason| !text.contains(&format!("error reason = {reason}"))).map(str::to_owned),
    );
    assert!(missing.is_empty(), "without a case: {missing:?}");
}
