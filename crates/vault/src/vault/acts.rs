//! What each call does, once it is known that the actor may ask it.
//!
//! INVARIANT: an act that ends in a problem has changed nothing, since its transaction is committed with the record.

use jiff::Timestamp;
use store::SystemRng;
use store::vault::{Deletion, NewVersion, SecretName, SecretRow, VaultWork, VersionId, VersionRow, Which};

use super::Vault;
use crate::limits;
use crate::{Bundle, Call, Listed, NewSecret, OutsideValidity, PageAfter, Problem, Reply, SecretChange};

const DAY: i64 = 86_400;

impl Vault {
    pub(super) async fn act(
        &self,
        work: &mut VaultWork,
        call: Call,
        now: Timestamp,
    ) -> Result<Reply, Problem> {
        let now = now.as_second();
        match call {
            Call::Set(name, new) => self.set_version(work, &name, new, now).await,
            Call::Get(name, version) => self.get_value(work, &name, version.as_ref(), now).await,
            Call::Update(name, version, change) => {
                self.update(work, &name, version.as_ref(), change, now).await
            }
            Call::Delete(name) => self.delete(work, &name, now).await,
            Call::List(page) => self.list(work, Which::Present, page).await,
            Call::ListVersions(name, page) => self.list_versions(work, &name, page).await,
            Call::GetDeleted(name) => self.get_deleted(work, &name).await,
            Call::ListDeleted(page) => self.list(work, Which::Deleted, page).await,
            Call::Recover(name) => self.recover(work, &name).await,
            Call::Purge(name) => self.purge(work, &name).await,
        }
    }

    async fn set_version(
        &self,
        work: &mut VaultWork,
        name: &SecretName,
        new: NewSecret,
        now: i64,
    ) -> Result<Reply, Problem> {
        limits::check_new(&new)?;
        let secret = match work.secret(&self.name, name).await? {
            Some(secret) if secret.deletion.is_some() => return Err(Problem::NameIsTaken(name.clone())),
            Some(secret) => secret,
            None => work.make_secret(&self.name, name).await?,
        };
        let NewSecret { value, about } = new;
        let made = NewVersion {
            value: value.clone(),
            content_type: about.content_type,
            enabled: about.enabled.unwrap_or(true),
            not_before: about.not_before,
            expires: about.expires,
            tags: about.tags.unwrap_or_default(),
            now,
        };
        let version = work.add_version(&secret, &made, &SystemRng).await?;
        // COMPAT: the answer to a set repeats the value.
        Ok(Reply::Secret(Bundle { value: Some(value), ..bundle(secret, version) }))
    }

    async fn get_value(
        &self,
        work: &mut VaultWork,
        name: &SecretName,
        version: Option<&VersionId>,
        now: i64,
    ) -> Result<Reply, Problem> {
        let (secret, version) = self.present_version(work, name, version).await?;
        self.readable(&version, now)?;
        let value = work.value(&secret, &version).await?;
        Ok(Reply::Secret(Bundle { value: Some(value), ..bundle(secret, version) }))
    }

    fn readable(&self, version: &VersionRow, now: i64) -> Result<(), Problem> {
        if !version.enabled {
            return Err(Problem::Disabled);
        }
        if self.shared.rules.outside_validity == OutsideValidity::Serve {
            return Ok(());
        }
        if version.not_before.is_some_and(|from| now < from) {
            return Err(Problem::NotYetValid);
        }
        if version.expires.is_some_and(|end| now >= end) {
            return Err(Problem::Expired);
        }
        Ok(())
    }

    async fn update(
        &self,
        work: &mut VaultWork,
        name: &SecretName,
        version: Option<&VersionId>,
        change: SecretChange,
        now: i64,
    ) -> Result<Reply, Problem> {
        limits::check(&change)?;
        let (secret, version) = self.present_version(work, name, version).await?;
        let version = work.change_version(version, change, now).await?;
        Ok(Reply::Secret(bundle(secret, version)))
    }

    async fn delete(&self, work: &mut VaultWork, name: &SecretName, now: i64) -> Result<Reply, Problem> {
        let (mut secret, version) = self.present_version(work, name, None).await?;
        let purge = now + DAY * i64::from(self.shared.rules.recoverable_days);
        secret.deletion = Some(Deletion { deleted: now, purge });
        work.mark_deleted(&secret, secret.deletion).await?;
        Ok(Reply::Secret(bundle(secret, version)))
    }

    async fn get_deleted(&self, work: &mut VaultWork, name: &SecretName) -> Result<Reply, Problem> {
        let secret = self.deleted(work, name).await?;
        let version = latest(work, &secret).await?;
        // COMPAT: recorded answers of Key Vault refuse this for a disabled secret.
        if !version.enabled {
            return Err(Problem::Disabled);
        }
        Ok(Reply::Secret(bundle(secret, version)))
    }

    async fn recover(&self, work: &mut VaultWork, name: &SecretName) -> Result<Reply, Problem> {
        let mut secret = self.deleted(work, name).await?;
        let version = latest(work, &secret).await?;
        secret.deletion = None;
        work.mark_deleted(&secret, None).await?;
        Ok(Reply::Secret(bundle(secret, version)))
    }

    async fn purge(&self, work: &mut VaultWork, name: &SecretName) -> Result<Reply, Problem> {
        let secret = self.deleted(work, name).await?;
        work.purge(&secret).await?;
        Ok(Reply::Done)
    }

    async fn list(&self, work: &mut VaultWork, which: Which, page: PageAfter) -> Result<Reply, Problem> {
        // One more than asked for tells whether there is another page.
        let after = page.after.as_deref();
        let mut found = work.list_secrets(&self.name, which, after, page.limit.saturating_add(1)).await?;
        let more = cut(&mut found, page.limit);
        let next = found.last().filter(|_| more).map(|last| last.secret.name.to_string());
        let entries = found.into_iter().map(|each| bundle(each.secret, each.latest)).collect();
        Ok(Reply::List(Listed { entries, next }))
    }

    async fn list_versions(
        &self,
        work: &mut VaultWork,
        name: &SecretName,
        page: PageAfter,
    ) -> Result<Reply, Problem> {
        let (secret, _) = self.present_version(work, name, None).await?;
        let after = page.after.as_deref().unwrap_or("0").parse();
        let after =
            after.map_err(|_| Problem::BadParameter("$skiptoken is not one of this list".to_owned()))?;
        let mut found = work.list_versions(&secret, after, page.limit.saturating_add(1)).await?;
        let more = cut(&mut found, page.limit);
        let next = found.last().filter(|_| more).map(|last| last.position().to_string());
        let entries = found.into_iter().map(|version| bundle(secret.clone(), version)).collect();
        Ok(Reply::List(Listed { entries, next }))
    }

    async fn present_version(
        &self,
        work: &mut VaultWork,
        name: &SecretName,
        version: Option<&VersionId>,
    ) -> Result<(SecretRow, VersionRow), Problem> {
        let unknown = || {
            let version = version.map(|version| format!("/{version}")).unwrap_or_default();
            Problem::NotFound(format!("{name}{version}"))
        };
        let secret = work.secret(&self.name, name).await?.filter(|secret| secret.deletion.is_none());
        let secret = secret.ok_or_else(unknown)?;
        let version = work.version(&secret, version).await?.ok_or_else(unknown)?;
        Ok((secret, version))
    }

    async fn deleted(&self, work: &mut VaultWork, name: &SecretName) -> Result<SecretRow, Problem> {
        let secret = work.secret(&self.name, name).await?.filter(|secret| secret.deletion.is_some());
        secret.ok_or_else(|| Problem::DeletedNotFound(name.clone()))
    }
}

async fn latest(work: &mut VaultWork, secret: &SecretRow) -> Result<VersionRow, Problem> {
    let latest = work.version(secret, None).await?;
    latest.ok_or_else(|| Problem::NotFound(secret.name.to_string()))
}

fn bundle(secret: SecretRow, version: VersionRow) -> Bundle {
    Bundle { name: secret.name, version, value: None, deletion: secret.deletion }
}

/// Takes off what is beyond the limit; true when there was something.
fn cut<T>(found: &mut Vec<T>, limit: u32) -> bool {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = found.len() > limit;
    found.truncate(limit);
    more
}
