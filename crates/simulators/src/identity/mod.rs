//! An identity provider in the shape of Microsoft Entra ID, with the managed identity endpoints of a machine.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use simulators::identity::{Directory, IdentityProvider, TokenOrder};
//!
//! let directory = Directory::example()?.with_generated_secrets();
//! let running = IdentityProvider::builder(directory).start_on_loopback(0, 0).await?;
//! println!("AZURE_AUTHORITY_HOST={}", running.authority());
//! println!("AZURE_POD_IDENTITY_AUTHORITY_HOST={}", running.machine());
//! let token = running.token(&TokenOrder::new("api://models").by_client("Team A"))?;
//! running.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! Tokens are signed, codes are bound, secrets and certificates are checked: what is refused by Entra is refused here with
//! the same code. It listens on loopback only, since it makes a token for whoever asks below `/_simulator`. There are no
//! passwords, no consent, no device codes and no Microsoft Graph beyond a user's groups.

mod authorize;
mod builder;
mod claims;
mod directory;
mod discovery;
mod grants;
mod groups;
mod order;
mod own;
mod refusal;
mod running;
mod site;
mod state;
mod verifier;
mod wanted;

pub use builder::{IdentityBuilder, IdentityProvider, StartError};
pub use directory::{
    App, Assigned, Directory, DirectoryError, Federated, FederatedIssuer, ManagedIdentity, Redirect,
    RedirectKind, Tenant, TokenVersion, User,
};
pub use order::{Flaw, OrderError, TokenOrder};
pub use running::RunningIdentity;
pub use verifier::{NotAccepted, Verifier};

pub use crate::signing::{KeyError, OldKeys};

pub(crate) use claims::{Content, Proof, Subject};
pub(crate) use refusal::Refusal;
pub(crate) use state::State;
pub(crate) use wanted::Wanted;
