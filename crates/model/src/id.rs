//! Names of resources, one type each, so that a product's name cannot be taken for an API's.
//!
//! COMPAT: resource names are compared without regard to ASCII case, as Azure Resource Manager does; they are shown
//! as they were written. The characters `* # & + : < > ?` are refused (pattern of the published resource models).

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::Invalid;

const ALLOWED: &str = "anything but `*#&+:<>?/\\` and control characters";

fn check(what: &'static str, text: &str, limit: usize) -> Result<(), Invalid> {
    Invalid::check_length(what, text, limit)?;
    Invalid::check_characters(what, text, ALLOWED, |c| !"*#&+:<>?/\\".contains(c) && !c.is_control())
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident, $what:literal, $limit:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name(Arc<str>);

        impl $name {
            #[doc = concat!("Takes the name of a resource: 1 to ", $limit, " characters.")]
            ///
            /// # Errors
            /// [`Invalid`] for an empty or too long name, or one with a character that may not stand in a URL segment.
            pub fn new(text: &str) -> Result<Self, Invalid> {
                check(concat!($what, " name"), text, $limit)?;
                Ok(Self(text.into()))
            }

            /// The same of a text that others hold too.
            ///
            /// # Errors
            /// [`Invalid`], likewise.
            pub fn of(text: Arc<str>) -> Result<Self, Invalid> {
                check(concat!($what, " name"), &text, $limit)?;
                Ok(Self(text))
            }

            /// The name as it was written.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The name as it was written, shared.
            #[must_use]
            pub fn shared(&self) -> &Arc<str> {
                &self.0
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.0.eq_ignore_ascii_case(&other.0)
            }
        }

        impl Eq for $name {}

        impl Hash for $name {
            fn hash<H: Hasher>(&self, state: &mut H) {
                self.0.bytes().for_each(|byte| state.write_u8(byte.to_ascii_lowercase()));
                state.write_u8(0xff);
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }
    )*};
}

ids! {
    /// Names an API; `orders;rev=2` names a revision of `orders` that is not the current one.
    ApiId, "API", 256;
    /// Names an operation inside its API.
    OperationId, "operation", 256;
    /// Names a product.
    ProductId, "product", 256;
    /// Names a subscription.
    SubscriptionId, "subscription", 256;
    /// Names a user.
    UserId, "user", 256;
    /// Names a group.
    GroupId, "group", 256;
    /// Names a backend; policies refer to it by this name.
    BackendId, "backend", 256;
    /// Names a named value as a resource; policies refer to it by its display name instead.
    NamedValueId, "named value", 256;
    /// Names a policy fragment; policies refer to it by this name.
    FragmentId, "fragment", 256;
    /// Names a version set.
    VersionSetId, "version set", 256;
    /// Names a certificate.
    CertificateId, "certificate", 256;
    /// Names a logger.
    LoggerId, "logger", 256;
    /// Names a diagnostic: `applicationinsights`, `azuremonitor`.
    DiagnosticId, "diagnostic", 256;
    /// Names a release of an API.
    ReleaseId, "release", 256;
    /// Names a schema of an API.
    SchemaId, "schema", 256;
    /// Names a tag.
    TagId, "tag", 256;
    /// Names a gateway.
    GatewayId, "gateway", 256;
    /// Names a workspace.
    WorkspaceId, "workspace", 256;
}

impl ApiId {
    /// The name without `;rev=n`: all revisions of an API share it.
    #[must_use]
    pub fn root(&self) -> Self {
        match self.split() {
            Some((root, _)) => Self(root.into()),
            None => self.clone(),
        }
    }

    /// What stands behind `;rev=`, if anything does.
    #[must_use]
    pub fn revision(&self) -> Option<&str> {
        self.split().map(|(_, revision)| revision)
    }

    fn split(&self) -> Option<(&str, &str)> {
        self.0.split_once(";rev=")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn names_are_found_in_any_case_and_shown_as_written() {
        let mut map = HashMap::new();
        map.insert(ApiId::new("Orders").unwrap(), 1);
        assert_eq!(map.get(&ApiId::new("oRDERS").unwrap()), Some(&1));
        assert_eq!(map.keys().next().unwrap().to_string(), "Orders");
    }

    #[test]
    fn a_revision_knows_the_name_that_it_shares() {
        let id = ApiId::new("orders;rev=2").unwrap();
        assert_eq!((id.root().as_str(), id.revision()), ("orders", Some("2")));
    }

    #[test]
    fn names_that_cannot_stand_in_a_url_are_refused() {
        let text = |id: &str| ProductId::new(id).unwrap_err().to_string();
        assert_eq!(text(""), "the product name is empty");
        assert_eq!(text(&"x".repeat(257)), "the product name has 257 characters, at most 256 are allowed");
        assert!(text("a/b").ends_with("not `/`"));
    }
}
