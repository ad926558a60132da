//! Headers of answers, by wire.
//!
//! COMPAT: Azure's as captured in EvolvingPrograms/oaib issue 11 and openai-python issue 416; OpenAI's as its rate
//! limit guide and its API reference ("Debugging requests") list them.

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::account::{Deployment, Resource};
use crate::behaviour::Behaviour;
use crate::ids::Ids;
use crate::quota::Left;
use crate::wire::Wire;

fn set(headers: &mut HeaderMap, name: &'static str, value: &str) {
    // Names of accounts and deployments that cannot be header values leave the header out.
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(HeaderName::from_static(name), value);
    }
}

/// Ids of the request and marks of the service.
pub(crate) fn of_service(headers: &mut HeaderMap, wire: Wire, resource: &Resource, ids: &Ids) {
    if matches!(wire, Wire::Mistral | Wire::Cohere) {
        set(headers, "x-request-id", &ids.uuid());
    } else if wire.is_azure() {
        let id = ids.uuid();
        set(headers, "apim-request-id", &id);
        set(headers, "x-ms-client-request-id", &id);
        set(headers, "x-request-id", &ids.uuid());
        set(headers, "x-ms-region", &resource.region);
        set(headers, "strict-transport-security", "max-age=31536000; includeSubDomains; preload");
        set(headers, "x-content-type-options", "nosniff");
        set(headers, "x-accel-buffering", "no");
        set(headers, "azureml-model-session", "simulated");
    } else {
        set(headers, "x-request-id", &ids.hex("req_", 32));
        set(headers, "openai-organization", "simulated");
        set(headers, "openai-version", "2020-10-01");
        set(headers, "openai-processing-ms", "1");
    }
}

/// What is left of the quota.
pub(crate) fn of_quota(headers: &mut HeaderMap, wire: Wire, left: Left, behaviour: &Behaviour) {
    let requests = behaviour.remaining_requests.map_or(left.requests.to_string(), |asked| asked.to_string());
    let tokens = behaviour.remaining_tokens.map_or(left.tokens.to_string(), |asked| asked.to_string());
    set(headers, "x-ratelimit-remaining-requests", &requests);
    set(headers, "x-ratelimit-remaining-tokens", &tokens);
    set(headers, "x-ratelimit-limit-requests", &left.limit_requests.to_string());
    set(headers, "x-ratelimit-limit-tokens", &left.limit_tokens.to_string());
    if !wire.is_azure() {
        let reset = format!("{}s", left.reset);
        set(headers, "x-ratelimit-reset-requests", &reset);
        set(headers, "x-ratelimit-reset-tokens", &reset);
    }
}

/// Which deployment answered.
pub(crate) fn of_deployment(headers: &mut HeaderMap, wire: Wire, deployment: &Deployment) {
    if wire.is_azure() {
        set(headers, "x-ms-deployment-name", &deployment.name);
    }
}

/// What a refusal brings along.
pub(crate) fn of_refusal(headers: &mut HeaderMap, own: &[(&'static str, String)]) {
    for (name, value) in own {
        set(headers, name, value);
    }
}

/// What the body is.
pub(crate) fn of_content(headers: &mut HeaderMap, media_type: &'static str, behaviour: &Behaviour) {
    set(headers, "content-type", media_type);
    set(headers, "cache-control", "no-cache, must-revalidate");
    if behaviour.gzip {
        set(headers, "content-encoding", "gzip");
    }
}
