//! The documents of an example: what stands at which scope, and the effective policy that they make.

use std::sync::Arc;

use policy::{Knowledge, Pipeline, Scope, Section, compile_document, splice};
use source::{Diagnostic, Diagnostics, SourceFile};

/// A document of an example.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    pub(crate) scope: Scope,
    pub(crate) text: String,
}

/// What the service has unless an example says otherwise.
const GLOBAL: &str =
    "<policies><inbound /><backend><forward-request /></backend><outbound /><on-error /></policies>";

impl Document {
    /// A whole document, or what stands in a section of one.
    pub(crate) fn of(scope: Scope, section: Section, text: &str) -> Self {
        let whole = text.trim_start().starts_with("<policies");
        let text = if whole {
            text.to_owned()
        } else {
            format!("<policies><{section}>{text}</{section}></policies>")
        };
        Self { scope, text }
    }
}

/// Compiles the documents and puts them together. The problems are in the order of the scopes.
pub(crate) fn compile(
    documents: &[Document],
    parameters: &[Arc<str>],
    known: &Knowledge<'_>,
) -> (Pipeline, Diagnostics) {
    let mut problems = Diagnostics::new();
    let mut compiled = Vec::new();
    for scope in Scope::ALL.into_iter().rev() {
        let given = documents.iter().find(|each| each.scope == scope).map(|each| each.text.as_str());
        let Some(text) = given.or_else(|| (scope == Scope::Global).then_some(GLOBAL)) else { continue };
        let file = SourceFile::new(format!("{scope}.xml"), text);
        let (document, found) = policy_doc::read(&file);
        problems.append(found);
        let parameters = (scope == Scope::Operation).then_some(parameters);
        let (document, found) = compile_document(&document, scope, parameters, known);
        problems.append(found);
        compiled.push(document);
    }
    (splice(&compiled.iter().collect::<Vec<_>>()), problems)
}

/// Problems as case files write them: severity, code, what is underlined, message, help.
pub(crate) fn show(problems: &Diagnostics) -> String {
    problems.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn line(problem: &Diagnostic) -> String {
    let at = problem.at.as_ref().map(|at| at.span.of(at.file.text()).lines().next().unwrap_or("").trim());
    let at = at.map(|text| format!(" at `{text}`")).unwrap_or_default();
    let mut line = format!("{} {}{at}: {}", problem.severity, problem.code, problem.message);
    for help in &problem.help {
        line.push_str("\n  help: ");
        line.push_str(help);
    }
    line
}
