//! The library held against .NET's own: every public member of the allowed types is there, or named as missing.
//!
//! `reference/` holds the data:
//!
//! - `allow-list.txt`: the types and members that API Management allows; `companions.txt`: types that their signatures show.
//! - `types/TYPE.tsv`: the members of a type, read from the reference assemblies of .NET Framework 4.8 and from Json.NET
//!   (`cargo xtask oracle table`): declaration, why an expression cannot use it, whether Mono lacks it.
//! - `excluded/TYPE.txt`: members that no expression can use for a reason that the table does not know: declaration, tab, reason.
//! - `differs/TYPE.txt`: members that behave in another way: declaration, tab, how.
//! - `missing/TYPE.txt`: the members that the library lacks, exactly. The goal is none.
//!
//! `CARDEA_UPDATE=1 cargo test -p expr` writes `missing/` and the pages under `docs/expressions/`.

mod page;
mod probe;
mod shape;
mod table;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use table::Table;

const UPDATE: &str = "CARDEA_UPDATE";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The files of a folder by name, and what should stand in them: compared, or written.
fn check(folder: &Path, wanted: &BTreeMap<String, String>, ends: &str) -> Vec<String> {
    let update = std::env::vars().any(|(name, _)| name == UPDATE);
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.ends_with(ends) {
            found.insert(name, fs::read_to_string(&path).unwrap().replace("\r\n", "\n"));
        }
    }
    let changed = |(name, text): &(&String, &String)| found.get(*name) != Some(*text);
    let stale = wanted.iter().filter(changed).map(|(name, _)| name.clone());
    let gone = found.keys().filter(|name| !wanted.contains_key(*name)).cloned();
    let stale: Vec<String> = stale.chain(gone).collect();
    if !update {
        return stale;
    }
    fs::create_dir_all(folder).unwrap();
    for name in stale {
        match wanted.get(&name) {
            Some(text) => fs::write(folder.join(&name), text).unwrap(),
            None => fs::remove_file(folder.join(&name)).unwrap(),
        }
    }
    Vec::new()
}

#[test]
fn what_the_library_lacks_of_dotnet_is_what_the_lists_name() {
    let table = Table::read();
    let count: usize = table.types.iter().map(|ty| ty.missing().count()).sum();
    let all: usize = table.types.iter().map(|ty| ty.usable().count()).sum();
    println!("{count} of {all} members of .NET are missing");
    let missing = table.types.iter().filter_map(|ty| {
        let lines: Vec<&str> = ty.missing().map(|row| row.declaration.as_str()).collect();
        (!lines.is_empty()).then(|| (format!("{}.txt", ty.file), lines.join("\n") + "\n"))
    });
    let stale = check(&table::folder().join("missing"), &missing.collect(), ".txt");
    assert!(
        stale.is_empty(),
        "the lists of missing members are stale: run `{UPDATE}=1 cargo test -p expr`\n{}",
        stale.join("\n")
    );
}

#[test]
fn exclusions_and_differences_name_members_of_the_table() {
    let unknown = Table::read().unknown;
    assert!(unknown.is_empty(), "no such member:\n{}", unknown.join("\n"));
}

#[test]
fn the_checked_in_pages_are_fresh() {
    let table = Table::read();
    let docs = root().join("docs");
    let mut stale = check(&docs.join("expressions"), &page::namespaces(&table), ".md");
    let index = BTreeMap::from([("expressions-library.md".to_owned(), page::index(&table))]);
    stale.extend(check(&docs, &index, "expressions-library.md"));
    assert!(stale.is_empty(), "pages are stale: run `{UPDATE}=1 cargo test -p expr`\n{}", stale.join("\n"));
}
