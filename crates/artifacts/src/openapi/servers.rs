//! Where the service of a definition is.
//!
//! COMPAT (documentation of import): the first HTTPS URL of `servers`; without one the service URL stays empty. A
//! relative URL would need to know where the definition came from.

use source::{Diagnostic, Diagnostics};
use url::Url;

use super::Version;
use crate::tree::Node;

/// The service's URL; a definition that names servers but none that can be used is warned about.
pub(super) fn server(document: &Node, version: Version, problems: &mut Diagnostics) -> Option<Url> {
    match version {
        Version::OpenApi3 => from_servers(document, problems),
        Version::Swagger2 => from_host(document, problems),
    }
}

fn from_servers(document: &Node, problems: &mut Diagnostics) -> Option<Url> {
    let servers = document.get("servers")?;
    let found = servers.items().iter().filter_map(|server| https(&substituted(server)?)).next();
    if found.is_none() && !servers.items().is_empty() {
        problems.push(unused(servers));
    }
    found
}

/// The URL of a server with its variables at their defaults.
fn substituted(server: &Node) -> Option<String> {
    let mut url = server.get("url")?.text()?.to_owned();
    for variable in server.get("variables").map(Node::members).unwrap_or_default() {
        if let Some(default) = variable.value.get("default").and_then(Node::scalar) {
            url = url.replace(&format!("{{{}}}", variable.name), default);
        }
    }
    Some(url)
}

/// A URL without blanks and braces that begins with `https:` and has no query.
fn https(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let plain = !text.contains(['{', '}', ' ']);
    (plain && url.scheme() == "https" && url.query().is_none()).then_some(url)
}

fn from_host(document: &Node, problems: &mut Diagnostics) -> Option<Url> {
    let host = document.get("host")?;
    let schemes = document.get("schemes").map(Node::items).unwrap_or_default();
    let secure = schemes.is_empty() || schemes.iter().any(|scheme| scheme.text() == Some("https"));
    let path = document.get("basePath").and_then(Node::text).unwrap_or("");
    let separator = if path.starts_with('/') || path.is_empty() { "" } else { "/" };
    let found = https(&format!("https://{}{separator}{path}", host.text()?)).filter(|_| secure);
    if found.is_none() {
        problems.push(unused(host));
    }
    found
}

fn unused(at: &Node) -> Diagnostic {
    let message = "none of the definition's servers has an absolute URL that begins with `https://`";
    Diagnostic::warning("no-usable-server", message)
        .at(at.at.clone())
        .help("say in `apiInformation.json` with `serviceUrl`, or in a policy, where calls go")
}
