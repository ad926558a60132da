//! Which application calls, and how it proves that.

use super::Call;
use crate::identity::claims::Proof;
use crate::identity::directory::{App, RedirectKind};
use crate::identity::refusal::{Refusal, missing, no_app};

/// The only kind of client assertion (RFC 7523).
const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

impl<'a> Call<'a> {
    /// The application, and how it proved who it is. A wrong proof is refused, none is [`Proof::None`].
    pub(super) fn authenticated(&self) -> Result<(&'a App, Proof), Refusal> {
        let basic = self.basic.as_ref();
        let id = self.form.get("client_id").or_else(|| basic.map(|(id, _)| id.as_str()));
        let id = id.ok_or_else(|| missing("client_id"))?;
        let client = self.tenant.app_by_id(id).ok_or_else(|| no_app(id, &self.tenant.id))?;
        let secret = self.form.get("client_secret").or_else(|| basic.map(|(_, secret)| secret.as_str()));
        if let Some(secret) = secret {
            return if client.secrets.iter().any(|known| known == secret) {
                Ok((client, Proof::Secret))
            } else {
                Err(wrong_secret(client))
            };
        }
        let Some(assertion) = self.form.get("client_assertion") else { return Ok((client, Proof::None)) };
        if self.form.get("client_assertion_type") != Some(ASSERTION) {
            return Err(missing("client_assertion_type"));
        }
        self.asserted(client, assertion.trim())?;
        Ok((client, Proof::Certificate))
    }

    /// The application that redeems what a redirect URI of this kind gave out.
    ///
    /// COMPAT: only pages of single-page applications redeem from a browser, and they do nothing else (AADSTS9002326,
    /// AADSTS9002327); public clients have no secret, web applications must have one.
    pub(super) fn redeemer(&self, kind: RedirectKind) -> Result<(&'a App, Proof), Refusal> {
        match kind {
            RedirectKind::Spa if !self.cross_origin => {
                let text = "Tokens issued for the 'Single-Page Application' client-type may only be redeemed via \
                            cross-origin requests.";
                return Err(Refusal::request(9_002_327, text));
            }
            RedirectKind::Web | RedirectKind::Public if self.cross_origin => {
                let text = "Cross-origin token redemption is permitted only for the 'Single-Page Application' \
                            client-type.";
                return Err(Refusal::request(9_002_326, text));
            }
            _ => {}
        }
        let presented =
            self.basic.is_some() || self.form.has("client_secret") || self.form.has("client_assertion");
        if presented && kind != RedirectKind::Web {
            let text =
                "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.";
            return Err(Refusal::client(700_025, text));
        }
        let (client, proof) = self.authenticated()?;
        if kind == RedirectKind::Web && proof == Proof::None {
            return Err(no_proof());
        }
        Ok((client, proof))
    }

    /// An application that must prove who it is.
    pub(super) fn confidential(&self) -> Result<(&'a App, Proof), Refusal> {
        match self.authenticated()? {
            (_, Proof::None) => Err(no_proof()),
            authenticated => Ok(authenticated),
        }
    }
}

fn no_proof() -> Refusal {
    let text =
        "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.";
    Refusal::client(7_000_218, text)
}

fn wrong_secret(client: &App) -> Refusal {
    let text = format!(
        "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the \
         client secret ID, for a secret added to app '{}'.",
        client.id
    );
    Refusal::client(7_000_215, text)
}
