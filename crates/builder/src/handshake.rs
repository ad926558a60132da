//! Policies of a WebSocket API that do not run in its handshake.
//!
//! ```xml
//! <inbound><base /><set-body>hello</set-body></inbound>   <!-- refused in the API's own document -->
//! ```
//!
//! COMPAT: they cannot be applied to `onHandshake`; those that it inherits from products and the service are skipped when
//! it is called ("Import a WebSocket API", "Unsupported policies"). The executor does the latter.

use std::sync::Arc;

use model::Operation;
use policy::{Action, Again, CompiledDocument, Item, Section, Step};
use source::{Diagnostic, Diagnostics};

/// Reports what documents of the API itself and of its operation hold and cannot.
pub(crate) fn check<'a>(documents: impl Iterator<Item = &'a CompiledDocument>, problems: &mut Diagnostics) {
    let sections =
        |document: &'a CompiledDocument| Section::ALL.into_iter().filter_map(|each| document.section(each));
    for item in documents.flat_map(sections).flatten() {
        if let Item::Step(step) = item {
            report(step, problems);
        }
    }
}

fn report(step: &Arc<Step>, problems: &mut Diagnostics) {
    let mut open = vec![step];
    while let Some(step) = open.pop() {
        if !step.meta.in_handshakes {
            problems.push(refused(step));
        }
        match &step.action {
            Action::Sync(_) | Action::Async(_) => {}
            Action::Choose(choose) => {
                open.extend(&choose.otherwise);
                open.extend(choose.when.iter().flat_map(|when| &when.steps));
            }
            Action::Group(steps) | Action::Again(Again { steps, .. }) => open.extend(steps),
        }
    }
}

fn refused(step: &Step) -> Diagnostic {
    let message = format!(
        "`{}` cannot be applied to `{}`, the operation of a WebSocket API",
        step.meta.policy,
        Operation::ON_HANDSHAKE
    );
    let help = "remove it; where a broader scope has it, it is skipped for this API";
    Diagnostic::error("not-in-handshake", message).at(step.meta.at.clone()).help(help)
}
