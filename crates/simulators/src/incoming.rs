//! What a request is made of: its parts for the record, its body, and the deployment that it means.

use bytes::Bytes;
use http::request::Parts;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use serde_json::{Map, Value};

use crate::account::{Deployment, Kind, Resource};
use crate::fields::Fields;
use crate::recorder::{Credential, Outcome, RecordedRequest, redacted_headers, redacted_query};
use crate::wire::errors::{self, Refusal};
use crate::wire::{Call, Operation};

/// The largest request body that is read.
const MAX_BODY: usize = 32 * 1024 * 1024;

/// The request as the record has it, before its body is there.
pub(crate) fn taken_down(parts: &Parts) -> RecordedRequest {
    RecordedRequest {
        number: 0,
        version: parts.version,
        method: parts.method.clone(),
        path: String::from(parts.uri.path()),
        query: parts.uri.query().map(redacted_query),
        headers: redacted_headers(&parts.headers),
        body: Bytes::new(),
        body_length: 0,
        credential: Credential::None,
        status: None,
        frames: 0,
        outcome: Outcome::InProgress,
    }
}

/// Reads the body, up to a limit.
pub(crate) async fn read(incoming: Incoming) -> Result<Bytes, Refusal> {
    match Limited::new(incoming, MAX_BODY).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(errors::too_large(MAX_BODY)),
        // The caller broke off: nobody reads this answer.
        Err(_) => Err(errors::not_json()),
    }
}

/// The body as a JSON object.
pub(crate) fn object(body: &[u8]) -> Result<Map<String, Value>, Refusal> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(body)) => Ok(body),
        _ => Err(errors::not_json()),
    }
}

/// The version in the query, if it has one.
pub(crate) fn api_version(parts: &Parts) -> Option<&str> {
    let parameters = parts.uri.query()?.split('&');
    let version =
        parameters.filter_map(|parameter| parameter.split_once('=')).find(|(name, _)| *name == "api-version");
    version.map(|(_, value)| value).filter(|value| !value.is_empty())
}

/// Method and path, as OpenAI's message about unknown ones has them.
pub(crate) fn pointed_at(parts: &Parts) -> String {
    format!("{} {}", parts.method, parts.uri.path())
}

/// The deployment that the path or the body names, where the operation needs one.
pub(crate) fn target<'a>(
    call: &Call,
    resource: &'a Resource,
    body: Option<&Map<String, Value>>,
) -> Result<Option<&'a Deployment>, Refusal> {
    let Some(body) = body else { return Ok(None) };
    let name = match &call.deployment {
        Some(name) => name.as_str(),
        None => Fields::new(body, "").required_string("model")?,
    };
    let deployment = resource.deployment(name).ok_or_else(|| errors::no_such_deployment(call.wire, name))?;
    let (operation, kind) = match call.operation {
        Operation::Embeddings => ("embeddings", Kind::Embedding),
        Operation::Completion => ("completion", Kind::Chat),
        Operation::CreateResponse => ("responses", Kind::Chat),
        _ => ("chatCompletion", Kind::Chat),
    };
    if deployment.kind == kind {
        return Ok(Some(deployment));
    }
    Err(errors::not_supported(call.wire, operation, &deployment.model))
}
