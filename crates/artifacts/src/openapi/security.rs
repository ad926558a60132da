//! Security schemes. COMPAT: API Management's import ignores them; they are read as a proposal for whoever imports.

use super::Version;
use super::references::resolved;
use crate::tree::Node;

/// How callers of a service prove who they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityScheme {
    /// Its name in the definition.
    pub name: String,
    /// What it is.
    pub kind: SecurityKind,
    /// Whether the definition, or an operation, asks for it.
    pub is_asked_for: bool,
}

/// What a security scheme is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecurityKind {
    /// A key in this header.
    KeyInHeader(String),
    /// A key in this query parameter.
    KeyInQuery(String),
    /// A key in this cookie.
    KeyInCookie(String),
    /// User and password.
    Basic,
    /// A token in `Authorization: Bearer`.
    Bearer,
    /// A token of an OpenID provider, whose metadata are at this URL.
    OpenId(String),
    /// A token of an OAuth 2 server; the URL where a user signs in, or else where a token is asked for.
    OAuth2(Option<String>),
    /// Something else, such as `mutualTLS`.
    Other(String),
}

/// The schemes of a definition, those that it asks for first. A definition that asks for none may mean all of them.
pub(super) fn schemes(document: &Node, version: Version) -> Vec<SecurityScheme> {
    let declared = match version {
        Version::Swagger2 => document.get("securityDefinitions"),
        Version::OpenApi3 => document.get("components").and_then(|all| all.get("securitySchemes")),
    };
    let asked = asked_for(document);
    let mut schemes = Vec::new();
    for member in declared.map(Node::members).unwrap_or_default() {
        let Some(kind) = resolved(document, &member.value).ok().map(kind) else { continue };
        let is_asked_for = asked.contains(&member.name.as_str());
        schemes.push(SecurityScheme { name: member.name.clone(), kind, is_asked_for });
    }
    schemes.sort_by_key(|scheme| !scheme.is_asked_for);
    schemes
}

fn kind(node: &Node) -> SecurityKind {
    let word = |name: &str| node.get(name).and_then(Node::scalar).unwrap_or("").to_owned();
    let name = word("name");
    match (word("type").to_ascii_lowercase().as_str(), word("in").to_ascii_lowercase().as_str()) {
        ("apikey", "header") => SecurityKind::KeyInHeader(name),
        ("apikey", "query") => SecurityKind::KeyInQuery(name),
        ("apikey", "cookie") => SecurityKind::KeyInCookie(name),
        ("basic", _) => SecurityKind::Basic,
        ("http", _) if word("scheme").eq_ignore_ascii_case("basic") => SecurityKind::Basic,
        ("http", _) if word("scheme").eq_ignore_ascii_case("bearer") => SecurityKind::Bearer,
        ("openidconnect", _) => SecurityKind::OpenId(word("openIdConnectUrl")),
        ("oauth2", _) => SecurityKind::OAuth2(oauth_url(node)),
        (other, _) => SecurityKind::Other(other.to_owned()),
    }
}

fn oauth_url(node: &Node) -> Option<String> {
    let flows = node.get("flows").map(Node::members).unwrap_or_default();
    let places = || std::iter::once(node).chain(flows.iter().map(|flow| &flow.value));
    let url = |name: &'static str| places().find_map(move |place| place.get(name).and_then(Node::text));
    url("authorizationUrl").or_else(|| url("tokenUrl")).map(str::to_owned)
}

/// The names of schemes in every `security` of the document and its operations.
fn asked_for(document: &Node) -> Vec<&str> {
    let items = document.get("paths").map(Node::members).unwrap_or_default();
    let operations = items.iter().flat_map(|item| item.value.members()).map(|member| &member.value);
    let lists = std::iter::once(document).chain(operations).filter_map(|place| place.get("security"));
    let mut names: Vec<&str> =
        lists.flat_map(Node::items).flat_map(Node::members).map(|member| member.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    names
}
