//! Secrets of key vaults.
//!
//! A vault answers the first request with a challenge that names the resource to get a token for; the token comes from
//! the gateway's own identity. What is read is not kept here: who asks decides how long a value serves.
//!
//! Vaults are configured by the operator; one whose host the settings do not allow is never asked, and none gets a token
//! for a resource that is not its own domain.

mod answer;
mod challenge;
mod client;
mod error;
mod settings;

pub use answer::Fetched;
pub use client::{BadOverride, Client};
pub use error::{Error, Why};
pub use settings::{ChallengeResource, HostOverride, Settings};
