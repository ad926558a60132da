//! The file of sealed sections.

use std::path::PathBuf;

use store::{Store, StoreError};
use tempfile::TempDir;

use crate::given::{now, open_new, other_sealing_key};

fn file(dir: &TempDir) -> PathBuf {
    dir.path().join("configuration.saved")
}

fn write(store: &Store, sections: &[&[u8]]) {
    let mut saving = store.save().unwrap();
    sections.iter().for_each(|section| saving.put(7, section).unwrap());
    saving.finish().unwrap();
}

fn read(store: &Store) -> Result<Vec<Vec<u8>>, StoreError> {
    let Some(saved) = store.saved()? else { return Ok(Vec::new()) };
    (0..saved.len()).map(|at| saved.open(at).map(|(_, bytes)| bytes.to_vec())).collect()
}

#[tokio::test]
async fn what_was_finished_is_read_and_what_was_not_leaves_no_trace() {
    let (dir, store) = open_new().await;
    assert!(store.saved().unwrap().is_none());
    write(&store, &[b"one", b"two"]);
    let mut unfinished = store.save().unwrap();
    unfinished.put(7, b"three").unwrap();
    drop(unfinished);
    assert_eq!(read(&store).unwrap(), [b"one", b"two"]);
    let left = std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name());
    assert_eq!(left.filter(|name| name.to_string_lossy().contains("saved")).count(), 1);
}

#[tokio::test]
async fn every_damaged_byte_and_every_cut_is_noticed() {
    let (dir, store) = open_new().await;
    write(&store, &[b"one", b"two"]);
    let whole = std::fs::read(file(&dir)).unwrap();
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 1;
        std::fs::write(file(&dir), &damaged).unwrap();
        assert!(read(&store).is_err(), "byte {at}");
        std::fs::write(file(&dir), &whole[..at]).unwrap();
        assert!(read(&store).is_err(), "cut at {at}");
    }
    // Sections of the same store cannot be moved from one file to another.
    write(&store, &[b"one", b"six"]);
    let other = std::fs::read(file(&dir)).unwrap();
    let mixed: Vec<u8> = whole.iter().take(100).chain(other.iter().skip(100)).copied().collect();
    std::fs::write(file(&dir), mixed).unwrap();
    assert!(read(&store).is_err());
}

#[tokio::test]
async fn without_the_sealing_key_nothing_is_written_or_read() {
    let (dir, store) = open_new().await;
    write(&store, &[b"one"]);
    store.close().await;
    let without = Store::open(dir.path(), None, now()).await.unwrap();
    assert!(matches!(without.save(), Err(StoreError::NoSealingKey)));
    assert!(matches!(without.saved(), Err(StoreError::NoSealingKey)));
    let elsewhere = tempfile::tempdir().unwrap();
    let other = Store::open(elsewhere.path(), Some(other_sealing_key()), now()).await.unwrap();
    std::fs::copy(file(&dir), file(&elsewhere)).unwrap();
    assert!(matches!(other.saved(), Err(StoreError::Tampered { .. })));
}

#[tokio::test]
async fn a_store_in_memory_saves_nothing() {
    let store = Store::in_memory(now()).await.unwrap();
    assert!(store.save().is_err());
    assert!(store.saved().unwrap().is_none());
}
