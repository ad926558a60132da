//! Secrets that were planted must not be found.

use std::path::Path;

use secret::Secret;
use store::{NewSubscription, SystemRng, WhichKey};

use crate::given::{SEALING_KEY, id, new, now, open_new, sealing_key};

const PLANTED: [&str; 2] = ["planted-primary-key-5b1f", "planted-secondary-key-77c0"];

/// Whether a file of the directory holds the text.
fn found_in_files(dir: &Path, text: &[u8]) -> bool {
    let files: Vec<_> = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(files.len() >= 3, "database, log and index, not {files:?}");
    files.iter().any(|path| std::fs::read(path).unwrap().windows(text.len()).any(|window| window == text))
}

#[tokio::test]
async fn no_key_is_in_any_file() {
    let (dir, store) = open_new().await;
    let given = NewSubscription {
        primary: Some(Secret::new(PLANTED[0])),
        secondary: Some(Secret::new(PLANTED[1])),
        ..new("planted-name")
    };
    store.subscriptions().create(given, &SystemRng, now()).await.unwrap();
    let generated = store.subscriptions().create(new("b"), &SystemRng, now()).await.unwrap();
    let rotated = store.subscriptions().rotate(&id("b"), WhichKey::Primary, &SystemRng).await.unwrap();

    assert!(found_in_files(dir.path(), b"planted-name"), "the search itself must work");
    let keys =
        [PLANTED[0], PLANTED[1], generated.primary.expose(), generated.secondary.expose(), rotated.expose()];
    for key in keys {
        assert!(!found_in_files(dir.path(), key.as_bytes()), "a key is in a file");
    }
    assert!(!found_in_files(dir.path(), SEALING_KEY.as_bytes()));
    let sealing_bytes: Vec<u8> = (0..32).collect();
    assert!(!found_in_files(dir.path(), &sealing_bytes));
}

#[tokio::test]
async fn no_key_is_shown_by_anything() {
    let (_dir, store) = open_new().await;
    let given = NewSubscription { primary: Some(Secret::new(PLANTED[0])), ..new("a") };
    let mut shown = vec![format!("{given:?}"), format!("{:?}", sealing_key())];
    let pair = store.subscriptions().create(given.clone(), &SystemRng, now()).await.unwrap();
    shown.push(format!("{pair:?} {store:?} {:?} {:?}", store.subscriptions(), store.key_hasher()));
    shown.push(format!("{:?}", store.subscriptions().load_all().await.unwrap()));
    shown.push(format!("{:?}", store.changes().await.unwrap()));

    let taken = NewSubscription { primary: Some(Secret::new(PLANTED[0])), ..new("b") };
    let unusable = NewSubscription { primary: Some(Secret::new(format!("{} x", PLANTED[0]))), ..new("b") };
    for wrong in [given, taken, unusable] {
        let problem = store.subscriptions().create(wrong, &SystemRng, now()).await.unwrap_err();
        shown.push(format!("{problem} {problem:?}"));
    }
    for shown in shown {
        for key in [PLANTED[0], pair.primary.expose(), pair.secondary.expose(), SEALING_KEY] {
            assert!(!shown.contains(key), "{shown}");
        }
    }
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_can_read_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("deep/state");
    let store = crate::given::open(&dir).await;
    store.subscriptions().create(new("a"), &SystemRng, now()).await.unwrap();
    assert_eq!(mode(&dir), 0o700);
    for entry in std::fs::read_dir(&dir).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
    store.close().await;

    let file = dir.join("cardea.db");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    crate::given::open(&dir).await;
    assert_eq!(mode(&file), 0o600, "a restored copy is closed again");
}
