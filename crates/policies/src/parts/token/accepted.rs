//! A token that was found good: later policies see it, the access record names its caller, and the gateway does not hand
//! it to a backend that has a credential of its own.

use std::sync::Arc;

use expr::{Jwt, Text};
use jose::{Proof, Token};
use policy::spec::{AttributeSpec, Kind, attribute};
use policy::trace::{Severity, TraceRecord};
use policy::{CompileCx, Exchange, Fault, PresentedToken, Reader, Reported};

/// `output-token-variable-name` of both policies.
pub(crate) const VARIABLE: AttributeSpec = attribute(
    "output-token-variable-name",
    Kind::String,
    "The context variable that gets the token as a `Jwt` when it was found good.",
)
.literal();

/// The variable that an element names.
pub(crate) fn variable(reader: &Reader<'_>, cx: &mut CompileCx<'_>) -> Result<Option<Arc<str>>, Reported> {
    let name = reader.literal::<Text>("output-token-variable-name", cx)?;
    Ok(name.filter(|name| !name.as_str().is_empty()).map(|name| cx.variable(name.as_str())))
}

/// Makes a token known.
pub(crate) fn note(
    policy: &str,
    token: &Token,
    presented: PresentedToken,
    variable: Option<&Arc<str>>,
    exchange: &mut Exchange,
) -> Result<(), Fault> {
    if let Some(name) = variable {
        let jwt = Jwt::new(Arc::clone(&token.header), Arc::clone(&token.claims));
        let value = exchange
            .heap_mut()
            .jwt(jwt)
            .map_err(|exception| Fault::expression(exception.message().as_str()))?;
        exchange.variables.set(name, value);
    }
    let signed = matches!(token.proof, Proof::Signature { .. });
    if signed {
        // What nobody signed says nothing of who calls.
        exchange.caller.oid = token.text("oid").map(bounded);
        exchange.caller.app_id = token.text("appid").or_else(|| token.text("azp")).map(bounded);
    }
    exchange.trace.push(record(policy, token));
    exchange.caller.validated.push(presented);
    Ok(())
}

/// An id of a caller as logs may hold it.
fn bounded(text: &str) -> Arc<str> {
    jose::Shown::new(text).into_shared()
}

/// What the trace says of the token: no text of it, and no claims but those that name issuer and application.
fn record(policy: &str, token: &Token) -> TraceRecord {
    let by = match &token.proof {
        Proof::Signature { algorithm, .. } => algorithm.name(),
        Proof::Unsigned => "none",
    };
    let shown = |text: &str| jose::Shown::new(text).as_str().to_owned();
    let mut metadata = vec![("algorithm".to_owned(), by.to_owned())];
    let claims = [("issuer", "iss"), ("application", "appid"), ("application", "azp")];
    metadata.extend(
        claims.iter().filter_map(|(name, claim)| Some(((*name).to_owned(), shown(token.text(claim)?)))),
    );
    TraceRecord {
        source: policy.into(),
        severity: Severity::Verbose,
        message: "the token is valid".to_owned(),
        metadata,
    }
}
