//! The cases of policies (`crates/policies/tests/cases`) as evidence: which attributes they set, what is refused in
//! them, which failures they provoke. That they hold is tested where they stand.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use policy_doc::{Attribute, Document, Element};
use source::SourceFile;

/// A case.
#[derive(Debug)]
pub struct Case {
    /// The folder it stands in: a policy's name, mostly.
    pub folder: String,
    documents: Vec<Document>,
    /// What it says is wrong.
    pub problems: Vec<Problem>,
    /// What must be seen; empty when its documents are refused.
    pub then: Vec<String>,
}

/// A problem that a case names.
#[derive(Clone, Debug, Default)]
pub struct Problem {
    /// Its code.
    pub code: String,
    /// What is underlined, to the end of the line.
    pub at: String,
    /// The sentence.
    pub message: String,
}

/// Reads all cases beneath a folder.
///
/// # Errors
/// When a file cannot be read.
pub fn read(folder: &Path) -> anyhow::Result<Vec<Case>> {
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        for file in fs::read_dir(entry?.path())? {
            files.push(file?.path());
        }
    }
    files.sort();
    let mut cases = Vec::new();
    for file in files.iter().filter(|file| file.extension().is_some_and(|end| end == "md")) {
        let name = file.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned();
        of_file(&name, &fs::read_to_string(file)?, &mut cases);
    }
    Ok(cases)
}

/// A heading begins a case, a fence a block of it.
fn of_file(folder: &str, text: &str, cases: &mut Vec<Case>) {
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.starts_with("# ") {
            let empty = Case {
                folder: folder.to_owned(),
                documents: Vec::new(),
                problems: Vec::new(),
                then: Vec::new(),
            };
            cases.push(empty);
        } else if let (Some(info), Some(case)) = (line.strip_prefix("```"), cases.last_mut()) {
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            case.take(info, &block);
        }
    }
}

impl Case {
    fn take(&mut self, info: &str, block: &[&str]) {
        match info {
            "then" => self.then = block.iter().map(|line| (*line).to_owned()).collect(),
            "problems" => self.problems = block.iter().filter_map(|line| problem(line)).collect(),
            "when" => {}
            _ => {
                let text = format!("<case>{}</case>", block.join("\n"));
                self.documents.push(policy_doc::read(&SourceFile::new("case", text)).0);
            }
        }
    }

    /// Whether its documents are accepted.
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        !self.then.is_empty()
    }

    /// Every element of a name, at any depth.
    fn elements(&self, name: &str) -> Vec<&Element> {
        let mut open: Vec<&Element> = self.documents.iter().filter_map(Document::root).collect();
        let mut found = Vec::new();
        while let Some(element) = open.pop() {
            if *element.name == *name {
                found.push(element);
            }
            open.extend(element.elements());
        }
        found
    }

    /// The elements at a path below the elements of a policy.
    fn below(&self, policy: &str, path: &[&str]) -> Vec<&Element> {
        let mut level = self.elements(policy);
        for name in path {
            level =
                level.into_iter().flat_map(Element::elements).filter(|each| *each.name == **name).collect();
        }
        level
    }

    /// The values that the case gives an attribute, by its path.
    pub fn values(&self, policy: &str, path: &str) -> Vec<&str> {
        let mut names: Vec<&str> = path.split('/').collect();
        let Some(attribute) = names.pop() else { return Vec::new() };
        let set = self.below(policy, &names).into_iter().filter_map(|each| each.attribute(attribute));
        set.map(|each| each.value.raw()).collect()
    }

    /// What the elements of a path hold, as it is written; an empty path is the policy itself.
    pub fn texts(&self, policy: &str, path: &str) -> Vec<&str> {
        let names: Vec<&str> = path.split('/').filter(|name| !name.is_empty()).collect();
        self.below(policy, &names).into_iter().map(Element::inner_raw).map(str::trim).collect()
    }

    /// Whether an element of a path is there.
    #[must_use]
    pub fn has_child(&self, policy: &str, path: &str) -> bool {
        let names: Vec<&str> = path.split('/').collect();
        !self.below(policy, &names).is_empty()
    }

    /// How many attributes of elements of a policy, at any depth, are policy expressions.
    #[must_use]
    pub fn computed(&self, policy: &str) -> usize {
        let mut open = self.elements(policy);
        let mut count = 0;
        while let Some(element) = open.pop() {
            count += element.attributes.iter().filter(|each| is_expression(each)).count();
            open.extend(element.elements());
        }
        count
    }

    /// What a line of `then` says behind some words.
    #[must_use]
    pub fn says(&self, words: &str) -> Option<&str> {
        self.then.iter().find_map(|line| line.trim().strip_prefix(words)).map(str::trim)
    }

    /// The status that the caller gets.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        let head = self.then.iter().find_map(|line| line.strip_prefix("< "))?;
        head.get(..3)?.parse().ok()
    }
}

fn is_expression(attribute: &Attribute) -> bool {
    starts_expression(attribute.value.raw())
}

/// Whether a value is a policy expression.
#[must_use]
pub fn starts_expression(raw: &str) -> bool {
    raw.trim_start().starts_with("@(") || raw.trim_start().starts_with("@{")
}

/// Reads `error CODE at `TEXT`: MESSAGE`.
fn problem(line: &str) -> Option<Problem> {
    let (code, rest) = line.strip_prefix("error ")?.split_once([' ', ':'])?;
    let (at, message) = match rest.strip_prefix("at `") {
        Some(rest) => rest.split_once("`: ")?,
        None => ("", rest.trim()),
    };
    Some(Problem { code: code.to_owned(), at: at.to_owned(), message: message.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_tells_what_it_sets_and_what_it_provokes() {
        let text = "# one\n```xml inbound\n<a b=\"@(1)\"><c d=\"x\" /></a>\n```\n```then\n< 401 No\nerror reason = R\n```\n\
                    # two\n```xml inbound\n<a b=\"q\" />\n```\n```problems\nerror wrong-value at `q`: `b` cannot be `q`\n  help: h\n```\n";
        let mut cases = Vec::new();
        of_file("a", text, &mut cases);
        let [one, two] = cases.as_slice() else { panic!("{cases:?}") };
        assert_eq!((one.values("a", "b"), one.values("a", "c/d")), (vec!["@(1)"], vec!["x"]));
        assert_eq!((one.computed("a"), one.status(), one.says("error reason =")), (1, Some(401), Some("R")));
        assert!(one.is_accepted() && !two.is_accepted());
        let [problem] = two.problems.as_slice() else { panic!("{two:?}") };
        assert_eq!((problem.code.as_str(), problem.at.as_str()), ("wrong-value", "q"));
    }
}
