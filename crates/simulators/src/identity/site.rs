//! Which page a path means.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{Method, StatusCode, header};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use super::directory::{Tenant, TokenVersion, is_any};
use super::grants::Call;
use super::refusal::{Ids, Refusal, no_tenant};
use super::state::State;
use super::{authorize, discovery, groups, own};
use crate::managed_identity::Endpoints;
use crate::web::{Answer, Asked, Door, Site};

/// The identity provider behind HTTPS, the managed identity endpoints behind HTTP.
pub(crate) struct IdentitySite {
    pub(crate) state: Arc<State>,
    pub(crate) managed: Endpoints,
    /// The certificate of the authority in PEM.
    pub(crate) ca: String,
}

impl Site for IdentitySite {
    const PARTS: &'static [&'static str] =
        &["metadata", "keys", "token", "authorize", "groups", "managed-identity", "other"];

    fn part(&self, asked: &Asked) -> &'static str {
        match (asked.door, asked.segments().as_slice()) {
            (Door::Plain, _) => "managed-identity",
            (_, [.., ".well-known", _] | [_, "discovery", "instance"]) => "metadata",
            (_, [.., "keys"]) => "keys",
            (_, [.., "token"]) => "token",
            (_, [.., "authorize"]) => "authorize",
            (_, [.., "getMemberObjects"]) => "groups",
            _ => "other",
        }
    }

    fn answer(&self, asked: &Asked) -> Answer {
        match asked.door {
            Door::Plain => self.managed.answer(&self.state, asked),
            Door::Tls => self.page(asked),
        }
    }

    fn own(&self, page: &str, asked: &Asked) -> Option<Answer> {
        own::answer(&self.state, &self.ca, page, asked)
    }
}

impl IdentitySite {
    fn page(&self, asked: &Asked) -> Answer {
        let segments = asked.segments();
        if let ["cluster", rest @ ..] = segments.as_slice() {
            return self.cluster(rest);
        }
        let [path, rest @ ..] = segments.as_slice() else {
            return Answer::html(StatusCode::OK, String::from("<p>An identity provider on loopback.</p>"));
        };
        let directory = self.state.directory();
        match directory.tenant(&decoded(path)) {
            Some(tenant) => self.of_tenant(asked, tenant, path, rest),
            None => refused(&self.state, asked, &no_tenant(path)),
        }
    }

    fn of_tenant(&self, asked: &Asked, tenant: &Tenant, path: &str, rest: &[&str]) -> Answer {
        let issuers = &self.state.issuers;
        // COMPAT: metadata of `common` has a placeholder for the tenant.
        let shown = if is_any(path) { "{tenantid}" } else { &tenant.id };
        let metadata = |version| public(&discovery::metadata(issuers, path, shown, version));
        match rest {
            [".well-known", "openid-configuration"] => metadata(TokenVersion::V1),
            ["v2.0", ".well-known", "openid-configuration"] => metadata(TokenVersion::V2),
            ["discovery", "instance"] => public(&discovery::instance(issuers, path)),
            ["discovery", "keys"] => public(&self.state.keys.jwks(&Map::new())),
            ["discovery", "v2.0", "keys"] => {
                public(&self.state.keys.jwks(&issuer(&issuers.issuer(shown, TokenVersion::V2))))
            }
            ["oauth2", "token"] => self.token(asked, tenant, path, TokenVersion::V1),
            ["oauth2", "v2.0", "token"] => self.token(asked, tenant, path, TokenVersion::V2),
            ["oauth2", "authorize"] => authorize::answer(&self.state, tenant, TokenVersion::V1, asked),
            ["oauth2", "v2.0", "authorize"] => {
                authorize::answer(&self.state, tenant, TokenVersion::V2, asked)
            }
            ["users", user, "getMemberObjects"] => groups::answer(&self.state, tenant, user, asked),
            _ => Answer::empty(StatusCode::NOT_FOUND),
        }
    }

    fn token(&self, asked: &Asked, tenant: &Tenant, path: &str, endpoint: TokenVersion) -> Answer {
        if asked.method == Method::OPTIONS {
            return preflight();
        }
        if asked.method != Method::POST {
            let text = format!(
                "The endpoint only accepts POST, OPTIONS requests. Received a {} request.",
                asked.method
            );
            return refused(&self.state, asked, &Refusal::request(900_561, text));
        }
        let call = Call {
            state: &self.state,
            tenant,
            path,
            endpoint,
            form: asked.form(),
            basic: basic(asked),
            cross_origin: asked.headers.contains_key(header::ORIGIN),
            now: self.state.now(),
        };
        let answer = match call.grant() {
            Ok(granted) => Answer::json(StatusCode::OK, &granted.body).to(&granted.client),
            Err(refusal) => refused(&self.state, asked, &refusal),
        };
        let answer = answer.with("cache-control", "no-store, no-cache").with("pragma", "no-cache");
        if call.cross_origin { answer.with("access-control-allow-origin", "*") } else { answer }
    }

    /// The simulated cluster as an OpenID provider.
    fn cluster(&self, rest: &[&str]) -> Answer {
        let issuer = self.state.cluster_issuer();
        match rest {
            [".well-known", "openid-configuration"] => public(&json!({
                "issuer": issuer,
                "jwks_uri": format!("{issuer}/keys"),
                "response_types_supported": ["id_token"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
            })),
            ["keys"] => match self.state.cluster.get() {
                Some(keys) => public(&keys.jwks(&Map::new())),
                None => Answer::empty(StatusCode::INTERNAL_SERVER_ERROR),
            },
            _ => Answer::empty(StatusCode::NOT_FOUND),
        }
    }
}

fn issuer(issuer: &str) -> Map<String, Value> {
    [(String::from("issuer"), Value::from(issuer))].into_iter().collect()
}

/// A document for everybody, browsers too.
fn public(body: &Value) -> Answer {
    Answer::json(StatusCode::OK, body).with("access-control-allow-origin", "*")
}

fn preflight() -> Answer {
    Answer::empty(StatusCode::NO_CONTENT)
        .with("access-control-allow-origin", "*")
        .with("access-control-allow-methods", "POST, OPTIONS")
        .with("access-control-allow-headers", "*")
        .with("access-control-max-age", "86400")
}

/// A refusal with ids of its own; the caller's correlation id is kept.
pub(super) fn refused(state: &State, asked: &Asked, refusal: &Refusal) -> Answer {
    let trace = state.ids.uuid();
    let correlation = asked.header("client-request-id").map_or_else(|| state.ids.uuid(), String::from);
    refusal.answer(&Ids { trace: &trace, correlation: &correlation, now: state.now() })
}

/// Id and secret of HTTP Basic, each form-encoded (RFC 6749, 2.3.1).
fn basic(asked: &Asked) -> Option<(String, String)> {
    let (scheme, credentials) = asked.header("authorization")?.split_once(' ')?;
    let text = String::from_utf8(STANDARD.decode(credentials.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    let decode = |text: &str| decoded(&text.replace('+', " "));
    scheme.eq_ignore_ascii_case("basic").then(|| (decode(id), decode(secret)))
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}
