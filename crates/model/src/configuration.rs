//! Everything that a gateway serves.

use std::path::Path;
use std::sync::Arc;

use secret::SecretSlot;
use source::Location;

use crate::{
    Api, Backend, Certificate, CertificateAuthority, Collection, DiagnosticEntity, FragmentId, Gateway,
    Group, JsonText, Logger, NamedValue, PolicyText, Product, Resource, Subscription, Tag, User,
    VaultReference, VersionSet, Workspace, WorkspaceId,
};

/// A whole configuration at one moment: read at once, then never changed. A new one replaces it.
#[derive(Clone, Debug, Default)]
pub struct Configuration {
    /// The service itself.
    pub service: Service,
    /// The policy of the whole service (global scope).
    pub policy: Option<PolicyText>,
    /// APIs with all their revisions.
    pub apis: Collection<Api>,
    /// How versions of one API are told apart.
    pub version_sets: Collection<VersionSet>,
    /// Products.
    pub products: Collection<Product>,
    /// Subscriptions with their keys.
    pub subscriptions: Collection<Subscription>,
    /// Users.
    pub users: Collection<User>,
    /// Groups of users.
    pub groups: Collection<Group>,
    /// Named values.
    pub named_values: Collection<NamedValue>,
    /// Backends.
    pub backends: Collection<Backend>,
    /// Client certificates for backends.
    pub certificates: Collection<Certificate>,
    /// Whom backends' certificates may come from besides the system's and the settings' authorities.
    pub authorities: Collection<CertificateAuthority>,
    /// Policy fragments.
    pub fragments: Collection<Fragment>,
    /// Loggers, kept.
    pub loggers: Collection<Logger>,
    /// What is logged about calls of the whole service, kept.
    pub diagnostics: Collection<DiagnosticEntity>,
    /// Tags.
    pub tags: Collection<Tag>,
    /// Gateways, and which APIs each of them serves.
    pub gateways: Collection<Gateway>,
    /// The one of them that is meant, if it is one: only its APIs are served. None stands for API Management's own gateway,
    /// which serves everything.
    pub gateway: Option<Arc<Gateway>>,
    /// Workspaces.
    pub workspaces: Collection<Workspace>,
    /// Where the secrets come from, so that they can be read again.
    pub secrets: Vec<SecretBinding>,
    /// Where the keys of subscriptions come from, but for those that a vault has, which are among the secrets. There may be
    /// very many: they are shared with the configuration before where nothing changed.
    pub keys: Arc<Vec<SecretBinding>>,
    /// What could not be read as it was meant: the directories of resources, such as `apis/echo`, in which something is
    /// wrong, wherever that was written. What they stand for must not be served as if nothing were there.
    pub broken: Vec<Arc<str>>,
}

impl Configuration {
    /// What is in a workspace, or in the service itself.
    #[must_use]
    pub fn inside(&self, workspace: Option<&WorkspaceId>) -> Option<&Self> {
        match workspace {
            None => Some(self),
            Some(id) => self.workspaces.get(id).map(|workspace| &workspace.contents),
        }
    }

    /// The service itself and each workspace, with its name.
    pub fn everywhere(&self) -> impl Iterator<Item = (Option<&WorkspaceId>, &Self)> {
        let inside = self.workspaces.iter().map(|workspace| (Some(&workspace.id), &workspace.contents));
        std::iter::once((None, self)).chain(inside)
    }

    /// Whether the gateway that is meant serves an API.
    ///
    /// COMPAT: "A workspace can't be associated with a self-hosted gateway" ("Federated API management with workspaces").
    #[must_use]
    pub fn serves(&self, api: &Api) -> bool {
        match &self.gateway {
            None => true,
            Some(gateway) => api.workspace.is_none() && gateway.apis.contains(&api.id.root()),
        }
    }

    /// The version set of an API that has one, from the place where the API is.
    #[must_use]
    pub fn version_set(&self, api: &Api) -> Option<&Arc<VersionSet>> {
        let inside = self.inside(api.workspace.as_ref())?;
        inside.version_sets.get(&api.version.as_ref()?.set)
    }
}

/// What expressions see as `context.Deployment`, and choices that hold for the whole service.
#[derive(Clone, Debug)]
pub struct Service {
    /// `context.Deployment.ServiceId`.
    pub id: Arc<str>,
    /// `context.Deployment.ServiceName`.
    pub name: Arc<str>,
    /// `context.Deployment.Region`.
    pub region: Arc<str>,
    /// `context.Deployment.GatewayId`; `managed` unless this is a self-hosted gateway with a name of its own.
    pub gateway_id: Arc<str>,
    /// Whether the dates of subscriptions limit them.
    pub subscription_dates: DateRule,
}

impl Default for Service {
    fn default() -> Self {
        Self {
            id: "cardea".into(),
            name: "cardea".into(),
            region: "local".into(),
            gateway_id: "managed".into(),
            subscription_dates: DateRule::default(),
        }
    }
}

/// Whether the start and expiration dates of subscriptions limit them.
///
/// COMPAT: the published resource models of API Management call these dates "for audit purposes only": only the state
/// ends a subscription there. Limiting by them is a difference, off with [`DateRule::Informs`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DateRule {
    /// A key works from the start date on and until the expiration date.
    #[default]
    Limits,
    /// Dates are for people; only the state counts.
    Informs,
}

/// A part of policy documents that has a name.
#[derive(Clone, Debug)]
pub struct Fragment {
    /// Its name, which `include-fragment` uses.
    pub id: FragmentId,
    /// What people say about it.
    pub description: Option<Arc<str>>,
    /// Its text: a `fragment` element.
    pub policy: PolicyText,
    /// What its file says beyond that.
    pub rest: Option<JsonText>,
    /// Where it was defined.
    pub origin: Option<Location>,
}

impl Resource for Fragment {
    type Id = FragmentId;
    const KIND: &'static str = "fragment";

    fn id(&self) -> &FragmentId {
        &self.id
    }
}

/// Where the value of a secret is kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SecretReference {
    /// The value of an environment variable.
    Env(String),
    /// The content of a file, without the line break at its end.
    File(Arc<Path>),
    /// A secret of a key vault. It is asked for over the network: whoever reads a configuration only names it.
    Vault(VaultReference),
}

impl std::fmt::Display for SecretReference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Env(name) => write!(f, "the environment variable `{name}`"),
            Self::File(path) => write!(f, "the file `{}`", path.display()),
            Self::Vault(reference) => reference.fmt(f),
        }
    }
}

/// A slot and the place that fills it.
#[derive(Clone, Debug)]
pub struct SecretBinding {
    /// What is filled.
    pub slot: SecretSlot,
    /// From where.
    pub reference: SecretReference,
    /// Where the reference was written.
    pub at: Option<Location>,
}
