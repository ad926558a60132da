//! The endpoints at which a machine of Azure gives its own programs tokens: IMDS, App Service and Azure Arc.
//!
//! They are plain HTTP, as on the real machines, and give tokens for the managed identities of the directory's first
//! tenant. The tokens are those of the identity provider: of version 1, or what their resource accepts.

mod app_service;
mod arc;
mod imds;

use std::path::PathBuf;
use std::sync::Arc;

use http::{Method, StatusCode};
use parking_lot::Mutex;

use crate::identity::{Content, Directory, ManagedIdentity, Proof, Refusal, State, Subject, Wanted};
use crate::web::{Answer, Asked};

/// COMPAT: tokens of managed identities are good for 24 hours.
const LIFETIME: u64 = 86_400;

/// The endpoints.
#[derive(Clone, Debug)]
pub(crate) struct Endpoints(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    header: String,
    arc_folder: Option<PathBuf>,
    /// What Azure Arc's endpoint wrote into files and wants to be told.
    challenges: Mutex<Vec<arc::Challenge>>,
}

impl Endpoints {
    pub(crate) fn new(header: String, arc_folder: Option<PathBuf>) -> Self {
        Self(Arc::new(Inner { header, arc_folder, challenges: Mutex::default() }))
    }

    pub(crate) fn header(&self) -> &str {
        &self.0.header
    }

    pub(crate) fn answer(&self, state: &State, asked: &Asked) -> Answer {
        if asked.method != Method::GET {
            return Answer::empty(StatusCode::METHOD_NOT_ALLOWED);
        }
        match *asked.segments().as_slice() {
            ["metadata", "identity", "oauth2", "token"] => imds::answer(state, asked),
            ["msi", "token"] => app_service::answer(state, &self.0.header, asked),
            ["arc", "token"] => arc::answer(state, &self.0, asked),
            _ => Answer::empty(StatusCode::NOT_FOUND),
        }
    }
}

/// A token of a managed identity.
struct Token {
    client: String,
    access_token: String,
    resource: String,
    now: u64,
}

/// Why there is none.
enum NoToken {
    /// No such identity, or several that could be meant.
    Identity,
    Several,
    /// The tenant refused.
    Refused(Refusal),
}

/// By what an identity is asked for: the query parameter and what it names.
struct Selector<'a> {
    client_id: Option<&'a str>,
    object_id: Option<&'a str>,
    resource_id: Option<&'a str>,
}

impl Selector<'_> {
    /// The identity.
    ///
    /// COMPAT: without a name it is the machine's own; where there is none, the only one that was assigned.
    fn find<'d>(&self, directory: &'d Directory) -> Result<&'d ManagedIdentity, NoToken> {
        let tenant = directory.tenants.first().ok_or(NoToken::Identity)?;
        let named = if let Some(id) = self.client_id {
            tenant.managed_by(|one| one.client_id.eq_ignore_ascii_case(id))
        } else if let Some(id) = self.object_id {
            tenant.managed_by(|one| one.object_id().eq_ignore_ascii_case(id))
        } else if let Some(id) = self.resource_id {
            tenant.managed_by(|one| one.resource_id().eq_ignore_ascii_case(id))
        } else {
            match tenant.managed.as_slice() {
                [only] => Some(only),
                several => {
                    let own = several.iter().find(|one| one.system);
                    return own.ok_or(if several.is_empty() { NoToken::Identity } else { NoToken::Several });
                }
            }
        };
        named.ok_or(NoToken::Identity)
    }
}

fn token(state: &State, selector: &Selector<'_>, resource: &str) -> Result<Token, NoToken> {
    let directory = state.directory();
    let identity = selector.find(&directory)?;
    let tenant = directory.tenants.first().ok_or(NoToken::Identity)?;
    let wanted = Wanted::by_resource(tenant, resource).map_err(NoToken::Refused)?;
    let now = state.now();
    let content = Content {
        issuers: &state.issuers,
        tenant,
        client: &identity.client_id,
        proof: Proof::Certificate,
        subject: Subject::Managed(identity),
        resource: wanted.resource,
        asked: &wanted.name,
        scopes: Vec::new(),
        now,
        lifetime: LIFETIME,
        id: state.ids.named("", 22),
    };
    Ok(Token {
        client: identity.client_id.clone(),
        access_token: state.signed(content.access_token()),
        resource: wanted.name.clone(),
        now,
    })
}
