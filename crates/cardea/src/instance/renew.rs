//! Renewal while requests run: the folder anew, subscriptions anew, rotated secrets.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use catalog::{Scope, Unreadable};
use futures_util::future::join_all;
use gateway::Callers;
use gateway::admin::{Problem, Reloaded};
use gateway::metrics::ApiState;
use model::{Collection, Configuration, Resource, SecretBinding, SecretReference};
use source::{Diagnostic, Severity};

use super::load::{Before, Loaded};
use super::reread::{Outcome, Reread};
use super::secret_files::{SecretFiles, modified};
use super::vaults::Wanted;
use super::{Latest, Running};

/// How many OpenID providers are asked at once ahead of requests.
const AHEAD_AT_ONCE: usize = 4;

/// Why a configuration is read anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// The gateway starts.
    Start,
    /// The gateway starts with what was saved, because the folder is away or must not be served.
    Saved,
    /// Somebody asks: a signal, or the admin listener.
    Asked,
    /// The folder has changed.
    Changed,
    /// A secret has changed; which ones vaults are asked for.
    Secret(Wanted),
}

impl Cause {
    /// A stable word for it.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Saved => "saved",
            Self::Asked => "asked",
            Self::Changed => "changed",
            Self::Secret(_) => "secret",
        }
    }

    fn wanted(self) -> Wanted {
        match self {
            Self::Start | Self::Saved | Self::Asked | Self::Changed => Wanted::Latest,
            Self::Secret(wanted) => wanted,
        }
    }

    fn scope(self) -> Scope {
        match self {
            // The secret that has changed is in its slot already.
            Self::Changed | Self::Secret(_) => Scope::Changed,
            Self::Start | Self::Saved | Self::Asked => Scope::Everything,
        }
    }
}

impl Running {
    /// Reads the folder anew and serves it. An API with errors keeps its last good version; with `strict` nothing
    /// changes when there is any error. A folder that cannot be read changes nothing either.
    pub(super) async fn renew(&self, cause: Cause) -> Reloaded {
        let _one_at_a_time = self.renewing.lock().await;
        let known = Arc::clone(&self.latest.read().secrets);
        if let Some(problems) = self.would_be_refused(&known, cause).await {
            return self.refuse(problems, cause);
        }
        let taken = match self.loader.take(cause.scope(), &known).await {
            Ok(taken) => taken,
            Err(why) => return self.unread(&why, cause),
        };
        let revision = taken.version.revision.clone();
        if cause == Cause::Changed && self.latest.read().revision.as_ref() == Some(&revision) {
            tracing::debug!(%revision, "the folder was written anew, with the same files");
            self.is_of_folder();
            self.note(Reread::new(cause, Outcome::Served));
            return self.reloaded(true, Vec::new());
        }
        let previous = self.walk.snapshot.load_full();
        let before = Before { snapshot: Some(&previous), secrets: &known };
        let generation = self.generation.load(Ordering::Relaxed) + 1;
        let loaded = self.loader.compile(taken, generation, before, cause.wanted()).await;
        self.latest.write().revision = Some(revision);
        if self.strict && loaded.problems.has_errors() || loaded.has_no_gateway() {
            return self.refuse(loaded.problems, cause);
        }
        self.say(&loaded.problems);
        let problems = loaded.problems.iter().map(Problem::from).collect();
        let same_callers = cause == Cause::Changed && self.has_callers_of(&loaded.configuration);
        self.adopt(loaded, cause);
        self.retired.add(previous);
        if same_callers {
            return self.reloaded(true, problems);
        }
        if let Err(error) = self.renew_callers().await {
            tracing::error!(%error, "subscriptions cannot be read");
        }
        self.reloaded(true, problems)
    }

    /// With `strict`: what is wrong with a configuration that must not be served, if secrets have changed with it. To
    /// know without telling running requests of those secrets, it is compiled with places of its own for them.
    async fn would_be_refused(&self, known: &[SecretBinding], cause: Cause) -> Option<source::Diagnostics> {
        if !self.strict || !self.loader.has_other_secrets(known) {
            return None;
        }
        let taken = tokio::task::block_in_place(|| self.loader.read_anew()).ok()?;
        let before = Before { snapshot: None, secrets: &[] };
        let loaded = self.loader.compile(taken, 0, before, cause.wanted()).await;
        loaded.problems.has_errors().then_some(loaded.problems)
    }

    fn refuse(&self, problems: source::Diagnostics, cause: Cause) -> Reloaded {
        self.say(&problems);
        let errors = problems.count(Severity::Error);
        tracing::error!(errors, cause = cause.label(), "the new configuration is refused");
        self.metrics.configuration.refused();
        let shown = problems.iter().map(Problem::from).collect();
        self.latest.write().problems = problems;
        self.note(Reread::new(cause, Outcome::Refused));
        self.reloaded(false, shown)
    }

    /// The folder cannot be read: what is served goes on.
    fn unread(&self, why: &Unreadable, cause: Cause) -> Reloaded {
        let outcome = Outcome::Unread(why.to_string());
        let is_news = self.latest.read().reread.as_ref().is_none_or(|last| last.outcome != outcome);
        if is_news || cause != Cause::Changed {
            tracing::error!(
                code = why.code(),
                cause = cause.label(),
                "{why}; the configuration before goes on"
            );
        }
        self.metrics.configuration.unread();
        self.note(Reread::new(cause, outcome));
        let problem = Diagnostic::error(why.code(), why.to_string())
            .help("the configuration before goes on; read the folder again when it is complete");
        self.reloaded(false, vec![Problem::from(&problem)])
    }

    /// What is served is what the folder says.
    fn is_of_folder(&self) {
        if std::mem::take(&mut self.latest.write().from_saved) {
            tracing::info!("the folder is back; it is what was saved");
            self.metrics.configuration.from_saved(false);
        }
    }

    pub(super) fn note(&self, reread: Reread) {
        self.latest.write().reread = Some(reread);
    }

    fn reloaded(&self, accepted: bool, problems: Vec<Problem>) -> Reloaded {
        let generation = self.generation.load(Ordering::Relaxed);
        Reloaded { accepted, generation, problems }
    }

    /// Whether the folder's subscriptions and users are the very same as those that are served.
    fn has_callers_of(&self, configuration: &Configuration) -> bool {
        let latest = self.latest.read();
        // There may be very many: often they are the same in memory.
        if same_subscriptions(configuration, &latest.configuration)
            && configuration.users.is_same(&latest.configuration.users)
        {
            return true;
        }
        let subscriptions = everywhere(configuration, |place| &place.subscriptions);
        let users = configuration.users.iter();
        subscriptions.len() == latest.subscriptions.len()
            && users.len() == latest.users.len()
            && subscriptions.iter().zip(&latest.subscriptions).all(|(one, other)| Arc::ptr_eq(one, other))
            && users.zip(&latest.users).all(|(one, other)| Arc::ptr_eq(one, other))
    }

    /// All secrets: these and the keys. There may be very many keys, so it is the list from before when nothing changed.
    fn with_keys(&self, secrets: Vec<SecretBinding>, keys: &Arc<Vec<SecretBinding>>) -> Arc<[SecretBinding]> {
        let latest = self.latest.read();
        let same = |one: &SecretBinding, other: &SecretBinding| {
            one.slot.is_same(&other.slot) && one.reference == other.reference
        };
        let before = latest.secrets.len().checked_sub(latest.keys.len());
        let before = before.and_then(|few| latest.secrets.get(..few)).unwrap_or_default();
        let is_same = Arc::ptr_eq(keys, &latest.keys)
            && before.len() == secrets.len()
            && before.iter().zip(&secrets).all(|(one, other)| same(one, other));
        match is_same {
            true => Arc::clone(&latest.secrets),
            false => secrets.into_iter().chain(keys.iter().cloned()).collect(),
        }
    }

    /// Serves a configuration from now on.
    pub(super) fn adopt(&self, loaded: Loaded, cause: Cause) {
        let Loaded { mut configuration, built, revision, problems, read } = loaded;
        let generation = built.snapshot.edition.generation;
        let is_kept = !built.kept.is_empty();
        self.forwarder.configure(built.destinations);
        // It takes effect first; with many APIs what follows takes a while.
        let snapshot = Arc::new(built.snapshot);
        self.walk.snapshot.store(Arc::clone(&snapshot));
        self.generation.store(generation, Ordering::Relaxed);
        self.publish(&snapshot, &built.kept, &problems, cause);
        self.fetch_ahead(&snapshot);
        let secrets: Vec<SecretBinding> =
            std::mem::take(&mut configuration.secrets).into_iter().chain(built.secrets).collect();
        let all = self.with_keys(secrets, &configuration.keys);
        self.vaults.bind(all.iter());
        let mut latest = self.latest.write();
        let files = match Arc::ptr_eq(&all, &latest.secrets) {
            true => std::mem::take(&mut latest.files),
            false => SecretFiles::of(&all, (&latest.secrets, &latest.files), read),
        };
        *latest = Latest {
            problems,
            kept: built.kept,
            subscriptions: match same_subscriptions(&configuration, &latest.configuration) {
                true => std::mem::take(&mut latest.subscriptions),
                false => everywhere(&configuration, |place| &place.subscriptions),
            },
            users: configuration.users.iter().cloned().collect(),
            named_values: super::named_values::held(&configuration),
            secrets: all,
            keys: Arc::clone(&configuration.keys),
            configuration,
            locked: latest.locked,
            files,
            revision: Some(revision),
            reread: Some(Reread::new(cause, Outcome::Served)),
            from_saved: cause == Cause::Saved,
        };
        drop(latest);
        self.metrics.configuration.from_saved(cause == Cause::Saved);
        self.offer_for_saving(cause, &snapshot.edition, is_kept);
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

    fn publish(
        &self,
        snapshot: &gateway::Snapshot,
        kept: &[String],
        problems: &source::Diagnostics,
        cause: Cause,
    ) {
        let edition = &snapshot.edition;
        let kept: HashSet<&str> = kept.iter().map(String::as_str).collect();
        let state = |entry: &gateway::ApiEntry| match &entry.policies {
            gateway::ApiPolicies::Refused => ApiState::Failed,
            gateway::ApiPolicies::Compiled { .. } if kept.contains(&*entry.api.qualified_name()) => {
                ApiState::LastGood
            }
            gateway::ApiPolicies::Compiled { .. } => ApiState::Serving,
        };
        tracing::info!(
            generation = edition.generation,
            revision = &*edition.revision,
            commit = edition.commit.as_deref(),
            cause = cause.label(),
            apis = snapshot.apis.len(),
            errors = problems.count(Severity::Error),
            warnings = problems.count(Severity::Warning),
            "configuration in effect"
        );
        // With many APIs this takes a while.
        let apis: Vec<_> =
            snapshot.apis.iter().map(|entry| (entry.api.qualified_name(), state(entry))).collect();
        self.metrics.configuration.publish(edition, &apis);
        self.metrics
            .configuration
            .problems(problems.count(Severity::Error), problems.count(Severity::Warning));
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
            // Those of the state directory are the service's.
            let of_service =
                subscriptions.iter().filter(|known| known.workspace.is_none() && !kept.is_empty());
            let known: HashSet<_> = of_service.map(|known| known.id.clone()).collect();
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
            let _reloaded = self.renew(Cause::Secret(Wanted::Missing)).await;
        }
    }

    /// Looks whether files of secrets have changed, and takes the new secrets. A secret that policies hold as code
    /// needs a new compilation, which follows.
    pub(super) async fn renew_secrets(&self) {
        for binding in &self.own {
            // Read each time: there are few, and nothing needs compiling.
            let _rotated = self.renew_secret(binding);
        }
        let mut rotated = false;
        for binding in self.with_other_files() {
            rotated |= self.renew_secret(&binding);
        }
        if rotated {
            let _reloaded = self.renew(Cause::Secret(Wanted::Latest)).await;
        }
    }

    /// The secrets whose files are not as they were when they were looked at last. Very many are looked at in turns.
    fn with_other_files(&self) -> Vec<SecretBinding> {
        let (secrets, turn) = {
            let mut latest = self.latest.write();
            let turn: Vec<usize> = latest.files.turn().collect();
            (Arc::clone(&latest.secrets), turn)
        };
        let look = |at: usize| match &secrets.get(at)?.reference {
            SecretReference::File(path) => Some((at, modified(path))),
            SecretReference::Env(_) | SecretReference::Vault(_) => None,
        };
        let looked: Vec<_> = tokio::task::block_in_place(|| turn.into_iter().filter_map(look).collect());
        let mut latest = self.latest.write();
        if !Arc::ptr_eq(&secrets, &latest.secrets) {
            // Another configuration has come meanwhile; it is looked at next time.
            return Vec::new();
        }
        let others = looked.into_iter().filter(|(at, now)| latest.files.is_other(*at, *now));
        others.filter_map(|(at, _)| secrets.get(at).cloned()).collect()
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

/// Whether the subscriptions of two configurations are the same in memory.
fn same_subscriptions(one: &Configuration, other: &Configuration) -> bool {
    let of = |configuration: &'_ Configuration| configuration.everywhere().count();
    let mut pairs = one.everywhere().zip(other.everywhere());
    of(one) == of(other)
        && pairs.all(|((_, one), (_, other))| one.subscriptions.is_same(&other.subscriptions))
}

/// The resources of one kind of the service and of its workspaces.
fn everywhere<T: Resource>(
    configuration: &Configuration,
    kind: impl Fn(&Configuration) -> &Collection<T>,
) -> Vec<Arc<T>> {
    configuration.everywhere().flat_map(|(_, place)| kind(place).iter().cloned()).collect()
}
