//! What pages say about files is true: a path in backquotes is there, and so is the test that it names.
//!
//! `crates/a/src/b.rs::name` names the function `name` of the file.

use crate::{File, Repository};

/// Where paths begin that are meant as such.
const ROOTS: [&str; 7] = ["crates/", "docs/", "tests/", "examples/", "bench/", "xtask/", ".ci/"];

/// The mentions of what is not there.
#[must_use]
pub fn check(repository: &Repository) -> Vec<String> {
    let pages = repository.between("", ".md");
    pages.flat_map(|page| spans(page.text).filter_map(move |span| wrong(repository, page, span))).collect()
}

/// Code in lines of prose.
fn spans(text: &str) -> impl Iterator<Item = &str> {
    let mut fenced = false;
    let prose = text.lines().filter(move |line| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        !fence && !fenced
    });
    prose.flat_map(|line| line.split('`').skip(1).step_by(2))
}

fn wrong(repository: &Repository, page: File<'_>, span: &str) -> Option<String> {
    let is_path = ROOTS.iter().any(|root| span.starts_with(root)) && !span.contains(['<', '*', '{', '…']);
    if !is_path {
        return None;
    }
    let (path, function) = span.split_once("::").map_or((span, None), |(path, name)| (path, Some(name)));
    let path = path.trim_end_matches('/');
    let command = path.split_whitespace().next().unwrap_or(path);
    if ![path, command].into_iter().any(|path| is_there(repository, path)) {
        return Some(format!("{}: there is no `{path}`", page.path));
    }
    let name = function?;
    let found = repository.text(path).is_ok_and(|text| text.contains(&format!("fn {name}(")));
    (!found).then(|| format!("{}: `{path}` has no function `{name}`", page.path))
}

/// Whether a path is there, from the root or, as pages of a crate write it, from the directory of a crate.
fn is_there(repository: &Repository, path: &str) -> bool {
    let below = format!("/{path}");
    repository.holds(path) || repository.files().any(|file| file.path.ends_with(&below))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mentions_of_what_is_not_there_are_found() {
        let page =
            "`crates/a/src/lib.rs::good`, `crates/a/src/lib.rs::bad`, `crates/b/` and `crates/<name>`\n";
        let files = [("docs/a.md", page), ("crates/a/src/lib.rs", "fn good() {}\n")];
        assert_eq!(
            check(&Repository::of(&files)),
            ["docs/a.md: `crates/a/src/lib.rs` has no function `bad`", "docs/a.md: there is no `crates/b`"]
        );
    }
}
