//! The nouns of API Management as validated types, and the rules about them that need nothing else.
//!
//! A [`Configuration`] is everything that a gateway serves: APIs with their operations, products, subscriptions,
//! named values, backends, policies as text. Whoever reads a folder or a database makes one; whoever compiles it
//! takes it as it is, because the types cannot hold what API Management would refuse:
//!
//! ```
//! use model::{ApiPath, NamedValueName};
//!
//! assert_eq!(ApiPath::new("/my-api/openai/").unwrap().as_str(), "my-api/openai");
//! let problem = NamedValueName::new("provider key").unwrap_err().to_string();
//! assert_eq!(problem, "the named value name `provider key` may hold letters, digits, `-`, `.` and `_` only, not ` `");
//! ```
//!
//! Two rules of the gateway live here because they are pure and must be right: which caller may call what ([`access`])
//! and which operation a request means ([`routing`]).
//!
//! No wire formats, no files, no clock: instants are given.

pub mod access;
mod api;
mod backend;
mod certificate;
mod collection;
mod configuration;
mod gateway;
mod id;
mod invalid;
mod kept;
mod keys;
mod named_value;
mod operation;
mod people;
mod product;
pub mod routing;
mod subscription;
mod tag;
mod template;
mod text;
mod vault;
mod version;
mod workspace;

pub use api::{
    Api, ApiKind, ApiSettings, BearerKeys, CallerKey, CallerToken, ErrorDialect, KeyNames, Protocol,
};
pub use backend::{
    Authorization, Backend, BackendCredentials, BackendKind, BackendProtocol, BackendProxy, BackendTls,
    BreakerRule, CertificateReference, CredentialValues, FailureCondition, ManagedIdentity, PoolMember,
    SessionAffinity, StatusRange, Threshold,
};
pub use certificate::{Certificate, CertificateAuthority};
pub use collection::{Collection, Duplicate, Resource};
pub use configuration::{Configuration, DateRule, Fragment, SecretBinding, SecretReference, Service};
pub use gateway::Gateway;
pub use id::{
    ApiId, BackendId, CertificateId, DiagnosticId, FragmentId, GatewayId, GroupId, LoggerId, NamedValueId,
    OperationId, ProductId, ReleaseId, SchemaId, SubscriptionId, TagId, UserId, VersionSetId, WorkspaceId,
};
pub use invalid::Invalid;
pub use kept::{ApiKept, DiagnosticEntity, JsonText, Kept, KeptKind, Logger, Release, Schema};
pub use keys::{KeyDigest, PresentedKey, SubscriptionKey, WhereFound, presented_key};
pub use named_value::{NamedValue, NamedValueContent, NamedValueName};
pub use operation::{Operation, Parameter};
pub use people::{Group, GroupKind, User, UserIdentity, UserState};
pub use product::{Product, ProductState};
pub use subscription::{Subscription, SubscriptionDates, SubscriptionScope, SubscriptionState};
pub use tag::Tag;
pub use template::{Piece, QueryPart, QueryValue, Segment, UrlTemplate};
pub use text::{ApiPath, DisplayName, HeaderText, PolicyText, ValueText};
pub use vault::{VaultHosts, VaultReference, VaultSecretIdentifier};
pub use version::{ApiVersion, VersionSet, VersioningScheme};
pub use workspace::{Workspace, qualified, unqualified};
