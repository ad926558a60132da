//! Applications: those that call and those that are called.

use std::fmt;

use serde::Deserialize;

use super::{Assigned, derived_id};

/// Which tokens an application accepts: `accessTokenAcceptedVersion` of its registration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u8")]
pub enum TokenVersion {
    /// Issuer `https://sts.windows.net/…`, claim `appid`. What a registration has unless it says otherwise.
    #[default]
    V1,
    /// Issuer `…/v2.0`, claim `azp`, the audience is the application's id.
    V2,
}

impl TryFrom<u8> for TokenVersion {
    type Error = &'static str;

    fn try_from(version: u8) -> Result<Self, Self::Error> {
        match version {
            1 => Ok(Self::V1),
            2 => Ok(Self::V2),
            _ => Err("a token version is 1 or 2"),
        }
    }
}

/// What a redirect URI belongs to, which decides how its codes are redeemed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RedirectKind {
    /// A single-page application: PKCE, from the browser, without a secret.
    Spa,
    /// A web application: from its server, with a secret or certificate.
    Web,
    /// A mobile or desktop application: PKCE, without a secret.
    Public,
}

/// A redirect URI.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Redirect {
    /// The URI as clients must send it.
    pub uri: String,
    /// What it belongs to.
    pub kind: RedirectKind,
}

/// Who signs the tokens that a federated credential accepts.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub enum FederatedIssuer {
    /// The provider's own cluster, which signs tokens for service accounts; `cluster` in files.
    Cluster,
    /// An issuer whose keys are in the directory.
    Url(String),
}

impl From<String> for FederatedIssuer {
    fn from(text: String) -> Self {
        if text == "cluster" { Self::Cluster } else { Self::Url(text) }
    }
}

/// A federated credential: a token of another issuer in place of a secret.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Federated {
    /// Who signs.
    pub issuer: FederatedIssuer,
    /// The claim `sub`, letter by letter.
    pub subject: String,
    /// The claim `aud`.
    #[serde(default = "Federated::usual_audience")]
    pub audience: String,
}

impl Federated {
    /// The audience that federated credentials have unless they say otherwise.
    #[must_use]
    pub fn usual_audience() -> String {
        String::from("api://AzureADTokenExchange")
    }
}

/// An application's registration together with its service principal.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct App {
    pub(crate) id: String,
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) object_id: Option<String>,
    #[serde(default)]
    pub(crate) identifier_uris: Vec<String>,
    #[serde(default)]
    pub(crate) token_version: TokenVersion,
    #[serde(default)]
    pub(crate) secrets: Vec<String>,
    #[serde(default)]
    pub(crate) generate_secret: bool,
    #[serde(default)]
    pub(crate) certificates: Vec<String>,
    #[serde(default)]
    pub(crate) federated: Vec<Federated>,
    #[serde(default, rename = "redirect")]
    pub(crate) redirects: Vec<Redirect>,
    #[serde(default)]
    pub(crate) roles: Vec<String>,
    #[serde(default)]
    pub(crate) scopes: Vec<String>,
    #[serde(default)]
    pub(crate) assigned: Vec<Assigned>,
    #[serde(default)]
    pub(crate) assignment_required: bool,
    #[serde(default)]
    pub(crate) group_claims: bool,
    #[serde(default = "usual_group_limit")]
    pub(crate) group_limit: usize,
}

/// COMPAT: Entra puts at most 200 groups into a JWT ("Configure group claims for applications": "200 for JWT").
fn usual_group_limit() -> usize {
    200
}

impl App {
    /// An application by its id, a GUID, and its name for people.
    #[must_use]
    pub fn new(id: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            name: name.into(),
            object_id: None,
            identifier_uris: Vec::new(),
            token_version: TokenVersion::V1,
            secrets: Vec::new(),
            generate_secret: false,
            certificates: Vec::new(),
            federated: Vec::new(),
            redirects: Vec::new(),
            roles: Vec::new(),
            scopes: Vec::new(),
            assigned: Vec::new(),
            assignment_required: false,
            group_claims: false,
            group_limit: usual_group_limit(),
        }
    }

    /// The object id of its service principal: the claim `oid` of its own tokens. It follows from the id unless set.
    #[must_use]
    pub fn with_object_id(mut self, id: impl Into<String>) -> Self {
        self.object_id = Some(id.into());
        self
    }

    /// One more URI that names it as a resource (`api://models`).
    #[must_use]
    pub fn identifier_uri(mut self, uri: impl Into<String>) -> Self {
        self.identifier_uris.push(uri.into());
        self
    }

    /// Which tokens it accepts.
    #[must_use]
    pub fn token_version(mut self, version: TokenVersion) -> Self {
        self.token_version = version;
        self
    }

    /// One more client secret.
    #[must_use]
    pub fn secret(mut self, secret: impl Into<String>) -> Self {
        self.secrets.push(secret.into());
        self
    }

    /// One more certificate in PEM, whose key may sign client assertions.
    #[must_use]
    pub fn certificate(mut self, pem: impl Into<String>) -> Self {
        self.certificates.push(pem.into());
        self
    }

    /// Accepts tokens of another issuer for this subject in place of a secret, for the usual audience.
    #[must_use]
    pub fn federated(mut self, issuer: FederatedIssuer, subject: impl Into<String>) -> Self {
        let audience = Federated::usual_audience();
        self.federated.push(Federated { issuer, subject: subject.into(), audience });
        self
    }

    /// One more redirect URI.
    #[must_use]
    pub fn redirect(mut self, kind: RedirectKind, uri: impl Into<String>) -> Self {
        self.redirects.push(Redirect { uri: uri.into(), kind });
        self
    }

    /// Defines an application role, which users, applications and managed identities can be assigned to.
    #[must_use]
    pub fn role(mut self, value: impl Into<String>) -> Self {
        self.roles.push(value.into());
        self
    }

    /// Exposes a scope, which applications ask for in the name of a user.
    #[must_use]
    pub fn scope(mut self, value: impl Into<String>) -> Self {
        self.scopes.push(value.into());
        self
    }

    /// Has this role of another application, which is named by its id or an identifier URI.
    #[must_use]
    pub fn assigned(mut self, app: impl Into<String>, role: impl Into<String>) -> Self {
        self.assigned.push(Assigned { app: app.into(), role: role.into() });
        self
    }

    /// Only whoever has one of its roles gets tokens for it.
    #[must_use]
    pub fn requires_assignment(mut self) -> Self {
        self.assignment_required = true;
        self
    }

    /// Users' tokens for it hold their groups, or the overage when they have more than the limit, which is 200 in Entra.
    #[must_use]
    pub fn with_groups(mut self, limit: usize) -> Self {
        self.group_claims = true;
        self.group_limit = limit;
        self
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The URIs that name it as a resource.
    #[must_use]
    pub fn identifier_uris(&self) -> &[String] {
        &self.identifier_uris
    }

    /// Its redirect URIs.
    #[must_use]
    pub fn redirects(&self) -> &[Redirect] {
        &self.redirects
    }

    /// The roles that it has of others.
    #[must_use]
    pub fn assignments(&self) -> &[Assigned] {
        &self.assigned
    }

    /// The client secrets, for whoever prints them once.
    #[must_use]
    pub fn secrets(&self) -> &[String] {
        &self.secrets
    }

    /// The object id of its service principal.
    #[must_use]
    pub fn object_id(&self) -> String {
        self.object_id.clone().unwrap_or_else(|| derived_id(&format!("service principal of {}", self.id)))
    }
}

/// Secrets stay out of what is printed.
impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").field("id", &self.id).field("name", &self.name).finish_non_exhaustive()
    }
}
