//! `authentication-basic`: authenticates towards the backend with user name and password.
//!
//! ```xml
//! <authentication-basic username="gateway" password="{{backend-password}}" />
//! ```
//!
//! It says who the gateway is. It does not look at what the caller sent.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use expr::{Facts, Text};
use http::{HeaderValue, header};
use policy::spec::{Example, Kind, Order, Repeat, attribute};
use policy::{
    Action, CompileCx, Effect, Exchange, Fault, FaultKind, Flow, PolicySpec, Reader, Reported, RunSync, Scopes, Sections,
    Setting, StepResult,
};

pub(crate) const SPEC: PolicySpec = PolicySpec {
    element: "authentication-basic",
    summary: "Authenticates towards the backend with user name and password.",
    sections: Sections::INBOUND,
    scopes: Scopes::ALL,
    repeat: Repeat::Many,
    attributes: &[
        attribute("username", Kind::String, "The user name.").required(),
        attribute("password", Kind::String, "The password; best a secret named value.").required(),
    ],
    children: &[],
    order: Order::AsDeclared,
    reads: Facts::NONE,
    notes: &[
        "`Authorization` of the request becomes `Basic` and the Base64 form of `username:password` in UTF-8, whatever \
         it was before.",
        "The header counts as a secret: traces and logs never show it.",
    ],
    differences: &[],
    source: "https://learn.microsoft.com/azure/api-management/authentication-basic-policy",
    examples: &[Example {
        title: "The gateway's own password",
        document: r#"<authentication-basic username="gateway" password="{{backend-password}}" />"#,
        when: "secret backend-password = open sesame\n> GET /\n> Authorization: Bearer the caller's",
        then: "> GET /\n> Authorization: Basic Z2F0ZXdheTpvcGVuIHNlc2FtZQ==\n< 200",
    }],
};

/// `authentication-basic`, compiled.
#[derive(Debug)]
struct AuthenticationBasic {
    username: Setting<Text>,
    password: Setting<Text>,
}

pub(crate) fn compile(reader: &Reader<'_>, cx: &mut CompileCx<'_>) -> Result<Action, Reported> {
    let username = reader.required("username", cx);
    let password = reader.required("password", cx);
    Ok(Action::Sync(Box::new(AuthenticationBasic { username: username?, password: password? })))
}

impl RunSync for AuthenticationBasic {
    fn run(&self, exchange: &mut Exchange) -> StepResult {
        let username = self.username.get(exchange)?;
        let password = self.password.get(exchange)?;
        let value = credential(username.as_str(), password.as_str())
            .ok_or_else(|| Fault::new(FaultKind::Internal).detail("Base64 text was refused as a header value"))?;
        exchange.request.headers.insert(header::AUTHORIZATION, value);
        Ok(Flow::Next)
    }

    fn effect(&self) -> Effect {
        Effect::SignsIn
    }
}

fn credential(username: &str, password: &str) -> Option<HeaderValue> {
    let encoded = STANDARD.encode(format!("{username}:{password}"));
    let mut value = HeaderValue::try_from(format!("Basic {encoded}")).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7617 section 2.1: `test` with the password `123£` in UTF-8.
    #[test]
    fn the_example_of_the_rfc() {
        let value = credential("test", "123\u{a3}").unwrap();
        assert_eq!(value, "Basic dGVzdDoxMjPCow==");
        assert!(value.is_sensitive());
    }
}
