//! Access tokens of an OpenID provider, such as Entra.
//!
//! The tenant's metadata says who issues tokens and where their keys are. Entra has two versions of it, with an issuer
//! each, and the version of a token is the resource's choice, so that both are taken.

use std::fmt;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use jose::{Allowed, Expiration, Lifetime, Limits, SignatureAlgorithm, Token, TokenProblem, Unverified};
use policy::{OpenIdProviders, Provider};

use crate::{Authenticating, Authenticator, Caller, CallerKind, NotAuthenticated};

/// COMPAT: Microsoft's libraries let clocks be five minutes apart.
const SKEW: SignedDuration = SignedDuration::from_mins(5);

/// Who signs callers' tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority {
    authorization: String,
    metadata: Vec<String>,
}

impl Authority {
    /// A tenant of Entra, or of what has its shape: `https://login.microsoftonline.com` and the tenant's id.
    #[must_use]
    pub fn new(url: &str, tenant: &str) -> Self {
        let authorization = format!("{}/{tenant}", url.trim_end_matches('/'));
        let metadata =
            ["/v2.0", ""].map(|version| format!("{authorization}{version}/.well-known/openid-configuration"));
        Self { authorization, metadata: metadata.into() }
    }

    /// With the metadata of a provider that has other paths.
    #[must_use]
    pub fn with_metadata(self, urls: Vec<String>) -> Self {
        Self { metadata: urls, ..self }
    }

    /// Where its metadata is.
    #[must_use]
    pub fn metadata(&self) -> &[String] {
        &self.metadata
    }
}

/// Verifies callers' tokens with the keys of a provider.
pub struct ProviderTokens {
    authority: Authority,
    providers: Arc<dyn OpenIdProviders>,
    allowed: Allowed,
}

impl ProviderTokens {
    /// Tokens of this authority, whose keys come from `providers`.
    #[must_use]
    pub fn new(authority: Authority, providers: Arc<dyn OpenIdProviders>) -> Self {
        use SignatureAlgorithm::{Es256, Es384, Es512, Ps256, Ps384, Ps512, Rs256, Rs384, Rs512};
        // Public keys only: a key that everybody can fetch proves nothing by HMAC.
        let allowed = [Rs256, Rs384, Rs512, Ps256, Ps384, Ps512, Es256, Es384, Es512];
        Self { authority, providers, allowed: Allowed::only(allowed) }
    }

    async fn caller(&self, token: &str, resource: &str, now: Timestamp) -> Result<Caller, NotAuthenticated> {
        let token = Unverified::parse(token, &Limits::default()).map_err(refused)?;
        let issuer = token.claims().get("iss").and_then(serde_json::Value::as_str).unwrap_or_default();
        let (metadata, provider) = self.provider_of(issuer).await?;
        let token = match token.verify(provider.keys.keys(), &self.allowed) {
            Err(TokenProblem::KeyNotFound { .. }) => {
                let provider = self.providers.after_unknown_key(metadata, &provider).await;
                token.verify(provider.keys.keys(), &self.allowed)
            }
            other => other,
        };
        let token = token.map_err(refused)?;
        Lifetime { now, skew: SKEW, expiration: Expiration::Required }.check(&token).map_err(refused)?;
        check_audience(&token, resource)?;
        caller(&token)
    }

    /// The provider that issues in this name, and where its metadata is.
    async fn provider_of(&self, issuer: &str) -> Result<(&str, Arc<Provider>), NotAuthenticated> {
        let mut unavailable = None;
        for metadata in &self.authority.metadata {
            match self.providers.provider(metadata).await {
                Ok(provider) if *provider.issuer == *issuer => return Ok((metadata, provider)),
                Ok(_) => {}
                Err(why) => unavailable = Some(why),
            }
        }
        Err(match unavailable {
            Some(why) => NotAuthenticated::Unavailable(why.to_string()),
            // COMPAT: Key Vault's code for this; the rest of the message is ours.
            None => NotAuthenticated::Refused("AKV10032: Invalid issuer.".to_owned()),
        })
    }
}

impl fmt::Debug for ProviderTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProviderTokens({})", self.authority.authorization)
    }
}

impl Authenticator for ProviderTokens {
    fn authorization(&self) -> &str {
        &self.authority.authorization
    }

    fn authenticate<'a>(&'a self, token: &'a str, resource: &'a str, now: Timestamp) -> Authenticating<'a> {
        Box::pin(self.caller(token, resource, now))
    }
}

fn refused(problem: TokenProblem) -> NotAuthenticated {
    NotAuthenticated::Refused(problem.to_string())
}

/// COMPAT: `management.md` 5.4: the resource of the challenge, with or without a slash at its end.
fn check_audience(token: &Token, resource: &str) -> Result<(), NotAuthenticated> {
    let wanted = resource.trim_end_matches('/');
    let fits = |audience: &&str| audience.strip_suffix('/').unwrap_or(audience) == wanted;
    if token.audiences().iter().any(fits) {
        return Ok(());
    }
    // COMPAT: Key Vault's message, without the audience that was found, which is the caller's text.
    Err(NotAuthenticated::Refused(format!("AKV10022: Invalid audience. Expected {wanted}.")))
}

fn caller(token: &Token) -> Result<Caller, NotAuthenticated> {
    let text = |name| token.text(name).filter(|text| !text.is_empty()).map(Arc::from);
    let caller = Caller {
        object_id: text("oid"),
        app_id: text("appid").or_else(|| text("azp")),
        issuer: token.issuer().unwrap_or_default().into(),
        kind: if token.claims.contains_key("scp") { CallerKind::User } else { CallerKind::Application },
    };
    if caller.identities().is_empty() {
        let why = "the token names nobody: it has neither `oid` nor, for an application, `appid` or `azp`";
        return Err(NotAuthenticated::Refused(why.to_owned()));
    }
    Ok(caller)
}
