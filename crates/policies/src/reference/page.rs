//! The page of a policy.

use std::fmt::Write as _;

use policy::spec::{AttributeSpec, ChildSpec, Example, Kind, Repeat};
use policy::{PolicySpec, Scope, Scopes, Section, Sections};

use super::table::{Table, code};

pub(super) fn page(spec: &PolicySpec) -> String {
    let file = spec.element.replace('-', "_");
    let mut out = format!("<!-- Written from crates/policies/src/{file}.rs: change it there. -->\n");
    let _ = write!(out, "# {}\n\n{}\n\n", spec.element, spec.summary);
    let _ = writeln!(out, "{}", facts(spec));
    out.push_str("## Attributes\n\n");
    out.push_str(&attributes(spec.attributes));
    out.push_str("\nEvery policy may have an `id`, plain text, which `context.LastError.PolicyId` tells.\n");
    if !spec.children.is_empty() {
        out.push_str("\n## Content\n\n");
        children(spec.children, 0, &mut out);
        out.push_str(&child_attributes(spec.children, ""));
    }
    list("How it works", spec.notes, &mut out);
    list("Differences from API Management", spec.differences, &mut out);
    out.push_str("\n## Examples\n");
    for example in spec.examples {
        self::example(example, &mut out);
    }
    out
}

fn facts(spec: &PolicySpec) -> String {
    let mut table = Table::new(&["", ""]);
    table.row(&["Sections", &sections(spec.sections)]);
    table.row(&["Scopes", &scopes(spec.scopes)]);
    let often = match spec.repeat {
        Repeat::Many => "as often as wanted",
        Repeat::OncePerSection => "once in a section",
    };
    table.row(&["In a document", often]);
    table.row(&["Documented", &format!("[{}]({})", spec.element, spec.source)]);
    table.text()
}

pub(super) fn sections(sections: Sections) -> String {
    if sections == Sections::ALL { "all".to_owned() } else { code(sections.iter().map(Section::name)) }
}

fn scopes(scopes: Scopes) -> String {
    if scopes == Scopes::ALL { "all".to_owned() } else { code(scopes.iter().map(Scope::name)) }
}

/// What a value is, in words.
fn kind(kind: Kind) -> String {
    match kind {
        Kind::String => "text".to_owned(),
        Kind::Bool => "`true` or `false`".to_owned(),
        Kind::Int => "whole number".to_owned(),
        Kind::Double => "number".to_owned(),
        Kind::Seconds => "seconds".to_owned(),
        Kind::Milliseconds => "milliseconds".to_owned(),
        Kind::Enum(words) => code(words.iter().copied()),
        Kind::Any => "any".to_owned(),
    }
}

fn yes(holds: bool) -> &'static str {
    if holds { "yes" } else { "no" }
}

fn attributes(specs: &[AttributeSpec]) -> String {
    if specs.is_empty() {
        return "None of its own.\n".to_owned();
    }
    let mut table = Table::new(&["Name", "Value", "Required", "Expression", "Default", "Meaning"]);
    for spec in specs {
        let name = format!("`{}`", spec.name);
        let default = spec.default.map_or(String::new(), |text| match text.contains(' ') {
            true => text.to_owned(),
            false => format!("`{text}`"),
        });
        table.row(&[&name, &kind(spec.kind), yes(spec.required), yes(spec.expression), &default, spec.doc]);
    }
    table.text()
}

fn often(child: &ChildSpec) -> String {
    match (child.min, child.max) {
        (1, 1) => "once".to_owned(),
        (0, 1) => "at most once".to_owned(),
        (0, u32::MAX) => "any number".to_owned(),
        (min, u32::MAX) => format!("{min} or more"),
        (min, max) => format!("{min} to {max}"),
    }
}

fn children(specs: &[ChildSpec], depth: usize, out: &mut String) {
    for spec in specs {
        let indent = "  ".repeat(depth);
        let _ = match spec.name {
            ChildSpec::TEXT => writeln!(out, "{indent}- text: {}", spec.doc),
            ChildSpec::POLICIES => writeln!(out, "{indent}- policies: {}", spec.doc),
            ChildSpec::MARKUP => writeln!(out, "{indent}- markup: {}", spec.doc),
            name => writeln!(out, "{indent}- `{name}`, {}: {}", often(spec), spec.doc),
        };
        children(spec.children, depth + 1, out);
    }
}

/// A table for each child that has attributes; `within` says in which child it stands, if in one.
fn child_attributes(specs: &[ChildSpec], within: &str) -> String {
    let mut out = String::new();
    for spec in specs {
        if !spec.attributes.is_empty() {
            let _ =
                write!(out, "\nAttributes of `{}`{within}:\n\n{}", spec.name, attributes(spec.attributes));
        }
        out.push_str(&child_attributes(spec.children, &format!(" in `{}`", spec.name)));
    }
    out
}

fn list(title: &str, paragraphs: &[&str], out: &mut String) {
    if paragraphs.is_empty() {
        return;
    }
    let _ = write!(out, "\n## {title}\n\n");
    for paragraph in paragraphs {
        let _ = writeln!(out, "- {paragraph}");
    }
}

fn example(example: &Example, out: &mut String) {
    let _ = write!(out, "\n### {}\n\n```xml\n{}\n```\n", example.title, example.document);
    let _ = write!(
        out,
        "\nWhat comes in (`>` the caller's request, `<` the backend's answer):\n\n```text\n{}\n```\n",
        example.when
    );
    let _ = write!(
        out,
        "\nWhat goes out (`>` to the backend, `<` to the caller):\n\n```text\n{}\n```\n",
        example.then
    );
}
