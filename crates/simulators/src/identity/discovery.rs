//! Documents that say where everything is.
//!
//! COMPAT: members as `login.microsoftonline.com` has them, without those whose endpoints are not served here: device
//! codes, sign-out, user info.

use serde_json::{Value, json};

use super::claims::Issuers;
use super::directory::TokenVersion;

/// The metadata of a tenant. `path` is the tenant as it was asked for.
pub(crate) fn metadata(issuers: &Issuers, path: &str, tenant: &str, version: TokenVersion) -> Value {
    let base = &issuers.base;
    let (protocol, keys) = match version {
        TokenVersion::V1 => ("oauth2", "discovery/keys"),
        TokenVersion::V2 => ("oauth2/v2.0", "discovery/v2.0/keys"),
    };
    let scopes = match version {
        TokenVersion::V1 => json!(["openid"]),
        TokenVersion::V2 => json!(["openid", "profile", "email", "offline_access"]),
    };
    json!({
        "token_endpoint": format!("{base}/{path}/{protocol}/token"),
        "token_endpoint_auth_methods_supported":
            ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "jwks_uri": format!("{base}/{path}/{keys}"),
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code"],
        "scopes_supported": scopes,
        "issuer": issuers.issuer(tenant, version),
        "request_uri_parameter_supported": false,
        "authorization_endpoint": format!("{base}/{path}/{protocol}/authorize"),
        "code_challenge_methods_supported": ["plain", "S256"],
        "claims_supported": [
            "sub", "iss", "aud", "exp", "iat", "nonce", "preferred_username", "name", "tid", "ver"
        ],
        "tenant_region_scope": null,
        "cloud_instance_name": "microsoftonline.com",
        "cloud_graph_host_name": "graph.windows.net",
        "msgraph_host": "graph.microsoft.com",
    })
}

/// Which hosts are one authority, for clients that ask before they trust one.
pub(crate) fn instance(issuers: &Issuers, tenant: &str) -> Value {
    let host = issuers.base.strip_prefix("https://").unwrap_or(&issuers.base);
    json!({
        "tenant_discovery_endpoint": format!("{}/{tenant}/v2.0/.well-known/openid-configuration", issuers.base),
        "api-version": "1.1",
        "metadata": [{ "preferred_network": host, "preferred_cache": host, "aliases": [host] }],
    })
}
