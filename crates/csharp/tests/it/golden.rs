//! Every case in `tests/cases/*.txt`: code as it stands in a document, its tree, and its problems.
//!
//! A file holds cases of this form; text before the first `===` is a remark.
//!
//! ```text
//! === what it shows
//! @(a.b + 1)
//! --- tree
//! (+ (. a b) 1)
//! --- problems
//! 0..1 csharp-some-code: message
//!   help: what to do
//! ```
//!
//! `⟪0⟫` stands for the placeholder of secret 0. After a change that is wanted, write the files anew with
//! `UPDATE_CASES=1 cargo test -p csharp`, and read the difference.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use csharp::{Limits, Problem, parse_block, parse_expression, scan_code};

use crate::sexpr;

#[test]
fn every_case_reads_as_written() {
    let update = std::env::var_os("UPDATE_CASES").is_some();
    let mut different = Vec::new();
    for path in files() {
        let written = std::fs::read_to_string(&path).unwrap();
        let actual = rewrite(&written);
        if written == actual {
            continue;
        }
        if update {
            std::fs::write(&path, &actual).unwrap();
        } else {
            different.push(format!("{}\n{}", path.display(), first_difference(&written, &actual)));
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() > 5, "there are cases");
    files
}

/// The text between the brackets of every case.
pub(crate) fn codes() -> Vec<String> {
    let texts = files().into_iter().map(|path| std::fs::read_to_string(path).unwrap());
    let inside = |part: &str| {
        let code = part.split_once('\n').unwrap().1.split("\n--- ").next().unwrap().trim_end();
        let code = code.replace('⟪', "\u{FDD0}").replace('⟫', "\u{FDD1}");
        code.get(2..code.len() - 1).unwrap_or("").to_owned()
    };
    texts.flat_map(|text| text.split("\n=== ").skip(1).map(inside).collect::<Vec<_>>()).collect()
}

/// The file as it should be.
fn rewrite(written: &str) -> String {
    let mut parts = written.split("\n=== ");
    let mut out = parts.next().unwrap().trim_end().to_owned();
    for part in parts {
        let (title, rest) = part.split_once('\n').unwrap();
        let code = rest.split("\n--- ").next().unwrap().trim_end();
        let _ = write!(out, "\n\n=== {title}\n{code}\n{}", read(code).trim_end());
    }
    out + "\n"
}

/// What is read of a piece of code.
fn read(code: &str) -> String {
    let code = code.replace('⟪', "\u{FDD0}").replace('⟫', "\u{FDD1}");
    let end = match scan_code(&mut code.chars().skip(1)) {
        Ok(count) => count,
        Err(error) => return format!("--- no end: {} at {}: {error}\n", error.code(), error.at),
    };
    let inside: String = code.chars().skip(2).take(end - 2).collect();
    let behind: String = code.chars().skip(1 + end).collect();
    assert_eq!(behind, "", "code ends too early in: {code}");
    let (tree, problems) = if code.starts_with("@(") {
        let parsed = parse_expression(&inside, Limits::default());
        (sexpr::expr(&parsed.tree), parsed.problems)
    } else {
        let parsed = parse_block(&inside, Limits::default());
        (sexpr::block(&parsed.tree), parsed.problems)
    };
    let tree = tree.replace("\\u{fdd0}", "⟪").replace("\\u{fdd1}", "⟫");
    format!("--- tree\n{tree}\n{}", list(&inside, &problems))
}

fn list(text: &str, problems: &[Problem]) -> String {
    let mut out = String::new();
    for problem in problems {
        if out.is_empty() {
            out.push_str("--- problems\n");
        }
        let place = problem.span.of(text).replace('\n', "⏎");
        let _ = writeln!(out, "{:?} [{place}] {}: {}", problem.span, problem.code, problem.message);
        if let Some(help) = &problem.help {
            let _ = writeln!(out, "  help: {help}");
        }
    }
    out.replace('\u{FDD0}', "⟪").replace('\u{FDD1}', "⟫")
}

fn first_difference(written: &str, actual: &str) -> String {
    let pairs = written.lines().zip(actual.lines()).enumerate();
    let line = pairs.clone().find(|(_, (a, b))| a != b).map(|(index, (a, b))| (index + 1, a, b));
    let case = written.lines().take(line.map_or(usize::MAX, |(number, ..)| number));
    let title = case.filter(|line| line.starts_with("=== ")).last().unwrap_or("");
    format!("{title}\n{line:?}")
}
