//! `set-status`: sets the status of the response.
//!
//! ```xml
//! <set-status code="404" reason="No such deployment" />
//! ```
//!
//! It does not end processing; `return-response` does.

use expr::{Exception, Expected, Facts, Heap, Text, Value};
use policy::spec::{AttributeSpec, Example, Kind, Order, Repeat, attribute};
use policy::{
    Action, CompileCx, Exchange, Fault, Flow, PolicySpec, Reader, Reported, Response, RunSync, Scopes, Sections,
    Setting, SettingValue, Status, StepResult,
};
use source::Diagnostic;

pub(crate) const SPEC: PolicySpec = PolicySpec {
    element: "set-status",
    summary: "Sets the status of the response.",
    sections: Sections::ALL,
    scopes: Scopes::ALL,
    repeat: Repeat::Many,
    attributes: ATTRIBUTES,
    children: &[],
    order: Order::AsDeclared,
    reads: Facts::NONE,
    notes: &[
        "Without `reason` the standard phrase of the code is used. HTTP/2 does not carry the phrase; \
         `context.Response.StatusReason` keeps it.",
        "In `inbound` and `backend` there is no response yet: what is set counts when nothing is forwarded.",
        "A response of 204 or 304 goes out without a body.",
    ],
    differences: &[],
    source: "https://learn.microsoft.com/azure/api-management/set-status-policy",
    examples: &[Example {
        title: "Hide the backend's way to say that nothing is there",
        document: r#"<policies>
    <inbound />
    <outbound>
        <set-status code="404" reason="Nothing here" />
    </outbound>
</policies>"#,
        when: "> GET /\n< 410",
        then: "< 404 Nothing here",
    }],
};

/// Attributes, for `return-response` too.
pub(crate) const ATTRIBUTES: &[AttributeSpec] = &[
    attribute("code", Kind::Int, "The status code."),
    attribute("reason", Kind::String, "The reason phrase.").default("the standard phrase of the code"),
];

/// `set-status`, compiled.
#[derive(Debug)]
pub(crate) struct SetStatus {
    code: Option<Setting<Status>>,
    reason: Option<Setting<Reason>>,
}

/// The status for one request.
#[derive(Debug)]
pub(crate) struct NewStatus {
    code: Option<Status>,
    reason: Option<Reason>,
}

/// A reason phrase: one line of text.
#[derive(Clone, Debug)]
struct Reason(Text);

impl Reason {
    fn read(text: &Text) -> Option<Self> {
        let fits = !text.as_str().contains(|c: char| c.is_control() && c != '\t');
        fits.then(|| Self(text.clone()))
    }
}

impl SettingValue for Reason {
    fn expected() -> Expected {
        Expected::String
    }

    fn from_text(text: &Text) -> Result<Self, String> {
        Self::read(text).ok_or_else(|| "a reason phrase cannot hold line breaks".to_owned())
    }

    fn from_value(value: Value, heap: &Heap) -> Result<Self, Exception> {
        let text = Text::from_value(value, heap)?;
        Self::read(&text).ok_or_else(|| Exception::format("A reason phrase cannot hold line breaks."))
    }
}

pub(crate) fn compile(reader: &Reader<'_>, cx: &mut CompileCx<'_>) -> Result<Action, Reported> {
    Ok(Action::Sync(Box::new(part(reader, cx)?)))
}

/// Compiles the element where it belongs to another policy, too.
///
/// COMPAT: the page asks for both attributes, the published schema for neither; one of them is enough.
pub(crate) fn part(reader: &Reader<'_>, cx: &mut CompileCx<'_>) -> Result<SetStatus, Reported> {
    let code = reader.optional("code", cx);
    let reason = reader.optional("reason", cx);
    let status = SetStatus { code: code?, reason: reason? };
    if status.code.is_none() && status.reason.is_none() {
        let message = format!("`{}` needs the attribute `code`", reader.name());
        return Err(cx.report(Diagnostic::error("missing-attribute", message).at(reader.location())));
    }
    Ok(status)
}

impl SetStatus {
    /// What is to be set in this request.
    pub(crate) fn status(&self, exchange: &mut Exchange) -> Result<NewStatus, Fault> {
        let code = self.code.as_ref().map(|code| code.get(exchange)).transpose()?;
        let reason = self.reason.as_ref().map(|reason| reason.get(exchange)).transpose()?;
        Ok(NewStatus { code, reason })
    }
}

impl NewStatus {
    /// Sets it.
    pub(crate) fn apply(self, response: &mut Response) {
        if let Some(Status(code)) = self.code {
            response.status = code;
            response.reason = Text::from_static(code.canonical_reason().unwrap_or(""));
        }
        if let Some(Reason(reason)) = self.reason {
            response.reason = reason;
        }
    }
}

impl RunSync for SetStatus {
    fn run(&self, exchange: &mut Exchange) -> StepResult {
        let status = self.status(exchange)?;
        status.apply(exchange.response_mut());
        Ok(Flow::Next)
    }
}
