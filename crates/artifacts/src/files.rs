//! Files of a folder as text and as trees.

use std::sync::Arc;

use source::{Diagnostic, Diagnostics, Elsewhere, Location, SourceFile, Span};

use crate::load::Shelf;
use crate::tree::{self, Node};
use crate::{Entry, EntryKind, FolderError, FolderSource, Stamp};

/// Something could not be read and has been reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reported;

/// A folder whose problems are collected.
pub(crate) struct Files<'a> {
    folder: &'a dyn FolderSource,
    /// What was read before, and what is kept for the next reading.
    pub(crate) shelf: Shelf,
}

impl<'a> Files<'a> {
    pub(crate) fn new(folder: &'a dyn FolderSource, shelf: Shelf) -> Self {
        Self { folder, shelf }
    }

    /// The stamp of a file, or of a directory with everything beneath it.
    pub(crate) fn stamp(&self, path: &str) -> Option<Stamp> {
        self.folder.stamp(path)
    }

    /// The digest of a file that is as it was read; none when its text is something else, or nobody knows.
    pub(crate) fn digest(&self, file: &SourceFile) -> Option<u128> {
        self.folder.digest(file.name())
    }

    /// Where texts can be had later.
    pub(crate) fn again(&self) -> Option<Arc<dyn Elsewhere>> {
        self.folder.again()
    }

    /// What a directory holds; nothing when it is not there.
    pub(crate) fn list(&self, directory: &str, problems: &mut Diagnostics) -> Vec<Entry> {
        self.folder.list(directory).unwrap_or_else(|error| {
            problems.push(unreadable(&error));
            Vec::new()
        })
    }

    /// The directories in a directory; hidden ones do not count.
    pub(crate) fn directories(&self, directory: &str, problems: &mut Diagnostics) -> Vec<String> {
        let entries = self.list(directory, problems).into_iter();
        let shown = entries.filter(|each| each.kind == EntryKind::Directory && !each.name.starts_with('.'));
        shown.map(|each| each.name).collect()
    }

    /// The text of a file; none when it is not there.
    pub(crate) fn text(
        &self,
        path: &str,
        problems: &mut Diagnostics,
    ) -> Result<Option<Arc<SourceFile>>, Reported> {
        let bytes = self.folder.read(path);
        let bytes = bytes.map_err(|error| report(problems, unreadable(&error).at(place_of(path))))?;
        let Some(bytes) = bytes else { return Ok(None) };
        let text = String::from_utf8(bytes).map_err(|_| {
            let message = format!("`{path}` is not UTF-8 text");
            let problem = Diagnostic::error("not-text", message).at(place_of(path));
            report(problems, problem.help("save it as UTF-8"))
        })?;
        let file = SourceFile::new(path, text.strip_prefix('\u{feff}').unwrap_or(&text));
        check_tokens(&file, problems);
        Ok(Some(file))
    }

    /// A JSON file as a tree; none when it is not there.
    pub(crate) fn json(&self, path: &str, problems: &mut Diagnostics) -> Result<Option<Node>, Reported> {
        let Some(file) = self.text(path, problems)? else { return Ok(None) };
        tree::read_json(&file).map(Some).map_err(|problem| report(problems, problem))
    }
}

/// A file of which nothing can be shown.
pub(crate) fn place_of(path: &str) -> Location {
    Location::new(&SourceFile::new(path, ""), Span::default())
}

/// Reports a problem and says so.
pub(crate) fn report(problems: &mut Diagnostics, problem: Diagnostic) -> Reported {
    problems.push(problem);
    Reported
}

fn unreadable(error: &FolderError) -> Diagnostic {
    Diagnostic::error("unreadable", error.to_string())
}

/// A problem with its place in words only, for files whose lines may hold secrets.
pub(crate) fn without_line(mut problem: Diagnostic) -> Diagnostic {
    if let Some(at) = problem.at.take() {
        problem.message = format!("{at}: {}", problem.message);
    }
    problem
}

/// The pipeline that publishes a folder replaces `{#token#}` before anybody reads it; what is left was forgotten.
fn check_tokens(file: &Arc<SourceFile>, problems: &mut Diagnostics) {
    for (at, name) in tokens_in(file.text()) {
        let span = Span::between(at, at + name.len() + 4);
        problems.push(unreplaced(name).at(Location::new(file, span)));
    }
}

/// The names of the tokens in a text, and where each begins.
pub(crate) fn tokens_in(text: &str) -> Vec<(usize, &str)> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let begins = text.match_indices("{#");
    let names = begins.map_while(|(at, _)| Some((at, text.get(at + 2..)?.split_once("#}")?.0)));
    names.filter(|(_, name)| !name.is_empty() && name.chars().all(is_name)).collect()
}

/// What is to be said of a token.
pub(crate) fn unreplaced(name: &str) -> Diagnostic {
    Diagnostic::error("unreplaced-token", format!("the token `{{#{name}#}}` was not replaced"))
        .help("replace it before the folder is read, or use a named value whose secret `secrets.toml` names")
}
