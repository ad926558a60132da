//! One database for each released schema version, written by that release: it must still open, with its secrets.
//!
//! `tests/fixtures/README.md` says what is in them and how one is made.

use std::path::PathBuf;

use model::{SubscriptionScope, SubscriptionState, UserState};

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
    }
}
