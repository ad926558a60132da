//! A token that was found good: later policies see it, the access record names its caller, and the gateway does not hand
//! it to a backend that has a credential of its own.

use std::sync::Arc;

use expr::Text;
use jose::Proof;
use policy::spec::{AttributeSpec, Kind, attribute};
use policy::trace::{Severity, TraceRecord};
use policy::{CompileCx, Exchange, Fault, PresentedToken, Reader, Reported, TokenPlace, VerifiedToken};

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

/// Makes a token known. `policy` is the name of the policy that found it good.
pub(crate) fn note(
    policy: &Arc<str>,
    verified: &VerifiedToken,
    place: TokenPlace,
    variable: Option<&Arc<str>>,
    exchange: &mut Exchange,
) -> Result<(), Fault> {
    if let Some(name) = variable {
        let jwt = verified.jwt().clone();
        let value = exchange
            .heap_mut()
            .jwt(jwt)
            .map_err(|exception| Fault::expression(exception.message().as_str()))?;
        exchange.variables.set(name, value);
    }
    if matches!(verified.token().proof, Proof::Signature { .. }) {
        // What nobody signed says nothing of who calls.
        exchange.caller.oid = verified.oid().cloned();
        exchange.caller.app_id = verified.app_id().cloned();
    }
    exchange.trace.push(record(policy, verified));
    exchange.caller.validated.push(PresentedToken { place, token: verified.text().clone() });
    Ok(())
}

/// What the trace says of the token: no text of it, and no claims but those that name issuer and application.
fn record(policy: &Arc<str>, verified: &VerifiedToken) -> TraceRecord {
    TraceRecord {
        source: Arc::clone(policy),
        severity: Severity::Verbose,
        message: Text::from_static("the token is valid"),
        metadata: Arc::clone(verified.shown()),
    }
}
