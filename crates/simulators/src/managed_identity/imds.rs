//! The instance metadata service of virtual machines.
//!
//! COMPAT: shapes of "How to use managed identities for Azure resources on an Azure VM to acquire an access token"
//! (requests, answers, table of errors). All numbers are texts.

use http::StatusCode;
use serde_json::{Value, json};

use super::{LIFETIME, NoToken, Selector, Token, token};
use crate::identity::State;
use crate::web::{Answer, Asked};

/// COMPAT: "Use API version `2018-02-01` or greater."
const FIRST_VERSION: &str = "2018-02-01";

pub(super) fn answer(state: &State, asked: &Asked) -> Answer {
    match given(state, asked) {
        Ok(token) => Answer::json(StatusCode::OK, &body(&token)).to(&token.client),
        Err((error, text)) => {
            let body = json!({ "error": error, "error_description": text });
            Answer::json(StatusCode::BAD_REQUEST, &body)
        }
    }
}

fn given(state: &State, asked: &Asked) -> Result<Token, (&'static str, String)> {
    let invalid = |text: &str| ("invalid_request", String::from(text));
    // COMPAT: both are there against requests that somebody was tricked into.
    if asked.header("metadata").is_none_or(|value| !value.eq_ignore_ascii_case("true")) {
        return Err(("bad_request_102", String::from("Required metadata header not specified")));
    }
    if asked.headers.contains_key("x-forwarded-for") {
        return Err(invalid("Requests must not contain an X-Forwarded-For header"));
    }
    let version = asked.query.get("api-version");
    let version = version.ok_or_else(|| invalid("Required query variable 'api-version' is missing"))?;
    if version < FIRST_VERSION {
        return Err(invalid("The api-version is not supported"));
    }
    let resource = asked.query.get("resource");
    let resource = resource.ok_or_else(|| invalid("Required query variable 'resource' is missing"))?;
    let selector = Selector {
        client_id: asked.query.get("client_id"),
        object_id: asked.query.get("object_id"),
        resource_id: asked.query.get("msi_res_id").or_else(|| asked.query.get("mi_res_id")),
    };
    token(state, &selector, resource).map_err(|why| match why {
        NoToken::Identity => invalid("Identity not found"),
        NoToken::Several => invalid(
            "Multiple user assigned identities exist, please specify the clientId / resourceId of the identity in the \
             token request",
        ),
        NoToken::Refused(refusal) => (refusal.error, refusal.sentence()),
    })
}

/// The answer of IMDS, which Azure Arc gives too.
pub(super) fn body(token: &Token) -> Value {
    json!({
        "access_token": token.access_token,
        "client_id": token.client,
        "expires_in": LIFETIME.to_string(),
        "expires_on": (token.now + LIFETIME).to_string(),
        "ext_expires_in": LIFETIME.to_string(),
        "not_before": token.now.saturating_sub(300).to_string(),
        "refresh_in": (LIFETIME / 2).to_string(),
        "resource": token.resource,
        "token_type": "Bearer",
    })
}
