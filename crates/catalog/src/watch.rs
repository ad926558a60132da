//! Watching for changes, so that nothing is looked at while nothing changes.

use std::fmt;
use std::sync::Arc;

/// Told when something may have changed.
pub type Told = Arc<dyn Fn() + Send + Sync>;

/// Changes cannot be watched.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct CannotWatch(pub(crate) String);

/// Watches until it is dropped.
pub trait Watching: fmt::Debug + Send {
    /// Watches also what has come since: directories, and where links lead now. To be called after each reading.
    ///
    /// # Errors
    /// When that cannot be watched.
    fn renew(&mut self) -> Result<(), CannotWatch>;
}

/// What never changes is watched without doing anything.
#[derive(Debug)]
pub(crate) struct Nothing;

impl Watching for Nothing {
    fn renew(&mut self) -> Result<(), CannotWatch> {
        Ok(())
    }
}
