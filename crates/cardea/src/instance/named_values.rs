//! Named values as the admin listener shows them, and secrets of vaults read when an operator asks.
//!
//! ```text
//! {"value": [{"id": "provider-key", "displayName": "provider-key", "secret": true,
//!   "keyVault": {"secretIdentifier": "https://models.vault.azure.net/secrets/provider-key",
//!                "lastStatus": {"code": "Success", "timeStampUtc": "2026-11-21T08:00:00Z"}}}], "secrets": []}
//! ```
//!
//! Names and shape are those of API Management's named values; values are never shown. `secrets` lists the other secrets
//! of vaults: those of certificates, subscriptions and policies. The id of one of a workspace stands behind the
//! workspace's: `team/provider-key`.

use gateway::admin::{Problem, Refreshed};
use std::sync::Arc;

use model::{Configuration, NamedValue, NamedValueContent, SecretReference, VaultReference, qualified};
use serde::Serialize;
use serde_json::{Value, json};
use source::Diagnostic;

use super::Running;

/// A named value of what is served.
#[derive(Debug)]
pub(super) struct Held {
    /// Its id, behind the name of its workspace.
    id: String,
    value: Arc<NamedValue>,
}

/// The named values of the service, then those of its workspaces.
pub(super) fn held(configuration: &Configuration) -> Vec<Held> {
    let all = configuration.everywhere();
    let all =
        all.flat_map(|(workspace, place)| place.named_values.iter().map(move |value| (workspace, value)));
    all.map(|(workspace, value)| Held {
        id: qualified(workspace, value.id.as_str()),
        value: Arc::clone(value),
    })
    .collect()
}

/// A named value without its value.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    id: String,
    display_name: String,
    secret: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_vault: Option<ShownSecret>,
}

/// Where a secret is, and how reading it went.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownSecret {
    secret_identifier: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    identity_client_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_status: Option<LastStatus>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LastStatus {
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    time_stamp_utc: String,
}

impl Running {
    /// Every named value and every other secret of a vault.
    pub(super) fn shown_named_values(&self) -> Value {
        let latest = self.latest.read();
        let named: Vec<Shown> =
            latest.named_values.iter().map(|held| self.shown(&held.id, &held.value)).collect();
        let of_names: Vec<VaultReference> =
            latest.named_values.iter().filter_map(|held| self.vault_of(&held.value)).collect();
        let others = self.vaults.references().into_iter().filter(|each| !of_names.contains(each));
        let mut others: Vec<ShownSecret> = others.map(|each| self.shown_secret(&each)).collect();
        others.sort_by(|one, other| one.secret_identifier.cmp(&other.secret_identifier));
        json!({ "value": named, "secrets": others })
    }

    fn shown(&self, id: &str, value: &NamedValue) -> Shown {
        Shown {
            id: id.to_owned(),
            display_name: value.name.to_string(),
            secret: !matches!(value.content, NamedValueContent::Plain(_)),
            key_vault: self.vault_of(value).map(|reference| self.shown_secret(&reference)),
        }
    }

    fn shown_secret(&self, reference: &VaultReference) -> ShownSecret {
        ShownSecret {
            secret_identifier: reference.secret.to_string(),
            identity_client_id: reference.identity_client_id.as_deref().map(str::to_owned),
            last_status: self.vaults.status(reference).map(|status| LastStatus {
                code: status.code,
                message: status.message,
                time_stamp_utc: status.at.to_string(),
            }),
        }
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
            let found = latest.named_values.iter().find(|held| held.id.eq_ignore_ascii_case(id));
            found.map(|held| (held.id.clone(), Arc::clone(&held.value)))
        };
        let Some((id, named)) = named else {
            let message = format!("there is no named value `{id}`");
            return Refreshed::Unknown(Problem::from(&Diagnostic::error("unknown-named-value", message)));
        };
        let Some(reference) = self.vault_of(&named) else {
            let message = format!("the named value `{id}` is not in a key vault");
            return Refreshed::NotInVault(Problem::from(&Diagnostic::error("not-in-a-vault", message)));
        };
        self.vaults.read_all(vec![reference.clone()]).await;
        self.judged(&[reference], json!(self.shown(&id, &named)))
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
