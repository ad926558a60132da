//! `trace`: says something about the request to whoever watches it.
//!
//! ```xml
//! <trace source="routing" severity="information">
//!     <message>@("goes to " + context.Variables["region"])</message>
//!     <metadata name="operation" value="@(context.Operation.Id)" />
//! </trace>
//! ```
//!
//! It has no influence on what caller and backend see.

use std::sync::Arc;

use expr::{Facts, Text};
use policy::spec::{Example, Kind, Order, Repeat, attribute, child, text};
use policy::trace::{Severity, TraceRecord};
use policy::{
    Action, CompileCx, Exchange, Fault, Flow, PolicySpec, Reader, Reported, RunSync, Scopes, Sections, Setting,
    StepResult,
};

pub(crate) const SPEC: PolicySpec = PolicySpec {
    element: "trace",
    summary: "Says something about the request to whoever watches it.",
    sections: Sections::ALL,
    scopes: Scopes::ALL,
    repeat: Repeat::Many,
    attributes: &[
        attribute("source", Kind::String, "Who says it; for people and for filters.").required().literal(),
        attribute("severity", Kind::Enum(Severity::NAMES), "How much it matters.").literal().default("verbose"),
    ],
    children: &[
        child("message", "What is said.").times(1, 1).children(&[text("The text.").times(1, 1)]),
        child("metadata", "A name with a value.").attributes(&[
            attribute("name", Kind::String, "The name.").required(),
            attribute("value", Kind::String, "The value.").required(),
        ]),
    ],
    order: Order::Any,
    reads: Facts::NONE,
    notes: &[
        "Expressions are evaluated whether anybody watches or not, so that one that fails does so in every request.",
        "Text that derives from a secret is shown as `***`.",
        "The page of the policy does not list `on-error`, that of error handling does; it is allowed there.",
    ],
    differences: &["Text that derives from a secret is masked; API Management shows it."],
    source: "https://learn.microsoft.com/azure/api-management/trace-policy",
    examples: &[Example {
        title: "Say which way a request took",
        document: r#"<trace source="routing" severity="information">
    <message>goes west</message>
    <metadata name="reason" value="@(context.Request.Method)" />
</trace>"#,
        when: "> GET /",
        then: "> GET /\n< 200\ntrace information routing: goes west {reason=GET}",
    }],
};

/// `trace`, compiled.
#[derive(Debug)]
struct Trace {
    source: Arc<str>,
    severity: Severity,
    message: Setting<Text>,
    metadata: Vec<(Setting<Text>, Setting<Text>)>,
}

pub(crate) fn compile(reader: &Reader<'_>, cx: &mut CompileCx<'_>) -> Result<Action, Reported> {
    let source = reader.literal::<Text>("source", cx);
    let severity = reader.literal("severity", cx);
    let message = reader.child("message").map(|child| child.text(cx));
    let metadata: Vec<_> = reader.children("metadata").map(|child| pair(&child, cx)).collect();
    Ok(Action::Sync(Box::new(Trace {
        source: source?.ok_or(Reported)?.to_shared(),
        severity: severity?.unwrap_or(Severity::Verbose),
        message: message.ok_or(Reported)??,
        metadata: metadata.into_iter().collect::<Result<_, _>>()?,
    })))
}

fn pair(reader: &Reader<'_>, cx: &mut CompileCx<'_>) -> Result<(Setting<Text>, Setting<Text>), Reported> {
    let name = reader.required("name", cx);
    let value = reader.required("value", cx);
    Ok((name?, value?))
}

impl RunSync for Trace {
    fn run(&self, exchange: &mut Exchange) -> StepResult {
        let message = shown(&self.message, exchange)?;
        let metadata = self.metadata(exchange)?;
        let record = TraceRecord { source: Arc::clone(&self.source), severity: self.severity, message, metadata };
        exchange.trace.push(record);
        Ok(Flow::Next)
    }
}

impl Trace {
    /// Names and values; of none, which is most often, what all records without any share.
    fn metadata(&self, exchange: &mut Exchange) -> Result<Arc<[(Text, Text)]>, Fault> {
        if self.metadata.is_empty() {
            return Ok(Arc::default());
        }
        let each = self.metadata.iter().map(|(name, value)| Ok((shown(name, exchange)?, shown(value, exchange)?)));
        each.collect()
    }
}

fn shown(setting: &Setting<Text>, exchange: &mut Exchange) -> Result<Text, Fault> {
    let text = setting.get(exchange)?;
    Ok(if text.is_tainted() { Text::from_static("***") } else { text })
}
