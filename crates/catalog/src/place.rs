//! Where a folder is at this moment: links are followed once, and everything is read beneath what they lead to.
//!
//! COMPAT: Kubernetes writes the files of a ConfigMap, a Secret or a projected volume into a directory whose name begins
//! with `..` and a date, lets the link `..data` lead to it by renaming, and removes the directory before; what one sees
//! in the volume are links through `..data` (Kubernetes, `pkg/volume/util/atomic_writer.go`). Read through those links, files
//! of two versions can mix. Release links (`current -> releases/42`, as git-sync keeps them) change in the same way.

use std::collections::HashSet;
use std::io;
use std::path::{Component, Path, PathBuf};

use crate::Unreadable;

/// Links that are followed on the way to a folder at most; the system follows as many.
const LINKS: usize = 40;

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

/// The paths of which something becomes when a folder comes to be elsewhere: every link on the way to it, and the
/// directory that it is now.
pub(crate) fn turns(folder: &Path, root: &Path) -> HashSet<PathBuf> {
    let mut turns = HashSet::from([root.to_owned()]);
    let Ok(folder) = std::path::absolute(folder) else { return turns };
    let mut left: Vec<PathBuf> = vec![folder.clone()];
    while let Some(path) = left.pop().filter(|_| turns.len() <= LINKS) {
        let mut at = PathBuf::new();
        let mut parts = path.components();
        for part in parts.by_ref() {
            match part {
                Component::ParentDir => drop(at.pop()),
                part => at.push(part),
            }
            if let Ok(target) = std::fs::read_link(&at) {
                turns.insert(at.clone());
                let rest = parts.as_path();
                left.push(at.parent().unwrap_or(&at).join(target).join(rest));
                break;
            }
        }
    }
    if let Ok(resolved) = folder.canonicalize() {
        let data = resolved.join(DATA);
        if data.is_symlink() {
            turns.insert(data);
        }
        turns.insert(resolved);
    }
    turns
}
