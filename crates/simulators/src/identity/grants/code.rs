//! Authorization codes.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::store::{Challenge, Code, Issued};
use super::{Call, Granted};
use crate::identity::directory::{App, RedirectKind, TokenVersion};
use crate::identity::refusal::{Refusal, no_app};
use crate::identity::wanted::Wanted;

/// COMPAT: codes are short-lived, "typically they expire after about 10 minutes".
const LIFETIME: u64 = 600;

impl Call<'_> {
    pub(super) fn authorization_code(&self) -> Result<Granted, Refusal> {
        let presented = self.required("code")?;
        let code = self.state.store.codes.get(presented).filter(|code| code.tenant == self.tenant.id);
        let code = code.ok_or_else(malformed)?;
        let (client, proof) = self.redeemer(code.kind)?;
        self.fits(&code, client)?;
        self.verifier(&code)?;
        let user = self.tenant.user_by_name(&code.user).ok_or_else(malformed)?;
        let scope = self.form.get("scope").unwrap_or(&code.scope);
        let wanted = match self.endpoint {
            TokenVersion::V2 => {
                // What was consented to counts for ID and refresh tokens, whatever is named now.
                let first = Wanted::by_scope(self.tenant, &code.scope)?;
                let named = Wanted::by_scope(self.tenant, scope)?;
                Wanted { openid: first.openid, offline: first.offline, ..named }
            }
            TokenVersion::V1 => Wanted::by_resource(self.tenant, self.resource(&code.scope))?,
        };
        let from = Issued { kind: Some(code.kind), since: None, nonce: code.nonce.as_deref() };
        let granted = self.for_user(client, proof, user, &wanted, Some(from))?;
        self.state.store.codes.change(presented, |code| code.redeemed = true);
        Ok(granted)
    }

    /// The resource of version 1: named now, or when the code was asked for.
    fn resource<'b>(&'b self, asked: &'b str) -> &'b str {
        self.form.get("resource").unwrap_or(asked)
    }

    fn fits(&self, code: &Code, client: &App) -> Result<(), Refusal> {
        if !code.client.eq_ignore_ascii_case(&client.id) {
            return Err(no_app(&client.id, &self.tenant.id).named("invalid_grant"));
        }
        if code.redeemed {
            let text = "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an \
                        existing refresh token.";
            return Err(Refusal::grant(54_005, text));
        }
        if self.now > code.issued.saturating_add(LIFETIME) {
            let text = "The provided authorization code or refresh token has expired due to inactivity. Send a new \
                        interactive authorization request for this user and resource.";
            return Err(Refusal::grant(70_008, text));
        }
        let redirect = self.required("redirect_uri")?;
        if redirect == code.redirect {
            return Ok(());
        }
        let text = format!(
            "The reply address '{redirect}' does not match the reply address '{}' provided when requesting Authorization \
             code.",
            code.redirect
        );
        Err(Refusal::client(500_112, text))
    }

    fn verifier(&self, code: &Code) -> Result<(), Refusal> {
        let Some(challenge) = &code.challenge else {
            let needed = code.kind == RedirectKind::Spa;
            let text =
                "Proof Key for Code Exchange is required for cross-origin authorization code redemption.";
            return if needed { Err(Refusal::request(9_002_325, text)) } else { Ok(()) };
        };
        let verifier = self.required("code_verifier")?;
        let same = match challenge {
            Challenge::Plain(challenge) => challenge == verifier,
            Challenge::Sha256(challenge) => {
                let hash = digest(&SHA256, verifier.as_bytes());
                *challenge == URL_SAFE_NO_PAD.encode(hash.as_ref())
            }
        };
        if same && well_formed(verifier) {
            return Ok(());
        }
        let text =
            "The Code_Verifier does not match the code_challenge supplied in the authorization request.";
        Err(Refusal::grant(501_481, text))
    }
}

/// RFC 7636, 4.1: 43 to 128 unreserved characters.
fn well_formed(verifier: &str) -> bool {
    let unreserved = |letter: char| letter.is_ascii_alphanumeric() || "-._~".contains(letter);
    (43..=128).contains(&verifier.len()) && verifier.chars().all(unreserved)
}

/// What is no code or refresh token at all.
pub(super) fn malformed() -> Refusal {
    Refusal::grant(9_002_313, "Invalid request. Request is malformed or invalid.")
}
