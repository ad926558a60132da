//! The case files: a document, and what the reader makes of it.
//!
//! A file `tests/cases/*.txt` holds sections that begin with a line of `=` and a title: `fact` (what is expected
//! and where that is known from), optionally `named values`, the `document`, and the results `outline` and
//! `problems`. `UPDATE_CASES=1 cargo test -p policy-doc` writes the results; look at the difference before you keep it.

use std::fs;
use std::path::{Path, PathBuf};

use policy_doc::{Format, print, read};
use source::{SourceFile, render_all};

use crate::outline::{Names, outline};

/// Begins a section.
const MARK: &str = "===== ";

struct Case {
    sections: Vec<(String, String)>,
}

impl Case {
    fn parse(text: &str) -> Self {
        let sections = text.split(MARK).skip(1).map(|section| {
            let (title, body) = section.split_once('\n').unwrap_or((section, ""));
            (title.trim().to_owned(), body.to_owned())
        });
        Self { sections: sections.collect() }
    }

    fn section(&self, title: &str) -> Option<&str> {
        self.sections.iter().find(|(own, _)| own == title).map(|(_, body)| body.as_str())
    }

    /// The document; `\u{...}` stands for a character that an editor would not show, and a last line break is dropped.
    fn document(&self) -> String {
        let body = self.section("document").expect("a case has a document");
        let body = body.strip_suffix('\n').unwrap_or(body);
        let mut text = String::new();
        let mut parts = body.split("\\u{");
        text.push_str(parts.next().unwrap_or(""));
        for part in parts {
            let (code, rest) = part.split_once('}').expect("`\\u{` is closed");
            text.push(char::from_u32(u32::from_str_radix(code, 16).unwrap()).unwrap());
            text.push_str(rest);
        }
        text
    }

    fn with_results(&self, outline: &str, problems: &str) -> String {
        let given = self.sections.iter().filter(|(title, _)| title != "outline" && title != "problems");
        let given: String = given.map(|(title, body)| format!("{MARK}{title}\n{body}")).collect();
        format!("{given}{MARK}outline\n{outline}{MARK}problems\n{problems}")
    }
}

fn case_files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    files.sort();
    files
}

/// The documents of all cases, as seeds for other tests.
pub(crate) fn documents() -> Vec<String> {
    let text = |path: PathBuf| Case::parse(&fs::read_to_string(path).unwrap()).document();
    case_files().into_iter().map(text).collect()
}

#[test]
fn documents_are_read_as_the_case_files_say() {
    let update = std::env::var_os("UPDATE_CASES").is_some();
    let mut wrong = Vec::new();
    for path in case_files() {
        let text = fs::read_to_string(&path).unwrap();
        let case = Case::parse(&text);
        assert!(
            case.section("fact").is_some_and(|fact| !fact.trim().is_empty()),
            "{}: no fact",
            path.display()
        );
        let names = Names::parse(case.section("named values").unwrap_or(""));
        let file = SourceFile::new("policy.xml", case.document());
        let (document, mut problems) = read(&file);
        assert_eq!(print(&document, Format::AsRead), file.text(), "{}: not lossless", path.display());
        let outline = outline(&document, &names, &mut problems);
        let now = case.with_results(&outline, &render_all(&problems));
        if now != text && update {
            fs::write(&path, now).unwrap();
        } else if now != text {
            wrong.push(format!("{}:\n{now}", path.display()));
        }
    }
    assert!(
        wrong.is_empty(),
        "not as the files say (UPDATE_CASES=1 rewrites them):\n\n{}",
        wrong.join("\n\n")
    );
}
