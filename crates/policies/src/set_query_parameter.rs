//! `set-query-parameter`: sets, extends or removes a query parameter of the request.
//!
//! ```xml
//! <set-query-parameter name="api-version" exists-action="skip"><value>2024-10-21</value></set-query-parameter>
//! ```
//!
//! It edits the query in place: parameters that it does not name keep their place and their bytes.

use expr::{Facts, Text};
use policy::query;
use policy::spec::{Example, Kind, Order, Repeat, attribute};
use policy::{
    Action, CompileCx, Effect, Exchange, Flow, PolicySpec, Reader, Reported, RunSync, Scopes, Sections, StepResult,
};

use crate::parts::amendment::{self, Amendment, ExistsAction};

pub(crate) const SPEC: PolicySpec = PolicySpec {
    element: "set-query-parameter",
    summary: "Sets, extends or removes a query parameter of the request.",
    sections: Sections::INBOUND.and(Sections::BACKEND),
    scopes: Scopes::ALL,
    repeat: Repeat::Many,
    attributes: &[
        attribute("name", Kind::String, "The name of the parameter.").required(),
        amendment::EXISTS_ACTION,
    ],
    children: amendment::VALUES,
    order: Order::AsDeclared,
    reads: Facts::NONE,
    notes: &[
        "`override` replaces all occurrences, at the place of the first one; `append` adds occurrences at the end; \
         `skip` leaves a parameter that is there alone; `delete` removes all occurrences. Several values repeat the \
         parameter: `a=1&a=2`.",
        "Values are plain text; the gateway escapes them.",
        "Names are compared without regard to case. Parameters that are not named keep their order and their bytes.",
    ],
    differences: &[],
    source: "https://learn.microsoft.com/azure/api-management/set-query-parameter-policy",
    examples: &[Example {
        title: "Give the version of the API where the caller does not",
        document: r#"<set-query-parameter name="api-version" exists-action="skip">
    <value>2024-10-21</value>
</set-query-parameter>"#,
        when: "> GET /models?top=5",
        then: "> GET /models?top=5&api-version=2024-10-21\n< 200",
    }],
};

/// `set-query-parameter`, compiled.
#[derive(Debug)]
struct SetQueryParameter {
    parameter: Amendment<Text, Text>,
}

pub(crate) fn compile(reader: &Reader<'_>, cx: &mut CompileCx<'_>) -> Result<Action, Reported> {
    let parameter = Amendment::compile(reader, cx)?;
    Ok(Action::Sync(Box::new(SetQueryParameter { parameter })))
}

impl RunSync for SetQueryParameter {
    fn run(&self, exchange: &mut Exchange) -> StepResult {
        let edit = self.parameter.edit(exchange)?;
        let name = edit.name.as_str();
        let values: Vec<&str> = edit.values.iter().map(Text::as_str).collect();
        let query = exchange.request.query_mut();
        match edit.action {
            ExistsAction::Skip if !query::values(query.as_deref(), name).is_empty() => return Ok(Flow::Next),
            ExistsAction::Skip | ExistsAction::Append => {
                values.iter().for_each(|value| query::append(query, name, value));
            }
            ExistsAction::Override | ExistsAction::Delete => query::replace(query, name, &values),
        }
        let tainted = edit.name.is_tainted() || edit.values.iter().any(Text::is_tainted);
        exchange.request.tainted_url |= tainted;
        Ok(Flow::Next)
    }

    fn effect(&self) -> Effect {
        if self.parameter.holds_secret() { Effect::SignsIn } else { Effect::Other }
    }
}
