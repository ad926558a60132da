//! From a folder to a compiled configuration.

use std::fmt;
use std::sync::Arc;

use artifacts::{FolderSource, Options, SecretError, SecretSource, Secrets, load};
use builder::{Built, build};
use gateway::Snapshot;
use model::{Configuration, SecretBinding, SecretReference};
use policy::Reading;
use secret::Secret;
use source::Diagnostics;

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
    /// Which process this is.
    pub instance_id: Arc<str>,
    /// Sizes that bound each request.
    pub limits: policy::Limits,
    /// How backends are connected to.
    pub transport: net::Options,
    /// Whom backends' certificates are checked against.
    pub roots: net::Roots,
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
    #[must_use]
    pub(crate) fn load(&self) -> Loaded {
        self.load_after(1, None, &[])
    }

    /// Reads and compiles the folder again. `previous` is what is served now, `known` its secrets.
    #[must_use]
    pub(crate) fn load_after(
        &self,
        generation: u64,
        previous: Option<&Snapshot>,
        known: &[SecretBinding],
    ) -> Loaded {
        let remembering = self.secrets.as_deref().map(|source| Remembering { source, known });
        let secrets = remembering.as_ref().map_or(Secrets::Unread, |source| Secrets::Read(source));
        let options = Options { secrets, ..Options::default() };
        let (configuration, mut problems) = load(&*self.folder, &options);
        let settings = builder::Settings {
            generation,
            instance_id: Arc::clone(&self.instance_id),
            reading: if self.secrets.is_some() { Reading::Allowed } else { Reading::Withheld },
            limits: self.limits,
            transport: self.transport.clone(),
            roots: self.roots.clone(),
            vaults: model::VaultHosts::default(),
            known: known.to_vec(),
        };
        let mut built = build(&configuration, &problems, previous, &settings);
        problems.append(std::mem::take(&mut built.problems));
        Loaded { configuration, built, problems: problems.sorted() }
    }
}

/// A source that knows what was read before.
struct Remembering<'a> {
    source: &'a (dyn SecretSource + Send + Sync),
    known: &'a [SecretBinding],
}

impl SecretSource for Remembering<'_> {
    fn read(&self, reference: &SecretReference) -> Result<Secret, SecretError> {
        self.source.read(reference)
    }

    fn before(&self, reference: &SecretReference) -> Option<Secret> {
        let same = |binding: &&SecretBinding| binding.reference == *reference;
        self.known.iter().filter(same).find_map(|binding| binding.slot.load().ok())
    }
}
