//! What a call on a vault means: who may do it, what it does, and the record of it.

mod acts;
mod audit;

use std::sync::Arc;

use store::vault::{AuditFilter, AuditRecord, Grant, SecretName, VaultName, VaultWork, VersionId};

use crate::vaults::Shared;
use crate::{Actor, Bundle, Call, Listed, NewSecret, PageAfter, Problem, Reply, Vaults};

/// One vault.
#[derive(Clone, Debug)]
pub struct Vault {
    shared: Arc<Shared>,
    name: VaultName,
}

impl Vault {
    pub(crate) fn new(shared: Arc<Shared>, name: VaultName) -> Self {
        Self { shared, name }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &VaultName {
        &self.name
    }

    /// The vaults that it is one of.
    #[must_use]
    pub fn vaults(&self) -> Vaults {
        Vaults(Arc::clone(&self.shared))
    }

    /// Does what is asked, if the actor may, and records it.
    ///
    /// INVARIANT: access, act and record are one transaction. Nothing is given out before its record is on the disk.
    ///
    /// # Errors
    /// [`Problem`]; one that is a [`StoreError`](store::StoreError) has changed nothing and left no record.
    pub async fn perform(&self, actor: &Actor, call: Call) -> Result<Reply, Problem> {
        let now = self.shared.clock.now();
        let mut work = VaultWork::begin(&self.shared.store).await?;
        self.shared.purge_due(&mut work, now).await?;
        let (operation, secret) = (call.operation(), call.secret().cloned());
        let outcome = match self.admit(&mut work, actor, &call).await {
            Ok(()) => self.act(&mut work, call, now).await,
            Err(problem) => Err(problem),
        };
        if let Err(Problem::Store(error)) = outcome {
            return Err(Problem::Store(error));
        }
        let record = self.record(actor, operation, secret.as_ref(), now);
        let record = audit::with_outcome(record, &outcome);
        work.record(&record, self.shared.rules.kept(now)).await?;
        work.commit().await?;
        audit::tell(&record);
        outcome
    }

    /// Whether the actor may ask this. It is decided before anything is looked up, so that a refusal does not tell
    /// what there is.
    async fn admit(&self, work: &mut VaultWork, actor: &Actor, call: &Call) -> Result<(), Problem> {
        let Actor::Caller(caller) = actor else { return Ok(()) };
        let (permission, secret) = (call.permission(), call.secret());
        if work.is_granted(&self.name, &caller.identities(), permission, secret).await? {
            return Ok(());
        }
        Err(Problem::Forbidden { caller: caller.clone(), permission, vault: self.name.clone() })
    }

    /// Makes a secret, or a new version of it.
    ///
    /// # Errors
    /// [`Problem`], such as [`Problem::NameIsTaken`] by a deleted secret.
    pub async fn set(&self, actor: &Actor, name: &SecretName, new: NewSecret) -> Result<Bundle, Problem> {
        one(self.perform(actor, Call::Set(name.clone(), new)).await?)
    }

    /// Reads a value; of the newest version when none is named.
    ///
    /// # Errors
    /// [`Problem`].
    pub async fn get(
        &self,
        actor: &Actor,
        name: &SecretName,
        version: Option<&VersionId>,
    ) -> Result<Bundle, Problem> {
        one(self.perform(actor, Call::Get(name.clone(), version.cloned())).await?)
    }

    /// A list, whole: page after page of what `call` makes of a page.
    ///
    /// # Errors
    /// [`Problem`].
    pub async fn all(
        &self,
        actor: &Actor,
        call: impl Fn(PageAfter) -> Call + Send + Sync,
    ) -> Result<Vec<Bundle>, Problem> {
        let mut page = PageAfter::first();
        let mut all = Vec::new();
        loop {
            let Reply::List(Listed { entries, next }) = self.perform(actor, call(page)).await? else {
                return Ok(all);
            };
            all.extend(entries);
            if next.is_none() {
                return Ok(all);
            }
            page = PageAfter { after: next, ..PageAfter::first() };
        }
    }

    /// Grants; true when it was not granted before.
    ///
    /// # Errors
    /// [`Problem::Store`].
    pub async fn grant(&self, operator: &Actor, grant: &Grant) -> Result<bool, Problem> {
        let mut work = VaultWork::begin(&self.shared.store).await?;
        let is_new = work.grant(grant, self.shared.clock.now().as_second()).await?;
        self.record_access(work, operator, "AccessGrant", grant).await?;
        Ok(is_new)
    }

    /// Takes a grant back; true when it was there.
    ///
    /// # Errors
    /// [`Problem::Store`].
    pub async fn revoke(&self, operator: &Actor, grant: &Grant) -> Result<bool, Problem> {
        let mut work = VaultWork::begin(&self.shared.store).await?;
        let was_there = work.revoke(grant).await?;
        self.record_access(work, operator, "AccessRevoke", grant).await?;
        Ok(was_there)
    }

    async fn record_access(
        &self,
        mut work: VaultWork,
        operator: &Actor,
        what: &str,
        grant: &Grant,
    ) -> Result<(), Problem> {
        let now = self.shared.clock.now();
        let operation = format!("{what} {} {}", grant.permission.name(), grant.identity);
        let record = self.record(operator, &operation, grant.secret.as_ref(), now);
        work.record(&record, self.shared.rules.kept(now)).await?;
        work.commit().await?;
        audit::tell(&record);
        Ok(())
    }

    /// Who may do what.
    ///
    /// # Errors
    /// [`Problem::Store`].
    pub async fn grants(&self) -> Result<Vec<Grant>, Problem> {
        let mut work = VaultWork::begin(&self.shared.store).await?;
        Ok(work.grants(&self.name).await?)
    }

    /// What was done, the newest first.
    ///
    /// # Errors
    /// [`Problem::Store`].
    pub async fn records(&self, filter: &AuditFilter) -> Result<Vec<AuditRecord>, Problem> {
        let mut work = VaultWork::begin(&self.shared.store).await?;
        Ok(work.records(filter).await?)
    }
}

/// The one version that a call gives.
fn one(reply: Reply) -> Result<Bundle, Problem> {
    match reply {
        Reply::Secret(bundle) => Ok(bundle),
        Reply::List(_) | Reply::Done => Err(Problem::Unavailable),
    }
}
