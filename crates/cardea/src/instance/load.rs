//! From a folder to a compiled configuration.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use artifacts::{FolderSource, Options, SecretError, SecretSource, Secrets, load};
use builder::{Builder, Built};
use gateway::Snapshot;
use gateway::backends::BackendStates;
use model::{Configuration, SecretBinding, SecretReference, VaultHosts};
use parking_lot::Mutex;
use policy::Reading;
use secret::{Secret, SecretSlot};
use source::Diagnostics;

use super::vaults::{Vaults, Wanted};

/// Where the artifacts come from.
pub(super) type Folder = Box<dyn FolderSource + Send + Sync>;

/// Where secrets come from.
pub(super) type SecretPort = Box<dyn SecretSource + Send + Sync>;

/// Reads and compiles a folder, again and again.
pub(crate) struct Loader {
    /// The folder.
    pub folder: Folder,
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
    /// How backends are connected to.
    pub transport: net::Options,
    /// Whom backends' certificates are checked against.
    pub roots: net::Roots,
    /// What is remembered of backends from one configuration to the next.
    pub backends: Arc<BackendStates>,
    /// What was compiled before.
    pub builder: Mutex<Builder>,
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
    /// Everything that is wrong, from reading and compiling.
    pub problems: Diagnostics,
}

impl Loader {
    /// Reads and compiles the folder for the first time.
    pub(crate) async fn load(&self) -> Loaded {
        self.load_after(1, None, &[], Wanted::Latest).await
    }

    /// Reads and compiles the folder again. `previous` is what is served now, `known` its secrets; `wanted` says which
    /// secrets vaults are asked for.
    pub(super) async fn load_after(
        &self,
        generation: u64,
        previous: Option<&Snapshot>,
        known: &[SecretBinding],
        wanted: Wanted,
    ) -> Loaded {
        let (configuration, mut problems) = self.read(known);
        if let Some(vaults) = &self.vaults {
            vaults.note_named_values(&configuration);
        }
        problems.append(self.fill(&configuration.secrets, wanted).await);
        let settings = self.settings(generation, known);
        let mut built = self.builder.lock().build(&configuration, &problems, previous, &settings);
        problems.append(std::mem::take(&mut built.problems));
        // What documents ask for is known when they are compiled; it is read once, whatever becomes of it.
        problems.append(self.fill(&built.secrets, wanted).await);
        Loaded { configuration, built, problems: problems.sorted() }
    }

    fn read(&self, known: &[SecretBinding]) -> (Configuration, Diagnostics) {
        let remembering = self.secrets.as_deref().map(|source| Remembering::new(source, known));
        let secrets = remembering.as_ref().map_or(Secrets::Unread, |source| Secrets::Read(source));
        load(&*self.folder, &Options { secrets, vaults: self.vault_hosts.clone(), ..Options::default() })
    }

    /// Fills the slots that vaults fill.
    async fn fill(&self, bindings: &[SecretBinding], wanted: Wanted) -> Diagnostics {
        match &self.vaults {
            Some(vaults) => vaults.fill(bindings, wanted).await,
            None => Diagnostics::new(),
        }
    }

    fn settings(&self, generation: u64, known: &[SecretBinding]) -> builder::Settings {
        builder::Settings {
            generation,
            instance_id: Arc::clone(&self.instance_id),
            reading: if self.secrets.is_some() { Reading::Allowed } else { Reading::Withheld },
            limits: self.limits,
            transport: self.transport.clone(),
            roots: self.roots.clone(),
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
    known: HashMap<&'a SecretReference, Vec<&'a SecretSlot>>,
}

impl<'a> Remembering<'a> {
    fn new(source: &'a (dyn SecretSource + Send + Sync), bindings: &'a [SecretBinding]) -> Self {
        let mut known: HashMap<_, Vec<_>> = HashMap::with_capacity(bindings.len());
        for binding in bindings {
            known.entry(&binding.reference).or_default().push(&binding.slot);
        }
        Self { source, known }
    }
}

impl SecretSource for Remembering<'_> {
    fn read(&self, reference: &SecretReference) -> Result<Secret, SecretError> {
        self.source.read(reference)
    }

    fn before(&self, reference: &SecretReference, name: &str) -> Option<SecretSlot> {
        let same = self.known.get(reference)?;
        let own = same.iter().find(|slot| **slot.name() == *name).map(|slot| (*slot).clone());
        // Under another name it is another slot with the same value.
        own.or_else(|| {
            same.iter().find_map(|slot| slot.load().ok()).map(|known| SecretSlot::holding(name, known))
        })
    }
}
