//! The endpoint of App Service, Functions and Container Apps.
//!
//! COMPAT: "How to use managed identities for App Service and Azure Functions", REST endpoint reference; the message for an
//! unknown identity as in azure-search-openai-demo issue 2148. Version 2017-09-01 with its other header is not served.

use http::StatusCode;
use serde_json::json;

use super::{LIFETIME, NoToken, Selector, token};
use crate::identity::State;
use crate::web::{Answer, Asked};

const VERSION: &str = "2019-08-01";

pub(super) fn answer(state: &State, header: &str, asked: &Asked) -> Answer {
    if asked.header("x-identity-header") != Some(header) {
        return problem(state, StatusCode::UNAUTHORIZED, "The X-IDENTITY-HEADER header is missing or wrong.");
    }
    if asked.query.get("api-version") != Some(VERSION) {
        return problem(state, StatusCode::BAD_REQUEST, "The api-version must be 2019-08-01.");
    }
    let Some(resource) = asked.query.get("resource") else {
        return problem(state, StatusCode::BAD_REQUEST, "The resource parameter is missing.");
    };
    let selector = Selector {
        client_id: asked.query.get("client_id"),
        object_id: asked.query.get("principal_id").or_else(|| asked.query.get("object_id")),
        resource_id: asked.query.get("mi_res_id").or_else(|| asked.query.get("msi_res_id")),
    };
    match token(state, &selector, resource) {
        Ok(token) => {
            let body = json!({
                "access_token": token.access_token,
                "expires_on": (token.now + LIFETIME).to_string(),
                "resource": token.resource,
                "token_type": "Bearer",
                "client_id": token.client,
            });
            Answer::json(StatusCode::OK, &body).to(&token.client)
        }
        Err(NoToken::Identity | NoToken::Several) => {
            let why = "No User Assigned or Delegated Managed Identity found for specified \
                       ClientId/ResourceId/PrincipalId.";
            problem(state, StatusCode::BAD_REQUEST, why)
        }
        Err(NoToken::Refused(refusal)) => problem(state, StatusCode::BAD_REQUEST, &refusal.sentence()),
    }
}

fn problem(state: &State, status: StatusCode, message: &str) -> Answer {
    let body =
        json!({ "statusCode": status.as_u16(), "message": message, "correlationId": state.ids.uuid() });
    Answer::json(status, &body)
}
