//! What is known of the parties of identity, in the state directory: keys of OpenID providers and tokens of the gateway,
//! for a gateway that starts while those are away.
//!
//! Keys go on as if the process had not ended: they are fresh for as long as they were. Tokens are asked for anew, and serve
//! where none can be had; not those that were granted under other settings. All of it is sealed, so without a sealing key
//! nothing is kept.

use std::sync::Arc;
use std::time::Duration;

use artifacts::saved::{Damaged, Reader, Writer};
use aws_lc_rs::digest::{SHA256, digest};
use identity::{Environment, GatewayTokens, KnownProvider, KnownToken, OpenId};
use jiff::Timestamp;
use policy::{AccessToken, IdentityChoice, TokenRequest};
use secret::Secret;
use store::saved::SavedFile;
use store::{Store, StoreError};

use crate::settings::Settings;

/// Kinds of sections.
const SETTINGS: u8 = 1;
const PROVIDER: u8 = 2;
const TOKEN: u8 = 3;

/// What is kept and where it is used.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) providers: Arc<OpenId>,
    pub(super) tokens: Arc<GatewayTokens>,
    /// Which settings tokens were granted under.
    settings: Vec<u8>,
}

/// Why nothing was read.
#[derive(Debug, thiserror::Error)]
enum KnownError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("`identity.saved` cannot be used: {0}")]
    Damaged(#[from] Damaged),
}

impl Known {
    pub(super) fn new(
        providers: Arc<OpenId>,
        tokens: Arc<GatewayTokens>,
        settings: &Settings,
        environment: &Environment,
    ) -> Self {
        let given = format!("{:?} {environment:?}", settings.identity);
        Self { providers, tokens, settings: digest(&SHA256, given.as_bytes()).as_ref().to_vec() }
    }

    /// Takes what an earlier process knew. What cannot be used is as good as not there, but for the operator.
    pub(super) fn recall(&self, store: Option<&Store>) {
        let Some(store) = store.filter(|store| store.sealed()) else { return };
        if let Err(error) = tokio::task::block_in_place(|| self.read(store)) {
            tracing::error!(%error, "what was known of identity providers is left aside");
        }
    }

    fn read(&self, store: &Store) -> Result<(), KnownError> {
        let Some(saved) = store.saved_in(SavedFile::Identity)? else { return Ok(()) };
        let (mut same_settings, mut providers, mut tokens) = (false, Vec::new(), Vec::new());
        for section in 0..saved.len() {
            let (kind, bytes) = saved.open(section)?;
            match kind {
                SETTINGS => same_settings = *bytes == self.settings,
                PROVIDER => providers.push(provider(&bytes)?),
                TOKEN => tokens.push(token(&bytes)?),
                _ => return Err(Damaged.into()),
            }
        }
        tokens.retain(|_| same_settings);
        tracing::debug!(
            providers = providers.len(),
            tokens = tokens.len(),
            "identity providers are known from before"
        );
        // Only now: all of the file is good.
        providers.into_iter().for_each(|known| self.providers.recall(known));
        tokens.into_iter().for_each(|known| self.tokens.recall(known));
        Ok(())
    }

    /// Writes it whenever something was fetched and nothing more came for this long.
    pub(super) async fn keep_saved(self, store: Store, quiet: Duration) {
        loop {
            tokio::select! {
                () = self.providers.news() => {}
                () = self.tokens.news() => {}
            }
            tokio::time::sleep(quiet).await;
            let (known, store) = (self.clone(), store.clone());
            let written = tokio::task::spawn_blocking(move || known.write(&store)).await;
            match written {
                Ok(Ok((providers, tokens))) => {
                    tracing::debug!(providers, tokens, "what is known of identity providers is saved");
                }
                Ok(Err(error)) => {
                    tracing::error!(%error, "what is known of identity providers cannot be saved")
                }
                Err(error) => tracing::error!(%error, "what is known of identity providers cannot be saved"),
            }
        }
    }

    /// Gives the numbers of providers and tokens.
    fn write(&self, store: &Store) -> Result<(usize, usize), StoreError> {
        let (providers, tokens) = (self.providers.known_providers(), self.tokens.known_tokens());
        let mut saving = store.save_in(SavedFile::Identity)?;
        saving.put(SETTINGS, &self.settings)?;
        for known in &providers {
            let mut writer = Writer::default();
            writer.text(&known.url);
            writer.text(&known.issuer);
            writer.text(&String::from_utf8_lossy(&known.keys));
            writer.text(&known.fetched.to_string());
            saving.put(PROVIDER, &writer.into_bytes())?;
        }
        for known in &tokens {
            saving.put(TOKEN, &token_section(known))?;
        }
        saving.finish()?;
        Ok((providers.len(), tokens.len()))
    }
}

fn provider(bytes: &[u8]) -> Result<KnownProvider, Damaged> {
    let reader = &mut Reader::new(bytes);
    Ok(KnownProvider {
        url: reader.text()?.to_owned(),
        issuer: reader.shared()?,
        keys: reader.text()?.to_owned().into(),
        fetched: instant(reader)?,
    })
}

fn token_section(known: &KnownToken) -> Vec<u8> {
    let KnownToken { request, token, at } = known;
    let mut writer = Writer::default();
    writer.text(&request.resource);
    let user = match &request.identity {
        IdentityChoice::System => None,
        IdentityChoice::User(id) => Some(&**id),
    };
    writer.maybe(user, Writer::text);
    writer.number(u64::from(request.hidden));
    writer.text(token.token.expose());
    writer.text(&token.expires.to_string());
    writer.text(&at.to_string());
    writer.into_bytes()
}

fn token(bytes: &[u8]) -> Result<KnownToken, Damaged> {
    let reader = &mut Reader::new(bytes);
    let resource = reader.shared()?;
    let user = reader.maybe(Reader::shared)?;
    let identity = user.map_or(IdentityChoice::System, IdentityChoice::User);
    let request = TokenRequest { resource, identity, hidden: reader.number()? == 1 };
    let token = AccessToken { token: Secret::new(reader.text()?), expires: instant(reader)? };
    Ok(KnownToken { request, token, at: instant(reader)? })
}

fn instant(reader: &mut Reader<'_>) -> Result<Timestamp, Damaged> {
    reader.text()?.parse().map_err(|_| Damaged)
}
