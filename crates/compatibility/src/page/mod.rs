//! The pages: `docs/compatibility.md` and what stands beneath it.

mod policies;
mod resources;
mod summary;
mod table;

use crate::notes::{decisions, differences};
use crate::policies::{Judged, Words};
use crate::resources::JudgedResource;

/// A page.
#[derive(Clone, Debug)]
pub struct Page {
    /// Where it stands, from the root of the repository.
    pub path: &'static str,
    /// All of its text.
    pub text: String,
}

/// All pages.
///
/// # Errors
/// When differences or decisions cannot be read.
pub fn pages(
    words: &Words,
    judged: &[Judged],
    steps: &[Judged],
    resources: &[JudgedResource],
) -> anyhow::Result<Vec<Page>> {
    let differences = differences()?;
    let decisions = decisions()?;
    Ok(vec![
        Page {
            path: "docs/compatibility.md",
            text: summary::page(words, judged, steps, resources, (&differences, &decisions)),
        },
        Page { path: "docs/compatibility/policies.md", text: policies::page(words, judged, steps) },
        Page { path: "docs/compatibility/resources.md", text: resources::page(resources) },
    ])
}
