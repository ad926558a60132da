//! Named values, with the secrets that `secrets.toml` refers to.

use std::collections::HashMap;
use std::sync::Arc;

use model::{
    NamedValue, NamedValueContent, NamedValueId, NamedValueName, SecretReference, VaultReference,
    VaultSecretIdentifier,
};
use secret::{Secret, SecretSlot};
use source::{Diagnostic, Diagnostics, Location, did_you_mean};

use super::{Loader, Secrets, insert};
use crate::fields::{Fields, checked};
use crate::files::Reported;
use crate::overlay::NamedReference;
use crate::tree::Node;

impl Loader<'_> {
    pub(super) fn named_values(&mut self) {
        let mut names: HashMap<NamedValueName, Location> = HashMap::new();
        let mut references = std::mem::take(&mut self.overlay.named_values);
        for directory in self.files.directories("named values", &mut self.problems) {
            let path = format!("named values/{directory}");
            let Some(id) = self.directory_id(NamedValueId::new, &directory, &path) else { continue };
            let Ok((mut value, at)) = self.named_value(id, &path) else { continue };
            if let Some(first) = names.get(&value.name) {
                self.problems.push(taken(&value.name, at, first.clone()));
                continue;
            }
            names.insert(value.name.clone(), at);
            if !self.fill(&mut value, &mut references) && !self.fill_from_vault(&mut value) {
                self.problems.extend(self.nowhere(&value));
            }
            insert(&mut self.configuration.named_values, value, &mut self.problems);
        }
        for left in references {
            self.problems.push(unknown(&left, names.keys()));
        }
    }

    fn named_value(&mut self, id: NamedValueId, path: &str) -> Result<(NamedValue, Location), Reported> {
        let subject = format!("the named value `{id}`");
        let path = format!("{path}/namedValueInformation.json");
        let (clear, shown) = self.sensitive(&path, &subject, &["value"])?;
        let fields = Fields::new(&shown, subject);
        let problems = &mut self.problems;
        let (text, at) = fields.required("displayName", problems)?;
        let name = checked(NamedValueName::new(text), at, problems)?;
        let clear = clear.as_ref().and_then(|node| Fields::new(node, "").any("value")).and_then(Node::text);
        let content = content(&fields, &name, clear, problems)?;
        let tags = fields.texts("tags", problems).into_iter().map(|(tag, _)| tag.into()).collect();
        Ok((NamedValue { id, name, content, tags, origin: Some(shown.at.clone()) }, at.at.clone()))
    }

    /// What is to be said when secrets are fetched and nobody says where this one is.
    fn nowhere(&self, value: &NamedValue) -> Option<Diagnostic> {
        let unset = value.content.slot().is_some_and(|slot| !slot.is_set());
        if !unset || matches!(self.secrets, Secrets::Unread) {
            return None;
        }
        let message = format!("nothing says where the secret of the named value `{}` is", value.name);
        let problem = Diagnostic::warning("secret-without-source", message);
        let problem = match &value.origin {
            Some(at) => problem.at(at.clone()),
            None => problem,
        };
        // A dot would make a table of the name.
        let quote = if value.name.as_str().contains('.') { "\"" } else { "" };
        let line = format!("{quote}{}{quote} = {{ env = \"NAME\" }}", value.name);
        let help = format!("write `{line}` into `[named-values]` of `secrets.toml`");
        Some(problem.help(help))
    }

    /// Takes the reference to this named value's secret, which wins over what the folder says; whether there is one.
    fn fill(&mut self, value: &mut NamedValue, references: &mut Vec<NamedReference<Arc<str>>>) -> bool {
        let wanted = |each: &NamedReference<Arc<str>>| *each.name == *value.name.as_str();
        let by_id = |each: &NamedReference<Arc<str>>| each.name.eq_ignore_ascii_case(value.id.as_str());
        let found = references.iter().rposition(wanted).or_else(|| references.iter().rposition(by_id));
        let Some(found) = found.map(|at| references.remove(at)) else { return false };
        references.retain(|each| !wanted(each));
        let bound = self.bind(value.name.to_shared(), found.reference, &found.at);
        match &mut value.content {
            NamedValueContent::KeyVault { slot, .. } => *slot = bound,
            content => *content = NamedValueContent::Secret(bound),
        }
        true
    }

    /// Binds the slot of a named value that the folder itself refers to a vault; whether it does.
    fn fill_from_vault(&mut self, value: &mut NamedValue) -> bool {
        let NamedValueContent::KeyVault { reference, slot } = &mut value.content else { return false };
        if let Some(at) = &value.origin {
            *slot = self.bind(value.name.to_shared(), SecretReference::Vault(reference.clone()), at);
        }
        true
    }
}

/// What a named value is; `clear` is its value as it stands in the file.
fn content(
    fields: &Fields<'_>,
    name: &NamedValueName,
    clear: Option<&str>,
    problems: &mut Diagnostics,
) -> Result<NamedValueContent, Reported> {
    let slot = SecretSlot::unset(name.to_shared());
    if let Some(vault) = fields.object("keyVault", problems) {
        let (identifier, at) = vault.required("secretIdentifier", problems)?;
        let secret = checked(VaultSecretIdentifier::parse(identifier), at, problems)?;
        let identity_client_id = vault.shared("identityClientId", problems).filter(|id| !id.is_empty());
        let reference = VaultReference { secret, identity_client_id };
        return Ok(NamedValueContent::KeyVault { reference, slot });
    }
    let secret = fields.flag("secret", false, problems);
    if secret && clear.is_none() {
        return Ok(NamedValueContent::Secret(slot));
    }
    let (_, at) = fields.required("value", problems)?;
    let clear = clear.unwrap_or("");
    checked(check_value(clear), at, problems)?;
    if !secret {
        return Ok(NamedValueContent::Plain(clear.into()));
    }
    let message = format!("the secret named value `{name}` has its value in the folder");
    let help = "take `value` out and say in `secrets.toml` where the secret is";
    problems.push(Diagnostic::warning("secret-in-clear", message).at(at.at.clone()).help(help));
    slot.replace(Secret::new(clear));
    Ok(NamedValueContent::Secret(slot))
}

/// 1 to 4096 characters, not only blanks (documentation of named values). The text itself is not shown.
fn check_value(text: &str) -> Result<(), &'static str> {
    match text.chars().count() {
        _ if text.trim().is_empty() => Err("the value of a named value must not be empty or blank"),
        count if count > 4096 => Err("the value of a named value has more than 4096 characters"),
        _ => Ok(()),
    }
}

fn taken(name: &NamedValueName, at: Location, first: Location) -> Diagnostic {
    Diagnostic::error("duplicate-name", format!("two named values have the display name `{name}`"))
        .at(at)
        .label(first, "the first one")
}

fn unknown<'n>(
    reference: &NamedReference<Arc<str>>,
    names: impl Iterator<Item = &'n NamedValueName>,
) -> Diagnostic {
    let near = did_you_mean(&reference.name, names.map(NamedValueName::as_str));
    Diagnostic::error("unknown-named-value", format!("there is no named value `{}`", reference.name))
        .at(reference.at.clone())
        .maybe_help(near.map(|near| format!("did you mean `{near}`?")))
}
