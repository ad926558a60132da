//! Named values: that no two have one name, and where their secrets come from.

use std::collections::HashMap;
use std::sync::Arc;

use model::{NamedValue, NamedValueContent, NamedValueName, SecretReference};
use source::{Diagnostic, Location, did_you_mean};

use super::{Assembly, Secrets, insert};
use crate::load::named_values::NamedValueRead;
use crate::load::unit::Unit;
use crate::overlay::NamedReference;

impl Assembly<'_> {
    pub(super) fn named_values(&mut self, units: Vec<Unit<NamedValueRead>>) {
        let mut names: HashMap<NamedValueName, Location> = HashMap::new();
        let mut references = std::mem::take(&mut self.overlay.named_values);
        for read in self.read(units) {
            if let Some(first) = names.get(&read.value.name) {
                self.problems.push(taken(&read.value.name, read.name_at.clone(), first.clone()));
                continue;
            }
            names.insert(read.value.name.clone(), read.name_at.clone());
            let bound = self.fill(&read.value, &mut references).or_else(|| self.fill_from_vault(&read.value));
            if bound.is_none() {
                self.problems.extend(self.nowhere(&read.value));
            }
            let value = bound.map_or_else(|| Arc::clone(&read.value), Arc::new);
            insert(&mut self.configuration.named_values, value, &mut self.problems);
        }
        for left in references {
            self.problems.push(unknown(&left, names.keys()));
        }
    }

    /// What is to be said when secrets are fetched and nobody says where this one is.
    fn nowhere(&self, value: &NamedValue) -> Option<Diagnostic> {
        let unset = value.content.slot().is_some_and(|slot| !slot.is_set());
        if !unset || matches!(self.options.secrets, Secrets::Unread) {
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

    /// The named value with the reference to its secret, which wins over what the folder says; none if there is none.
    fn fill(
        &mut self,
        value: &NamedValue,
        references: &mut Vec<NamedReference<Arc<str>>>,
    ) -> Option<NamedValue> {
        let wanted = |each: &NamedReference<Arc<str>>| *each.name == *value.name.as_str();
        let by_id = |each: &NamedReference<Arc<str>>| each.name.eq_ignore_ascii_case(value.id.as_str());
        let found = references.iter().rposition(wanted).or_else(|| references.iter().rposition(by_id))?;
        let found = references.remove(found);
        references.retain(|each| !wanted(each));
        let slot = self.bind(value.name.to_shared(), found.reference, &found.at);
        let content = match &value.content {
            NamedValueContent::KeyVault { reference, .. } => {
                NamedValueContent::KeyVault { reference: reference.clone(), slot }
            }
            _ => NamedValueContent::Secret(slot),
        };
        Some(NamedValue { content, ..value.clone() })
    }

    /// The named value bound to the vault that the folder itself refers to; none if it refers to none.
    fn fill_from_vault(&mut self, value: &NamedValue) -> Option<NamedValue> {
        let NamedValueContent::KeyVault { reference, .. } = &value.content else { return None };
        let at = value.origin.as_ref()?;
        let slot = self.bind(value.name.to_shared(), SecretReference::Vault(reference.clone()), at);
        let content = NamedValueContent::KeyVault { reference: reference.clone(), slot };
        Some(NamedValue { content, ..value.clone() })
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
