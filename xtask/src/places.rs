//! No file names a place of somebody's machine or the host of a package registry: both are another's elsewhere.

use crate::Repository;

/// Files that package managers write.
const LOCKS: [&str; 2] = ["Cargo.lock", "package-lock.json"];

/// The places, in two parts each, so that this file does not name them.
const PLACES: [(&str, &str); 10] = [
    ("/ro", "ot/"),
    ("/ho", "me/"),
    ("/tm", "p/"),
    ("/wo", "rk/"),
    ("/Use", "rs/"),
    ("crates", ".io"),
    ("pypi", ".org"),
    ("python", "hosted"),
    ("npm", "js."),
    ("proxy.golang", ".org"),
];

/// The files that name one.
#[must_use]
pub fn check(repository: &Repository) -> Vec<String> {
    let mut problems = Vec::new();
    for file in repository.files().filter(|file| !LOCKS.iter().any(|lock| file.path.ends_with(lock))) {
        for (number, line) in (1..).zip(file.text.lines()) {
            let named = PLACES.iter().map(|(a, b)| format!("{a}{b}")).find(|place| names(line, place));
            problems.extend(named.map(|place| format!("{}:{number}: names `{place}`", file.path)));
        }
    }
    problems
}

/// Whether a line names the place; a directory counts at the root only.
fn names(line: &str, place: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '}' | '*');
    line.match_indices(place)
        .any(|(at, _)| !place.starts_with('/') || !line.get(..at).unwrap_or("").ends_with(inside))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_a_machine_are_found() {
        let place = ["cd /ro", "ot/x"].concat();
        let text = format!("fine: crates{place}\n{place}\n").replace("cratescd ", "crates");
        let problems = check(&Repository::of(&[("a.md", &text)]));
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems.iter().all(|problem| problem.starts_with("a.md:2: ")));
    }
}
