//! What policies mean for callers, by their names: the one place of this crate that knows them.
//!
//! Documents are not compiled here, so that a configuration can be compared that this program could not run. What is not
//! in the list may do anything: whoever depends on such a policy is told that it decides.

/// What a policy means for who can reach what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// It lets some requests through and not others.
    Guards,
    /// It answers: nothing behind it runs.
    Answers,
    /// It sends the request.
    Forwards,
    /// It chooses where the request goes.
    ChoosesBackend,
    /// It replaces the path.
    Rewrites,
    /// It runs some of what it holds.
    Branches,
    /// It runs all that it holds.
    Wraps,
    /// Nothing of that.
    Neutral,
    /// Nobody knows.
    Unknown,
}

/// What a policy of that name means.
pub(crate) fn meaning(name: &str) -> Meaning {
    match name {
        "validate-jwt"
        | "validate-azure-ad-token"
        | "validate-client-certificate"
        | "check-header"
        | "ip-filter"
        | "get-authorization-context" => Meaning::Guards,
        "return-response" | "mock-response" => Meaning::Answers,
        "forward-request" => Meaning::Forwards,
        "set-backend-service" => Meaning::ChoosesBackend,
        "rewrite-uri" => Meaning::Rewrites,
        "choose" => Meaning::Branches,
        "retry" | "limit-concurrency" | "wait" => Meaning::Wraps,
        name if NEUTRAL.binary_search(&name).is_ok() => Meaning::Neutral,
        _ => Meaning::Unknown,
    }
}

/// Sorted. They change messages, count or record; a limit refuses for a while and nobody for good.
const NEUTRAL: &[&str] = &[
    "authentication-basic",
    "authentication-certificate",
    "authentication-managed-identity",
    "azure-openai-emit-token-metric",
    "azure-openai-semantic-cache-lookup",
    "azure-openai-semantic-cache-store",
    "azure-openai-token-limit",
    "cache-lookup",
    "cache-lookup-value",
    "cache-remove-value",
    "cache-store",
    "cache-store-value",
    "cache-value",
    "cors",
    "emit-metric",
    "find-and-replace",
    "json-to-xml",
    "key-vault-configuration",
    "llm-content-safety",
    "llm-emit-token-metric",
    "llm-semantic-cache-lookup",
    "llm-semantic-cache-store",
    "llm-token-limit",
    "log-to-eventhub",
    "proxy",
    "quota",
    "quota-by-key",
    "rate-limit",
    "rate-limit-by-key",
    "redirect-content-urls",
    "send-one-way-request",
    "send-request",
    "set-body",
    "set-header",
    "set-method",
    "set-query-parameter",
    "set-status",
    "set-variable",
    "trace",
    "xml-to-json",
    "xsl-transform",
];

/// Whether the text of an element or attribute is a secret, or may be one that somebody wrote there: it is not shown.
pub(crate) fn hides(element: &str, name: &str) -> bool {
    match element {
        "set-header" | "set-query-parameter" => name == "value",
        "authentication-certificate" => matches!(name, "body" | "password"),
        _ => matches!(name, "set-body" | "key" | "password"),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_list_is_sorted() {
        assert!(super::NEUTRAL.is_sorted());
    }
}
