//! Backend entities of the configuration, ready to be called: single ones first, then the pools of them.

mod pools;
mod transport;

use std::collections::HashMap;
use std::sync::Arc;

use expr::Text;
use gateway::backends::{BackendEntry, can_trip};
use model::{Backend as Entity, BackendId, BackendKind, Configuration, ValueText, WorkspaceId, qualified};
use policy::{
    Backend, BackendEntity, Backends, BaseUrl, Breaker, Credentials, IdentityChoice, NamedValueTable,
    Reading, Template, TokenRequest,
};
use secret::SecretSlot;
use source::{Diagnostic, Diagnostics, Location};

use crate::Settings;
use crate::names::template;
use pools::Known;

/// The backends of a configuration.
pub(crate) struct Resolved {
    pub(crate) table: Arc<dyn Backends>,
    pub(crate) entries: Vec<BackendEntry>,
}

#[derive(Debug, Default)]
struct Table {
    map: HashMap<String, BackendEntity>,
    ids: Vec<String>,
}

impl Backends for Table {
    /// Names of resources do not distinguish case.
    fn get(&self, id: &str) -> Option<BackendEntity> {
        self.map.get(&id.to_ascii_lowercase()).cloned()
    }

    fn ids(&self) -> Vec<&str> {
        self.ids.iter().map(String::as_str).collect()
    }
}

impl Table {
    fn insert(&mut self, id: &BackendId, entity: BackendEntity) {
        self.map.insert(id.as_str().to_ascii_lowercase(), entity);
    }
}

/// Where backends stand, and what their texts refer to.
struct Around<'a> {
    contents: &'a Configuration,
    workspace: Option<&'a WorkspaceId>,
    names: &'a NamedValueTable,
    settings: &'a Settings,
}

impl Around<'_> {
    /// The name of a backend that no other place has.
    fn name(&self, entity: &Entity) -> Arc<str> {
        qualified(self.workspace, entity.id.as_str()).into()
    }
}

pub(crate) fn resolve(
    configuration: &Configuration,
    workspace: Option<&WorkspaceId>,
    names: &NamedValueTable,
    settings: &Settings,
    problems: &mut Diagnostics,
) -> Resolved {
    let ids = configuration.backends.ids().map(|id| id.as_str().to_owned()).collect();
    let around = Around { contents: configuration, workspace, names, settings };
    let mut table = Table { ids, ..Table::default() };
    let mut entries = Vec::new();
    for entity in configuration.backends.iter() {
        if !matches!(entity.kind, BackendKind::Single { .. }) {
            continue;
        }
        if let Some((backend, entry)) = one(entity, &around, problems) {
            table.insert(&entity.id, BackendEntity::Single(Arc::new(backend)));
            entries.push(entry);
        }
    }
    for entity in configuration.backends.iter() {
        let BackendKind::Pool { members, .. } = &entity.kind else { continue };
        let known = Known { table: &table, around: &around };
        if let Some(pool) = pools::pool(entity, &known, problems) {
            table.insert(&entity.id, BackendEntity::Pool(Arc::new(pool)));
            let members = members.clone();
            entries.push(BackendEntry { id: around.name(entity), members, breaker: None });
        }
    }
    Resolved { table: Arc::new(table), entries }
}

/// Reports a problem at a backend.
fn report(entity: &Entity, at: Option<&Location>, problem: Diagnostic, problems: &mut Diagnostics) {
    problems.push(match at.or(entity.origin.as_ref()) {
        Some(at) => problem.at(at.clone()),
        None => problem,
    });
}

fn one(entity: &Entity, around: &Around<'_>, problems: &mut Diagnostics) -> Option<(Backend, BackendEntry)> {
    let Around { contents, names, settings, .. } = *around;
    let before = problems.len();
    let breaker = entity.circuit_breaker.as_ref();
    if breaker.is_some_and(|rule| !can_trip(&rule.failure)) {
        let message = format!("the circuit breaker of the backend `{}` could never open", entity.id);
        let help = "give it `statusCodeRanges`, or one of the `errorReasons` `BackendConnectionFailure` and `Timeout`";
        report(entity, None, Diagnostic::error("breaker-never-opens", message).help(help), problems);
    }
    let url = url(entity, names, settings.reading, problems);
    let credentials = credentials(entity, names, problems);
    let transport = transport::transport(entity, contents, names, settings, problems);
    let (url, transport) = url.zip(transport).filter(|_| problems.len() == before)?;
    let id = around.name(entity);
    let breaker = breaker.map(|rule| settings.backends.breaker(&id, rule));
    let entry = BackendEntry { id: Arc::clone(&id), members: Vec::new(), breaker: breaker.clone() };
    let breaker = breaker.map(|breaker| breaker as Arc<dyn Breaker>);
    Some((Backend { id, url, credentials, transport, breaker }, entry))
}

fn url(
    entity: &Entity,
    names: &NamedValueTable,
    reading: Reading,
    problems: &mut Diagnostics,
) -> Option<BaseUrl> {
    let BackendKind::Single { url, .. } = &entity.kind else { return None };
    let text = match template(url, names, problems)?.render() {
        Ok(text) => text,
        Err(unset) if reading == Reading::Allowed => {
            let message = format!(
                "the URL of the backend `{}` needs the secret `{}`, which has no value",
                entity.id, unset.name
            );
            report(entity, url.at.as_ref(), Diagnostic::error("secret-unavailable", message), problems);
            return None;
        }
        // Without secrets, as when checking, any host will do: nothing is called.
        Err(_) => Text::from_static("https://secret.invalid"),
    };
    BaseUrl::parse(text.as_str())
        .map(|base| base.tainted_if(text.is_tainted()))
        .map_err(|why| {
            let message = format!("the URL of the backend `{}` cannot be called: {why}", entity.id);
            report(entity, url.at.as_ref(), Diagnostic::error("bad-backend-url", message), problems);
        })
        .ok()
}

fn credentials(entity: &Entity, names: &NamedValueTable, problems: &mut Diagnostics) -> Credentials {
    let given = &entity.credentials;
    let mut credentials =
        Credentials { client_certificate: !given.certificates.is_empty(), ..Credentials::default() };
    for header in &given.headers {
        let values = header.values.iter().filter_map(|value| template(value, names, problems)).collect();
        credentials.headers.push((header.name.name().clone(), values));
    }
    for parameter in &given.query {
        let values = parameter.values.iter().filter_map(|value| template(value, names, problems)).collect();
        credentials.query.push((parameter.name.to_string(), values));
    }
    if let Some(authorization) = &given.authorization {
        let scheme = template(&authorization.scheme, names, problems);
        let parameter = template(&authorization.parameter, names, problems);
        credentials.authorization = scheme.zip(parameter);
    }
    credentials.managed_identity = managed_identity(entity, names, problems);
    credentials.rotating = rotating(&credentials, names);
    credentials
}

/// The slots of credentials that vaults fill.
fn rotating(credentials: &Credentials, names: &NamedValueTable) -> Vec<SecretSlot> {
    let headers = credentials.headers.iter().flat_map(|(_, values)| values);
    let query = credentials.query.iter().flat_map(|(_, values)| values);
    let authorization = credentials.authorization.iter().flat_map(|(scheme, parameter)| [scheme, parameter]);
    let all = headers.chain(query).chain(authorization).flat_map(Template::slots);
    let mut found: Vec<SecretSlot> = Vec::new();
    for slot in all.filter(|slot| names.is_rotating(slot)) {
        if !found.iter().any(|known| known.is_same(slot)) {
            found.push(slot.clone());
        }
    }
    found
}

/// The token that the backend is called with. Resource and identity may be plain named values.
fn managed_identity(
    entity: &Entity,
    names: &NamedValueTable,
    problems: &mut Diagnostics,
) -> Option<TokenRequest> {
    let given = entity.credentials.managed_identity.as_ref()?;
    if entity.credentials.authorization.is_some() {
        let message = format!(
            "the backend `{}` has both `authorization` and `managedIdentity`, which want the same header",
            entity.id
        );
        let problem = Diagnostic::error("two-credentials", message);
        report(entity, given.resource.at.as_ref(), problem.help("remove one of them"), problems);
    }
    let resource = plain(entity, &given.resource, names, problems);
    let identity = match &given.client_id {
        None => Some(IdentityChoice::System),
        Some(id) => plain(entity, id, names, problems).map(IdentityChoice::User),
    };
    Some(TokenRequest { resource: resource?, identity: identity?, hidden: false })
}

/// Text that is no secret and not empty.
fn plain(
    entity: &Entity,
    value: &ValueText,
    names: &NamedValueTable,
    problems: &mut Diagnostics,
) -> Option<Arc<str>> {
    let template = template(value, names, problems)?;
    let rendered =
        template.render().ok().filter(|text| template.slots().next().is_none() && !text.is_tainted());
    let text = rendered.as_ref().map(|text| text.as_str().trim());
    let why = match text {
        Some("") => "must not be empty",
        Some(text) => return Some(text.into()),
        None => "must not be a secret named value: it is shown in logs",
    };
    let message =
        format!("resource and client id of the managed identity of the backend `{}` {why}", entity.id);
    report(entity, value.at.as_ref(), Diagnostic::error("bad-managed-identity", message), problems);
    None
}
