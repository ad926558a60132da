//! The request of an exchange: what the caller asked for, and what goes to the backend at this moment.
//!
//! Most requests go on with the path and the query that they came with. So these stay where they were read from the
//! connection, and nothing is copied until a policy makes other ones.
//!
//! ```
//! use http::{HeaderMap, Method, Uri};
//! use policy::{Host, MessageBody, Original, Request};
//!
//! let uri = Uri::from_static("/shop/orders/1?a=b");
//! let original = Original { method: Method::GET, scheme: "https", host: Host::named("a.example"), port: 443, uri };
//! let mut request = Request::new(original, HeaderMap::new(), MessageBody::None);
//! request.path = policy::RequestPath::Sent { from: "/shop".len() };
//! assert_eq!((request.path(), request.query()), ("/orders/1", Some("a=b")));
//! request.query_mut().get_or_insert_default().push_str("&c=d");
//! assert_eq!((request.query(), request.original.query()), (Some("a=b&c=d"), Some("a=b")));
//! ```

use std::net::IpAddr;
use std::sync::Arc;

use expr::Text;
use http::{HeaderMap, HeaderValue, Method, Uri};

use crate::MessageBody;

/// A request.
#[derive(Debug)]
pub struct Request {
    /// `context.Request.Method`.
    pub method: Method,
    /// Path relative to the target's; [`Request::path`] reads it.
    pub path: RequestPath,
    /// Query; [`Request::query`] reads it.
    pub query: RequestQuery,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: MessageBody,
    /// What the caller asked for, before any policy.
    pub original: Original,
    /// `context.Request.MatchedParameters`.
    pub matched: Vec<MatchedParameter>,
    /// The caller's address.
    pub client_ip: Option<IpAddr>,
    /// The caller's certificate, DER.
    pub certificate: Option<Arc<[u8]>>,
    /// The certificates that the caller showed beside it, DER.
    pub certificate_chain: Vec<Arc<[u8]>>,
    /// Whether a policy made its path or query of a secret: expressions then see tainted text, logs nothing of it.
    pub tainted_url: bool,
}

/// The path of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestPath {
    /// The caller's, from this byte of it on.
    Sent {
        /// How many bytes of it the API takes.
        from: usize,
    },
    /// One that a policy made.
    Made(String),
}

/// The query of a request: the caller's, unless a policy made one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestQuery(Option<Made>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Made {
    query: Option<String>,
}

impl RequestQuery {
    /// The query that the caller sent.
    pub const SENT: Self = Self(None);

    /// Another one, or none at all.
    #[must_use]
    pub const fn made(query: Option<String>) -> Self {
        Self(Some(Made { query }))
    }
}

/// A parameter of the operation's URL template and what the request has in its place.
#[derive(Clone, Debug)]
pub struct MatchedParameter {
    /// Its name.
    pub name: Arc<str>,
    /// Its value, decoded.
    pub value: Text,
    /// Its value as it was sent.
    pub raw: Text,
}

/// The URL and method that the caller used.
#[derive(Clone, Debug)]
pub struct Original {
    /// Method.
    pub method: Method,
    /// `http` or `https`.
    pub scheme: &'static str,
    /// Host; [`Original::host`] reads it.
    pub host: Host,
    /// Port.
    pub port: u16,
    /// The target of the request as it was sent.
    pub uri: Uri,
}

/// Where the host of a request stands.
#[derive(Clone, Debug)]
pub enum Host {
    /// At the beginning of the caller's `Host`.
    Header {
        /// The header's value.
        value: HeaderValue,
        /// The host's length in bytes.
        length: usize,
    },
    /// Elsewhere.
    Named(Arc<str>),
}

impl Host {
    /// A host by its name.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self::Named(name.into())
    }
}

impl Request {
    /// A request as it came.
    #[must_use]
    pub fn new(original: Original, headers: HeaderMap, body: MessageBody) -> Self {
        Self {
            method: original.method.clone(),
            path: RequestPath::Sent { from: 0 },
            query: RequestQuery::SENT,
            headers,
            body,
            original,
            matched: Vec::new(),
            client_ip: None,
            certificate: None,
            certificate_chain: Vec::new(),
            tainted_url: false,
        }
    }

    /// Path relative to the target's, with its escapes; empty or beginning with `/`.
    #[must_use]
    pub fn path(&self) -> &str {
        match &self.path {
            RequestPath::Sent { from } => self.original.path().get(*from..).unwrap_or_default(),
            RequestPath::Made(path) => path,
        }
    }

    /// Raw query without `?`.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        match &self.query.0 {
            None => self.original.query(),
            Some(made) => made.query.as_deref(),
        }
    }

    /// The query for a change.
    pub fn query_mut(&mut self) -> &mut Option<String> {
        let sent = || Made { query: self.original.query().map(str::to_owned) };
        &mut self.query.0.get_or_insert_with(sent).query
    }

    /// What is written of it if the exchange ends while it is elsewhere.
    pub(crate) fn stand_in(&self) -> Self {
        Self {
            method: self.method.clone(),
            client_ip: self.client_ip,
            tainted_url: self.tainted_url,
            ..Self::new(self.original.clone(), HeaderMap::new(), MessageBody::None)
        }
    }
}

impl Original {
    /// Host without port.
    #[must_use]
    pub fn host(&self) -> &str {
        match &self.host {
            Host::Header { value, length } => {
                value.to_str().ok().and_then(|text| text.get(..*length)).unwrap_or_default()
            }
            Host::Named(name) => name,
        }
    }

    /// Raw path.
    #[must_use]
    pub fn path(&self) -> &str {
        self.uri.path()
    }

    /// Raw query without `?`.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        self.uri.query()
    }

    /// Whether its port is the scheme's.
    #[must_use]
    pub fn is_usual_port(&self) -> bool {
        self.port == if self.scheme == "https" { 443 } else { 80 }
    }

    /// The `Host` that the caller sent: the port only when it is not the scheme's.
    #[must_use]
    pub fn host_header(&self) -> String {
        if self.is_usual_port() { self.host().to_owned() } else { format!("{}:{}", self.host(), self.port) }
    }
}
