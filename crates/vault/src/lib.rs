//! A secret store that speaks the part of Key Vault's REST interface that is about secrets.
//!
//! ```no_run
//! # use std::sync::Arc;
//! # use vault::*;
//! # async fn run(store: store::Store, clock: Arc<dyn policy::Clock>, tokens: Arc<dyn Authenticator>,
//! #     certificate: CertificatePem) -> Result<(), Box<dyn std::error::Error>> {
//! let vaults = Vaults::new(store, [VaultName::new("main")?], Rules::default(), clock);
//! let settings = ServerSettings::new(([127, 0, 0, 1], 8443).into(), "vault.localhost", certificate);
//! let server = Server::start(settings, vaults, tokens).await?;
//! println!("https://main.vault.localhost:{}", server.address().port());
//! # Ok(()) }
//! ```
//!
//! From the outside in:
//!
//! - [`Server`]: TLS, bounded connections, and `rest`, which turns a request into a [`Call`] and what came of it into
//!   Key Vault's JSON.
//! - [`Authenticator`]: who calls. [`ProviderTokens`] verifies access tokens with the keys of an OpenID provider.
//! - [`Vault`]: what a call means: access, versions, soft delete, and a record of everything. The command line uses
//!   it too, without a server and without a token, as an [`Actor::Operator`].
//!
//! Keys and certificates are not kept here, and neither are backups. Times are the clock's; nothing is read from the
//! environment.

mod actor;
mod authenticate;
mod call;
mod limits;
mod problem;
mod provider_tokens;
mod rest;
mod server;
mod vault;
mod vaults;

pub use actor::{Actor, Caller, CallerKind};
pub use authenticate::{Authenticating, Authenticator, NotAuthenticated};
pub use call::{Bundle, Call, Listed, NewSecret, PageAfter, Reply};
pub use problem::Problem;
pub use provider_tokens::{Authority, ProviderTokens};
pub use server::{CertificatePem, Server, ServerSettings, StartError};
pub use store::vault::{
    AuditFilter, AuditRecord, BadName, Deletion, Grant, Permission, SecretName, VaultName,
    VersionChange as SecretChange, VersionId,
};
pub use vault::Vault;
pub use vaults::{OutsideValidity, Rules, Vaults};
