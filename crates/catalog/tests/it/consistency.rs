//! Nobody gets half of a change.

use catalog::{Catalog as _, Scope, Unreadable};

use crate::support::{Place, read, text};

#[test]
fn a_reading_lists_what_was_there_when_it_began() {
    let place = Place::with(&[("policy.xml", "1"), ("apis/echo/apiInformation.json", "2")]);
    place.write("apim/.git/HEAD", "x");
    let reading = place.catalog().begin(Scope::Everything).unwrap();
    place.write("apim/apis/more/apiInformation.json", "3");
    let names = |path: &str| reading.list(path).unwrap().into_iter().map(|it| it.name).collect::<Vec<_>>();
    assert_eq!(names(""), ["apis", "policy.xml"]);
    assert_eq!(names("apis"), ["echo"]);
    assert_eq!(names("products"), Vec::<String>::new());
    assert_eq!(text(&*reading, "policy.xml"), "1");
    assert_eq!(reading.read("apis/more/apiInformation.json"), Ok(None));
}

#[test]
fn what_changes_while_it_is_read_is_not_taken() {
    let written = |path: &str| {
        let place = Place::with(&[("a.xml", "1"), ("apis/echo/policy.xml", "1")]);
        let reading = place.catalog().begin(Scope::Everything).unwrap();
        text(&*reading, "a.xml");
        place.write(&format!("apim/{path}"), "2");
        reading.finish()
    };
    // Of the same length, and within the same tick of the clock.
    assert_eq!(written("a.xml"), Err(Unreadable::Changed("a.xml".to_owned())));
    assert_eq!(written("apis/echo/policy.xml"), Err(Unreadable::Changed("apis/echo/policy.xml".to_owned())));
    assert_eq!(written("apis/new/policy.xml"), Err(Unreadable::Changed("apis/new".to_owned())));
    let place = Place::with(&[("a.xml", "1"), ("b.xml", "1")]);
    let reading = place.catalog().begin(Scope::Everything).unwrap();
    std::fs::remove_file(place.path("apim/b.xml")).unwrap();
    assert!(reading.read("b.xml").is_err());
    assert!(matches!(reading.finish(), Err(Unreadable::Changed(_))));
    // What was written anew with the same bytes has not changed.
    let reading = place.catalog().begin(Scope::Everything).unwrap();
    text(&*reading, "a.xml");
    place.write("apim/a.xml", "1");
    assert!(reading.finish().is_ok());
}

/// COMPAT: git holds `index.lock` while it writes a working tree.
#[test]
fn a_checkout_in_progress_is_not_read() {
    let place = Place::with(&[("policy.xml", "1")]);
    let catalog = place.catalog();
    read(&catalog).unwrap();
    for lock in [".git/index.lock", "apim/.git/index.lock"] {
        place.write(lock, "");
        let why = catalog.begin(Scope::Everything).map(drop).unwrap_err();
        assert_eq!(why.code(), "checkout-in-progress", "{why}");
        std::fs::remove_file(place.path(lock)).unwrap();
        assert!(read(&catalog).is_ok());
    }
    // Begun while it is read.
    let reading = catalog.begin(Scope::Everything).unwrap();
    place.write("apim/.git/index.lock", "");
    assert_eq!(reading.finish().unwrap_err().code(), "checkout-in-progress");
}

/// As in a linked working tree or a submodule.
#[test]
fn the_lock_of_a_linked_working_tree_counts() {
    let place = Place::with(&[("policy.xml", "1"), (".git", "gitdir: ../main/.git/worktrees/apim\n")]);
    place.write("main/.git/worktrees/apim/index.lock", "");
    assert_eq!(read(&place.catalog()).unwrap_err().code(), "checkout-in-progress");
}

#[test]
fn a_folder_that_vanishes_or_becomes_empty_is_not_taken() {
    let place = Place::with(&[("apis/echo/policy.xml", "1")]);
    let catalog = place.catalog();
    read(&catalog).unwrap();
    std::fs::rename(place.path("apim/apis"), place.path("apis")).unwrap();
    assert_eq!(read(&catalog), Err(Unreadable::Empty(place.path("apim"))));
    std::fs::remove_dir(place.path("apim")).unwrap();
    assert_eq!(read(&catalog).unwrap_err().code(), "folder-missing");
    assert_eq!(catalog.differs(Scope::Everything).unwrap_err().code(), "folder-missing");
    std::fs::create_dir(place.path("apim")).unwrap();
    std::fs::rename(place.path("apis"), place.path("apim/apis")).unwrap();
    assert!(read(&catalog).is_ok());
    // One that never held anything may be served.
    std::fs::create_dir(place.path("nothing")).unwrap();
    assert!(read(&place.catalog_at("nothing")).is_ok());
}
