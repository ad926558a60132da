//! Backend entities of the configuration, ready to be called: single ones first, then the pools of them.

use std::collections::HashMap;
use std::sync::Arc;

use expr::Text;
use gateway::backends::{BackendEntry, affinity, can_trip};
use model::{
    Backend as Entity, BackendKind, BackendTls, Certificate, CertificateReference, Configuration, PoolMember,
    SessionAffinity, ValueText,
};
use net::{ClientCertificate, Options, Tls, TlsSettings, Validation};
use policy::{
    Backend, BackendEntity, BackendPool, Backends, BaseUrl, Breaker, Credentials, IdentityChoice,
    NamedValueTable, Reading, Template, TokenRequest, Transport,
};
use secret::SecretSlot;
use source::{Diagnostic, Diagnostics, Location};

use crate::Settings;
use crate::names::template;

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
    fn insert(&mut self, entity: BackendEntity) {
        self.map.insert(entity.id().to_ascii_lowercase(), entity);
    }
}

pub(crate) fn resolve(
    configuration: &Configuration,
    names: &NamedValueTable,
    settings: &Settings,
    problems: &mut Diagnostics,
) -> Resolved {
    let ids = configuration.backends.ids().map(|id| id.as_str().to_owned()).collect();
    let mut table = Table { ids, ..Table::default() };
    let mut entries = Vec::new();
    for entity in configuration.backends.iter() {
        if !matches!(entity.kind, BackendKind::Single { .. }) {
            continue;
        }
        if let Some((backend, entry)) = one(entity, configuration, names, settings, problems) {
            table.insert(BackendEntity::Single(Arc::new(backend)));
            entries.push(entry);
        }
    }
    for entity in configuration.backends.iter() {
        let BackendKind::Pool { members, affinity } = &entity.kind else { continue };
        if let Some(pool) = pool(entity, members, affinity.as_ref(), &table, settings, problems) {
            table.insert(BackendEntity::Pool(Arc::new(pool)));
            let members = members.clone();
            entries.push(BackendEntry { id: entity.id.as_str().into(), members, breaker: None });
        }
    }
    Resolved { table: Arc::new(table), entries }
}

/// A pool of the backends of the table. It has nothing of its own: credentials, TLS and breakers are those of its members.
fn pool(
    entity: &Entity,
    members: &[PoolMember],
    given: Option<&SessionAffinity>,
    table: &Table,
    settings: &Settings,
    problems: &mut Diagnostics,
) -> Option<BackendPool> {
    let before = problems.len();
    let own = [
        ("credentials", !entity.credentials.is_empty()),
        ("tls", entity.tls != BackendTls::default()),
        ("proxy", entity.proxy.is_some()),
        ("circuitBreaker", entity.circuit_breaker.is_some()),
    ];
    for (name, _) in own.into_iter().filter(|(_, given)| *given) {
        let message =
            format!("the pool `{}` has `{name}`, which calls to its members would not use", entity.id);
        let problem = Diagnostic::error("not-of-a-pool", message).help("give it to the members");
        report(entity, None, problem, problems);
    }
    let found: Vec<_> = members.iter().filter_map(|each| member(entity, each, table, problems)).collect();
    if problems.len() > before || found.len() < members.len() {
        return None;
    }
    let affinity = given.map(|given| affinity(given, &entity.id, members.iter().map(|each| &each.backend)));
    let balance = settings.backends.rotation(&entity.id, members);
    Some(BackendPool { id: entity.id.as_str().into(), members: found, balance, affinity })
}

/// A member of a pool. One that has problems of its own, or does not exist, has been reported.
fn member(
    pool: &Entity,
    member: &PoolMember,
    table: &Table,
    problems: &mut Diagnostics,
) -> Option<Arc<Backend>> {
    match table.get(member.backend.as_str()) {
        Some(BackendEntity::Single(backend)) => Some(backend),
        Some(BackendEntity::Pool(_)) | None => {
            let message = format!(
                "the pool `{}` cannot be used: its member `{}` cannot be called",
                pool.id, member.backend
            );
            let problem = Diagnostic::error("unusable-member", message);
            report(pool, None, problem.help("correct what is wrong with the member, or remove it"), problems);
            None
        }
    }
}

/// Reports a problem at a backend.
fn report(entity: &Entity, at: Option<&Location>, problem: Diagnostic, problems: &mut Diagnostics) {
    problems.push(match at.or(entity.origin.as_ref()) {
        Some(at) => problem.at(at.clone()),
        None => problem,
    });
}

fn unsupported(entity: &Entity, what: &str, problems: &mut Diagnostics) {
    let message = format!("{what} of the backend `{}` is not yet supported", entity.id);
    let help = "a backend is refused rather than called without something that it asks for";
    report(entity, None, Diagnostic::error("not-yet-supported", message).help(help), problems);
}

fn one(
    entity: &Entity,
    configuration: &Configuration,
    names: &NamedValueTable,
    settings: &Settings,
    problems: &mut Diagnostics,
) -> Option<(Backend, BackendEntry)> {
    let before = problems.len();
    if entity.proxy.is_some() {
        unsupported(entity, "the proxy", problems);
    }
    let breaker = entity.circuit_breaker.as_ref();
    if breaker.is_some_and(|rule| !can_trip(&rule.failure)) {
        let message = format!("the circuit breaker of the backend `{}` could never open", entity.id);
        let help = "give it `statusCodeRanges`, or one of the `errorReasons` `BackendConnectionFailure` and `Timeout`";
        report(entity, None, Diagnostic::error("breaker-never-opens", message).help(help), problems);
    }
    let url = url(entity, names, settings.reading, problems);
    let credentials = credentials(entity, names, problems);
    let transport = transport(entity, configuration, settings, problems);
    let (url, transport) = url.zip(transport).filter(|_| problems.len() == before)?;
    let id: Arc<str> = entity.id.as_str().into();
    let breaker = breaker.map(|rule| settings.backends.breaker(&entity.id, rule));
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

/// The transport of a backend: the default one unless it says something of TLS.
fn transport(
    entity: &Entity,
    configuration: &Configuration,
    settings: &Settings,
    problems: &mut Diagnostics,
) -> Option<Transport> {
    let certificates = &entity.credentials.certificates;
    if entity.tls == BackendTls::default() && certificates.is_empty() {
        return Some(Transport::default());
    }
    let client_certificate = match certificates.as_slice() {
        [] => None,
        [reference] => match certificate(entity, reference, configuration, settings.reading, problems)? {
            Shown::Certificate(certificate) => Some(certificate),
            Shown::Withheld => return Some(Transport::default()),
        },
        _ => {
            unsupported(entity, "more than one client certificate", problems);
            return None;
        }
    };
    let tls = TlsSettings {
        validation: Validation { chain: entity.tls.validate_chain, name: entity.tls.validate_name },
        client_certificate,
        ..TlsSettings::default()
    };
    match Tls::new(tls, settings.roots.clone()) {
        Ok(tls) => Some(Transport::of(Options { tls, ..settings.transport.clone() })),
        Err(why) => {
            let message = format!("the TLS settings of the backend `{}` cannot be used: {why}", entity.id);
            report(entity, None, Diagnostic::error("bad-backend-tls", message), problems);
            None
        }
    }
}

/// A client certificate, or that there is none because secrets are not read, as when checking.
enum Shown {
    Certificate(ClientCertificate),
    Withheld,
}

fn certificate(
    entity: &Entity,
    reference: &CertificateReference,
    configuration: &Configuration,
    reading: Reading,
    problems: &mut Diagnostics,
) -> Option<Shown> {
    let (name, found) = match reference {
        CertificateReference::Id(id) => (id.as_str(), configuration.certificates.get(id)),
        CertificateReference::Thumbprint(digits) => {
            let same = |each: &&Arc<Certificate>| {
                each.thumbprint.as_deref().is_some_and(|known| known.eq_ignore_ascii_case(digits))
            };
            (digits.as_ref(), configuration.certificates.iter().find(same))
        }
    };
    let Some(found) = found else {
        let message =
            format!("there is no certificate `{name}`, which the backend `{}` wants to show", entity.id);
        let help = "define it under `[certificates]` in `overlay.toml`";
        report(entity, None, Diagnostic::error("unknown-certificate", message).help(help), problems);
        return None;
    };
    match (found.chain.load(), found.key.load()) {
        (Ok(chain), Ok(_)) if !chain.expose().contains("-----BEGIN") => {
            let message = format!("the certificate `{}` of the backend `{}` is not PEM", found.id, entity.id);
            let help = "a PFX is not read: give the certificate the content type `application/x-pem-file` in the vault";
            report(entity, None, Diagnostic::error("bad-certificate", message).help(help), problems);
            None
        }
        (Ok(chain), Ok(key)) => {
            Some(Shown::Certificate(ClientCertificate { chain_pem: chain.expose().to_owned(), key_pem: key }))
        }
        _ if reading == Reading::Withheld => Some(Shown::Withheld),
        _ => {
            let message = format!(
                "the certificate `{}` of the backend `{}` cannot be read: a backend is not called without it",
                found.id, entity.id
            );
            report(entity, None, Diagnostic::error("secret-unavailable", message), problems);
            None
        }
    }
}
