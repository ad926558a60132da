//! `check-header`: refuses requests without a header, or with another value of it.
//!
//! ```xml
//! <check-header name="X-Tenant" failed-check-httpcode="400" failed-check-error-message="Which tenant?" ignore-case="true">
//!     <value>contoso</value>
//! </check-header>
//! ```
//!
//! It looks at the request only, and changes nothing.

use expr::{Facts, Text};
use policy::spec::{Example, Kind, Order, Repeat, attribute, child, text};
use policy::{
    Action, CompileCx, Exchange, Fault, FaultKind, Flow, PolicySpec, Reader, Reported, RunSync, Scopes, Sections,
    Setting, Status, StepResult,
};

use crate::parts::header::{FieldName, of_request};

pub(crate) const SPEC: PolicySpec = PolicySpec {
    element: "check-header",
    summary: "Refuses requests without a header, or with another value of it.",
    sections: Sections::INBOUND,
    scopes: Scopes::ALL,
    repeat: Repeat::Many,
    attributes: &[
        attribute("name", Kind::String, "The name of the header.").required(),
        attribute("failed-check-httpcode", Kind::Int, "The status of the refusal.").required(),
        attribute("failed-check-error-message", Kind::String, "The message of the refusal.").required(),
        attribute("ignore-case", Kind::Bool, "Whether values are compared without regard to case.").required(),
    ],
    children: &[child("value", "A value that is allowed; without any, the header must be there.")
        .children(&[text("The value itself.")])],
    order: Order::AsDeclared,
    reads: Facts::NONE,
    notes: &[
        "One matching `value` is enough. Without any `value` the header must be there, whatever it holds.",
        "A header that the request repeats matches no value.",
        "A refusal has the given status and the body `{ \"statusCode\": 401, \"message\": \"...\" }` with the given \
         message. `context.LastError` tells the two cases apart: `HeaderNotFound` and `HeaderValueNotAllowed`.",
    ],
    differences: &[],
    source: "https://learn.microsoft.com/azure/api-management/check-header-policy",
    examples: &[
        Example {
            title: "Only one tenant",
            document: r#"<check-header name="X-Tenant" failed-check-httpcode="403" failed-check-error-message="Not your API" ignore-case="true">
    <value>contoso</value>
</check-header>"#,
            when: "> GET /\n> X-Tenant: fabrikam",
            then: "no call\n< 403 Forbidden\n< Content-Type: application/json\n<\n< { \"statusCode\": 403, \"message\": \"Not your API\" }\nerror reason = HeaderValueNotAllowed",
        },
        Example {
            title: "A header that must be there",
            document: r#"<check-header name="X-Tenant" failed-check-httpcode="400" failed-check-error-message="Which tenant?" ignore-case="false" />"#,
            when: "> GET /\n> X-Tenant: anybody",
            then: "> GET /\n< 200",
        },
    ],
};

/// `check-header`, compiled.
#[derive(Debug)]
struct CheckHeader {
    name: Setting<FieldName>,
    status: Setting<Status>,
    message: Setting<Text>,
    ignore_case: Setting<bool>,
    values: Vec<Setting<Text>>,
}

pub(crate) fn compile(reader: &Reader<'_>, cx: &mut CompileCx<'_>) -> Result<Action, Reported> {
    let name = reader.required("name", cx);
    let status = reader.required("failed-check-httpcode", cx);
    let message = reader.required("failed-check-error-message", cx);
    let ignore_case = reader.required("ignore-case", cx);
    let values: Vec<_> = reader.children("value").map(|value| value.text(cx)).collect();
    Ok(Action::Sync(Box::new(CheckHeader {
        name: name?,
        status: status?,
        message: message?,
        ignore_case: ignore_case?,
        values: values.into_iter().collect::<Result<_, _>>()?,
    })))
}

impl RunSync for CheckHeader {
    fn run(&self, exchange: &mut Exchange) -> StepResult {
        let name = self.name.get(exchange)?;
        let found: Vec<String> =
            of_request(exchange, &name.name).into_iter().map(|value| value.into_owned()).collect();
        let written = shown(&name.written);
        if found.is_empty() {
            let text = format!("Header {written} was not found in the request. Access denied.");
            return Err(self.refusal(FaultKind::HeaderNotFound, text, exchange)?);
        }
        if self.values.is_empty() || self.allows(&found, exchange)? {
            return Ok(Flow::Next);
        }
        let text = format!("Header {written} value of {} is not allowed. Access denied.", found.join(","));
        Err(self.refusal(FaultKind::HeaderValueNotAllowed, text, exchange)?)
    }
}

impl CheckHeader {
    fn allows(&self, found: &[String], exchange: &mut Exchange) -> Result<bool, Fault> {
        let [only] = found else { return Ok(false) };
        let ignore_case = self.ignore_case.get(exchange)?;
        for value in &self.values {
            if same(only.trim(), value.get(exchange)?.as_str(), ignore_case) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The fault of a refusal, with the status and the message that the policy gives.
    fn refusal(&self, kind: FaultKind, message: String, exchange: &mut Exchange) -> Result<Fault, Fault> {
        let Status(status) = self.status.get(exchange)?;
        let wire = self.message.get(exchange)?;
        Ok(Fault::with_message(kind, message).status(status.as_u16()).wire(wire.as_str()))
    }
}

fn same(found: &str, allowed: &str, ignore_case: bool) -> bool {
    found == allowed || (ignore_case && found.to_lowercase() == allowed.to_lowercase())
}

fn shown(text: &Text) -> &str {
    if text.is_tainted() { "***" } else { text.as_str() }
}
