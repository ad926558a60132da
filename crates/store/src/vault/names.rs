//! Names of vaults, secrets and versions.

use std::fmt;
use std::sync::Arc;

use crate::{Rng, StoreError};

/// A text that is not a name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` cannot be the name of {what}: {rule}")]
pub struct BadName {
    what: &'static str,
    text: String,
    rule: &'static str,
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $what:literal, $rule:literal, $is:path) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $type(Arc<str>);

        impl $type {
            /// Takes a name.
            ///
            /// # Errors
            /// When the text breaks the rule.
            pub fn new(text: &str) -> Result<Self, BadName> {
                if $is(text) {
                    return Ok(Self(text.into()));
                }
                // Long texts are no names; what is shown of one is enough to recognise it.
                let text = text.chars().take(128).collect();
                Err(BadName { what: $what, text, rule: $rule })
            }

            /// As it is written.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name!(
    /// The name of a vault: the first label of its host.
    ///
    /// COMPAT: 3 to 24 letters, digits and hyphens, a letter first, no hyphen last, no two in a row (naming rules of
    /// Microsoft.KeyVault/vaults).
    VaultName,
    "a vault",
    "it has 3 to 24 letters, digits and single hyphens, begins with a letter and ends with a letter or digit",
    is_vault
);

name!(
    /// The name of a secret.
    ///
    /// COMPAT: `^[0-9a-zA-Z-]{1,127}$` (Key Vault's definition of the REST interface). `restore` is a name like any
    /// other but for `POST`.
    SecretName,
    "a secret",
    "it has 1 to 127 letters, digits and hyphens",
    is_secret
);

name!(
    /// A version of a secret: 32 hexadecimal digits.
    VersionId,
    "a version",
    "it has 32 hexadecimal digits",
    is_version
);

impl VersionId {
    /// A new version.
    pub(super) fn random(rng: &dyn Rng) -> Result<Self, StoreError> {
        let mut bytes = [0; 16];
        rng.fill(&mut bytes)?;
        let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self(text.into()))
    }
}

fn is_vault(text: &str) -> bool {
    let plain =
        (3..=24).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    plain
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && !text.ends_with('-')
        && !text.contains("--")
}

fn is_secret(text: &str) -> bool {
    (1..=127).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

fn is_version(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_key_vaults_rules() {
        for good in ["main", "a-1", &"v".repeat(24)] {
            assert!(VaultName::new(good).is_ok(), "{good}");
        }
        for bad in ["", "ab", "1abc", "abc-", "a--b", "a.b", "a_b", "ä-vault", &"v".repeat(25)] {
            assert!(VaultName::new(bad).is_err(), "{bad}");
        }
        for good in ["a", "-", "9", "provider-key", &"s".repeat(127)] {
            assert!(SecretName::new(good).is_ok(), "{good}");
        }
        for bad in ["", "a b", "a/b", "a.b", "a_b", "ü", "a\0", &"s".repeat(128)] {
            assert!(SecretName::new(bad).is_err(), "{bad}");
        }
        assert!(VersionId::new(&"0aF9".repeat(8)).is_ok());
        for bad in ["", "0", &"g".repeat(32), &"0".repeat(33)] {
            assert!(VersionId::new(bad).is_err(), "{bad}");
        }
    }
}
