//! Secrets of key vaults: how they are named, and which vaults may be asked.
//!
//! Facts: Key Vault's page on object identifiers (`https://{vault host}/secrets/{name}[/{version}]`), the limits of its
//! REST reference (names: letters, digits and `-`, at most 127), API Management's page on named values.

use std::fmt;
use std::sync::Arc;

use source::Diagnostic;
use url::Url;

use crate::Invalid;

const WHAT: &str = "secret identifier";
const VAULT: &str = "vault URL";

/// A secret in a key vault, and who reads it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct VaultReference {
    /// Which one.
    pub secret: VaultSecretIdentifier,
    /// The client id of the user-assigned identity that reads it; none for the system-assigned one.
    pub identity_client_id: Option<Arc<str>>,
}

impl fmt::Display for VaultReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let VaultSecretIdentifier { name, version, .. } = &self.secret;
        write!(f, "the secret `{name}`")?;
        if let Some(version) = version {
            write!(f, " (version `{version}`)")?;
        }
        write!(f, " of the vault `{}` as ", self.secret.vault_url())?;
        match &self.identity_client_id {
            None => f.write_str("the system-assigned identity"),
            Some(id) => write!(f, "the identity `{id}`"),
        }
    }
}

/// The name of a secret in a vault: `https://contoso.vault.azure.net/secrets/provider-key`, with a version behind it or
/// without.
///
/// ```
/// let id = model::VaultSecretIdentifier::parse("https://Contoso.vault.azure.net/secrets/provider-key").unwrap();
/// assert_eq!((id.vault_url().as_str(), id.name()), ("https://contoso.vault.azure.net", "provider-key"));
/// assert!(!id.is_pinned());
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct VaultSecretIdentifier {
    /// Host in lower case, with its port unless that is 443.
    authority: Arc<str>,
    name: Arc<str>,
    version: Option<Arc<str>>,
}

impl VaultSecretIdentifier {
    /// Reads an identifier. A slash at its end makes no difference.
    ///
    /// # Errors
    /// [`Invalid`] when it is not an `https` URL with a host and the parts `secrets`, name and, if wanted, version; or
    /// has a user, a query or a fragment.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let (authority, url) = vault(WHAT, text)?;
        let path = url.path().trim_start_matches('/');
        let parts: Vec<&str> = path.strip_suffix('/').unwrap_or(path).split('/').collect();
        let (name, version) = match parts.as_slice() {
            ["secrets", name] => (*name, None),
            ["secrets", name, version] => (*name, Some(*version)),
            ["keys" | "certificates", ..] => {
                let why = "names a key or certificate: a certificate is read as the secret of its name, `/secrets/…`";
                return Err(Invalid::rule(WHAT, text, why));
            }
            _ => {
                let why = "must be `https://<vault>/secrets/<name>`, with `/<version>` behind it or without";
                return Err(Invalid::rule(WHAT, text, why));
            }
        };
        let secret = Self::at(&authority, name)?;
        Ok(Self { version: version.map(checked_version).transpose()?, ..secret })
    }

    /// The latest version of a secret of the vault at a URL such as `https://contoso.vault.azure.net/`.
    ///
    /// # Errors
    /// [`Invalid`] when the URL has a path or anything but scheme, host and port, or the name is not one.
    pub fn in_vault(vault_url: &str, name: &str) -> Result<Self, Invalid> {
        let (authority, url) = vault(VAULT, vault_url)?;
        if url.path() != "/" {
            return Err(Invalid::rule(VAULT, vault_url, "must end after the host"));
        }
        Self::at(&authority, name)
    }

    fn at(authority: &str, name: &str) -> Result<Self, Invalid> {
        let what = "secret name";
        Invalid::check_length(what, name, 127)?;
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '-';
        Invalid::check_characters(what, name, "letters, digits and `-` only", fits)?;
        Ok(Self { authority: authority.into(), name: name.into(), version: None })
    }

    /// The vault's host, with its port unless that is 443.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Where the vault is, without a slash at its end.
    #[must_use]
    pub fn vault_url(&self) -> String {
        format!("https://{}", self.authority)
    }

    /// The secret's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The version that is read; none for the latest.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// Whether it names a version, so that it does not follow rotation.
    #[must_use]
    pub fn is_pinned(&self) -> bool {
        self.version.is_some()
    }
}

impl fmt::Display for VaultSecretIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "https://{}/secrets/{}", self.authority, self.name)?;
        self.version.as_ref().map_or(Ok(()), |version| write!(f, "/{version}"))
    }
}

impl fmt::Debug for VaultSecretIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VaultSecretIdentifier({self})")
    }
}

/// An `https` URL that has no user, query or fragment; before it, its host and, unless it is 443, port.
fn vault(what: &'static str, text: &str) -> Result<(String, Url), Invalid> {
    let refuse = |why: &str| Invalid::rule(what, text, why);
    let url = Url::parse(text).map_err(|error| refuse(&format!("is not a URL: {error}")))?;
    if url.scheme() != "https" {
        return Err(refuse("must begin with `https://`"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Invalid::rule(what, "https://…", "must not hold a user name or password"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(refuse("must not have a query or a fragment"));
    }
    let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(|| refuse("names no vault"))?;
    let authority = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    Ok((authority, url))
}

fn checked_version(text: &str) -> Result<Arc<str>, Invalid> {
    let what = "secret version";
    Invalid::check_length(what, text, 64)?;
    Invalid::check_characters(what, text, "letters and digits only", |c| c.is_ascii_alphanumeric())?;
    Ok(text.into())
}

/// Which vaults may be asked, and where the vaults of resource ids are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VaultHosts {
    allowed: Vec<Pattern>,
    suffix: Arc<str>,
}

impl Default for VaultHosts {
    /// Azure's vaults; resource ids mean vaults of the public cloud.
    fn default() -> Self {
        let allowed = Self::AZURE.into_iter().filter_map(|text| Pattern::new(text).ok()).collect();
        Self { allowed, suffix: "vault.azure.net".into() }
    }
}

impl VaultHosts {
    /// The hosts of vaults in Azure's public, Chinese and US government clouds, as settings write them (Azure's page on
    /// Key Vault endpoints).
    pub const AZURE: [&str; 3] = ["*.vault.azure.net", "*.vault.azure.cn", "*.vault.usgovcloudapi.net"];

    /// Takes the hosts that may be asked, each `contoso.vault.azure.net` or `*.vault.azure.net`, with a port unless it is
    /// 443; and what follows the name of a vault that a resource id gives (`vault.azure.net`). `*` stands for one label,
    /// the name of a vault: `*.vault.azure.net` is not `a.b.vault.azure.net`.
    ///
    /// # Errors
    /// [`Invalid`] for a host or a suffix that is not one.
    pub fn new<'a>(allowed: impl IntoIterator<Item = &'a str>, suffix: &str) -> Result<Self, Invalid> {
        let allowed = allowed.into_iter().map(Pattern::new).collect::<Result<Vec<_>, _>>()?;
        let suffix = suffix.trim_start_matches("*.").trim_start_matches('.').to_ascii_lowercase();
        check_host("vault suffix", &suffix)?;
        Ok(Self { allowed, suffix: suffix.into() })
    }

    /// Whether the vault of a secret may be asked.
    #[must_use]
    pub fn allows(&self, secret: &VaultSecretIdentifier) -> bool {
        self.allowed.iter().any(|pattern| pattern.matches(&secret.authority))
    }

    /// What is to be said of a secret whose vault may not be asked (`vault-not-allowed`), without the place that names
    /// it; nothing when the vault may be.
    #[must_use]
    pub fn problem(&self, secret: &VaultSecretIdentifier) -> Option<Diagnostic> {
        if self.allows(secret) {
            return None;
        }
        let host = &secret.authority;
        let allowed: Vec<&str> = self.allowed.iter().map(|pattern| pattern.text.as_ref()).collect();
        let help = format!(
            "allowed are `{}`; to allow it, add `{host}` to `allowed-hosts` under `[vault]` in the settings",
            allowed.join("`, `")
        );
        let message = format!("the vault `{host}` may not be asked");
        Some(Diagnostic::error("vault-not-allowed", message).help(help))
    }

    /// Where the vault of this name is, when only its name is known.
    #[must_use]
    pub fn url_of(&self, vault_name: &str) -> String {
        format!("https://{vault_name}.{}", self.suffix)
    }
}

/// A host that may be asked, or all hosts one label below another: what is further below is nobody's vault.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Pattern {
    text: Arc<str>,
}

impl Pattern {
    fn new(text: &str) -> Result<Self, Invalid> {
        let lower = text.trim().to_ascii_lowercase();
        let lower = lower.strip_suffix(":443").unwrap_or(&lower);
        check_host("vault host", lower.strip_prefix("*.").unwrap_or(lower))?;
        Ok(Self { text: lower.into() })
    }

    fn matches(&self, authority: &str) -> bool {
        match self.text.strip_prefix("*.") {
            Some(suffix) => {
                authority.split_once('.').is_some_and(|(label, rest)| !label.is_empty() && rest == suffix)
            }
            None => *self.text == *authority,
        }
    }
}

/// A host with or without a port, without scheme or path.
fn check_host(what: &'static str, text: &str) -> Result<(), Invalid> {
    Invalid::check_length(what, text, 253)?;
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    Invalid::check_characters(what, text, "a host and, if it is not 443, `:` and a port", fits)?;
    match Url::parse(&format!("https://{text}")).is_ok_and(|url| url.path() == "/" && url.has_host()) {
        true => Ok(()),
        false => Err(Invalid::rule(what, text, "is not a host such as `contoso.vault.azure.net`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `management.md` 3.2: exactly 2 or 3 path parts, host and port.
    #[test]
    fn an_identifier_has_two_or_three_parts() {
        let shown = |text: &str| VaultSecretIdentifier::parse(text).map(|id| id.to_string());
        let good = [
            ("https://Contoso.Vault.Azure.Net/secrets/k-1", "https://contoso.vault.azure.net/secrets/k-1"),
            ("https://v.example:443/secrets/k/", "https://v.example/secrets/k"),
            ("https://v.localhost:8443/secrets/k/0af1", "https://v.localhost:8443/secrets/k/0af1"),
        ];
        for (text, expected) in good {
            assert_eq!(shown(text).as_deref(), Ok(expected), "{text}");
        }
        let bad = [
            "http://v.example/secrets/k",
            "https://v.example/secrets",
            "https://v.example/secrets/",
            "https://v.example/secrets//k",
            "https://v.example/secrets/k/1/2",
            "https://v.example/secrets/../k",
            "https://v.example/secrets/k%2f1",
            "https://v.example/secrets/k_1",
            "https://v.example/secrets/k?api-version=7.4",
            "https://v.example/secrets/k#1",
            "https://v.example/keys/k",
            "https://u:p@v.example/secrets/k",
            "v.example/secrets/k",
            "",
        ];
        for text in bad {
            assert!(shown(text).is_err(), "{text}");
        }
        let error = VaultSecretIdentifier::parse("https://u:sk-planted@v.example/secrets/k").unwrap_err();
        assert!(!error.to_string().contains("sk-planted"));
    }

    #[test]
    fn a_reference_says_vault_secret_and_identity() {
        let secret = VaultSecretIdentifier::in_vault("https://v.example/", "k").unwrap();
        let mut reference = VaultReference { secret, identity_client_id: None };
        let expected = "the secret `k` of the vault `https://v.example` as the system-assigned identity";
        assert_eq!(reference.to_string(), expected);
        reference.identity_client_id = Some("1234".into());
        assert!(reference.to_string().ends_with("as the identity `1234`"));
        assert!(VaultSecretIdentifier::in_vault("https://v.example/secrets", "k").is_err());
    }

    #[test]
    fn only_allowed_vaults_are_asked() {
        let id = |host: &str| VaultSecretIdentifier::parse(&format!("https://{host}/secrets/k")).unwrap();
        let azure = VaultHosts::default();
        assert!(azure.allows(&id("contoso.vault.azure.net")));
        let others = [
            "vault.azure.net",
            "a.b.vault.azure.net",
            "evil-vault.azure.net",
            "contoso.vault.azure.net:8443",
        ];
        for host in others {
            assert!(!azure.allows(&id(host)), "{host}");
        }
        assert_eq!(azure.url_of("contoso"), "https://contoso.vault.azure.net");
        let own = VaultHosts::new(["*.vault.localhost:8443", "kv.example"], ".vault.localhost:8443").unwrap();
        assert!(own.allows(&id("demo.vault.localhost:8443")) && own.allows(&id("KV.example")));
        assert!(!own.allows(&id("demo.vault.localhost")) && !own.allows(&id("contoso.vault.azure.net")));
        assert_eq!(own.url_of("demo"), "https://demo.vault.localhost:8443");
        for bad in ["https://kv.example", "kv.example/secrets", "*", "a*.example", ""] {
            assert!(VaultHosts::new([bad], "vault.azure.net").is_err(), "{bad}");
        }
    }
}
