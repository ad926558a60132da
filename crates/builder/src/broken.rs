//! Files that could not be read as they were meant.
//!
//! What is wrong with a file is not only a sentence for its author: what the file stands for must not be served as if
//! the file said nothing. An API whose policy is not text would otherwise be forwarded without it.

use std::collections::HashSet;

use source::{Diagnostics, Severity};

/// The files of a folder that have errors.
#[derive(Debug, Default)]
pub(crate) struct Broken(HashSet<String>);

impl Broken {
    /// The files that these problems point at.
    pub(crate) fn of(problems: &Diagnostics) -> Self {
        let errors = problems.iter().filter(|each| each.severity == Severity::Error);
        Self(errors.filter_map(|each| Some(each.at.as_ref()?.file.name().to_owned())).collect())
    }

    /// Whether a file has errors.
    pub(crate) fn has(&self, file: &str) -> bool {
        self.0.contains(file)
    }

    /// Whether anything of an API has errors. Its directory is named like it.
    pub(crate) fn is_of_api(&self, id: &str) -> bool {
        let directory = |file: &str| Some(file.strip_prefix("apis/")?.split_once('/')?.0.to_owned());
        self.0.iter().filter_map(|file| directory(file)).any(|name| name.eq_ignore_ascii_case(id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use source::{Diagnostic, Location, SourceFile, Span};

    #[test]
    fn an_api_is_broken_when_a_file_below_its_directory_is() {
        let at = |file: &str| Location::new(&SourceFile::new(file, ""), Span::default());
        let mut problems = Diagnostics::new();
        problems.push(Diagnostic::error("a", "a").at(at("apis/chat;rev=2/operations/x/policy.xml")));
        problems.push(Diagnostic::warning("b", "b").at(at("apis/mild/policy.xml")));
        let broken = Broken::of(&problems);
        assert!(broken.is_of_api("chat;rev=2") && broken.is_of_api("Chat;rev=2"));
        assert!(!broken.is_of_api("chat") && !broken.is_of_api("mild"));
        assert!(!broken.has("apis/mild/policy.xml"));
    }
}
