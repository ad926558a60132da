//! What a vault answers to a request without a token: where to get one, and for which resource.
//!
//! ```text
//! WWW-Authenticate: Bearer authorization="https://login.example/tenant", resource="https://vault.azure.net"
//! ```
//!
//! Facts: management 3.1; `scope` may stand in for `resource`. Grammar: RFC 9110 11.6.1.

use std::sync::Arc;

use http::HeaderMap;
use http::header::WWW_AUTHENTICATE;
use url::Url;

/// A challenge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Challenge {
    /// Who issues tokens for the vault: authority and tenant. Told in errors only; the gateway's tokens come from where
    /// its settings say.
    pub(super) authorization: Option<Arc<str>>,
    /// The resource to ask a token for, as it was written.
    pub(super) resource: Arc<str>,
}

impl Challenge {
    /// The first usable challenge of an answer.
    pub(super) fn read(headers: &HeaderMap) -> Option<Self> {
        let values = headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
        values.filter_map(Self::parse).next()
    }

    fn parse(text: &str) -> Option<Self> {
        let (scheme, parameters) = text.trim().split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return None;
        }
        let (mut authorization, mut resource, mut scope) = (None, None, None);
        for (name, value) in Parameters(parameters) {
            match name.to_ascii_lowercase().as_str() {
                "authorization" | "authorization_uri" => authorization = Some(Arc::from(value)),
                "resource" => resource = Some(Arc::from(value)),
                "scope" => scope = Some(Arc::from(value)),
                _ => {}
            }
        }
        let resource: Arc<str> = resource.or(scope)?;
        (!resource.is_empty()).then_some(Self { authorization, resource })
    }

    /// Whether the resource is a domain that the vault's host lies in, or the host itself. A port that it names must be
    /// the vault's.
    ///
    /// COMPAT: Azure's client libraries compare the hosts (management 3.1): Python's with the port, Rust's without. A
    /// resource that is the vault's host itself is refused by both; a token for it is of no use elsewhere.
    pub(super) fn fits(&self, vault: &str) -> bool {
        let Ok(resource) = Url::parse(&self.resource) else { return false };
        let Ok(vault) = Url::parse(&format!("https://{vault}")) else { return false };
        let (Some(domain), Some(host)) = (resource.host_str(), vault.host_str()) else { return false };
        let same_port = resource.port().is_none_or(|port| vault.port() == Some(port));
        let inside = host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        resource.scheme() == "https" && same_port && inside && !domain.is_empty() && is_bare(&resource)
    }
}

/// Whether nothing stands beside the domain but what a scope has behind it. Further text could be a further scope.
fn is_bare(resource: &Url) -> bool {
    let nothing_beside = resource.username().is_empty()
        && resource.password().is_none()
        && resource.query().is_none()
        && resource.fragment().is_none();
    nothing_beside && matches!(resource.path(), "/" | "//" | "/.default" | "//.default")
}

/// `name=value` and `name="value"`, separated by commas or blanks.
struct Parameters<'a>(&'a str);

impl<'a> Iterator for Parameters<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let text = self.0.trim_start_matches([' ', '\t', ',']);
        let (name, rest) = text.split_once('=')?;
        let (value, rest) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => rest.split_at_checked(rest.find([',', ' ']).unwrap_or(rest.len()))?,
        };
        self.0 = rest;
        Some((name.trim(), value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(Option<Arc<str>>, Arc<str>)> {
        let mut headers = HeaderMap::new();
        headers.append(WWW_AUTHENTICATE, "Basic realm=\"x\"".parse().unwrap());
        headers.append(WWW_AUTHENTICATE, text.parse().unwrap());
        Challenge::read(&headers).map(|challenge| (challenge.authorization, challenge.resource))
    }

    /// management 3.1.
    #[test]
    fn a_challenge_names_authority_and_resource() {
        let both = Some((Some("https://login/t".into()), "https://vault.azure.net".into()));
        for text in [
            r#"Bearer authorization="https://login/t", resource="https://vault.azure.net""#,
            r#"bearer authorization_uri=https://login/t,resource=https://vault.azure.net"#,
            r#"Bearer resource="https://vault.azure.net" authorization="https://login/t""#,
            r#"Bearer authorization="https://login/t", scope="https://vault.azure.net""#,
        ] {
            assert_eq!(read(text), both, "{text}");
        }
        for text in
            ["Bearer", "Bearer resource=\"\"", "Bearer resource=\"open", "Basic resource=\"https://x\""]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }

    /// management 3.1: host `myvault.vault.localhost:18443` takes `https://vault.localhost:18443`.
    #[test]
    fn the_vault_must_lie_in_the_domain_of_the_resource() {
        for (vault, resource, fits) in [
            ("a.vault.azure.net", "https://vault.azure.net", true),
            ("a.vault.azure.net", "https://vault.azure.net/.default", true),
            ("a.vault.localhost:18443", "https://vault.localhost:18443", true),
            ("a.vault.localhost:18443", "https://vault.localhost:18444", false),
            ("localhost:8443", "https://localhost:8443", true),
            ("a.vault.azure.net", "https://management.azure.com", false),
            ("a.vault.azure.net", "https://ult.azure.net", false),
            ("a.vault.azure.net", "http://vault.azure.net", false),
            ("a.vault.azure.net", "vault.azure.net", false),
            ("a.vault.azure.net", "https://vault.azure.net.evil.example", false),
            ("a.vault.azure.net", "https://vault.azure.net@evil.example", false),
            ("a.vault.azure.net", "https://me@vault.azure.net", false),
            (
                "a.vault.azure.net",
                "https://vault.azure.net/.default https://management.azure.com/.default",
                false,
            ),
            ("a.vault.azure.net", "https://vault.azure.net https://management.azure.com", false),
            ("a.vault.azure.net", "https://vault.azure.net?x=y", false),
        ] {
            let challenge = Challenge { authorization: None, resource: resource.into() };
            assert_eq!(challenge.fits(vault), fits, "{vault} {resource}");
        }
    }
}
