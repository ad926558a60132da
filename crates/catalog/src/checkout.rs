//! What git says about a folder in a working tree: whether it is writing, and which commit is checked out.
//!
//! COMPAT: git makes `index.lock` before it changes files of the working tree, and renames it to `index` afterwards (git,
//! `Documentation/technical/api-lockfile.adoc`, `builtin/checkout.c`). `.git` is a file that says `gitdir: PATH` in linked working trees and
//! submodules (gitrepository-layout).

use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How far `HEAD` is followed from one reference to the next.
const REFERENCES: usize = 5;

/// Longest file of git that is read here, but for the list of packed references.
const LONGEST: u64 = 64 * 1024;

/// Longest list of packed references that is read.
const LONGEST_PACKED: u64 = 16 * 1024 * 1024;

/// The working tree that a folder is in.
#[derive(Clone, Debug)]
pub(crate) struct Checkout {
    /// What is of this working tree alone.
    own: PathBuf,
    /// What all working trees share.
    common: PathBuf,
}

impl Checkout {
    /// The one that holds a folder, if there is one.
    pub(crate) fn of(root: &Path) -> Option<Self> {
        let own = root.ancestors().find_map(git_directory)?;
        let common = text(&own.join("commondir"), LONGEST).map(|path| own.join(path.trim()));
        Some(Self { common: common.unwrap_or_else(|| own.clone()), own })
    }

    /// The lock of whoever is writing.
    pub(crate) fn lock(&self) -> Option<PathBuf> {
        let lock = self.own.join("index.lock");
        std::fs::symlink_metadata(&lock).is_ok().then_some(lock)
    }

    /// The commit that is checked out.
    pub(crate) fn commit(&self) -> Option<Arc<str>> {
        let mut name = "HEAD".to_owned();
        for _ in 0..REFERENCES {
            let found = self.reference(&name)?;
            match found.strip_prefix("ref:") {
                Some(next) => name = next.trim().to_owned(),
                None => return is_commit(&found).then(|| found.into()),
            }
        }
        None
    }

    fn reference(&self, name: &str) -> Option<String> {
        if name.split('/').any(|part| part == ".." || part.is_empty()) {
            return None;
        }
        let loose = [&self.own, &self.common].into_iter().find_map(|at| text(&at.join(name), LONGEST));
        let packed = || {
            let all = text(&self.common.join("packed-refs"), LONGEST_PACKED)?;
            let of_name = |line: &str| {
                let (commit, own) = line.split_once(' ')?;
                (own == name).then(|| commit.to_owned())
            };
            all.lines().find_map(of_name)
        };
        loose.map(|text| text.trim().to_owned()).or_else(packed)
    }
}

fn git_directory(directory: &Path) -> Option<PathBuf> {
    let git = directory.join(".git");
    let about = std::fs::metadata(&git).ok()?;
    if about.is_dir() {
        return Some(git);
    }
    let link = text(&git, LONGEST)?;
    Some(directory.join(link.trim().strip_prefix("gitdir:")?.trim()))
}

/// Forty hexadecimal digits, or sixty-four.
fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn text(path: &Path, longest: u64) -> Option<String> {
    let about = std::fs::metadata(path).ok()?;
    if !about.is_file() || about.len() > longest {
        return None;
    }
    std::fs::read_to_string(path).ok()
}
