//! The problems of a folder for programs: JSON, SARIF, and the commands by which GitHub annotates a change.
//!
//! Text is for people and names files as they stand in the folder. Programs want to open them: [`Base`] says what a name
//! in the folder is called outside of it.
//!
//! No format holds lines of the files: an author may have written a secret into one, and reports are kept.

pub(crate) mod difference;
pub(crate) mod github;
pub(crate) mod json;
mod place;
pub(crate) mod sarif;

pub(crate) use place::{Base, Place};

/// How often something occurs in a folder.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub(crate) struct Counts {
    /// APIs, every revision for itself.
    pub apis: usize,
    /// Operations of all of them.
    pub operations: usize,
    /// Products.
    pub products: usize,
    /// Problems that refuse something.
    pub errors: usize,
    /// Problems that refuse nothing.
    pub warnings: usize,
    /// What is good to know.
    pub notes: usize,
}
