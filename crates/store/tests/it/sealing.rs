use std::path::Path;

use model::SubscriptionState;
use secret::Secret;
use store::{SealingKey, SealingKeyError, Store, StoreError, SystemRng, WhichKey};

use crate::given::{id, new, now, open, open_new, other_sealing_key, sealing_key, text};

async fn open_with(dir: &Path, key: Option<SealingKey>) -> Result<Store, StoreError> {
    Store::open(dir, key, now()).await
}

#[tokio::test]
async fn without_a_sealing_key_no_secret_is_written_or_read() {
    let (dir, store) = open_new().await;
    store.subscriptions().create(new("a"), &SystemRng, now()).await.unwrap();

    let store = open_with(dir.path(), None).await.unwrap();
    assert!(!store.sealed() && store.key_hasher().is_none());
    let subscriptions = store.subscriptions();
    let refused = [
        subscriptions.create(new("b"), &SystemRng, now()).await.map(drop),
        subscriptions.rotate(&id("a"), WhichKey::Primary, &SystemRng).await.map(drop),
        subscriptions.list_secrets(&id("a")).await.map(drop),
        subscriptions.find_by_key(&Secret::new("key")).await.map(drop),
    ];
    for refused in refused {
        assert!(matches!(refused, Err(StoreError::NoSealingKey)), "{refused:?}");
    }
    let all = subscriptions.load_all().await.unwrap();
    assert_eq!((all.len(), all[0].keys().count()), (1, 0));
    subscriptions.set_state(&id("a"), SubscriptionState::Suspended, None, now()).await.unwrap();
}

#[tokio::test]
async fn a_directory_that_began_without_a_key_can_be_given_one() {
    let dir = tempfile::tempdir().unwrap();
    assert!(!open_with(dir.path(), None).await.unwrap().sealed());
    let store = open(dir.path()).await;
    assert!(store.sealed());
    store.subscriptions().create(new("a"), &SystemRng, now()).await.unwrap();
}

#[tokio::test]
async fn another_sealing_key_is_refused_by_name() {
    let (dir, _store) = open_new().await;
    let problem = open_with(dir.path(), Some(other_sealing_key())).await.unwrap_err().to_string();
    assert!(
        problem.contains(sealing_key().name()) && problem.contains(other_sealing_key().name()),
        "{problem}"
    );
}

#[tokio::test]
async fn a_replaced_sealing_key_opens_what_the_old_one_sealed_and_the_old_one_nothing() {
    let (dir, store) = open_new().await;
    let keys = store.subscriptions().create(new("a"), &SystemRng, now()).await.unwrap();
    store.replace_sealing_key(&sealing_key(), &other_sealing_key()).await.unwrap();
    // Whoever has it open goes on.
    store.subscriptions().rotate(&id("a"), WhichKey::Secondary, &SystemRng).await.unwrap();

    assert!(matches!(
        open_with(dir.path(), Some(sealing_key())).await,
        Err(StoreError::WrongSealingKey { .. })
    ));
    let reopened = open_with(dir.path(), Some(other_sealing_key())).await.unwrap();
    let all = reopened.subscriptions().load_all().await.unwrap();
    assert_eq!(text(&all[0].primary), keys.primary.expose());
    let again = reopened.replace_sealing_key(&sealing_key(), &other_sealing_key()).await;
    assert!(matches!(again, Err(StoreError::WrongSealingKey { .. })));
}

#[tokio::test]
async fn a_sealed_key_that_was_moved_to_another_row_does_not_open() {
    let (dir, store) = open_new().await;
    for name in ["a", "b"] {
        store.subscriptions().create(new(name), &SystemRng, now()).await.unwrap();
    }
    let other_program = as_another_program(dir.path()).await;
    sqlx::query(
        "UPDATE subscription_keys SET sealed = \
         (SELECT sealed FROM subscription_keys WHERE subscription = 2 AND which = 'primary') \
         WHERE subscription = 1 AND which = 'primary'",
    )
    .execute(&other_program)
    .await
    .unwrap();
    let problem = store.subscriptions().list_secrets(&id("a")).await.unwrap_err().to_string();
    assert!(problem.contains("`subscription_keys.sealed`, row 1/primary does not open"), "{problem}");
    assert!(store.subscriptions().list_secrets(&id("b")).await.is_ok());
}

/// The database as another program opens it.
async fn as_another_program(dir: &Path) -> sqlx::SqlitePool {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(dir.join("cardea.db"));
    sqlx::SqlitePool::connect_with(options).await.unwrap()
}

#[test]
fn a_key_file_is_made_once_and_read_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("sealing.key");
    let made = SealingKey::create_file(&path).unwrap();
    assert_eq!(SealingKey::read_file(&path).unwrap().name(), made.name());
    assert!(matches!(SealingKey::create_file(&path), Err(SealingKeyError::Exists { .. })));
    assert_eq!(SealingKey::read_file(&path).unwrap().name(), made.name());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn a_file_without_a_key_is_refused_and_not_repeated() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("sealing.key");
    std::fs::write(&path, "hunter2").unwrap();
    let problem = SealingKey::read_file(&path).unwrap_err().to_string();
    assert!(problem.contains("sealing.key") && problem.contains("32 bytes") && !problem.contains("hunter2"));
    let missing = SealingKey::read_file(&dir.path().join("none")).unwrap_err();
    assert!(matches!(missing, SealingKeyError::Read { .. }));
}
