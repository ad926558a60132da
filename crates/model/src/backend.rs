//! Backends: where calls go, with what credentials.
//!
//! Facts: documentation of backends and the validation of the published resource models (field limits).

use std::sync::Arc;

use jiff::SignedDuration;
use source::Location;

use crate::{BackendId, CertificateId, HeaderText, JsonText, Resource, ValueText};

/// Where calls go.
#[derive(Clone, Debug)]
pub struct Backend {
    /// Its name; policies refer to it as `backend-id`.
    pub id: BackendId,
    /// Its name for people.
    pub title: Option<Arc<str>>,
    /// What people say about it.
    pub description: Option<Arc<str>>,
    /// One service or several backends.
    pub kind: BackendKind,
    /// What is sent along.
    pub credentials: BackendCredentials,
    /// How its certificate is checked.
    pub tls: BackendTls,
    /// A proxy on the way.
    pub proxy: Option<BackendProxy>,
    /// When it is left alone for a while; at most one rule.
    pub circuit_breaker: Option<BreakerRule>,
    /// What its file says beyond that.
    pub rest: Option<JsonText>,
    /// Where it was defined.
    pub origin: Option<Location>,
}

impl Resource for Backend {
    type Id = BackendId;
    const KIND: &'static str = "backend";

    fn id(&self) -> &BackendId {
        &self.id
    }
}

/// One service or several backends.
#[derive(Clone, Debug)]
pub enum BackendKind {
    /// One service.
    Single {
        /// Its base URL; may hold named values.
        url: ValueText,
        /// What it speaks.
        protocol: BackendProtocol,
    },
    /// Other backends, of which each call gets one.
    Pool {
        /// At most 30.
        members: Vec<PoolMember>,
        /// Keeps a caller at one member.
        affinity: Option<SessionAffinity>,
        /// The status of the answer when none of them can be called, 400 to 599; 503 without it.
        failure_status: Option<u16>,
    },
}

/// What a backend speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BackendProtocol {
    /// HTTP.
    #[default]
    Http,
    /// SOAP.
    Soap,
}

/// One backend of a pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolMember {
    /// Which one.
    pub backend: BackendId,
    /// Lower numbers are used first, 0 to 100.
    pub priority: Option<u8>,
    /// Share inside its priority, 0 to 100.
    pub weight: Option<u8>,
}

/// A cookie that keeps a caller at one member of a pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionAffinity {
    /// The cookie's name.
    pub cookie: Arc<str>,
}

/// What is sent along to a backend.
#[derive(Clone, Debug, Default)]
pub struct BackendCredentials {
    /// Headers with their values.
    pub headers: Vec<CredentialValues<HeaderText>>,
    /// Query parameters with their values.
    pub query: Vec<CredentialValues<Arc<str>>>,
    /// `Authorization`.
    pub authorization: Option<Authorization>,
    /// Client certificates.
    pub certificates: Vec<CertificateReference>,
    /// A token of the gateway's own identity.
    pub managed_identity: Option<ManagedIdentity>,
}

impl BackendCredentials {
    /// Whether nothing is sent along.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.headers.is_empty()
            && self.query.is_empty()
            && self.authorization.is_none()
            && self.certificates.is_empty()
            && self.managed_identity.is_none()
    }
}

/// A header or query parameter with its values, which may hold named values.
#[derive(Clone, Debug)]
pub struct CredentialValues<N> {
    /// The header or parameter.
    pub name: N,
    /// Its values.
    pub values: Vec<ValueText>,
}

/// The two words of an `Authorization` header, which may hold named values.
#[derive(Clone, Debug)]
pub struct Authorization {
    /// Such as `Bearer`.
    pub scheme: ValueText,
    /// What follows it.
    pub parameter: ValueText,
}

/// Which client certificate is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CertificateReference {
    /// By its name as a resource.
    Id(CertificateId),
    /// By its thumbprint.
    Thumbprint(Arc<str>),
}

/// A token of the gateway's own identity.
#[derive(Clone, Debug)]
pub struct ManagedIdentity {
    /// What the token is for: the resource's application id or URI. May hold named values.
    pub resource: ValueText,
    /// The client id of a user-assigned identity, which may hold named values; none for the system-assigned one.
    pub client_id: Option<ValueText>,
}

/// How a backend's certificate is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackendTls {
    /// Whether its chain must end at a trusted authority.
    pub validate_chain: bool,
    /// Whether it must be for the host that is called.
    pub validate_name: bool,
}

impl Default for BackendTls {
    fn default() -> Self {
        Self { validate_chain: true, validate_name: true }
    }
}

/// A proxy on the way to a backend.
#[derive(Clone, Debug)]
pub struct BackendProxy {
    /// Where it is.
    pub url: ValueText,
    /// Who asks it.
    pub username: Option<ValueText>,
    /// How it knows.
    pub password: Option<ValueText>,
}

/// When a backend is left alone for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BreakerRule {
    /// The rule's name.
    pub name: Arc<str>,
    /// What trips it.
    pub failure: FailureCondition,
    /// For how long.
    pub trip_duration: SignedDuration,
    /// Whether `Retry-After` of the failing response replaces the duration.
    pub accept_retry_after: bool,
}

/// What trips a circuit breaker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailureCondition {
    /// How many failures.
    pub threshold: Threshold,
    /// In how long.
    pub interval: SignedDuration,
    /// Which answers count as failures, at most 10 ranges.
    pub status_ranges: Vec<StatusRange>,
    /// Names of further failures, at most 10.
    pub error_reasons: Vec<Arc<str>>,
}

/// How many failures trip a circuit breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Threshold {
    /// So many, 1 to 10,000.
    Count(u32),
    /// So many of a hundred, 1 to 100.
    Percentage(u8),
}

/// Status codes from one to another, both included, 200 to 599.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusRange {
    /// The first.
    pub min: u16,
    /// The last.
    pub max: u16,
}
