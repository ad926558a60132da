//! `key-vault-configuration`: puts a secret of a key vault into a context variable.
//!
//! ```xml
//! <key-vault-configuration resourceId="https://contoso.vault.azure.net" secretName="provider-key" />
//! ```
//!
//! The secret is read when the document is loaded and kept fresh like a named value of a vault. No request asks a vault.

use std::sync::Arc;

use expr::{Facts, Text, Value};
use model::{VaultHosts, VaultReference, VaultSecretIdentifier};
use policy::spec::{Example, Kind, Order, Repeat, attribute};
use policy::{
    Action, CompileCx, Exchange, Fault, FaultKind, Flow, PolicySpec, Reader, Reported, RunSync, Scopes, Sections,
    StepResult,
};
use secret::SecretSlot;
use source::Diagnostic;

pub(crate) const SPEC: PolicySpec = PolicySpec {
    element: "key-vault-configuration",
    summary: "Puts a secret of a key vault into a context variable.",
    sections: Sections::ALL,
    scopes: Scopes::ALL,
    repeat: Repeat::Many,
    attributes: &[
        attribute("resourceId", Kind::String, "The vault: its Azure resource id, or its URL.").required().literal(),
        attribute("secretName", Kind::String, "The secret's name, which is the variable's name too.")
            .required()
            .literal(),
    ],
    children: &[],
    order: Order::AsDeclared,
    reads: Facts::NONE,
    notes: &[
        "The variable is a `string` and has the name of the secret. It counts as a secret: traces and logs show `***`, \
         also for what expressions make of it.",
        "The latest version of the secret is read when the document is loaded, with the system-assigned identity of the \
         gateway, and is refreshed like a named value from a vault: by interval and on request. No request of a caller \
         waits for a vault, and the last value serves while the vault is away.",
        "Of an Azure resource id (`/subscriptions/…/providers/Microsoft.KeyVault/vaults/contoso`) the last part counts, \
         with the `suffix` of `[vault]` in the settings behind it. The vault must be among `allowed-hosts` there; the \
         document is refused otherwise.",
        "As long as the secret was never read, the request fails with 500 and the reason `SecretUnavailable`. The log of \
         the load says which vault, secret and identity.",
    ],
    differences: &[
        "The policy is an extension of Cardea's: published articles use it, Microsoft's reference does not have it. A \
         named value from a vault does the same in API Management.",
    ],
    source: "https://learn.microsoft.com/azure/api-management/api-management-howto-properties",
    examples: &[Example {
        title: "The provider's key from a vault",
        document: r#"<key-vault-configuration resourceId="/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/ai/providers/Microsoft.KeyVault/vaults/contoso" secretName="provider-key" />
<set-header name="api-key">
    <value>@((string)context.Variables["provider-key"])</value>
</set-header>"#,
        when: "vault-secret https://contoso.vault.azure.net/secrets/provider-key = k-1\n> GET /",
        then: "> GET /\n> api-key: k-1\n< 200\nvariable provider-key = ***",
    }],
};

/// `key-vault-configuration`, compiled.
#[derive(Debug)]
struct KeyVaultConfiguration {
    variable: Arc<str>,
    slot: SecretSlot,
}

pub(crate) fn compile(reader: &Reader<'_>, cx: &mut CompileCx<'_>) -> Result<Action, Reported> {
    let vault = reader.literal::<Text>("resourceId", cx);
    let name = reader.literal::<Text>("secretName", cx);
    let (vault, name) = (vault?.ok_or(Reported)?, name?.ok_or(Reported)?);
    let secret = identifier(vault.as_str().trim(), name.as_str().trim(), reader, cx)?;
    let variable = cx.variable(secret.name());
    let slot = cx.vault_secret(VaultReference { secret, identity_client_id: None }, reader.location());
    Ok(Action::Sync(Box::new(KeyVaultConfiguration { variable, slot })))
}

fn identifier(
    vault: &str,
    name: &str,
    reader: &Reader<'_>,
    cx: &mut CompileCx<'_>,
) -> Result<VaultSecretIdentifier, Reported> {
    let hosts = cx.known.vaults.hosts();
    let Some(url) = vault_url(vault, hosts) else {
        let problem = Diagnostic::error("bad-vault", "`resourceId` is neither the resource id of a key vault nor its URL");
        let help = "write `/subscriptions/<id>/resourceGroups/<group>/providers/Microsoft.KeyVault/vaults/<name>` or \
                    `https://<name>.vault.azure.net`";
        return Err(cx.report(problem.at(reader.location_of("resourceId")).help(help)));
    };
    let place = if VaultSecretIdentifier::in_vault(&url, "any").is_ok() { "secretName" } else { "resourceId" };
    let secret = VaultSecretIdentifier::in_vault(&url, name).map_err(|why| {
        cx.report(Diagnostic::error("bad-vault", why.to_string()).at(reader.location_of(place)))
    })?;
    match hosts.problem(&secret) {
        Some(problem) => Err(cx.report(problem.at(reader.location_of("resourceId")))),
        None => Ok(secret),
    }
}

/// The URL of the vault that a resource id or a URL means.
fn vault_url(text: &str, hosts: &VaultHosts) -> Option<String> {
    if text.contains("://") {
        return Some(text.to_owned());
    }
    let parts: Vec<&str> = text.strip_prefix('/')?.split('/').collect();
    let [subscriptions, _, groups, _, providers, provider, kind, name] = parts.as_slice() else { return None };
    let words = [
        (subscriptions, "subscriptions"),
        (groups, "resourceGroups"),
        (providers, "providers"),
        (provider, "Microsoft.KeyVault"),
        (kind, "vaults"),
    ];
    let is_vault = words.iter().all(|(found, wanted)| found.eq_ignore_ascii_case(wanted));
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-';
    (is_vault && !name.is_empty() && name.chars().all(fits)).then(|| hosts.url_of(name))
}

impl RunSync for KeyVaultConfiguration {
    fn run(&self, exchange: &mut Exchange) -> StepResult {
        let secret = self.slot.load().map_err(|_| {
            let message = format!("The secret `{}` of the key vault has no value.", self.variable);
            Fault::with_message(FaultKind::SecretUnavailable, message)
        })?;
        let value = Value::Text(Text::copied(secret.expose()).tainted());
        exchange.heap_mut().admit(&value);
        exchange.variables.set(&self.variable, value);
        Ok(Flow::Next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "/subscriptions/0/resourceGroups/g/providers/Microsoft.KeyVault/vaults/contoso";

    #[test]
    fn a_resource_id_gives_the_vault_of_its_name() {
        let hosts = VaultHosts::new(["*.vault.localhost:8443"], "vault.localhost:8443").unwrap();
        let url = |text: &str| vault_url(text, &hosts);
        assert_eq!(url(ID).as_deref(), Some("https://contoso.vault.localhost:8443"));
        assert_eq!(url(&ID.to_ascii_uppercase()).as_deref(), Some("https://CONTOSO.vault.localhost:8443"));
        assert_eq!(url("https://kv.example").as_deref(), Some("https://kv.example"));
        let others = ["contoso", "/vaults/contoso", &ID.replace("KeyVault", "Storage"), &format!("{ID}/secrets/k")];
        for other in others {
            assert_eq!(url(other), None, "{other}");
        }
        assert_eq!(url(&ID.replace("contoso", "evil.example#")), None);
    }
}
