//! How a backend is connected to: TLS, client certificates, a proxy.

use std::sync::Arc;

use gateway::backends::outbound_proxy;
use model::{
    Backend as Entity, BackendProxy, BackendTls, Certificate, CertificateReference, Configuration, ValueText,
};
use net::{ClientCertificate, Proxy, Tls, TlsSettings, Validation};
use policy::{NamedValueTable, Reading, Transport};
use secret::Secret;
use source::{Diagnostic, Diagnostics};

use super::report;
use crate::Settings;
use crate::names::template;

/// Why there is none has been reported.
struct Refused;

/// The transport of a backend: the default one unless it says something of TLS or has a proxy.
pub(super) fn transport(
    entity: &Entity,
    configuration: &Configuration,
    names: &NamedValueTable,
    settings: &Settings,
    problems: &mut Diagnostics,
) -> Option<Transport> {
    let tls = tls(entity, configuration, settings, problems);
    let given = entity.proxy.as_ref();
    let proxy = given.map(|given| proxy(entity, given, names, settings.reading, problems)).transpose();
    let (Ok(tls), Ok(proxy)) = (tls, proxy) else { return None };
    if tls.is_none() && proxy.is_none() {
        return Some(Transport::default());
    }
    let mut options = settings.transport.clone();
    options.tls = tls.unwrap_or(options.tls);
    options.proxy = proxy.or(options.proxy);
    Some(Transport::of(options))
}

/// How TLS is done; none when the backend says nothing of it.
fn tls(
    entity: &Entity,
    configuration: &Configuration,
    settings: &Settings,
    problems: &mut Diagnostics,
) -> Result<Option<Tls>, Refused> {
    let given = &entity.credentials.certificates;
    let authorities = configuration.authorities.iter();
    if entity.tls == BackendTls::default() && given.is_empty() && authorities.len() == 0 {
        return Ok(None);
    }
    let shown: Vec<_> = given
        .iter()
        .map(|reference| certificate(entity, reference, configuration, settings.reading, problems))
        .collect();
    let mut client_certificates = Vec::new();
    for each in shown {
        match each.ok_or(Refused)? {
            Shown::Certificate(certificate) => client_certificates.push(certificate),
            Shown::Withheld => return Ok(None),
        }
    }
    let tls = TlsSettings {
        validation: Validation { chain: entity.tls.validate_chain, name: entity.tls.validate_name },
        client_certificates,
        // One that cannot be read has been told of; without it, what it vouches for is not trusted.
        extra_roots_pem: authorities
            .filter_map(|authority| Some(authority.certificate.load().ok()?.expose().to_owned()))
            .collect(),
    };
    Tls::new(tls, settings.roots.clone()).map(Some).map_err(|why| {
        let message = format!("the TLS settings of the backend `{}` cannot be used: {why}", entity.id);
        report(entity, None, Diagnostic::error("bad-backend-tls", message), problems);
        Refused
    })
}

/// The proxy on the way to the backend. Its password is that of this moment: another one takes effect when the backends
/// are made anew, which the rotation of a secret sees to.
fn proxy(
    entity: &Entity,
    given: &BackendProxy,
    names: &NamedValueTable,
    reading: Reading,
    problems: &mut Diagnostics,
) -> Result<Proxy, Refused> {
    let mut text = |value: &ValueText| {
        let rendered = template(value, names, problems).ok_or(Refused)?.render();
        match (rendered, reading) {
            (Ok(text), _) => Ok(text.as_str().to_owned()),
            (Err(_), Reading::Withheld) => Ok("http://secret.invalid".to_owned()),
            (Err(unset), Reading::Allowed) => {
                let message = format!(
                    "the proxy of the backend `{}` needs the secret `{}`, which has no value",
                    entity.id, unset.name
                );
                report(entity, value.at.as_ref(), Diagnostic::error("secret-unavailable", message), problems);
                Err(Refused)
            }
        }
    };
    let url = text(&given.url);
    let username = given.username.as_ref().map(&mut text).transpose();
    let password = given.password.as_ref().map(&mut text).transpose();
    let (url, username, password) = (url?, username?, password?);
    let sign_in = (username.is_some() || password.is_some())
        .then(|| Secret::new(format!("{}:{}", username.unwrap_or_default(), password.unwrap_or_default())));
    outbound_proxy(&url, sign_in.as_ref()).map_err(|why| {
        let message = format!("the proxy of the backend `{}` cannot be used: {why}", entity.id);
        report(entity, given.url.at.as_ref(), Diagnostic::error("bad-proxy", message), problems);
        Refused
    })
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
