//! `return-response`: ends processing and gives the caller a response.
//!
//! ```xml
//! <return-response>
//!     <set-status code="403" />
//!     <set-header name="Content-Type"><value>application/json</value></set-header>
//!     <set-body>{"error":"not for you"}</set-body>
//! </return-response>
//! ```
//!
//! Nothing of a response that was there before is in the new one, unless its parts are read by the expressions here.

use std::sync::Arc;

use expr::{Facts, Text};
use http::StatusCode;
use policy::spec::{Example, Kind, Order, Repeat, attribute, child};
use policy::{
    Action, CompileCx, Effect, Exchange, Fault, FaultKind, Flow, Message, PolicySpec, Reader, Reported, Response, RunSync,
    Scopes, Sections, StepResult,
};

use crate::parts::amendment;
use crate::{set_body, set_header, set_status};

pub(crate) const SPEC: PolicySpec = PolicySpec {
    element: "return-response",
    summary: "Ends processing and gives the caller a response.",
    sections: Sections::ALL,
    scopes: Scopes::ALL,
    repeat: Repeat::Many,
    attributes: &[attribute(
        "response-variable-name",
        Kind::String,
        "The variable that holds the response to return, as `send-request` makes one.",
    )
    .literal()],
    children: &[
        child("set-status", "The status.").times(0, 1).attributes(set_status::ATTRIBUTES),
        child("set-header", "A header.").attributes(set_header::ATTRIBUTES).children(amendment::VALUES),
        child("set-body", "The body.")
            .times(0, 1)
            .attributes(set_body::ATTRIBUTES)
            .children(set_body::CHILDREN),
    ],
    order: Order::AsDeclared,
    reads: Facts::NONE,
    notes: &[
        "Nothing else runs: neither the rest of the section nor any other section.",
        "Without children the response is `200 OK` without a body. With `response-variable-name` it begins as that \
         response, and the children change it.",
        "The response begins empty in every section: headers and body of the backend's answer are not in it. The \
         expressions of the children still see the answer, so `code=\"@(context.Response.StatusCode)\"` works.",
        "No `Content-Type` is made up for a body. `Content-Length` is counted.",
        "A variable that is missing or holds something else is an error of the request.",
    ],
    differences: &[
        "No policy that is supported yet puts a response into a variable: `response-variable-name` always ends in an \
         error.",
    ],
    source: "https://learn.microsoft.com/azure/api-management/return-response-policy",
    examples: &[Example {
        title: "Refuse without asking the backend",
        document: r#"<return-response>
    <set-status code="403" reason="Forbidden" />
    <set-header name="Content-Type" exists-action="override">
        <value>application/json</value>
    </set-header>
    <set-body>{"error":"not for you"}</set-body>
</return-response>"#,
        when: "> GET /",
        then: "no call\n< 403 Forbidden\n< Content-Type: application/json\n<\n< {\"error\":\"not for you\"}",
    }],
};

/// `return-response`, compiled.
#[derive(Debug)]
struct ReturnResponse {
    variable: Option<Arc<str>>,
    status: Option<set_status::SetStatus>,
    headers: Vec<set_header::SetHeader>,
    body: Option<set_body::SetBody>,
}

pub(crate) fn compile(reader: &Reader<'_>, cx: &mut CompileCx<'_>) -> Result<Action, Reported> {
    let variable = reader.literal::<Text>("response-variable-name", cx);
    let status = reader.child("set-status").map(|child| set_status::part(&child, cx)).transpose();
    let headers: Vec<_> =
        reader.children("set-header").map(|child| set_header::part(&child, Message::Response, cx)).collect();
    let body = reader.child("set-body").map(|child| set_body::part(&child, Message::Response, cx)).transpose();
    let variable = variable?.map(|name| cx.variable(name.as_str()));
    Ok(Action::Sync(Box::new(ReturnResponse {
        variable,
        status: status?,
        headers: headers.into_iter().collect::<Result<_, _>>()?,
        body: body?,
    })))
}

impl RunSync for ReturnResponse {
    fn effect(&self) -> Effect {
        Effect::Answers
    }

    /// All expressions run before the new response takes the place of the old one, because they may read that.
    fn run(&self, exchange: &mut Exchange) -> StepResult {
        let mut response = self.start(exchange)?;
        let status = self.status.as_ref().map(|status| status.status(exchange)).transpose()?;
        let headers: Vec<_> =
            self.headers.iter().map(|header| header.edit(exchange)).collect::<Result<_, Fault>>()?;
        let body = self.body.as_ref().map(|body| body.content(exchange)).transpose()?;
        if let Some(status) = status {
            status.apply(&mut response);
        }
        for header in headers {
            header.apply(&mut response.headers);
        }
        if let Some(body) = body {
            body.apply(&mut response.body, &mut response.headers);
        }
        exchange.response = Some(response);
        Ok(Flow::Respond)
    }
}

impl ReturnResponse {
    fn start(&self, exchange: &Exchange) -> Result<Response, Fault> {
        let Some(name) = &self.variable else { return Ok(Response::new(StatusCode::OK)) };
        let message = match exchange.variables.get(name) {
            None => format!("The variable `{name}` is not set."),
            Some(_) => format!("The variable `{name}` does not hold a response."),
        };
        Err(Fault::with_message(FaultKind::PolicyFailure, message))
    }
}
