//! A request that was read whole.

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Method};

use super::form::Form;

/// Which listener a request came in by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    /// HTTPS.
    Tls,
    /// Plain HTTP, as a machine's own endpoints are.
    Plain,
}

/// A request.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) door: Door,
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: Form,
    raw_query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Asked {
    pub(crate) fn new(door: Door, parts: &Parts, body: Bytes) -> Self {
        Self {
            door,
            method: parts.method.clone(),
            path: String::from(parts.uri.path()),
            query: Form::parse(parts.uri.query().unwrap_or_default()),
            raw_query: String::from(parts.uri.query().unwrap_or_default()),
            headers: parts.headers.clone(),
            body,
        }
    }

    /// The segments of the path, without empty ones.
    pub(crate) fn segments(&self) -> Vec<&str> {
        self.path.split('/').filter(|segment| !segment.is_empty()).collect()
    }

    /// The query as it was sent.
    pub(crate) fn raw_query(&self) -> &str {
        &self.raw_query
    }

    /// The body as a form.
    pub(crate) fn form(&self) -> Form {
        Form::parse(&String::from_utf8_lossy(&self.body))
    }

    /// A header as text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}
