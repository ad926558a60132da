//! Renewal while requests run: the folder anew, subscriptions anew, rotated secrets.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::SystemTime;

use futures_util::future::join_all;
use gateway::Callers;
use gateway::admin::{Problem, Reloaded};
use gateway::metrics::ApiState;
use model::{SecretBinding, SecretReference};
use source::Severity;

use super::load::Loaded;
use super::vaults::Wanted;
use super::{Latest, Running};

/// How many OpenID providers are asked at once ahead of requests.
const AHEAD_AT_ONCE: usize = 4;

impl Running {
    /// Reads the folder anew and serves it. An API with errors keeps its last good version; with `strict` nothing
    /// changes when there is any error.
    pub(super) async fn renew(&self) -> Reloaded {
        self.renew_with(Wanted::Latest).await
    }

    /// The same; `wanted` says which secrets vaults are asked for.
    async fn renew_with(&self, wanted: Wanted) -> Reloaded {
        let _one_at_a_time = self.renewing.lock().await;
        let generation = self.generation.load(Ordering::Relaxed) + 1;
        let previous = self.walk.snapshot.load_full();
        let known = self.latest.read().secrets.clone();
        let loaded = self.loader.load_after(generation, Some(&previous), &known, wanted).await;
        self.say(&loaded.problems);
        let refused = self.strict && loaded.problems.has_errors();
        let problems = loaded.problems.iter().map(Problem::from).collect();
        if refused {
            tracing::error!(
                errors = loaded.problems.count(Severity::Error),
                "the new configuration is refused"
            );
            self.latest.write().problems = loaded.problems;
        } else {
            self.adopt(loaded);
            if let Err(error) = self.renew_callers().await {
                tracing::error!(%error, "subscriptions cannot be read");
            }
        }
        let generation = self.generation.load(Ordering::Relaxed);
        if refused {
            self.metrics.configuration.refused();
        }
        Reloaded { accepted: !refused, generation, problems }
    }

    /// Serves a configuration from now on.
    pub(super) fn adopt(&self, loaded: Loaded) {
        let Loaded { configuration, built, problems } = loaded;
        let secrets: Vec<SecretBinding> = configuration.secrets.into_iter().chain(built.secrets).collect();
        let generation = built.snapshot.generation;
        self.forwarder.configure(built.destinations);
        self.publish(&built.snapshot, &built.kept, &problems);
        self.fetch_ahead(&built.snapshot);
        self.walk.snapshot.store(Arc::new(built.snapshot));
        self.generation.store(generation, Ordering::Relaxed);
        self.vaults.bind(secrets.iter());
        let mut latest = self.latest.write();
        // A file that changed since it was looked at last may have done so after it was read just now: it is looked at
        // once more.
        let files = unread(&secrets, &latest.files);
        *latest = Latest {
            problems,
            kept: built.kept,
            subscriptions: configuration.subscriptions.iter().cloned().collect(),
            users: configuration.users.iter().cloned().collect(),
            named_values: configuration.named_values.iter().cloned().collect(),
            secrets,
            locked: latest.locked,
            files,
        };
    }

    /// Has the keys of OpenID providers fetched in the background, so that the first caller does not wait for them. One
    /// that cannot be had is asked again when a token comes.
    fn fetch_ahead(&self, snapshot: &gateway::Snapshot) {
        let providers = Arc::clone(&self.walk.ports.providers);
        let urls: Vec<String> = snapshot.providers(providers.authority()).into_iter().collect();
        tokio::spawn(async move {
            for some in urls.chunks(AHEAD_AT_ONCE) {
                for answer in join_all(some.iter().map(|url| providers.provider(url))).await {
                    if let Err(error) = answer {
                        tracing::warn!(%error, "a provider's keys are not there yet");
                    }
                }
            }
        });
    }

    fn publish(&self, snapshot: &gateway::Snapshot, kept: &[String], problems: &source::Diagnostics) {
        let kept: HashSet<&str> = kept.iter().map(String::as_str).collect();
        let state = |entry: &gateway::ApiEntry| match &entry.policies {
            gateway::ApiPolicies::Refused => ApiState::Failed,
            gateway::ApiPolicies::Compiled { .. } if kept.contains(entry.api.id.as_str()) => {
                ApiState::LastGood
            }
            gateway::ApiPolicies::Compiled { .. } => ApiState::Serving,
        };
        let apis: Vec<_> = snapshot.apis.iter().map(|entry| (entry.api.id.clone(), state(entry))).collect();
        self.metrics.configuration.publish(snapshot.generation, &apis);
        self.metrics
            .configuration
            .problems(problems.count(Severity::Error), problems.count(Severity::Warning));
        tracing::info!(
            generation = snapshot.generation,
            apis = apis.len(),
            errors = problems.count(Severity::Error),
            warnings = problems.count(Severity::Warning),
            "configuration in effect"
        );
    }

    /// Reads subscriptions and users anew, those of the folder and those of the state directory.
    pub(super) async fn renew_callers(&self) -> Result<(), store::StoreError> {
        let (mut subscriptions, mut users) = {
            let latest = self.latest.read();
            (latest.subscriptions.clone(), latest.users.clone())
        };
        if let Some(store) = &self.store {
            let kept = store.subscriptions().load_all().await?;
            self.latest.write().locked = if store.sealed() { 0 } else { kept.len() };
            let known: HashSet<_> = subscriptions.iter().map(|known| known.id.clone()).collect();
            for subscription in kept {
                if known.contains(&subscription.id) {
                    tracing::error!(subscription = %subscription.id, "is in the folder and in the state directory; the folder's is used");
                    continue;
                }
                subscriptions.push(Arc::new(subscription));
            }
            let own = store.users().list().await?;
            let known: HashSet<_> = users.iter().map(|known| known.id.clone()).collect();
            users.extend(own.into_iter().map(Arc::new).filter(|user| !known.contains(&user.id)));
        }
        self.walk.callers.store(Arc::new(Callers::new(&self.hash_key, subscriptions, users)));
        Ok(())
    }

    /// Reads secrets of vaults when they are due, for ever. A secret that policies hold as code needs a new compilation,
    /// which follows.
    pub(super) async fn follow_vaults(&self) {
        loop {
            self.vaults.changed().await;
            let _reloaded = self.renew_with(Wanted::Missing).await;
        }
    }

    /// Looks whether files of secrets have changed, and takes the new secrets. A secret that policies hold as code
    /// needs a new compilation, which follows.
    pub(super) async fn renew_secrets(&self) {
        for binding in &self.own {
            // Read each time: there are few, and nothing needs compiling.
            let _rotated = self.renew_secret(binding);
        }
        let changed = {
            let latest = self.latest.read();
            latest.files.iter().any(|(path, seen)| modified(path) != *seen)
        };
        if !changed {
            return;
        }
        let bindings = {
            let mut latest = self.latest.write();
            latest.files = watched(&latest.secrets);
            latest.secrets.clone()
        };
        let mut rotated = false;
        for binding in &bindings {
            rotated |= self.renew_secret(binding);
        }
        if rotated {
            let _reloaded = self.renew().await;
        }
    }

    /// Puts the secret of this moment into its slot; says whether it is another one. One that cannot be read leaves
    /// the old one in place.
    fn renew_secret(&self, binding: &SecretBinding) -> bool {
        if matches!(binding.reference, SecretReference::Vault(_)) {
            return false;
        }
        let Some(source) = &self.loader.secrets else { return false };
        match source.read(&binding.reference) {
            Ok(fresh) => {
                let same = binding.slot.load().is_ok_and(|held| held.matches(fresh.expose()));
                if !same {
                    tracing::info!(secret = %binding.slot.name(), "a secret was rotated");
                    binding.slot.replace(fresh);
                }
                !same
            }
            Err(error) => {
                tracing::warn!(secret = %binding.slot.name(), %error, "a secret cannot be read; the old one stays");
                false
            }
        }
    }
}

/// The files of secrets, as they are now.
fn watched(secrets: &[SecretBinding]) -> Vec<(PathBuf, Option<SystemTime>)> {
    paths(secrets).map(|path| (path.to_owned(), modified(path))).collect()
}

/// The files of secrets, as they were when they were looked at last.
fn unread(
    secrets: &[SecretBinding],
    seen: &[(PathBuf, Option<SystemTime>)],
) -> Vec<(PathBuf, Option<SystemTime>)> {
    let seen: HashMap<&Path, Option<SystemTime>> =
        seen.iter().map(|(path, at)| (path.as_path(), *at)).collect();
    let before = |path: &Path| seen.get(path).copied().flatten();
    paths(secrets).map(|path| (path.to_owned(), before(path))).collect()
}

fn paths(secrets: &[SecretBinding]) -> impl Iterator<Item = &Path> {
    secrets.iter().filter_map(|binding| match &binding.reference {
        SecretReference::File(path) => Some(path.as_path()),
        SecretReference::Env(_) | SecretReference::Vault(_) => None,
    })
}

fn modified(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).and_then(|about| about.modified()).ok()
}
