use std::path::Path;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection};
use store::{Store, StoreError};

use crate::given::{now, open_new, sealing_key};

async fn database(dir: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(dir.join("cardea.db")).create_if_missing(true);
    options.connect().await.unwrap()
}

#[tokio::test]
async fn a_newer_schema_is_refused_and_left_alone() {
    let (dir, store) = open_new().await;
    store.close().await;
    let mut newer = database(dir.path()).await;
    sqlx::query("PRAGMA user_version = 99").execute(&mut newer).await.unwrap();
    newer.close().await.unwrap();
    let before = std::fs::read(dir.path().join("cardea.db")).unwrap();

    let problem = Store::open(dir.path(), Some(sealing_key()), now()).await.unwrap_err();
    assert!(problem.to_string().contains("schema version 99, this release knows up to 2"), "{problem}");
    assert_eq!(std::fs::read(dir.path().join("cardea.db")).unwrap(), before);
}

#[tokio::test]
async fn the_database_of_another_program_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let mut foreign = database(dir.path()).await;
    sqlx::query("CREATE TABLE theirs (x)").execute(&mut foreign).await.unwrap();
    foreign.close().await.unwrap();
    let problem = Store::open(dir.path(), Some(sealing_key()), now()).await.unwrap_err();
    assert!(matches!(problem, StoreError::Foreign { .. }), "{problem}");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("cardea.db"), "not a database, but text ".repeat(100)).unwrap();
    let problem = Store::open(dir.path(), None, now()).await.unwrap_err().to_string();
    assert!(problem.contains("not a database"), "{problem}");
}

#[tokio::test]
async fn a_directory_that_cannot_be_made_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    let problem = Store::open(&file, None, now()).await.unwrap_err().to_string();
    assert!(problem.starts_with(&format!("cannot use `{}`", file.display())), "{problem}");
}
