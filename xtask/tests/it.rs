//! The repository keeps the rules of the house.

use std::path::Path;

use xtask::{Repository, check};

#[test]
fn the_house_is_in_order() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let problems = check(&Repository::read(&root).unwrap()).unwrap();
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}
