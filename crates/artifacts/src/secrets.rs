//! Where secrets come from.

use std::path::Path;
use std::sync::Arc;

use model::{SecretBinding, SecretReference, VaultReference, VaultSecretIdentifier};
use secret::{Secret, SecretSlot};
use source::{Diagnostic, Diagnostics, Location, Severity, SourceFile, Span};

use crate::fields::checked;
use crate::files::{Reported, report};
use crate::tree::{Kind, Member, Node};

/// Fetches secrets; the program implements it with the environment and the file system. Secrets of vaults are not
/// asked for here: they come over the network, after the folder was read.
pub trait SecretSource: Sync {
    /// The secret of a reference to an environment variable or a file.
    ///
    /// # Errors
    /// [`SecretError`] when there is none; it must not hold the secret.
    fn read(&self, reference: &SecretReference) -> Result<Secret, SecretError>;

    /// The slot that was filled from there before, under the name that it has now. Its value goes on when the secret
    /// cannot be read (a file that is being replaced may be missing for a moment), and whoever still uses the slot, such
    /// as the last good version of an API, sees the new value.
    fn before(&self, _reference: &SecretReference, _name: &str) -> Option<SecretSlot> {
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

const HELP: &str =
    "write `{ env = \"NAME\" }`, `{ file = \"path\" }` or `{ vault = \"https://<vault>/secrets/<name>\" }`";

/// Reads `{ env = "NAME" }`, `{ file = "path" }`, or `{ vault = "https://<vault>/secrets/<name>" }`, with
/// `identity = "<client id>"` beside the last.
pub(crate) fn reference(
    node: &Node,
    what: &str,
    problems: &mut Diagnostics,
) -> Result<SecretReference, Reported> {
    match node.members() {
        [member] => place(member, what, problems),
        [vault, identity] | [identity, vault] if vault.name == "vault" && identity.name == "identity" => {
            let reference = vault_reference(vault, what, problems);
            let client_id = text_of(identity, what, problems)?;
            Ok(SecretReference::Vault(VaultReference {
                identity_client_id: Some(client_id.into()),
                ..reference?
            }))
        }
        _ => {
            let (code, why) = match node.kind {
                Kind::Table(_) => ("bad-secret-reference", "must name exactly one place"),
                _ => ("secret-in-clear", "must be a reference, not a value: this file never holds secrets"),
            };
            Err(refuse(code, format!("{what} {why}"), &node.at, problems))
        }
    }
}

fn place(member: &Member, what: &str, problems: &mut Diagnostics) -> Result<SecretReference, Reported> {
    match member.name.as_str() {
        "env" => text_of(member, what, problems).map(|name| SecretReference::Env(name.to_owned())),
        "file" => text_of(member, what, problems).map(|path| SecretReference::File(Path::new(path).into())),
        "vault" => vault_reference(member, what, problems).map(SecretReference::Vault),
        "identity" => {
            let message = format!("{what} names an identity, but no vault that it reads");
            Err(refuse("bad-secret-reference", message, &member.at, problems))
        }
        other => {
            let message = format!("`{other}` is not a place for a secret");
            Err(refuse("bad-secret-reference", message, &member.at, problems))
        }
    }
}

fn text_of<'a>(member: &'a Member, what: &str, problems: &mut Diagnostics) -> Result<&'a str, Reported> {
    member.value.text().filter(|text| !text.trim().is_empty()).ok_or_else(|| {
        let message = format!("`{}` of {what} must be text that is not empty", member.name);
        refuse("bad-secret-reference", message, &member.value.at, problems)
    })
}

fn vault_reference(
    member: &Member,
    what: &str,
    problems: &mut Diagnostics,
) -> Result<VaultReference, Reported> {
    let text = text_of(member, what, problems)?;
    let secret = checked(VaultSecretIdentifier::parse(text), &member.value, problems)?;
    Ok(VaultReference { secret, identity_client_id: None })
}

fn refuse(code: &'static str, message: String, at: &Location, problems: &mut Diagnostics) -> Reported {
    report(problems, Diagnostic::error(code, message).at(at.clone()).help(HELP))
}

/// What is to be said of a secret that could not be fetched after the folder was read, as those of vaults are: an error,
/// or a warning when the slot has a value from before, which goes on. `why` must not hold a secret.
pub fn unavailable(binding: &SecretBinding, why: &str) -> Diagnostic {
    let problem = missing(binding, why);
    if binding.slot.is_set() {
        return Diagnostic { severity: Severity::Warning, ..problem }.help("the value from before goes on");
    }
    problem
}

/// What is to be said of an environment variable or a file that cannot be read, even if its value from before goes on:
/// somebody took it away.
pub(crate) fn missing(binding: &SecretBinding, why: &str) -> Diagnostic {
    let SecretBinding { slot, reference, at } = binding;
    let message = format!("the secret `{}` cannot be read from {reference}: {why}", slot.name());
    let problem = Diagnostic::error("secret-unavailable", message);
    match at {
        Some(at) => problem.at(at.clone()),
        None => problem,
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
