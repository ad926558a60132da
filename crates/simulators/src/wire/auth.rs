//! Who calls: a key of an account, or a token that a verifier accepts.
//!
//! Every other credential is refused as the real services do, so that a good answer proves that the right one
//! arrived.

use std::sync::Arc;

use http::{HeaderMap, header};

use super::errors::{Refusal, no_credential, no_role, wrong_key};
use super::{Call, Wire};
use crate::account::{Accounts, Resource};
use crate::recorder::{Credential, digest};

/// Whom a token names and which account they may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// Their object id.
    pub id: String,
    /// The account, by name.
    pub account: String,
}

/// Why a token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenRefusal {
    /// It is no token, or it is expired, or not for this service.
    Invalid,
    /// It is good, but its principal has no role on this resource or deployment.
    NoRole,
}

/// Verifies bearer tokens. Without one every token is refused as invalid.
pub trait TokenVerifier: Send + Sync {
    /// Whom `token` names. `deployment` is the one that the path names, where it does.
    ///
    /// # Errors
    /// Why they may not call.
    fn verify(&self, token: &str, deployment: Option<&str>) -> Result<Principal, TokenRefusal>;
}

/// The account whose credential came with the request.
pub(crate) struct Gate<'a> {
    pub(crate) accounts: &'a Accounts,
    pub(crate) verifier: Option<&'a dyn TokenVerifier>,
}

/// What the gate decided and who was seen.
pub(crate) struct Seen {
    pub(crate) credential: Credential,
    pub(crate) decision: Result<Arc<Resource>, Refusal>,
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
            Wire::AzureDated => self.by_token(&bearer, call),
            Wire::AzureV1 if self.accounts.owner(&bearer).is_none() && self.verifier.is_some() => {
                self.by_token(&bearer, call)
            }
            Wire::AzureV1 | Wire::OpenAi => self.by_key(&bearer, call.wire),
        }
    }

    fn by_key(&self, presented: &str, wire: Wire) -> Seen {
        match self.accounts.owner(presented) {
            Some((resource, key)) => Seen {
                credential: Credential::Key { account: resource.name.clone(), key },
                decision: Ok(resource),
            },
            None => Seen::refused(presented, wrong_key(wire, presented)),
        }
    }

    fn by_token(&self, token: &str, call: &Call) -> Seen {
        let verified = match self.verifier {
            Some(verifier) => verifier.verify(token, call.deployment.as_deref()),
            None => Err(TokenRefusal::Invalid),
        };
        match verified {
            Ok(principal) => self.by_principal(principal),
            Err(TokenRefusal::NoRole) => Seen::refused(token, no_role()),
            Err(TokenRefusal::Invalid) => Seen::refused(token, no_credential(call.wire)),
        }
    }

    fn by_principal(&self, principal: Principal) -> Seen {
        let decision = self.accounts.resource(&principal.account).cloned().ok_or_else(no_role);
        Seen { credential: Credential::Token(principal.id), decision }
    }
}

fn bearer(headers: &HeaderMap) -> Option<String> {
    let value = String::from_utf8_lossy(headers.get(header::AUTHORIZATION)?.as_bytes()).into_owned();
    let (scheme, credential) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| String::from(credential.trim()))
}
