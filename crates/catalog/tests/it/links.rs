//! Folders behind links, and links that lead nowhere good.

use std::os::unix::fs::symlink;

use catalog::{Catalog as _, Scope};

use crate::support::{Place, read, text};

/// A volume as Kubernetes writes it.
fn volume() -> Place {
    let place = Place::new();
    for (version, text) in [("..2026_11_21_08_00_00.1", "1"), ("..2026_11_21_09_00_00.2", "2")] {
        place.write(&format!("volume/{version}/policy.xml"), text);
        place.write(&format!("volume/{version}/apis/echo/policy.xml"), text);
    }
    place.link("volume/..data", "..2026_11_21_08_00_00.1");
    symlink("..data/policy.xml", place.path("volume/policy.xml")).unwrap();
    symlink("..data/apis", place.path("volume/apis")).unwrap();
    place
}

#[test]
fn a_volume_of_kubernetes_is_read_beneath_its_newest_version() {
    let place = volume();
    let catalog = place.catalog_at("volume");
    let reading = catalog.begin(Scope::Everything).unwrap();
    assert_eq!(text(&*reading, "policy.xml"), "1");
    place.link("volume/..data", "..2026_11_21_09_00_00.2");
    assert_eq!(text(&*reading, "apis/echo/policy.xml"), "1");
    assert_eq!(reading.finish().unwrap_err().code(), "folder-changing");
    let reading = catalog.begin(Scope::Everything).unwrap();
    assert_eq!(text(&*reading, "policy.xml"), "2");
    assert_eq!(text(&*reading, "apis/echo/policy.xml"), "2");
    assert!(reading.finish().is_ok());
    assert!(catalog.differs(Scope::Everything).unwrap().is_none());
}

/// COMPAT: Kubernetes removes the old directory after the link leads elsewhere.
#[test]
fn a_version_that_is_removed_while_it_is_read_is_not_taken() {
    let place = volume();
    let catalog = place.catalog_at("volume");
    let reading = catalog.begin(Scope::Everything).unwrap();
    place.link("volume/..data", "..2026_11_21_09_00_00.2");
    std::fs::remove_dir_all(place.path("volume/..2026_11_21_08_00_00.1")).unwrap();
    assert!(reading.read("policy.xml").is_err());
    assert_eq!(reading.finish().unwrap_err().code(), "folder-changing");
    assert!(read(&catalog).is_ok());
}

#[test]
fn a_release_link_may_change() {
    let place = Place::new();
    place.write("releases/1/apim/policy.xml", "1");
    place.write("releases/2/apim/policy.xml", "2");
    place.link("current", "releases/1");
    let catalog = place.catalog_at("current/apim");
    let first = read(&catalog).unwrap();
    place.link("current", "releases/2");
    assert!(catalog.differs(Scope::Changed).unwrap().is_some());
    let second = read(&catalog).unwrap();
    place.link("current", "releases/1");
    assert_eq!(read(&catalog).unwrap(), first);
    assert_ne!(first, second);
}

#[test]
fn links_in_circles_and_odd_files_are_errors_where_they_are_read() {
    let place = Place::with(&[("policy.xml", "1"), ("apis/echo/policy.xml", "1")]);
    symlink("../..", place.path("apim/apis/echo/up")).unwrap();
    symlink("self", place.path("apim/self")).unwrap();
    symlink("nowhere", place.path("apim/dangling.xml")).unwrap();
    std::os::unix::net::UnixListener::bind(place.path("apim/socket")).unwrap();
    let reading = place.catalog().begin(Scope::Everything).unwrap();
    assert_eq!(text(&*reading, "apis/echo/policy.xml"), "1");
    let why = reading.list("apis/echo/up").unwrap_err().why;
    assert_eq!(why, "it leads back to a directory that it is in");
    for odd in ["self", "dangling.xml", "socket"] {
        assert!(reading.read(odd).is_err(), "{odd} is not taken for a file that is not there");
    }
    assert!(reading.finish().is_ok());
}

#[test]
fn a_folder_that_is_too_deep_is_an_error_there() {
    let place = Place::with(&[("policy.xml", "1")]);
    let deep = vec!["d"; 40].join("/");
    place.write(&format!("apim/{deep}/x"), "1");
    let reading = place.catalog().begin(Scope::Everything).unwrap();
    let deepest = vec!["d"; 32].join("/");
    assert_eq!(reading.list(&deepest).unwrap_err().why, "it is too deep");
    assert!(reading.finish().is_ok());
}
