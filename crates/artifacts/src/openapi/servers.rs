//! Where the service of a definition is.
//!
//! COMPAT (documentation of import): the first HTTPS URL of `servers`; without one the service URL stays empty. A
//! relative URL would need to know where the definition came from.

use source::Diagnostic;
use url::{Host, Url};

use super::Version;
use crate::tree::Node;

/// The service's URL, or why a definition that names servers names none that can be used.
pub(super) fn server(document: &Node, version: Version) -> (Option<Url>, Option<Diagnostic>) {
    let (found, at) = match version {
        Version::OpenApi3 => from_servers(document),
        Version::Swagger2 => from_host(document),
    };
    let unused = at.filter(|_| found.is_none()).map(unused);
    (found, unused)
}

fn from_servers(document: &Node) -> (Option<Url>, Option<&Node>) {
    let Some(servers) = document.get("servers").filter(|servers| !servers.items().is_empty()) else {
        return (None, None);
    };
    (servers.items().iter().find_map(|server| https(&substituted(server)?)), Some(servers))
}

/// The URL of a server with its variables at their defaults; none when a default is empty, which is how authors say
/// that a reader has to fill it in.
fn substituted(server: &Node) -> Option<String> {
    let mut url = server.get("url")?.text()?.to_owned();
    for variable in server.get("variables").map(Node::members).unwrap_or_default() {
        let default = variable.value.get("default").and_then(Node::scalar)?;
        if default.is_empty() {
            return None;
        }
        url = url.replace(&format!("{{{}}}", variable.name), default);
    }
    Some(url)
}

/// A URL without blanks and braces that begins with `https:`, has a host and no query.
fn https(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let plain = !text.contains(['{', '}', ' ']);
    let named = matches!(url.host(), Some(Host::Domain(name)) if !name.starts_with('.'))
        || matches!(url.host(), Some(Host::Ipv4(_) | Host::Ipv6(_)));
    (plain && named && url.scheme() == "https" && url.query().is_none()).then_some(url)
}

fn from_host(document: &Node) -> (Option<Url>, Option<&Node>) {
    let Some(host) = document.get("host") else { return (None, None) };
    let schemes = document.get("schemes").map(Node::items).unwrap_or_default();
    let secure = schemes.is_empty() || schemes.iter().any(|scheme| scheme.text() == Some("https"));
    let path = document.get("basePath").and_then(Node::text).unwrap_or("");
    let separator = if path.starts_with('/') || path.is_empty() { "" } else { "/" };
    let text = format!("https://{}{separator}{path}", host.text().unwrap_or(""));
    (https(&text).filter(|_| secure), Some(host))
}

fn unused(at: &Node) -> Diagnostic {
    let message = "none of the definition's servers has an absolute URL that begins with `https://`";
    Diagnostic::warning("no-usable-server", message)
        .at(at.at.clone())
        .help("say in `apiInformation.json` with `serviceUrl`, or in a policy, where calls go")
}
