//! The vaults of a state directory, and the rules that hold for all of them.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use policy::Clock;
use store::Store;
use store::vault::{Kept, VaultName, VaultWork};

use crate::{Problem, Vault};

/// What happens when a value is asked for before `nbf` or from `exp` on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OutsideValidity {
    /// 403.
    #[default]
    Refuse,
    /// The value, as Key Vault does.
    Serve,
}

/// Rules of all vaults.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// How long a deleted secret can be recovered. Key Vault knows 7 to 90 days.
    pub recoverable_days: u16,
    /// Values outside of their validity.
    pub outside_validity: OutsideValidity,
    /// Records of the audit at most.
    pub audit_rows: u32,
    /// How long records are kept.
    pub audit_days: u16,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            recoverable_days: 90,
            outside_validity: OutsideValidity::default(),
            audit_rows: 1_000_000,
            audit_days: 365,
        }
    }
}

impl Rules {
    pub(crate) fn kept(&self, now: Timestamp) -> Kept {
        let age = SignedDuration::from_hours(24 * i64::from(self.audit_days));
        Kept { rows: self.audit_rows, since: now.saturating_sub(age).unwrap_or(Timestamp::UNIX_EPOCH) }
    }

    /// COMPAT: `Recoverable+Purgeable` means 90 days, `CustomizedRecoverable+Purgeable` 7 to 89.
    pub(crate) fn recovery_level(&self) -> &'static str {
        if self.recoverable_days == 90 { "Recoverable+Purgeable" } else { "CustomizedRecoverable+Purgeable" }
    }
}

/// The vaults of a state directory. Cloning gives another handle.
#[derive(Clone, Debug)]
pub struct Vaults(pub(crate) Arc<Shared>);

/// What the vaults share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) store: Store,
    pub(crate) names: Vec<VaultName>,
    pub(crate) rules: Rules,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Vaults {
    /// The vaults of these names.
    #[must_use]
    pub fn new(
        store: Store,
        names: impl IntoIterator<Item = VaultName>,
        rules: Rules,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self(Arc::new(Shared { store, names: names.into_iter().collect(), rules, clock }))
    }

    /// The vault of that name, whatever its case.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Vault> {
        let found = self.0.names.iter().find(|known| known.as_str().eq_ignore_ascii_case(name));
        found.map(|name| Vault::new(Arc::clone(&self.0), name.clone()))
    }

    /// The only vault, if there is one only.
    #[must_use]
    pub fn only(&self) -> Option<Vault> {
        match self.0.names.as_slice() {
            [name] => Some(Vault::new(Arc::clone(&self.0), name.clone())),
            _ => None,
        }
    }

    /// Their names.
    #[must_use]
    pub fn names(&self) -> &[VaultName] {
        &self.0.names
    }

    /// Removes what need not be kept any more: deleted secrets after their time, and old records. Every call on a
    /// vault does the former too; this is for vaults that nobody calls.
    ///
    /// # Errors
    /// [`Problem::Store`] when the store fails.
    pub async fn sweep(&self) -> Result<(), Problem> {
        let now = self.0.clock.now();
        let mut work = VaultWork::begin(&self.0.store).await?;
        self.0.purge_due(&mut work, now).await?;
        work.sweep_records(self.0.rules.kept(now)).await?;
        Ok(work.commit().await?)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }
}
