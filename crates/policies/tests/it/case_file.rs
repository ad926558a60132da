//! Case files: Markdown, a heading for each case.
//!
//! ````text
//! # A header that is there is replaced
//!
//! Source: policies-b.md 2, set-header; set-header page.
//!
//! ```xml inbound
//! <set-header name="A"><value>new</value></set-header>
//! ```
//!
//! ```when
//! > GET /
//! > A: old
//! ```
//!
//! ```then
//! > GET /
//! > A: new
//! ```
//! ````
//!
//! The word behind `xml` is a scope (`global`, `product`, `api`, `operation`) for a whole document, or a section of the
//! operation's document. A case whose documents are refused has `problems` instead of `then`; with both, the problems
//! are warnings.

use policy::{Scope, Section};

use crate::documents::Document;

/// A case.
#[derive(Clone, Debug, Default)]
pub(crate) struct Case {
    pub(crate) title: String,
    pub(crate) source: String,
    pub(crate) documents: Vec<Document>,
    pub(crate) when: Option<String>,
    pub(crate) then: Option<String>,
    pub(crate) problems: Option<String>,
    sections: Vec<(Section, String)>,
}

/// The cases of a file.
pub(crate) fn read(text: &str) -> Result<Vec<Case>, String> {
    let mut cases: Vec<Case> = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(title) = line.strip_prefix("# ") {
            cases.push(Case { title: title.to_owned(), ..Case::default() });
        } else if let Some(source) = line.strip_prefix("Source: ") {
            last(&mut cases, line)?.source = source.to_owned();
        } else if let Some(info) = line.strip_prefix("```") {
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            last(&mut cases, line)?.take(info, block.join("\n"))?;
        }
    }
    cases.iter_mut().for_each(Case::assemble);
    Ok(cases)
}

fn last<'a>(cases: &'a mut [Case], line: &str) -> Result<&'a mut Case, String> {
    cases.last_mut().ok_or_else(|| format!("`{line}` stands before the first heading"))
}

impl Case {
    fn take(&mut self, info: &str, block: String) -> Result<(), String> {
        match info {
            "when" => self.when = Some(block),
            "then" => self.then = Some(block),
            "problems" => self.problems = Some(block),
            _ => self.take_document(info, block)?,
        }
        Ok(())
    }

    fn take_document(&mut self, info: &str, text: String) -> Result<(), String> {
        let word =
            info.strip_prefix("xml ").ok_or_else(|| format!("a block of `{info}` is not part of a case"))?;
        if let Some(section) = Section::named(word) {
            self.sections.push((section, text));
            return Ok(());
        }
        let scope = Scope::ALL.into_iter().find(|scope| scope.name() == word);
        let scope = scope.ok_or_else(|| format!("`{word}` is neither a scope nor a section"))?;
        self.documents.push(Document { scope, text });
        Ok(())
    }

    /// Makes the operation's document of the sections that were given alone.
    fn assemble(&mut self) {
        if self.sections.is_empty() {
            return;
        }
        let sections: Vec<String> =
            self.sections.iter().map(|(section, text)| format!("<{section}>{text}</{section}>")).collect();
        let text = format!("<policies>{}</policies>", sections.concat());
        self.documents.push(Document { scope: Scope::Operation, text });
    }
}
