//! Named values as the folder has them.

use std::sync::Arc;

use model::{
    NamedValue, NamedValueContent, NamedValueId, NamedValueName, VaultReference, VaultSecretIdentifier,
};
use secret::{Secret, SecretSlot};
use source::{Diagnostic, Diagnostics, Location};

use super::unit::{Reader, Unit};
use crate::fields::{Fields, checked};
use crate::files::Reported;
use crate::tree::Node;

/// A named value, and where its display name stands.
#[derive(Debug)]
pub(super) struct NamedValueRead {
    pub(super) value: Arc<NamedValue>,
    pub(super) name_at: Location,
}

const KNOWN: [&str; 6] =
    ["displayName", "value", "secret", "tags", "keyVault.secretIdentifier", "keyVault.identityClientId"];

/// Reads `named values/<id>`. Where its secret comes from is not looked at.
pub(super) fn unit(mut reader: Reader<'_>) -> Unit<NamedValueRead> {
    let read = read(&mut reader);
    reader.finish(read)
}

fn read(reader: &mut Reader<'_>) -> Result<NamedValueRead, Reported> {
    let id = reader.id(NamedValueId::new)?;
    let subject = format!("the named value `{id}`");
    let (clear, shown) = reader.sensitive("namedValueInformation.json", &subject, &["value"])?;
    let fields = Fields::new(&shown.properties, subject);
    let problems = &mut reader.problems;
    let (text, at) = fields.required("displayName", problems)?;
    let name = checked(NamedValueName::new(text), at, problems)?;
    let value = Fields::new(&clear.properties, "").any("value").and_then(Node::text);
    let content = content(&fields, &name, value, problems)?;
    let tags = fields.texts("tags", problems).into_iter().map(|(tag, _)| tag.into()).collect();
    let rest = clear.rest(&KNOWN);
    let value = NamedValue { id, name, content, tags, rest, origin: Some(fields.node.at.clone()) };
    Ok(NamedValueRead { value: value.into(), name_at: at.at.clone() })
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
    let message = format!("the value of the secret named value `{name}` stands in clear");
    let help = "take `value` out and say in `secrets.toml` where the secret is";
    problems.push(Diagnostic::warning("secret-in-clear", message).at(at.at.clone()).help(help));
    slot.replace(Secret::new(clear));
    Ok(NamedValueContent::Secret(slot))
}

/// Whether a text can be the value of a named value: 1 to 4096 characters, not only blanks (documentation of named
/// values).
///
/// # Errors
/// Why it cannot; the text itself is not shown.
pub fn check_value(text: &str) -> Result<(), &'static str> {
    match text.chars().count() {
        _ if text.trim().is_empty() => Err("the value of a named value must not be empty or blank"),
        count if count > 4096 => Err("the value of a named value has more than 4096 characters"),
        _ => Ok(()),
    }
}
