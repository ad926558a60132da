//! Every dependency of a crate is used by it.

use std::collections::BTreeMap;

use anyhow::Context as _;
use toml::Table;

use crate::Repository;

/// The dependencies that no file of their crate names.
///
/// # Errors
/// When a manifest is no TOML.
pub fn check(repository: &Repository) -> anyhow::Result<Vec<String>> {
    let mut problems = Vec::new();
    let mut wanted = Vec::new();
    for (krate, manifest) in manifests(repository)? {
        for (section, name) in dependencies(&manifest) {
            wanted.push(name.clone());
            if !is_named(repository, &krate, section, &name) {
                problems.push(format!("{krate}/Cargo.toml: nothing uses the dependency `{name}`"));
            }
        }
    }
    problems.extend(unwanted(repository, &wanted)?);
    Ok(problems)
}

/// What the workspace offers and no crate takes.
fn unwanted(repository: &Repository, wanted: &[String]) -> anyhow::Result<Vec<String>> {
    let root: Table = repository.text("Cargo.toml")?.parse().context("Cargo.toml")?;
    let offered = root.get("workspace").and_then(|workspace| workspace.get("dependencies"));
    let names = offered.and_then(|table| table.as_table()).into_iter().flat_map(|table| table.keys());
    let left = names.filter(|name| !wanted.contains(name));
    Ok(left.map(|name| format!("Cargo.toml: no crate takes the dependency `{name}`")).collect())
}

/// The manifests of the workspace's crates, by their directories.
///
/// # Errors
/// When one is no TOML.
pub fn manifests(repository: &Repository) -> anyhow::Result<BTreeMap<String, Table>> {
    let files = repository.between("", "/Cargo.toml");
    let ours = files.filter(|file| file.path.starts_with("crates/") || file.path.starts_with("xtask/"));
    ours.map(|file| {
        let table = file.text.parse().with_context(|| file.path.to_owned())?;
        Ok((file.path.trim_end_matches("/Cargo.toml").to_owned(), table))
    })
    .collect()
}

/// The dependencies of a manifest, with the section that each stands in; those of some systems only are among them.
pub fn dependencies(manifest: &Table) -> impl Iterator<Item = (&'static str, String)> {
    let of_systems = manifest.get("target").and_then(|systems| systems.as_table());
    let of_systems = of_systems.into_iter().flat_map(|systems| systems.values());
    let tables = std::iter::once(manifest).chain(of_systems.filter_map(|system| system.as_table()));
    tables.flat_map(|table| {
        ["dependencies", "dev-dependencies", "build-dependencies"].into_iter().flat_map(|section| {
            let names = table.get(section).and_then(|table| table.as_table());
            names.into_iter().flat_map(|table| table.keys()).map(move |name| (section, name.clone()))
        })
    })
}

/// Whether a source file of the crate names the dependency; a plain dependency counts only outside of tests.
fn is_named(repository: &Repository, krate: &str, section: &str, name: &str) -> bool {
    let name = name.replace('-', "_");
    let below = format!("{krate}/");
    let mut sources = repository
        .between(&below, ".rs")
        .filter(|file| section != "dependencies" || file.path.contains("/src/"));
    sources.any(|file| {
        let shared = shared(file.path, file.text);
        let mut shared = shared.iter().flat_map(|folder| repository.between(folder, ".rs"));
        mentions(file.text, &name) || shared.any(|file| mentions(file.text, &name))
    })
}

/// The folders of modules that a file takes from elsewhere: `#[path = "../x/mod.rs"]`.
fn shared(path: &str, text: &str) -> Vec<String> {
    let named = text.lines().filter_map(|line| line.strip_prefix("#[path = \"")?.strip_suffix("mod.rs\"]"));
    named.map(|folder| resolved(path, folder)).collect()
}

/// A path relative to a file, from the root of the repository.
fn resolved(file: &str, relative: &str) -> String {
    let mut parts: Vec<&str> = file.split('/').collect();
    parts.pop();
    for part in relative.split('/') {
        if part == ".." {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    parts.join("/")
}

/// Whether a text holds a name as a whole word before `::`, or in `use name;` or `name!`.
fn mentions(text: &str, name: &str) -> bool {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text.get(at + name.len()..).unwrap_or("");
        let begins = !before.is_some_and(|c| word(c) || c == '.' || c == '/');
        let ends = ["::", "!(", " as ", ";"].iter().any(|next| after.starts_with(next));
        begins && ends
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shared_module_names_is_used() {
        let files = [
            ("Cargo.toml", "[workspace.dependencies]\nc = '1'\n"),
            ("crates/x/Cargo.toml", "[dev-dependencies]\nc = '1'\n"),
            ("crates/x/tests/it/main.rs", "#[path = \"../../../y/tests/it/shared/mod.rs\"]\nmod shared;\n"),
            ("crates/y/tests/it/shared/a.rs", "use c::Y;\n"),
        ];
        assert_eq!(check(&Repository::of(&files)).unwrap(), Vec::<String>::new());
    }

    #[test]
    fn what_nothing_names_is_found() {
        let files = [
            ("Cargo.toml", "[workspace.dependencies]\na-b = '1'\nc = '1'\nd = '1'\n"),
            ("crates/x/Cargo.toml", "[dependencies]\na-b = '1'\nc = '1'\n"),
            ("crates/x/src/lib.rs", "use a_b::Y;\nlet abc::z = 1;\n"),
        ];
        assert_eq!(
            check(&Repository::of(&files)).unwrap(),
            [
                "crates/x/Cargo.toml: nothing uses the dependency `c`",
                "Cargo.toml: no crate takes the dependency `d`"
            ]
        );
    }
}
