//! The map in `ARCHITECTURE.md` is the truth: every crate has a row, and uses what its row allows.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::ensure;

use crate::Repository;
use crate::dependencies::{dependencies, manifests};

const PAGE: &str = "ARCHITECTURE.md";

/// Whom each crate of the map may use; none for everybody.
type Map<'a> = BTreeMap<&'a str, Option<Vec<&'a str>>>;

/// Crates without a row, rows without a crate, and uses that no row allows.
///
/// # Errors
/// When the page has no map.
pub fn check(repository: &Repository) -> anyhow::Result<Vec<String>> {
    let map = map(repository.text(PAGE)?);
    ensure!(!map.is_empty(), "{PAGE} has no table of crates");
    let manifests = manifests(repository)?;
    let names: BTreeSet<&str> = manifests.keys().filter_map(|path| path.rsplit('/').next()).collect();
    let gone = map.keys().filter(|name| !names.contains(*name));
    let mut problems: Vec<String> = gone.map(|name| format!("{PAGE}: there is no crate `{name}`")).collect();
    for (path, manifest) in &manifests {
        let name = path.rsplit('/').next().unwrap_or(path);
        let Some(row) = map.get(name) else {
            problems.push(format!("{PAGE}: the map has no crate `{name}`"));
            continue;
        };
        let Some(allowed) = row else { continue };
        let allowed = closure(&map, allowed);
        let used = dependencies(manifest).filter(|(section, _)| *section == "dependencies");
        let foreign =
            used.filter(|(_, used)| names.contains(used.as_str()) && !allowed.contains(used.as_str()));
        problems
            .extend(foreign.map(|(_, used)| format!("{path}: uses `{used}`, which {PAGE} does not allow")));
    }
    Ok(problems)
}

/// The rows of the table of crates: name, what it is, whom it may use.
fn map(page: &str) -> Map<'_> {
    let rows = page.lines().skip_while(|line| !line.starts_with("| crate |")).skip(2);
    let rows = rows.take_while(|line| line.starts_with('|'));
    rows.filter_map(|line| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, name, _, allowed, _] = cells.as_slice() else { return None };
        let allowed = match *allowed {
            "everything" => None,
            names => Some(names.split(", ").filter(|name| !name.is_empty()).collect()),
        };
        Some((name.trim_matches('`'), allowed))
    })
    .collect()
}

/// What may be used because something that may be used may use it.
fn closure<'a>(map: &Map<'a>, allowed: &[&'a str]) -> BTreeSet<&'a str> {
    let mut all = BTreeSet::new();
    let mut open = allowed.to_vec();
    while let Some(name) = open.pop() {
        if all.insert(name) {
            open.extend(map.get(name).and_then(Option::as_ref).into_iter().flatten());
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_use_against_the_map_is_found() {
        let page = "| crate | what it is | may use |\n| --- | --- | --- |\n| `a` | A | |\n| `b` | B | a |\n\
                    | `c` | C | b |\n| `gone` | G | |\n";
        let manifest = |uses: &str| format!("[dependencies]\n{uses}.workspace = true\nserde = '1'\n");
        let (first, last) = (manifest("c"), manifest("a"));
        let files = [
            ("ARCHITECTURE.md", page),
            ("crates/a/Cargo.toml", &first),
            ("crates/b/Cargo.toml", ""),
            ("crates/c/Cargo.toml", &last),
            ("crates/new/Cargo.toml", ""),
        ];
        assert_eq!(
            check(&Repository::of(&files)).unwrap(),
            [
                "ARCHITECTURE.md: there is no crate `gone`",
                "crates/a: uses `c`, which ARCHITECTURE.md does not allow",
                "ARCHITECTURE.md: the map has no crate `new`"
            ]
        );
    }
}
