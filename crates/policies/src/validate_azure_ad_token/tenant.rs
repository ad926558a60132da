//! Tenants and environments of Microsoft Entra: where their metadata is, and how their tokens name their issuer.
//!
//! Sources: OpenID Connect on the Microsoft identity platform (metadata, `{tenantid}`), access tokens (issuers of both
//! versions), national clouds (endpoints), and the policy's page (forms of `tenant-id`).

use std::borrow::Cow;
use std::sync::Arc;

use expr::{Exception, Expected, Heap, Text, Value};
use jose::Token;
use policy::SettingValue;

use crate::parts::token::parties::wrong_issuer;
use crate::parts::token::refusal::Refusal;

/// The tenant of all personal accounts.
const PERSONAL: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

/// What stands for the tenant's id in issuers of metadata that is for several tenants.
const PLACEHOLDER: &str = "{tenantid}";

/// A tenant, or a word for several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tenant {
    /// As it stands in URLs.
    name: Arc<str>,
    /// Whether it is made of a secret.
    pub(super) hidden: bool,
}

/// Where an Entra environment is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Authority {
    /// Scheme, host and port, without a slash at the end.
    url: Arc<str>,
    /// Whether it is made of a secret.
    pub(super) hidden: bool,
}

impl Tenant {
    /// COMPAT: an id, a domain name or a URL. Of a URL with a path the first segment is the tenant
    /// (`https://login.microsoftonline.com/contoso.com`), of one without, the host (`https://contoso.onmicrosoft.com`).
    fn read(text: &Text) -> Option<Self> {
        let written = text.as_str().trim();
        let name = match written.split_once("://") {
            Some(("https" | "http", rest)) => {
                let mut parts = rest.split('/').filter(|part| !part.is_empty());
                let host = parts.next()?;
                parts.next().unwrap_or(host)
            }
            Some(_) => return None,
            None => written,
        };
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
        let is_name = !name.is_empty() && name.chars().all(fits) && !name.starts_with('.');
        is_name.then(|| Self { name: name.to_ascii_lowercase().into(), hidden: text.is_tainted() })
    }

    /// Where the metadata is.
    pub(super) fn metadata(&self, authority: &Authority) -> String {
        format!("{}/{}/v2.0/.well-known/openid-configuration", authority.url, self.name)
    }

    /// Whether the token's issuer is not this tenant. `published` is the issuer of the tenant's metadata.
    pub(super) fn issuer_refusal(&self, token: &Token, published: &str, authority: &Authority) -> Option<Refusal> {
        let refused = || Some(wrong_issuer(token.issuer(), if self.hidden { "***" } else { published }));
        let v2 = if published.contains(PLACEHOLDER) {
            let Some(tid) = token.text("tid").filter(|tid| is_guid(tid)) else { return refused() };
            if &*self.name == "organizations" && tid.eq_ignore_ascii_case(PERSONAL) {
                return refused();
            }
            Cow::from(published.replace(PLACEHOLDER, tid))
        } else {
            Cow::from(published)
        };
        let Some(issuer) = token.issuer() else { return refused() };
        let is_v1 = |id: &str| issuer == format!("{}/{id}/", authority.token_service());
        if issuer == v2 || guid_in(&v2).is_some_and(is_v1) { None } else { refused() }
    }
}

impl Authority {
    /// An authority of the gateway's settings.
    pub(super) fn of(url: &str) -> Self {
        Self { url: url.trim_end_matches('/').into(), hidden: false }
    }

    /// COMPAT: "prefix https:// is optional" (the policy's page of 2025-06).
    fn read(text: &Text) -> Option<Self> {
        let written = text.as_str().trim().trim_end_matches('/');
        let (scheme, host) = match written.split_once("://") {
            Some((scheme @ ("https" | "http"), host)) => (scheme, host),
            Some(_) => return None,
            None => ("https", written),
        };
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | ':' | '[' | ']');
        let is_host = !host.is_empty() && host.chars().all(fits);
        is_host.then(|| Self { url: format!("{scheme}://{}", host.to_ascii_lowercase()).into(), hidden: text.is_tainted() })
    }

    /// Who makes v1 tokens there. That of the public cloud makes those of the US Government too.
    fn token_service(&self) -> &'static str {
        let china = ["https://login.partner.microsoftonline.cn", "https://login.chinacloudapi.cn"];
        if china.contains(&&*self.url) { "https://sts.chinacloudapi.cn" } else { "https://sts.windows.net" }
    }
}

/// The first segment of a URL's path that is an id of a tenant.
fn guid_in(url: &str) -> Option<&str> {
    url.split('/').find(|part| is_guid(part))
}

fn is_guid(text: &str) -> bool {
    let groups: Vec<usize> = text.split('-').map(str::len).collect();
    groups == [8, 4, 4, 4, 12] && text.chars().all(|c| c == '-' || c.is_ascii_hexdigit())
}

impl SettingValue for Tenant {
    fn expected() -> Expected {
        Expected::String
    }

    fn from_text(text: &Text) -> Result<Self, String> {
        let wanted = "it must be the id of a tenant, a domain name, a URL, `common`, `organizations` or `consumers`";
        Self::read(text).ok_or_else(|| wanted.to_owned())
    }

    fn from_value(value: Value, heap: &Heap) -> Result<Self, Exception> {
        let text = Text::from_value(value, heap)?;
        Self::read(&text).ok_or_else(|| Exception::format("The value is not a tenant."))
    }
}

impl SettingValue for Authority {
    fn expected() -> Expected {
        Expected::String
    }

    fn from_text(text: &Text) -> Result<Self, String> {
        let wanted = "it must be a host name, such as `login.microsoftonline.us`, with or without `https://`";
        Self::read(text).ok_or_else(|| wanted.to_owned())
    }

    fn from_value(value: Value, heap: &Heap) -> Result<Self, Exception> {
        let text = Text::from_value(value, heap)?;
        Self::read(&text).ok_or_else(|| Exception::format("The value is not an endpoint."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The policy's page: "tenant ID or URL (for example, https://contoso.onmicrosoft.com)".
    #[test]
    fn a_tenant_has_three_forms() {
        let named = |text: &'static str| Tenant::read(&Text::from_static(text)).map(|tenant| tenant.name);
        assert_eq!(named("Contoso.onmicrosoft.com").as_deref(), Some("contoso.onmicrosoft.com"));
        assert_eq!(named("https://contoso.onmicrosoft.com/").as_deref(), Some("contoso.onmicrosoft.com"));
        assert_eq!(named("https://login.microsoftonline.com/contoso.com").as_deref(), Some("contoso.com"));
        for bad in ["", "a/b", "a b", "..", "ftp://a", "https://", "a?b", "a%2fb"] {
            assert_eq!(named(bad), None, "{bad}");
        }
    }

    /// The policy's page of 2025-06, and the page on national clouds.
    #[test]
    fn an_endpoint_may_leave_its_scheme_out() {
        let url = |text: &'static str| Authority::read(&Text::from_static(text)).map(|authority| authority.url);
        assert_eq!(url("login.microsoftonline.us").as_deref(), Some("https://login.microsoftonline.us"));
        assert_eq!(url("https://login.microsoftonline.us/").as_deref(), Some("https://login.microsoftonline.us"));
        assert_eq!(url("https://login.microsoftonline.us/common"), None);
        let china = Authority::of("https://login.partner.microsoftonline.cn/");
        assert_eq!(china.token_service(), "https://sts.chinacloudapi.cn");
    }
}
