//! Verifying tokens as the model service does: everything about them, but nothing about what their bearer may do.

use std::fmt;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use jose::{Allowed, Expiration, KeySet, Lifetime, Limits, SignatureAlgorithm, Token, Unverified};

use super::auth::{AUDIENCES, Principal, TokenRefused, TokenVerifier};

/// How far the clocks of the tenant and of the service may be apart.
///
/// COMPAT: five minutes is the default of Microsoft.IdentityModel, which Azure's services use.
const SKEW: SignedDuration = SignedDuration::from_mins(5);

/// Verifies tokens that a tenant signed with RS256: signature, issuer, audience ([`AUDIENCES`]), lifetime, and that the
/// token names somebody by `oid`.
///
/// ```
/// use std::sync::Arc;
/// use simulators::{SignedTokens, TokenVerifier};
///
/// let nobody_signs = Arc::new(jose::KeySet::default());
/// let tokens = SignedTokens::new(["https://sts.windows.net/contoso/"], move || Arc::clone(&nobody_signs), || 0);
/// assert!(tokens.verify("eyJhbGciOiJub25lIn0.e30.").is_err());
/// ```
pub struct SignedTokens {
    issuers: Vec<String>,
    keys: Box<dyn Fn() -> Arc<KeySet> + Send + Sync>,
    now: Box<dyn Fn() -> u64 + Send + Sync>,
}

impl SignedTokens {
    /// `issuers` are those of the tenant, one for each version of its tokens. `keys` gives the tenant's keys as they are
    /// at the moment, `now` the time in seconds since 1970.
    #[must_use]
    pub fn new<I: Into<String>>(
        issuers: impl IntoIterator<Item = I>,
        keys: impl Fn() -> Arc<KeySet> + Send + Sync + 'static,
        now: impl Fn() -> u64 + Send + Sync + 'static,
    ) -> Self {
        let issuers = issuers.into_iter().map(Into::into).collect();
        Self { issuers, keys: Box::new(keys), now: Box::new(now) }
    }

    fn lifetime(&self) -> Option<Lifetime> {
        let now = Timestamp::from_second(i64::try_from((self.now)()).ok()?).ok()?;
        Some(Lifetime { now, skew: SKEW, expiration: Expiration::Required })
    }

    fn is_issuer(&self, token: &Token) -> bool {
        token.issuer().is_some_and(|issuer| self.issuers.iter().any(|known| known == issuer))
    }

    fn accepted(&self, text: &str) -> Option<Principal> {
        let token = Unverified::parse(text, &Limits::default()).ok()?;
        let allowed = Allowed::only([SignatureAlgorithm::Rs256]);
        let token = token.verify((self.keys)().keys(), &allowed).ok()?;
        self.lifetime()?.check(&token).ok()?;
        let good = self.is_issuer(&token) && token.audiences().into_iter().any(is_audience);
        let id = token.text("oid").filter(|_| good)?;
        Some(Principal { id: String::from(id) })
    }
}

fn is_audience(audience: &str) -> bool {
    AUDIENCES.contains(&audience.strip_suffix('/').unwrap_or(audience))
}

impl TokenVerifier for SignedTokens {
    fn verify(&self, token: &str) -> Result<Principal, TokenRefused> {
        self.accepted(token).ok_or(TokenRefused)
    }
}

impl fmt::Debug for SignedTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedTokens").field("issuers", &self.issuers).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use jose::sign::{KeyKind, SigningKey};
    use serde_json::{Map, Value, json};

    use super::*;

    const NOW: u64 = 1_800_000_000;
    const ISSUER: &str = "https://sts.windows.net/contoso/";

    /// The claims of a good token with some replaced; null takes one away.
    fn claims(changed: Value) -> Map<String, Value> {
        let good = json!({
            "iss": ISSUER, "aud": "https://cognitiveservices.azure.com", "oid": "ada", "nbf": NOW - 3_600, "exp": NOW + 60,
        });
        let mut claims = good.as_object().unwrap().clone();
        claims.extend(changed.as_object().unwrap().clone());
        claims.retain(|_, value| !value.is_null());
        claims
    }

    #[test]
    fn everything_about_a_token_is_looked_at() {
        let key = SigningKey::generate(KeyKind::Rsa2048).unwrap().with_id("one");
        let keys = Arc::new(KeySet::new([key.verifying_key().unwrap()]));
        let tokens = SignedTokens::new([ISSUER], move || Arc::clone(&keys), || NOW);
        let sign = |claims: &Map<String, Value>| {
            let token = key.sign(SignatureAlgorithm::Rs256, &Map::new(), claims).unwrap();
            String::from(token.expose())
        };
        for (changed, good) in [
            (json!({}), true),
            (json!({ "aud": "https://cognitiveservices.azure.com/" }), true),
            (json!({ "aud": "https://ai.azure.com" }), true),
            (json!({ "aud": "https://vault.azure.net" }), false),
            (json!({ "aud": null }), false),
            (json!({ "iss": "https://sts.windows.net/fabrikam/" }), false),
            (json!({ "exp": NOW - 301 }), false),
            (json!({ "exp": NOW - 299 }), true),
            (json!({ "exp": null }), false),
            (json!({ "nbf": NOW + 301, "exp": NOW + 900 }), false),
            (json!({ "oid": null }), false),
        ] {
            assert_eq!(tokens.verify(&sign(&claims(changed.clone()))).is_ok(), good, "{changed}");
        }
        let good = sign(&claims(json!({})));
        assert_eq!(tokens.verify(&good), Ok(Principal { id: String::from("ada") }));
        let other = SigningKey::generate(KeyKind::Rsa2048).unwrap().with_id("one");
        let forged = other.sign(SignatureAlgorithm::Rs256, &Map::new(), &claims(json!({}))).unwrap();
        for bad in [
            forged.expose(),
            &jose::sign::unsigned(&claims(json!({}))),
            "",
            "a.b.c",
            good.trim_start_matches('e'),
        ] {
            assert_eq!(tokens.verify(bad), Err(TokenRefused));
        }
    }
}
