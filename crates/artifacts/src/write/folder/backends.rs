//! Backends: services and pools, with credentials, certificates and circuit breakers.

use model::{
    Backend, BackendCredentials, BackendKind, BackendProtocol, BackendProxy, BackendTls, BreakerRule,
    CertificateReference, CredentialValues, PoolMember, SessionAffinity, Threshold,
};

use super::Writer;
use super::clear::is_sensitive;
use super::properties::document;
use crate::write::{BACKEND_ORDER, Object, Value, places};

impl Writer<'_> {
    pub(super) fn backend(&mut self, backend: &Backend) {
        let path = places::backend_information(&backend.id);
        let mut properties = Object::new()
            .maybe("title", backend.title.as_deref())
            .maybe("description", backend.description.as_deref());
        match &backend.kind {
            BackendKind::Single { url, protocol } => {
                properties.set("url", &*url.text);
                properties.set("protocol", protocol_name(*protocol));
            }
            BackendKind::Pool { members, affinity, failure_status } => {
                properties.set("type", "Pool");
                properties.set("pool", pool(members, affinity.as_ref(), *failure_status));
            }
        }
        if !backend.credentials.is_empty() {
            properties.set("credentials", self.credentials(backend, &backend.credentials, &path));
        }
        if backend.tls != BackendTls::default() {
            properties.set("tls", tls(backend.tls));
        }
        if let Some(proxy) = &backend.proxy {
            properties.set("proxy", self.proxy(backend, proxy, &path));
        }
        if let Some(rule) = &backend.circuit_breaker {
            properties.set("circuitBreaker", Object::new().with("rules", vec![breaker(rule)]));
        }
        self.put(path, document(properties.ordered(&BACKEND_ORDER), backend.rest.as_ref()));
    }

    fn credentials(&mut self, backend: &Backend, credentials: &BackendCredentials, path: &str) -> Object {
        let mut written = Object::new();
        if let Some(authorization) = &credentials.authorization {
            let what = format!("the authorization of the backend `{}` stood in clear", backend.id);
            let name = format!("{}-authorization", backend.id);
            let parameter = self.guarded(&authorization.parameter.text, path, what, &name);
            let object = Object::new().with("parameter", parameter);
            written.set("authorization", object.with("scheme", &*authorization.scheme.text));
        }
        let (ids, thumbprints) = certificates(&credentials.certificates);
        if !thumbprints.is_empty() {
            written.set("certificate", thumbprints);
        }
        if !ids.is_empty() {
            written.set("certificateIds", ids);
        }
        if !credentials.headers.is_empty() {
            let mut headers = Object::new();
            for header in &credentials.headers {
                headers.set(header.name.as_str(), self.values(backend, header.name.as_str(), header, path));
            }
            written.set("header", headers);
        }
        if let Some(identity) = &credentials.managed_identity {
            let object = Object::new().maybe("clientId", identity.client_id.as_ref().map(|id| &*id.text));
            written.set("managedIdentity", object.with("resource", &*identity.resource.text));
        }
        if !credentials.query.is_empty() {
            let mut query = Object::new();
            for each in &credentials.query {
                query.set(&each.name, self.values(backend, &each.name, each, path));
            }
            written.set("query", query);
        }
        written
    }

    fn values<N>(&mut self, backend: &Backend, name: &str, given: &CredentialValues<N>, path: &str) -> Value {
        let mut written = Vec::new();
        for value in &given.values {
            written.push(if is_sensitive(name) {
                let what = format!("`{name}` of the backend `{}` stood in clear", backend.id);
                self.guarded(&value.text, path, what, &format!("{}-{name}", backend.id))
            } else {
                value.text.to_string()
            });
        }
        written.into()
    }

    fn proxy(&mut self, backend: &Backend, proxy: &BackendProxy, path: &str) -> Object {
        let mut written = Object::new();
        if let Some(password) = &proxy.password {
            let what = format!("the proxy's password of the backend `{}` stood in clear", backend.id);
            let name = format!("{}-proxy-password", backend.id);
            written.set("password", self.guarded(&password.text, path, what, &name));
        }
        written.set("url", &*proxy.url.text);
        written.maybe("username", proxy.username.as_ref().map(|name| &*name.text))
    }
}

fn protocol_name(protocol: BackendProtocol) -> &'static str {
    match protocol {
        BackendProtocol::Http => "http",
        BackendProtocol::Soap => "soap",
    }
}

fn pool(members: &[PoolMember], affinity: Option<&SessionAffinity>, failure: Option<u16>) -> Object {
    let failure = failure.map(|status| Object::new().with("statusCode", u32::from(status)));
    let number = |number: Option<u8>| number.map(u32::from);
    let member = |member: &PoolMember| {
        Object::new()
            .with("id", format!("/backends/{}", member.backend))
            .maybe("priority", number(member.priority))
            .maybe("weight", number(member.weight))
    };
    let cookie = affinity.map(|affinity| {
        let id = Object::new().with("name", &*affinity.cookie).with("source", "cookie");
        Object::new().with("sessionId", id)
    });
    let services: Vec<Object> = members.iter().map(member).collect();
    Object::new()
        .maybe("failureResponse", failure)
        .with("services", services)
        .maybe("sessionAffinity", cookie)
}

fn certificates(all: &[CertificateReference]) -> (Vec<String>, Vec<String>) {
    let (mut ids, mut thumbprints) = (Vec::new(), Vec::new());
    for each in all {
        match each {
            CertificateReference::Id(id) => ids.push(format!("/certificates/{id}")),
            CertificateReference::Thumbprint(thumbprint) => thumbprints.push(thumbprint.to_string()),
        }
    }
    (ids, thumbprints)
}

fn tls(tls: BackendTls) -> Object {
    Object::new()
        .with("validateCertificateChain", tls.validate_chain)
        .with("validateCertificateName", tls.validate_name)
}

fn breaker(rule: &BreakerRule) -> Object {
    let condition = Object::new();
    let condition = match rule.failure.threshold {
        Threshold::Count(count) => condition.with("count", count),
        Threshold::Percentage(percentage) => condition.with("percentage", u32::from(percentage)),
    };
    let reasons: Vec<&str> = rule.failure.error_reasons.iter().map(AsRef::as_ref).collect();
    let ranges = rule.failure.status_ranges.iter();
    let ranges: Vec<Object> = ranges
        .map(|range| Object::new().with("max", u32::from(range.max)).with("min", u32::from(range.min)))
        .collect();
    let condition = condition
        .maybe("errorReasons", (!reasons.is_empty()).then_some(reasons))
        .with("interval", rule.failure.interval.to_string())
        .maybe("statusCodeRanges", (!ranges.is_empty()).then_some(ranges));
    Object::new()
        .with("acceptRetryAfter", rule.accept_retry_after)
        .with("failureCondition", condition)
        .with("name", &*rule.name)
        .with("tripDuration", rule.trip_duration.to_string())
}
