//! Policy documents in a folder of any layout.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use source::SourceFile;

/// Largest file that is looked at, in bytes.
const BYTES: u64 = 4 * 1024 * 1024;

/// Deepest nesting of folders.
const DEPTH: usize = 32;

/// Why a folder cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {cause}")]
pub struct Error {
    path: String,
    cause: std::io::Error,
}

/// The policy documents beneath a folder, by path: files named `*.xml`, `*.policy` or `*.cshtml` that hold `<policies` or
/// `<fragment`. Folders whose name begins with a dot are left out; so are links, and files that are not UTF-8 or have
/// more than 4 MiB.
///
/// # Errors
/// When a folder or file cannot be read.
pub fn find(folder: &Path) -> Result<Vec<Arc<SourceFile>>, Error> {
    let mut paths = Vec::new();
    walk(folder, 0, &mut paths)?;
    paths.sort();
    let mut documents = Vec::new();
    for path in paths {
        let bytes = fs::read(&path).map_err(|cause| Error { path: path.display().to_string(), cause })?;
        let Ok(text) = String::from_utf8(bytes) else { continue };
        if is_policy(&text) {
            let name = path.strip_prefix(folder).unwrap_or(&path);
            documents.push(SourceFile::new(name.display().to_string(), text));
        }
    }
    Ok(documents)
}

fn walk(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<(), Error> {
    let failed = |cause| Error { path: folder.display().to_string(), cause };
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let kind = entry.file_type().map_err(failed)?;
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        let path = entry.path();
        if kind.is_dir() && !hidden && depth < DEPTH {
            walk(&path, depth + 1, found)?;
        } else if kind.is_file() && has_ending(&path) && entry.metadata().map_err(failed)?.len() <= BYTES {
            found.push(path);
        }
    }
    Ok(())
}

fn has_ending(path: &Path) -> bool {
    let is = |ending: &&str| path.extension().is_some_and(|own| own.eq_ignore_ascii_case(ending));
    ["xml", "policy", "cshtml"].iter().any(is)
}

fn is_policy(text: &str) -> bool {
    text.contains("<policies") || text.contains("<fragment")
}
