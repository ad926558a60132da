//! A gateway that runs: configuration, callers, listeners, and how they are renewed.

mod certificates;
mod export;
mod first;
mod follow;
mod foreign;
mod known;
mod load;
mod named_values;
mod parties;
mod renew;
mod reread;
mod retired;
mod saved;
mod saving;
mod secret_files;
mod start;
mod vaults;

pub(crate) use export::Files;
pub(crate) use foreign::NoDemo;
pub(crate) use load::{Loaded, Loader, Over, Recall};
pub(crate) use parties::{identity_calls, vault_hosts};
pub(crate) use start::{Instance, Parts, open_store, outbound_options, resolving};
pub(crate) use vaults::DemoKeys;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use gateway::admin::{AdminState, Problem, Refreshed, Reloaded, Status};
use gateway::{ApiPolicies, Walk};
use parking_lot::RwLock;
use serde_json::{Value, json};
use source::Diagnostics;
use tokio::sync::Mutex;

/// What the running gateway keeps besides its listeners.
#[derive(Debug)]
pub(crate) struct Running {
    walk: Arc<Walk>,
    forwarder: Arc<gateway::Forwarder>,
    metrics: Arc<gateway::metrics::Metrics>,
    loader: Loader,
    vaults: vaults::Vaults,
    /// Secrets of the settings.
    own: Vec<model::SecretBinding>,
    store: Option<store::Store>,
    /// Whether a configuration with errors is refused as a whole.
    strict: bool,
    /// Hashes subscription keys; new for each process.
    hash_key: [u8; 32],
    generation: AtomicU64,
    draining: AtomicBool,
    /// What the admin listener shows of the configuration that was read last.
    latest: RwLock<Latest>,
    /// Configurations of before that requests still use.
    retired: retired::Retired,
    /// One renewal at a time.
    renewing: Mutex<()>,
    saving: saving::SavingState,
    /// What is known of identity providers.
    known: known::Known,
}

/// The configuration that was read last.
#[derive(Debug, Default)]
struct Latest {
    problems: Diagnostics,
    kept: Vec<String>,
    /// All of it, but for its secrets.
    configuration: model::Configuration,
    /// Subscriptions and users of the folder.
    subscriptions: Vec<Arc<model::Subscription>>,
    users: Vec<Arc<model::User>>,
    named_values: Vec<named_values::Held>,
    /// All secrets that have a source.
    secrets: Arc<[model::SecretBinding]>,
    /// Those of them that are keys of the folder's subscriptions.
    keys: Arc<Vec<model::SecretBinding>>,
    /// Subscriptions of the state directory whose keys are sealed with a key that is not there.
    locked: usize,
    files: secret_files::SecretFiles,
    /// The revision that was compiled last, be it served or not.
    revision: Option<catalog::Revision>,
    /// What became of the latest reading.
    reread: Option<reread::Reread>,
    /// Whether it is what was saved, in the place of the folder's.
    from_saved: bool,
}

impl AdminState for Running {
    fn status(&self) -> Status {
        let mut status = Status::default();
        if self.draining.load(Ordering::Relaxed) {
            status.reasons.push("the gateway is draining".to_owned());
        }
        if self.store.as_ref().is_some_and(|store| !store.sealed()) {
            match self.latest.read().locked {
                0 => {
                    let note = "there is no sealing key: no subscription can be made here, and the configuration is not saved";
                    status.notes.push(note.to_owned());
                }
                locked => status.reasons.push(format!(
                    "there is no sealing key, so subscriptions of the state directory cannot be used: {locked}"
                )),
            }
        }
        if let Some(why) = self.latest.read().reread.as_ref().and_then(reread::Reread::unread) {
            status.notes.push(format!("{why}; the configuration before goes on"));
        }
        if self.latest.read().from_saved {
            let note =
                "the configuration that was saved in the state directory is served, and not the folder's";
            status.notes.push(note.to_owned());
        }
        match self.vaults.missing() {
            0 => {}
            missing => status
                .notes
                .push(format!("secrets of vaults have no value, and what needs them is refused: {missing}")),
        }
        status
    }

    fn problems(&self) -> Vec<Problem> {
        self.latest.read().problems.iter().map(Problem::from).collect()
    }

    fn summary(&self) -> Value {
        let earlier = self.retired.sweep();
        let snapshot = self.walk.snapshot.load();
        let latest = self.latest.read();
        let apis: Vec<Value> = snapshot.apis.iter().map(|entry| api_summary(entry, &latest.kept)).collect();
        json!({
            "service": &*snapshot.site.service.name,
            "generation": snapshot.edition.generation,
            "revision": &*snapshot.edition.revision,
            "commit": snapshot.edition.commit.as_deref(),
            "apis": apis,
            "keys": self.walk.callers.load().keys(),
            "problems": latest.problems.len(),
            "earlierInUse": earlier,
            "source": if latest.from_saved { "saved" } else { "folder" },
            "saved": self.saving.shown(),
            "lastReload": latest.reread.as_ref().map(reread::Reread::shown),
        })
    }

    async fn export(&self) -> Result<Value, Problem> {
        self.files().await
    }

    fn backends(&self) -> Value {
        let now = self.walk.ports.clock.now();
        self.walk.snapshot.load().backends.iter().map(|backend| backend.summary(now)).collect()
    }

    fn named_values(&self) -> Value {
        self.shown_named_values()
    }

    async fn refresh_secret(&self, named_value: &str) -> Refreshed {
        self.refresh_one(named_value).await
    }

    async fn refresh_secrets(&self) -> Refreshed {
        self.refresh_all().await
    }

    async fn reload(&self) -> Reloaded {
        self.renew(renew::Cause::Asked).await
    }

    async fn reload_subscriptions(&self) -> Reloaded {
        let result = self.renew_callers().await;
        let problems = result.err().map(|error| source::Diagnostic::error("state", error.to_string()));
        Reloaded {
            accepted: problems.is_none(),
            generation: self.generation.load(Ordering::Relaxed),
            problems: problems.iter().map(Problem::from).collect(),
        }
    }
}

fn api_summary(entry: &gateway::ApiEntry, kept: &[String]) -> Value {
    let name = entry.api.qualified_name();
    let state = match &entry.policies {
        ApiPolicies::Refused => "refused",
        ApiPolicies::Compiled { .. } if kept.contains(&name) => "last-good",
        ApiPolicies::Compiled { .. } => "serving",
    };
    json!({
        "workspace": entry.api.workspace.as_ref().map(ToString::to_string),
        "id": entry.api.id.to_string(),
        "path": entry.api.path.as_str(),
        "revision": &*entry.api.revision,
        "state": state,
        "operations": entry.api.operations.len(),
        "products": entry.products.iter().map(|product| product.id.to_string()).collect::<Vec<_>>(),
        "subscriptionRequired": entry.api.subscription_required,
    })
}
