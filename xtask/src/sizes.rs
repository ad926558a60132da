//! Sizes of files and functions: small ones are read, large ones are skipped.
//!
//! Functions are found by their indentation, which `rustfmt` keeps regular; a function's length is its lines from `fn`
//! to the closing brace. Clippy refuses functions of more than 120 lines.

use std::collections::BTreeMap;

use crate::{File, Repository};

/// Lines of a source file without its tests, at most.
const FILE: usize = 700;

/// The files that are too long.
#[must_use]
pub fn check(repository: &Repository) -> Vec<String> {
    let long = |file: File<'_>| {
        let lines = without_tests(file.text).lines().count();
        (lines > FILE).then(|| format!("{}: has {lines} lines; split it", file.path))
    };
    sources(repository).filter_map(long).collect()
}

/// Median, p90 and largest of files and functions for each crate.
#[must_use]
pub fn report(repository: &Repository) -> String {
    let mut crates: BTreeMap<&str, (Vec<usize>, Vec<usize>)> = BTreeMap::new();
    for file in sources(repository) {
        let name = file.path.split("/src/").next().unwrap_or(file.path);
        let (files, functions) = crates.entry(name).or_default();
        let text = without_tests(file.text);
        files.push(text.lines().count());
        functions.extend(function_lengths(text));
    }
    let mut text = format!("{:<20} {:>18} {:>18}\n", "", "lines of a file", "of a function");
    text.push_str(&format!("{:<20} {:>18} {:>18}\n", "crate", "median p90 max", "median p90 max"));
    for (name, (files, functions)) in crates {
        text.push_str(&format!("{name:<20} {:>18} {:>18}\n", spread(files), spread(functions)));
    }
    text
}

fn sources(repository: &Repository) -> impl Iterator<Item = File<'_>> {
    repository.between("", ".rs").filter(|file| file.path.contains("/src/"))
}

fn without_tests(text: &str) -> &str {
    text.split_once("#[cfg(test)]\nmod tests {").map_or(text, |(before, _)| before)
}

fn spread(mut lengths: Vec<usize>) -> String {
    lengths.sort_unstable();
    let at =
        |percent: usize| lengths.get(lengths.len().saturating_sub(1) * percent / 100).copied().unwrap_or(0);
    format!("{} {:>3} {:>3}", at(50), at(90), at(100))
}

fn function_lengths(text: &str) -> Vec<usize> {
    let lines: Vec<&str> = text.lines().collect();
    let mut lengths = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let Some(indent) = function_indent(line) else { continue };
        let rest = lines.iter().skip(start);
        let ends = |line: &&&str| {
            let here = line.len() - line.trim_start().len();
            here == indent && (line.trim_end().ends_with('}') || line.trim_end().ends_with(';'))
        };
        lengths.extend(rest.clone().position(|line| ends(&line)).map(|last| last + 1));
    }
    lengths
}

/// The indentation of a line that begins a function.
fn function_indent(line: &str) -> Option<usize> {
    const BEFORE: [&str; 6] = ["pub", "pub(crate)", "pub(super)", "const", "async", "unsafe"];
    let function = line.split_whitespace().find(|word| !BEFORE.contains(word)) == Some("fn");
    function.then(|| line.len() - line.trim_start().len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_measured_from_name_to_brace() {
        let text = "fn one() {}\n\nimpl X {\n    pub(crate) async fn three(&self) {\n        a();\n    }\n}\n\n\
                    fn long(\n    a: u8,\n) {\n    b();\n}\n";
        assert_eq!(function_lengths(text), [1, 3, 5]);
    }

    #[test]
    fn tests_do_not_count() {
        let text = format!("fn a() {{}}\n#[cfg(test)]\nmod tests {{\n{}}}\n", "// x\n".repeat(900));
        assert!(check(&Repository::of(&[("crates/a/src/lib.rs", &text)])).is_empty());
        let long = "// x\n".repeat(701);
        assert_eq!(check(&Repository::of(&[("crates/a/src/lib.rs", &long)])).len(), 1);
    }
}
