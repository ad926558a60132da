//! A folder in a temporary directory.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use catalog::{Catalog as _, FolderCatalog, Reading, Scope, Unreadable, Version};
use tempfile::TempDir;

/// What a test writes to.
pub(crate) struct Place {
    root: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { root: tempfile::tempdir().unwrap() }
    }

    /// The same with files in its folder `apim`.
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        let place = Self::new();
        files.iter().for_each(|(path, text)| place.write(&format!("apim/{path}"), text));
        place
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.root.path().join(path)
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Lets a link lead somewhere, at once, as Kubernetes does.
    pub(crate) fn link(&self, path: &str, target: impl AsRef<Path>) {
        let (path, fresh) = (self.path(path), self.path("fresh-link"));
        symlink(target, &fresh).unwrap();
        std::fs::rename(fresh, path).unwrap();
    }

    /// The catalog of its folder `apim`.
    pub(crate) fn catalog(&self) -> FolderCatalog {
        self.catalog_at("apim")
    }

    pub(crate) fn catalog_at(&self, path: &str) -> FolderCatalog {
        FolderCatalog::new(self.path(path), None, now())
    }
}

/// The time of the system, which the files' times are of.
#[expect(clippy::disallowed_methods, reason = "the files of a test have the system's times")]
pub(crate) fn now() -> catalog::Now {
    Arc::new(SystemTime::now)
}

/// A whole reading.
pub(crate) fn read(catalog: &FolderCatalog) -> Result<Version, Unreadable> {
    catalog.begin(Scope::Everything)?.finish()
}

/// The text of a file.
pub(crate) fn text(reading: &dyn Reading, path: &str) -> String {
    String::from_utf8(reading.read(path).unwrap().unwrap()).unwrap()
}
