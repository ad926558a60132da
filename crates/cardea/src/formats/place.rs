//! Where a problem is, as programs want it: a file that can be opened, lines and columns of both ends.

use std::path::{Component, Path, PathBuf};

use serde::Serialize;
use source::Location;

/// What comes before the names of files of a folder.
#[derive(Clone, Debug)]
pub(crate) struct Base {
    prefix: PathBuf,
    /// What files outside of the folder, such as an override file, are named from.
    root: Option<PathBuf>,
}

impl Base {
    /// The folder as it was given on the command line: names hold from the working directory.
    pub(crate) fn of_command(folder: &Path) -> Self {
        let prefix = folder.components().filter(|part| *part != Component::CurDir).collect();
        Self { prefix, root: std::env::current_dir().ok() }
    }

    /// The folder as the repository names it that it stands in: from the nearest directory at or above it that holds
    /// `.git`, as a clone, a worktree and a submodule do. Outside of any repository as [`Self::of_command`].
    pub(crate) fn of_repository(folder: &Path) -> Self {
        let inside = || {
            let folder = folder.canonicalize().ok()?;
            let root = folder.ancestors().find(|each| each.join(".git").exists())?;
            let prefix = folder.strip_prefix(root).ok()?.to_path_buf();
            Some(Self { prefix, root: Some(root.to_path_buf()) })
        };
        inside().unwrap_or_else(|| Self::of_command(folder))
    }

    /// What a file of the folder is called, with `/` between the parts.
    pub(crate) fn path(&self, name: &str) -> String {
        let named = Path::new(name);
        let inside =
            self.root.as_ref().filter(|_| named.is_absolute()).and_then(|root| named.strip_prefix(root).ok());
        let path = inside.map_or_else(|| self.prefix.join(name), Path::to_path_buf);
        let parts = path.components().map(|part| part.as_os_str().to_string_lossy());
        let joined = parts.collect::<Vec<_>>().join("/");
        joined.strip_prefix("//").map_or_else(|| joined.clone(), |rest| format!("/{rest}"))
    }

    /// What the folder itself is called.
    pub(crate) fn folder(&self) -> String {
        let path = self.path("");
        if path.is_empty() { ".".to_owned() } else { path }
    }
}

/// A range in a file. Lines and columns count from 1, columns are characters, and the end is the first character that
/// does not belong to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Place {
    /// The file.
    pub file: String,
    /// Line of the first character.
    pub line: u32,
    /// Column of the first character.
    pub column: u32,
    /// Line of the end.
    pub end_line: u32,
    /// Column of the end.
    pub end_column: u32,
}

impl Place {
    /// The place of a location.
    pub(crate) fn of(at: &Location, base: &Base) -> Self {
        let start = at.file.line_column(at.span.start);
        let end = at.file.line_column(at.span.end.max(at.span.start));
        Self {
            file: base.path(at.file.name()),
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::Base;

    #[test]
    fn names_hold_from_the_working_directory() {
        for (folder, expected) in [
            ("apim", "apim/apis/a b/policy.xml"),
            ("./apim/", "apim/apis/a b/policy.xml"),
            (".", "apis/a b/policy.xml"),
            ("../apim", "../apim/apis/a b/policy.xml"),
            ("/srv/apim", "/srv/apim/apis/a b/policy.xml"),
        ] {
            assert_eq!(Base::of_command(Path::new(folder)).path("apis/a b/policy.xml"), expected, "{folder}");
        }
        assert_eq!(Base::of_command(Path::new(".")).folder(), ".");
        assert_eq!(Base::of_command(Path::new("/srv/apim")).folder(), "/srv/apim");
    }

    #[test]
    fn names_hold_from_the_root_of_the_repository() {
        let outside = tempfile::tempdir().unwrap();
        let folder = outside.path().join("clone/infra/apim");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::create_dir(outside.path().join("clone/.git")).unwrap();
        assert_eq!(Base::of_repository(&folder).path("policy.xml"), "infra/apim/policy.xml");
        let overrides = outside.path().canonicalize().unwrap().join("clone/prod.yaml");
        assert_eq!(Base::of_repository(&folder).path(overrides.to_str().unwrap()), "prod.yaml");
        let root = Base::of_repository(&outside.path().join("clone"));
        assert_eq!((root.path("policy.xml").as_str(), root.folder().as_str()), ("policy.xml", "."));
    }
}
