//! `set-method`: changes the method of the request.
//!
//! ```xml
//! <set-method>POST</set-method>
//! ```
//!
//! The operation stays the one that matched, and the body stays what it is.

use expr::{Exception, Expected, Facts, Heap, Text, Value};
use http::Method;
use policy::spec::{Example, Order, Repeat, text};
use policy::{
    Action, CompileCx, Exchange, Flow, PolicySpec, Reader, Reported, RunSync, Scopes, Sections, Setting,
    SettingValue, StepResult,
};

pub(crate) const SPEC: PolicySpec = PolicySpec {
    element: "set-method",
    summary: "Changes the method of the request.",
    sections: Sections::INBOUND.and(Sections::ON_ERROR),
    scopes: Scopes::ALL,
    repeat: Repeat::Many,
    attributes: &[],
    children: &[text("The method.").times(1, 1)],
    order: Order::AsDeclared,
    reads: Facts::NONE,
    notes: &[
        "The method is written in capital letters.",
        "No other operation is looked for, `context.Operation.Method` stays the operation's, and the body stays what \
         it is: making a `GET` of a `POST` does not remove it, the other way round does not make one.",
    ],
    differences: &[],
    source: "https://learn.microsoft.com/azure/api-management/set-method-policy",
    examples: &[Example {
        title: "Ask a backend that only knows POST",
        document: "<set-method>POST</set-method>",
        when: "> GET /status",
        then: "> POST /status\n< 200",
    }],
};

/// `set-method`, compiled.
#[derive(Debug)]
struct SetMethod {
    method: Setting<Verb>,
}

/// A method as policies give it.
#[derive(Clone, Debug)]
struct Verb(Method);

impl Verb {
    fn read(text: &Text) -> Option<Self> {
        Method::from_bytes(text.as_str().trim().to_ascii_uppercase().as_bytes()).ok().map(Self)
    }
}

impl SettingValue for Verb {
    fn expected() -> Expected {
        Expected::String
    }

    fn from_text(text: &Text) -> Result<Self, String> {
        Self::read(text).ok_or_else(|| "it must be an HTTP method, such as `POST`".to_owned())
    }

    fn from_value(value: Value, heap: &Heap) -> Result<Self, Exception> {
        let text = Text::from_value(value, heap)?;
        Self::read(&text).ok_or_else(|| Exception::format("The value is not an HTTP method."))
    }
}

pub(crate) fn compile(reader: &Reader<'_>, cx: &mut CompileCx<'_>) -> Result<Action, Reported> {
    Ok(Action::Sync(Box::new(SetMethod { method: reader.text(cx)? })))
}

impl RunSync for SetMethod {
    fn run(&self, exchange: &mut Exchange) -> StepResult {
        exchange.request.method = self.method.get(exchange)?.0;
        Ok(Flow::Next)
    }
}
