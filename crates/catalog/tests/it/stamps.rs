//! What has the same stamp need not be read again.

use artifacts::Stamp;
use catalog::{Catalog as _, FolderCatalog, Reading, Scope};

use crate::support::{Place, text};

/// A whole reading that looks here, after which its stamps can be asked for.
fn stamps(catalog: &FolderCatalog, scope: Scope) -> impl Fn(&str) -> Option<Stamp> {
    let reading: Box<dyn Reading> = catalog.begin(scope).unwrap();
    let all = ["", "apis", "apis/one", "apis/one/policy.xml", "apis/two", "apis/two/policy.xml", "none"];
    let known: Vec<_> = all.into_iter().map(|path| (path, reading.stamp(path))).collect();
    reading.finish().unwrap();
    move |path| known.iter().find(|(known, _)| *known == path).and_then(|(_, stamp)| *stamp)
}

fn place() -> Place {
    Place::with(&[("apis/one/policy.xml", "1"), ("apis/two/policy.xml", "1"), ("policy.xml", "1")])
}

#[test]
fn a_change_is_seen_in_its_file_and_every_directory_above() {
    let place = place();
    let catalog = place.catalog();
    let before = stamps(&catalog, Scope::Everything);
    assert_eq!(before("none"), None);
    // Of the same length, and within the same tick of the clock.
    place.write("apim/apis/one/policy.xml", "2");
    let after = stamps(&catalog, Scope::Everything);
    for path in ["", "apis", "apis/one", "apis/one/policy.xml"] {
        assert_ne!(before(path), after(path), "{path}");
    }
    for path in ["apis/two", "apis/two/policy.xml"] {
        assert_eq!(before(path), after(path), "{path}");
    }
}

#[test]
fn stamps_outlive_a_new_checkout_of_the_same_bytes() {
    let place = place();
    place.link("current", "apim");
    let catalog = place.catalog_at("current");
    let before = stamps(&catalog, Scope::Everything);
    for (path, text) in [("apis/one/policy.xml", "2"), ("apis/two/policy.xml", "1"), ("policy.xml", "1")] {
        place.write(&format!("next/{path}"), text);
    }
    place.link("current", "next");
    let after = stamps(&catalog, Scope::Everything);
    assert_eq!(before("apis/two"), after("apis/two"));
    assert_ne!(before("apis/one"), after("apis/one"));
}

#[test]
fn where_nothing_is_said_to_have_changed_nothing_is_looked_at() {
    let place = place();
    let catalog = place.catalog();
    catalog.expect_changes();
    let before = stamps(&catalog, Scope::Everything);
    place.write("apim/apis/one/policy.xml", "2");
    place.write("apim/apis/two/policy.xml", "2");
    assert!(catalog.differs(Scope::Changed).unwrap().is_none());
    catalog.changed("apis/two/policy.xml");
    assert!(catalog.differs(Scope::Changed).unwrap().is_some());
    let after = stamps(&catalog, Scope::Changed);
    assert_eq!(before("apis/one"), after("apis/one"));
    assert_ne!(before("apis/two"), after("apis/two"));
    // A directory that is another one is looked at whole.
    std::fs::rename(place.path("apim/apis"), place.path("old")).unwrap();
    place.write("apim/apis/two/policy.xml", "3");
    catalog.changed("apis");
    let renamed = stamps(&catalog, Scope::Changed);
    assert_eq!(renamed("apis/one"), None);
    assert_ne!(renamed("apis/two"), after("apis/two"));
    // When nobody knows what has changed, everything is.
    place.write("apim/policy.xml", "2");
    catalog.changed_somehow();
    assert!(catalog.differs(Scope::Changed).unwrap().is_some());
}

#[test]
fn what_was_to_be_looked_at_is_looked_at_again_after_a_failure() {
    let place = place();
    let catalog = place.catalog();
    catalog.expect_changes();
    let _before = stamps(&catalog, Scope::Everything);
    place.write("apim/policy.xml", "2");
    catalog.changed("policy.xml");
    let reading = catalog.begin(Scope::Changed).unwrap();
    assert_eq!(text(&*reading, "policy.xml"), "2");
    place.write("apim/policy.xml", "3");
    assert!(reading.finish().is_err());
    let reading = catalog.begin(Scope::Changed).unwrap();
    assert_eq!(text(&*reading, "policy.xml"), "3");
    assert!(reading.finish().is_ok());
    assert!(catalog.differs(Scope::Changed).unwrap().is_none());
}
