//! Rows of the vault on real files.

use std::collections::BTreeMap;
use std::path::Path;

use sqlx::{ConnectOptions, sqlite::SqliteConnectOptions};
use store::vault::{
    AuditFilter, AuditRecord, Grant, Kept, NewVersion, Permission, SecretName, SecretRow, VaultName,
    VaultWork, Which,
};
use store::{Store, StoreError, SystemRng};

use crate::given::{at, now, open, open_new};

const PLANTED: &str = "planted-vault-value-8d21";

fn vault() -> VaultName {
    VaultName::new("main").unwrap()
}

fn name(text: &str) -> SecretName {
    SecretName::new(text).unwrap()
}

/// Makes a secret or a new version of it.
async fn put(store: &Store, secret: &str, value: &str) {
    let mut work = VaultWork::begin(store).await.unwrap();
    let known = work.secret(&vault(), &name(secret)).await.unwrap();
    let secret = match known {
        Some(secret) => secret,
        None => work.make_secret(&vault(), &name(secret)).await.unwrap(),
    };
    work.add_version(&secret, &NewVersion::new(value, now().as_second()), &SystemRng).await.unwrap();
    work.commit().await.unwrap();
}

async fn secret(work: &mut VaultWork, text: &str) -> SecretRow {
    work.secret(&vault(), &name(text)).await.unwrap().unwrap()
}

fn record(operation: &str, moment: &str) -> AuditRecord {
    AuditRecord {
        at: at(moment),
        vault: vault(),
        object_id: Some("oid-1".into()),
        app_id: Some("app-1".into()),
        operator: None,
        operation: operation.into(),
        secret: Some("a".into()),
        version: None,
        status: 200,
        outcome: "Success".into(),
    }
}

#[tokio::test]
async fn versions_are_there_after_opening_again_the_newest_last() {
    let (dir, store) = open_new().await;
    for value in ["one", "two", PLANTED] {
        put(&store, "Key", value).await;
    }
    store.close().await;

    let mut work = VaultWork::begin(&open(dir.path()).await).await.unwrap();
    let key = secret(&mut work, "kEY").await;
    assert_eq!(key.name.as_str(), "Key");
    let versions = work.list_versions(&key, 0, 9).await.unwrap();
    assert_eq!(versions.len(), 3);
    let latest = work.version(&key, None).await.unwrap().unwrap();
    assert_eq!(latest, versions[2]);
    assert_eq!(work.value(&key, &latest).await.unwrap().expose(), PLANTED);
    let second = work.version(&key, Some(&versions[1].id)).await.unwrap().unwrap();
    assert_eq!(work.value(&key, &second).await.unwrap().expose(), "two");
}

#[tokio::test]
async fn a_value_moved_to_another_version_secret_or_vault_does_not_open() {
    let (_dir, store) = open_new().await;
    for (secret, value) in [("a", "one"), ("a", "two"), ("b", "three")] {
        put(&store, secret, value).await;
    }
    let mut raw = SqliteConnectOptions::new().filename(store.path()).connect().await.unwrap();
    let moves = [
        "UPDATE vault_versions SET sealed = (SELECT sealed FROM vault_versions WHERE number = 1) WHERE number = 2",
        "UPDATE vault_versions SET sealed = (SELECT sealed FROM vault_versions WHERE number = 1) WHERE number = 3",
        "UPDATE vault_secrets SET vault = 'other' WHERE number = 1",
    ];
    for step in moves {
        sqlx::query(step).execute(&mut raw).await.unwrap();
    }
    let mut work = VaultWork::begin(&store).await.unwrap();
    let other = VaultName::new("other").unwrap();
    let moved = work.secret(&other, &name("a")).await.unwrap().unwrap();
    for secret in [moved, secret(&mut work, "b").await] {
        for version in work.list_versions(&secret, 0, 9).await.unwrap() {
            let problem = work.value(&secret, &version).await.unwrap_err();
            assert!(matches!(problem, StoreError::Tampered { .. }), "{problem}");
        }
    }
}

#[tokio::test]
async fn work_that_is_dropped_has_not_happened() {
    let (_dir, store) = open_new().await;
    let mut work = VaultWork::begin(&store).await.unwrap();
    work.make_secret(&vault(), &name("a")).await.unwrap();
    drop(work);
    let mut work = VaultWork::begin(&store).await.unwrap();
    assert!(work.secret(&vault(), &name("a")).await.unwrap().is_none());
}

#[tokio::test]
async fn without_a_sealing_key_nothing_is_kept_or_read() {
    let (dir, store) = open_new().await;
    put(&store, "a", "x").await;
    store.close().await;
    let open = Store::open(dir.path(), None, now()).await.unwrap();
    assert!(matches!(VaultWork::begin(&open).await, Err(StoreError::NoSealingKey)));
}

#[tokio::test]
async fn no_value_is_in_a_file_and_a_purged_secret_leaves_no_row() {
    let (dir, store) = open_new().await;
    put(&store, "a", PLANTED).await;
    let held = |dir: &Path, text: &[u8]| {
        let mut files = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
        files.any(|path| std::fs::read(path).unwrap().windows(text.len()).any(|window| window == text))
    };
    assert!(held(dir.path(), b"vault_versions"), "the search itself must work");
    assert!(!held(dir.path(), PLANTED.as_bytes()));

    let mut work = VaultWork::begin(&store).await.unwrap();
    let row = secret(&mut work, "a").await;
    work.purge(&row).await.unwrap();
    work.commit().await.unwrap();
    let mut raw = SqliteConnectOptions::new().filename(store.path()).connect().await.unwrap();
    let left: i64 =
        sqlx::query_scalar("SELECT count(*) FROM vault_versions").fetch_one(&mut raw).await.unwrap();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn lists_go_by_name_in_pages() {
    let (_dir, store) = open_new().await;
    for secret in ["c", "A", "b"] {
        put(&store, secret, "x").await;
    }
    let mut work = VaultWork::begin(&store).await.unwrap();
    let names = |listed: Vec<store::vault::ListedSecret>| -> Vec<String> {
        listed.iter().map(|each| each.secret.name.to_string()).collect()
    };
    let first = work.list_secrets(&vault(), Which::Present, None, 2).await.unwrap();
    assert_eq!(names(first), ["A", "b"]);
    let rest = work.list_secrets(&vault(), Which::Present, Some("b"), 2).await.unwrap();
    assert_eq!(names(rest), ["c"]);
    assert!(work.list_secrets(&vault(), Which::Deleted, None, 2).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_grant_holds_for_its_identity_permission_and_secret_only() {
    let (_dir, store) = open_new().await;
    let mut work = VaultWork::begin(&store).await.unwrap();
    let one = Grant {
        vault: vault(),
        identity: "Oid-1".into(),
        secret: Some(name("a")),
        permission: Permission::Get,
    };
    let all = Grant { identity: "app-2".into(), secret: None, permission: Permission::List, ..one.clone() };
    assert!(work.grant(&one, 0).await.unwrap() && work.grant(&all, 0).await.unwrap());
    assert!(!work.grant(&one, 0).await.unwrap(), "granted already");

    let cases = [
        (&["oid-1"][..], Permission::Get, Some("a"), true),
        (&["nobody", "OID-1"], Permission::Get, Some("A"), true),
        (&["oid-1"], Permission::Get, Some("b"), false),
        (&["oid-1"], Permission::Get, None, false),
        (&["oid-1"], Permission::Set, Some("a"), false),
        (&["app-2"], Permission::List, None, true),
        (&["app-2"], Permission::List, Some("a"), true),
        (&["app-2"], Permission::Get, Some("a"), false),
        (&[], Permission::Get, Some("a"), false),
    ];
    for (who, permission, secret, expected) in cases {
        let secret = secret.map(name);
        let found = work.is_granted(&vault(), who, permission, secret.as_ref()).await.unwrap();
        assert_eq!(found, expected, "{who:?} {permission:?} {secret:?}");
        let elsewhere = VaultName::new("other").unwrap();
        assert!(!work.is_granted(&elsewhere, who, permission, secret.as_ref()).await.unwrap());
    }
    assert!(work.revoke(&one).await.unwrap() && !work.revoke(&one).await.unwrap());
    assert_eq!(work.grants(&vault()).await.unwrap(), [all]);
}

#[tokio::test]
async fn records_are_kept_up_to_a_number_and_an_age() {
    let (_dir, store) = open_new().await;
    let mut work = VaultWork::begin(&store).await.unwrap();
    let kept = Kept { rows: 3, since: at("2026-11-20T00:00:00Z") };
    for moment in
        ["2026-11-19T23:59:59Z", "2026-11-21T00:00:01Z", "2026-11-21T00:00:02Z", "2026-11-21T00:00:03Z"]
    {
        work.record(&record("SecretGet", moment), kept).await.unwrap();
    }
    let filter = AuditFilter { vault: vault(), secret: None, who: None, limit: 9 };
    let seconds = |records: Vec<AuditRecord>| -> Vec<i8> {
        records.iter().map(|each| each.at.to_zoned(jiff::tz::TimeZone::UTC).second()).collect()
    };
    assert_eq!(seconds(work.records(&filter).await.unwrap()), [3, 2, 1]);
    work.record(&record("SecretSet", "2026-11-21T00:00:04Z"), kept).await.unwrap();
    assert_eq!(seconds(work.records(&filter).await.unwrap()), [4, 3, 2]);
    work.sweep_records(Kept { since: at("2026-11-21T00:00:03Z"), ..kept }).await.unwrap();
    assert_eq!(seconds(work.records(&filter).await.unwrap()), [4, 3]);
    let nobodys = AuditFilter { who: Some("oid-2".into()), ..filter.clone() };
    assert!(work.records(&nobodys).await.unwrap().is_empty());
    let somebodys = AuditFilter { who: Some("app-1".into()), secret: Some(name("A")), limit: 1, ..filter };
    assert_eq!(work.records(&somebodys).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_store_in_memory_works_and_is_shared_by_its_handles() {
    let store = Store::in_memory(now()).await.unwrap();
    put(&store, "a", PLANTED).await;
    let mut work = VaultWork::begin(&store.clone()).await.unwrap();
    let row = secret(&mut work, "a").await;
    let tagged = NewVersion { tags: BTreeMap::from([("k".into(), "v".into())]), ..NewVersion::new("y", 1) };
    work.add_version(&row, &tagged, &SystemRng).await.unwrap();
    assert_eq!(work.version(&row, None).await.unwrap().unwrap().tags["k"], "v");
}
