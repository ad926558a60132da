//! For whom a token is and by whom: audiences and issuers, with the messages of Microsoft.IdentityModel.
//!
//! Lists compare as they are written: case, a slash at the end and `api://` all count.

use expr::Text;
use jose::{Shown, Token};
use policy::spec::{ChildSpec, child, text};
use policy::{CompileCx, FaultKind, Reader, Reported, Setting};

use super::claims;
use super::refusal::Refusal;

/// `audiences` of both policies.
pub(crate) const AUDIENCES: ChildSpec =
    child("audiences", "For whom the token may be; one of them is enough.").times(0, 1).children(&[child(
        "audience",
        "An audience, compared as it is written.",
    )
    .times(1, u32::MAX)
    .children(&[text("The audience.").times(1, 1)])]);

/// The texts of the items of a list; none when the list is not there.
pub(crate) fn list(
    reader: &Reader<'_>,
    name: &str,
    item: &str,
    cx: &mut CompileCx<'_>,
) -> Result<Vec<Setting<Text>>, Reported> {
    reader.child(name).map_or_else(|| Ok(Vec::new()), |list| claims::settings(&list, item, cx))
}

/// Whether the token is for nobody of these, if there are any.
pub(crate) fn audience_refusal(allowed: &[Text], token: &Token) -> Option<Refusal> {
    let audiences = token.audiences();
    let is_allowed = |audience: &&str| allowed.iter().any(|each| each.as_str() == *audience);
    if allowed.is_empty() || audiences.iter().any(is_allowed) {
        return None;
    }
    let message = format!(
        "IDX10214: Audience validation failed. Audiences: '{}'. Did not match: validationParameters.ValidAudience: \
         'null' or validationParameters.ValidAudiences: '{}'.",
        Shown::new(&audiences.join(", ")),
        listed(allowed)
    );
    Some(Refusal::denied(FaultKind::TokenAudienceNotAllowed, &message))
}

/// Values of the document as messages show them.
pub(crate) fn listed(texts: &[Text]) -> String {
    let shown = |text: &Text| if text.is_tainted() { "***".to_owned() } else { text.as_str().to_owned() };
    texts.iter().map(shown).collect::<Vec<_>>().join(", ")
}

/// The issuer is not one of those that are allowed.
pub(crate) fn wrong_issuer(issuer: Option<&str>, allowed: &str) -> Refusal {
    let message = format!(
        "IDX10205: Issuer validation failed. Issuer: '{}'. Did not match: validationParameters.ValidIssuer: 'null' or \
         validationParameters.ValidIssuers: '{allowed}'.",
        Shown::new(issuer.unwrap_or("null")),
    );
    Refusal::denied(FaultKind::TokenIssuerNotAllowed, &message)
}
