//! The keys of OpenID providers, the gateway's own tokens, secrets of key vaults: the ports of `policy` over HTTP.
//!
//! | for | type | port |
//! | --- | --- | --- |
//! | keys that callers' tokens are verified with | [`OpenId`] | `OpenIdProviders` |
//! | tokens that were verified before | [`Verified`] | `VerifiedTokens` |
//! | the gateway's own tokens | [`GatewayTokens`] | `TokenSource` |
//! | secrets of a key vault | [`vault::Client`] | |
//!
//! ```no_run
//! # use std::sync::Arc;
//! # use identity::*;
//! # use policy::{Clock, IdentityChoice, Rng, TokenRequest, TokenSource as _};
//! # async fn token(clock: Arc<dyn Clock>, rng: Arc<dyn Rng>) -> Result<(), Box<dyn std::error::Error>> {
//! let outbound = Arc::new(Outbound::new(net::ClientSettings::default(), net::Options::default()));
//! let environment = Environment::read(|name| (name == "AZURE_TENANT_ID").then(|| "contoso.example".to_owned()));
//! let tokens = GatewayTokens::new(&Settings::default(), &environment, outbound, clock, rng)?;
//! let resource = "https://cognitiveservices.azure.com".into();
//! let granted = tokens.token(&TokenRequest { resource, identity: IdentityChoice::System, hidden: false }).await?;
//! println!("good until {}", granted.expires);
//! # Ok(()) }
//! ```
//!
//! All of them ask over one [`Transport`] ([`Outbound`] is the one with sockets), which follows no redirects and
//! bounds time and size of every answer. The program reads the environment and the settings file and passes both as
//! values ([`Environment`], [`Settings`]); this crate reads neither, and no clock.
//!
//! What it does not do: it verifies no token (crate `jose` does), decides nothing about callers (policies do), and
//! never tells a secret in an error.

mod caller;
mod environment;
mod flight;
mod kept;
mod openid;
mod settings;
mod tokens;
mod transport;
pub mod vault;
mod verified;

pub use environment::Environment;
pub use openid::{KnownProvider, OpenId};
pub use settings::{
    Calls, CertificateSource, Identity, OpenIdSettings, PlainHttp, Settings, Source, TokenSettings,
    VerifiedSettings,
};
pub use tokens::{GatewayTokens, KnownToken, SettingsError};
pub use transport::{CallError, Outbound, Transport};
pub use verified::Verified;
