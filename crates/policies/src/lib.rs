//! Every policy, one file each, and the list of them.
//!
//! A policy is a module of this crate: `set_header.rs` holds all of `set-header`. Adding one takes a file and a word
//! in the list below; diagnostics, reference pages, example tests and the schema follow from the list. See
//! `docs/adding-a-policy.md`.
//!
//! ```
//! let known = policies::REGISTRY.find("set-header").map(|entry| entry.spec.summary);
//! assert_eq!(known, Some("Sets, extends or removes a header of the request or of the response."));
//! assert!(policies::REGISTRY.is_planned("rate-limit"));
//! ```
//!
//! What several policies share stands in `parts`; [`mod@reference`] writes pages and schema from the list. What runs a
//! policy (compiler, executor, exchange) is the crate `policy`.

mod parts;
pub mod reference;

use policy::{PolicyEntry, Registry};

/// Declares the module of each policy and lists the policies, sorted by name.
macro_rules! policies {
    ($($name:ident,)*) => {
        $(mod $name;)*

        /// All policies.
        pub static REGISTRY: Registry = Registry {
            policies: &[$(PolicyEntry { spec: &$name::SPEC, compile: $name::compile },)*],
            planned: PLANNED,
            not_in_handshakes: NOT_IN_HANDSHAKES,
        };

        /// The modules of the policies, in the order of the list.
        pub const MODULES: &[&str] = &[$(stringify!($name)),*];
    };
}

policies! {
    authentication_basic,
    authentication_managed_identity,
    check_header,
    choose,
    cors,
    forward_request,
    include_fragment,
    ip_filter,
    key_vault_configuration,
    proxy,
    retry,
    return_response,
    rewrite_uri,
    set_backend_service,
    set_body,
    set_header,
    set_method,
    set_query_parameter,
    set_status,
    set_variable,
    trace,
    validate_azure_ad_token,
    validate_jwt,
}

/// What cannot be applied to the operation `onHandshake` of a WebSocket API.
///
/// COMPAT: the list "Unsupported policies" of the page "Import a WebSocket API". Those that a WebSocket API inherits are
/// skipped when it is called, says the page.
const NOT_IN_HANDSHAKES: &[&str] = &[
    "cache-lookup",
    "cache-store",
    "cors",
    "cross-domain",
    "json-to-xml",
    "jsonp",
    "mock-response",
    "set-body",
    "set-method",
    "validate-content",
    "validate-headers",
    "validate-parameters",
    "validate-status-code",
    "xml-to-json",
    "xsl-transform",
];

/// What API Management has and we do not run yet: refused at load with "not yet supported", sorted.
///
/// Sources: the policy reference, the published schemas (`authentication-token` and the like), and the policies of the
/// AI gateway.
const PLANNED: &[&str] = &[
    "authentication-certificate",
    "authentication-token",
    "authentication-token-store",
    "azure-openai-emit-token-metric",
    "azure-openai-semantic-cache-lookup",
    "azure-openai-semantic-cache-store",
    "azure-openai-token-limit",
    "block",
    "cache-lookup",
    "cache-lookup-value",
    "cache-remove-value",
    "cache-store",
    "cache-store-value",
    "cache-value",
    "cosmosdb-data-source",
    "cross-domain",
    "emit-metric",
    "find-and-replace",
    "get-authorization-context",
    "graphql-data-source",
    "http-data-source",
    "invoke-dapr-binding",
    "invoke-request",
    "json-to-xml",
    "jsonp",
    "limit-concurrency",
    "llm-content-safety",
    "llm-emit-token-metric",
    "llm-semantic-cache-lookup",
    "llm-semantic-cache-store",
    "llm-token-limit",
    "log-to-eventhub",
    "mock-response",
    "publish-event",
    "publish-to-dapr",
    "quota",
    "quota-by-key",
    "rate-limit",
    "rate-limit-by-key",
    "redirect-content-urls",
    "send-one-way-request",
    "send-request",
    "send-service-bus-message",
    "set-request-metric-dimension-value",
    "sql-data-source",
    "validate-client-certificate",
    "validate-content",
    "validate-graphql-request",
    "validate-headers",
    "validate-odata-request",
    "validate-parameters",
    "validate-status-code",
    "wait",
    "xml-to-json",
    "xsl-transform",
];
