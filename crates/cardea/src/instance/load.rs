//! From a folder to a compiled configuration.

use std::fmt;
use std::sync::Arc;

use artifacts::{FolderSource, Options, SecretSource, Secrets, load};
use builder::{Built, build};
use gateway::Snapshot;
use model::Configuration;
use policy::Reading;
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
    /// Reads and compiles the folder. `previous` is what is served now.
    #[must_use]
    pub(crate) fn load(&self, generation: u64, previous: Option<&Snapshot>) -> Loaded {
        let secrets = match &self.secrets {
            Some(source) => Secrets::Read(&**source),
            None => Secrets::Unread,
        };
        let options = Options { overlays: Vec::new(), secrets };
        let (configuration, mut problems) = load(&*self.folder, &options);
        let settings = builder::Settings {
            generation,
            instance_id: Arc::clone(&self.instance_id),
            reading: if self.secrets.is_some() { Reading::Allowed } else { Reading::Withheld },
            limits: self.limits,
            transport: self.transport.clone(),
            roots: self.roots.clone(),
        };
        let mut built = build(&configuration, previous, &settings);
        problems.append(std::mem::take(&mut built.problems));
        Loaded { configuration, built, problems: problems.sorted() }
    }
}
