//! Tokens made to order: good ones without a flow, and bad ones in a chosen way.
//!
//! COMPAT: none. No provider does this, which is why only loopback reaches it.

use std::str::FromStr;
use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::claims::{Content, Proof, Subject};
use super::directory::{App, Tenant};
use super::grants::LIFETIME;
use super::refusal::Refusal;
use super::state::State;
use super::wanted::Wanted;
use crate::signing::Signer;

/// What is wrong with a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Flaw {
    /// It expired an hour ago.
    Expired,
    /// It is good in an hour.
    NotYetValid,
    /// It says nothing about when it expires.
    WithoutExpiry,
    /// It is for somebody else.
    WrongAudience,
    /// Somebody else says that they issued it.
    WrongIssuer,
    /// Another key signed it under the id of the right one.
    WrongSignature,
    /// A key signed it that is not published, under its own id.
    UnknownKey,
    /// Nobody signed it: `alg` is `none`.
    Unsigned,
    /// It is an HMAC whose secret is the public certificate: `alg` is `HS256`.
    ConfusedAlgorithm,
}

impl Flaw {
    /// Every flaw.
    pub const ALL: [Self; 9] = [
        Self::Expired,
        Self::NotYetValid,
        Self::WithoutExpiry,
        Self::WrongAudience,
        Self::WrongIssuer,
        Self::WrongSignature,
        Self::UnknownKey,
        Self::Unsigned,
        Self::ConfusedAlgorithm,
    ];
}

impl FromStr for Flaw {
    type Err = serde_json::Error;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        serde_json::from_value(Value::from(name))
    }
}

/// A token to be made: for `resource`, to a client, about a user, a managed identity or the client itself.
///
/// ```
/// use simulators::identity::{Flaw, TokenOrder};
///
/// let expired = TokenOrder::new("api://models").by_client("Team A").with_flaw(Flaw::Expired);
/// let odd = TokenOrder::new("api://models").about_user("ada@contoso.example").claim("roles", "Chat.Use");
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenOrder {
    resource: String,
    #[serde(default)]
    tenant: Option<String>,
    #[serde(default)]
    client: Option<String>,
    #[serde(default)]
    user: Option<String>,
    #[serde(default)]
    managed_identity: Option<String>,
    #[serde(default)]
    claims: Map<String, Value>,
    #[serde(default)]
    flaw: Option<Flaw>,
    #[serde(default)]
    lifetime: Option<u64>,
}

impl TokenOrder {
    /// A token for a resource, named by its id or an identifier URI, from the first tenant.
    #[must_use]
    pub fn new(resource: impl Into<String>) -> Self {
        Self {
            resource: resource.into(),
            tenant: None,
            client: None,
            user: None,
            managed_identity: None,
            claims: Map::new(),
            flaw: None,
            lifetime: None,
        }
    }

    /// From another tenant, named by its id or domain.
    #[must_use]
    pub fn in_tenant(mut self, tenant: impl Into<String>) -> Self {
        self.tenant = Some(tenant.into());
        self
    }

    /// Given to this application, named by its id or name; otherwise to the resource itself.
    #[must_use]
    pub fn by_client(mut self, client: impl Into<String>) -> Self {
        self.client = Some(client.into());
        self
    }

    /// About a user, named by the name that they sign in with or their object id.
    #[must_use]
    pub fn about_user(mut self, user: impl Into<String>) -> Self {
        self.user = Some(user.into());
        self
    }

    /// About a managed identity, named by its client id or name.
    #[must_use]
    pub fn about_managed_identity(mut self, identity: impl Into<String>) -> Self {
        self.managed_identity = Some(identity.into());
        self
    }

    /// With this claim instead of what would stand there; `null` takes one away.
    #[must_use]
    pub fn claim(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.claims.insert(name.into(), value.into());
        self
    }

    /// Good for so many seconds.
    #[must_use]
    pub fn lasting(mut self, seconds: u64) -> Self {
        self.lifetime = Some(seconds);
        self
    }

    /// With something wrong.
    #[must_use]
    pub fn with_flaw(mut self, flaw: Flaw) -> Self {
        self.flaw = Some(flaw);
        self
    }
}

/// What an order names is not there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct OrderError(String);

impl From<Refusal> for OrderError {
    fn from(refusal: Refusal) -> Self {
        Self(refusal.text)
    }
}

/// Makes the token.
pub(super) fn made(state: &State, order: &TokenOrder) -> Result<String, OrderError> {
    let directory = state.directory();
    let tenant = order.tenant.as_deref().unwrap_or("common");
    let tenant = directory.tenant(tenant).ok_or_else(|| none("tenant", tenant))?;
    let wanted = Wanted::by_resource(tenant, &order.resource)?;
    let client = client(tenant, order, &wanted)?;
    let (subject, id, scopes) = subject(tenant, order, client, &wanted)?;
    let content = Content {
        issuers: &state.issuers,
        tenant,
        client: id,
        proof: Proof::Secret,
        subject,
        resource: wanted.resource,
        asked: &wanted.name,
        scopes,
        now: state.now(),
        lifetime: order.lifetime.unwrap_or(LIFETIME),
        id: state.ids.named("", 22),
    };
    let mut claims = content.access_token();
    if let Some(flaw) = order.flaw {
        spoil(&mut claims, flaw, state.now());
    }
    for (name, value) in &order.claims {
        match value {
            Value::Null => drop(claims.shift_remove(name)),
            value => drop(claims.insert(name.clone(), value.clone())),
        }
    }
    Ok(signed(state, &claims, order.flaw))
}

fn none(what: &str, name: &str) -> OrderError {
    OrderError(format!("there is no {what} `{name}`"))
}

fn client<'a>(tenant: &'a Tenant, order: &TokenOrder, wanted: &Wanted<'a>) -> Result<&'a App, OrderError> {
    let Some(name) = &order.client else { return Ok(wanted.resource) };
    let by_name = || tenant.apps.iter().find(|app| app.name == *name);
    tenant.app_by_id(name).or_else(by_name).ok_or_else(|| none("application", name))
}

/// Whom the token is about, the client's id, and the scopes.
fn subject<'a>(
    tenant: &'a Tenant,
    order: &TokenOrder,
    client: &'a App,
    wanted: &Wanted<'a>,
) -> Result<(Subject<'a>, &'a str, Vec<String>), OrderError> {
    if let Some(name) = &order.managed_identity {
        let found = tenant.managed_by(|one| one.client_id == *name || one.name == *name);
        let found = found.ok_or_else(|| none("managed identity", name))?;
        return Ok((Subject::Managed(found), &found.client_id, Vec::new()));
    }
    let Some(name) = &order.user else { return Ok((Subject::App(client), &client.id, Vec::new())) };
    let user = tenant.user_by_name(name).ok_or_else(|| none("user", name))?;
    Ok((Subject::User(user), &client.id, wanted.resource.scopes.clone()))
}

fn spoil(claims: &mut Map<String, Value>, flaw: Flaw, now: u64) {
    let hour = 3_600;
    let mut set = |name: &str, value: Value| drop(claims.insert(String::from(name), value));
    match flaw {
        Flaw::Expired => {
            for name in ["iat", "nbf"] {
                set(name, Value::from(now.saturating_sub(2 * hour)));
            }
            set("exp", Value::from(now.saturating_sub(hour)));
        }
        Flaw::NotYetValid => {
            set("nbf", Value::from(now + hour));
            set("exp", Value::from(now + 2 * hour));
        }
        Flaw::WithoutExpiry => drop(claims.shift_remove("exp")),
        Flaw::WrongAudience => set("aud", Value::from("api://somebody-else")),
        Flaw::WrongIssuer => set("iss", Value::from("https://issuer.example/")),
        Flaw::WrongSignature | Flaw::UnknownKey | Flaw::Unsigned | Flaw::ConfusedAlgorithm => {}
    }
}

fn signed(state: &State, claims: &Map<String, Value>, flaw: Option<Flaw>) -> String {
    let current = state.keys.current();
    match flaw {
        Some(Flaw::Unsigned) => jose::sign::unsigned(claims),
        Some(Flaw::ConfusedAlgorithm) => current.confused(claims),
        Some(Flaw::UnknownKey) => stranger().map_or_else(String::new, |key| key.sign(claims)),
        Some(Flaw::WrongSignature) => {
            stranger().map_or_else(String::new, |key| key.sign_in_the_name_of(&current, claims))
        }
        _ => current.sign(claims),
    }
}

/// A key that no provider publishes.
fn stranger() -> Option<&'static Signer> {
    static STRANGER: OnceLock<Option<Signer>> = OnceLock::new();
    STRANGER.get_or_init(|| Signer::generate("stranger", "").ok()).as_ref()
}
