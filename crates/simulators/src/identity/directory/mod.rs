//! The directory: tenants with their applications, users and managed identities, made in Rust or read from a file.
//!
//! ```
//! use simulators::identity::{App, Directory, ManagedIdentity, Tenant, User};
//!
//! let api = App::new("2d4f5a1e-0000-4000-8000-00000000a001", "Models")
//!     .identifier_uri("api://models")
//!     .role("Chat.Use")
//!     .scope("Chat.Use");
//! let team = App::new("2d4f5a1e-0000-4000-8000-00000000c001", "Team A")
//!     .secret("a secret of the example")
//!     .assigned("api://models", "Chat.Use");
//! let ada = User::new("2d4f5a1e-0000-4000-8000-00000000b001", "ada@contoso.example");
//! let gateway = ManagedIdentity::system("2d4f5a1e-0000-4000-8000-00000000d001", "gateway");
//! let tenant = Tenant::new("2d4f5a1e-0000-4000-8000-000000000001", "contoso.example")
//!     .app(api)
//!     .app(team)
//!     .user(ada)
//!     .managed_identity(gateway);
//! let directory = Directory::new(tenant)?;
//! # Ok::<(), simulators::identity::DirectoryError>(())
//! ```
//!
//! Microsoft's own resources that a gateway asks tokens for (Cognitive Services, Key Vault, Resource Manager and so on)
//! are in every tenant, as in Azure.

mod app;
mod check;
mod file;
mod lookup;
mod people;
mod services;

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use serde::Deserialize;

pub use app::{App, Federated, FederatedIssuer, Redirect, RedirectKind, TokenVersion};
pub use check::DirectoryError;
pub(crate) use lookup::is_any;
pub use people::{ManagedIdentity, User};

/// A role of an application that somebody has.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assigned {
    /// The application whose role it is: its id or one of its identifier URIs.
    pub app: String,
    /// The role's value, as it stands in the claim `roles`.
    pub role: String,
}

/// A tenant.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tenant {
    pub(crate) id: String,
    pub(crate) domain: String,
    #[serde(default, rename = "app")]
    pub(crate) apps: Vec<App>,
    #[serde(default, rename = "user")]
    pub(crate) users: Vec<User>,
    #[serde(default, rename = "managed_identity")]
    pub(crate) managed: Vec<ManagedIdentity>,
}

impl Tenant {
    /// A tenant by its id, a GUID, and its domain name: paths of the provider begin with either.
    #[must_use]
    pub fn new(id: impl Into<String>, domain: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            domain: domain.into(),
            apps: Vec::new(),
            users: Vec::new(),
            managed: Vec::new(),
        }
    }

    /// With an application.
    #[must_use]
    pub fn app(mut self, app: App) -> Self {
        self.apps.push(app);
        self
    }

    /// With a user.
    #[must_use]
    pub fn user(mut self, user: User) -> Self {
        self.users.push(user);
        self
    }

    /// With a managed identity, which the managed identity endpoints give tokens for.
    #[must_use]
    pub fn managed_identity(mut self, identity: ManagedIdentity) -> Self {
        self.managed.push(identity);
        self
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its domain name.
    #[must_use]
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// Its applications, without Microsoft's.
    #[must_use]
    pub fn apps(&self) -> &[App] {
        &self.apps
    }

    /// Its users.
    #[must_use]
    pub fn users(&self) -> &[User] {
        &self.users
    }

    /// Its managed identities.
    #[must_use]
    pub fn managed_identities(&self) -> &[ManagedIdentity] {
        &self.managed
    }
}

/// An issuer that is not of this provider, whose tokens federated credentials may name.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TrustedIssuer {
    /// What its tokens have as `iss`.
    pub(crate) url: String,
    /// Its keys: a JSON Web Key Set as text.
    pub(crate) keys: String,
}

/// Tenants. The first is the one that `common` and `organizations` stand for, and the one of the machine that the
/// managed identity endpoints belong to.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Directory {
    #[serde(rename = "tenant")]
    pub(crate) tenants: Vec<Tenant>,
    #[serde(default, rename = "issuer")]
    pub(crate) issuers: Vec<TrustedIssuer>,
}

impl Directory {
    /// A directory of one tenant.
    ///
    /// # Errors
    /// Everything in it that contradicts itself.
    pub fn new(tenant: Tenant) -> Result<Self, DirectoryError> {
        check::checked(Self { tenants: vec![tenant], issuers: Vec::new() })
    }

    /// With one more tenant.
    ///
    /// # Errors
    /// Everything in it that contradicts itself.
    pub fn with(mut self, tenant: Tenant) -> Result<Self, DirectoryError> {
        self.tenants.push(tenant);
        check::checked(self)
    }

    /// With an issuer that federated credentials may name, and its keys as a JSON Web Key Set.
    ///
    /// # Errors
    /// When the keys cannot be read.
    pub fn trusting(
        mut self,
        issuer: impl Into<String>,
        keys: impl Into<String>,
    ) -> Result<Self, DirectoryError> {
        self.issuers.push(TrustedIssuer { url: issuer.into(), keys: keys.into() });
        check::checked(self)
    }

    /// The tenants, in their order.
    #[must_use]
    pub fn tenants(&self) -> &[Tenant] {
        &self.tenants
    }
}

impl fmt::Debug for Directory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.tenants.iter().map(Tenant::id)).finish()
    }
}

/// An id that follows from a text, in the form of a UUID of version 8 (RFC 9562, 5.8).
pub(crate) fn derived_id(of: &str) -> String {
    let hash = digest(&SHA256, of.as_bytes());
    let digits: String = hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    let mut digits = digits.chars();
    let mut take = |count: usize| digits.by_ref().take(count).collect::<String>();
    format!("{}-{}-8{}-8{}-{}", take(8), take(4), take(3), take(3), take(12))
}
