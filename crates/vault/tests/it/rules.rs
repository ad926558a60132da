//! What holds beyond single requests: two at once, the audit, retention.

use std::collections::BTreeSet;

use vault::{AuditFilter, AuditRecord, Call, NewSecret, PageAfter, Permission, Problem, Reply, Rules, Vault};

use crate::harness::{SetClock, grant, in_memory, name, on_disk, operator, serve};

fn all() -> AuditFilter {
    AuditFilter { vault: vault::VaultName::new("main").unwrap(), secret: None, who: None, limit: 1000 }
}

fn line(record: &AuditRecord) -> String {
    let who = record.object_id.as_deref().or(record.operator.as_deref()).unwrap_or("nobody");
    let secret = record.secret.as_deref().unwrap_or("-");
    let version = if record.version.is_some() { "with version" } else { "-" };
    format!("{who} {} {secret} {version} {} {}", record.operation, record.status, record.outcome)
}

async fn lines(vault: &Vault) -> Vec<String> {
    vault.records(&all()).await.unwrap().iter().rev().map(line).collect()
}

#[tokio::test]
async fn every_read_change_and_refusal_is_recorded() {
    let clock = SetClock::new("2026-11-21T08:00:00Z");
    let vault = in_memory(&clock, Rules::default()).await;
    let running = serve(vault.vaults()).await;
    grant(&running.vaults.only().unwrap(), "app", &[Permission::Get, Permission::Set], Some("key")).await;
    for (token, request, body) in [
        (Some("app"), "PUT /secrets/key?api-version=7.4", r#"{"value":"x"}"#),
        (Some("app"), "GET /secrets/key/?api-version=7.4", ""),
        (Some("app"), "PATCH /secrets/key/?api-version=7.4", r#"{"attributes":{"enabled":false}}"#),
        (Some("app"), "GET /secrets/key/?api-version=7.4", ""),
        (Some("app"), "DELETE /secrets/key?api-version=7.4", ""),
        (Some("nobody"), "GET /secrets/other/?api-version=7.4", ""),
        (None, "GET /secrets/key/?api-version=7.4", ""),
    ] {
        running.ask(token, request, body).await;
    }
    let vault = running.vaults.only().unwrap();
    let expected = [
        "tester AccessGrant get app key - 200 Success",
        "tester AccessGrant set app key - 200 Success",
        "app SecretSet key with version 200 Success",
        "app SecretGet key with version 200 Success",
        "app SecretUpdate key with version 200 Success",
        "app SecretGet key - 403 SecretDisabled",
        "app SecretDelete key - 403 AccessDenied",
        "nobody SecretGet other - 403 AccessDenied",
    ];
    assert_eq!(lines(&vault).await, expected);
    let record = vault.records(&all()).await.unwrap().remove(0);
    assert_eq!((record.app_id.as_deref(), record.at), (Some("app-1"), policy::Clock::now(&*clock)));
    running.end().await;
}

#[tokio::test]
async fn of_two_sets_at_once_both_are_versions_and_one_is_the_newest() {
    let clock = SetClock::new("2026-11-21T08:00:00Z");
    let dir = tempfile::tempdir().unwrap();
    // Two processes are two stores on one directory.
    let (one, other) = (on_disk(dir.path(), &clock).await, on_disk(dir.path(), &clock).await);
    let rounds = (0..10).map(|round| {
        let vault = if round % 2 == 0 { one.clone() } else { other.clone() };
        tokio::spawn(async move {
            let set =
                vault.set(&operator(), &name("key"), NewSecret::new(format!("value-{round}"))).await.unwrap();
            (set.version.id.to_string(), set.value.unwrap().expose().to_owned())
        })
    });
    let mut made = BTreeSet::new();
    for round in rounds.collect::<Vec<_>>() {
        made.insert(round.await.unwrap());
    }
    let key = name("key");
    let versions = one.all(&operator(), |page| Call::ListVersions(name("key"), page)).await.unwrap();
    let mut kept = BTreeSet::new();
    for each in &versions {
        let read = other.get(&operator(), &key, Some(&each.version.id)).await.unwrap();
        kept.insert((read.version.id.to_string(), read.value.unwrap().expose().to_owned()));
    }
    assert_eq!((kept.len(), &kept), (10, &made));
    let newest = one.get(&operator(), &key, None).await.unwrap();
    assert_eq!(newest.version.id, versions.last().unwrap().version.id);
}

#[tokio::test]
async fn a_grant_and_its_end_are_effective_at_the_next_request() {
    let clock = SetClock::new("2026-11-21T08:00:00Z");
    let dir = tempfile::tempdir().unwrap();
    let running = serve(on_disk(dir.path(), &clock).await.vaults()).await;
    let beside = on_disk(dir.path(), &clock).await;
    beside.set(&operator(), &name("key"), NewSecret::new("x")).await.unwrap();
    let read = async || running.ask(Some("app"), "GET /secrets/key/?api-version=7.4", "").await.status;
    assert_eq!(read().await, 403);
    grant(&beside, "app", &[Permission::Get], None).await;
    assert_eq!(read().await, 200);
    for each in beside.grants().await.unwrap() {
        assert!(beside.revoke(&operator(), &each).await.unwrap());
    }
    assert_eq!(read().await, 403);
    running.end().await;
}

#[tokio::test]
async fn a_sweep_purges_what_nobody_asks_for_and_records_it() {
    let clock = SetClock::new("2026-11-21T08:00:00Z");
    let vault = in_memory(&clock, Rules { recoverable_days: 7, ..Rules::default() }).await;
    vault.set(&operator(), &name("key"), NewSecret::new("x")).await.unwrap();
    vault.perform(&operator(), Call::Delete(name("key"))).await.unwrap();
    clock.set("2026-11-28T07:59:59Z");
    vault.vaults().sweep().await.unwrap();
    let deleted = |page| Call::ListDeleted(page);
    assert_eq!(vault.all(&operator(), deleted).await.unwrap().len(), 1);
    clock.set("2026-11-28T08:00:00Z");
    vault.vaults().sweep().await.unwrap();
    assert_eq!(lines(&vault).await.last().unwrap(), "retention SecretPurge key - 204 Success");
    assert!(vault.all(&operator(), deleted).await.unwrap().is_empty());
}

#[tokio::test]
async fn records_beyond_number_and_age_are_removed() {
    let clock = SetClock::new("2026-11-21T08:00:00Z");
    let vault = in_memory(&clock, Rules { audit_rows: 3, audit_days: 10, ..Rules::default() }).await;
    for _ in 0..5 {
        vault.set(&operator(), &name("key"), NewSecret::new("x")).await.unwrap();
    }
    assert_eq!(lines(&vault).await.len(), 3);
    clock.set("2026-12-02T08:00:00Z");
    vault.get(&operator(), &name("key"), None).await.unwrap();
    assert_eq!(lines(&vault).await, ["tester SecretGet key with version 200 Success"]);
}

#[tokio::test]
async fn lists_are_followed_to_their_end() {
    let clock = SetClock::new("2026-11-21T08:00:00Z");
    let vault = in_memory(&clock, Rules::default()).await;
    for number in 0..60 {
        vault.set(&operator(), &name(&format!("s{number:02}")), NewSecret::new("x")).await.unwrap();
    }
    let found = vault.all(&operator(), Call::List).await.unwrap();
    let names: Vec<_> = found.iter().map(|each| each.name.to_string()).collect();
    assert_eq!(names, (0..60).map(|number| format!("s{number:02}")).collect::<Vec<_>>());
    let page = PageAfter { after: None, limit: 10 };
    let Reply::List(listed) = vault.perform(&operator(), Call::List(page)).await.unwrap() else { panic!() };
    assert_eq!((listed.entries.len(), listed.next.as_deref()), (10, Some("s09")));
}

#[tokio::test]
async fn a_store_without_a_sealing_key_is_refused() {
    let clock = SetClock::new("2026-11-21T08:00:00Z");
    let dir = tempfile::tempdir().unwrap();
    let store = store::Store::open(dir.path(), None, policy::Clock::now(&*clock)).await.unwrap();
    let vault = crate::harness::vaults(store, &["main"], Rules::default(), clock).only().unwrap();
    let problem = vault.set(&operator(), &name("key"), NewSecret::new("x")).await.unwrap_err();
    assert!(matches!(problem, Problem::Store(store::StoreError::NoSealingKey)), "{problem}");
}
