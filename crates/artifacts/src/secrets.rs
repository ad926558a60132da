//! Where secrets come from.

use std::path::PathBuf;
use std::sync::Arc;

use model::SecretReference;
use secret::Secret;
use source::{Diagnostic, Diagnostics, Location, SourceFile, Span};

use crate::files::{Reported, report};
use crate::tree::{Kind, Node};

/// Fetches secrets; the program implements it with the environment and the file system.
pub trait SecretSource {
    /// The secret of a reference.
    ///
    /// # Errors
    /// [`SecretError`] when there is none; it must not hold the secret.
    fn read(&self, reference: &SecretReference) -> Result<Secret, SecretError>;

    /// The secret that was read before, for one that cannot be read now: a file that is being replaced may be missing
    /// for a moment, and whoever reads the folder just then goes on with what there was.
    fn before(&self, _reference: &SecretReference) -> Option<Secret> {
        None
    }
}

/// A secret cannot be fetched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct SecretError {
    /// What stands in the way.
    pub why: String,
}

/// Reads `{ env = "NAME" }` or `{ file = "path" }`.
pub(crate) fn reference(
    node: &Node,
    what: &str,
    problems: &mut Diagnostics,
) -> Result<SecretReference, Reported> {
    let refuse = |problems: &mut Diagnostics, code, message: String, at: &Location| {
        let problem = Diagnostic::error(code, message).at(at.clone());
        Err(report(problems, problem.help("write `{ env = \"NAME\" }` or `{ file = \"path\" }`")))
    };
    let [member] = node.members() else {
        let (code, why) = match node.kind {
            Kind::Table(_) => ("bad-secret-reference", "must name exactly one place"),
            _ => ("secret-in-clear", "must be a reference, not a value: this file never holds secrets"),
        };
        return refuse(problems, code, format!("{what} {why}"), &node.at);
    };
    let text = member.value.text().filter(|text| !text.trim().is_empty());
    match (member.name.as_str(), text) {
        ("env", Some(name)) => Ok(SecretReference::Env(name.to_owned())),
        ("file", Some(path)) => Ok(SecretReference::File(PathBuf::from(path))),
        ("env" | "file", None) => {
            let message = format!("`{}` of {what} must be text that is not empty", member.name);
            refuse(problems, "bad-secret-reference", message, &member.value.at)
        }
        ("vault", _) => {
            let message = format!("{what} is in a vault, which is not yet supported");
            refuse(problems, "not-yet-supported", message, &member.at)
        }
        (other, _) => {
            let message = format!("`{other}` is not a place for a secret");
            refuse(problems, "bad-secret-reference", message, &member.at)
        }
    }
}

/// The same file with some texts blotted out, so that a diagnostic that shows a line does not show them. All offsets
/// stay as they are.
pub(crate) fn blotted(file: &Arc<SourceFile>, hidden: &[Span]) -> Arc<SourceFile> {
    let hides = |at: u32| hidden.iter().any(|span| span.start <= at && at < span.end);
    let blot = |(at, c): (usize, char)| {
        let at = Span::between(at, at).start;
        if hides(at) && !c.is_control() { "*".repeat(c.len_utf8()) } else { c.to_string() }
    };
    let text: String = file.text().char_indices().map(blot).collect();
    SourceFile::new(file.name(), text)
}

/// The texts of a tree for which `is_hidden` holds, by the path of names that leads to them.
pub(crate) fn hidden_texts(node: &Node, is_hidden: &dyn Fn(&[&str]) -> bool) -> Vec<Span> {
    let mut found = Vec::new();
    collect(node, &mut Vec::new(), is_hidden, &mut found);
    found
}

/// INVARIANT: trees are at most as deep as their readers allow, so this ends.
fn collect<'n>(
    node: &'n Node,
    path: &mut Vec<&'n str>,
    is_hidden: &dyn Fn(&[&str]) -> bool,
    found: &mut Vec<Span>,
) {
    match &node.kind {
        Kind::Text(text) => {
            if !text.is_empty() && is_hidden(path) {
                // Without its quotation marks.
                found.push(Span::new(node.at.span.start + 1, node.at.span.end.saturating_sub(1)));
            }
        }
        Kind::List(items) => items.iter().for_each(|item| collect(item, path, is_hidden, found)),
        Kind::Table(members) => {
            for member in members {
                path.push(&member.name);
                collect(&member.value, path, is_hidden, found);
                path.pop();
            }
        }
        Kind::Null | Kind::Bool(_) | Kind::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blotted_file_keeps_its_offsets() {
        let file = SourceFile::new("secrets.toml", "a = \"sk-ü\"\nb = 1\n");
        let blotted = blotted(&file, &[Span::new(5, 10)]);
        assert_eq!(blotted.text(), "a = \"*****\"\nb = 1\n");
    }
}
