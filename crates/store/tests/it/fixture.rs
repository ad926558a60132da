//! One database for each released schema version, written by that release: it must still open, with its secrets.
//!
//! `tests/fixtures/README.md` says what is in them and how one is made.

use std::path::PathBuf;

use model::{SubscriptionScope, SubscriptionState, UserState};
use store::Store;
use store::vault::{AuditFilter, Deletion, Permission, VaultName, VaultWork, Which};

use crate::given::{at, open, text};

/// `v1.db`, `v2.db`, ... as they are found.
fn fixtures() -> Vec<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.extension().is_some_and(|end| end == "db")).collect()
}

#[tokio::test]
async fn databases_of_all_released_versions_open() {
    let fixtures = fixtures();
    assert!(!fixtures.is_empty());
    for fixture in fixtures {
        let dir = tempfile::tempdir().unwrap();
        std::fs::copy(&fixture, dir.path().join("cardea.db")).unwrap();
        let store = open(dir.path()).await;

        let all = store.subscriptions().load_all().await.unwrap();
        let [team, suspended] = all.as_slice() else { panic!("two subscriptions in {}", fixture.display()) };
        assert_eq!((team.id.as_str(), team.display_name.as_str()), ("team-a", "Team A"));
        assert_eq!(text(&team.primary), "11111111111111111111111111111111");
        assert_eq!(text(&team.secondary), "22222222222222222222222222222222");
        assert_eq!(team.owner.as_ref().unwrap().as_str(), "ada");
        assert_eq!(team.dates.expiration, Some(at("2030-01-01T00:00:00Z")));
        assert_eq!((suspended.id.as_str(), &suspended.scope), ("team-b", &SubscriptionScope::AllApis));
        assert_eq!(suspended.state, SubscriptionState::Suspended);
        assert_eq!(suspended.state_comment.as_deref(), Some("unpaid"));
        assert_eq!(text(&suspended.primary).len(), 32);

        let users = store.users().list().await.unwrap();
        assert_eq!(
            (users.len(), &*users[0].email, users[0].state),
            (1, "ada@example.com", UserState::Active)
        );
        the_vault(&store, !fixture.ends_with("v1.db")).await;
    }
}

/// Since version 2 there is one.
async fn the_vault(store: &Store, is_filled: bool) {
    let vault = VaultName::new("main").unwrap();
    let mut work = VaultWork::begin(store).await.unwrap();
    let all = work.list_secrets(&vault, Which::Present, None, 9).await.unwrap();
    let [found] = all.as_slice() else { return assert!(all.is_empty() && !is_filled) };
    assert!(is_filled);
    let versions = work.list_versions(&found.secret, 0, 9).await.unwrap();
    for (version, value) in versions.iter().zip(["first value", "second value"]) {
        assert_eq!(work.value(&found.secret, version).await.unwrap().expose(), value);
    }
    assert_eq!(found.latest, versions[1]);
    assert_eq!(
        (found.latest.content_type.as_deref(), found.latest.expires),
        (Some("text/plain"), Some(4_102_444_800))
    );
    assert_eq!(found.latest.tags["team"], "a");
    let deleted = work.list_secrets(&vault, Which::Deleted, None, 9).await.unwrap();
    assert_eq!(deleted[0].secret.deletion, Some(Deletion { deleted: 1_795_248_000, purge: 1_803_024_000 }));
    assert_eq!(work.value(&deleted[0].secret, &deleted[0].latest).await.unwrap().expose(), "deleted value");
    let grants = work.grants(&vault).await.unwrap();
    assert_eq!((grants.len(), grants[0].permission), (1, Permission::Get));
    let filter = AuditFilter { vault, secret: None, who: None, limit: 9 };
    assert_eq!(work.records(&filter).await.unwrap()[0].outcome, "Success");
}
