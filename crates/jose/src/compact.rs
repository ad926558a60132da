//! The compact forms: parts between dots, each Base64url, the first a header.

use serde_json::{Map, Value};

use crate::problem::{HeaderProblem, Part, TokenProblem};
use crate::{Limits, base64url, json};

/// The parts of a compact form.
pub(crate) enum Parts<'t> {
    /// Header, payload, signature.
    Signed([&'t str; 3]),
    /// Header, encrypted key, vector, ciphertext, tag.
    Encrypted([&'t str; 5]),
}

pub(crate) fn split<'t>(text: &'t str, limits: &Limits) -> Result<Parts<'t>, TokenProblem> {
    if text.len() > limits.token_bytes {
        return Err(TokenProblem::TooLong { bytes: text.len(), limit: limits.token_bytes });
    }
    let mut parts = text.split('.');
    let mut next = || parts.next();
    match (next(), next(), next(), next(), next(), next()) {
        (Some(a), Some(b), Some(c), None, ..) => Ok(Parts::Signed([a, b, c])),
        (Some(a), Some(b), Some(c), Some(d), Some(e), None) => Ok(Parts::Encrypted([a, b, c, d, e])),
        _ => Err(TokenProblem::Segments),
    }
}

pub(crate) fn decode(text: &str, part: Part) -> Result<Vec<u8>, TokenProblem> {
    base64url::decode(text).ok_or(TokenProblem::Encoding(part))
}

/// A header that says nothing that would have to be understood and is not.
pub(crate) fn header(text: &str, limits: &Limits) -> Result<Map<String, Value>, TokenProblem> {
    let bytes = decode(text, Part::Header)?;
    if bytes.len() > limits.header_bytes {
        return Err(HeaderProblem::TooLong.into());
    }
    let header = json::object(&bytes, limits).ok_or(TokenProblem::Json(Part::Header))?;
    acceptable(&header)?;
    Ok(header)
}

/// RFC 7515 section 4.1.11: what `crit` names must be understood; nothing that it may name is. `b64` and `zip` change
/// what the other parts mean, with or without `crit`. `jku`, `x5u`, `jwk` and `x5c` are never followed, so they may
/// stand there.
fn acceptable(header: &Map<String, Value>) -> Result<(), HeaderProblem> {
    for (member, problem) in [
        ("crit", HeaderProblem::Critical),
        ("b64", HeaderProblem::Unencoded),
        ("zip", HeaderProblem::Compressed),
    ] {
        if header.contains_key(member) {
            return Err(problem);
        }
    }
    ["kid", "x5t", "x5t#S256", "typ", "cty"]
        .into_iter()
        .find(|name| header.get(*name).is_some_and(|value| !value.is_string()))
        .map_or(Ok(()), |name| Err(HeaderProblem::NotText(name)))
}

/// `alg` or `enc`.
pub(crate) fn algorithm<'h>(
    header: &'h Map<String, Value>,
    name: &'static str,
) -> Result<&'h str, HeaderProblem> {
    header.get(name).and_then(Value::as_str).ok_or(HeaderProblem::NoAlgorithm(name))
}

/// A member of a header that is text if it is there.
pub(crate) fn named<'h>(header: &'h Map<String, Value>, name: &str) -> Option<&'h str> {
    header.get(name).and_then(Value::as_str)
}
