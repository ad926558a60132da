//! The members of information files, in the extractor's order: `path` first for APIs, else by their names.

use model::{Api, ApiKind, Protocol};

use super::value::Object;

/// Members of `apiInformation.json` in the order of the APIOps tool's own record of it.
pub const API_ORDER: [&str; 24] = [
    "path",
    "apiRevision",
    "apiRevisionDescription",
    "apiType",
    "apiVersion",
    "apiVersionDescription",
    "apiVersionSet",
    "apiVersionSetId",
    "authenticationSettings",
    "contact",
    "description",
    "displayName",
    "format",
    "isCurrent",
    "license",
    "protocols",
    "serviceUrl",
    "sourceApiId",
    "subscriptionKeyParameterNames",
    "subscriptionRequired",
    "termsOfServiceUrl",
    "translateRequiredQueryParameters",
    "type",
    "value",
];

/// Members of `backendInformation.json` in the same order.
pub const BACKEND_ORDER: [&str; 12] = [
    "circuitBreaker",
    "credentials",
    "description",
    "pool",
    "properties",
    "protocol",
    "proxy",
    "resourceId",
    "title",
    "tls",
    "type",
    "url",
];

/// The properties of an API.
///
/// Key names are written always: a folder that says them does not depend on who reads it.
#[must_use]
pub fn api_information(api: &Api) -> Object {
    let version_set = api.version.as_ref().map(|version| format!("/apiVersionSets/{}", version.set));
    let version = api.version.as_ref().and_then(|version| version.name.as_deref());
    let kind = (api.kind != ApiKind::Http).then(|| api.kind.as_str());
    let names =
        Object::new().with("header", api.key_names.header.as_str()).with("query", &*api.key_names.query);
    let protocols: Vec<&str> = api.protocols.iter().copied().map(protocol).collect();
    Object::new()
        .with("path", api.path.as_str())
        .with("apiRevision", &*api.revision)
        .maybe("apiVersion", version)
        .maybe("apiVersionSetId", version_set)
        .maybe("description", api.description.as_deref())
        .with("displayName", api.display_name.as_str())
        .with("isCurrent", api.is_current)
        .with("protocols", protocols)
        .maybe("serviceUrl", api.service_url.as_ref().map(url_text))
        .with("subscriptionKeyParameterNames", names)
        .with("subscriptionRequired", api.subscription_required)
        .maybe("termsOfServiceUrl", api.terms_of_service_url.as_deref())
        .maybe("type", kind)
}

/// A URL without the slash that stands for nothing.
fn url_text(url: &url::Url) -> String {
    let text = url.as_str();
    let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    text.strip_suffix('/').filter(|_| bare).unwrap_or(text).to_owned()
}

fn protocol(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Http => "http",
        Protocol::Https => "https",
        Protocol::Ws => "ws",
        Protocol::Wss => "wss",
    }
}

/// The properties of a backend that is one service. More of them, such as credentials, are added with
/// [`Object::set_in_order`] and [`BACKEND_ORDER`].
#[must_use]
pub fn single_backend(title: &str, url: &str) -> Object {
    Object::new().with("protocol", "http").with("title", title).with("url", url)
}

/// The properties of a named value that everybody may see.
#[must_use]
pub fn named_value(display_name: &str, value: &str) -> Object {
    Object::new().with("displayName", display_name).with("secret", false).with("value", value)
}

/// The properties of a named value whose secret is elsewhere: `secrets.toml` says where.
#[must_use]
pub fn secret_named_value(display_name: &str) -> Object {
    Object::new().with("displayName", display_name).with("secret", true)
}

/// The properties of a named value whose secret a key vault holds, read as the system-assigned identity or as a
/// user-assigned one.
#[must_use]
pub fn vault_named_value(display_name: &str, secret_identifier: &str, client_id: Option<&str>) -> Object {
    let vault = Object::new().with("secretIdentifier", secret_identifier);
    Object::new()
        .with("displayName", display_name)
        .with("keyVault", vault.maybe("identityClientId", client_id))
        .with("secret", true)
}

/// The properties of a published product that takes a key.
#[must_use]
pub fn product(display_name: &str) -> Object {
    Object::new()
        .with("displayName", display_name)
        .with("approvalRequired", false)
        .with("state", "published")
        .with("subscriptionRequired", true)
}

/// The file of the link between a product and an API: `{}`.
#[must_use]
pub fn product_api() -> String {
    super::json::text(&Object::new().into())
}
