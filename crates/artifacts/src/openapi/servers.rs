//! Where the service of a definition is.
//!
//! COMPAT (documentation of import): the first HTTPS URL of `servers`; without one the service URL stays empty. A
//! relative URL would need to know where the definition came from. Servers of single paths and operations do not
//! count, and a URL may not have a query. For Swagger 2.0 they are made of `schemes`, `host` and `basePath`, or are those
//! of the extension `x-servers`.

use source::{Diagnostic, Location};
use url::{Host, Url};

use super::Version;
use crate::tree::Node;

/// One server of a definition.
#[derive(Clone, Debug)]
pub struct Server {
    /// Its URL as it is written, with `{variables}`.
    pub url: String,
    /// What it says of its variables.
    pub variables: Vec<ServerVariable>,
    /// What people say about it.
    pub description: Option<String>,
    /// Where it was written.
    pub at: Location,
}

/// A variable in the URL of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerVariable {
    /// Its name.
    pub name: String,
    /// Its value unless somebody gives it another one. One that is empty, or holds braces, is how authors say that
    /// somebody has to.
    pub default: Option<String>,
    /// The values that it may have; empty for any.
    pub values: Vec<String>,
}

/// Why calls cannot go to a server.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// A variable has no value.
    #[error("the variable `{0}` has no value")]
    Open(String),
    /// It may not have the value that it was given.
    #[error("the variable `{name}` may be {values}, not `{given}`")]
    Value {
        /// The variable.
        name: String,
        /// What it was given.
        given: String,
        /// What it may be.
        values: String,
    },
    /// It is empty.
    #[error("its URL is empty")]
    Empty,
    /// It says a path only.
    #[error("`{0}` is relative: it does not say on which host")]
    Relative(String),
    /// It is no URL to which a path can be appended.
    #[error(
        "`{0}` is not a URL that begins with `https://` or `http://`, has a host, and no query, fragment or user"
    )]
    NotBase(String),
}

impl Server {
    /// Its URL with values for its variables.
    ///
    /// # Errors
    /// [`Unusable`] when a variable is left without a value, or when what comes out is no absolute URL.
    pub fn target(&self, given: impl Fn(&str) -> Option<String>) -> Result<Url, Unusable> {
        let mut url = String::new();
        let mut rest = self.url.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, after)) = after.split_once('}') else { break };
            url.push_str(before);
            url.push_str(&self.value(name, given(name))?);
            rest = after;
        }
        url.push_str(rest);
        base(&url)
    }

    fn value(&self, name: &str, given: Option<String>) -> Result<String, Unusable> {
        let variable = self.variables.iter().find(|variable| variable.name == name);
        if let (Some(given), Some(variable)) = (&given, variable)
            && !variable.values.is_empty()
            && !variable.values.contains(given)
        {
            let values: Vec<String> = variable.values.iter().map(|value| format!("`{value}`")).collect();
            let (name, given) = (name.to_owned(), given.clone());
            return Err(Unusable::Value { name, given, values: values.join(" or ") });
        }
        let default = variable.and_then(|variable| variable.default.clone());
        let default = default.filter(|text| !text.is_empty() && !text.contains(['{', '}']));
        given.or(default).ok_or_else(|| Unusable::Open(name.to_owned()))
    }
}

/// A URL of a service, to which a path can be appended.
///
/// # Errors
/// [`Unusable`] when it is relative, or has a query, a fragment or a user, or is not of HTTP.
pub fn base(text: &str) -> Result<Url, Unusable> {
    let refused = || Unusable::NotBase(text.to_owned());
    let url = match Url::parse(text) {
        _ if text.is_empty() => return Err(Unusable::Empty),
        Err(url::ParseError::RelativeUrlWithoutBase) => return Err(Unusable::Relative(text.to_owned())),
        other => other.map_err(|_| refused())?,
    };
    let named = matches!(url.host(), Some(Host::Domain(name)) if !name.starts_with('.'))
        || matches!(url.host(), Some(Host::Ipv4(_) | Host::Ipv6(_)));
    let plain = !text.contains(['{', '}', ' ']) && url.query().is_none() && url.fragment().is_none();
    let nobody = url.username().is_empty() && url.password().is_none();
    let web = matches!(url.scheme(), "http" | "https");
    if plain && named && nobody && web { Ok(url) } else { Err(refused()) }
}

/// The servers of a definition, in order.
pub(super) fn servers(document: &Node, version: Version) -> Vec<Server> {
    match version {
        Version::OpenApi3 => listed(document, "servers"),
        Version::Swagger2 => {
            let extended = listed(document, "x-servers");
            if extended.is_empty() { from_host(document) } else { extended }
        }
    }
}

/// The service's URL, or why a definition that names servers names none that can be used.
pub(super) fn server(document: &Node, version: Version) -> (Option<Url>, Option<Diagnostic>) {
    let servers = servers(document, version);
    let secure = |server: &Server| server.target(|_| None).ok().filter(|url| url.scheme() == "https");
    match (servers.iter().find_map(secure), servers.first()) {
        (None, Some(first)) => (None, Some(unused(first.at.clone()))),
        (found, _) => (found, None),
    }
}

fn listed(document: &Node, name: &str) -> Vec<Server> {
    let nodes = document.get(name).map(Node::items).unwrap_or_default();
    nodes.iter().map(one).collect()
}

fn one(node: &Node) -> Server {
    let word = |name: &str| node.get(name).and_then(Node::scalar).map(str::to_owned);
    let variables = node.get("variables").map(Node::members).unwrap_or_default();
    let variable = |name: &str, about: &Node| ServerVariable {
        name: name.to_owned(),
        default: about.get("default").and_then(Node::scalar).map(str::to_owned),
        values: about
            .get("enum")
            .map(Node::items)
            .unwrap_or_default()
            .iter()
            .filter_map(Node::scalar)
            .map(str::to_owned)
            .collect(),
    };
    Server {
        url: word("url").unwrap_or_default(),
        variables: variables.iter().map(|member| variable(&member.name, &member.value)).collect(),
        description: word("description"),
        at: node.at.clone(),
    }
}

fn from_host(document: &Node) -> Vec<Server> {
    let Some(host) = document.get("host") else { return Vec::new() };
    let schemes = document.get("schemes").map(Node::items).unwrap_or_default();
    let mut schemes: Vec<&str> = schemes.iter().filter_map(Node::text).collect();
    if schemes.is_empty() {
        schemes.push("https");
    }
    let path = document.get("basePath").and_then(Node::text).unwrap_or("");
    let separator = if path.starts_with('/') || path.is_empty() { "" } else { "/" };
    let host_text = host.scalar().unwrap_or("");
    let server = |scheme: &str| Server {
        url: format!("{scheme}://{host_text}{separator}{path}"),
        variables: Vec::new(),
        description: None,
        at: host.at.clone(),
    };
    schemes.into_iter().map(server).collect()
}

fn unused(at: Location) -> Diagnostic {
    let message = "none of the definition's servers has an absolute URL that begins with `https://`";
    Diagnostic::warning("no-usable-server", message)
        .at(at)
        .help("say in `apiInformation.json` with `serviceUrl`, or in a policy, where calls go")
}
