//! What a vault answers.
//!
//! Facts: management 3.1 and 5.4: 200 with `value`, `id`, `attributes`; errors are `{"error": {"code", "message",
//! "innererror": {"code"}}}`; a secret that is not enabled is answered with 403.

use bytes::Bytes;
use http::{Response, StatusCode};
use secret::Secret;
use serde_json::Value;

use super::error::Why;

/// A secret as the vault gave it.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// Its value.
    pub value: Secret,
    /// The version that it is of, if the vault told.
    pub version: Option<String>,
}

/// Codes inside of a 403 that mean the secret's state and not the identity's rights.
const STATES: [&str; 3] = ["SecretDisabled", "SecretNotYetValid", "SecretExpired"];

/// Reads an answer to a request that had a token.
pub(super) fn read(answer: &Response<Bytes>) -> Result<Fetched, Why> {
    match answer.status() {
        StatusCode::OK => fetched(answer.body()),
        StatusCode::FORBIDDEN => {
            let (code, inner) = codes(answer.body());
            match inner.or(code) {
                Some(code) if STATES.contains(&code.as_str()) => Err(Why::Disabled),
                code => Err(Why::Forbidden { code: code.unwrap_or_else(|| "403".to_owned()) }),
            }
        }
        StatusCode::NOT_FOUND => {
            Err(Why::NotFound(codes(answer.body()).0.unwrap_or_else(|| "404".to_owned())))
        }
        status if status.is_redirection() => {
            Err(Why::Refused(format!("{status}, and redirects are not followed")))
        }
        status => Err(Why::Refused(match codes(answer.body()).0 {
            Some(code) => format!("{status} with `{code}`"),
            None => status.to_string(),
        })),
    }
}

fn fetched(body: &[u8]) -> Result<Fetched, Why> {
    let refused = |what: &str| Why::Refused(format!("200 {what}"));
    let body: Value = serde_json::from_slice(body).map_err(|_| refused("with something else than JSON"))?;
    let value = body.get("value").and_then(Value::as_str).ok_or_else(|| refused("without a `value`"))?;
    if body.pointer("/attributes/enabled") == Some(&Value::Bool(false)) {
        return Err(Why::Disabled);
    }
    let id = body.get("id").and_then(Value::as_str);
    let version = id.and_then(|id| model::VaultSecretIdentifier::parse(id).ok());
    let version = version.and_then(|id| id.version().map(str::to_owned));
    Ok(Fetched { value: Secret::new(value), version })
}

/// Code and inner code of an error. Messages are left out: they quote what was sent.
fn codes(body: &[u8]) -> (Option<String>, Option<String>) {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let code = |pointer| {
        let text = body.pointer(pointer).and_then(Value::as_str)?;
        let fits = (1..=40).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        fits.then(|| text.to_owned())
    };
    (code("/error/code"), code("/error/innererror/code"))
}
