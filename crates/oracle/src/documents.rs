//! The expressions of policy documents, in the order of the text.

use std::path::Path;
use std::sync::Arc;

use evaluation::NamedValues;
use expr::Expected;
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

/// Documents below a folder, by their names. A named value that the request file does not have reads as `1`, which is a
/// number and a text.
///
/// # Errors
/// When a file cannot be read.
pub(crate) fn read(folder: &Path, request: &RequestFile) -> Result<Vec<Document>, Failure> {
    let names = NamedValues { others: Some("1".into()), ..NamedValues::default() };
    let files = evaluation::find(folder)?;
    Ok(files.iter().map(|file| document(file, request, &names)).collect())
}

fn document(file: &Arc<SourceFile>, request: &RequestFile, names: &NamedValues) -> Document {
    let (tree, mut problems) = policy_doc::read(file);
    let (parts, unread) = evaluation::written(&tree, &names.of(&tree, request));
    problems.append(unread);
    let parts = parts.into_iter().map(Part::from).collect();
    Document { path: file.name().to_owned(), problems: errors(&problems), parts }
}

impl From<evaluation::Part> for Part {
    fn from(part: evaluation::Part) -> Self {
        match part {
            evaluation::Part::Variable { name, text } => {
                Self { place: String::new(), question: None, sets: Some(name), text }
            }
            evaluation::Part::Expression(written) => {
                let code = written.code.text().to_owned();
                let at = written.at.file.line_column(written.at.span.start);
                let question = Question { code: code.clone(), form: written.form, wants: Expected::Any };
                let place = format!("{}:{}", at.line, at.column);
                Self { place, question: Some(question), sets: written.sets, text: code }
            }
        }
    }
}

fn errors(problems: &Diagnostics) -> Vec<String> {
    let errors = problems.iter().filter(|problem| problem.severity == Severity::Error);
    errors.map(|problem| problem.message.clone()).collect()
}
