//! The record as JSON, for `GET /_simulator/requests`.

use http::{HeaderMap, Version};
use serde_json::{Map, Value, json};

use super::{Credential, Outcome, RecordedRequest};

/// All requests, in the order in which they came.
pub(crate) fn view(requests: &[RecordedRequest]) -> Value {
    json!({ "requests": requests.iter().map(request).collect::<Vec<_>>() })
}

fn request(recorded: &RecordedRequest) -> Value {
    json!({
        "number": recorded.number,
        "http_version": version(recorded.version),
        "method": recorded.method.as_str(),
        "path": recorded.path,
        "query": recorded.query,
        "headers": headers(&recorded.headers),
        "body": body(recorded),
        "body_length": recorded.body_length,
        "credential": credential(&recorded.credential),
        "status": recorded.status.map(|status| status.as_u16()),
        "frames": recorded.frames,
        "outcome": outcome(recorded.outcome),
    })
}

fn version(version: Version) -> &'static str {
    match version {
        Version::HTTP_2 => "2",
        Version::HTTP_10 => "1.0",
        _ => "1.1",
    }
}

/// Name to value, or to a list of values where a header came more than once.
fn headers(headers: &HeaderMap) -> Value {
    let shown = headers.keys().map(|name| {
        let values: Vec<Value> = headers
            .get_all(name)
            .iter()
            .map(|value| Value::from(String::from_utf8_lossy(value.as_bytes())))
            .collect();
        let value = match <[Value; 1]>::try_from(values) {
            Ok([single]) => single,
            Err(several) => Value::Array(several),
        };
        (String::from(name.as_str()), value)
    });
    Value::Object(shown.collect::<Map<_, _>>())
}

/// JSON as JSON, anything else as text.
fn body(recorded: &RecordedRequest) -> Value {
    let text = || Value::from(String::from_utf8_lossy(&recorded.body));
    if recorded.body.is_empty() {
        Value::Null
    } else {
        serde_json::from_slice(&recorded.body).unwrap_or_else(|_| text())
    }
}

fn credential(credential: &Credential) -> Value {
    match credential {
        Credential::None => Value::Null,
        Credential::Key { account, key } => json!({ "account": account, "key": key.to_string() }),
        Credential::Refused(digest) => json!({ "refused": digest }),
        Credential::Token(principal) => json!({ "principal": principal }),
        Credential::Client(id) => json!({ "client": id }),
    }
}

fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::InProgress => "in progress",
        Outcome::Answered => "answered",
        Outcome::Cut => "cut",
        Outcome::CallerGone => "caller gone",
    }
}
