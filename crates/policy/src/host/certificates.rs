//! Certificates in `context`: the caller's, the service's, and whom they may come from.

use expr::{Certificate, Exception, Heap, Revocation, Text, Value};

use crate::Exchange;

/// `context.Request.Certificate`.
pub(super) fn of_caller(exchange: &Exchange, heap: &mut Heap) -> Result<Value, Exception> {
    let der = exchange.request.certificate.as_ref();
    match der.and_then(|der| Certificate::from_der(std::sync::Arc::clone(der))) {
        Some(certificate) => heap.certificate(&certificate),
        None => Ok(Value::Null),
    }
}

/// `context.Deployment.Certificates`: those whose text is there, by their names, as they are at the first look.
pub(super) fn of_service(exchange: &mut Exchange, heap: &mut Heap) -> Result<Value, Exception> {
    if let Some(known) = &exchange.certificates {
        return Ok(known.clone());
    }
    let read = |certificate: &model::Certificate| {
        let chain = certificate.chain.load().ok()?;
        let read = Certificate::from_pem(chain.expose())?;
        let key = certificate.key.load().ok();
        let keyed = key.and_then(|key| read.clone().with_key_pem(key.expose()));
        Some((Text::copied(certificate.id.as_str()), keyed.unwrap_or(read)))
    };
    let found: Vec<_> = exchange.site.certificates.iter().filter_map(|each| read(each)).collect();
    let made = heap.certificates(found.iter().map(|(id, certificate)| (id.clone(), certificate)))?;
    exchange.certificates = Some(made.clone());
    Ok(made)
}

/// `Verify()` and `VerifyNoRevocation()`. The caller's certificate comes with those that the caller showed beside it.
pub(super) fn verify(exchange: &Exchange, certificate: &Certificate, revocation: Revocation) -> bool {
    let Some(trust) = &exchange.site.trust else { return false };
    let request = &exchange.request;
    let is_callers = request.certificate.as_ref().is_some_and(|own| **own == **certificate.der());
    let others: Vec<&[u8]> =
        request.certificate_chain.iter().filter(|_| is_callers).map(AsRef::as_ref).collect();
    trust.accepts(certificate.der(), &others, exchange.ports.clock.now(), revocation)
}
