//! What the system tells of changes, however they come about.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;

use catalog::{Catalog as _, FolderCatalog, Scope, Watching};

use crate::support::{Place, read};

/// A folder that is watched.
struct Watched {
    catalog: FolderCatalog,
    watching: Box<dyn Watching>,
    news: Receiver<()>,
}

impl Watched {
    fn at(place: &Place, path: &str) -> Self {
        let catalog = place.catalog_at(path);
        read(&catalog).unwrap();
        let (send, news) = sync_channel(1);
        let watching = catalog
            .watch(Arc::new(move || {
                let _it_is_known = send.try_send(());
            }))
            .unwrap();
        let mut watched = Self { catalog, watching, news };
        watched.settle();
        watched
    }

    /// Reads what is there now.
    fn settle(&mut self) {
        self.catalog.begin(Scope::Changed).unwrap().finish().unwrap();
        self.watching.renew().unwrap();
        self.catalog.begin(Scope::Changed).unwrap().finish().unwrap();
    }

    /// Waits until a change is told of, looks only where it is said to be, and reads it.
    fn sees(&mut self, what: &str) {
        while self.catalog.differs(Scope::Changed).is_ok_and(|stamp| stamp.is_none()) {
            self.news.recv_timeout(Duration::from_secs(60)).unwrap_or_else(|_| panic!("nobody told: {what}"));
        }
        self.settle();
        assert_eq!(self.catalog.differs(Scope::Everything).unwrap(), None, "{what}");
    }
}

#[test]
fn every_change_in_the_folder_is_told() {
    let place =
        Place::with(&[("policy.xml", "1"), ("apis/one/policy.xml", "1"), ("apis/two/policy.xml", "1")]);
    let mut watched = Watched::at(&place, "apim");
    place.write("apim/apis/one/policy.xml", "2");
    watched.sees("written");
    place.write("apim/apis/three/operations/get/policy.xml", "1");
    watched.sees("a new directory with others in it");
    place.write("apim/apis/three/operations/get/policy.xml", "2");
    watched.sees("written in a new directory");
    place.write("fresh.xml", "3");
    std::fs::rename(place.path("fresh.xml"), place.path("apim/policy.xml")).unwrap();
    watched.sees("replaced");
    std::fs::rename(place.path("apim/apis/three"), place.path("apim/apis/four")).unwrap();
    watched.sees("a renamed directory");
    place.write("apim/apis/four/operations/get/policy.xml", "3");
    watched.sees("written in a renamed directory");
    std::fs::remove_dir_all(place.path("apim/apis/two")).unwrap();
    watched.sees("removed");
    place.write("apim/apis/two/policy.xml", "4");
    watched.sees("made again");
    place.write("apim/apis/two/policy.xml", "5");
    watched.sees("written in a directory that was made again");
}

#[test]
fn a_folder_that_is_renamed_into_place_is_told() {
    let place = Place::with(&[("apis/one/policy.xml", "1")]);
    let mut watched = Watched::at(&place, "apim");
    for round in ["2", "3"] {
        place.write("next/apis/one/policy.xml", round);
        std::fs::rename(place.path("apim"), place.path(&format!("old-{round}"))).unwrap();
        std::fs::rename(place.path("next"), place.path("apim")).unwrap();
        watched.sees("renamed");
        place.write("apim/apis/one/policy.xml", &format!("{round} changed"));
        watched.sees("written after that");
    }
}

#[test]
fn links_that_lead_elsewhere_are_told() {
    let place = Place::new();
    for release in ["1", "2"] {
        place.write(&format!("releases/{release}/apim/..data-{release}/policy.xml"), release);
        place.write(&format!("releases/{release}/apim/..data-3/policy.xml"), "3");
        place.link(&format!("releases/{release}/apim/..data"), format!("..data-{release}"));
    }
    place.link("current", "releases/1");
    place.link("apim", "current/apim");
    let mut watched = Watched::at(&place, "apim");
    place.link("current", "releases/2");
    watched.sees("a release");
    place.link("releases/2/apim/..data", "..data-3");
    watched.sees("a volume");
    place.write("releases/2/apim/..data-3/policy.xml", "4");
    watched.sees("written in it");
    place.link("current", "releases/1");
    watched.sees("the release before");
}

#[test]
fn many_changes_at_once_are_told() {
    let place = Place::with(&[("policy.xml", "1")]);
    let mut watched = Watched::at(&place, "apim");
    for round in 0..5 {
        for file in 0..200 {
            place.write(&format!("apim/{file}.xml"), &format!("{round}"));
        }
    }
    watched.sees("a thousand");
}
