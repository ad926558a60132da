//! Backends. Limits are those of the published resource models.

use std::sync::Arc;

use jiff::{SignedDuration, Span, SpanRelativeTo};
use model::{
    Authorization, Backend, BackendCredentials, BackendId, BackendKind, BackendProtocol, BackendProxy,
    BackendTls, BreakerRule, CertificateId, CertificateReference, Collection, CredentialValues,
    FailureCondition, HeaderText, ManagedIdentity, PoolMember, SessionAffinity, StatusRange, Threshold,
    ValueText,
};
use source::{Diagnostic, Diagnostics};

use super::unit::{Reader, Unit};
use crate::arm;
use crate::fields::{Fields, checked};
use crate::files::{Reported, report};
use crate::tree::{Kind, Member, Node};

/// Members of one pool, at most.
const POOL: usize = 30;

/// Members that the model has a place for.
const KNOWN: [&str; 23] = [
    "title",
    "description",
    "url",
    "protocol",
    "type",
    "pool.services",
    "pool.failureResponse.statusCode",
    "pool.sessionAffinity.sessionId.name",
    "pool.sessionAffinity.sessionId.source",
    "credentials.header",
    "credentials.query",
    "credentials.authorization.parameter",
    "credentials.authorization.scheme",
    "credentials.certificate",
    "credentials.certificateIds",
    "credentials.managedIdentity.clientId",
    "credentials.managedIdentity.resource",
    "proxy.url",
    "proxy.username",
    "proxy.password",
    "circuitBreaker.rules",
    "tls.validateCertificateChain",
    "tls.validateCertificateName",
];

/// Reads `backends/<id>`.
pub(super) fn unit(mut reader: Reader<'_>) -> Unit<Backend> {
    let read = read(&mut reader);
    reader.finish(read)
}

fn read(reader: &mut Reader<'_>) -> Result<Backend, Reported> {
    let id = reader.id(BackendId::new)?;
    let subject = format!("the backend `{id}`");
    let information = reader.information("backendInformation.json", &subject)?;
    let rest = information.rest(&KNOWN);
    let backend = backend(id, &Fields::new(&information.properties, subject), &mut reader.problems)?;
    Ok(Backend { rest, ..backend })
}

/// Pools with members that do not exist.
pub(super) fn dangling_members(backends: &Collection<Backend>) -> Diagnostics {
    let mut problems = Diagnostics::new();
    for pool in backends.iter() {
        let BackendKind::Pool { members, .. } = &pool.kind else { continue };
        for member in members.iter().filter(|member| !backends.contains(&member.backend)) {
            let message =
                format!("the pool `{}` has the member `{}`, which does not exist", pool.id, member.backend);
            let problem = Diagnostic::error("unknown-backend", message);
            problems.push(match &pool.origin {
                Some(at) => problem.at(at.clone()),
                None => problem,
            });
        }
    }
    problems
}

fn backend(id: BackendId, fields: &Fields<'_>, problems: &mut Diagnostics) -> Result<Backend, Reported> {
    elsewhere(fields, problems)?;
    let pool = fields.choice("type", &[("Single", false), ("Pool", true)], problems);
    let kind = if pool.unwrap_or(fields.any("pool").is_some()) {
        pool_of(fields, problems)
    } else {
        single(fields, problems)
    };
    Ok(Backend {
        id,
        title: fields.shared("title", problems),
        description: fields.shared("description", problems),
        kind: kind?,
        credentials: credentials(fields, problems)?,
        tls: tls(fields, problems)?,
        proxy: fields.object("proxy", problems).map(|it| proxy(&it, problems)).transpose()?,
        circuit_breaker: breaker(fields, problems)?,
        rest: None,
        origin: Some(fields.node.at.clone()),
    })
}

/// What belongs to a service that nothing here speaks with. What only says where a backend came from (`resourceId` of a
/// function app, a logic app) is kept and changes nothing: its URL and credentials say how it is called.
fn elsewhere(fields: &Fields<'_>, problems: &mut Diagnostics) -> Result<(), Reported> {
    // COMPAT: an extractor writes an empty object where there is nothing.
    let properties = fields.object("properties", problems);
    let cluster = properties.as_ref().and_then(|properties| properties.any("serviceFabricCluster"));
    let Some(cluster) = cluster else { return Ok(()) };
    let message = format!("{} is a Service Fabric cluster, which is not yet supported", fields.subject);
    let problem = Diagnostic::error("not-yet-supported", message).at(cluster.at.clone());
    let help = "its partitions are resolved by the cluster itself: name the URL of a service instead";
    Err(report(problems, problem.help(help)))
}

fn value(text: &str, node: &Node) -> ValueText {
    ValueText::located(text, node.at.clone())
}

fn single(fields: &Fields<'_>, problems: &mut Diagnostics) -> Result<BackendKind, Reported> {
    let (text, node) = fields.required("url", problems)?;
    if !text.contains("{{") {
        checked(base_url(text), node, problems)?;
    }
    let words = [("http", BackendProtocol::Http), ("soap", BackendProtocol::Soap)];
    let protocol = fields.choice("protocol", &words, problems).unwrap_or_default();
    Ok(BackendKind::Single { url: value(text, node), protocol })
}

/// A URL to which a path can be appended.
pub(super) fn base_url(text: &str) -> Result<url::Url, String> {
    let url = url::Url::parse(text).map_err(|error| format!("`{text}` is not a URL: {error}"))?;
    if !matches!(url.scheme(), "http" | "https" | "ws" | "wss") || !url.has_host() {
        return Err(format!("`{text}` is not a URL that begins with `https://` or `http://`"));
    }
    Ok(url)
}

fn pool_of(fields: &Fields<'_>, problems: &mut Diagnostics) -> Result<BackendKind, Reported> {
    let Some(pool) = fields.object("pool", problems) else {
        let message = format!("{} is a pool but has no `pool`", fields.subject);
        let problem = Diagnostic::error("missing-member", message).at(fields.node.at.clone());
        return Err(report(problems, problem));
    };
    let nodes = pool.items("services", problems);
    if nodes.is_empty() || nodes.len() > POOL {
        let message = format!("{} must have 1 to {POOL} members, not {}", fields.subject, nodes.len());
        return Err(report(problems, Diagnostic::error("wrong-number", message).at(pool.node.at.clone())));
    }
    let members = nodes.iter().map(|node| member(&fields.subject, node, problems));
    let members = members.collect::<Result<Vec<_>, _>>()?;
    let failure = pool.object("failureResponse", problems);
    let failure_status = failure.and_then(|failure| failure.integer("statusCode", 400..=599, problems));
    Ok(BackendKind::Pool { members, affinity: affinity(&pool, problems)?, failure_status })
}

fn member(subject: &Arc<str>, node: &Node, problems: &mut Diagnostics) -> Result<PoolMember, Reported> {
    let fields = Fields::new(node, format!("a member of {subject}"));
    let (text, at) = fields.required("id", problems)?;
    let name = arm::name_of(text, "backends").ok_or_else(|| format!("`{text}` does not name a backend"));
    let backend = checked(checked(name, at, problems).map(BackendId::new)?, at, problems)?;
    let priority = fields.integer("priority", 0..=100, problems);
    Ok(PoolMember { backend, priority, weight: fields.integer("weight", 0..=100, problems) })
}

fn affinity(pool: &Fields<'_>, problems: &mut Diagnostics) -> Result<Option<SessionAffinity>, Reported> {
    let session = pool.object("sessionAffinity", problems);
    let Some(id) = session.and_then(|session| session.object("sessionId", problems)) else { return Ok(None) };
    let _cookie = id.choice("source", &[("cookie", ())], problems);
    let (name, _) = id.required("name", problems)?;
    Ok(Some(SessionAffinity { cookie: name.into() }))
}

fn credentials(fields: &Fields<'_>, problems: &mut Diagnostics) -> Result<BackendCredentials, Reported> {
    let Some(fields) = fields.object("credentials", problems) else {
        return Ok(BackendCredentials::default());
    };
    let mut headers = Vec::new();
    for (member, values) in name_values(&fields, "header", problems)? {
        let name = HeaderText::new(&member.name).map_err(|error| invalid(&error, member, problems))?;
        headers.push(CredentialValues { name, values });
    }
    let query = name_values(&fields, "query", problems)?.into_iter();
    let query = query.map(|(member, values)| CredentialValues { name: member.name.as_str().into(), values });
    let query = query.collect();
    Ok(BackendCredentials {
        headers,
        query,
        authorization: authorization(&fields, problems)?,
        certificates: certificates(&fields, problems),
        managed_identity: managed_identity(&fields, problems)?,
    })
}

fn invalid(error: &impl std::fmt::Display, member: &Member, problems: &mut Diagnostics) -> Reported {
    report(problems, Diagnostic::error("invalid-value", error.to_string()).at(member.at.clone()))
}

/// Names with their lists of values; one text will do for a list of one.
fn name_values<'a>(
    fields: &Fields<'a>,
    name: &str,
    problems: &mut Diagnostics,
) -> Result<Vec<(&'a Member, Vec<ValueText>)>, Reported> {
    let Some(object) = fields.object(name, problems) else { return Ok(Vec::new()) };
    let mut all = Vec::new();
    for member in object.node.members() {
        let nodes = match &member.value.kind {
            Kind::List(items) => items.as_slice(),
            Kind::Null => &[],
            _ => std::slice::from_ref(&member.value),
        };
        let values = nodes.iter().map(|node| Some(value(node.text()?, node))).collect::<Option<Vec<_>>>();
        let Some(values) = values else {
            let message =
                format!("the values of `{}` in {} must be a list of texts", member.name, fields.subject);
            return Err(report(
                problems,
                Diagnostic::error("wrong-type", message).at(member.value.at.clone()),
            ));
        };
        all.push((member, values));
    }
    Ok(all)
}

fn authorization(fields: &Fields<'_>, problems: &mut Diagnostics) -> Result<Option<Authorization>, Reported> {
    let Some(fields) = fields.object("authorization", problems) else { return Ok(None) };
    let (scheme, scheme_at) = fields.required("scheme", problems)?;
    let (parameter, parameter_at) = fields.required("parameter", problems)?;
    Ok(Some(Authorization { scheme: value(scheme, scheme_at), parameter: value(parameter, parameter_at) }))
}

fn certificates(fields: &Fields<'_>, problems: &mut Diagnostics) -> Vec<CertificateReference> {
    let mut all = Vec::new();
    for (text, node) in fields.texts("certificateIds", problems) {
        let name = arm::name_of(text, "certificates").unwrap_or(text);
        all.extend(checked(CertificateId::new(name), node, problems).map(CertificateReference::Id));
    }
    for (text, _) in fields.texts("certificate", problems) {
        all.push(CertificateReference::Thumbprint(text.into()));
    }
    all
}

fn managed_identity(
    fields: &Fields<'_>,
    problems: &mut Diagnostics,
) -> Result<Option<ManagedIdentity>, Reported> {
    let Some(fields) = fields.object("managedIdentity", problems) else { return Ok(None) };
    let (resource, at) = fields.required("resource", problems)?;
    // An empty `clientId` is how templates write "the system-assigned one".
    let client_id = fields.text("clientId", problems).filter(|(id, _)| !id.trim().is_empty());
    let client_id = client_id.map(|(id, at)| value(id, at));
    Ok(Some(ManagedIdentity { resource: value(resource, at), client_id }))
}

/// Members of `tls` that would narrow down which certificates are trusted.
const PINS: [&str; 2] = ["serverCertificateThumbprints", "serverX509Names"];

fn tls(fields: &Fields<'_>, problems: &mut Diagnostics) -> Result<BackendTls, Reported> {
    let Some(fields) = fields.object("tls", problems) else { return Ok(BackendTls::default()) };
    for (name, pin) in PINS.iter().filter_map(|name| Some((name, fields.any(name)?))) {
        if matches!(&pin.kind, Kind::List(items) if items.is_empty()) {
            continue;
        }
        let message = format!("`tls.{name}` of {} is not yet supported", fields.subject);
        let problem = Diagnostic::error("not-yet-supported", message).at(pin.at.clone());
        let help = "a backend is refused rather than trusted more widely than it asks for";
        return Err(report(problems, problem.help(help)));
    }
    Ok(BackendTls {
        validate_chain: fields.flag("validateCertificateChain", true, problems),
        validate_name: fields.flag("validateCertificateName", true, problems),
    })
}

fn proxy(fields: &Fields<'_>, problems: &mut Diagnostics) -> Result<BackendProxy, Reported> {
    let (url, at) = fields.required("url", problems)?;
    let mut text = |name: &str| fields.text(name, problems).map(|(text, node)| value(text, node));
    Ok(BackendProxy { username: text("username"), password: text("password"), url: value(url, at) })
}

fn breaker(fields: &Fields<'_>, problems: &mut Diagnostics) -> Result<Option<BreakerRule>, Reported> {
    let Some(breaker) = fields.object("circuitBreaker", problems) else { return Ok(None) };
    match breaker.items("rules", problems) {
        [] => Ok(None),
        [rule] => {
            breaker_rule(&Fields::new(rule, format!("the circuit breaker of {}", fields.subject)), problems)
                .map(Some)
        }
        [_, second, ..] => {
            let message = format!("{} has more than one rule in its circuit breaker", fields.subject);
            Err(report(problems, Diagnostic::error("wrong-number", message).at(second.at.clone())))
        }
    }
}

fn breaker_rule(fields: &Fields<'_>, problems: &mut Diagnostics) -> Result<BreakerRule, Reported> {
    let (name, node) = fields.required("name", problems)?;
    checked(rule_name(name), node, problems)?;
    let Some(condition) = fields.object("failureCondition", problems) else {
        let message = format!("{} has no `failureCondition`", fields.subject);
        return Err(report(
            problems,
            Diagnostic::error("missing-member", message).at(fields.node.at.clone()),
        ));
    };
    Ok(BreakerRule {
        name: name.into(),
        failure: failure(&condition, problems)?,
        trip_duration: required_duration(fields, "tripDuration", problems)?,
        accept_retry_after: fields.flag("acceptRetryAfter", false, problems),
    })
}

fn rule_name(name: &str) -> Result<(), String> {
    let good = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if name.is_empty()
        || name.len() > 80
        || !name.chars().all(good)
        || name.starts_with('-')
        || name.ends_with('-')
    {
        return Err(format!(
            "the rule name `{name}` must have 1 to 80 letters and digits, with `-` inside only"
        ));
    }
    Ok(())
}

fn failure(fields: &Fields<'_>, problems: &mut Diagnostics) -> Result<FailureCondition, Reported> {
    let count = fields.integer("count", 1..=10_000, problems);
    let percentage = fields.integer("percentage", 1..=100, problems);
    let threshold = match (count, percentage) {
        (Some(count), None) => Ok(Threshold::Count(count)),
        (None, Some(percentage)) => Ok(Threshold::Percentage(percentage)),
        _ => Err(format!("{} must have either `count` or `percentage`", fields.subject)),
    };
    let threshold = checked(threshold, fields.node, problems)?;
    let ranges = fields.items("statusCodeRanges", problems);
    let status_ranges = ranges.iter().map(|node| status_range(fields, node, problems));
    let status_ranges = status_ranges.collect::<Result<Vec<_>, _>>()?;
    let reasons = fields.texts("errorReasons", problems).into_iter();
    let error_reasons: Vec<Arc<str>> = reasons.map(|(text, _)| text.into()).collect();
    let counted = match (status_ranges.len(), error_reasons.len()) {
        (0, 0) => Err(format!("{} must have `statusCodeRanges` or `errorReasons`", fields.subject)),
        (0..=10, 0..=10) => Ok(()),
        _ => Err(format!("{} may have at most 10 status code ranges and 10 error reasons", fields.subject)),
    };
    checked(counted, fields.node, problems)?;
    let interval = required_duration(fields, "interval", problems)?;
    Ok(FailureCondition { threshold, interval, status_ranges, error_reasons })
}

fn status_range(
    parent: &Fields<'_>,
    node: &Node,
    problems: &mut Diagnostics,
) -> Result<StatusRange, Reported> {
    let fields = Fields::new(node, format!("a status code range of {}", parent.subject));
    let min = fields.integer("min", 200..=599, problems);
    let max = fields.integer("max", 200..=599, problems);
    match (min, max) {
        (Some(min), Some(max)) if min <= max => Ok(StatusRange { min, max }),
        _ => {
            let message = format!("{} must go from `min` to `max`, both from 200 to 599", fields.subject);
            Err(report(problems, Diagnostic::error("wrong-number", message).at(node.at.clone())))
        }
    }
}

fn required_duration(
    fields: &Fields<'_>,
    name: &str,
    problems: &mut Diagnostics,
) -> Result<SignedDuration, Reported> {
    let (text, node) = fields.required(name, problems)?;
    checked(duration(text), node, problems)
}

/// A duration as ISO 8601 writes it; days have 24 hours.
fn duration(text: &str) -> Result<SignedDuration, String> {
    let span = text.parse::<Span>();
    let duration = span.and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()));
    match duration {
        Ok(duration) if duration.is_positive() && text.starts_with(['P', 'p']) => Ok(duration),
        _ => Err(format!("`{text}` is not a duration such as `PT30S` or `PT1M`")),
    }
}
