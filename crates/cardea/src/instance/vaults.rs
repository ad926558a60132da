//! Secrets of key vaults: their values, how reading them went, and reading them anew.
//!
//! Values outlive configurations: one that is loaded while its vault is away begins with what was known. Secrets with
//! a version are read once; the others by interval, when an operator asks, and early when a backend answers 401. What
//! is read goes into the slots of the configuration that is served.
//!
//! Everything here runs on the runtime that made it; requests, which run on others, only wait for it.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use gateway::metrics::VaultMetrics;
use identity::vault::{Client, Error, Fetched};
use jiff::Timestamp;
use model::{Configuration, SecretBinding, SecretReference, VaultReference};
use parking_lot::{Mutex, RwLock};
use policy::{Clock, PortFuture, Rotated, SecretRotation};
use secret::{Secret, SecretSlot};
use source::Diagnostics;
use tokio::runtime::Handle;
use tokio::sync::Notify;

use crate::settings::Vault as Settings;
use crate::system::DEMO_KEY;

/// How long a request that was answered with 401 waits for vaults at most. The reading itself goes on.
const EARLY_WAIT: Duration = Duration::from_secs(5);

/// Longest pause between two looks at what is due.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Whether secrets that begin like those of the demo are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DemoKeys {
    /// They are: this is the demo.
    #[cfg_attr(not(feature = "demo"), expect(dead_code, reason = "packages are built without the demo"))]
    Taken,
    /// They are refused (decision 23).
    Refused,
}

/// The secrets of vaults.
#[derive(Clone)]
pub(crate) struct Vaults(Arc<Inner>);

struct Inner {
    client: Client,
    settings: Settings,
    demo_keys: DemoKeys,
    clock: Arc<dyn Clock>,
    metrics: VaultMetrics,
    runtime: Handle,
    held: Mutex<HashMap<VaultReference, Arc<Place>>>,
    /// The slots of the configuration that is served.
    bound: RwLock<Vec<SecretBinding>>,
    /// Whether a secret has another value than the configuration that is served was compiled with.
    is_changed: AtomicBool,
    news: Notify,
}

/// One secret.
#[derive(Default)]
struct Place {
    state: Mutex<State>,
    /// One reading at a time.
    gate: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    value: Option<Secret>,
    /// When the value was read.
    read: Option<Timestamp>,
    /// When the vault was asked last.
    asked: Option<Timestamp>,
    /// When a backend's 401 made somebody ask it last.
    early: Option<Timestamp>,
    status: Option<ReadStatus>,
    /// Whether it is the value of a named value, which has bounds that other secrets do not have.
    is_named_value: bool,
}

/// How the latest reading went, in the words of `lastStatus` of a named value.
#[derive(Clone, Debug)]
pub(super) struct ReadStatus {
    /// `Success` or what went wrong.
    pub code: &'static str,
    /// What went wrong, and what to do.
    pub message: Option<String>,
    /// When.
    pub at: Timestamp,
}

impl ReadStatus {
    /// Whether it went well.
    #[must_use]
    pub(super) fn is_good(&self) -> bool {
        self.message.is_none()
    }
}

/// Which secrets are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Those without a version, and those that have no value.
    Latest,
    /// Those that have no value.
    Missing,
}

impl fmt::Debug for Vaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vaults")
    }
}

impl Vaults {
    /// No secret is known yet. Reading happens on the runtime that calls this.
    #[must_use]
    pub(super) fn new(
        client: Client,
        settings: Settings,
        demo_keys: DemoKeys,
        metrics: VaultMetrics,
    ) -> Self {
        Self(Arc::new(Inner {
            client,
            settings,
            demo_keys,
            clock: Arc::new(crate::system::SystemClock),
            metrics,
            runtime: Handle::current(),
            held: Mutex::default(),
            bound: RwLock::default(),
            is_changed: AtomicBool::new(false),
            news: Notify::new(),
        }))
    }

    /// Says which secrets are values of named values, before they are read.
    pub(super) fn note_named_values(&self, configuration: &Configuration) {
        let values = configuration.everywhere().flat_map(|(_, place)| place.named_values.iter());
        let slots = values.filter_map(|value| value.content.slot());
        let names: HashSet<&Arc<str>> = slots.map(SecretSlot::name).collect();
        // What else has a slot has blanks in its name.
        for binding in configuration.secrets.iter().filter(|binding| names.contains(binding.slot.name())) {
            if let Some(reference) = reference(binding) {
                self.0.place(reference).state.lock().is_named_value = true;
            }
        }
    }

    /// Begins with values that were saved: they serve until their vaults have answered.
    pub(super) fn recall<'s>(&self, saved: impl Iterator<Item = (&'s VaultReference, &'s Secret)>) {
        for (reference, secret) in saved {
            let place = self.0.place(reference);
            place.state.lock().value.get_or_insert_with(|| secret.clone());
        }
    }

    /// Whether any of these secrets is in a vault.
    pub(super) fn concern(bindings: &[SecretBinding]) -> bool {
        bindings.iter().any(|binding| reference(binding).is_some())
    }

    /// Fills the slots of a configuration that is not served yet, and says which secrets cannot be had. Waits so long
    /// as the settings say; what comes later goes into the slots once they are served ([`Vaults::bind`]).
    pub(super) async fn fill(&self, bindings: &[SecretBinding], wanted: Wanted) -> Diagnostics {
        let references: HashSet<&VaultReference> = bindings.iter().filter_map(reference).collect();
        let due: Vec<_> =
            references.into_iter().filter(|each| self.0.is_wanted(each, wanted)).cloned().collect();
        let wait = Duration::from_secs(self.0.settings.wait_seconds);
        let _all_in_time = tokio::time::timeout(wait, self.read_all(due)).await;
        bindings.iter().filter_map(|binding| self.0.fill(binding)).collect()
    }

    /// The slots of the configuration that is served from now on.
    pub(super) fn bind<'b>(&self, bindings: impl Iterator<Item = &'b SecretBinding>) {
        let bindings: Vec<_> = bindings.filter(|each| reference(each).is_some()).cloned().collect();
        let used: HashSet<VaultReference> = bindings.iter().filter_map(reference).cloned().collect();
        self.0.held.lock().retain(|reference, _| used.contains(reference));
        *self.0.bound.write() = bindings;
        self.0.is_changed.store(false, Ordering::Relaxed);
        // What came while the configuration was compiled.
        for reference in used {
            self.0.pass_on(&reference);
        }
    }

    /// Reads these secrets now, whenever they were read before.
    pub(super) async fn read_all(&self, references: Vec<VaultReference>) {
        let tasks = references.into_iter().map(|reference| {
            let inner = Arc::clone(&self.0);
            let begun = inner.clock.now();
            // A task, so that a reading that nobody waits for any longer still ends.
            self.0.runtime.spawn(async move { inner.read(&reference, begun).await })
        });
        join_all(tasks).await;
    }

    /// The secrets of the configuration that is served.
    #[must_use]
    pub(super) fn references(&self) -> Vec<VaultReference> {
        let distinct: HashSet<_> = self.0.bound.read().iter().filter_map(reference).cloned().collect();
        distinct.into_iter().collect()
    }

    /// The slots of that configuration that vaults fill.
    #[must_use]
    pub(super) fn bindings(&self) -> Vec<SecretBinding> {
        self.0.bound.read().clone()
    }

    /// How the latest reading of a secret went.
    #[must_use]
    pub(super) fn status(&self, reference: &VaultReference) -> Option<ReadStatus> {
        self.0.held.lock().get(reference)?.state.lock().status.clone()
    }

    /// How many secrets have no value.
    #[must_use]
    pub(super) fn missing(&self) -> usize {
        self.0.bound.read().iter().filter(|binding| !binding.slot.is_set()).count()
    }

    /// Reads what is due, again and again, and gives when a secret has another value than the configuration was
    /// compiled with.
    pub(super) async fn changed(&self) {
        loop {
            if self.0.is_changed.swap(false, Ordering::Relaxed) {
                return;
            }
            tokio::select! {
                () = self.0.news.notified() => {}
                () = tokio::time::sleep(self.0.pause()) => {
                    let now = self.0.clock.now();
                    let is_due = |each: &VaultReference| self.0.due(each).is_some_and(|due| due <= now);
                    self.read_all(self.references().into_iter().filter(is_due).collect()).await;
                }
            }
        }
    }
}

fn reference(binding: &SecretBinding) -> Option<&VaultReference> {
    match &binding.reference {
        SecretReference::Vault(reference) => Some(reference),
        SecretReference::Env(_) | SecretReference::File(_) => None,
    }
}

/// Vault and name of a secret: its labels in metrics.
fn labels(reference: &VaultReference) -> (String, String) {
    (reference.secret.authority().to_owned(), reference.secret.name().to_owned())
}

impl Inner {
    fn place(&self, reference: &VaultReference) -> Arc<Place> {
        Arc::clone(self.held.lock().entry(reference.clone()).or_default())
    }

    fn is_wanted(&self, reference: &VaultReference, wanted: Wanted) -> bool {
        let place = self.place(reference);
        let is_known = place.state.lock().value.is_some();
        !is_known || (wanted == Wanted::Latest && !reference.secret.is_pinned())
    }

    /// Puts what is known into a slot; says what is wrong.
    fn fill(&self, binding: &SecretBinding) -> Option<source::Diagnostic> {
        let place = self.place(reference(binding)?);
        let state = place.state.lock();
        if let Some(value) = &state.value {
            binding.slot.replace(value.clone());
        }
        match &state.status {
            Some(status) => status.message.as_ref().map(|message| artifacts::unavailable(binding, message)),
            None if state.value.is_some() => None,
            None => Some(artifacts::unavailable(binding, "the vault has not answered in time")),
        }
    }

    /// Asks the vault, unless that was done since `begun`.
    async fn read(&self, reference: &VaultReference, begun: Timestamp) {
        let place = self.place(reference);
        let _one_at_a_time = place.gate.lock().await;
        if place.state.lock().asked.is_some_and(|asked| asked > begun) {
            return;
        }
        let answer = self.client.get(reference).await;
        self.take(reference, &place, answer);
        self.pass_on(reference);
    }

    fn take(&self, reference: &VaultReference, place: &Place, answer: Result<Fetched, Error>) {
        let now = self.clock.now();
        let answer = answer.map_err(|error| (error.why.code(), error.why.to_string()));
        let mut state = place.state.lock();
        let answer = answer.and_then(|fetched| self.accept(fetched, state.is_named_value));
        state.asked = Some(now);
        let (vault, secret) = labels(reference);
        match answer {
            Ok(value) => {
                state.value = Some(value);
                state.read = Some(now);
                state.status = Some(ReadStatus { code: "Success", message: None, at: now });
                self.metrics.read(&vault, &secret, now.as_second());
            }
            Err((code, message)) => {
                tracing::warn!(secret = %reference, code, "a secret cannot be read: {message}");
                state.status = Some(ReadStatus { code, message: Some(message), at: now });
                self.metrics.failed(&vault, &secret, code);
            }
        }
    }

    fn accept(&self, fetched: Fetched, is_named_value: bool) -> Result<Secret, (&'static str, String)> {
        let text = fetched.value.expose();
        if text.trim().is_empty() {
            return Err(("SecretEmpty", "its value is empty or blank".to_owned()));
        }
        if is_named_value && let Err(why) = artifacts::check_value(text) {
            return Err(("SecretTooLong", why.to_owned()));
        }
        if self.demo_keys == DemoKeys::Refused && fetched.value.expose().starts_with(DEMO_KEY) {
            let why = "it is a key of the demo, which works in `cardea demo` only";
            return Err(("DemoKey", why.to_owned()));
        }
        Ok(fetched.value)
    }

    /// Puts what is known of a secret into the slots of the configuration that is served.
    fn pass_on(&self, secret: &VaultReference) {
        let Some(value) = self.place(secret).state.lock().value.clone() else { return };
        for binding in self.bound.read().iter().filter(|binding| reference(binding) == Some(secret)) {
            let same = binding.slot.load().is_ok_and(|held| held.matches(value.expose()));
            if !same {
                tracing::info!(secret = %binding.slot.name(), "a secret was rotated");
                binding.slot.replace(value.clone());
                self.is_changed.store(true, Ordering::Relaxed);
            }
        }
        if self.is_changed.load(Ordering::Relaxed) {
            self.news.notify_one();
        }
    }

    /// When a secret is to be read next; never if it has a version and a value.
    fn due(&self, reference: &VaultReference) -> Option<Timestamp> {
        let place = self.place(reference);
        let state = place.state.lock();
        let Some(asked) = state.asked else { return Some(Timestamp::UNIX_EPOCH) };
        let is_good = state.status.as_ref().is_some_and(ReadStatus::is_good);
        let pause = match is_good {
            true if reference.secret.is_pinned() => return None,
            true => self.settings.refresh_seconds,
            false => self.settings.retry_seconds,
        };
        asked.checked_add(Duration::from_secs(pause)).ok()
    }

    /// How long nothing is due.
    fn pause(&self) -> Duration {
        let now = self.clock.now();
        let bound = self.bound.read();
        let next = bound.iter().filter_map(reference).filter_map(|each| self.due(each)).min();
        let pause =
            next.map_or(LONGEST_PAUSE, |due| Duration::try_from(due.duration_since(now)).unwrap_or_default());
        // Half a second at least, so that nothing that is due for ever keeps a thread busy.
        pause.clamp(Duration::from_millis(500), LONGEST_PAUSE)
    }

    /// The secret in a slot; a request may hold the slot of a configuration that is no longer served.
    fn of_slot(&self, slot: &SecretSlot) -> Option<VaultReference> {
        let bound = self.bound.read();
        let same = bound.iter().find(|binding| binding.slot.is_same(slot));
        let found = same.or_else(|| bound.iter().find(|binding| binding.slot.name() == slot.name()));
        found.and_then(reference).cloned()
    }

    /// Whether a secret may be read early now: it has no version, and was not read early a short while ago, unless that
    /// is under way.
    fn may_be_early(&self, reference: &VaultReference) -> bool {
        if reference.secret.is_pinned() {
            return false;
        }
        let now = self.clock.now();
        let pause = Duration::from_secs(self.settings.early_seconds);
        let place = self.place(reference);
        let mut state = place.state.lock();
        let Some(early) = state.early.filter(|early| early.checked_add(pause).is_ok_and(|until| until > now))
        else {
            state.early = Some(now);
            return true;
        };
        state.asked.is_none_or(|asked| asked < early)
    }
}

impl SecretRotation for Vaults {
    fn after_unauthorized<'a>(&'a self, slots: &'a [SecretSlot]) -> PortFuture<'a, Rotated> {
        Box::pin(async move {
            let before: Vec<Option<Secret>> = slots.iter().map(|slot| slot.load().ok()).collect();
            let known: Vec<_> = slots.iter().filter_map(|slot| Some((slot, self.0.of_slot(slot)?))).collect();
            let early: HashSet<VaultReference> = known
                .iter()
                .map(|(_, each)| each)
                .filter(|each| self.0.may_be_early(each))
                .cloned()
                .collect();
            if !early.is_empty() {
                let reading = self.read_all(early.into_iter().collect());
                let _in_time = tokio::time::timeout(EARLY_WAIT, reading).await;
            }
            for (slot, reference) in known {
                if let Some(value) = self.0.place(&reference).state.lock().value.clone() {
                    slot.replace(value);
                }
            }
            let is_other = |(slot, before): (&SecretSlot, &Option<Secret>)| match (slot.load(), before) {
                (Ok(now), Some(before)) => !now.matches(before.expose()),
                (now, before) => now.is_ok() != before.is_some(),
            };
            if slots.iter().zip(&before).any(is_other) { Rotated::Yes } else { Rotated::No }
        })
    }
}
