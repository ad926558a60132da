//! Writes the database of the present schema version that later releases must be able to open.

use std::path::PathBuf;

use jiff::Timestamp;
use model::{DisplayName, ProductId, SubscriptionId, SubscriptionScope, SubscriptionState, UserId};
use secret::Secret;
use store::vault::{
    AuditRecord, Deletion, Grant, Kept, NewVersion, Permission, SecretName, VaultName, VaultWork,
};
use store::{NewSubscription, NewUser, SealingKey, Store, SystemRng};

type Failure = Box<dyn std::error::Error>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let target = PathBuf::from(std::env::args_os().nth(1).ok_or("name the file to write")?);
    let dir = tempfile::tempdir()?;
    let now: Timestamp = "2026-11-21T08:00:00Z".parse()?;
    let key: String = (0..32).map(|byte| format!("{byte:02x}")).collect();
    let store = Store::open(dir.path(), Some(SealingKey::parse(&Secret::new(key))?), now).await?;
    fill(&store, now).await?;
    let written = store.path().to_owned();
    store.close().await;
    std::fs::copy(written, target)?;
    Ok(())
}

async fn fill(store: &Store, now: Timestamp) -> Result<(), Failure> {
    let ada = UserId::new("ada")?;
    let user = NewUser {
        id: ada.clone(),
        email: "ada@example.com".into(),
        first_name: "Ada".into(),
        last_name: "Lovelace".into(),
        note: None,
    };
    store.users().create(user, now).await?;

    let starter = SubscriptionScope::Product(ProductId::new("starter")?);
    let team_a = NewSubscription {
        owner: Some(ada),
        expiration: Some("2030-01-01T00:00:00Z".parse()?),
        primary: Some(Secret::new("1".repeat(32))),
        secondary: Some(Secret::new("2".repeat(32))),
        ..NewSubscription::new(SubscriptionId::new("team-a")?, DisplayName::new("Team A")?, starter)
    };
    let team_b = NewSubscription::new(
        SubscriptionId::new("team-b")?,
        DisplayName::new("Team B")?,
        SubscriptionScope::AllApis,
    );
    let suspended = team_b.id.clone();
    for new in [team_a, team_b] {
        store.subscriptions().create(new, &SystemRng, now).await?;
    }
    let state = SubscriptionState::Suspended;
    store.subscriptions().set_state(&suspended, state, Some("unpaid"), now).await?;
    fill_vault(store, now).await
}

/// Since version 2: two versions of one secret, a deleted one, a grant and a record.
async fn fill_vault(store: &Store, now: Timestamp) -> Result<(), Failure> {
    let (vault, seconds) = (VaultName::new("main")?, now.as_second());
    let mut work = VaultWork::begin(store).await?;
    let key = SecretName::new("provider-key")?;
    let secret = work.make_secret(&vault, &key).await?;
    work.add_version(&secret, &NewVersion::new("first value", seconds), &SystemRng).await?;
    let second = NewVersion {
        content_type: Some("text/plain".into()),
        expires: Some(4_102_444_800),
        tags: [("team".to_owned(), "a".to_owned())].into(),
        ..NewVersion::new("second value", seconds)
    };
    let made = work.add_version(&secret, &second, &SystemRng).await?;
    let gone = work.make_secret(&vault, &SecretName::new("gone")?).await?;
    work.add_version(&gone, &NewVersion::new("deleted value", seconds), &SystemRng).await?;
    work.mark_deleted(&gone, Some(Deletion { deleted: seconds, purge: seconds + 90 * 86_400 })).await?;
    let identity = "3975aeed-7d08-453b-b6f4-445f32698091".to_owned();
    let grant = Grant {
        vault: vault.clone(),
        identity: identity.clone(),
        secret: Some(key),
        permission: Permission::Get,
    };
    work.grant(&grant, seconds).await?;
    let record = AuditRecord {
        at: now,
        vault,
        object_id: Some(identity),
        app_id: None,
        operator: None,
        operation: "SecretGet".into(),
        secret: Some("provider-key".into()),
        version: Some(made.id.to_string()),
        status: 200,
        outcome: "Success".into(),
    };
    work.record(&record, Kept { rows: 1000, since: now }).await?;
    Ok(work.commit().await?)
}
