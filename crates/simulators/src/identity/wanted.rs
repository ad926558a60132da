//! What a token is asked for: `scope` of version 2, `resource` of version 1.

use super::directory::{App, Tenant};
use super::refusal::{Refusal, no_resource};

/// Microsoft Graph, which scopes without a resource belong to.
const GRAPH: &str = "https://graph.microsoft.com";

/// A resource and what shall be done there.
#[derive(Clone, Debug)]
pub(crate) struct Wanted<'a> {
    pub(crate) resource: &'a App,
    /// The resource as it was asked for: the audience of a token of version 1.
    pub(crate) name: String,
    /// The scopes by their names; empty for `/.default`.
    pub(crate) scopes: Vec<String>,
    pub(crate) default: bool,
    /// `openid`: an ID token too.
    pub(crate) openid: bool,
    /// `offline_access`: a refresh token too.
    pub(crate) offline: bool,
}

impl<'a> Wanted<'a> {
    /// What `scope` asks for.
    pub(crate) fn by_scope(tenant: &'a Tenant, scope: &str) -> Result<Self, Refusal> {
        let words: Vec<&str> = scope.split_whitespace().collect();
        let (protocol, others): (Vec<&str>, Vec<&str>) = words.iter().partition(|word| is_protocol(word));
        let asked: Vec<(&str, &str)> = others.into_iter().map(split).collect();
        let name = asked.first().map_or(GRAPH, |(resource, _)| *resource);
        if let Some((other, _)) = asked.iter().find(|(resource, _)| *resource != name) {
            return Err(several(scope, name, other));
        }
        let resource = tenant.resource(name).ok_or_else(|| no_resource(name, &tenant.id))?;
        let default = asked.iter().any(|(_, scope)| *scope == ".default");
        let named = asked.iter().map(|(_, scope)| *scope).filter(|scope| *scope != ".default");
        Ok(Self {
            resource,
            name: String::from(name),
            scopes: named.map(String::from).collect(),
            default,
            openid: protocol.contains(&"openid"),
            offline: protocol.contains(&"offline_access"),
        })
    }

    /// What `resource` asks for: everything that was consented to there.
    pub(crate) fn by_resource(tenant: &'a Tenant, name: &str) -> Result<Self, Refusal> {
        let resource = tenant.resource(name).ok_or_else(|| no_resource(name, &tenant.id))?;
        let name = String::from(name);
        Ok(Self { resource, name, scopes: Vec::new(), default: true, openid: true, offline: true })
    }

    /// The scopes that a user's token gets: what was asked for, or all that the resource exposes.
    pub(crate) fn granted(&self, client: &App) -> Result<Vec<String>, Refusal> {
        if let Some(unknown) = self.scopes.iter().find(|scope| !self.resource.scopes.contains(scope)) {
            return Err(no_scope(client, unknown, self.resource));
        }
        let all = self.default || self.scopes.is_empty();
        Ok(if all { self.resource.scopes.clone() } else { self.scopes.clone() })
    }
}

fn is_protocol(word: &str) -> bool {
    matches!(word, "openid" | "profile" | "email" | "offline_access")
}

/// The resource and the scope of it.
fn split(word: &str) -> (&str, &str) {
    word.rsplit_once('/').unwrap_or((GRAPH, word))
}

fn several(scope: &str, one: &str, other: &str) -> Refusal {
    let text = format!(
        "Provided value for the input parameter scope is not valid because it contains more than one resource. Scope \
         {scope} is not valid: {one}, {other}."
    );
    Refusal::request(28_000, text).named("invalid_scope")
}

fn no_scope(client: &App, scope: &str, resource: &App) -> Refusal {
    let text = format!(
        "The application '{}' asked for scope '{scope}' that doesn't exist on the resource '{}'. Contact the app vendor.",
        client.name, resource.id
    );
    Refusal::request(650_053, text).named("invalid_client")
}
