//! Where a folder is at this moment: links are followed once, and everything is read beneath what they lead to.
//!
//! COMPAT: Kubernetes writes the files of a ConfigMap, a Secret or a projected volume into a directory whose name begins
//! with `..` and a date, lets the link `..data` lead to it by renaming, and removes the directory before; what one sees
//! in the volume are links through `..data` (Kubernetes, `pkg/volume/util/atomic_writer.go`). Read through those links, files
//! of two versions can mix. Release links (`current -> releases/42`, as git-sync keeps them) change in the same way.

use std::io;
use std::path::{Path, PathBuf};

use crate::Unreadable;

/// The link in volumes of Kubernetes.
const DATA: &str = "..data";

/// The directory that a folder is at this moment, without links.
///
/// # Errors
/// When there is none.
pub(crate) fn resolve(folder: &Path) -> Result<PathBuf, Unreadable> {
    let missing = |why: io::Error| Unreadable::Missing { folder: folder.to_owned(), why: why.to_string() };
    let root = folder.canonicalize().map_err(missing)?;
    let data = root.join(DATA);
    match std::fs::symlink_metadata(&data) {
        Ok(about) if about.is_symlink() => data.canonicalize().map_err(missing),
        _ => Ok(root),
    }
}
