//! What happens when a token is refused: which failure it is, what `context.LastError` says, what the caller gets.
//!
//! Sources: the error handling page for reasons and messages (`policies-a.md` 2.3); answers of live services that third
//! parties recorded for the texts to callers: `JWT not present.` and `Invalid JWT.`.

use expr::Text;
use jose::TokenProblem;
use policy::spec::{AttributeSpec, Kind, attribute};
use policy::{CompileCx, Exchange, Fault, FaultKind, Reader, Reported, Setting, Status};

/// `failed-validation-httpcode` of both policies.
pub(crate) const STATUS: AttributeSpec =
    attribute("failed-validation-httpcode", Kind::Int, "The status of the answer when the token is refused.")
        .default("401");
/// `failed-validation-error-message` of both policies.
pub(crate) const MESSAGE: AttributeSpec =
    attribute("failed-validation-error-message", Kind::String, "What the answer says then.")
        .default("depends on what is wrong, such as `JWT not present.`");

/// The answer to a token that is refused.
#[derive(Debug)]
pub(crate) struct Answer {
    status: Setting<Status>,
    message: Option<Setting<Text>>,
}

impl Answer {
    /// Of an element.
    pub(crate) fn compile(reader: &Reader<'_>, cx: &mut CompileCx<'_>) -> Result<Self, Reported> {
        let status = reader.or("failed-validation-httpcode", Status(http::StatusCode::UNAUTHORIZED), cx);
        let message = reader.optional("failed-validation-error-message", cx);
        Ok(Self { status: status?, message: message? })
    }

    /// The fault that answers so.
    pub(crate) fn fault(&self, refusal: Refusal, exchange: &mut Exchange) -> Result<Fault, Fault> {
        let Status(status) = self.status.get(exchange)?;
        let mut fault = Fault::with_message(refusal.kind, refusal.message).status(status.as_u16());
        if let Some(message) = &self.message {
            fault = fault.wire(message.get(exchange)?.as_str());
        }
        Ok(match refusal.detail {
            Some(detail) => fault.detail(detail),
            None => fault,
        })
    }
}

/// Why a token is refused.
#[derive(Debug)]
pub(crate) struct Refusal {
    kind: FaultKind,
    message: String,
    detail: Option<String>,
}

impl Refusal {
    /// With a message that ends in "Access denied.", as the documented ones do.
    pub(crate) fn denied(kind: FaultKind, message: &str) -> Self {
        Self { kind, message: format!("{message} Access denied."), detail: None }
    }

    /// There is no token.
    pub(crate) fn absent() -> Self {
        let kind = FaultKind::TokenNotPresent;
        Self { kind, message: kind.row().message.to_owned(), detail: None }
    }

    /// There is more than one: a backend might read another one.
    pub(crate) fn several() -> Self {
        Self::invalid("The request holds more than one token where one is expected.")
    }

    /// Something that has no reason of its own.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self { kind: FaultKind::JwtInvalid, message: message.into(), detail: None }
    }

    /// What the operator reads besides.
    pub(crate) fn detail(self, detail: String) -> Self {
        Self { detail: Some(detail), ..self }
    }
}

/// COMPAT: which problem has which reason follows the exceptions of Microsoft.IdentityModel that the documented
/// conditions name: bad or missing signatures and algorithms that no key knows are `SecurityTokenInvalidSignature`.
impl From<TokenProblem> for Refusal {
    fn from(problem: TokenProblem) -> Self {
        let kind = match &problem {
            TokenProblem::KeyNotFound { .. } => FaultKind::TokenSignatureKeyNotFound,
            TokenProblem::SignatureInvalid { .. }
            | TokenProblem::Unsigned
            | TokenProblem::AlgorithmUnknown { .. }
            | TokenProblem::AlgorithmNotAllowed { .. } => FaultKind::TokenSignatureInvalid,
            TokenProblem::Expired { .. } => FaultKind::TokenExpired,
            _ => return Self::invalid(problem.to_string()),
        };
        Self::denied(kind, &problem.to_string())
    }
}
