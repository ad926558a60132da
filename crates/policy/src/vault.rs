//! Secrets of vaults that documents ask for themselves, beyond those of named values.
//!
//! Compiling gives each a slot; who serves the documents takes the list ([`VaultSecrets::into_bindings`]) and fills the
//! slots. Nothing is fetched here, and nothing while a request runs.

use model::{SecretBinding, SecretReference, VaultHosts, VaultReference};
use parking_lot::Mutex;
use secret::SecretSlot;
use source::Location;

/// The secrets of vaults that the documents of a configuration ask for, one slot for each.
#[derive(Debug, Default)]
pub struct VaultSecrets {
    hosts: VaultHosts,
    known: Vec<SecretBinding>,
    wanted: Mutex<Vec<SecretBinding>>,
}

impl VaultSecrets {
    /// Nothing asked for yet. `known` are bindings from before: a secret that is among them keeps its slot, so that
    /// its value serves on while the vault is away.
    #[must_use]
    pub fn new(hosts: VaultHosts, known: Vec<SecretBinding>) -> Self {
        Self { hosts, known, wanted: Mutex::default() }
    }

    /// Which vaults may be asked.
    #[must_use]
    pub fn hosts(&self) -> &VaultHosts {
        &self.hosts
    }

    /// The slot of a secret; `at` is where it was asked for first.
    pub(crate) fn slot(&self, reference: VaultReference, at: Location) -> SecretSlot {
        let name = reference.secret.name().to_owned();
        let reference = SecretReference::Vault(reference);
        let same = |binding: &&SecretBinding| binding.reference == reference;
        let mut wanted = self.wanted.lock();
        if let Some(binding) = wanted.iter().find(same) {
            return binding.slot.clone();
        }
        let slot =
            self.known.iter().find(same).map_or_else(|| SecretSlot::unset(name), |known| known.slot.clone());
        wanted.push(SecretBinding { slot: slot.clone(), reference, at: Some(at) });
        slot
    }

    /// Everything that was asked for.
    #[must_use]
    pub fn into_bindings(self) -> Vec<SecretBinding> {
        self.wanted.into_inner()
    }
}
