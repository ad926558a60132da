//! Named values as the admin listener shows them, and secrets of vaults read when an operator asks.
//!
//! ```text
//! {"value": [{"id": "provider-key", "displayName": "provider-key", "secret": true,
//!   "keyVault": {"secretIdentifier": "https://models.vault.azure.net/secrets/provider-key",
//!                "lastStatus": {"code": "Success", "timeStampUtc": "2026-11-21T08:00:00Z"}}}], "secrets": []}
//! ```
//!
//! Names and shape are those of API Management's named values; values are never shown. `secrets` lists the other secrets
//! of vaults: those of certificates, subscriptions and policies.

use gateway::admin::{Problem, Refreshed};
use model::{NamedValue, NamedValueContent, SecretReference, VaultReference};
use serde_json::{Value, json};
use source::Diagnostic;

use super::Running;
use super::vaults::ReadStatus;

impl Running {
    /// Every named value and every other secret of a vault.
    pub(super) fn shown_named_values(&self) -> Value {
        let latest = self.latest.read();
        let named: Vec<Value> = latest.named_values.iter().map(|value| self.shown(value)).collect();
        let of_names: Vec<VaultReference> =
            latest.named_values.iter().filter_map(|value| self.vault_of(value)).collect();
        let others = self.vaults.references().into_iter().filter(|each| !of_names.contains(each));
        let mut others: Vec<Value> = others.map(|each| self.shown_reference(&each)).collect();
        others.sort_by_key(|each| each["secretIdentifier"].to_string());
        json!({ "value": named, "secrets": others })
    }

    fn shown(&self, value: &NamedValue) -> Value {
        let is_secret = !matches!(value.content, NamedValueContent::Plain(_));
        let mut shown = json!({
            "id": value.id.as_str(),
            "displayName": value.name.as_str(),
            "secret": is_secret,
        });
        if let Some(reference) = self.vault_of(value) {
            shown["keyVault"] = self.shown_reference(&reference);
        }
        shown
    }

    fn shown_reference(&self, reference: &VaultReference) -> Value {
        let mut shown = json!({ "secretIdentifier": reference.secret.to_string() });
        if let Some(identity) = &reference.identity_client_id {
            shown["identityClientId"] = json!(&**identity);
        }
        if let Some(status) = self.vaults.status(reference) {
            shown["lastStatus"] = shown_status(&status);
        }
        shown
    }

    /// The vault's secret that a named value has its value from: the folder may say so, or `secrets.toml`.
    fn vault_of(&self, value: &NamedValue) -> Option<VaultReference> {
        let slot = value.content.slot()?;
        let bindings = self.vaults.bindings();
        let binding = bindings.iter().find(|binding| binding.slot.is_same(slot))?;
        match &binding.reference {
            SecretReference::Vault(reference) => Some(reference.clone()),
            SecretReference::Env(_) | SecretReference::File(_) => None,
        }
    }

    /// Reads the secret of a named value now.
    pub(super) async fn refresh_one(&self, id: &str) -> Refreshed {
        let named = {
            let latest = self.latest.read();
            let is_it = |value: &&std::sync::Arc<NamedValue>| value.id.as_str().eq_ignore_ascii_case(id);
            latest.named_values.iter().find(is_it).cloned()
        };
        let Some(named) = named else {
            let message = format!("there is no named value `{id}`");
            return Refreshed::Unknown(Problem::from(&Diagnostic::error("unknown-named-value", message)));
        };
        let Some(reference) = self.vault_of(&named) else {
            let message = format!("the named value `{id}` is not in a key vault");
            return Refreshed::NotInVault(Problem::from(&Diagnostic::error("not-in-a-vault", message)));
        };
        self.vaults.read_all(vec![reference.clone()]).await;
        self.judged(&[reference], self.shown(&named))
    }

    /// Reads all secrets of vaults now.
    pub(super) async fn refresh_all(&self) -> Refreshed {
        let all = self.vaults.references();
        self.vaults.read_all(all.clone()).await;
        self.judged(&all, self.shown_named_values())
    }

    fn judged(&self, references: &[VaultReference], shown: Value) -> Refreshed {
        let is_good = |each| self.vaults.status(each).is_some_and(|status| status.is_good());
        if references.iter().all(is_good) { Refreshed::Done(shown) } else { Refreshed::Failed(shown) }
    }
}

fn shown_status(status: &ReadStatus) -> Value {
    let mut shown = json!({ "code": status.code, "timeStampUtc": status.at.to_string() });
    if let Some(message) = &status.message {
        shown["message"] = json!(message);
    }
    shown
}
