//! Backend entities of the configuration, ready to be called.

use std::collections::HashMap;
use std::sync::Arc;

use expr::Text;
use model::{
    Backend as Entity, BackendKind, BackendTls, Certificate, CertificateReference, Configuration, ValueText,
};
use net::{ClientCertificate, Options, Tls, TlsSettings, Validation};
use policy::{
    Backend, Backends, BaseUrl, Credentials, IdentityChoice, NamedValueTable, Reading, Template,
    TokenRequest, Transport,
};
use secret::SecretSlot;
use source::{Diagnostic, Diagnostics, Location};

use crate::Settings;
use crate::names::template;

/// The backends of a configuration and the transports that they are called with.
pub(crate) struct Resolved {
    pub(crate) table: Arc<dyn Backends>,
    pub(crate) transports: Vec<Options>,
}

#[derive(Debug)]
struct Table {
    map: HashMap<String, Arc<Backend>>,
    ids: Vec<String>,
}

impl Backends for Table {
    /// Names of resources do not distinguish case.
    fn get(&self, id: &str) -> Option<Arc<Backend>> {
        self.map.get(&id.to_ascii_lowercase()).cloned()
    }

    fn ids(&self) -> Vec<&str> {
        self.ids.iter().map(String::as_str).collect()
    }
}

pub(crate) fn resolve(
    configuration: &Configuration,
    names: &NamedValueTable,
    settings: &Settings,
    problems: &mut Diagnostics,
) -> Resolved {
    let mut transports = vec![settings.transport.clone()];
    let mut map = HashMap::new();
    for entity in configuration.backends.iter() {
        let Some(backend) = one(entity, configuration, names, settings, &mut transports, problems) else {
            continue;
        };
        map.insert(entity.id.as_str().to_ascii_lowercase(), Arc::new(backend));
    }
    let ids = configuration.backends.ids().map(|id| id.as_str().to_owned()).collect();
    Resolved { table: Arc::new(Table { map, ids }), transports }
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
    transports: &mut Vec<Options>,
    problems: &mut Diagnostics,
) -> Option<Backend> {
    let before = problems.len();
    if entity.proxy.is_some() {
        unsupported(entity, "the proxy", problems);
    }
    if entity.circuit_breaker.is_some() {
        unsupported(entity, "the circuit breaker", problems);
    }
    let url = url(entity, names, settings.reading, problems);
    let credentials = credentials(entity, names, problems);
    let transport = transport(entity, configuration, settings, transports, problems);
    let url = url.filter(|_| problems.len() == before)?;
    Some(Backend { id: entity.id.as_str().into(), url, credentials, transport: transport? })
}

fn url(
    entity: &Entity,
    names: &NamedValueTable,
    reading: Reading,
    problems: &mut Diagnostics,
) -> Option<BaseUrl> {
    let BackendKind::Single { url, protocol } = &entity.kind else {
        unsupported(entity, "the pool", problems);
        return None;
    };
    if *protocol == model::BackendProtocol::Soap {
        unsupported(entity, "the protocol `soap`", problems);
    }
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
    transports: &mut Vec<Options>,
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
        Ok(tls) => {
            transports.push(Options { tls, ..settings.transport.clone() });
            u32::try_from(transports.len() - 1).ok().map(Transport)
        }
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
