//! The text files of the repository.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;

/// Directories that hold nothing of ours.
const FOREIGN: [&str; 6] = [".git", "target", "node_modules", "__pycache__", "results", ".pytest_cache"];

/// All text files, by their paths from the root, with `/` between the parts.
#[derive(Debug, Default)]
pub struct Repository {
    files: BTreeMap<String, String>,
}

/// One file.
#[derive(Clone, Copy, Debug)]
pub struct File<'a> {
    /// Its path from the root.
    pub path: &'a str,
    /// Its text.
    pub text: &'a str,
}

impl Repository {
    /// Reads the repository at `root`; files that are no text are left out.
    ///
    /// # Errors
    /// When a directory or file cannot be read.
    pub fn read(root: &Path) -> anyhow::Result<Self> {
        let mut files = BTreeMap::new();
        let mut open = vec![String::new()];
        while let Some(directory) = open.pop() {
            let path = root.join(&directory);
            let entries = std::fs::read_dir(&path).with_context(|| path.display().to_string())?;
            for entry in entries {
                let entry = entry?;
                let name = entry.file_name().to_string_lossy().into_owned();
                let place = if directory.is_empty() { name.clone() } else { format!("{directory}/{name}") };
                if !entry.file_type()?.is_dir() {
                    let bytes = std::fs::read(entry.path()).with_context(|| place.clone())?;
                    files.extend(String::from_utf8(bytes).ok().map(|text| (place, text)));
                } else if !FOREIGN.contains(&name.as_str()) {
                    open.push(place);
                }
            }
        }
        Ok(Self { files })
    }

    /// A repository of these files, to try rules on.
    #[must_use]
    pub fn of(files: &[(&str, &str)]) -> Self {
        Self { files: files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect() }
    }

    /// Every file, in the order of paths.
    pub fn files(&self) -> impl Iterator<Item = File<'_>> {
        self.files.iter().map(|(path, text)| File { path, text })
    }

    /// The files whose path begins and ends so.
    pub fn between<'a>(&'a self, begin: &'a str, end: &'a str) -> impl Iterator<Item = File<'a>> {
        self.files().filter(move |file| file.path.starts_with(begin) && file.path.ends_with(end))
    }

    /// The text of a file.
    ///
    /// # Errors
    /// When there is none.
    pub fn text(&self, path: &str) -> anyhow::Result<&str> {
        self.files.get(path).map(String::as_str).with_context(|| format!("there is no `{path}`"))
    }

    /// Whether a path names a file, or a directory that holds one.
    #[must_use]
    pub fn holds(&self, path: &str) -> bool {
        let below = format!("{path}/");
        path.is_empty()
            || self.files.contains_key(path)
            || self.files.range(below.clone()..).next().is_some_and(|(next, _)| next.starts_with(&below))
    }
}
