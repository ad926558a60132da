//! Who calls: a key of an account, or a principal whose token a verifier accepts.
//!
//! Every other credential is refused as the real services do, so that a good answer proves that the right one
//! arrived. A key opens everything in its account. A token says only who calls; [`Roles`] say what they may do.

use std::fmt;
use std::sync::Arc;

use http::{HeaderMap, header};

use super::errors::{Refusal, keys_disabled, no_credential, no_role, wrong_key};
use super::{Call, Wire};
use crate::account::{Accounts, Deployment, Resource, Vendor};
use crate::recorder::{Credential, digest};
use crate::roles::Roles;

/// Whom a token names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// Their object id: what role assignments are made for.
    pub id: String,
}

/// A token is not accepted: it is none, or not signed by the tenant, expired, or not for this service. The service says
/// no more than that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TokenRefused;

impl fmt::Display for TokenRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the token is not accepted")
    }
}

impl std::error::Error for TokenRefused {}

/// The audiences that the service takes: one of these must be the token's, with or without a slash at its end.
///
/// COMPAT: Azure's documentation names the first for the dated API and both for the v1 API.
pub const AUDIENCES: [&str; 2] = ["https://cognitiveservices.azure.com", "https://ai.azure.com"];

/// Verifies bearer tokens: signature, issuer, audience ([`AUDIENCES`]) and lifetime. Without a verifier every token is
/// refused.
pub trait TokenVerifier: Send + Sync {
    /// Whom `token` names.
    ///
    /// # Errors
    /// When the token is not accepted, whatever the reason.
    fn verify(&self, token: &str) -> Result<Principal, TokenRefused>;
}

/// What decides who is let in.
pub(crate) struct Gate<'a> {
    pub(crate) accounts: &'a Accounts,
    pub(crate) verifier: Option<&'a dyn TokenVerifier>,
    pub(crate) roles: &'a Roles,
}

/// Who was let in, and to which account.
#[derive(Debug)]
pub(crate) struct Visitor {
    pub(crate) resource: Arc<Resource>,
    /// Set for a token: what it may do is still to be decided.
    principal: Option<Principal>,
}

/// What the gate decided and who was seen.
pub(crate) struct Seen {
    pub(crate) credential: Credential,
    pub(crate) decision: Result<Visitor, Refusal>,
}

impl Seen {
    fn refused(presented: &str, refusal: Refusal) -> Self {
        Self { credential: Credential::Refused(digest(presented.as_bytes())), decision: Err(refusal) }
    }
}

impl Gate<'_> {
    /// Lets a caller in or refuses them.
    ///
    /// COMPAT: Azure's dated API takes keys in `api-key` only: a key as Bearer is an invalid token to it
    /// (Azure-Samples/azure-search-openai-demo issue 458). Its v1 API takes keys as Bearer too, since the plain OpenAI
    /// client is its documented client.
    pub(crate) fn admit(&self, headers: &HeaderMap, call: &Call) -> Seen {
        if call.wire.is_azure()
            && let Some(key) = headers.get("api-key")
        {
            return self.by_key(&String::from_utf8_lossy(key.as_bytes()), call.wire);
        }
        let Some(bearer) = bearer(headers) else {
            return Seen { credential: Credential::None, decision: Err(no_credential(call.wire)) };
        };
        match call.wire {
            Wire::AzureDated => self.by_token(&bearer, headers, call),
            Wire::AzureV1 if self.accounts.owner(&bearer).is_none() && self.verifier.is_some() => {
                self.by_token(&bearer, headers, call)
            }
            _ => self.by_key(&bearer, call.wire),
        }
    }

    fn by_key(&self, presented: &str, wire: Wire) -> Seen {
        match self.accounts.owner(presented).filter(|(resource, _)| serves(resource, wire)) {
            Some((resource, _)) if !resource.takes_keys() => Seen::refused(presented, keys_disabled()),
            Some((resource, key)) => Seen {
                credential: Credential::Key { account: resource.name.clone(), key },
                decision: Ok(Visitor { resource, principal: None }),
            },
            None => Seen::refused(presented, wrong_key(wire, presented)),
        }
    }

    fn by_token(&self, token: &str, headers: &HeaderMap, call: &Call) -> Seen {
        let verified = self.verifier.ok_or(TokenRefused).and_then(|verifier| verifier.verify(token));
        let resource = self.addressed(headers, call.deployment.as_deref());
        match (verified, resource) {
            (Ok(principal), Some(resource)) => Seen {
                credential: Credential::Token(principal.id.clone()),
                decision: Ok(Visitor { resource, principal: Some(principal) }),
            },
            _ => Seen::refused(token, no_credential(call.wire)),
        }
    }

    /// Which account a call with a token is for: the one that the host names (`contoso.openai.azure.com`), as at Azure.
    /// Calls by address mean the first account that has the deployment, or the first one.
    fn addressed(&self, headers: &HeaderMap, deployment: Option<&str>) -> Option<Arc<Resource>> {
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let label = host.split('.').next().unwrap_or_default();
        let azure = || self.accounts.all().iter().filter(|resource| resource.vendor == Vendor::Azure);
        let named = azure().find(|resource| resource.name == label);
        let having =
            || azure().find(|resource| deployment.is_some_and(|it| resource.deployment(it).is_some()));
        named.or_else(having).or_else(|| azure().next()).cloned()
    }

    /// Whether a caller who was let in may do this, with the deployment that the path or the body names.
    pub(crate) fn authorize(
        &self,
        visitor: &Visitor,
        call: &Call,
        deployment: Option<&Deployment>,
    ) -> Result<(), Refusal> {
        let Some(principal) = &visitor.principal else { return Ok(()) };
        let deployment = deployment.map(Deployment::name);
        if self.roles.allow(&principal.id, &visitor.resource.name, deployment) {
            return Ok(());
        }
        Err(no_role(call, &principal.id))
    }
}

/// Whether an account of this vendor is called on this wire.
fn serves(resource: &Resource, wire: Wire) -> bool {
    match wire {
        Wire::AzureDated | Wire::AzureV1 | Wire::OpenAi => resource.vendor == Vendor::Azure,
        Wire::Mistral => resource.vendor == Vendor::Mistral,
        Wire::Cohere => resource.vendor == Vendor::Cohere,
    }
}

fn bearer(headers: &HeaderMap) -> Option<String> {
    let value = String::from_utf8_lossy(headers.get(header::AUTHORIZATION)?.as_bytes()).into_owned();
    let (scheme, credential) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| String::from(credential.trim()))
}
