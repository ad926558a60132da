//! Pages that are written from the program's own definitions, and a test that fails when they are stale.
//!
//! `CARDEA_UPDATE=1 cargo test -p cardea pages` writes them.

mod commands;
mod settings;

use std::path::Path;

/// Compares a page with what stands in the repository, or writes it when `CARDEA_UPDATE` is set.
fn compare(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name);
    if std::env::vars().any(|(name, _)| name == "CARDEA_UPDATE") {
        assert!(std::fs::write(&path, text).is_ok(), "docs/{name} cannot be written");
        return;
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == text, "docs/{name} is stale: run `CARDEA_UPDATE=1 cargo test -p cardea pages`");
}
