//! The expressions of policy documents, in the order of the text.

use std::path::{Path, PathBuf};

use expr::{Expected, Form};
use policy_doc::{Child, Element, Lookup, NamedValues, RawValue, Resolved, Unknown};
use request_file::RequestFile;
use source::{Diagnostics, Severity, SourceFile};

use crate::Question;
use crate::command::Failure;

/// A document that was read.
#[derive(Debug)]
pub(crate) struct Document {
    /// Its path below the folder.
    pub(crate) path: String,
    /// What the reader reported.
    pub(crate) problems: Vec<String>,
    /// Its expressions, and the texts that `set-variable` sets.
    pub(crate) parts: Vec<Part>,
}

/// An expression, or a text given to a variable.
#[derive(Debug)]
pub(crate) struct Part {
    /// Where it begins: line and column.
    pub(crate) place: String,
    /// The expression; none for text.
    pub(crate) question: Option<Question>,
    /// The variable that gets its value.
    pub(crate) sets: Option<String>,
    /// The text.
    pub(crate) text: String,
}

/// Documents below a folder: files that hold `<policies` or `<fragment`, by their names.
///
/// # Errors
/// When a file cannot be read.
pub(crate) fn read(folder: &Path, request: &RequestFile) -> Result<Vec<Document>, Failure> {
    let mut files = Vec::new();
    find(folder, &mut files)?;
    let mut documents = Vec::new();
    for path in files {
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        if text.contains("<policies") || text.contains("<fragment") {
            let name = path.strip_prefix(folder).unwrap_or(&path).display().to_string();
            documents.push(document(&name, &text, request));
        }
    }
    Ok(documents)
}

fn find(folder: &Path, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        paths.push(entry?.path());
    }
    paths.sort();
    for path in paths {
        let named = |endings: &[&str]| {
            path.extension().is_some_and(|ending| endings.iter().any(|one| ending.eq_ignore_ascii_case(one)))
        };
        if path.is_dir() {
            find(&path, found)?;
        } else if named(&["xml", "policy", "cshtml"]) {
            found.push(path);
        }
    }
    Ok(())
}

fn document(path: &str, text: &str, request: &RequestFile) -> Document {
    let file = SourceFile::new(path, text);
    let (tree, problems) = policy_doc::read(&file);
    let mut document = Document { path: path.to_owned(), problems: errors(&problems), parts: Vec::new() };
    let names = Names(request);
    for node in &tree.nodes {
        if let Child::Element(element) = node {
            walk(element, &names, &mut document);
        }
    }
    document
}

fn walk(element: &Element, names: &Names<'_>, document: &mut Document) {
    let variable = element.attribute("name").filter(|_| &*element.name == "set-variable");
    for attribute in &element.attributes {
        let sets = variable.filter(|_| &*attribute.name == "value").map(|name| name.value.raw().to_owned());
        add(&attribute.value, sets, names, document);
    }
    for child in &element.children {
        match child {
            Child::Element(inner) => walk(inner, names, document),
            other => {
                if let Some(text) = other.as_text().filter(|text| !text.is_blank()) {
                    add(text, None, names, document);
                }
            }
        }
    }
}

fn add(value: &RawValue, sets: Option<String>, names: &Names<'_>, document: &mut Document) {
    let mut problems = Diagnostics::new();
    let resolved = value.resolve(names, Unknown::Leave, &mut problems);
    let (question, text) = match resolved {
        Some(Resolved::Expression { form, code, .. }) => {
            let form = if form == policy_doc::Form::Block { Form::Block } else { Form::Expression };
            let code = code.text().to_owned();
            (Some(Question { code: code.clone(), form, wants: Expected::Any }), code)
        }
        Some(other) => (None, other.as_text().unwrap_or_default()),
        None => {
            document.problems.extend(errors(&problems));
            return;
        }
    };
    if question.is_some() || sets.is_some() {
        let at = value.file().line_column(value.span().start);
        document.parts.push(Part { place: format!("{}:{}", at.line, at.column), question, sets, text });
    }
}

fn errors(problems: &Diagnostics) -> Vec<String> {
    let errors = problems.iter().filter(|problem| problem.severity == Severity::Error);
    errors.map(|problem| problem.message.clone()).collect()
}

/// The named values of the request file; any other reads as `1`, which is a number and a text.
struct Names<'a>(&'a RequestFile);

impl NamedValues for Names<'_> {
    fn get(&self, name: &str) -> Lookup<'_> {
        Lookup::Plain(self.0.named_value(name).unwrap_or("1"))
    }

    fn names(&self) -> Vec<&str> {
        Vec::new()
    }
}
