//! Services of the outside world as real HTTP servers on loopback, for the demo, for tests and for the bench.
//!
//! The [`ModelSimulator`] speaks the wires of Azure OpenAI (deployments in the path), Azure OpenAI v1, OpenAI, Mistral and
//! Cohere, refuses every key but those of its accounts and every token without a role ([`Roles`]), answers by rules that can
//! be predicted, counts real tokens. The [`identity::IdentityProvider`] is Microsoft Entra ID and a machine's managed
//! identity endpoints. Both misbehave when asked ([`Behaviour`]) and remember what they received ([`Recorder`]).
//!
//! ```no_run
//! # async fn example() -> std::io::Result<()> {
//! use simulators::{Account, Deployment, ModelSimulator};
//!
//! let account = Account::new("contoso", "key-one", "key-two").with(Deployment::chat("gpt-4o", "gpt-4o-2024-08-06"));
//! let running = ModelSimulator::builder().account(account).start_on_loopback(0).await?;
//! println!("models on {}", running.base_url());
//! running.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! The models are none, nor mocks of one: nothing is learnt, nothing is sampled, and the same question has the same
//! answer. Production code never depends on this crate; the binary does, behind its `demo` feature.

mod account;
mod authority;
mod behaviour;
mod body;
mod builder;
mod chat;
mod cohere;
mod completion;
mod connection;
mod embeddings;
mod fields;
mod headers;
pub mod identity;
mod ids;
mod incoming;
mod managed_identity;
mod mind;
mod mistral;
mod models;
mod operation;
mod own;
mod quota;
mod random;
mod realtime;
mod recorder;
mod reply;
mod responses;
mod roles;
mod running;
mod service;
mod signing;
mod web;
mod wire;

pub use account::{Account, Accounts, Deployment, KeyName, Kind, Vendor};
pub use authority::{Authority, AuthorityError, Certified, client_certificate};
pub use behaviour::{Behaviour, BehaviourError, Cut, Hang};
pub use builder::{Builder, ModelSimulator};
pub use recorder::{Credential, Outcome, RecordedRequest, Recorder};
pub use roles::{Roles, Scope};
pub use running::Running;
pub use wire::auth::{AUDIENCES, Principal, TokenRefused, TokenVerifier};
