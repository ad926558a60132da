//! `required-claims`: what a token must claim.
//!
//! ```xml
//! <required-claims>
//!     <claim name="roles" match="any"><value>reader</value><value>writer</value></claim>
//!     <claim name="scp" separator=" "><value>Chat.Invoke</value></claim>
//! </required-claims>
//! ```
//!
//! Claims that the token has elsewhere (Entra's group overage) are not looked up: the token is refused, and the message
//! says so.

use std::borrow::Cow;

use expr::Text;
use jose::{Shown, Token};
use policy::spec::{ChildSpec, Kind, attribute, child, text};
use policy::{CompileCx, Exchange, Fault, FaultKind, Reader, Reported, Setting};
use serde_json::Value;

use super::refusal::Refusal;
use crate::parts::words::words;

/// `required-claims` of both policies.
pub(crate) const REQUIRED_CLAIMS: ChildSpec =
    child("required-claims", "Claims that the token must have.").times(0, 1).children(&[child(
        "claim",
        "A claim that the token must have; without any `value` it must be there, whatever it holds.",
    )
    .times(1, u32::MAX)
    .attributes(&[
        attribute("name", Kind::String, "Its name.").required().literal(),
        attribute("match", Kind::Enum(Match::WORDS), "Whether all of the values must be there, or one.")
            .default("all"),
        attribute("separator", Kind::String, "What stands between the values of a claim that is one text.")
            .literal(),
    ])
    .children(&[child("value", "A value of it.").children(&[text("The value itself.").times(1, 1)])])]);

words! {
    /// How many of the values must be there.
    pub(crate) enum Match {
        /// Every one.
        All = "all",
        /// One at the least.
        Any = "any",
    }
}

/// A claim that is required.
#[derive(Debug)]
pub(crate) struct RequiredClaim {
    name: String,
    matching: Setting<Match>,
    separator: Option<Text>,
    values: Vec<Setting<Text>>,
}

/// Those of an element that may have `required-claims`.
pub(crate) fn compile(reader: &Reader<'_>, cx: &mut CompileCx<'_>) -> Result<Vec<RequiredClaim>, Reported> {
    let Some(list) = reader.child("required-claims") else { return Ok(Vec::new()) };
    let claims: Vec<_> = list.children("claim").map(|claim| compile_one(&claim, cx)).collect();
    claims.into_iter().collect()
}

fn compile_one(reader: &Reader<'_>, cx: &mut CompileCx<'_>) -> Result<RequiredClaim, Reported> {
    let name = reader.literal::<Text>("name", cx);
    let matching = reader.or("match", Match::All, cx);
    let separator = reader.literal::<Text>("separator", cx);
    let values = settings(reader, "value", cx);
    Ok(RequiredClaim {
        name: name?.ok_or(Reported)?.as_str().to_owned(),
        matching: matching?,
        separator: separator?.filter(|text| !text.as_str().is_empty()),
        values: values?,
    })
}

/// The texts of the children of this name.
pub(crate) fn settings(
    reader: &Reader<'_>,
    name: &str,
    cx: &mut CompileCx<'_>,
) -> Result<Vec<Setting<Text>>, Reported> {
    let all: Vec<_> = reader.children(name).map(|child| child.text(cx)).collect();
    all.into_iter().collect()
}

/// The texts for this request.
pub(crate) fn texts(settings: &[Setting<Text>], exchange: &mut Exchange) -> Result<Vec<Text>, Fault> {
    settings.iter().map(|setting| setting.get(exchange)).collect()
}

/// Why the token has not what is required, if so. All claims that are missing are named before any value is compared.
pub(crate) fn refusal(
    required: &[RequiredClaim],
    token: &Token,
    exchange: &mut Exchange,
) -> Result<Option<Refusal>, Fault> {
    let elsewhere = expr::claims_elsewhere(&token.claims);
    if let Some(claim) = required.iter().find(|claim| elsewhere.contains(&&*claim.name)) {
        return Ok(Some(unknown(&claim.name)));
    }
    let found: Vec<_> = required.iter().map(|claim| claim.found(token)).collect();
    let missing: Vec<&str> = required
        .iter()
        .zip(&found)
        .filter(|(_, values)| values.is_empty())
        .map(|(claim, _)| &*claim.name)
        .collect();
    if !missing.is_empty() {
        return Ok(Some(not_found(&missing)));
    }
    for (claim, values) in required.iter().zip(&found) {
        if !claim.allows(values, exchange)? {
            return Ok(Some(not_allowed(&claim.name, &values.join(","))));
        }
    }
    Ok(None)
}

/// These claims are missing.
pub(crate) fn not_found(names: &[&str]) -> Refusal {
    let message = format!("JWT is missing the following claims: {}.", names.join(", "));
    Refusal::denied(FaultKind::TokenClaimNotFound, &message)
}

/// This claim has another value.
pub(crate) fn not_allowed(name: &str, value: &str) -> Refusal {
    let message = format!("Claim {name} value of {} is not allowed.", Shown::new(value));
    Refusal::denied(FaultKind::TokenClaimValueNotAllowed, &message)
}

/// The token has the claim, though not in itself.
fn unknown(name: &str) -> Refusal {
    let message = format!(
        "JWT is missing the following claims: {name}. The token says that it stands elsewhere (group overage): its \
         values are not known."
    );
    Refusal::denied(FaultKind::TokenClaimNotFound, &message)
}

impl RequiredClaim {
    /// Whether it asks the same of every request's token.
    pub(crate) fn is_fixed(&self) -> bool {
        self.matching.fixed().is_some() && self.values.iter().all(|value| value.fixed().is_some())
    }

    /// The values that the token has of it: the elements of an array; one text, or its parts.
    fn found<'t>(&self, token: &'t Token) -> Vec<Cow<'t, str>> {
        match token.claims.get(&self.name) {
            None => Vec::new(),
            Some(Value::Array(items)) => items.iter().filter_map(shown).collect(),
            Some(Value::String(text)) => self.parts(text),
            Some(other) => shown(other).into_iter().collect(),
        }
    }

    fn parts<'t>(&self, text: &'t str) -> Vec<Cow<'t, str>> {
        match &self.separator {
            None => vec![text.into()],
            Some(separator) => {
                text.split(separator.as_str()).filter(|part| !part.is_empty()).map(Cow::from).collect()
            }
        }
    }

    fn allows(&self, found: &[Cow<'_, str>], exchange: &mut Exchange) -> Result<bool, Fault> {
        let wanted = texts(&self.values, exchange)?;
        let has = |value: &Text| found.iter().any(|own| own == value.as_str());
        Ok(wanted.is_empty()
            || match self.matching.get(exchange)? {
                Match::All => wanted.iter().all(has),
                Match::Any => wanted.iter().any(has),
            })
    }
}

/// What a value of a claim is as text: numbers and booleans as JSON writes them. Null is no value.
fn shown(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.into()),
        other => Some(other.to_string().into()),
    }
}
