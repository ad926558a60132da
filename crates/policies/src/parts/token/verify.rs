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
use policy::{Exchange, KeysName, Ports, Provider, ProviderUnavailable, VerifiedToken};
use secret::Secret;

use super::keys::Held;
use super::place::Spot;
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
    /// A token that somebody vouches for.
    pub(crate) verified: Arc<VerifiedToken>,
    /// Who does.
    pub(crate) by: Signer,
    /// Every provider that was asked, where the signer is none.
    pub(crate) providers: Vec<Arc<Provider>>,
}

impl Outcome {
    /// The token.
    pub(crate) fn token(&self) -> &Token {
        self.verified.token()
    }

    /// Whether nothing that other providers could say would change anything.
    fn vouches_for_issuer(&self) -> bool {
        match &self.by {
            Signer::Provider(provider) => Some(&*provider.issuer) == self.token().issuer(),
            Signer::Document | Signer::Nobody => false,
        }
    }
}

/// Keys that are tried together: who vouches when one of them fits, and under which name that is remembered.
struct KeyGroup {
    signer: Signer,
    name: KeysName,
}

/// A provider, once its keys are known.
#[derive(Clone)]
struct Known<'a> {
    at: &'a MetadataUrl,
    provider: Arc<Provider>,
}

/// Who vouches for the token that was found.
pub(crate) async fn judge(
    spot: &Spot,
    trust: &Trust,
    exchange: &mut Exchange,
    ports: &Ports,
) -> Result<Outcome, Refusal> {
    if let Some(outcome) = spot.text(exchange).and_then(|text| remembered(text, trust, ports)) {
        return Ok(outcome);
    }
    // Rare, and a large future.
    let text = spot.secret(exchange);
    Box::pin(verify(text, trust, ports)).await
}

/// What is remembered of a token.
fn remembered(text: &str, trust: &Trust, ports: &Ports) -> Option<Outcome> {
    // Nearly always there is one provider and nothing else to believe.
    if let ([at], [], []) = (&*trust.providers, &*trust.keys, &*trust.decryption) {
        let provider = ports.providers.known(&at.url)?;
        let verified = ports.verified.get(text, provider.name())?;
        return Some(Outcome { verified, by: Signer::Provider(provider), providers: Vec::new() });
    }
    let check = Check { text, trust, ports, limits: Limits::default() };
    let known = check.known();
    let outcome = check.remembered(&known)?;
    (known.len() == trust.providers.len() || outcome.vouches_for_issuer()).then_some(outcome)
}

/// Finds out who vouches for a token.
async fn verify(text: Secret, trust: &Trust, ports: &Ports) -> Result<Outcome, Refusal> {
    let check = Check { text: text.expose(), trust, ports, limits: Limits::default() };
    check.run(&text).await
}

struct Check<'a> {
    text: &'a str,
    trust: &'a Trust,
    ports: &'a Ports,
    limits: Limits,
}

impl<'a> Check<'a> {
    async fn run(&self, text: &Secret) -> Result<Outcome, Refusal> {
        let mut known = self.known();
        if let Some(problem) = self.refused_before(&known) {
            return Err(problem.into());
        }
        let token = self.open()?;
        let mut result = self.judge(&token, text, &known);
        let mut unavailable = None;
        if known.len() < self.trust.providers.len() && !result.as_ref().is_ok_and(Outcome::vouches_for_issuer)
        {
            (known, unavailable) = self.fetched().await;
            result = self.judge(&token, text, &known);
        }
        if matches!(result, Err(TokenProblem::KeyNotFound { .. })) && self.refreshed(&token, &mut known).await
        {
            result = self.judge(&token, text, &known);
        }
        match result {
            Ok(outcome) => Ok(outcome),
            Err(TokenProblem::KeyNotFound { .. }) if unavailable.is_some() => {
                Err(unavailable.map_or_else(Refusal::absent, unreachable_provider))
            }
            Err(problem) => Err(problem.into()),
        }
    }

    /// Why the only keys that there are did not vouch for it a short while ago: then it need not be taken apart.
    fn refused_before(&self, known: &[Known<'a>]) -> Option<TokenProblem> {
        match (known, &*self.trust.keys) {
            ([only], []) if self.trust.providers.len() == 1 => {
                self.ports.verified.refused(self.text, &self.name_of(&only.provider))
            }
            _ => None,
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
            let name = self.name_of(&each.provider);
            groups.push(KeyGroup { signer: Signer::Provider(Arc::clone(&each.provider)), name });
        }
        groups.sort_by_key(|group| match &group.signer {
            Signer::Provider(provider) => Some(&*provider.issuer) != issuer,
            Signer::Document | Signer::Nobody => true,
        });
        groups
    }

    /// The name of a provider's keys.
    fn name_of(&self, provider: &Provider) -> KeysName {
        match &*self.trust.decryption {
            [] => *provider.name(),
            _ => self.name([&provider.name().as_bytes()[..]]),
        }
    }

    /// The name of a group of keys, with those that decrypt: a token is not remembered as openable beyond them.
    fn name<'k>(&'k self, group: impl IntoIterator<Item = &'k [u8]>) -> KeysName {
        let decryption = self.trust.decryption.iter().map(|held| bytes(&held.fingerprint));
        KeysName::of(group.into_iter().chain([&b"decrypted"[..]]).chain(decryption))
    }

    /// The keys of whoever would vouch.
    fn keys<'k>(&'k self, signer: &'k Signer) -> Vec<&'k Key> {
        match signer {
            Signer::Provider(provider) => provider.keys.keys().iter().collect(),
            Signer::Document | Signer::Nobody => self.trust.keys.iter().map(|held| &held.key).collect(),
        }
    }

    fn remembered(&self, known: &[Known<'a>]) -> Option<Outcome> {
        let get = |group: &KeyGroup| {
            let verified = self.ports.verified.get(self.text, &group.name)?;
            Some(outcome(verified, group.signer.clone(), known))
        };
        let groups = self.groups(known, None);
        let first = groups.iter().find_map(get)?;
        if first.vouches_for_issuer() {
            return Some(first);
        }
        // If a provider is the token's issuer, that one has to vouch for it.
        let issuer = first.token().issuer();
        match known.iter().find(|each| Some(&*each.provider.issuer) == issuer) {
            Some(_) => self.groups(known, issuer).iter().take(1).find_map(get),
            None => Some(first),
        }
    }

    /// Tries each group of keys. Of several problems a wrong signature says more than a key that is not known.
    fn judge(&self, token: &Unverified, text: &Secret, known: &[Known<'a>]) -> Result<Outcome, TokenProblem> {
        let allowed = if self.trust.unsigned { Allowed::all().and_unsigned() } else { Allowed::all() };
        let issuer = token.claims().get("iss").and_then(|iss| iss.as_str());
        let mut problem = None;
        for group in self.groups(known, issuer) {
            match self.verified(token, &group, &allowed) {
                Ok(token) => return Ok(self.remember(token, text, group, known)),
                Err(TokenProblem::KeyNotFound { .. }) if problem.is_some() => {}
                Err(other) => problem = Some(other),
            }
        }
        Err(problem.unwrap_or(TokenProblem::KeyNotFound { kid: token.kid().map(jose::Shown::new) }))
    }

    /// Whether keys vouch for it. That they do not is remembered where it took a verification to find out and other keys
    /// are no way out: of an unknown key id it is not.
    fn verified(
        &self,
        token: &Unverified,
        group: &KeyGroup,
        allowed: &Allowed,
    ) -> Result<Token, TokenProblem> {
        if let Some(problem) = self.ports.verified.refused(self.text, &group.name) {
            return Err(problem);
        }
        let result = token.verify(self.keys(&group.signer), allowed);
        if let Err(problem @ TokenProblem::SignatureInvalid { .. }) = &result {
            self.ports.verified.put_refused(self.text, &group.name, problem.clone());
        }
        result
    }

    fn remember(&self, token: Token, text: &Secret, group: KeyGroup, known: &[Known<'a>]) -> Outcome {
        let verified = Arc::new(VerifiedToken::new(text.clone(), token));
        if verified.token().proof == Proof::Unsigned {
            return outcome(verified, Signer::Nobody, known);
        }
        self.ports.verified.put(group.name, Arc::clone(&verified));
        outcome(verified, group.signer, known)
    }
}

fn bytes(fingerprint: &TokenDigest) -> &[u8] {
    fingerprint.as_bytes()
}

fn outcome(verified: Arc<VerifiedToken>, by: Signer, known: &[Known<'_>]) -> Outcome {
    let providers = match by {
        Signer::Provider(_) => Vec::new(),
        Signer::Document | Signer::Nobody => known.iter().map(|each| Arc::clone(&each.provider)).collect(),
    };
    Outcome { verified, by, providers }
}

/// COMPAT: the text is that of Microsoft.IdentityModel when metadata cannot be had; which reason the service gives is not
/// documented, so it is that of "other validation failures".
fn unreachable_provider((at, why): (&MetadataUrl, ProviderUnavailable)) -> Refusal {
    let shown = if at.hidden { "***" } else { &at.url };
    let detail = if at.hidden { "its URL holds a secret and is not shown".to_owned() } else { why.why };
    Refusal::invalid(format!("IDX20803: Unable to obtain configuration from: '{shown}'."))
        .detail(format!("the keys of {shown} cannot be fetched: {detail}"))
}
