//! The two documents of a provider: metadata and keys (OpenID Connect Discovery 1.0; RFC 8414; RFC 7517).

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::ACCEPT;
use http::{HeaderValue, Request, StatusCode};
use jose::KeySet;
use serde_json::Value;
use url::Url;

use crate::caller::{Attempts, Caller, may_call};
use crate::settings::PlainHttp;

/// A connection that breaks is made again, once: the next fetch may be minutes away. Whatever is answered counts.
const ATTEMPTS: Attempts = Attempts {
    count: 2,
    backoff: Duration::from_millis(200),
    total: Duration::from_secs(60),
    busy: |_| false,
};

/// What was fetched of a provider.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Documents {
    pub(super) issuer: Arc<str>,
    pub(super) keys: Bytes,
}

impl Documents {
    pub(super) fn key_set(&self) -> Result<KeySet, String> {
        KeySet::parse(&self.keys).map_err(|error| format!("its keys cannot be read: {error}"))
    }
}

/// Fetches metadata, then keys.
pub(super) async fn fetch(caller: &Caller, url: &str, plain: PlainHttp) -> Result<Documents, String> {
    let metadata_url = callable(url, plain).map_err(|why| format!("the address cannot be called: {why}"))?;
    let metadata = get(caller, &metadata_url).await.map_err(|why| format!("its metadata: {why}"))?;
    let Metadata { issuer, keys_url } = Metadata::parse(&metadata)?;
    let keys_url = callable(&keys_url, plain)
        .map_err(|why| format!("the `jwks_uri` of its metadata cannot be called: {why}"))?;
    let keys = get(caller, &keys_url).await.map_err(|why| format!("its keys: {why}"))?;
    Ok(Documents { issuer, keys })
}

fn callable(url: &str, plain: PlainHttp) -> Result<Url, String> {
    let url = Url::parse(url).map_err(|error| error.to_string())?;
    may_call(&url, plain)?;
    Ok(url)
}

async fn get(caller: &Caller, url: &Url) -> Result<Bytes, String> {
    let host = url.host_str().unwrap_or_default();
    let request = Request::get(url.as_str()).header(ACCEPT, HeaderValue::from_static("application/json"));
    let request = request.body(Bytes::new()).map_err(|error| error.to_string())?;
    let answer = caller.call_often(&request, ATTEMPTS).await.map_err(|error| error.to_string())?;
    match answer.status() {
        StatusCode::OK => Ok(answer.into_body()),
        status if status.is_redirection() => {
            Err(format!("`{host}` answered {status}, and redirects are not followed"))
        }
        status => Err(format!("`{host}` answered {status}")),
    }
}

struct Metadata {
    issuer: Arc<str>,
    keys_url: String,
}

impl Metadata {
    fn parse(document: &[u8]) -> Result<Self, String> {
        let document: Value = serde_json::from_slice(document)
            .map_err(|error| format!("its metadata is not JSON (line {})", error.line()))?;
        let text = |name: &str| {
            let value = document.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
            value.ok_or_else(|| format!("its metadata has no `{name}`"))
        };
        Ok(Self { issuer: text("issuer")?.into(), keys_url: text("jwks_uri")?.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_names_issuer_and_keys_or_is_refused() {
        let refused = |text: &str| Metadata::parse(text.as_bytes()).err();
        assert_eq!(refused("<html>"), Some("its metadata is not JSON (line 1)".to_owned()));
        assert_eq!(refused("[]"), Some("its metadata has no `issuer`".to_owned()));
        assert_eq!(refused(r#"{"issuer":""}"#), Some("its metadata has no `issuer`".to_owned()));
        assert_eq!(refused(r#"{"issuer":"i"}"#), Some("its metadata has no `jwks_uri`".to_owned()));
        let read =
            Metadata::parse(br#"{"issuer":"https://login/{tenantid}/v2.0","jwks_uri":"https://k"}"#).unwrap();
        assert_eq!((&*read.issuer, &*read.keys_url), ("https://login/{tenantid}/v2.0", "https://k"));
    }
}
