//! The pages are what facts, program and verdicts say.

use std::fs;
use std::path::{Path, PathBuf};

use compatibility::facts::{
    policies::{policies, steps},
    resources::resources,
};
use compatibility::page::{Page, pages};
use compatibility::policies::Words;
use compatibility::{policies, resources};

use crate::policies::evidence;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Set, it writes the pages instead of comparing them.
const UPDATE: &str = "CARDEA_UPDATE";

fn fresh(page: &Page) -> bool {
    // Line ends are a matter of the checkout.
    fs::read_to_string(root().join(page.path)).is_ok_and(|text| text.replace("\r\n", "\n") == page.text)
}

#[test]
fn the_checked_in_pages_are_fresh() {
    let words = Words::read().unwrap();
    let judged =
        policies::judge(policies().unwrap(), &words, &evidence()).unwrap_or_else(|why| panic!("{why}"));
    let resources = resources::judge(resources().unwrap()).unwrap_or_else(|why| panic!("{why}"));
    let steps = policies::judge_steps(steps().unwrap()).unwrap_or_else(|why| panic!("{why}"));
    let pages = pages(&words, &judged, &steps, &resources).unwrap();
    if std::env::var_os(UPDATE).is_some() {
        fs::create_dir_all(root().join("docs/compatibility")).unwrap();
        pages.iter().for_each(|page| fs::write(root().join(page.path), &page.text).unwrap());
    }
    let stale: Vec<_> = pages.iter().filter(|page| !fresh(page)).map(|page| page.path).collect();
    assert!(stale.is_empty(), "run `{UPDATE}=1 cargo test -p compatibility` to write {stale:?} anew");
}
