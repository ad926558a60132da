//! Who vouches for a token: keys of the document, or an OpenID provider.
//!
//! Only signatures are judged here. A provider vouches for its own issuer only: with several `openid-config`, a token that
//! one provider signed and that names another as its issuer is not that other's.
//!
//! INVARIANT: what is remembered of a token is that these very keys verified it. The keys are a part of the name under
//! which it is remembered, so that nothing is remembered of keys that were replaced.

use std::sync::Arc;

use jose::{
    Allowed, DecryptionKey, Key, Limits, Proof, Received, Token, TokenDigest, TokenProblem, Unverified,
};
use policy::{Ports, Provider, ProviderUnavailable, VerifiedKey};

use super::keys::Held;
use super::refusal::Refusal;

/// Whom to believe.
#[derive(Debug, Default)]
pub(crate) struct Trust {
    /// Keys of the document.
    pub(crate) keys: Vec<Arc<Held<Key>>>,
    /// Keys that open encrypted tokens.
    pub(crate) decryption: Vec<Arc<Held<DecryptionKey>>>,
    /// Providers by the URLs of their metadata.
    pub(crate) providers: Vec<MetadataUrl>,
    /// Whether tokens without a signature are accepted.
    pub(crate) unsigned: bool,
}

/// Where the metadata of a provider is.
#[derive(Clone, Debug)]
pub(crate) struct MetadataUrl {
    /// The URL.
    pub(crate) url: Arc<str>,
    /// Whether it holds a secret, so that nobody may see it.
    pub(crate) hidden: bool,
}

/// A token that somebody vouches for.
#[derive(Debug)]
pub(crate) struct Verified {
    /// The token.
    pub(crate) token: Arc<Token>,
    /// Who does.
    pub(crate) by: Signer,
}

/// Who vouches for a token.
#[derive(Clone, Debug)]
pub(crate) enum Signer {
    /// Nobody, and nobody has to.
    Nobody,
    /// A key of the document.
    Document,
    /// This provider.
    Provider(Arc<Provider>),
}

/// What is known when a token has been looked at.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The token and its signer.
    pub(crate) verified: Verified,
    /// Every provider that was asked; all of them when the signer is not the token's issuer.
    pub(crate) providers: Vec<Arc<Provider>>,
}

/// Keys that are tried together: who vouches when one of them fits, and under which name that is remembered.
struct KeyGroup {
    signer: Signer,
    name: [u8; 32],
}

/// A provider, once its keys are known.
#[derive(Clone)]
struct Known<'a> {
    at: &'a MetadataUrl,
    provider: Arc<Provider>,
}

/// Finds out who vouches for a token.
pub(crate) async fn verify(text: &str, trust: &Trust, ports: &Ports) -> Result<Outcome, Refusal> {
    let check = Check { text, trust, ports, digest: TokenDigest::of(text), limits: Limits::default() };
    check.run().await
}

struct Check<'a> {
    text: &'a str,
    trust: &'a Trust,
    ports: &'a Ports,
    digest: TokenDigest,
    limits: Limits,
}

impl<'a> Check<'a> {
    async fn run(&self) -> Result<Outcome, Refusal> {
        let mut known = self.known();
        if let Some(verified) = self.remembered(&known)
            && (known.len() == self.trust.providers.len() || vouches_for_issuer(&verified))
        {
            return Ok(outcome(verified, &known));
        }
        let token = self.open()?;
        let mut result = self.judge(&token, &known);
        let mut unavailable = None;
        if known.len() < self.trust.providers.len() && !result.as_ref().is_ok_and(vouches_for_issuer) {
            (known, unavailable) = self.fetched().await;
            result = self.judge(&token, &known);
        }
        if matches!(result, Err(TokenProblem::KeyNotFound { .. })) && self.refreshed(&token, &mut known).await
        {
            result = self.judge(&token, &known);
        }
        match result {
            Ok(verified) => Ok(outcome(verified, &known)),
            Err(TokenProblem::KeyNotFound { .. }) if unavailable.is_some() => {
                Err(unavailable.map_or_else(Refusal::absent, unreachable_provider))
            }
            Err(problem) => Err(problem.into()),
        }
    }

    /// The providers whose keys are at hand.
    fn known(&self) -> Vec<Known<'a>> {
        let known = |at: &'a MetadataUrl| Some(Known { at, provider: self.ports.providers.known(&at.url)? });
        self.trust.providers.iter().filter_map(known).collect()
    }

    /// All providers; with why the first of those that cannot be reached cannot.
    async fn fetched(&self) -> (Vec<Known<'a>>, Option<(&'a MetadataUrl, ProviderUnavailable)>) {
        let mut known = Vec::with_capacity(self.trust.providers.len());
        let mut unavailable = None;
        for at in &self.trust.providers {
            match self.ports.providers.provider(&at.url).await {
                Ok(provider) => known.push(Known { at, provider }),
                Err(why) => unavailable = unavailable.or(Some((at, why))),
            }
        }
        (known, unavailable)
    }

    /// Asks for new keys where the token's key may be: of its issuer if that is known, else of all. Says whether there
    /// are any.
    async fn refreshed(&self, token: &Unverified, known: &mut [Known<'a>]) -> bool {
        let issuer = token.claims().get("iss").and_then(|iss| iss.as_str());
        let own = |each: &Known<'_>| Some(&*each.provider.issuer) == issuer;
        let only_issuer = known.iter().any(own);
        let mut changed = false;
        for each in known.iter_mut() {
            if only_issuer && !own(each) {
                continue;
            }
            let fresh = self.ports.providers.after_unknown_key(&each.at.url, &each.provider).await;
            changed |= fresh.generation != each.provider.generation;
            each.provider = fresh;
        }
        changed
    }

    fn open(&self) -> Result<Unverified, Refusal> {
        match Received::parse(self.text, &self.limits)? {
            Received::Signed(token) => Ok(token),
            Received::Encrypted(token) => {
                let keys = self.trust.decryption.iter().map(|held| &held.key);
                Ok(token.decrypt(keys, &self.limits)?)
            }
        }
    }

    /// The keys of the document, then those of each provider; before all others, those of the one whose issuer this is.
    fn groups(&self, known: &[Known<'a>], issuer: Option<&str>) -> Vec<KeyGroup> {
        let mut groups = Vec::with_capacity(known.len() + 1);
        if !self.trust.keys.is_empty() || known.is_empty() {
            let keys = self.trust.keys.iter().map(|held| bytes(&held.fingerprint));
            let name = self.name([&b"document"[..]].into_iter().chain(keys));
            groups.push(KeyGroup { signer: Signer::Document, name });
        }
        for each in known {
            let generation = each.provider.generation.to_le_bytes();
            let name = self.name([&b"provider"[..], &generation, each.at.url.as_bytes()]);
            groups.push(KeyGroup { signer: Signer::Provider(Arc::clone(&each.provider)), name });
        }
        groups.sort_by_key(|group| match &group.signer {
            Signer::Provider(provider) => Some(&*provider.issuer) != issuer,
            Signer::Document | Signer::Nobody => true,
        });
        groups
    }

    /// The name of a group of keys, with those that decrypt: a token is not remembered as openable beyond them.
    fn name<'k>(&'k self, group: impl IntoIterator<Item = &'k [u8]>) -> [u8; 32] {
        let decryption = self.trust.decryption.iter().map(|held| bytes(&held.fingerprint));
        let parts = group.into_iter().chain([&b"decrypted"[..]]).chain(decryption);
        *TokenDigest::of_parts(parts).as_bytes()
    }

    /// The keys of whoever would vouch.
    fn keys<'k>(&'k self, signer: &'k Signer) -> Vec<&'k Key> {
        match signer {
            Signer::Provider(provider) => provider.keys.keys().iter().collect(),
            Signer::Document | Signer::Nobody => self.trust.keys.iter().map(|held| &held.key).collect(),
        }
    }

    fn remembered(&self, known: &[Known<'a>]) -> Option<Verified> {
        let get = |group: &KeyGroup| {
            let key = VerifiedKey { digest: *self.digest.as_bytes(), keys: group.name };
            let token = self.ports.verified.get(&key)?;
            Some(Verified { token, by: group.signer.clone() })
        };
        let groups = self.groups(known, None);
        let first = groups.iter().find_map(get)?;
        if vouches_for_issuer(&first) {
            return Some(first);
        }
        // If a provider is the token's issuer, that one has to vouch for it.
        let issuer = first.token.issuer();
        match known.iter().find(|each| Some(&*each.provider.issuer) == issuer) {
            Some(_) => self.groups(known, issuer).iter().take(1).find_map(get),
            None => Some(first),
        }
    }

    /// Tries each group of keys. Of several problems a wrong signature says more than a key that is not known.
    fn judge(&self, token: &Unverified, known: &[Known<'a>]) -> Result<Verified, TokenProblem> {
        let allowed = if self.trust.unsigned { Allowed::all().and_unsigned() } else { Allowed::all() };
        let issuer = token.claims().get("iss").and_then(|iss| iss.as_str());
        let mut problem = None;
        for group in self.groups(known, issuer) {
            match token.verify(self.keys(&group.signer), &allowed) {
                Ok(token) => return Ok(self.remember(token, group)),
                Err(TokenProblem::KeyNotFound { .. }) if problem.is_some() => {}
                Err(other) => problem = Some(other),
            }
        }
        Err(problem.unwrap_or(TokenProblem::KeyNotFound { kid: token.kid().map(jose::Shown::new) }))
    }

    fn remember(&self, token: Token, group: KeyGroup) -> Verified {
        let token = Arc::new(token);
        if token.proof == Proof::Unsigned {
            return Verified { token, by: Signer::Nobody };
        }
        let key = VerifiedKey { digest: *self.digest.as_bytes(), keys: group.name };
        self.ports.verified.put(key, Arc::clone(&token));
        Verified { token, by: group.signer }
    }
}

fn bytes(fingerprint: &TokenDigest) -> &[u8] {
    fingerprint.as_bytes()
}

fn outcome(verified: Verified, known: &[Known<'_>]) -> Outcome {
    Outcome { verified, providers: known.iter().map(|each| Arc::clone(&each.provider)).collect() }
}

/// Whether nothing that other providers could say would change anything.
fn vouches_for_issuer(verified: &Verified) -> bool {
    match &verified.by {
        Signer::Provider(provider) => Some(&*provider.issuer) == verified.token.issuer(),
        Signer::Document | Signer::Nobody => false,
    }
}

/// COMPAT: the text is that of Microsoft.IdentityModel when metadata cannot be had; which reason the service gives is not
/// documented, so it is that of "other validation failures".
fn unreachable_provider((at, why): (&MetadataUrl, ProviderUnavailable)) -> Refusal {
    let shown = if at.hidden { "***" } else { &at.url };
    let detail = if at.hidden { "its URL holds a secret and is not shown".to_owned() } else { why.why };
    Refusal::invalid(format!("IDX20803: Unable to obtain configuration from: '{shown}'."))
        .detail(format!("the keys of {shown} cannot be fetched: {detail}"))
}
