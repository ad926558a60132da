//! Rules of the house that no other tool knows.
//!
//! Each module is one rule: it takes the [`Repository`] and gives its problems as sentences that begin with the file.

pub mod dependencies;
pub mod folder;
pub mod layers;
pub mod links;
pub mod mentions;
pub mod places;
mod repository;
pub mod settings;
pub mod sizes;

pub use repository::{File, Repository};

/// Everything that is not as it should be, in the order of the rules.
///
/// # Errors
/// When a manifest, or a page that a rule reads, is not as the rule knows it.
pub fn check(repository: &Repository) -> anyhow::Result<Vec<String>> {
    let mut problems = links::check(repository);
    problems.extend(mentions::check(repository));
    problems.extend(places::check(repository));
    problems.extend(sizes::check(repository));
    problems.extend(settings::check(repository)?);
    problems.extend(dependencies::check(repository)?);
    problems.extend(layers::check(repository)?);
    Ok(problems)
}
