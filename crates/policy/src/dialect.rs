//! Errors in the words of models' APIs, for APIs with `errors = "openai"` or `"anthropic"` in `overlay.toml`: clients of
//! OpenAI and Anthropic read `error.message`, and find nothing in a body of API Management's.
//!
//! ```text
//! {"error":{"message":"Invalid JWT.","type":"invalid_request_error","param":null,"code":null}}
//! {"type":"error","error":{"type":"authentication_error","message":"Invalid JWT."},"request_id":"..."}
//! ```
//!
//! Status, headers and texts are those of the table of failures ([`FaultKind`]). Bodies that policies write are theirs.

use std::fmt;

use model::ErrorDialect;
use serde_json::Value;

use crate::fault::{Fault, FaultKind};

/// What a failure is called in the dialects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DialectWords {
    /// `error.type` of OpenAI.
    pub openai_type: &'static str,
    /// `error.code` of OpenAI; none is `null`.
    pub openai_code: Option<&'static str>,
    /// `error.type` of Anthropic.
    pub anthropic_type: &'static str,
}

impl DialectWords {
    /// The words for a kind of failure that is answered with a status. Which failure it was is told only where the
    /// table's text tells it.
    ///
    /// Sources: `https://docs.claude.com/en/api/errors` and the `ErrorType` of Anthropic's SDK (`timeout_error`);
    /// OpenAI's guide to error codes for 429 and 503 (`rate_limit_error`, `service_unavailable_error`), its recorded
    /// answers for the rest (`ai-gateway.md` 13.2, 14.1).
    #[must_use]
    pub fn of(kind: FaultKind, status: u16) -> Self {
        Self {
            openai_type: match status {
                429 => "rate_limit_error",
                503 => "service_unavailable_error",
                500.. => "server_error",
                _ => "invalid_request_error",
            },
            openai_code: match (kind, status) {
                (FaultKind::SubscriptionKeyInvalid, _) => Some("invalid_api_key"),
                (_, 429) => Some("rate_limit_exceeded"),
                (_, 503) => Some("server_is_overloaded"),
                _ => None,
            },
            anthropic_type: match (kind, status) {
                (FaultKind::Timeout, 500..) | (_, 504) => "timeout_error",
                (_, 401) => "authentication_error",
                (_, 403) => "permission_error",
                (_, 404) => "not_found_error",
                (_, 413) => "request_too_large",
                (_, 429) => "rate_limit_error",
                (_, 503 | 529) => "overloaded_error",
                (_, 500..) => "api_error",
                _ => "invalid_request_error",
            },
        }
    }
}

impl Fault {
    /// The default body in a dialect: one line of JSON.
    #[must_use]
    pub fn body_in(&self, dialect: ErrorDialect, activity_id: &impl fmt::Display) -> String {
        self.object_in(dialect, activity_id).unwrap_or_else(|| self.body(activity_id))
    }

    /// The event by which a stream of events ends that cannot go on; none where the dialect has no such thing.
    ///
    /// OpenAI's clients raise what stands in `error` of any event, and nothing follows, not even `[DONE]`
    /// (`ai-gateway.md` 7); Anthropic's event is called `error`.
    #[must_use]
    pub fn event_in(&self, dialect: ErrorDialect, activity_id: &impl fmt::Display) -> Option<String> {
        let object = self.object_in(dialect, activity_id)?;
        let name = if dialect == ErrorDialect::Anthropic { "event: error\n" } else { "" };
        Some(format!("{name}data: {object}\n\n"))
    }

    fn object_in(&self, dialect: ErrorDialect, activity_id: &impl fmt::Display) -> Option<String> {
        let DialectWords { openai_type, openai_code, anthropic_type } =
            DialectWords::of(self.kind(), self.response_status());
        match dialect {
            ErrorDialect::Apim => None,
            ErrorDialect::OpenAi => {
                let message = Value::from(self.message_with_id(activity_id));
                let code = Value::from(openai_code);
                Some(format!(
                    r#"{{"error":{{"message":{message},"type":"{openai_type}","param":null,"code":{code}}}}}"#
                ))
            }
            ErrorDialect::Anthropic => {
                let message = Value::from(self.wire_message());
                let error = format!(r#"{{"type":"{anthropic_type}","message":{message}}}"#);
                Some(format!(r#"{{"type":"error","error":{error},"request_id":"{activity_id}"}}"#))
            }
        }
    }

    /// OpenAI's shape has no place for an id. Where the text tells nothing, the id that leads to the log is part of it.
    fn message_with_id(&self, activity_id: &impl fmt::Display) -> String {
        match self.response_status() {
            500 => format!("{} (activityId: {activity_id})", self.wire_message()),
            _ => self.wire_message().to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The shapes: OpenAI's and Anthropic's references to their errors (`ai-gateway.md` 13.2, 14.1).
    #[test]
    fn the_body_in_each_dialect() {
        let fault = Fault::new(FaultKind::TokenExpired);
        let body = |dialect| fault.body_in(dialect, &"a-1");
        assert_eq!(body(ErrorDialect::Apim), fault.body(&"a-1"));
        let openai =
            r#"{"error":{"message":"Invalid JWT.","type":"invalid_request_error","param":null,"code":null}}"#;
        assert_eq!(body(ErrorDialect::OpenAi), openai);
        let anthropic = r#"{"type":"error","error":{"type":"authentication_error","message":"Invalid JWT."},"request_id":"a-1"}"#;
        assert_eq!(body(ErrorDialect::Anthropic), anthropic);
    }

    #[test]
    fn types_follow_the_status() {
        let words = |kind, status| {
            let words = DialectWords::of(kind, status);
            (words.openai_type, words.anthropic_type)
        };
        let kind = FaultKind::PolicyFailure;
        assert_eq!(words(kind, 400), ("invalid_request_error", "invalid_request_error"));
        assert_eq!(words(kind, 403), ("invalid_request_error", "permission_error"));
        assert_eq!(words(kind, 404), ("invalid_request_error", "not_found_error"));
        assert_eq!(words(kind, 413), ("invalid_request_error", "request_too_large"));
        assert_eq!(words(kind, 429), ("rate_limit_error", "rate_limit_error"));
        assert_eq!(words(kind, 500), ("server_error", "api_error"));
        assert_eq!(words(kind, 502), ("server_error", "api_error"));
        assert_eq!(words(kind, 503), ("service_unavailable_error", "overloaded_error"));
        assert_eq!(words(kind, 504), ("server_error", "timeout_error"));
        assert_eq!(words(FaultKind::Timeout, 500), ("server_error", "timeout_error"));
    }

    #[test]
    fn a_500_names_the_activity_and_nothing_internal() {
        let fault = Fault::with_message(FaultKind::BackendConnectionFailure, "internal");
        for dialect in [ErrorDialect::OpenAi, ErrorDialect::Anthropic] {
            let event = fault.event_in(dialect, &"a-1").unwrap();
            assert!(event.contains("Internal server error") && event.contains("a-1"), "{event}");
            assert!(!event.contains("\"internal\"") && event.ends_with("}\n\n"), "{event}");
        }
        assert_eq!(fault.event_in(ErrorDialect::Apim, &"a-1"), None);
    }
}
