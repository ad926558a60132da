//! Everything that persists: one SQLite database in one directory, secrets sealed, schema versioned.
//!
//! ```
//! use model::{DisplayName, ProductId, SubscriptionId, SubscriptionScope};
//! use store::{NewSubscription, SealingKey, Store, SystemRng};
//!
//! # async fn example(dir: &std::path::Path, now: jiff::Timestamp) -> Result<(), Box<dyn std::error::Error>> {
//! let sealing_key = SealingKey::create_file(&dir.join("sealing.key"))?;
//! let store = Store::open(&dir.join("state"), Some(sealing_key), now).await?;
//!
//! let scope = SubscriptionScope::Product(ProductId::new("starter")?);
//! let new = NewSubscription::new(SubscriptionId::new("team-a")?, DisplayName::new("Team A")?, scope);
//! let keys = store.subscriptions().create(new, &SystemRng, now).await?;
//! assert_eq!(keys.primary.expose().len(), 32);
//! # Ok(())
//! # }
//! ```
//!
//! - **Sealed**: what is secret is encrypted with a data key (AES-256-GCM, bound to its table, row and column), and
//!   data keys are encrypted with the [`SealingKey`], which is not in the directory unless somebody puts it there.
//!   Without a sealing key nothing secret is written or read, and [`Store::sealed`] says so.
//! - **Shared**: several processes may open one directory, such as the command line beside a running gateway.
//!   [`Store::changes`] notices what another process has committed.
//! - **Durable**: a change that was reported as done survives `kill -9` and loss of power (write-ahead log, synced at
//!   every commit).
//! - **Forward only**: an older schema is brought up to date when it is opened, a newer one is refused.
//!
//! Subscriptions, their keys and users are reached through [`Store`]; what a vault keeps is in the module [`vault`].
//!
//! The crate reads no environment and no clock: keys and instants are given. It does not know what an artifact folder
//! defines; whether a product exists is not its question.

mod changes;
mod data_keys;
mod error;
mod files;
mod migrate;
mod random;
pub mod saved;
mod seal;
mod sealing_key;
mod store;
mod subscriptions;
mod users;
pub mod vault;

pub use changes::{Changes, Revision};
pub use error::StoreError;
pub use random::{NoRandomness, Rng, SystemRng};
pub use seal::KeyHasher;
pub use sealing_key::{SealingKey, SealingKeyError};
pub use store::Store;
pub use subscriptions::{KeyPair, NewSubscription, Subscriptions, WhichKey};
pub use users::{NewUser, Users};
