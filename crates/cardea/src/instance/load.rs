//! From a folder to a compiled configuration.

use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use artifacts::{Library, Options, OverrideFile, SecretError, SecretSource, Secrets, load_after};
use builder::{Builder, Built};
use catalog::{Catalog, Revision, Scope, Unreadable, Version};
use gateway::backends::BackendStates;
use gateway::{Edition, Snapshot};
use model::{Configuration, SecretBinding, SecretReference, VaultHosts};
use parking_lot::Mutex;
use policy::{Clock as _, Reading};
use secret::{Secret, SecretSlot};
use source::{Diagnostics, SourceFile};

use super::saved::{OrRecalled, Recalled};
use super::vaults::{Vaults, Wanted};
use crate::settings::Settings;
use crate::system::SystemClock;

/// How long a folder that is not there, or empty, is waited for: directories may be renamed one after the other.
const RENAMING: Duration = Duration::from_secs(1);

/// First pause before a folder is read again, and longest one.
const PAUSES: (Duration, Duration) = (Duration::from_millis(10), Duration::from_millis(500));

/// What an earlier process has saved, while it is needed.
pub(crate) type Recall = Mutex<Option<Arc<Recalled>>>;

/// Where secrets come from.
pub(super) type SecretPort = Box<dyn SecretSource + Send + Sync>;

/// Reads and compiles a folder, again and again.
pub(crate) struct Loader {
    /// Where the artifacts come from.
    pub catalog: Box<dyn Catalog>,
    /// How long files that are being written are waited for.
    pub patience: Duration,
    /// Whether answers say which configuration they were made with.
    pub shows_edition: bool,
    /// What is put over them.
    pub over: Over,
    /// Where its secrets come from; none when they are not asked for.
    pub secrets: Option<SecretPort>,
    /// Which vaults it may name.
    pub vault_hosts: VaultHosts,
    /// Who reads secrets of vaults; none when they are not asked for.
    pub vaults: Option<Vaults>,
    /// Which process this is.
    pub instance_id: Arc<str>,
    /// Sizes that bound each request.
    pub limits: policy::Limits,
    /// Whether the `protocols` of APIs are enforced.
    pub protocols: gateway::Protocols,
    /// Whether named values may stand in the code of expressions.
    pub named_values: policy::CodeUse,
    /// How backends are connected to.
    pub transport: net::Options,
    /// Whom backends' certificates are checked against.
    pub roots: net::Roots,
    /// Which certificates their authorities revoked.
    pub revoked: net::RevocationLists,
    /// What is remembered of backends from one configuration to the next.
    pub backends: Arc<BackendStates>,
    /// What was read before.
    pub library: Mutex<Library>,
    /// What was compiled before.
    pub builder: Mutex<Builder>,
    /// What an earlier process has saved, until this one has started.
    pub recalled: Recall,
}

/// What is put over a folder.
#[derive(Clone, Debug, Default)]
pub(crate) struct Over {
    /// The override file; it is read anew with the folder.
    pub overrides: Option<PathBuf>,
    /// The gateway whose APIs are served.
    pub gateway: Option<Arc<str>>,
}

impl Over {
    /// What the settings say.
    pub(crate) fn of(settings: &Settings) -> Self {
        let gateway = settings.configuration.gateway.as_deref().map(Arc::from);
        Self { overrides: settings.override_file(), gateway }
    }

    /// The override file as it is now.
    pub(crate) fn file(&self) -> Option<OverrideFile> {
        let path = self.overrides.as_ref()?;
        let name = path.display().to_string();
        Some(match std::fs::read_to_string(path) {
            Ok(text) => OverrideFile::Text(SourceFile::new(name, text)),
            Err(error) => OverrideFile::Unreadable { name, why: error.to_string() },
        })
    }
}

impl fmt::Debug for Loader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Loader")
    }
}

/// A folder, read and compiled.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// What was read.
    pub configuration: Configuration,
    /// What came of it.
    pub built: Built,
    /// Of its bytes.
    pub revision: Revision,
    /// Everything that is wrong, from reading and compiling.
    pub problems: Diagnostics,
    /// When its files of secrets were begun to be read.
    pub read: Option<SystemTime>,
}

impl Loaded {
    /// All secrets that it takes: of the configuration, of documents, and the keys.
    pub(super) fn secrets(&self) -> impl Iterator<Item = &SecretBinding> {
        self.configuration.secrets.iter().chain(&self.built.secrets).chain(self.configuration.keys.iter())
    }

    /// Whether the gateway that is to be served is not there: then nothing of what was read is meant.
    pub(super) fn has_no_gateway(&self) -> bool {
        self.problems.iter().any(|problem| problem.code == "unknown-gateway")
    }
}

/// A configuration, read.
#[derive(Clone, Debug)]
pub(super) struct Taken {
    configuration: Configuration,
    problems: Diagnostics,
    /// Which one it is.
    pub(super) version: Version,
    /// When its secrets were begun to be read.
    read: Option<SystemTime>,
}

/// What a compilation goes on from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Before<'a> {
    /// What is served now.
    pub(super) snapshot: Option<&'a Snapshot>,
    /// Its secrets.
    pub(super) secrets: &'a [SecretBinding],
}

impl Loader {
    /// Reads and compiles the folder for the first time.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) async fn load(&self) -> Result<Loaded, Unreadable> {
        let taken = self.take(Scope::Everything, &[]).await?;
        let before = Before { snapshot: None, secrets: &[] };
        Ok(self.compile(taken, 1, before, Wanted::Latest).await)
    }

    /// Reads the folder. `known` are the secrets of what is served now. Files that are being written are waited for.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) async fn take(&self, scope: Scope, known: &[SecretBinding]) -> Result<Taken, Unreadable> {
        let (mut pause, longest) = PAUSES;
        let mut waited = Duration::ZERO;
        loop {
            let why = match tokio::task::block_in_place(|| self.read(scope, known)) {
                Ok(taken) => return Ok(taken),
                Err(why) => why,
            };
            if !why.is_passing() || waited >= self.patience_with(&why) {
                return Err(why);
            }
            tracing::debug!(code = why.code(), "{why}; it is read again");
            tokio::time::sleep(pause).await;
            waited += pause;
            pause = (pause * 2).min(longest);
        }
    }

    fn patience_with(&self, why: &Unreadable) -> Duration {
        match why {
            Unreadable::Missing { .. } | Unreadable::Empty(_) => RENAMING.min(self.patience),
            _ => self.patience,
        }
    }

    /// Whether a secret of the environment or of a file is another one than what is held.
    pub(super) fn has_other_secrets(&self, known: &[SecretBinding]) -> bool {
        let Some(source) = &self.secrets else { return false };
        let is_other = |binding: &SecretBinding| {
            !matches!(binding.reference, SecretReference::Vault(_))
                && source
                    .read(&binding.reference)
                    .is_ok_and(|now| !binding.slot.load().is_ok_and(|held| held.matches(now.expose())))
        };
        known.iter().any(is_other)
    }

    /// What need not be read again. Keys of subscriptions are, unless only files of the folder have changed: whoever asks
    /// for everything wants those that were rotated. Somebody who knows no secrets gets places of his own for them.
    fn known_files(&self, scope: Scope, known: &[SecretBinding]) -> Library {
        if known.is_empty() && scope == Scope::Everything {
            let recalled = self.recalled.lock().clone();
            return recalled.map(|recalled| recalled.library()).unwrap_or_default();
        }
        let mut library = self.library.lock().clone();
        if scope == Scope::Everything {
            library.forget_keys();
        }
        library
    }

    /// Reads the folder once. Nothing that was read counts unless all of it belongs to one moment.
    fn read(&self, scope: Scope, known: &[SecretBinding]) -> Result<Taken, Unreadable> {
        // A big folder is looked at while what was known of it is unpacked.
        let (reading, before) = rayon::join(|| self.catalog.begin(scope), || self.known_files(scope, known));
        let (taken, library) = self.read_after(before, reading?, known)?;
        *self.library.lock() = library;
        Ok(taken)
    }

    /// Reads the folder once, as if nothing had ever been read.
    pub(super) fn read_anew(&self) -> Result<Taken, Unreadable> {
        let reading = self.catalog.begin(Scope::Everything)?;
        self.read_after(Library::default(), reading, &[]).map(|(taken, _)| taken)
    }

    /// Reads what was saved, as if the folder were there.
    pub(super) fn read_recalled(&self, recalled: &Recalled) -> Result<Taken, Unreadable> {
        let reading = recalled.packed.reading(recalled.head.commit.clone());
        let (taken, library) = self.read_after(recalled.library(), reading, &[])?;
        *self.library.lock() = library;
        Ok(taken)
    }

    fn read_after(
        &self,
        before: Library,
        reading: Box<dyn catalog::Reading>,
        known: &[SecretBinding],
    ) -> Result<(Taken, Library), Unreadable> {
        let read = Some(SystemTime::from(SystemClock.now()));
        let recalled = self.recalled.lock().clone();
        let source = self.secrets.as_deref().map(|source| source as _);
        let or_recalled = source.zip(recalled.as_deref()).map(|(source, recalled)| OrRecalled {
            source,
            recalled,
            problems: Mutex::default(),
        });
        let source = or_recalled.as_ref().map(|source| source as _).or(source);
        let remembering = source.map(|source| Remembering::new(source, known));
        let secrets = remembering.as_ref().map_or(Secrets::Unread, |source| Secrets::Read(source));
        let options = Options {
            secrets,
            vaults: self.vault_hosts.clone(),
            overrides: self.over.file(),
            gateway: self.over.gateway.clone(),
            ..Options::default()
        };
        let (configuration, mut problems, library) = load_after(before, &*reading, &options);
        problems.extend(or_recalled.iter().flat_map(|source| std::mem::take(&mut *source.problems.lock())));
        let mut version = reading.finish()?;
        if let Some(OverrideFile::Text(file)) = &options.overrides {
            version.revision = version.revision.and(file.text());
        }
        Ok((Taken { configuration, problems, version, read }, library))
    }

    /// Compiles what was read. `wanted` says which secrets vaults are asked for.
    pub(super) async fn compile(
        &self,
        taken: Taken,
        generation: u64,
        before: Before<'_>,
        wanted: Wanted,
    ) -> Loaded {
        let Taken { configuration, mut problems, version, read } = taken;
        if let Some(vaults) = &self.vaults {
            vaults.note_named_values(&configuration);
        }
        problems.append(self.fill(&configuration.secrets, wanted).await);
        let revision = version.revision.clone();
        let settings = self.settings(self.edition(generation, version), before.secrets);
        let mut built = tokio::task::block_in_place(|| {
            self.builder.lock().build(&configuration, &problems, before.snapshot, &settings)
        });
        problems.append(std::mem::take(&mut built.problems));
        // What documents ask for is known when they are compiled; it is read once, whatever becomes of it.
        problems.append(self.fill(&built.secrets, wanted).await);
        Loaded { configuration, built, revision, problems: problems.sorted(), read }
    }

    /// Fills the slots that vaults fill.
    async fn fill(&self, bindings: &[SecretBinding], wanted: Wanted) -> Diagnostics {
        let Some(vaults) = &self.vaults else { return Diagnostics::new() };
        let recalled = self.recalled.lock().clone().filter(|_| Vaults::concern(bindings));
        recalled.iter().for_each(|recalled| vaults.recall(recalled.of_vaults()));
        vaults.fill(bindings, wanted).await
    }

    fn edition(&self, generation: u64, version: Version) -> Arc<Edition> {
        Arc::new(Edition {
            generation,
            revision: version.revision.as_str().into(),
            commit: version.commit,
            is_shown: self.shows_edition,
        })
    }

    fn settings(&self, edition: Arc<Edition>, known: &[SecretBinding]) -> builder::Settings {
        builder::Settings {
            edition,
            instance_id: Arc::clone(&self.instance_id),
            reading: if self.secrets.is_some() { Reading::Allowed } else { Reading::Withheld },
            named_values: self.named_values,
            limits: self.limits,
            protocols: self.protocols,
            transport: self.transport.clone(),
            roots: self.roots.clone(),
            revoked: self.revoked.clone(),
            backends: Arc::clone(&self.backends),
            vaults: self.vault_hosts.clone(),
            // Documents ask for secrets of vaults only.
            known: known
                .iter()
                .filter(|each| matches!(each.reference, SecretReference::Vault(_)))
                .cloned()
                .collect(),
        }
    }
}

/// A source that knows what was read before.
struct Remembering<'a> {
    source: &'a (dyn SecretSource + Send + Sync),
    bindings: &'a [SecretBinding],
    /// Their slots. There may be very many, and often nobody asks.
    known: OnceLock<Known<'a>>,
}

type Known<'a> = HashMap<&'a SecretReference, Vec<&'a SecretSlot>>;

impl<'a> Remembering<'a> {
    fn new(source: &'a (dyn SecretSource + Send + Sync), bindings: &'a [SecretBinding]) -> Self {
        Self { source, bindings, known: OnceLock::new() }
    }

    fn known(&self) -> &Known<'a> {
        self.known.get_or_init(|| {
            let mut known: Known<'a> = HashMap::with_capacity(self.bindings.len());
            for binding in self.bindings {
                known.entry(&binding.reference).or_default().push(&binding.slot);
            }
            known
        })
    }
}

impl SecretSource for Remembering<'_> {
    fn read(&self, reference: &SecretReference) -> Result<Secret, SecretError> {
        self.source.read(reference)
    }

    fn before(&self, reference: &SecretReference, name: &str) -> Option<SecretSlot> {
        let same = self.known().get(reference)?;
        let own = same.iter().find(|slot| **slot.name() == *name).map(|slot| (*slot).clone());
        // Under another name it is another slot with the same value.
        own.or_else(|| {
            same.iter().find_map(|slot| slot.load().ok()).map(|known| SecretSlot::holding(name, known))
        })
    }
}
