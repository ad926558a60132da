//! `retry`: runs its policies, and again while a condition holds.
//!
//! ```xml
//! <retry condition="@(context.Response.StatusCode == 429)" count="3" interval="1" first-fast-retry="true">
//!     <forward-request buffer-request-body="true" />
//! </retry>
//! ```
//!
//! The executor knows it: what stands here only compiles.

use expr::Facts;
use policy::spec::{ChildSpec, Example, Kind, Order, Repeat, attribute, child};
use policy::{Action, Again, CompileCx, PolicySpec, Reader, Reported, Retries, Scopes, Sections};
use source::Diagnostic;

pub(crate) const SPEC: PolicySpec = PolicySpec {
    element: "retry",
    summary: "Runs its policies, and again while a condition holds.",
    sections: Sections::ALL,
    scopes: Scopes::ALL,
    repeat: Repeat::Many,
    attributes: &[
        attribute("condition", Kind::Bool, "Whether the policies run once more.").required(),
        attribute("count", Kind::Int, "How often they run once more at most, 1 to 50.").required(),
        attribute("interval", Kind::Seconds, "How long to wait before they do; 0 for not at all.").required(),
        attribute("max-interval", Kind::Seconds, "The longest wait."),
        attribute("delta", Kind::Seconds, "What each wait is longer than the one before."),
        attribute("first-fast-retry", Kind::Bool, "Whether there is no wait the first time.").default("false"),
    ],
    children: &[child(ChildSpec::POLICIES, "Any policies but `wait`.")],
    order: Order::AsDeclared,
    reads: Facts::NONE,
    notes: &[
        "The policies run once. Then the condition is evaluated with what they left behind; while it holds they run again, \
         `count` times at most. When no tries are left, what the last one left behind stays.",
        "The wait before the nth time is `interval`; with `delta` it is `interval + (n-1) * delta`; with `delta` and \
         `max-interval` it is `interval + 2^(n-1) * delta`, give or take a fifth of the `delta`, and at most \
         `max-interval`.",
        "A policy inside that fails does not end it: the condition is evaluated, and the error goes on to `on-error` when \
         the policies do not run again. After a call that got no answer `context.Response` is null. A condition that \
         fails because of that leaves the first error as it is.",
        "A request's body is sent again only if `forward-request` has `buffer-request-body=\"true\"`.",
        "Around `forward-request` to a pool of backends, each try goes to the member whose turn it is, and to one that was \
         not tried before if there is any as good. When all are kept away by circuit breakers the response is 503.",
        "An answer of `return-response` inside ends everything, as elsewhere. A caller that went away ends it too.",
    ],
    differences: &[],
    source: "https://learn.microsoft.com/azure/api-management/retry-policy",
    examples: &[Example {
        title: "Try another time when the backend has too much to do",
        document: r#"<retry condition="@(context.Response.StatusCode == 429)" count="2" interval="5" first-fast-retry="true">
    <forward-request buffer-request-body="true" />
</retry>"#,
        when: "> POST /models\n>\n> a question\nfirst 429\n< 200\n<\n< an answer",
        then: "calls 2\nwaited nothing\n> POST /models\n>\n> a question\n< 200\n<\n< an answer",
    }],
};

pub(crate) fn compile(reader: &Reader<'_>, cx: &mut CompileCx<'_>) -> Result<Action, Reported> {
    let (condition, facts) = cx.facts_of(|cx| reader.required("condition", cx));
    let count = reader.required::<Retries>("count", cx);
    let interval = reader.required("interval", cx);
    let delta = reader.optional("delta", cx);
    let max_interval = reader.optional("max-interval", cx);
    let first_fast = reader.or("first-fast-retry", false, cx);
    let steps = reader.policies(cx);
    if let Some(wait) = steps.iter().find(|step| step.meta.policy == "wait") {
        // COMPAT: the page of 2025-09 excludes it (`policies-b.md` 14).
        let problem = Diagnostic::error("misplaced-policy", "`wait` cannot stand inside of `retry`");
        return Err(cx.report(problem.at(wait.meta.at.clone())));
    }
    Ok(Action::Again(Again {
        condition: condition?,
        facts,
        count: count?,
        interval: interval?,
        delta: delta?,
        max_interval: max_interval?,
        first_fast: first_fast?,
        steps,
    }))
}
