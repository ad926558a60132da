//! Named values for documents, and text of the configuration with named values in it.

use expr::Text;
use model::{Configuration, NamedValueContent, SecretBinding, SecretReference, ValueText};
use policy::{NamedValueTable, Piece, Reading, Template};
use policy_doc::{Lookup, NamedValues as _};
use source::{Diagnostic, Diagnostics, did_you_mean};

/// The named values of a service or workspace; `secrets` says where those of all of them come from.
pub(crate) fn table(
    configuration: &Configuration,
    secrets: &[SecretBinding],
    reading: Reading,
) -> NamedValueTable {
    let mut table = NamedValueTable::new(reading);
    for value in configuration.named_values.iter() {
        match &value.content {
            NamedValueContent::Plain(text) => table.plain(value.name.as_str(), text),
            NamedValueContent::Secret(slot) | NamedValueContent::KeyVault { slot, .. } => {
                table.secret(value.name.as_str(), slot.clone());
            }
        }
    }
    for binding in secrets {
        if let SecretReference::Vault(_) = binding.reference {
            table.rotates(binding.slot.clone());
        }
    }
    table
}

/// A value of a resource with its named values put in; secrets stay slots.
pub(crate) fn template(
    value: &ValueText,
    names: &NamedValueTable,
    problems: &mut Diagnostics,
) -> Option<Template> {
    let mut pieces = Vec::new();
    let mut complete = true;
    for part in parts(&value.text) {
        match part {
            Part::Text(text) => pieces.push(Piece::Text(Text::copied(text))),
            Part::Name(name) => match names.get(name) {
                Lookup::Plain(text) => pieces.push(Piece::Text(Text::copied(text))),
                Lookup::Secret { slot, .. } => {
                    pieces.extend(names.slots().get(slot).cloned().map(Piece::Slot))
                }
                Lookup::Unknown => {
                    problems.push(unknown(name, value, names));
                    complete = false;
                }
            },
        }
    }
    complete.then(|| Template::new(pieces))
}

fn unknown(name: &str, value: &ValueText, names: &NamedValueTable) -> Diagnostic {
    let near = did_you_mean(name, names.names());
    let problem = Diagnostic::error("unknown-named-value", format!("there is no named value `{name}`"))
        .maybe_help(near.map(|near| format!("did you mean `{near}`?")));
    match &value.at {
        Some(at) => problem.at(at.clone()),
        None => problem,
    }
}

enum Part<'a> {
    Text(&'a str),
    Name(&'a str),
}

/// Cuts text at `{{name}}`.
fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((name, before, after)) = next_name(rest) {
        if !before.is_empty() {
            parts.push(Part::Text(before));
        }
        parts.push(Part::Name(name));
        rest = after;
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest));
    }
    parts
}

fn next_name(text: &str) -> Option<(&str, &str, &str)> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    text.match_indices("{{").find_map(|(at, _)| {
        let inside = text.get(at + 2..)?;
        let (name, after) = inside.split_once("}}")?;
        let good = !name.is_empty() && name.chars().all(fits);
        good.then_some((name, text.get(..at)?, after))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use secret::{Secret, SecretSlot};

    #[test]
    fn secrets_in_a_credential_are_read_when_it_is_used() {
        let slot = SecretSlot::holding("key", Secret::new("one"));
        let mut table = NamedValueTable::new(Reading::Withheld);
        table.secret("key", slot.clone());
        table.plain("scheme", "Key");
        let mut problems = Diagnostics::new();
        let template = template(&ValueText::new("{{scheme}} {{key}}{x}"), &table, &mut problems).unwrap();
        assert_eq!(template.render().unwrap().as_str(), "Key one{x}");
        slot.replace(Secret::new("two"));
        let text = template.render().unwrap();
        assert_eq!(text.as_str(), "Key two{x}");
        assert!(text.is_tainted() && problems.is_empty());
    }

    #[test]
    fn an_unknown_name_is_an_error_with_a_proposal() {
        let mut table = NamedValueTable::new(Reading::Withheld);
        table.plain("provider-key", "x");
        let mut problems = Diagnostics::new();
        assert!(template(&ValueText::new("{{provider-kay}}"), &table, &mut problems).is_none());
        let help = problems.iter().flat_map(|each| each.help.clone()).collect::<Vec<_>>();
        assert_eq!(help, ["did you mean `provider-key`?"]);
    }
}
