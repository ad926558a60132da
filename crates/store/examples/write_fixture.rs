//! Writes the database of the present schema version that later releases must be able to open.

use std::path::PathBuf;

use jiff::Timestamp;
use model::{DisplayName, ProductId, SubscriptionId, SubscriptionScope, SubscriptionState, UserId};
use secret::Secret;
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
    Ok(store.subscriptions().set_state(&suspended, state, Some("unpaid"), now).await?)
}
