//! What tokens say, by version and by whom they are for.
//!
//! COMPAT: claims and their meaning as "Access token claims reference" and "ID token claims reference" have them; those of
//! managed identities as read from real tokens (MicrosoftDocs/azure-docs issue 32131 for `xms_mirid`). Opaque claims
//! (`aio`, `rh`) are left out.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::directory::{App, ManagedIdentity, Tenant, TokenVersion, User};

/// Tokens say that they were good already so long ago: clocks differ.
const BEFORE: u64 = 300;

/// How the client proved who it is: the claim `appidacr` or `azpacr`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Proof {
    /// It did not: a public client.
    None,
    /// A secret.
    Secret,
    /// A certificate, or a token of another issuer.
    Certificate,
}

impl Proof {
    fn value(self) -> &'static str {
        match self {
            Self::None => "0",
            Self::Secret => "1",
            Self::Certificate => "2",
        }
    }
}

/// Whom a token is about.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Subject<'a> {
    /// The client itself.
    App(&'a App),
    /// A user, whom the client acts for.
    User(&'a User),
    /// A managed identity, which is its own client.
    Managed(&'a ManagedIdentity),
}

/// Where tokens come from.
#[derive(Clone, Debug)]
pub(crate) struct Issuers {
    /// `https://localhost:8443`
    pub(crate) base: String,
    /// `https://sts.windows.net`
    pub(crate) v1: String,
}

impl Issuers {
    /// The issuer of a tenant's tokens.
    pub(crate) fn issuer(&self, tenant: &str, version: TokenVersion) -> String {
        match version {
            TokenVersion::V1 => format!("{}/{tenant}/", self.v1),
            TokenVersion::V2 => format!("{}/{tenant}/v2.0", self.base),
        }
    }
}

/// A token to be made.
#[derive(Clone, Debug)]
pub(crate) struct Content<'a> {
    pub(crate) issuers: &'a Issuers,
    pub(crate) tenant: &'a Tenant,
    pub(crate) client: &'a str,
    pub(crate) proof: Proof,
    pub(crate) subject: Subject<'a>,
    pub(crate) resource: &'a App,
    /// The resource as it was asked for.
    pub(crate) asked: &'a str,
    pub(crate) scopes: Vec<String>,
    pub(crate) now: u64,
    pub(crate) lifetime: u64,
    pub(crate) id: String,
}

impl Content<'_> {
    /// The claims of an access token.
    pub(crate) fn access_token(&self) -> Map<String, Value> {
        let version = self.resource.token_version;
        let mut claims = Map::new();
        let audience = if version == TokenVersion::V2 { &self.resource.id } else { self.asked };
        put(&mut claims, "aud", audience);
        self.times(&mut claims, version);
        match version {
            TokenVersion::V1 => {
                put(&mut claims, "appid", self.client);
                put(&mut claims, "appidacr", self.proof.value());
                put(&mut claims, "idp", self.issuers.issuer(&self.tenant.id, version));
            }
            TokenVersion::V2 => {
                put(&mut claims, "azp", self.client);
                put(&mut claims, "azpacr", self.proof.value());
            }
        }
        match self.subject {
            Subject::App(app) => self.of_app(&mut claims, &app.object_id(), &app.assigned),
            Subject::Managed(identity) => {
                self.of_app(&mut claims, &identity.object_id(), &identity.assigned);
                put(&mut claims, "xms_mirid", identity.resource_id());
            }
            Subject::User(user) => self.of_user(&mut claims, user),
        }
        self.end(&mut claims, version);
        claims
    }

    /// The claims of an ID token for the client.
    pub(crate) fn id_token(
        &self,
        user: &User,
        version: TokenVersion,
        nonce: Option<&str>,
    ) -> Map<String, Value> {
        let mut claims = Map::new();
        put(&mut claims, "aud", self.client);
        self.times(&mut claims, version);
        put(&mut claims, "name", user.shown_name());
        if let Some(nonce) = nonce {
            put(&mut claims, "nonce", nonce);
        }
        put(&mut claims, "oid", &user.id);
        put(&mut claims, "sub", pairwise(&user.id, self.client));
        names(&mut claims, user, version);
        self.end(&mut claims, version);
        claims
    }

    fn times(&self, claims: &mut Map<String, Value>, version: TokenVersion) {
        put(claims, "iss", self.issuers.issuer(&self.tenant.id, version));
        let issued = self.now.saturating_sub(BEFORE);
        claims.insert(String::from("iat"), Value::from(issued));
        claims.insert(String::from("nbf"), Value::from(issued));
        claims.insert(String::from("exp"), Value::from(self.now.saturating_add(self.lifetime)));
    }

    fn end(&self, claims: &mut Map<String, Value>, version: TokenVersion) {
        put(claims, "tid", &self.tenant.id);
        put(claims, "uti", &self.id);
        put(claims, "ver", if version == TokenVersion::V1 { "1.0" } else { "2.0" });
    }

    fn of_app(&self, claims: &mut Map<String, Value>, object: &str, has: &[super::directory::Assigned]) {
        put(claims, "idtyp", "app");
        put(claims, "oid", object);
        let roles = self.tenant.roles(has, self.resource);
        if !roles.is_empty() {
            claims.insert(String::from("roles"), json!(roles));
        }
        put(claims, "sub", object);
    }

    fn of_user(&self, claims: &mut Map<String, Value>, user: &User) {
        let version = self.resource.token_version;
        if version == TokenVersion::V1 {
            put(claims, "acr", "1");
            claims.insert(String::from("amr"), json!(["pwd"]));
        }
        put(claims, "name", user.shown_name());
        put(claims, "oid", &user.id);
        if self.resource.group_claims {
            self.groups(claims, user);
        }
        let roles = self.tenant.roles(&user.assigned, self.resource);
        if !roles.is_empty() {
            claims.insert(String::from("roles"), json!(roles));
        }
        put(claims, "scp", self.scopes.join(" "));
        put(claims, "sub", pairwise(&user.id, &self.resource.id));
        names(claims, user, version);
    }

    /// COMPAT: too many groups are not in the token; it says where they can be read ("Groups overage claim").
    fn groups(&self, claims: &mut Map<String, Value>, user: &User) {
        let groups = user.all_groups();
        if groups.len() <= self.resource.group_limit {
            if !groups.is_empty() {
                claims.insert(String::from("groups"), json!(groups));
            }
            return;
        }
        let endpoint = format!("{}/{}/users/{}/getMemberObjects", self.issuers.base, self.tenant.id, user.id);
        claims.insert(String::from("_claim_names"), json!({ "groups": "src1" }));
        claims.insert(String::from("_claim_sources"), json!({ "src1": { "endpoint": endpoint } }));
    }
}

fn names(claims: &mut Map<String, Value>, user: &User, version: TokenVersion) {
    match version {
        TokenVersion::V1 => {
            put(claims, "unique_name", &user.name);
            put(claims, "upn", &user.name);
        }
        TokenVersion::V2 => put(claims, "preferred_username", &user.name),
    }
}

fn put(claims: &mut Map<String, Value>, name: &str, value: impl Into<String>) {
    claims.insert(String::from(name), Value::String(value.into()));
}

/// COMPAT: a user has another `sub` at every application.
fn pairwise(user: &str, app: &str) -> String {
    let hash = digest(&SHA256, format!("{user} at {app}").as_bytes());
    URL_SAFE_NO_PAD.encode(hash.as_ref())
}
