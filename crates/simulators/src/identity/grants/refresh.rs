//! Refresh tokens.
//!
//! COMPAT: each use gives a new one; the old one stays good ("Refresh tokens in the Microsoft identity platform"). Those of
//! single-page applications end 24 hours after the user signed in, others 90 days after their last use.

use super::code::malformed;
use super::store::{Issued, Refresh};
use super::{Call, Granted};
use crate::identity::directory::{RedirectKind, TokenVersion};
use crate::identity::refusal::Refusal;
use crate::identity::wanted::Wanted;

const DAY: u64 = 24 * 60 * 60;

impl Call<'_> {
    pub(super) fn refresh_token(&self) -> Result<Granted, Refusal> {
        let presented = self.required("refresh_token")?;
        let refresh = self.state.store.refresh.get(presented).filter(|one| one.tenant == self.tenant.id);
        let refresh = refresh.ok_or_else(malformed)?;
        let (client, proof) = match refresh.kind {
            Some(kind) => self.redeemer(kind)?,
            None => self.confidential()?,
        };
        if !refresh.client.eq_ignore_ascii_case(&client.id) {
            return Err(malformed());
        }
        self.lives(&refresh)?;
        let user = self.tenant.user_by_name(&refresh.user).ok_or_else(malformed)?;
        let wanted = match self.endpoint {
            TokenVersion::V2 => Wanted::by_scope(self.tenant, self.required("scope")?)?,
            TokenVersion::V1 => Wanted::by_resource(self.tenant, self.required("resource")?)?,
        };
        // COMPAT: a refresh gives a refresh token whether it is asked for or not.
        let wanted = Wanted { offline: true, ..wanted };
        let from = Issued { kind: refresh.kind, since: Some(refresh.issued), nonce: None };
        self.for_user(client, proof, user, &wanted, Some(from))
    }

    fn lives(&self, refresh: &Refresh) -> Result<(), Refusal> {
        let age = self.now.saturating_sub(refresh.issued);
        if refresh.kind == Some(RedirectKind::Spa) && age > DAY {
            let text = "The refresh token was issued to a single page app (SPA), and therefore has a fixed, limited \
                        lifetime of 1.00:00:00, which cannot be extended. It is now expired and a new sign in request \
                        must be sent by the SPA to the sign in page.";
            return Err(Refusal::grant(700_084, text));
        }
        if self.now.saturating_sub(refresh.used) > 90 * DAY {
            let text = "The refresh token has expired due to inactivity.";
            return Err(Refusal::grant(700_082, text));
        }
        Ok(())
    }
}
