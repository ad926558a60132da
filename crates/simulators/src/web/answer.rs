//! An answer of a site.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::Value;

/// Status, headers and body.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) body: Bytes,
    /// Who called, for the record: an application's id.
    pub(crate) caller: Option<String>,
}

impl Answer {
    /// JSON, not to be stored: what a token endpoint answers.
    pub(crate) fn json(status: StatusCode, body: &Value) -> Self {
        Self::of(status, "application/json; charset=utf-8", Bytes::from(body.to_string()))
    }

    /// A page for people.
    pub(crate) fn html(status: StatusCode, body: String) -> Self {
        Self::of(status, "text/html; charset=utf-8", Bytes::from(body))
    }

    /// Plain text.
    pub(crate) fn text(status: StatusCode, body: String) -> Self {
        Self::of(status, "text/plain; charset=utf-8", Bytes::from(body))
    }

    /// Sends the browser elsewhere.
    pub(crate) fn redirect(to: &str) -> Self {
        Self::of(StatusCode::FOUND, "text/html; charset=utf-8", Bytes::new()).with("location", to)
    }

    /// Nothing.
    pub(crate) fn empty(status: StatusCode) -> Self {
        Self { status, headers: Vec::new(), body: Bytes::new(), caller: None }
    }

    /// With one more header. A value that cannot be one leaves it out.
    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.push((HeaderName::from_static(name), value));
        }
        self
    }

    /// Says who called.
    pub(crate) fn to(mut self, caller: &str) -> Self {
        self.caller = Some(String::from(caller));
        self
    }

    fn of(status: StatusCode, media_type: &str, body: Bytes) -> Self {
        Self { status, headers: Vec::new(), body, caller: None }.with("content-type", media_type)
    }
}
