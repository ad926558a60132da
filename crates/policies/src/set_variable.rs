//! `set-variable`: keeps a value for later policies of the same request.
//!
//! ```xml
//! <set-variable name="tokens" value="@((int)context.Request.Body.As<JObject>(true)["max_tokens"])" />
//! ```
//!
//! A variable lives as long as the request, through all sections and scopes; nothing of it is seen by other requests.

use std::sync::Arc;

use expr::{Exception, Expected, Facts, Heap, Text, Value};
use policy::spec::{Example, Kind, Order, Repeat, attribute};
use policy::{
    Action, CompileCx, Exchange, Flow, PolicySpec, Reader, Reported, RunSync, Scopes, Sections, Setting,
    SettingValue, StepResult,
};
use source::Diagnostic;

pub(crate) const SPEC: PolicySpec = PolicySpec {
    element: "set-variable",
    summary: "Keeps a value for later policies of the same request.",
    sections: Sections::ALL,
    scopes: Scopes::ALL,
    repeat: Repeat::Many,
    attributes: &[
        attribute("name", Kind::String, "The name, by which `context.Variables` has it.").required().literal(),
        attribute("value", Kind::Any, "The value: text, or an expression, whose type the variable keeps.")
            .required(),
    ],
    children: &[],
    order: Order::AsDeclared,
    reads: Facts::NONE,
    notes: &[
        "A literal is a `string`. An expression keeps its type: the simple types of .NET, `Guid`, `DateTime`, \
         `TimeSpan`, `byte[]`, their nullable forms, and the types of `Newtonsoft.Json.Linq`.",
        "Names are case-sensitive. A variable that is set again is overwritten. A variable that was set to null is \
         there: `ContainsKey` is true.",
        "An object, such as a `JArray`, is the same object in every policy that reads the variable: a change of it is \
         seen by all of them.",
    ],
    differences: &[],
    source: "https://learn.microsoft.com/azure/api-management/set-variable-policy",
    examples: &[Example {
        title: "Remember a header before it is removed",
        document: r#"<set-variable name="tenant" value="@(context.Request.Headers.GetValueOrDefault("X-Tenant", "none"))" />
<set-header name="X-Tenant" exists-action="delete" />"#,
        when: "> GET /\n> X-Tenant: contoso",
        then: "> GET /\n> no X-Tenant\n< 200\nvariable tenant = \"contoso\"",
    }],
};

/// `set-variable`, compiled.
#[derive(Debug)]
struct SetVariable {
    name: Arc<str>,
    value: Setting<VariableValue>,
}

/// Whatever a variable may hold.
#[derive(Clone, Debug)]
struct VariableValue(Value);

impl SettingValue for VariableValue {
    fn expected() -> Expected {
        Expected::Variable
    }

    fn from_text(text: &Text) -> Result<Self, String> {
        Ok(Self(Value::Text(text.clone())))
    }

    fn from_value(value: Value, _: &Heap) -> Result<Self, Exception> {
        Ok(Self(value))
    }
}

pub(crate) fn compile(reader: &Reader<'_>, cx: &mut CompileCx<'_>) -> Result<Action, Reported> {
    let name = reader.literal::<Text>("name", cx);
    let value = reader.required("value", cx);
    let name = name?.ok_or(Reported)?;
    if name.is_empty() {
        let at = reader.location_of("name");
        return Err(cx.report(Diagnostic::error("wrong-value", "a variable needs a name").at(at)));
    }
    Ok(Action::Sync(Box::new(SetVariable { name: cx.variable(name.as_str()), value: value? })))
}

impl RunSync for SetVariable {
    fn run(&self, exchange: &mut Exchange) -> StepResult {
        let VariableValue(value) = self.value.get(exchange)?;
        exchange.heap_mut().admit(&value);
        exchange.variables.set(&self.name, value);
        Ok(Flow::Next)
    }
}
