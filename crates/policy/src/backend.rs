//! Where a request goes: a base URL, or a backend entity with its credentials.

use std::fmt;
use std::sync::Arc;

use expr::Text;
use http::HeaderName;
use http::uri::Authority;
use secret::{SecretSlot, Unset};

use crate::{Breaker, PoolTarget, TokenRequest, Transport};

/// Scheme, authority and path prefix of a backend, as calls are joined to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl {
    /// `http` or `https`.
    pub scheme: Scheme,
    /// Host without port, as it is written (IPv6 in brackets).
    pub host: Arc<str>,
    /// Port, given or the scheme's.
    pub port: u16,
    /// Both as they stand in a request, made once; none when such a host cannot stand there.
    pub place: Option<Authority>,
    /// Path prefix without a slash at its end; empty for the root.
    pub path: Arc<str>,
    /// Query of the base URL, kept in front of the request's.
    pub query: Option<Arc<str>>,
    /// Whether it was made of a secret: expressions then see tainted text, logs nothing of it.
    pub tainted: bool,
    /// Whether a policy expression made it: then the addresses that it may reach are limited (decision 25).
    pub computed: bool,
}

/// The schemes that a backend may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// In clear.
    Http,
    /// Over TLS.
    Https,
}

impl Scheme {
    /// `http` or `https`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// 80 or 443.
    #[must_use]
    pub const fn port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// Why a base URL is not one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadBaseUrl {
    /// It cannot be read as a URL at all.
    #[error("it is not an absolute URL ({0})")]
    Syntax(String),
    /// Another scheme than `http` or `https`.
    #[error("its scheme must be `http` or `https`")]
    Scheme,
    /// It names no host.
    #[error("it names no host")]
    NoHost,
    /// User name or password in the URL.
    #[error("it must not hold a user name or password")]
    UserInfo,
}

impl BaseUrl {
    /// Reads a backend's URL.
    ///
    /// # Errors
    /// [`BadBaseUrl`] when it is not an absolute `http`, `https`, `ws` or `wss` URL with a host and without credentials.
    pub fn parse(text: &str) -> Result<Self, BadBaseUrl> {
        let url = url::Url::parse(text.trim()).map_err(|error| BadBaseUrl::Syntax(error.to_string()))?;
        let scheme = match url.scheme() {
            // A WebSocket begins as a request of HTTP (RFC 6455 3).
            "http" | "ws" => Scheme::Http,
            "https" | "wss" => Scheme::Https,
            _ => return Err(BadBaseUrl::Scheme),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(BadBaseUrl::UserInfo);
        }
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(BadBaseUrl::NoHost)?;
        // The library leaves out the port that is the scheme's.
        let place = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        Ok(Self {
            scheme,
            host: host.into(),
            port: url.port().unwrap_or(scheme.port()),
            place: Authority::try_from(place).ok(),
            path: url.path().trim_end_matches('/').into(),
            query: url.query().filter(|query| !query.is_empty()).map(Into::into),
            tainted: false,
            computed: false,
        })
    }

    /// The same, made of a secret if `by` is true.
    #[must_use]
    pub fn tainted_if(mut self, by: bool) -> Self {
        self.tainted |= by;
        self
    }

    /// The same, made by a policy expression.
    #[must_use]
    pub fn computed(mut self) -> Self {
        self.computed = true;
        self
    }

    /// `host`, or `host:port` when the port is not the scheme's.
    #[must_use]
    pub fn authority(&self) -> String {
        if self.port == self.scheme.port() {
            return self.host.to_string();
        }
        format!("{}:{}", self.host, self.port)
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.tainted {
            return f.write_str("***");
        }
        write!(f, "{}://{}{}", self.scheme.name(), self.authority(), self.path)
    }
}

/// Text with secrets in it: what a credential's value looks like once named values are resolved.
#[derive(Clone, Debug, Default)]
pub struct Template {
    pieces: Vec<Piece>,
}

/// A run of a [`Template`].
#[derive(Clone, Debug)]
pub enum Piece {
    /// Text of the configuration.
    Text(Text),
    /// A secret named value, read when it is used.
    Slot(SecretSlot),
}

impl Template {
    /// A template of these runs.
    #[must_use]
    pub fn new(pieces: Vec<Piece>) -> Self {
        Self { pieces }
    }

    /// The secrets in it.
    pub fn slots(&self) -> impl Iterator<Item = &SecretSlot> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Slot(slot) => Some(slot),
            Piece::Text(_) => None,
        })
    }

    /// The text with the secrets of this moment; tainted when it holds any.
    ///
    /// # Errors
    /// [`Unset`] when a secret has no value.
    pub fn render(&self) -> Result<Text, Unset> {
        if let [Piece::Text(text)] = self.pieces.as_slice() {
            return Ok(text.clone());
        }
        let mut out = String::new();
        let mut tainted = false;
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => out.push_str(text.as_str()),
                Piece::Slot(slot) => {
                    tainted = true;
                    out.push_str(slot.load()?.expose());
                }
            }
        }
        let text = Text::from(out);
        Ok(if tainted { text.tainted() } else { text })
    }
}

/// What a backend entity adds to each call.
///
/// COMPAT: a credential replaces a header or query parameter of the same name that the caller sent or a policy set:
/// the backend entity speaks last, so nobody can put another identity in its place. The page on backends does not
/// state the order; see `docs/compatibility.md`.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    /// Headers.
    pub headers: Vec<(HeaderName, Vec<Template>)>,
    /// Query parameters.
    pub query: Vec<(String, Vec<Template>)>,
    /// `Authorization`: scheme and parameter.
    pub authorization: Option<(Template, Template)>,
    /// Whether the connection itself carries one (a client certificate).
    pub client_certificate: bool,
    /// `Authorization: Bearer` with a token of the gateway's own for this. Not together with `authorization`.
    pub managed_identity: Option<TokenRequest>,
    /// The secrets of vaults among all these: a 401 may mean that they were rotated.
    pub rotating: Vec<SecretSlot>,
}

impl Credentials {
    /// Whether the backend has a credential of its own, so that a caller's token need not reach it.
    #[must_use]
    pub fn any(&self) -> bool {
        self.client_certificate
            || self.authorization.is_some()
            || self.managed_identity.is_some()
            || !self.headers.is_empty()
            || !self.query.is_empty()
    }
}

/// A backend entity, ready to be called.
#[derive(Clone, Debug)]
pub struct Backend {
    /// Its name, which `backend-id` gives; in a workspace behind the workspace's ([`model::qualified`]).
    pub id: Arc<str>,
    /// Where it is.
    pub url: BaseUrl,
    /// What it adds to each call.
    pub credentials: Credentials,
    /// How it is connected to (TLS settings, client certificate, proxy).
    pub transport: Transport,
    /// What keeps calls away from it while it fails.
    pub breaker: Option<Arc<dyn Breaker>>,
}

/// Where the request goes at this moment.
#[derive(Clone, Debug, Default)]
pub enum Target {
    /// Nowhere yet: the API has no service URL and no policy has chosen a backend.
    #[default]
    None,
    /// A URL: the API's service URL, or one that `set-backend-service` gave.
    Url(Arc<BaseUrl>),
    /// A backend entity.
    Backend(Arc<Backend>),
    /// A pool, of which each call gets a member.
    Pool(PoolTarget),
}

impl Target {
    /// Where it is; of a pool, where the member is that the latest call went to.
    #[must_use]
    pub fn base(&self) -> Option<&BaseUrl> {
        match self {
            Self::None => None,
            Self::Url(url) => Some(url),
            Self::Backend(backend) => Some(&backend.url),
            Self::Pool(pool) => pool.chosen().map(|backend| &backend.url),
        }
    }

    /// The backend entity that is called, if it is one; of a pool, the member that the latest call went to.
    #[must_use]
    pub fn backend(&self) -> Option<&Arc<Backend>> {
        match self {
            Self::Backend(backend) => Some(backend),
            Self::Pool(pool) => pool.chosen(),
            Self::None | Self::Url(_) => None,
        }
    }

    /// The name that `backend-id` gave, of a backend or of a pool.
    #[must_use]
    pub fn backend_id(&self) -> Option<&Arc<str>> {
        match self {
            Self::Backend(backend) => Some(&backend.id),
            Self::Pool(pool) => Some(&pool.pool().id),
            Self::None | Self::Url(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_loses_the_slash_at_its_end_and_keeps_its_port() {
        let url = BaseUrl::parse("http://127.0.0.1:8090/openai/").unwrap();
        assert_eq!(url.to_string(), "http://127.0.0.1:8090/openai");
        assert_eq!(BaseUrl::parse("https://a.example").unwrap().port, 443);
        assert_eq!(BaseUrl::parse("https://u:p@a.example"), Err(BadBaseUrl::UserInfo));
        assert_eq!(BaseUrl::parse("ftp://a.example"), Err(BadBaseUrl::Scheme));
        assert!(matches!(BaseUrl::parse("/relative"), Err(BadBaseUrl::Syntax(_))));
    }
}
