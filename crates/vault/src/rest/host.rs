//! Which vault a request is for: `<name>.<suffix>[:port]`, or the only one there is on any other host.

use http::request::Parts;
use http::uri::Authority;
use http::{Version, header};

use crate::{Problem, Vault, Vaults};

/// What tokens must have been made out for when nothing else is set.
///
/// COMPAT: a Python client takes a challenge only if the vault's `host:port` ends with a dot and the resource's
/// `host:port`, so that the port belongs to it (`management.md` 3.1).
pub(crate) fn resource(suffix: &str, port: u16) -> String {
    if port == 443 { format!("https://{suffix}") } else { format!("https://{suffix}:{port}") }
}

/// The host that a request was sent to.
#[derive(Debug)]
pub(super) struct Place(Authority);

impl Place {
    pub(super) fn of(head: &Parts) -> Result<Self, Problem> {
        let mut hosts = head.headers.get_all(header::HOST).iter();
        let (host, more) = (hosts.next(), hosts.next());
        let host = host.and_then(|host| Authority::try_from(host.as_bytes()).ok());
        let host = host.or_else(|| head.uri.authority().cloned().filter(|_| head.version == Version::HTTP_2));
        match host {
            Some(host) if more.is_none() && !host.as_str().contains('@') => Ok(Self(host)),
            _ => Err(Problem::BadParameter("there must be one valid Host header".to_owned())),
        }
    }

    /// The vault at this host.
    pub(super) fn vault(&self, vaults: &Vaults, suffix: &str) -> Result<Vault, Problem> {
        let found = match label(self.0.host(), suffix) {
            Some(name) => vaults.get(name),
            None => vaults.only(),
        };
        found.ok_or_else(|| Problem::NoSuchVault(self.0.to_string()))
    }

    /// What identifiers begin with.
    pub(super) fn base(&self) -> String {
        format!("https://{}", self.0)
    }
}

/// What stands in front of the suffix.
fn label<'a>(host: &'a str, suffix: &str) -> Option<&'a str> {
    let cut = host.len().checked_sub(suffix.len())?;
    let (front, end) = host.split_at_checked(cut)?;
    if end.eq_ignore_ascii_case(suffix) { front.strip_suffix('.') } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vaults_name_stands_in_front_of_the_suffix() {
        for (host, expected) in [
            ("main.vault.localhost", Some("main")),
            ("MAIN.Vault.Localhost", Some("MAIN")),
            ("a.b.vault.localhost", Some("a.b")),
            ("vault.localhost", None),
            ("mainvault.localhost", None),
            ("localhost", None),
            ("127.0.0.1", None),
        ] {
            assert_eq!(label(host, "vault.localhost"), expected, "{host}");
        }
    }

    #[test]
    fn the_resource_has_the_port_unless_it_is_the_usual_one() {
        assert_eq!(resource("vault.localhost", 8443), "https://vault.localhost:8443");
        assert_eq!(resource("vault.example", 443), "https://vault.example");
    }
}
