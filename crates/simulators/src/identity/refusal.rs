//! Refusals in Entra's shape: an OAuth error with an `AADSTS` code in its description.
//!
//! COMPAT: codes and texts as the page "Microsoft Entra authentication and authorization error codes" and reports of
//! users have them (Azure/login issues 180, 482 and 517, microsoft-authentication-library-for-js issue 2482,
//! azure-workload-identity issue 1200, ms-identity-javascript-angular-tutorial issue 37). Clients are told not to depend
//! on texts.

use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::web::Answer;

/// Why no token is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) error: &'static str,
    pub(crate) code: u32,
    pub(crate) text: String,
}

impl Refusal {
    /// `invalid_request`, 400: what is asked is not well-formed.
    pub(crate) fn request(code: u32, text: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, error: "invalid_request", code, text: text.into() }
    }

    /// `invalid_client`, 401: the application did not prove who it is.
    pub(crate) fn client(code: u32, text: impl Into<String>) -> Self {
        Self { status: StatusCode::UNAUTHORIZED, error: "invalid_client", code, text: text.into() }
    }

    /// `invalid_grant`, 400: what is presented is not good for a token.
    pub(crate) fn grant(code: u32, text: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, error: "invalid_grant", code, text: text.into() }
    }

    /// The same under another OAuth error.
    pub(crate) fn named(mut self, error: &'static str) -> Self {
        self.error = error;
        self
    }

    /// What a people's page says.
    pub(crate) fn sentence(&self) -> String {
        format!("AADSTS{}: {}", self.code, self.text)
    }

    /// The answer of a token endpoint.
    pub(crate) fn answer(&self, ids: &Ids<'_>) -> Answer {
        Answer::json(self.status, &self.body(ids))
    }

    fn body(&self, ids: &Ids<'_>) -> Value {
        let time = seconds_of(ids.now);
        let description = format!(
            "{} Trace ID: {} Correlation ID: {} Timestamp: {time}",
            self.sentence(),
            ids.trace,
            ids.correlation
        );
        json!({
            "error": self.error,
            "error_description": description,
            "error_codes": [self.code],
            "timestamp": time,
            "trace_id": ids.trace,
            "correlation_id": ids.correlation,
            "error_uri": format!("https://login.microsoftonline.com/error?code={}", self.code),
        })
    }
}

/// By what a refusal can be found in a log.
pub(crate) struct Ids<'a> {
    pub(crate) trace: &'a str,
    pub(crate) correlation: &'a str,
    pub(crate) now: u64,
}

/// `2016-01-09 02:02:12Z`
fn seconds_of(now: u64) -> String {
    let time = i64::try_from(now).ok().and_then(|now| Timestamp::from_second(now).ok()).unwrap_or_default();
    time.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}

/// A parameter that is not there.
pub(crate) fn missing(parameter: &str) -> Refusal {
    Refusal::request(
        900_144,
        format!("The request body must contain the following parameter: '{parameter}'."),
    )
}

/// A tenant that is not there.
pub(crate) fn no_tenant(name: &str) -> Refusal {
    Refusal::request(
        90_002,
        format!(
            "Tenant '{name}' not found. Check to make sure you have the correct tenant ID and are signing into the \
             correct cloud. Check with your subscription administrator, this may happen if there are no active \
             subscriptions for the tenant."
        ),
    )
}

/// An application that is not there.
pub(crate) fn no_app(id: &str, tenant: &str) -> Refusal {
    Refusal::request(
        700_016,
        format!(
            "Application with identifier '{id}' was not found in the directory '{tenant}'. This can happen if the \
             application has not been installed by the administrator of the tenant or consented to by any user in the \
             tenant. You may have sent your authentication request to the wrong tenant."
        ),
    )
    .named("unauthorized_client")
}

/// A resource that is not there.
pub(crate) fn no_resource(name: &str, tenant: &str) -> Refusal {
    Refusal::request(
        500_011,
        format!(
            "The resource principal named {name} was not found in the tenant named {tenant}. This can happen if the \
             application has not been installed by the administrator of the tenant or consented to by any user in the \
             tenant. You might have sent your authentication request to the wrong tenant."
        ),
    )
    .named("invalid_resource")
}
