//! The token endpoint: who calls, and what each grant gives.

mod assertion;
mod client;
mod code;
mod on_behalf_of;
mod refresh;
pub(super) mod store;

use serde_json::{Map, Value, json};

use super::claims::{Content, Proof, Subject};
use super::directory::{App, Tenant, TokenVersion, User};
use super::refusal::{Refusal, missing};
use super::state::State;
use super::wanted::Wanted;
use crate::web::Form;
use store::{Issued, Refresh};

/// COMPAT: Entra's tokens live 60 to 90 minutes; `expires_in` of 3599 is what most examples show.
pub(crate) const LIFETIME: u64 = 3_599;

/// A call of the token endpoint.
pub(crate) struct Call<'a> {
    pub(crate) state: &'a State,
    pub(crate) tenant: &'a Tenant,
    /// The tenant as the path has it.
    pub(crate) path: &'a str,
    pub(crate) endpoint: TokenVersion,
    pub(crate) form: Form,
    /// Id and secret of HTTP Basic.
    pub(crate) basic: Option<(String, String)>,
    /// Whether a browser calls from a page of another origin.
    pub(crate) cross_origin: bool,
    pub(crate) now: u64,
}

/// A token response and whose it is.
pub(crate) struct Granted {
    pub(crate) client: String,
    pub(crate) body: Value,
}

impl<'a> Call<'a> {
    /// Answers it.
    pub(crate) fn grant(&self) -> Result<Granted, Refusal> {
        match self.required("grant_type")? {
            "client_credentials" => self.client_credentials(),
            "authorization_code" => self.authorization_code(),
            "refresh_token" => self.refresh_token(),
            "urn:ietf:params:oauth:grant-type:jwt-bearer" => self.on_behalf_of(),
            other => {
                let text = format!("The app requested an unsupported grant type '{other}'.");
                Err(Refusal::request(70_003, text).named("unsupported_grant_type"))
            }
        }
    }

    fn required(&self, name: &str) -> Result<&str, Refusal> {
        self.form.get(name).ok_or_else(|| missing(name))
    }

    fn client_credentials(&self) -> Result<Granted, Refusal> {
        if super::directory::is_any(self.path) {
            let text = "No tenant-identifying information found in either the request or implied by any provided \
                        credentials.";
            return Err(Refusal::request(50_059, text));
        }
        let (client, proof) = self.authenticated()?;
        if proof == Proof::None {
            let text = "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' \
                        grant type.";
            return Err(Refusal::client(7_000_216, text));
        }
        let wanted = self.wanted()?;
        if !wanted.default || !wanted.scopes.is_empty() {
            let scope = self.form.get("scope").unwrap_or_default();
            let text = format!(
                "The provided value for scope {scope} is not valid. Client credential flows must have a scope value with \
                 /.default suffixed to the resource identifier (application ID URI)."
            );
            return Err(Refusal::request(1_002_012, text).named("invalid_scope"));
        }
        self.may_use(client, &wanted)?;
        let content = self.content(client, proof, Subject::App(client), &wanted, Vec::new());
        Ok(self.granted(client, self.state.signed(content.access_token()), &wanted, Map::new()))
    }

    /// COMPAT: an application that requires assignment has no tokens for others.
    fn may_use(&self, client: &App, wanted: &Wanted<'_>) -> Result<(), Refusal> {
        let resource = wanted.resource;
        if !resource.assignment_required || !self.tenant.roles(&client.assigned, resource).is_empty() {
            return Ok(());
        }
        let text = format!(
            "Application '{}'({}) is not assigned to a role for the application '{}'({}).",
            client.id, client.name, wanted.name, resource.name
        );
        Err(Refusal::grant(501_051, text))
    }

    /// What is asked for, in the way of the endpoint's version.
    fn wanted(&self) -> Result<Wanted<'a>, Refusal> {
        match self.endpoint {
            TokenVersion::V2 => Wanted::by_scope(self.tenant, self.required("scope")?),
            TokenVersion::V1 => Wanted::by_resource(self.tenant, self.required("resource")?),
        }
    }

    fn content<'b>(
        &'b self,
        client: &'b App,
        proof: Proof,
        subject: Subject<'b>,
        wanted: &'b Wanted<'b>,
        scopes: Vec<String>,
    ) -> Content<'b> {
        Content {
            issuers: &self.state.issuers,
            tenant: self.tenant,
            client: &client.id,
            proof,
            subject,
            resource: wanted.resource,
            asked: &wanted.name,
            scopes,
            now: self.now,
            lifetime: LIFETIME,
            id: self.state.ids.named("", 22),
        }
    }

    /// Tokens in the name of a user, with a refresh token and an ID token if they were asked for.
    fn for_user(
        &self,
        client: &App,
        proof: Proof,
        user: &User,
        wanted: &Wanted<'_>,
        from: Option<Issued<'_>>,
    ) -> Result<Granted, Refusal> {
        let scopes = wanted.granted(client)?;
        self.assigned(user, wanted.resource)?;
        let content = self.content(client, proof, Subject::User(user), wanted, scopes.clone());
        let mut more = Map::new();
        let prefix = wanted.name.trim_end_matches('/');
        let full: Vec<String> = scopes.iter().map(|scope| format!("{prefix}/{scope}")).collect();
        let shown = if self.endpoint == TokenVersion::V2 { full.join(" ") } else { scopes.join(" ") };
        more.insert(String::from("scope"), Value::from(shown));
        if let Some(from) = &from {
            if wanted.offline {
                more.insert(String::from("refresh_token"), Value::from(self.refresh(client, user, from)));
            }
            if wanted.openid {
                let claims = content.id_token(user, self.endpoint, from.nonce);
                more.insert(String::from("id_token"), Value::from(self.state.signed(claims)));
            }
        }
        if self.form.get("client_info") == Some("1") {
            more.insert(String::from("client_info"), Value::from(client_info(self.tenant, user)));
        }
        Ok(self.granted(client, self.state.signed(content.access_token()), wanted, more))
    }

    /// COMPAT: a user without assignment has no tokens for an application that requires one.
    fn assigned(&self, user: &User, resource: &App) -> Result<(), Refusal> {
        if !resource.assignment_required || !self.tenant.roles(&user.assigned, resource).is_empty() {
            return Ok(());
        }
        let text = format!(
            "The signed in user '{}' is not assigned to a role for the application '{}'({}).",
            user.name, resource.id, resource.name
        );
        Err(Refusal::grant(50_105, text))
    }

    fn refresh(&self, client: &App, user: &User, from: &Issued<'_>) -> String {
        self.state.store.refresh.put(Refresh {
            client: client.id.clone(),
            tenant: self.tenant.id.clone(),
            user: user.id.clone(),
            kind: from.kind,
            issued: from.since.unwrap_or(self.now),
            used: self.now,
        })
    }

    fn granted(&self, client: &App, token: String, wanted: &Wanted<'_>, more: Map<String, Value>) -> Granted {
        let mut body = match self.endpoint {
            TokenVersion::V2 => json!({
                "token_type": "Bearer",
                "expires_in": LIFETIME,
                "ext_expires_in": LIFETIME,
                "access_token": token,
            }),
            // COMPAT: numbers are texts in version 1.
            TokenVersion::V1 => json!({
                "token_type": "Bearer",
                "expires_in": LIFETIME.to_string(),
                "ext_expires_in": LIFETIME.to_string(),
                "expires_on": (self.now + LIFETIME).to_string(),
                "not_before": self.now.saturating_sub(300).to_string(),
                "resource": wanted.name,
                "access_token": token,
            }),
        };
        if let Some(body) = body.as_object_mut() {
            body.extend(more);
        }
        Granted { client: client.id.clone(), body }
    }
}

/// Who the user is, for caches of clients.
fn client_info(tenant: &Tenant, user: &User) -> String {
    use base64::Engine as _;
    let info = json!({ "uid": user.id, "utid": tenant.id });
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(info.to_string())
}
