//! What goes back: Key Vault's JSON.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::Full;
use serde_json::{Map, Value, json};
use store::vault::VersionRow;

use super::route::skip_token;
use crate::{Bundle, Call, Listed, Problem, Rules};

/// How answers to one request look.
#[derive(Debug)]
pub(super) struct Shape {
    /// What identifiers begin with.
    pub(super) base: String,
    pub(super) api_version: &'static str,
    pub(super) rules: Rules,
    pub(super) list: ListPath,
}

/// The path of a list, for the link to its next page.
#[derive(Debug)]
pub(super) struct ListPath {
    path: String,
    /// COMPAT: entries of a list of secrets have no version in their identifier (`management.md` 3.1).
    with_version: bool,
    limit: Option<u32>,
}

impl From<&Call> for ListPath {
    fn from(call: &Call) -> Self {
        let (path, with_version, page) = match call {
            Call::List(page) => ("/secrets".to_owned(), false, Some(page)),
            Call::ListDeleted(page) => ("/deletedsecrets".to_owned(), false, Some(page)),
            Call::ListVersions(name, page) => (format!("/secrets/{name}/versions"), true, Some(page)),
            _ => (String::new(), true, None),
        };
        Self { path, with_version, limit: page.map(|page| page.limit) }
    }
}

impl Shape {
    /// One version of a secret.
    pub(super) fn bundle(&self, bundle: &Bundle) -> Value {
        let mut members = Map::new();
        if let Some(value) = &bundle.value {
            members.insert("value".into(), value.expose().into());
        }
        if let Some(deletion) = bundle.deletion {
            members
                .insert("recoveryId".into(), format!("{}/deletedsecrets/{}", self.base, bundle.name).into());
            members.insert("deletedDate".into(), deletion.deleted.into());
            members.insert("scheduledPurgeDate".into(), deletion.purge.into());
        }
        if let Some(content_type) = &bundle.version.content_type {
            members.insert("contentType".into(), content_type.as_str().into());
        }
        members.insert("id".into(), self.id(bundle).into());
        members.insert("attributes".into(), self.attributes(&bundle.version));
        if !bundle.version.tags.is_empty() {
            members.insert("tags".into(), json!(bundle.version.tags));
        }
        Value::Object(members)
    }

    fn id(&self, bundle: &Bundle) -> String {
        let Bundle { name, version, .. } = bundle;
        let without = format!("{}/secrets/{name}", self.base);
        if self.list.with_version { format!("{without}/{}", version.id) } else { without }
    }

    fn attributes(&self, version: &VersionRow) -> Value {
        let mut members = Map::new();
        members.insert("enabled".into(), version.enabled.into());
        for (name, instant) in [("nbf", version.not_before), ("exp", version.expires)] {
            members.extend(instant.map(|instant| (name.to_owned(), instant.into())));
        }
        members.insert("created".into(), version.created.into());
        members.insert("updated".into(), version.updated.into());
        members.insert("recoveryLevel".into(), self.rules.recovery_level().into());
        members.insert("recoverableDays".into(), self.rules.recoverable_days.into());
        Value::Object(members)
    }

    /// A page of a list.
    pub(super) fn list(&self, listed: Listed) -> Value {
        let entries: Vec<Value> = listed.entries.iter().map(|bundle| self.bundle(bundle)).collect();
        let next = listed.next.map(|after| {
            let limit = self.list.limit.unwrap_or(crate::limits::PAGE);
            let (path, version, token) = (&self.list.path, self.api_version, skip_token(&after));
            format!("{}{path}?api-version={version}&$skiptoken={token}&maxresults={limit}", self.base)
        });
        json!({ "value": entries, "nextLink": next })
    }
}

/// 200 with JSON.
pub(super) fn json(value: &Value) -> Response<Full<Bytes>> {
    with_body(StatusCode::OK, value)
}

/// 204.
pub(super) fn empty() -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

/// A problem in Key Vault's form.
pub(super) fn problem(problem: &Problem) -> Response<Full<Bytes>> {
    let mut error = json!({ "code": problem.code(), "message": problem.to_string() });
    if let (Some(inner), Some(members)) = (problem.inner_code(), error.as_object_mut()) {
        members.insert("innererror".into(), json!({ "code": inner }));
    }
    let mut response = with_body(problem.status(), &json!({ "error": error }));
    if problem.status() == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
    }
    response
}

fn with_body(status: StatusCode, value: &Value) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(value.to_string())));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

/// Headers of every answer: nobody may keep it, and it can be named.
pub(super) fn with_fixed_headers(mut response: Response<Full<Bytes>>) -> Response<Full<Bytes>> {
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CACHE_CONTROL, "no-cache, no-store"),
        (header::PRAGMA, "no-cache"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000;includeSubDomains"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    let id = HeaderValue::from_str(&uuid::Uuid::new_v4().to_string());
    headers.extend(id.ok().map(|id| (http::HeaderName::from_static("x-ms-request-id"), id)));
    response
}
