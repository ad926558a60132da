//! Where configurations come from, read so that no half of a change is ever seen.
//!
//! A [`Catalog`] gives a [`Reading`]: one moment of a configuration, as a [`artifacts::FolderSource`]. Whoever has read
//! it asks for its end; only then is it known whether the files stayed as they were meanwhile, and which [`Version`] they
//! are:
//!
//! ```
//! use artifacts::{FolderSource as _, MemoryFolder};
//! use catalog::{Catalog as _, Fixed, Scope};
//!
//! let catalog = Fixed::new(MemoryFolder::new([("policy.xml", "<policies />")]));
//! let reading = catalog.begin(Scope::Everything).unwrap();
//! assert_eq!(reading.read("policy.xml").unwrap().unwrap(), b"<policies />");
//! let version = reading.finish().unwrap();
//! assert_eq!(version.revision.as_str().len(), 12);
//! ```
//!
//! [`FolderCatalog`] reads a directory: below one resolved root, so that links that lead to the newest of several
//! directories may change meanwhile; not while git writes; and with a stamp for every file and directory, by which what
//! did not change need not be read again.
//!
//! It does not know what the files mean, and does not decide when they are read.

mod checkout;
mod fixed;
mod folder;
#[cfg(target_os = "linux")]
mod inotify;
mod meta;
mod packed;
mod place;
mod scan;
mod tree;
mod version;
mod watch;

pub use fixed::Fixed;
pub use folder::{FolderCatalog, Now};
pub use packed::{Moment, Packed};
pub use version::{Revision, Version};
pub use watch::{CannotWatch, Told, Watching};

use std::fmt;
use std::path::PathBuf;

use artifacts::{FolderError, FolderSource, Stamp};

/// Where configurations come from.
pub trait Catalog: fmt::Debug + Send + Sync {
    /// Begins to read the configuration of this moment.
    ///
    /// # Errors
    /// When there is none, or it is being written.
    fn begin(&self, scope: Scope) -> Result<Box<dyn Reading>, Unreadable>;

    /// The stamp of what is there now, if it is not what was read to its end last.
    ///
    /// # Errors
    /// When there is nothing.
    fn differs(&self, scope: Scope) -> Result<Option<Stamp>, Unreadable>;

    /// Watches what was read to its end last, and whatever comes after it. `told` is called when something may have
    /// changed, and once at the beginning; [`Scope::Changed`] then looks at what did.
    ///
    /// # Errors
    /// When the system cannot watch that.
    fn watch(&self, told: Told) -> Result<Box<dyn Watching>, CannotWatch>;

    /// What was read to its end last; none when nothing was, or when nobody need keep it.
    fn moment(&self) -> Option<Moment> {
        None
    }

    /// Goes on from what an earlier process has read to its end, unless something was read already: files that look as
    /// they did then have the stamps and digests of then, and need not be read.
    fn recall(&self, _moment: &Moment) {}
}

/// A configuration at one moment. Its files may change while they are read: [`Reading::finish`] tells.
pub trait Reading: FolderSource + fmt::Debug + Send + Sync {
    /// Ends the reading: all that was read belongs to one moment, and this is what it is.
    ///
    /// # Errors
    /// [`Unreadable::Changed`] when it does not.
    fn finish(self: Box<Self>) -> Result<Version, Unreadable>;
}

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Everything.
    Everything,
    /// What is said to have changed since it was looked at last ([`FolderCatalog::changed`]).
    Changed,
}

/// A configuration cannot be read at this moment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unreadable {
    /// The folder is not there.
    #[error("the folder `{}` cannot be read: {why}", folder.display())]
    Missing {
        /// Which.
        folder: PathBuf,
        /// What the system says.
        why: String,
    },
    /// There was something in the folder before, and now there is nothing.
    #[error("the folder `{}` is empty", .0.display())]
    Empty(PathBuf),
    /// Git is writing the files.
    #[error("git is at work: `{}` is there", .0.display())]
    CheckingOut(PathBuf),
    /// Files changed while they were read.
    #[error("files changed while they were read, such as `{0}`")]
    Changed(String),
    /// It is too big.
    #[error("the folder has more than {0} files and directories")]
    TooBig(usize),
    /// A part of it cannot be read.
    #[error(transparent)]
    Part(#[from] FolderError),
}

impl Unreadable {
    /// A stable word for it.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "folder-missing",
            Self::Empty(_) => "folder-empty",
            Self::CheckingOut(_) => "checkout-in-progress",
            Self::Changed(_) => "folder-changing",
            Self::TooBig(_) => "folder-too-big",
            Self::Part(_) => "unreadable",
        }
    }

    /// Whether it may be over in a moment.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        !matches!(self, Self::TooBig(_) | Self::Part(_))
    }
}
