//! Secrets of a key vault.

mod settings;

pub use settings::{AZURE_SUFFIXES, ChallengeResource, HostOverride, Settings};
