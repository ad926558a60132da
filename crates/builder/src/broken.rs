//! Files that could not be read as they were meant.
//!
//! What is wrong with a file is not only a sentence for its author: what the file stands for must not be served as if
//! the file said nothing. An API whose policy is not text would otherwise be forwarded without it.

use std::collections::HashSet;
use std::sync::Arc;

use source::{Diagnostics, Severity};

/// The files of a folder that have errors.
#[derive(Debug, Default)]
pub(crate) struct Broken {
    files: HashSet<String>,
    /// Names of APIs, in lower case.
    apis: HashSet<String>,
}

impl Broken {
    /// The files that these problems point at, and directories in which something is wrong that may be written elsewhere.
    pub(crate) fn of(problems: &Diagnostics, directories: &[Arc<str>]) -> Self {
        let errors = problems.iter().filter(|each| each.severity == Severity::Error);
        let files: HashSet<String> =
            errors.filter_map(|each| Some(each.at.as_ref()?.file.name().to_owned())).collect();
        let directory =
            |path: &str| Some(path.strip_prefix("apis/")?.split('/').next()?.to_ascii_lowercase());
        let apis = files.iter().map(String::as_str).chain(directories.iter().map(AsRef::as_ref));
        let apis = apis.filter_map(directory).collect();
        Self { files, apis }
    }

    /// Whether a file has errors.
    pub(crate) fn has(&self, file: &str) -> bool {
        self.files.contains(file)
    }

    /// Whether anything of any API has errors.
    pub(crate) fn any_api(&self) -> bool {
        !self.apis.is_empty()
    }

    /// Whether anything of an API has errors. Its directory is named like it.
    pub(crate) fn is_of_api(&self, id: &str) -> bool {
        self.any_api() && self.apis.contains(&id.to_ascii_lowercase())
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
        let broken = Broken::of(&problems, &["apis/Overridden".into(), "products/p".into()]);
        assert!(broken.is_of_api("chat;rev=2") && broken.is_of_api("Chat;rev=2"));
        assert!(broken.is_of_api("overridden") && !broken.is_of_api("p"));
        assert!(!broken.is_of_api("chat") && !broken.is_of_api("mild"));
        assert!(!broken.has("apis/mild/policy.xml"));
    }
}
