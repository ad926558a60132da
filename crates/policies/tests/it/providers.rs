//! The OpenID providers of an example, and what is remembered of tokens: ports that answer at once.

use std::collections::HashMap;
use std::sync::Arc;

use jose::{KeySet, TokenProblem};
use parking_lot::Mutex;
use policy::{
    KeysName, OpenIdProviders, PortFuture, Provider, ProviderUnavailable, VerifiedToken, VerifiedTokens,
};

use crate::script::When;
use crate::signers::Signers;

/// The providers of an example.
#[derive(Debug, Default)]
pub(crate) struct Providers {
    /// As they are fetched first.
    first: HashMap<String, Option<Arc<Provider>>>,
    /// As they are after an unknown key.
    renewed: HashMap<String, Arc<Provider>>,
    /// The keys that are at hand.
    now: Mutex<HashMap<String, Arc<Provider>>>,
    asked: Mutex<Asked>,
    authority: Option<String>,
}

/// How often keys were asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) fetched: usize,
    pub(crate) renewed: usize,
}

impl Providers {
    pub(crate) fn of(when: &When, signers: &Signers) -> Result<Self, String> {
        let mut providers =
            Self { authority: when.setting("authority").map(str::to_owned), ..Self::default() };
        for (index, (url, text)) in when.pairs("provider").enumerate() {
            let provider = match text {
                "unreachable" => None,
                _ => Some(provider(text, index as u64, signers)?),
            };
            providers.first.insert(url.to_owned(), provider);
        }
        for (index, (url, text)) in when.pairs("renewed").enumerate() {
            providers.renewed.insert(url.to_owned(), provider(text, 1000 + index as u64, signers)?);
        }
        Ok(providers)
    }

    pub(crate) fn asked(&self) -> Asked {
        *self.asked.lock()
    }
}

/// `ISSUER keys NAME NAME`.
fn provider(text: &str, generation: u64, signers: &Signers) -> Result<Arc<Provider>, String> {
    let (issuer, keys) = text.split_once(" keys").ok_or("a provider is `URL = ISSUER keys NAME …`")?;
    let keys = KeySet::new(signers.published(keys)?);
    Ok(Arc::new(Provider::new(issuer.into(), keys, generation)))
}

impl OpenIdProviders for Providers {
    fn known(&self, url: &str) -> Option<Arc<Provider>> {
        self.now.lock().get(url).cloned()
    }

    fn provider<'a>(&'a self, url: &'a str) -> PortFuture<'a, Result<Arc<Provider>, ProviderUnavailable>> {
        Box::pin(async move {
            self.asked.lock().fetched += 1;
            let Some(provider) = self.first.get(url).cloned().flatten() else {
                return Err(ProviderUnavailable::new(url, "connection refused"));
            };
            Ok(Arc::clone(self.now.lock().entry(url.to_owned()).or_insert(provider)))
        })
    }

    fn after_unknown_key<'a>(
        &'a self,
        url: &'a str,
        seen: &'a Arc<Provider>,
    ) -> PortFuture<'a, Arc<Provider>> {
        Box::pin(async move {
            self.asked.lock().renewed += 1;
            let Some(renewed) = self.renewed.get(url) else { return Arc::clone(seen) };
            self.now.lock().insert(url.to_owned(), Arc::clone(renewed));
            Arc::clone(renewed)
        })
    }

    fn authority(&self) -> &str {
        self.authority.as_deref().unwrap_or("https://login.microsoftonline.com")
    }
}

/// Tokens that were verified or refused, kept for ever.
#[derive(Debug, Default)]
pub(crate) struct Remembered {
    tokens: Mutex<HashMap<(String, KeysName), Arc<VerifiedToken>>>,
    refused: Mutex<HashMap<(String, KeysName), TokenProblem>>,
    hits: Mutex<usize>,
    refused_hits: Mutex<usize>,
}

impl Remembered {
    pub(crate) fn hits(&self) -> usize {
        *self.hits.lock()
    }

    pub(crate) fn refused_hits(&self) -> usize {
        *self.refused_hits.lock()
    }
}

impl VerifiedTokens for Remembered {
    fn get(&self, text: &str, keys: &KeysName) -> Option<Arc<VerifiedToken>> {
        let found = self.tokens.lock().get(&(text.to_owned(), *keys)).cloned();
        *self.hits.lock() += usize::from(found.is_some());
        found
    }

    fn put(&self, keys: KeysName, verified: Arc<VerifiedToken>) {
        self.tokens.lock().insert((verified.text().expose().to_owned(), keys), verified);
    }

    fn refused(&self, text: &str, keys: &KeysName) -> Option<TokenProblem> {
        let found = self.refused.lock().get(&(text.to_owned(), *keys)).cloned();
        *self.refused_hits.lock() += usize::from(found.is_some());
        found
    }

    fn put_refused(&self, text: &str, keys: &KeysName, problem: TokenProblem) {
        self.refused.lock().insert((text.to_owned(), *keys), problem);
    }
}
