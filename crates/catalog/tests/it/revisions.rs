//! The same bytes are the same revision, wherever they are.

use artifacts::MemoryFolder;
use catalog::{Catalog as _, Fixed, FolderCatalog, Scope};

use crate::support::{Place, now, read};

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

#[test]
fn two_machines_with_the_same_files_show_the_same_revision() {
    let files = [("policy.xml", "1"), ("apis/echo/policy.xml", "2"), ("named values/a b/x.json", "3")];
    let (one, other) = (Place::with(&files), Place::with(&files));
    // What git does not keep makes no difference.
    std::fs::create_dir_all(other.path("apim/products/none")).unwrap();
    other.write("apim/.swp", "");
    let revision = read(&one.catalog()).unwrap().revision;
    assert_eq!(read(&other.catalog()).unwrap().revision, revision);
    let memory = Fixed::new(MemoryFolder::new(files));
    assert_eq!(memory.begin(Scope::Everything).unwrap().finish().unwrap().revision, revision);
}

#[test]
fn every_change_of_a_name_or_a_byte_is_another_revision() {
    let place = Place::with(&[("a", "1"), ("b", "2")]);
    let catalog = place.catalog();
    let mut seen = vec![read(&catalog).unwrap().revision];
    let mut another = |place: &Place| {
        let now = read(&catalog).unwrap().revision;
        assert_eq!(
            read(&place.catalog()).unwrap().revision,
            now,
            "as a process that has just started sees it"
        );
        assert!(!seen.contains(&now), "{seen:?} {now}");
        seen.push(now);
    };
    place.write("apim/a", "2");
    another(&place);
    place.write("apim/c", "");
    another(&place);
    std::fs::rename(place.path("apim/c"), place.path("apim/d")).unwrap();
    another(&place);
    std::fs::remove_file(place.path("apim/b")).unwrap();
    another(&place);
    place.write("apim/e/f", "1");
    another(&place);
}

/// Written anew by a checkout of the same commit, by `touch`, or by a new volume.
#[test]
fn the_same_bytes_written_anew_are_no_change() {
    let place = Place::with(&[("policy.xml", "1"), ("apis/echo/policy.xml", "2")]);
    let catalog = place.catalog();
    let first = read(&catalog).unwrap();
    place.write("apim/policy.xml", "1");
    assert!(catalog.differs(Scope::Everything).unwrap().is_none());
    std::fs::rename(place.path("apim"), place.path("old")).unwrap();
    place.write("apim/policy.xml", "1");
    place.write("apim/apis/echo/policy.xml", "2");
    assert!(catalog.differs(Scope::Everything).unwrap().is_none());
    assert_eq!(read(&catalog).unwrap(), first);
}

/// gitrepository-layout: `HEAD` names a reference or a commit; references are files, or lines of `packed-refs`.
#[test]
fn the_commit_is_that_of_the_working_tree() {
    let place = Place::with(&[("policy.xml", "1")]);
    let commit = |place: &Place| read(&place.catalog()).unwrap().commit.map(|commit| commit.to_string());
    assert_eq!(commit(&place), None);
    place.write(".git/HEAD", &format!("{COMMIT}\n"));
    assert_eq!(commit(&place).as_deref(), Some(COMMIT));
    place.write(".git/HEAD", "ref: refs/heads/main\n");
    assert_eq!(commit(&place), None);
    place.write(".git/packed-refs", &format!("# pack-refs with: peeled\n{COMMIT} refs/heads/main\n"));
    assert_eq!(commit(&place).as_deref(), Some(COMMIT));
    let newer = COMMIT.replace('0', "f");
    place.write(".git/refs/heads/main", &newer);
    assert_eq!(commit(&place), Some(newer));
    place.write(".git/HEAD", "ref: ../../../etc/passwd\n");
    assert_eq!(commit(&place), None);
    // The files themselves know best.
    place.write("apim/COMMIT_ID", "build-7\n");
    assert_eq!(commit(&place).as_deref(), Some("build-7"));
    place.write("apim/COMMIT_ID", "not a name\r\nx-header: 1");
    assert_eq!(commit(&place), None);
}

/// As in an image: the environment speaks of the files that are there at the start.
#[test]
fn the_environment_names_the_commit_of_the_first_files() {
    let place = Place::with(&[("policy.xml", "1")]);
    let catalog = FolderCatalog::new(place.path("apim"), Some("build-7".into()), now());
    assert_eq!(read(&catalog).unwrap().commit.as_deref(), Some("build-7"));
    place.write("apim/policy.xml", "2");
    assert_eq!(read(&catalog).unwrap().commit, None);
    place.write("apim/policy.xml", "1");
    assert_eq!(read(&catalog).unwrap().commit.as_deref(), Some("build-7"));
}
