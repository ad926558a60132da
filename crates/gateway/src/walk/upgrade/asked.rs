//! The caller's handshake (RFC 6455 4.2.1, RFC 8441 4).

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{
    CONNECTION, HeaderMap, HeaderName, HeaderValue, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::{Method, Request, Version};
use hyper::upgrade::OnUpgrade;
use policy::{Fault, FaultKind, Ports};

use super::VERSION;
use crate::listen::{Held, HeldSlot, opens_web_socket};

/// `Upgrade` of a handshake.
pub(super) const WEBSOCKET: HeaderValue = HeaderValue::from_static("websocket");

/// What a key is joined with to be answered (RFC 6455 1.3).
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// Bytes of a key.
const KEY: usize = 16;

/// How a WebSocket was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// The connection becomes one.
    Http1,
    /// A stream of HTTP/2 does.
    Http2,
}

/// A request for a WebSocket, as it came.
#[derive(Debug)]
pub(in super::super) struct Asked {
    pub(super) caller: OnUpgrade,
    pub(super) held: Option<Held>,
    form: Form,
}

impl Asked {
    /// Takes from a request what a WebSocket needs, if it asks for one. One over HTTP/2 then looks as it would over
    /// HTTP/1.1: a `GET`.
    pub(in super::super) fn of<B>(request: &mut Request<B>) -> Option<Self> {
        let form = form(request)?;
        if form == Form::Http2 {
            *request.method_mut() = Method::GET;
        }
        let held = request.extensions_mut().remove::<HeldSlot>().and_then(|slot| slot.take());
        Some(Self { caller: hyper::upgrade::on(request), held, form })
    }

    pub(super) fn form(&self) -> Form {
        self.form
    }

    /// Whether any answer of 200 would open the stream, whoever meant something else by it.
    pub(in super::super) fn is_stream(&self) -> bool {
        self.form == Form::Http2
    }

    /// The key of the handshake: the caller's, or one of ours where the caller's protocol has none.
    pub(super) fn key(&mut self, headers: &HeaderMap, ports: &Ports) -> Result<HeaderValue, Fault> {
        if headers.get(SEC_WEBSOCKET_VERSION).is_none_or(|version| version.as_bytes() != VERSION.as_bytes()) {
            let fault = refused("The gateway speaks version 13 of the WebSocket protocol.").status(426);
            return Err(fault.header(SEC_WEBSOCKET_VERSION, VERSION));
        }
        if self.form == Form::Http2 {
            let mut bytes = [0; KEY];
            ports.rng.fill(&mut bytes);
            let key = HeaderValue::from_str(&STANDARD.encode(bytes));
            return key.map_err(|_| refused("The handshake has no key."));
        }
        let mut keys = headers.get_all(SEC_WEBSOCKET_KEY).iter();
        match (keys.next(), keys.next()) {
            (Some(key), None) if is_key(key) => Ok(key.clone()),
            _ => Err(refused("A WebSocket handshake has one key of 16 bytes.")),
        }
    }
}

fn refused(message: &'static str) -> Fault {
    Fault::with_message(FaultKind::BadRequest, message).wire(message)
}

fn form<B>(request: &Request<B>) -> Option<Form> {
    if opens_web_socket(request) {
        return Some(Form::Http2);
    }
    let headers = request.headers();
    let asks = request.version() == Version::HTTP_11
        && request.method() == Method::GET
        && has_token(headers, &UPGRADE, "websocket")
        && has_token(headers, &CONNECTION, "upgrade");
    asks.then_some(Form::Http1)
}

/// Whether a header that is a list holds a word, whatever its case.
pub(super) fn has_token(headers: &HeaderMap, name: &HeaderName, word: &str) -> bool {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|each| each.trim().eq_ignore_ascii_case(word))
}

fn is_key(key: &HeaderValue) -> bool {
    STANDARD.decode(key.as_bytes()).is_ok_and(|bytes| bytes.len() == KEY)
}

/// The answer to a key.
pub(super) fn accept_of(key: &HeaderValue) -> Vec<u8> {
    let joined = [key.as_bytes(), GUID].concat();
    STANDARD.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, &joined)).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6455 1.3.
    #[test]
    fn the_key_of_the_rfc_is_answered_as_there() {
        let key = HeaderValue::from_static("dGhlIHNhbXBsZSBub25jZQ==");
        assert!(is_key(&key));
        assert_eq!(accept_of(&key), b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        for bad in ["", "dGhlIHNhbXBsZQ==", "not base64!", "dGhlIHNhbXBsZSBub25jZSE="] {
            assert!(!is_key(&HeaderValue::from_static(bad)), "{bad}");
        }
    }

    #[test]
    fn a_handshake_is_told_by_method_version_and_both_headers() {
        let request = |method: &str, version, headers: &[(&str, &str)]| {
            let mut request = Request::builder().method(method).version(version).uri("/");
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            form(&request.body(()).unwrap())
        };
        let both = [("upgrade", "WebSocket"), ("connection", "keep-alive, Upgrade")];
        let (http11, http10) = (Version::HTTP_11, Version::HTTP_10);
        assert_eq!(request("GET", http11, &both), Some(Form::Http1));
        assert_eq!(request("POST", http11, &both), None);
        assert_eq!(request("GET", http10, &both), None);
        assert_eq!(request("GET", http11, &both[..1]), None);
        assert_eq!(request("GET", http11, &[("upgrade", "h2c"), both[1]]), None);
    }
}
