//! On behalf of: an application that was called in the name of a user calls on in that name.

use serde_json::Value;

use super::store::Issued;
use super::{Call, Granted};
use crate::identity::directory::App;
use crate::identity::refusal::{Refusal, missing};
use crate::signing::Fault;

impl Call<'_> {
    pub(super) fn on_behalf_of(&self) -> Result<Granted, Refusal> {
        if self.required("requested_token_use")? != "on_behalf_of" {
            return Err(missing("requested_token_use"));
        }
        let (client, proof) = self.confidential()?;
        let claims = self.state.verified(self.required("assertion")?, self.now).map_err(refused)?;
        let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
        self.for_client(client, text("aud"))?;
        let issuers = &self.state.issuers;
        let ours = [crate::identity::TokenVersion::V1, crate::identity::TokenVersion::V2];
        if !ours.iter().any(|version| issuers.issuer(&self.tenant.id, *version) == text("iss")) {
            return Err(Refusal::grant(
                50_013,
                "Assertion failed signature validation. [Reason - The key was not found.]",
            ));
        }
        if claims.get("scp").is_none() {
            let text =
                format!("Application '{}' is not allowed to make application on-behalf-of calls.", client.id);
            return Err(Refusal::grant(7_000_114, text));
        }
        let user = self.tenant.user_by_name(text("oid"));
        let user =
            user.ok_or_else(|| Refusal::grant(50_034, "The user account does not exist in the directory."))?;
        let wanted = self.wanted()?;
        let from = Issued { kind: None, since: None, nonce: None };
        self.for_user(client, proof, user, &wanted, Some(from))
    }

    /// The assertion must be a token for the application that presents it.
    fn for_client(&self, client: &App, audience: &str) -> Result<(), Refusal> {
        if self.tenant.resource(audience).is_some_and(|resource| resource.id == client.id) {
            return Ok(());
        }
        let text = format!(
            "Assertion audience does not match the Client app presenting the assertion. The audience in the assertion was \
             '{audience}' and the expected audience is '{}' or one of the Application Uris of this application with App \
             ID '{}'.",
            client.identifier_uris.first().unwrap_or(&client.id),
            client.id
        );
        Err(Refusal::grant(500_131, text))
    }
}

fn refused(fault: Fault) -> Refusal {
    match fault {
        Fault::Malformed => Refusal::request(50_027, "JWT token is invalid or malformed."),
        Fault::UnknownKey => {
            Refusal::grant(50_013, "Assertion failed signature validation. [Reason - The key was not found.]")
        }
        Fault::Signature => Refusal::grant(
            50_013,
            "Assertion failed signature validation. [Reason - The provided signature value did not match the expected \
             signature value.]",
        ),
        Fault::Time => Refusal::grant(500_133, "Assertion is not within its valid time range."),
    }
}
