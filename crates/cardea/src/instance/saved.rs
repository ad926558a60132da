//! The last good configuration in the state directory: what a gateway starts from, and what it serves while the folder
//! is away or cannot be read.
//!
//! Kept are the files themselves, packed ([`catalog::Packed`]), and what was read of those of which there may be very many
//! ([`artifacts::Library`]). So nothing of the way from a folder to a snapshot is skipped: documents are compiled before
//! they serve, and references to secrets are resolved anew. What of the second part another version of the program has
//! written is not looked at.
//!
//! All of it is sealed. Values of secrets are kept for one case: where a secret comes from is away.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use artifacts::saved::{Damaged, Reader, Writer};
use artifacts::{Library, SecretError, SecretSource};
use catalog::{Moment, Packed};
use jiff::Timestamp;
use model::{SecretBinding, SecretReference, VaultReference, VaultSecretIdentifier};
use parking_lot::Mutex;
use secret::Secret;
use source::{Diagnostic, Diagnostics, Elsewhere};
use store::{Store, StoreError};

/// Kinds of sections.
const HEAD: u8 = 1;
const FILES: u8 = 2;
const UNITS: u8 = 3;
const SECRETS: u8 = 4;

/// Why a configuration is not saved, or not read.
#[derive(Debug, thiserror::Error)]
pub(super) enum SavedError {
    /// The state directory.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is in the file.
    #[error("the saved configuration cannot be used: {0}")]
    Damaged(#[from] Damaged),
    /// A file of the folder.
    #[error(transparent)]
    Unreadable(#[from] catalog::Unreadable),
}

/// What a saved configuration says of itself.
#[derive(Clone, Debug)]
pub(super) struct Head {
    /// The program that wrote it.
    program: String,
    /// The revision of what was served, with the override file.
    pub(super) revision: String,
    /// The commit of the folder.
    pub(super) commit: Option<Arc<str>>,
    /// When it was written.
    pub(super) at: Timestamp,
    files: usize,
    units: usize,
    secrets: usize,
}

/// A configuration that is to be saved: what one moment of a folder gave, and what is served.
pub(super) struct Candidate {
    pub(super) moment: Moment,
    pub(super) library: Library,
    pub(super) revision: String,
    pub(super) commit: Option<Arc<str>>,
    pub(super) secrets: Arc<[SecretBinding]>,
}

/// A saved configuration that was read.
pub(crate) struct Recalled {
    pub(super) head: Head,
    pub(super) packed: Packed,
    saved: store::saved::Saved,
    secrets: OnceLock<HashMap<SecretReference, Secret>>,
}

/// The program and its version. Two builds of one version differ in their file.
fn program() -> String {
    let built = std::env::current_exe().and_then(std::fs::metadata).and_then(|about| {
        let at = about.modified()?.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Ok(format!("{}/{}", about.len(), at.as_nanos()))
    });
    format!("{} {}", env!("CARGO_PKG_VERSION"), built.unwrap_or_default())
}

impl Candidate {
    /// Writes it; `before` is what the file holds now. Gives its size in bytes.
    pub(super) fn save(
        &self,
        store: &Store,
        before: Option<&Packed>,
        at: Timestamp,
    ) -> Result<u64, SavedError> {
        // Asked first: reading a big folder for nothing is no use.
        let mut saving = store.save()?;
        let packed = self.moment.pack(before)?;
        let files = packed.write(|section| saving.put(FILES, &section))?;
        let units = self.library.write(|section| saving.put(UNITS, &section))?;
        let mut secrets = 0;
        for some in self.secrets.chunks(4096) {
            saving.put(SECRETS, &secrets_of(some))?;
            secrets += 1;
        }
        let (revision, commit) = (self.revision.clone(), self.commit.clone());
        let head = Head { program: program(), revision, commit, at, files, units, secrets };
        saving.put(HEAD, &head.write())?;
        Ok(saving.finish()?)
    }
}

impl Head {
    fn write(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.text(&self.program);
        writer.text(&self.revision);
        writer.maybe(self.commit.as_deref(), Writer::text);
        writer.text(&self.at.to_string());
        [self.files, self.units, self.secrets].into_iter().for_each(|count| writer.number(count as u64));
        writer.into_bytes()
    }

    fn read(bytes: &[u8]) -> Result<Self, Damaged> {
        let reader = &mut Reader::new(bytes);
        Ok(Self {
            program: reader.text()?.to_owned(),
            revision: reader.text()?.to_owned(),
            commit: reader.maybe(Reader::shared)?,
            at: reader.text()?.parse().map_err(|_| Damaged)?,
            files: reader.small()? as usize,
            units: reader.small()? as usize,
            secrets: reader.small()? as usize,
        })
    }
}

impl Recalled {
    /// What the state directory holds, if it holds anything.
    pub(super) fn read(store: &Store) -> Result<Option<Self>, SavedError> {
        let Some(saved) = store.saved()? else { return Ok(None) };
        let last = saved.len().checked_sub(1).ok_or(Damaged)?;
        let head = Head::read(opened(&saved, last, HEAD)?.as_ref())?;
        if head.files + head.units + head.secrets != last {
            return Err(Damaged.into());
        }
        let packed = Packed::read(head.files, |at| opened(&saved, at, FILES))?;
        Ok(Some(Self { head, packed, saved, secrets: OnceLock::new() }))
    }

    /// Whether this very program has written it.
    pub(super) fn is_own(&self) -> bool {
        self.head.program == program()
    }

    /// What was read of the files, if this program has written it; else everything is read again.
    pub(super) fn library(&self) -> Library {
        if !self.is_own() {
            tracing::info!("the saved configuration is another program's: everything in it is read again");
            return Library::default();
        }
        let texts: Arc<dyn Elsewhere> = Arc::new(self.packed.clone());
        let open = |at| opened(&self.saved, self.head.files + at, UNITS);
        let library = if self.head.units == 0 {
            Ok(Library::default())
        } else {
            Library::read(self.head.units, open, &texts)
        };
        library.unwrap_or_else(|error| {
            tracing::error!(%error, "what was read before cannot be used: everything is read again");
            Library::default()
        })
    }

    /// The value that a secret had.
    fn secret(&self, reference: &SecretReference) -> Option<Secret> {
        self.secrets().get(reference).cloned()
    }

    /// Whether these secrets have the values that were saved. One that has none has nothing to be saved either.
    pub(super) fn holds<'b>(&self, mut bindings: impl Iterator<Item = &'b SecretBinding>) -> bool {
        bindings.all(|binding| match binding.slot.load() {
            Ok(value) => {
                self.secrets().get(&binding.reference).is_some_and(|saved| saved.matches(value.expose()))
            }
            Err(_) => true,
        })
    }

    /// The values that secrets of vaults had.
    pub(super) fn of_vaults(&self) -> impl Iterator<Item = (&VaultReference, &Secret)> {
        self.secrets().iter().filter_map(|(reference, secret)| match reference {
            SecretReference::Vault(reference) => Some((reference, secret)),
            SecretReference::Env(_) | SecretReference::File(_) => None,
        })
    }

    fn secrets(&self) -> &HashMap<SecretReference, Secret> {
        self.secrets.get_or_init(|| {
            let mut all = HashMap::new();
            let first = self.head.files + self.head.units;
            for at in first..first + self.head.secrets {
                let read = opened(&self.saved, at, SECRETS).and_then(|bytes| read_secrets(&bytes, &mut all));
                if let Err(error) = read {
                    tracing::error!(%error, "saved values of secrets cannot be used");
                }
            }
            all
        })
    }
}

/// What a section of a kind holds.
fn opened(saved: &store::saved::Saved, at: usize, kind: u8) -> Result<impl AsRef<[u8]> + use<>, Damaged> {
    match saved.open(at) {
        Ok((found, bytes)) if found == kind => Ok(bytes),
        _ => Err(Damaged),
    }
}

fn secrets_of(bindings: &[SecretBinding]) -> Vec<u8> {
    let mut writer = Writer::default();
    for SecretBinding { slot, reference, .. } in bindings {
        let Ok(secret) = slot.load() else { continue };
        let (kind, name, identity) = match reference {
            SecretReference::Env(name) => (0, name.clone(), None),
            SecretReference::File(path) => (1, path.to_string_lossy().into_owned(), None),
            SecretReference::Vault(vault) => {
                (2, vault.secret.to_string(), vault.identity_client_id.as_deref())
            }
        };
        writer.number(kind);
        writer.text(&name);
        writer.maybe(identity, Writer::text);
        writer.text(secret.expose());
    }
    writer.into_bytes()
}

fn read_secrets(bytes: &impl AsRef<[u8]>, all: &mut HashMap<SecretReference, Secret>) -> Result<(), Damaged> {
    let reader = &mut Reader::new(bytes.as_ref());
    while reader.left() > 0 {
        let (kind, name) = (reader.number()?, reader.text()?);
        let identity = reader.maybe(Reader::shared)?;
        let reference = match kind {
            0 => SecretReference::Env(name.to_owned()),
            1 => SecretReference::File(Path::new(name).into()),
            2 => SecretReference::Vault(VaultReference {
                secret: VaultSecretIdentifier::parse(name).map_err(|_| Damaged)?,
                identity_client_id: identity,
            }),
            _ => return Err(Damaged),
        };
        all.insert(reference, Secret::new(reader.text()?));
    }
    Ok(())
}

/// A source of secrets in whose place the saved values stand while it is away.
pub(super) struct OrRecalled<'a> {
    pub(super) source: &'a (dyn SecretSource + Send + Sync),
    pub(super) recalled: &'a Recalled,
    /// What is to be said of secrets that had to be taken from there.
    pub(super) problems: Mutex<Diagnostics>,
}

/// So many secrets that cannot be read are named one by one.
const NAMED: usize = 100;

impl OrRecalled<'_> {
    fn say(&self, reference: &SecretReference, error: &SecretError) {
        let mut problems = self.problems.lock();
        let message = match problems.len().cmp(&NAMED) {
            Ordering::Less => format!("{reference} cannot be read: {error}"),
            Ordering::Equal => "more secrets cannot be read".to_owned(),
            Ordering::Greater => return,
        };
        problems.push(Diagnostic::warning("secret-unavailable", message).help("its saved value goes on"));
    }
}

impl SecretSource for OrRecalled<'_> {
    fn read(&self, reference: &SecretReference) -> Result<Secret, SecretError> {
        self.source.read(reference).or_else(|error| {
            let secret = self.recalled.secret(reference).ok_or_else(|| error.clone())?;
            self.say(reference, &error);
            Ok(secret)
        })
    }
}
